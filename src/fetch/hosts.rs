//! What we know of each host, so that one that can't be reached costs its few seconds once and not
//! once per file: the clock that runs while it is not reached, and the hosts that were given up.
//!
//! Looking up the name, connecting, passing the proxy and the TLS handshake share one clock per host.
//! It starts with the first try, stops with the first answer, later with a connection, and ends all
//! waiting when it is over.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{ConnectionDetails, Connector, DefaultConnector, NextTimeout, Transport};
use ureq::{Error, Timeout};

/// As many addresses of a host as ureq can take.
const MOST_ADDRESSES: usize = 16;

/// How much of the time for a host is spent on trying again where it never answered.
const FIRST_CONTACT_SHARE: u32 = 5;

/// The hosts that were spoken to, by host and port.
pub(super) struct Hosts {
    limit: Duration,
    records: Mutex<BTreeMap<String, Record>>,
}

#[derive(Default)]
struct Record {
    addresses: Vec<SocketAddr>,
    answered: bool,
    unreached_since: Option<Instant>,
    given_up: Option<String>,
}

impl Hosts {
    pub(super) fn new(limit: Duration) -> Self {
        Self { limit, records: Mutex::default() }
    }

    /// Returns the time that a host has in all.
    pub(super) const fn limit(&self) -> Duration {
        self.limit
    }

    /// Returns why a host was given up, if it was.
    pub(super) fn given_up(&self, endpoint: &str) -> Option<String> {
        self.records().get(endpoint)?.given_up.clone()
    }

    /// Tells whether a host ever answered a request.
    pub(super) fn answered(&self, endpoint: &str) -> bool {
        self.records().get(endpoint).is_some_and(|record| record.answered)
    }

    /// Notes that a host answered.
    pub(super) fn note_answer(&self, endpoint: &str) {
        self.change(endpoint, |record| {
            record.answered = true;
            record.unreached_since = None;
        });
    }

    /// Notes that a host could not be reached; tells whether it may be tried again after `wait`. One
    /// that answered before has all its time, for a network that comes back; one that never did, or
    /// whose name can't be found, is given up sooner.
    pub(super) fn note_failure(&self, endpoint: &str, failure: &Failure, wait: Duration) -> bool {
        let limit = self.limit;
        self.change(endpoint, |record| {
            let spent = record.unreached_since.get_or_insert_with(Instant::now).elapsed() + wait;
            let patience = match (record.answered, failure.lasting) {
                (true, _) => limit,
                (false, false) => limit / FIRST_CONTACT_SHARE,
                (false, true) => Duration::ZERO,
            };
            record.addresses.clear();
            if spent >= patience {
                record.given_up.get_or_insert_with(|| failure.reason.clone());
            }
            record.given_up.is_none()
        })
    }

    /// Stops the clock of a host that answered before: one that said nothing yet may be gone.
    fn note_connection(&self, endpoint: &str) {
        self.change(endpoint, |record| record.unreached_since.take_if(|_| record.answered));
    }

    /// Returns the time that is left for reaching a host, and starts its clock.
    pub(super) fn remaining(&self, endpoint: &str) -> Duration {
        let limit = self.limit;
        self.change(endpoint, |record| {
            limit.saturating_sub(record.unreached_since.get_or_insert_with(Instant::now).elapsed())
        })
    }

    fn addresses(&self, endpoint: &str) -> Vec<SocketAddr> {
        self.records().get(endpoint).map(|record| record.addresses.clone()).unwrap_or_default()
    }

    fn note_addresses(&self, endpoint: &str, addresses: &[SocketAddr]) {
        self.change(endpoint, |record| record.addresses = addresses.to_vec());
    }

    fn change<T>(&self, endpoint: &str, change: impl FnOnce(&mut Record) -> T) -> T {
        change(self.records().entry(endpoint.to_owned()).or_default())
    }

    fn records(&self) -> MutexGuard<'_, BTreeMap<String, Record>> {
        // A record is whole after every line, so a panic elsewhere does no harm here.
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why a host could not be reached.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{reason}")]
pub(super) struct Failure {
    pub(super) reason: String,
    /// Trying again at once is of no use.
    pub(super) lasting: bool,
}

impl Failure {
    pub(super) fn passing(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), lasting: false }
    }

    pub(super) fn lasting(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), lasting: true }
    }
}

/// Looks names up within the host's time, whatever the system's resolver does, and remembers them.
pub(super) struct Names(pub(super) Arc<Hosts>);

impl Resolver for Names {
    fn resolve(&self, uri: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        let endpoint = uri_endpoint(uri)?;
        let mut addresses = self.0.addresses(&endpoint);
        if addresses.is_empty() {
            addresses = look_up(&endpoint, self.0.remaining(&endpoint), system_look_up)
                .map_err(|failure| Error::Other(failure.into()))?;
            self.0.note_addresses(&endpoint, &addresses);
        }
        let mut resolved = self.empty();
        addresses.into_iter().take(MOST_ADDRESSES).for_each(|address| resolved.push(address));
        Ok(resolved)
    }
}

