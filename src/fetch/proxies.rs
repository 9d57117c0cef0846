//! Which proxy an address is asked through: `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`,
//! the lower-case forms first as curl has it. Addresses on this machine are never sent to a proxy,
//! which could only look for them on its own.

use std::net::IpAddr;

use url::{Host, Url};

use super::address::is_loopback;
use super::error::FetchError;
use crate::model::Environment;

/// The proxies of the environment.
#[derive(Default)]
pub(super) struct Proxies {
    http: Option<Proxy>,
    https: Option<Proxy>,
    exempt: Vec<Exemption>,
}

/// One proxy.
#[derive(Clone)]
pub(super) struct Proxy {
    /// What ureq connects through; holds the login.
    pub(super) address: ureq::Proxy,
    /// Host and port, fit to be printed.
    pub(super) endpoint: String,
    /// The variable that named it.
    pub(super) variable: &'static str,
}

enum Exemption {
    All,
    Domain { name: String, port: Option<u16> },
    Network { base: IpAddr, bits: u32 },
}

impl Proxies {
    pub(super) fn new(environment: &Environment) -> Result<Self, FetchError> {
        let list = environment.text("no_proxy").or_else(|| environment.text("NO_PROXY")).unwrap_or_default();
        Ok(Self {
            http: first(environment, &["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"])?,
            https: first(environment, &["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"])?,
            exempt: list.split([',', ' ']).filter_map(exemption).collect(),
        })
    }

    pub(super) fn choose(&self, url: &Url) -> Option<&Proxy> {
        if is_loopback(url) || self.exempt.iter().any(|exemption| exemption.covers(url)) {
            return None;
        }
        if url.scheme() == "http" { self.http.as_ref() } else { self.https.as_ref() }
    }
}

impl Exemption {
    fn covers(&self, url: &Url) -> bool {
        match self {
            Self::All => true,
            Self::Domain { name, port } => {
                let host = url.host_str().unwrap_or_default().to_ascii_lowercase();
                let inside = host
                    .strip_suffix(name.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
                inside && port.is_none_or(|port| url.port_or_known_default() == Some(port))
            }
            Self::Network { base, bits } => match url.host() {
                Some(Host::Ipv4(address)) => same_network(*base, IpAddr::V4(address), *bits),
                Some(Host::Ipv6(address)) => same_network(*base, IpAddr::V6(address), *bits),
                _ => false,
            },
        }
    }
}

fn first(environment: &Environment, names: &[&'static str]) -> Result<Option<Proxy>, FetchError> {
    let Some((name, value)) = names.iter().find_map(|name| Some((*name, environment.text(name)?))) else {
        return Ok(None);
    };
    parse(name, value.trim()).map(Some)
}

fn parse(variable: &'static str, value: &str) -> Result<Proxy, FetchError> {
    let malformed = || FetchError::Setting {
        name: variable.to_owned(),
        reason:
            "it is not a proxy's address such as `http://proxy.example:3128` or `socks5://proxy.example:1080`"
                .to_owned(),
    };
    let (scheme, rest) = value.split_once("://").unwrap_or(("http", value));
    // A machine that needs a SOCKS proxy often can't resolve names, so the proxy does it.
    let scheme = match scheme.to_ascii_lowercase().as_str() {
        "socks" | "socks5" => "socks5h".to_owned(),
        other => other.to_owned(),
    };
    // ureq takes a port that is none for the default one; the parser of addresses does not.
    Url::parse(&format!("http://{rest}")).map_err(|_| malformed())?;
    let address = ureq::Proxy::new(&format!("{scheme}://{rest}")).map_err(|_| malformed())?;
    let endpoint = format!("{}:{}", address.host(), address.port());
    Ok(Proxy { address, endpoint, variable })
}

fn exemption(entry: &str) -> Option<Exemption> {
    if entry == "*" {
        return Some(Exemption::All);
    }
    let bare = entry.trim_start_matches('[').trim_end_matches(']');
    let (address, bits) = bare.split_once('/').map_or((bare, None), |(address, bits)| (address, Some(bits)));
    if let Ok(base) = address.parse::<IpAddr>() {
        let width = if base.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Some(width), |bits| bits.parse().ok()).filter(|bits| *bits <= width)?;
        return Some(Exemption::Network { base, bits });
    }
    let (name, port) = match entry.rsplit_once(':') {
        Some((name, port)) => (name, Some(port.parse().ok()?)),
        None => (entry, None),
    };
    let name = name.trim_start_matches('*').trim_start_matches('.').to_ascii_lowercase();
    (!name.is_empty()).then_some(Exemption::Domain { name, port })
}

fn same_network(base: IpAddr, address: IpAddr, bits: u32) -> bool {
    let (base, address, width) = match (base, address) {
        (IpAddr::V4(base), IpAddr::V4(address)) => (base.to_bits().into(), address.to_bits().into(), 32),
        (IpAddr::V6(base), IpAddr::V6(address)) => (base.to_bits(), address.to_bits(), 128),
        _ => return false,
    };
    let difference: u128 = base ^ address;
    difference.checked_shr(width - bits).unwrap_or(0) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(variables: &[(&str, &str)]) -> Result<Proxies, FetchError> {
        let variables = variables.iter().map(|(name, value)| (name.into(), value.into())).collect();
        let environment = Environment { variables, ..Environment::default() };
        Proxies::new(&environment)
    }

    fn chosen(variables: &[(&str, &str)], url: &str) -> Option<&'static str> {
        let proxies = proxies(variables).expect("proxies");
        proxies.choose(&url.parse().expect("an address")).map(|proxy| proxy.variable)
    }

