//! One request and its answer: the way there (proxy, host that was given up), the login, and the
//! redirects, each of which must pass the rules of [`super::address`] before its host is contacted.

use std::collections::BTreeMap;
use std::io::Read;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use ureq::config::Config;
use ureq::http::Response;
use ureq::tls::TlsConfig;
use ureq::typestate::WithoutBody;
use ureq::unversioned::transport::DefaultConnector;
use ureq::{Agent, Body, RequestBuilder};
use url::Url;

use super::Settings;
use super::address::{authorization, check, endpoint, host, redirected, shown};
use super::diagnosis::{Diagnosis, diagnose, retry_after};
use super::error::FetchError;
use super::hosts::{Dialer, Hosts, Names};
use super::patience::{Failed, Patience};
use super::proxies::{Proxies, Proxy};
use super::split::{MOST, Slots, Split};
use super::trust::Trust;
use crate::model::Environment;

const MOST_REDIRECTS: usize = 10;

/// The body of a redirect is read so that the connection can be used again, unless it is long.
const REDIRECT_BODY: u64 = 16 << 10;

/// Measured on loopback: 16 KiB cost a tenth more processor time than 128 KiB, larger ones gain nothing.
const INPUT_BUFFER: usize = 128 << 10;

/// As many as a machine downloads at once.
const MOST_CONNECTIONS: usize = 16;

/// Everything that a request needs beside its address.
pub(super) struct Exchange {
    pub(super) patience: Patience,
    pub(super) split: Split,
    pub(super) slots: Slots,
    cancelled: AtomicBool,
    agents: Mutex<BTreeMap<(&'static str, bool), Agent>>,
    allow_http: bool,
    hosts: Arc<Hosts>,
    logins: Mutex<BTreeMap<String, String>>,
    offline: bool,
    proxies: Proxies,
    trust: Trust,
}

/// An answer whose body is still to be read.
pub(super) struct Answer {
    pub(super) url: Url,
    response: Response<Body>,
}

impl Exchange {
    pub(super) fn new(settings: &Settings, environment: &Environment) -> Result<Self, FetchError> {
        Ok(Self {
            patience: Patience::default(),
            split: Split { connections: settings.connections.min(MOST), ..Split::default() },
            slots: Slots::default(),
            cancelled: AtomicBool::new(false),
            agents: Mutex::default(),
            allow_http: settings.allow_http,
            hosts: Arc::new(Hosts::new(settings.connect_timeout)),
            logins: Mutex::default(),
            offline: settings.offline,
            proxies: Proxies::new(environment)?,
            trust: Trust::new(settings.ca_file.as_deref(), environment)?,
        })
    }

    /// Checks an address against the rules and the settings.
    pub(super) fn check(&self, url: &Url) -> Result<(), FetchError> {
        check(url, self.allow_http)?;
        if self.offline && url.scheme() != "file" {
            return Err(FetchError::Offline { url: shown(url) });
        }
        Ok(())
    }

    /// Ends every download, those to come included.
    pub(super) fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
        let agents = std::mem::take(&mut *self.agents.lock().unwrap_or_else(PoisonError::into_inner));
        // Whoever waits for a silent server is woken.
        agents.into_values().for_each(Agent::shutdown);
    }

    pub(super) fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    /// Fails after [`Exchange::cancel`].
    pub(super) fn fail_if_cancelled(&self, url: &Url) -> Result<(), FetchError> {
        if self.is_cancelled() { Err(FetchError::Cancelled { url: shown(url) }) } else { Ok(()) }
    }