fn look_up<F>(endpoint: &str, time: Duration, resolve: F) -> Result<Vec<SocketAddr>, Failure>
where
    F: FnOnce(&str) -> io::Result<Vec<SocketAddr>> + Send + 'static,
{
    if let Ok(address) = endpoint.parse() {
        return Ok(vec![address]);
    }
    let (sender, receiver) = mpsc::sync_channel(1);
    let name = endpoint.to_owned();
    // The thread may outlive us: a resolver that hangs can't be interrupted.
    let started = thread::Builder::new().name("resolve".to_owned()).spawn(move || {
        let _ = sender.send(resolve(&name));
    });
    started.map_err(|error| Failure::lasting(format!("no thread to look up its name: {error}")))?;
    match receiver.recv_timeout(time) {
        Ok(Ok(addresses)) if !addresses.is_empty() => Ok(addresses),
        Ok(Err(error)) => Err(not_found(&error)),
        Ok(Ok(_)) => Err(Failure::lasting("its name has no address")),
        Err(_) => Err(Failure::lasting("looking up its name took too long")),
    }
}

fn system_look_up(endpoint: &str) -> io::Result<Vec<SocketAddr>> {
    Ok(endpoint.to_socket_addrs()?.collect())
}

fn not_found(error: &io::Error) -> Failure {
    let text = error.to_string().to_lowercase();
    let words = text.rsplit_once(": ").map_or(text.as_str(), |(_, words)| words);
    Failure::lasting(format!("its name was not found ({words})"))
}

/// Connects as ureq does by default, but within the time that the host has left.
#[derive(Debug)]
pub(super) struct Dialer {
    pub(super) hosts: Arc<Hosts>,
    pub(super) inner: DefaultConnector,
}

impl Connector<()> for Dialer {
    type Out = Box<dyn Transport>;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        chained: Option<()>,
    ) -> Result<Option<Self::Out>, Error> {
        let peer = details.config.proxy().map_or(details.uri, ureq::Proxy::uri);
        let endpoint = uri_endpoint(peer)?;
        let remaining = self.hosts.remaining(&endpoint);
        if remaining.is_zero() {
            return Err(Error::Timeout(Timeout::Connect));
        }
        let connection = self.inner.connect(&hurried(details, remaining), chained)?;
        self.hosts.note_connection(&endpoint);
        Ok(connection)
    }
}

fn hurried<'a>(details: &ConnectionDetails<'a>, remaining: Duration) -> ConnectionDetails<'a> {
    let mut timeout = details.timeout;
    timeout.after = timeout.after.min(remaining.into());
    ConnectionDetails {
        uri: details.uri,
        addrs: details.addrs.clone(),
        config: details.config,
        request_level: details.request_level,
        resolver: details.resolver,
        now: details.now,
        timeout,
        current_time: Arc::clone(&details.current_time),
        run_connector: Arc::clone(&details.run_connector),
        register_shutdown: Arc::clone(&details.register_shutdown),
    }
}

fn uri_endpoint(uri: &Uri) -> Result<String, Error> {
    let host = uri.host().ok_or(Error::HostNotFound)?;
    let default = match uri.scheme_str() {
        Some("https") => 443,
        Some(scheme) if scheme.starts_with("socks") => 1080,
        _ => 80,
    };
    Ok(format!("{host}:{}", uri.port_u16().unwrap_or(default)))
}

impl fmt::Debug for Hosts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hosts").field("limit", &self.limit).finish_non_exhaustive()
    }
}

impl fmt::Debug for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Names")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_host_that_never_answered_is_given_up_sooner() {
        let hosts = Hosts::new(10 * SECOND);
        let refused = Failure::passing("refused");
        assert!(hosts.note_failure("new:1", &refused, SECOND));
        assert!(!hosts.note_failure("new:1", &refused, 2 * SECOND));
        assert_eq!(hosts.given_up("new:1").as_deref(), Some("refused"));
        assert!(!hosts.note_failure("nameless:1", &Failure::lasting("no name"), Duration::ZERO));
        hosts.note_answer("known:1");
        assert!(hosts.note_failure("known:1", &Failure::lasting("no name"), 9 * SECOND));
        assert!(!hosts.note_failure("known:1", &refused, 10 * SECOND));
        assert_eq!(hosts.given_up("other:1"), None);
    }

    #[test]
    fn the_clock_stops_with_an_answer() {
        let hosts = Hosts::new(Duration::from_millis(20));
        assert!(!hosts.remaining("a:1").is_zero());
        thread::sleep(Duration::from_millis(25));
        hosts.note_connection("a:1");
        assert!(hosts.remaining("a:1").is_zero());
        hosts.note_answer("a:1");
        assert!(!hosts.remaining("a:1").is_zero());
    }

    #[test]
    fn a_look_up_that_takes_too_long_ends() {
        let hanging = |_: &str| {
            thread::sleep(10 * SECOND);
            Ok(Vec::new())
        };
        let failure = look_up("a.test:1", SECOND / 100, hanging).expect_err("no time");
        assert_eq!(failure.reason, "looking up its name took too long");
        let absent = |_: &str| Err(io::Error::other("failed to lookup address information: Name unknown"));
        let failure = look_up("a.test:1", SECOND, absent).expect_err("no name");
        assert_eq!(failure.reason, "its name was not found (name unknown)");
        assert_eq!(look_up("[::1]:80", Duration::ZERO, hanging).expect("an address")[0].port(), 80);
    }
}