    #[test]
    fn the_scheme_s_own_variable_comes_first_and_lower_case_before_upper() {
        let all = [("ALL_PROXY", "socks5://s:1"), ("HTTPS_PROXY", "p:2"), ("https_proxy", "http://q:3")];
        assert_eq!(chosen(&all, "https://a.example/"), Some("https_proxy"));
        assert_eq!(chosen(&all[..2], "https://a.example/"), Some("HTTPS_PROXY"));
        assert_eq!(chosen(&all, "http://a.example/"), Some("ALL_PROXY"));
        assert_eq!(chosen(&[("HTTPS_PROXY", "")], "https://a.example/"), None);
        assert_eq!(chosen(&all, "https://127.0.0.1/"), None, "this machine is never behind a proxy");
    }

    #[test]
    fn exemptions_follow_curl() {
        let cases = [
            ("example.com", "https://www.example.com/", true),
            (".example.com", "https://example.com/", true),
            ("*.example.com", "https://www.example.com/", true),
            ("example.com", "https://badexample.com/", false),
            ("a.test, EXAMPLE.com:8443", "https://example.com:8443/", true),
            ("example.com:8443", "https://example.com/", false),
            ("10.0.0.0/8", "https://10.1.2.3/", true),
            ("10.0.0.0/8", "https://11.1.2.3/", false),
            ("0.0.0.0/0", "https://11.1.2.3/", true),
            ("fd00::/8,::/0", "https://[fe80::1]/", true),
            ("10.0.0.0/99, :,/", "https://10.1.2.3/", false),
            ("*", "https://a.example/", true),
        ];
        for (list, url, exempt) in cases {
            let variables = [("HTTPS_PROXY", "http://p:1"), ("NO_PROXY", list)];
            assert_eq!(chosen(&variables, url).is_none(), exempt, "{list} {url}");
        }
    }

    #[test]
    fn a_bad_proxy_is_named_without_its_password() {
        for value in ["http://me:hunter2@", "gopher://me:hunter2@p:1", "http://me:hunter2@p:port"] {
            let Err(error) = proxies(&[("https_proxy", value)]) else { panic!("`{value}` was taken") };
            assert!(error.to_string().contains("`https_proxy`"));
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
        }
    }

    #[test]
    fn a_socks_proxy_resolves_names_itself() {
        let proxies = proxies(&[("ALL_PROXY", "socks5://me:word@s.example")]).expect("proxies");
        let proxy = proxies.https.expect("a proxy");
        assert!(!proxy.address.resolve_target());
        assert_eq!(proxy.endpoint, "s.example:1080");
    }
}
