//! Large files: what is taken for the file and what is not.

use std::os::unix::fs::PermissionsExt;

use cudaman::fetch::FetchError;

use super::{Wanted, bytes, client, digest};
use crate::support::{Fault, Mirror};

#[test]
fn a_file_is_private_and_whole() {
    let mirror = Mirror::start();
    mirror.put("a.tar.xz", bytes(1));
    let wanted = Wanted::new(&bytes(1));
    wanted.succeed(&client(), &mirror.at("a.tar.xz"));
    assert_eq!(wanted.part().metadata().expect("there").permissions().mode() & 0o777, 0o600);
    assert_eq!(mirror.log().len(), 1);
    wanted.succeed(&client(), &mirror.at("a.tar.xz"));
    assert_eq!(mirror.log().len(), 1, "what is whole is not asked for");
}

#[test]
fn a_length_may_be_missing() {
    let mirror = Mirror::start();
    mirror.put("chunked", bytes(1));
    mirror.fault("/chunked", Fault::Chunked);
    mirror.put("closed", bytes(1));
    mirror.fault("/closed", Fault::CloseDelimited);
    for path in ["chunked", "closed"] {
        Wanted::new(&bytes(1)).succeed(&client(), &mirror.at(path));
        Wanted::without_size(&bytes(1)).succeed(&client(), &mirror.at(path));
    }
}

#[test]
fn a_wrong_byte_is_found_and_nothing_is_kept() {
    let mirror = Mirror::start();
    mirror.put("a", bytes(1));
    mirror.fault("/a", Fault::WrongByte(250_000));
    let mut wrong = bytes(1);
    wrong[250_000] ^= 0x20;
    let wanted = Wanted::new(&bytes(1));
    let error = wanted.download(&client(), &mirror.at("a")).expect_err("damaged");
    let expected = format!(
        "could not verify `{}`: expected {}, got {}",
        mirror.at("a"),
        digest(&bytes(1)),
        digest(&wrong)
    );
    assert_eq!(error.to_string(), expected);
    assert!(wanted.names().is_empty());
    assert_eq!(wanted.progress.get(), 0);
    assert_eq!(mirror.log().len(), 1);
}

#[test]
fn another_size_is_refused_before_its_bytes_come() {
    let mirror = Mirror::start();
    mirror.put_as("a", "text/html", "please log in");
    let wanted = Wanted::new(&bytes(1)).holding(&bytes(1)[..1000]);
    let error = wanted.download(&client(), &mirror.at("a")).expect_err("a login page");
    let text = error.to_string();
    assert!(text.ends_with("expected 300000 bytes, got 13 bytes of text/html"), "{text}");
    assert!(error.hint().is_some_and(|hint| hint.contains("login page")));
}

#[test]
fn a_login_page_does_not_cost_what_is_there() {
    let mirror = Mirror::start();
    mirror.put_as("a", "text/html", "please log in");
    mirror.fault("/a", Fault::NoRange);
    let wanted = Wanted::new(&bytes(1)).holding(&bytes(1)[..1000]);
    assert!(wanted.download(&client(), &mirror.at("a")).is_err());
    assert_eq!(wanted.held(), &bytes(1)[..1000]);
}

#[test]
fn more_than_was_promised_is_refused() {
    let mirror = Mirror::start();
    mirror.put("a", bytes(1));
    mirror.fault("/a", Fault::Endless);
    let wanted = Wanted::new(&bytes(1));
    let error = wanted.download(&client(), &mirror.at("a")).expect_err("too long");
    assert!(error.to_string().ends_with("expected 300000 bytes, got more"), "{error}");
    assert!(wanted.names().is_empty());
    assert_eq!(mirror.log().len(), 1);
}

#[test]
fn a_length_that_lies_never_passes() {
    let mirror = Mirror::start();
    mirror.put("a", bytes(1));
    for length in ["300001", "299999", "-1", "x", "99999999999999999999999"] {
        mirror.clear_faults();
        mirror.fault("/a", Fault::Header("Content-Length", length.to_owned()));
        for wanted in [Wanted::new(&bytes(1)), Wanted::without_size(&bytes(1))] {
            assert!(wanted.download(&client(), &mirror.at("a")).is_err(), "{length}");
        }
    }
    assert!(mirror.log().len() <= 5 * 2 * 4, "tries are bounded");
}

#[test]
fn bytes_are_hashed_as_they_were_sent() {
    let mirror = Mirror::start();
    mirror.put("a.tar.gz", bytes(1));
    mirror.fault("/a.tar.gz", Fault::Header("Content-Encoding", "x-gzip".to_owned()));
    Wanted::new(&bytes(1)).succeed(&client(), &mirror.at("a.tar.gz"));
}

#[test]
fn an_absent_file_leaves_nothing_behind() {
    let mirror = Mirror::start();
    let wanted = Wanted::new(&bytes(1));
    let error = wanted.download(&client(), &mirror.at("a")).expect_err("absent");
    assert!(matches!(error, FetchError::NotFound { .. }), "{error}");
    assert!(wanted.names().is_empty());
}

#[test]
fn an_empty_file_is_a_file() {
    let mirror = Mirror::start();
    mirror.put("a", "");
    Wanted::new(b"").succeed(&client(), &mirror.at("a"));
}

#[test]
fn many_come_at_once() {
    let mirror = Mirror::start();
    let client = client();
    std::thread::scope(|scope| {
        for seed in 0..8 {
            let path = format!("f{seed}");
            mirror.put(&path, bytes(seed));
            let (url, client) = (mirror.at(&path), &client);
            scope.spawn(move || Wanted::new(&bytes(seed)).succeed(client, &url));
        }
    });
}

#[test]
fn a_redirected_range_is_still_a_range() {
    let mirror = Mirror::start();
    mirror.put("b", bytes(1));
    mirror.fault("/a", Fault::Redirect("/b".to_owned()));
    Wanted::new(&bytes(1)).holding(&bytes(1)[..1000]).succeed(&client(), &mirror.at("a"));
    assert_eq!(mirror.requests("/b")[0].range(), Some("bytes=1000-"));
}
