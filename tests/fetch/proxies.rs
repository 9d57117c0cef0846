//! Proxies: that they are used, that they are named when they fail, and that their passwords aren't.

use std::net::TcpListener;

use cudaman::fetch::{Client, FetchError, Settings};
use tempfile::TempDir;

use super::{ACCEPT, assert_discreet, client_with, settings};
use crate::support::{Authority, Fault, Mirror, RecordingProxy};

/// A server that is known as `mirror.test` to whoever comes through a proxy.
struct Site {
    directory: TempDir,
    mirror: Mirror,
}

impl Site {
    fn new() -> Self {
        let authority = Authority::new();
        let directory = tempfile::tempdir().expect("a directory");
        std::fs::write(directory.path().join("ca.pem"), authority.pem()).expect("written");
        let mirror = Mirror::start_tls(&authority.issue(&["mirror.test"]));
        mirror.put("x", "x");
        Self { directory, mirror }
    }

    fn client(&self, variables: &[(&str, &str)]) -> Client {
        let ca_file = Some(self.directory.path().join("ca.pem"));
        client_with(&Settings { ca_file, ..settings() }, variables)
    }
}

fn read(client: &Client, url: &str) -> Result<(), FetchError> {
    client.document(&url.parse().expect("an address"), ACCEPT, 1000).map(drop)
}

#[test]
fn every_variable_and_every_kind_of_proxy_leads_there() {
    let site = Site::new();
    let proxy = RecordingProxy::to(&site.mirror);
    for variable in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        for scheme in ["http://", "", "socks5://", "socks5h://"] {
            let client = site.client(&[(variable, &format!("{scheme}{}", proxy.address()))]);
            read(&client, "https://mirror.test/x")
                .unwrap_or_else(|error| panic!("{variable} {scheme}: {error}"));
        }
    }
    assert_eq!(proxy.asked(), ["mirror.test:443"].repeat(16));
}

#[test]
fn plain_http_passes_a_proxy_where_it_is_allowed() {
    let mirror = Mirror::start();
    mirror.put("x", "x");
    let proxy = RecordingProxy::to(&mirror);
    let variables = [("http_proxy", format!("http://{}", proxy.address()))];
    let client = client_with(
        &Settings { allow_http: true, ..settings() },
        &[(variables[0].0, &variables[0].1), ("NO_PROXY", "other.test")],
    );
    read(&client, "http://mirror.test/x").expect("read");
    assert_eq!(proxy.asked(), ["mirror.test:80"]);
}

#[test]
fn this_machine_and_exempt_hosts_are_asked_directly() {
    let mirror = Mirror::start();
    mirror.put("x", "x");
    let dead = "http://127.0.0.1:1";
    let client =
        client_with(&settings(), &[("HTTP_PROXY", dead), ("HTTPS_PROXY", dead), ("ALL_PROXY", dead)]);
    client.document(&mirror.at("x"), ACCEPT, 10).expect("read");
}

#[test]
fn a_login_is_given_to_the_proxy_and_shown_to_nobody() {
    let site = Site::new();
    let proxy = RecordingProxy::to(&site.mirror);
    let client = site.client(&[("HTTPS_PROXY", &format!("http://me:hunter2%40@{}", proxy.address()))]);
    read(&client, "https://mirror.test/x").expect("read");
    assert_eq!(proxy.heads()[0].header("proxy-authorization"), Some("Basic bWU6aHVudGVyMkA="));
    assert_eq!(site.mirror.log()[0].header("proxy-authorization"), None);
    let socks = RecordingProxy::with_login(&site.mirror, "me", "hunter2@");
    let client = site.client(&[("ALL_PROXY", &format!("socks5://me:hunter2%40@{}", socks.address()))]);
    read(&client, "https://mirror.test/x").expect("read");
    for login in ["me:wrong@", ""] {
        let client = site.client(&[("ALL_PROXY", &format!("socks5://{login}{}", socks.address()))]);
        let error = read(&client, "https://mirror.test/x").expect_err("no login");
        assert!(matches!(error, FetchError::Proxy { variable: "ALL_PROXY", .. }), "{error}");
        assert_discreet(&error, "wrong");
    }
}

#[test]
fn a_proxy_that_refuses_is_named() {
    let site = Site::new();
    for (status, words) in [(407, "wants a user and password"), (403, "answered 403")] {
        let proxy = RecordingProxy::refusing(&site.mirror, status);
        let client = site.client(&[("HTTPS_PROXY", &format!("http://me:hunter2@{}", proxy.address()))]);
        let error = read(&client, "https://mirror.test/x").expect_err("refused");
        assert!(error.is_unreachable() && error.to_string().contains(words), "{error}");
        assert!(error.to_string().contains("of `HTTPS_PROXY`"), "{error}");
        assert_discreet(&error, "hunter2");
        assert_eq!(proxy.heads().len(), 1, "it is not asked again");
    }
}

#[test]
fn a_host_behind_a_proxy_may_be_unreachable_while_others_are_not() {
    let site = Site::new();
    for scheme in ["http", "socks5"] {
        let proxy = RecordingProxy::refusing(&site.mirror, 502);
        let client = site.client(&[("HTTPS_PROXY", &format!("{scheme}://{}", proxy.address()))]);
        let error = read(&client, "https://mirror.test/x").expect_err("not reached");
        let FetchError::Unreachable { host, reason } = error else { panic!("{error}") };
        assert_eq!(host, "mirror.test");
        assert!(reason.starts_with("the proxy"), "{reason}");
    }
}

#[test]
fn a_dead_proxy_is_told_apart_from_a_dead_host() {
    let site = Site::new();
    let socket = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = socket.local_addr().expect("bound");
    drop(socket);
    for scheme in ["http", "socks5"] {
        let client = site.client(&[("https_proxy", &format!("{scheme}://me:hunter2@{address}"))]);
        let error = read(&client, "https://mirror.test/x").expect_err("dead");
        let words = format!(
            "could not reach `{address}`: connection refused; it is the proxy that `https_proxy` names"
        );
        assert_eq!(error.to_string(), words);
        assert_discreet(&error, "hunter2");
    }
    assert!(site.mirror.log().is_empty());
}

#[test]
fn a_redirect_to_plain_http_is_refused_before_its_host_is_asked() {
    let site = Site::new();
    let proxy = RecordingProxy::to(&site.mirror);
    let address = format!("http://{}", proxy.address());
    let client = site.client(&[("ALL_PROXY", &address)]);
    for target in ["http://mirror.test/x", "http://127.0.0.1/x"] {
        site.mirror.clear_faults();
        site.mirror.fault("/away", Fault::Redirect(target.to_owned()));
        let error = read(&client, "https://mirror.test/away").expect_err("refused");
        assert!(matches!(error, FetchError::Refused { .. }), "{error}");
    }
    assert!(proxy.asked().iter().all(|host| host == "mirror.test:443"));
}
