//! Small documents: statuses, redirects, logins.

use std::time::{Duration, Instant};

use cudaman::fetch::FetchError;
use cudaman::fetch::Settings;

use super::{ACCEPT, assert_discreet, client, client_with, settings};
use crate::support::{Fault, Mirror};

const LIMIT: u64 = 1 << 20;

#[test]
fn a_document_comes_with_its_type_and_its_last_address() {
    let mirror = Mirror::start();
    mirror.put_as("simple/torch/", "text/html; charset=utf-8", "<a href=\"../x\">x</a>");
    mirror.fault("/simple/pytorch/", Fault::Redirect("../torch/".to_owned()));
    let document = client().document(&mirror.at("simple/pytorch/"), "text/x", LIMIT).expect("read");
    assert_eq!(document.body, b"<a href=\"../x\">x</a>");
    assert_eq!(document.media_type.as_deref(), Some("text/html"));
    assert_eq!(document.url, mirror.at("simple/torch/"));
    let request = &mirror.requests("/simple/torch/")[0];
    assert_eq!(request.header("accept"), Some("text/x"));
    assert_eq!(request.header("accept-encoding"), Some("identity"));
    assert!(request.header("user-agent").is_some_and(|agent| agent.starts_with("cudaman/")));
}

#[test]
fn a_probe_tells_size_and_type_or_why_not() {
    let mirror = Mirror::start();
    mirror.put_as("a.run", "application/octet-stream", vec![7; 5000]);
    mirror.put_as("login", "text/html", "<html>");
    mirror.fault("/moved", Fault::Redirect("/a.run".to_owned()));
    mirror.fault("/plain", Fault::NoRange);
    mirror.put("plain", vec![7; 3000]);
    let probe = |path: &str| client().probe(&mirror.at(path));
    assert_eq!(probe("a.run").expect("there").size, Some(5000));
    assert_eq!(probe("moved").expect("there").size, Some(5000));
    assert_eq!(probe("plain").expect("there").size, Some(3000));
    assert_eq!(probe("login").expect("there").media_type.as_deref(), Some("text/html"));
    assert!(matches!(probe("absent"), Err(FetchError::NotFound { .. })));
    mirror.fault_times("/a.run", 1, Fault::Status(503));
    assert_eq!(probe("a.run").expect("tried again").size, Some(5000));
}

#[test]
fn connections_are_used_again() {
    let mirror = Mirror::start();
    mirror.put("a", "a");
    mirror.fault("/b", Fault::Redirect("/a".to_owned()));
    let client = client();
    for _ in 0..5 {
        client.document(&mirror.at("b"), ACCEPT, LIMIT).expect("read");
    }
    assert_eq!(mirror.log().len(), 10);
    assert!(mirror.log().iter().all(|request| request.connection == 0));
}

#[test]
fn what_is_final_is_asked_once() {
    let mirror = Mirror::start();
    mirror.fault("/forbidden", Fault::Status(403));
    mirror.fault("/gone", Fault::Status(410));
    let client = client();
    for absent in ["absent", "gone"] {
        let error = client.document(&mirror.at(absent), ACCEPT, LIMIT).expect_err("nothing there");
        assert!(matches!(error, FetchError::NotFound { .. }), "{error}");
    }
    let error = client.document(&mirror.at("forbidden"), ACCEPT, LIMIT).expect_err("forbidden");
    assert!(error.to_string().contains("403 (it wants a login"), "{error}");
    assert!(error.hint().is_some());
    assert!(!error.is_unreachable());
    assert_eq!(mirror.log().len(), 3);
}

#[test]
fn what_may_pass_is_tried_again_but_not_for_ever() {
    let mirror = Mirror::start();
    mirror.put("a", "a");
    for status in [408, 429, 500, 502, 503, 504] {
        mirror.clear_faults();
        mirror.fault_times("/a", 2, Fault::Status(status));
        client().document(&mirror.at("a"), ACCEPT, LIMIT).expect("the third try");
    }
    mirror.fault("/b", Fault::Status(503));
    let error = client().document(&mirror.at("b"), ACCEPT, LIMIT).expect_err("never there");
    assert!(matches!(error, FetchError::Status { status: 503, .. }), "{error}");
    assert_eq!(mirror.requests("/b").len(), 4);
}

#[test]
fn a_server_s_wish_for_a_pause_is_kept_within_reason() {
    let mirror = Mirror::start();
    mirror.put("a", "a");
    mirror.fault_times("/a", 1, Fault::RetryAfter(429, 1));
    let start = Instant::now();
    client().document(&mirror.at("a"), ACCEPT, LIMIT).expect("the second try");
    assert!(start.elapsed() >= Duration::from_secs(1));
    mirror.fault("/b", Fault::RetryAfter(503, 3600));
    let start = Instant::now();
    assert!(client().document(&mirror.at("b"), ACCEPT, LIMIT).is_err());
    assert!(start.elapsed() < Duration::from_secs(1));
    assert_eq!(mirror.requests("/b").len(), 1);
}

