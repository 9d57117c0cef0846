//! What may be fetched from where: the rules for addresses and redirects, the login inside an
//! address, and the only way to print one.

use std::net::{Ipv4Addr, Ipv6Addr};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use percent_encoding::percent_decode_str;
use url::{Host, Url};

use super::error::FetchError;

pub(super) const PLAIN_HTTP: &str = "plain http is used for this machine only";
const DOWNGRADE: &str = "a redirect leads from https to plain http";
const FILE_REDIRECT: &str = "a redirect leads away from the network";
const NO_HOST: &str = "it names no host";
const SCHEME: &str = "only https and file addresses are used";

/// Returns an address without what may be secret: a login, a fragment, and a query, since signed
/// links carry their token there.
#[must_use]
pub fn public(url: &Url) -> Url {
    let mut public = url.clone();
    // Both fail only for addresses that can't hold a login in the first place.
    let _ = public.set_username("");
    let _ = public.set_password(None);
    public.set_fragment(None);
    public.set_query(None);
    public
}

/// Returns an address as it may be printed: [`public`], and `?…` where there was a query.
#[must_use]
pub fn shown(url: &Url) -> String {
    let suffix = if url.query().is_some() { "?…" } else { "" };
    format!("{}{suffix}", public(url))
}

/// Checks that an address may be asked at all.
///
/// # Errors
/// Returns why not: its scheme, no host, or plain http to another host without `allow_http`.
pub fn check(url: &Url, allow_http: bool) -> Result<(), FetchError> {
    let reason = match url.scheme() {
        "file" => return Ok(()),
        "http" | "https" if url.host_str().is_none_or(str::is_empty) => NO_HOST,
        "https" => return Ok(()),
        "http" if allow_http || is_loopback(url) => return Ok(()),
        "http" => PLAIN_HTTP,
        _ => SCHEME,
    };
    Err(FetchError::refused(url, reason))
}

/// Returns where a redirect leads, if it may be followed.
pub(super) fn redirected(from: &Url, location: &str, allow_http: bool) -> Result<Url, FetchError> {
    let mut to = from.join(location).map_err(|_| FetchError::malformed(from, "a redirect leads nowhere"))?;
    if !matches!(to.scheme(), "http" | "https") {
        return Err(FetchError::refused(&to, FILE_REDIRECT));
    }
    check(&to, allow_http)?;
    let both_local = is_loopback(from) && is_loopback(&to);
    if from.scheme() == "https" && to.scheme() == "http" && !allow_http && !both_local {
        return Err(FetchError::refused(&to, DOWNGRADE));
    }
    if from.origin() == to.origin() && to.username().is_empty() {
        let _ = to.set_username(from.username());
        let _ = to.set_password(from.password());
    }
    Ok(to)
}

/// Tells whether an address stays on this machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => Ipv4Addr::is_loopback(&address),
        Some(Host::Ipv6(address)) => Ipv6Addr::is_loopback(&address),
        None => false,
    }
}

/// Returns the host and, where it is not the scheme's own, the port.
pub(super) fn host(url: &Url) -> String {
    let name = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| name.to_owned(), |port| format!("{name}:{port}"))
}

/// Returns the host and the port, by which connections are known.
pub(super) fn endpoint(url: &Url) -> String {
    format!("{}:{}", url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or_default())
}

/// Returns the `Authorization` header for the login in an address, if there is one.
pub(super) fn authorization(url: &Url) -> Option<String> {
    if url.username().is_empty() && url.password().is_none() {
        return None;
    }
    let mut login: Vec<u8> = percent_decode_str(url.username()).collect();
    login.push(b':');
    login.extend(percent_decode_str(url.password().unwrap_or_default()));
    Some(format!("Basic {}", BASE64_STANDARD.encode(login)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        text.parse().expect("an address")
    }

    #[test]
    fn nothing_secret_is_shown() {
        let text = shown(&url("https://me:hunter2@a.example:8443/x/y?token=hunter2&b=1#hunter2"));
        assert_eq!(text, "https://a.example:8443/x/y?…");
        assert_eq!(shown(&url("file:///mirror/a.json")), "file:///mirror/a.json");
    }

    #[test]
    fn plain_http_stays_on_the_machine() {
        for allowed in ["https://a.example/", "http://127.0.0.1:1/", "http://[::1]/", "http://localhost/"] {
            assert!(check(&url(allowed), false).is_ok(), "{allowed}");
        }
        for refused in [
            "http://a.example/",
            "ftp://a.example/",
            "data:,x",
            "http://127.0.0.1.example/",
            "http://10.0.0.1/",
        ] {
            assert!(check(&url(refused), false).is_err(), "{refused}");
        }
        assert!(check(&url("http://a.example/"), true).is_ok());
    }

    #[test]
    fn redirects_never_lead_to_plain_http_or_files() {
        let from = url("https://a.example/x");
        for refused in ["http://a.example/x", "http://127.0.0.1/x", "file:///etc/passwd", "ftp://a.example/x"]
        {
            assert!(redirected(&from, refused, false).is_err(), "{refused}");
        }
        assert!(redirected(&from, "http://a.example/x", true).is_ok());
        assert!(redirected(&url("https://localhost/x"), "http://127.0.0.1/x", false).is_ok());
        assert_eq!(redirected(&from, "../y", false).expect("fine").as_str(), "https://a.example/y");
    }

    #[test]
    fn a_login_stays_with_its_host() {
        let from = url("https://me:word@a.example/x");
        let same = redirected(&from, "https://a.example/y", false).expect("fine");
        assert_eq!(authorization(&same), authorization(&from));
        for other in ["https://b.example/y", "https://a.example:444/y"] {
            assert_eq!(authorization(&redirected(&from, other, false).expect("fine")), None, "{other}");
        }
    }

    #[test]
    fn logins_are_decoded_before_they_are_sent() {
        let header = authorization(&url("https://us%40er:p%3A%2Fw@a.example/")).expect("a login");
        assert_eq!(header, format!("Basic {}", BASE64_STANDARD.encode("us@er:p:/w")));
    }
}