    /// Asks for an address and follows its redirects. Every status is an answer.
    pub(super) fn get(&self, url: &Url, headers: &[(&'static str, &str)]) -> Result<Answer, Failed> {
        let mut url = url.clone();
        for _ in 0..=MOST_REDIRECTS {
            self.check(&url)?;
            let answer = self.send(url, headers)?;
            if !matches!(answer.status(), 301 | 302 | 303 | 307 | 308) {
                return Ok(answer);
            }
            let Some(location) = answer.header("location") else {
                return Err(FetchError::malformed(&answer.url, "a redirect leads nowhere").into());
            };
            url = redirected(&answer.url, location, self.allow_http)?;
            let _ = std::io::copy(&mut answer.reader().take(REDIRECT_BODY), &mut std::io::sink());
        }
        Err(FetchError::malformed(&url, format!("more than {MOST_REDIRECTS} redirects")).into())
    }

    /// Returns the failure that an answer with an unwanted status is.
    pub(super) fn refusal(answer: &Answer) -> Failed {
        let status = answer.status();
        let error = FetchError::status(&answer.url, status);
        match status {
            408 | 425 | 429 | 500 | 502..=504 | 507..=599 => {
                Failed::Again { error, wait: answer.header("retry-after").and_then(retry_after) }
            }
            _ => Failed::Finally(error),
        }
    }

    fn send(&self, url: Url, headers: &[(&'static str, &str)]) -> Result<Answer, Failed> {
        let proxy = self.proxies.choose(&url);
        let login = self.login(&url);
        let agent = self.agent(&url, proxy);
        // Not before: an agent that is made after the others were shut down is never told.
        self.fail_if_cancelled(&url)?;
        let public = without_login(&url);
        let mut failures = 0;
        loop {
            self.fail_if_given_up(&url, proxy)?;
            let mut request = self.timed(agent.get(public.as_str()), &endpoint(&url));
            request = request.header("Accept-Encoding", "identity");
            for (name, value) in headers.iter().chain(&login.as_deref().map(|login| ("Authorization", login)))
            {
                request = request.header(*name, *value);
            }
            match request.call() {
                Ok(response) => {
                    self.hosts.note_answer(&endpoint(&url));
                    return Ok(Answer { url, response });
                }
                Err(error) => {
                    self.fail_if_cancelled(&url)?;
                    failures += 1;
                    self.judge(&error, &url, proxy, failures)?;
                }
            }
        }
    }

    /// Gives a host that never answered no longer for its first answer than for a connection.
    fn timed(&self, request: RequestBuilder<WithoutBody>, endpoint: &str) -> RequestBuilder<WithoutBody> {
        if self.hosts.answered(endpoint) {
            return request;
        }
        let time = self.hosts.remaining(endpoint).min(self.patience.stall);
        request.config().timeout_recv_response(Some(time)).build()
    }

    /// Returns where the request may be tried again at once; a host that may not is given up.
    fn judge(
        &self,
        error: &ureq::Error,
        url: &Url,
        proxy: Option<&Proxy>,
        failures: u32,
    ) -> Result<(), Failed> {
        let target = endpoint(url);
        let (limit, stall, answered) =
            (self.hosts.limit(), self.patience.stall, self.hosts.answered(&target));
        let silence = if answered { stall } else { stall.min(limit) };
        let (at, failure) = match diagnose(error, limit, silence) {
            Diagnosis::Broken(failure) if answered => {
                return Err(Failed::again(FetchError::cut(url, failure.reason)));
            }
            Diagnosis::Broken(failure) | Diagnosis::UnreachedBehindProxy(failure) => (target, failure),
            Diagnosis::Certificate(reason) => {
                return Err(FetchError::Certificate { host: host(url), reason }.into());
            }
            Diagnosis::Malformed(reason) => return Err(Failed::again(FetchError::malformed(url, reason))),
            Diagnosis::ProxyRefused(reason) => return Err(refused_by(proxy, reason, url)),
            Diagnosis::Unreached(failure) => (proxy.map_or(target, |proxy| proxy.endpoint.clone()), failure),
        };
        let wait = self.patience.pause_after(failures);
        let spent = if failures < self.patience.tries { wait } else { self.hosts.limit() };
        if self.hosts.note_failure(&at, &failure, spent) {
            thread::sleep(wait);
        }
        Ok(())
    }

    fn fail_if_given_up(&self, url: &Url, proxy: Option<&Proxy>) -> Result<(), FetchError> {
        if let Some(reason) = self.hosts.given_up(&endpoint(url)) {
            return Err(FetchError::Unreachable { host: host(url), reason });
        }
        let Some(proxy) = proxy else { return Ok(()) };
        let Some(reason) = self.hosts.given_up(&proxy.endpoint) else { return Ok(()) };
        let reason = format!("{reason}; it is the proxy that `{}` names", proxy.variable);
        Err(FetchError::Unreachable { host: proxy.endpoint.clone(), reason })
    }

    /// Returns the login for an address. One that was used is remembered for its host, for an index
    /// whose links to itself don't repeat it.
    fn login(&self, url: &Url) -> Option<String> {
        let origin = url.origin().ascii_serialization();
        let mut logins = self.logins.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(login) = authorization(url) {
            logins.insert(origin, login.clone());
            return Some(login);
        }
        logins.get(&origin).cloned()
    }

    /// Returns the agent for a proxy; each keeps its own connections. Certificates are read only when
    /// the first https address is asked.
    fn agent(&self, url: &Url, proxy: Option<&Proxy>) -> Agent {
        let needs_trust = url.scheme() == "https" || proxy.is_some();
        let key = (proxy.map_or("", |proxy| proxy.variable), needs_trust);
        let mut agents = self.agents.lock().unwrap_or_else(PoisonError::into_inner);
        agents.entry(key).or_insert_with(|| self.new_agent(proxy, needs_trust)).clone()
    }

    fn new_agent(&self, proxy: Option<&Proxy>, needs_trust: bool) -> Agent {
        let mut tls = TlsConfig::builder()
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()));
        if needs_trust {
            tls = tls.root_certs(self.trust.roots());
        }
        let config = Config::builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(proxy.map(|proxy| proxy.address.clone()))
            .tls_config(tls.build())
            .user_agent(concat!("cudaman/", env!("CARGO_PKG_VERSION")))
            .input_buffer_size(INPUT_BUFFER)
            .max_idle_connections(MOST_CONNECTIONS)
            .max_idle_connections_per_host(MOST_CONNECTIONS)
            .timeout_connect(Some(self.hosts.limit()))
            .timeout_per_read(Some(self.patience.stall))
            .timeout_per_write(Some(self.patience.stall))
            .timeout_recv_response(Some(self.patience.stall * 2))
            .build();
        let dialer = Dialer { hosts: Arc::clone(&self.hosts), inner: DefaultConnector::new() };
        Agent::with_parts(config, dialer, Names(Arc::clone(&self.hosts)))
    }
}

impl Answer {
    pub(super) fn status(&self) -> u16 {
        self.response.status().as_u16()
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.response.headers().get(name)?.to_str().ok().map(str::trim)
    }

    pub(super) fn content_length(&self) -> Option<u64> {
        self.header("content-length")?.parse().ok()
    }

    /// Returns the media type in lower case, without parameters.
    pub(super) fn media_type(&self) -> Option<String> {
        let value = self.header("content-type")?.split(';').next()?.trim().to_ascii_lowercase();
        (!value.is_empty()).then_some(value)
    }

    pub(super) fn reader(self) -> impl Read {
        self.response.into_body().into_reader()
    }
}

fn refused_by(proxy: Option<&Proxy>, reason: String, url: &Url) -> Failed {
    Failed::Finally(match proxy {
        Some(proxy) => FetchError::Proxy { proxy: proxy.endpoint.clone(), variable: proxy.variable, reason },
        None => FetchError::malformed(url, reason),
    })
}

fn without_login(url: &Url) -> Url {
    let mut public = url.clone();
    // Both fail only for addresses that can't hold a login in the first place.
    let _ = public.set_username("");
    let _ = public.set_password(None);
    public.set_fragment(None);
    public
}