#[test]
fn a_document_is_never_longer_than_its_limit() {
    let mirror = Mirror::start();
    mirror.put("a", vec![b'a'; 1000]);
    mirror.fault("/endless", Fault::Endless);
    mirror.put("endless", vec![b'a'; 1000]);
    let client = client();
    assert!(client.document(&mirror.at("a"), ACCEPT, 1000).is_ok());
    for path in ["a", "endless"] {
        let error = client.document(&mirror.at(path), ACCEPT, 999).expect_err("too long");
        assert!(matches!(error, FetchError::TooLarge { limit: 999, .. }), "{error}");
    }
}

#[test]
fn half_a_document_is_no_document() {
    let mirror = Mirror::start();
    mirror.put("a", vec![b'a'; 1000]);
    mirror.fault_times("/a", 2, Fault::CutAfter(500));
    assert_eq!(client().document(&mirror.at("a"), ACCEPT, LIMIT).expect("read").body.len(), 1000);
    mirror.put("b", vec![b'a'; 1000]);
    mirror.fault("/b", Fault::CutAfter(500));
    let error = client().document(&mirror.at("b"), ACCEPT, LIMIT).expect_err("cut");
    assert!(matches!(error, FetchError::Cut { .. }), "{error}");
    assert!(error.to_string().ends_with("the connection was closed before the end"), "{error}");
}

#[test]
fn an_encoded_document_is_not_taken_for_the_document() {
    let mirror = Mirror::start();
    mirror.put("a", [0x1f, 0x8b, 8, 0]);
    mirror.fault("/a", Fault::Header("Content-Encoding", "gzip".to_owned()));
    let error = client().document(&mirror.at("a"), ACCEPT, LIMIT).expect_err("noise");
    assert!(matches!(error, FetchError::Malformed { .. }), "{error}");
}

#[test]
fn redirects_end_and_stay_on_the_network() {
    let mirror = Mirror::start();
    mirror.fault("/loop", Fault::Redirect("/loop".to_owned()));
    mirror.fault("/file", Fault::Redirect("file:///etc/hosts".to_owned()));
    mirror.fault("/http", Fault::Redirect("http://mirror.test/x".to_owned()));
    mirror.fault("/nowhere", Fault::Status(302));
    mirror.fault("/odd", Fault::Redirect("https://:x/\u{1b}[2J".to_owned()));
    let client = client();
    let text = |path| {
        let error = client.document(&mirror.at(path), ACCEPT, LIMIT).expect_err("no way");
        assert_discreet(&error, "\u{1b}");
        error.to_string()
    };
    assert!(text("loop").ends_with("more than 10 redirects"));
    assert_eq!(mirror.requests("/loop").len(), 11);
    assert_eq!(text("file"), "refused to fetch `file:///etc/hosts`: a redirect leads away from the network");
    assert!(text("http").starts_with("refused to fetch `http://mirror.test/x`: plain http"));
    assert!(text("nowhere").ends_with("a redirect leads nowhere"));
    assert!(text("odd").starts_with("could not understand the answer"));
}

#[test]
fn a_login_is_sent_to_its_own_host_and_shown_to_nobody() {
    let (mirror, other) = (Mirror::start(), Mirror::start());
    mirror.require_login("/", "me", "hunter2/");
    mirror.put("index", "x");
    mirror.put("file", "x");
    other.put("x", "x");
    mirror.fault("/away", Fault::Redirect(other.at("x?token=hunter2").to_string()));
    mirror.fault("/broken", Fault::Status(500));
    let mut index = mirror.at("index");
    index.set_username("me").expect("it has a host");
    index.set_password(Some("hunter2/")).expect("it has a host");
    let client = client();
    let error = client.document(&mirror.at("index"), ACCEPT, LIMIT).expect_err("a login is needed");
    assert!(error.to_string().contains("401 (a login is needed)"), "{error}");
    let document = client.document(&index, ACCEPT, LIMIT).expect("the login is right");
    client.document(&document.url.join("file").expect("a link"), ACCEPT, LIMIT).expect("a link keeps it");
    client.document(&mirror.at("file"), ACCEPT, LIMIT).expect("the host's login is remembered");
    client.document(&document.url.join("away").expect("a link"), ACCEPT, LIMIT).expect("redirected");
    assert_eq!(other.log()[0].header("authorization"), None);
    assert_eq!(other.log()[0].target, "/x?token=hunter2");
    let broken = document.url.join("broken?token=hunter2").expect("a link");
    assert_discreet(&client.document(&broken, ACCEPT, LIMIT).expect_err("broken"), "hunter2");
}

#[test]
fn plain_http_and_the_network_are_used_only_as_allowed() {
    let client = client();
    let url = "http://mirror.test/x".parse().expect("an address");
    let error = client.document(&url, ACCEPT, LIMIT).expect_err("plain http");
    assert!(matches!(error, FetchError::Refused { .. }), "{error}");
    assert!(error.hint().is_some_and(|hint| hint.contains("allow-http")));
    let mirror = Mirror::start();
    let offline = client_with(&Settings { offline: true, ..settings() }, &[]);
    let error = offline.document(&mirror.at("a"), ACCEPT, LIMIT).expect_err("offline");
    assert!(error.is_unreachable() && matches!(error, FetchError::Offline { .. }), "{error}");
    assert!(mirror.log().is_empty());
}
