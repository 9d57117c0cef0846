//! Certificates: who is believed, and what is said where nobody is.

use cudaman::fetch::{Client, FetchError, Settings};
use cudaman::model::Environment;

use super::{ACCEPT, Wanted, bytes, client, client_with, settings};
use crate::support::{Authority, Identity, Mirror};

fn serve(identity: &Identity) -> Mirror {
    let mirror = Mirror::start_tls(identity);
    mirror.put("x", bytes(1));
    mirror
}

fn complaint(client: &Client, mirror: &Mirror) -> FetchError {
    let error = client.document(&mirror.at("x"), ACCEPT, 1 << 20).expect_err("not to be trusted");
    assert!(matches!(error, FetchError::Certificate { .. }), "{error}");
    assert!(error.hint().is_some() && !error.is_unreachable());
    assert!(mirror.log().is_empty(), "nothing was asked");
    error
}

#[test]
fn a_stranger_s_certificate_is_refused_and_accepted_with_the_user_s_authority() {
    let authority = Authority::new();
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("ca.pem");
    std::fs::write(&file, authority.pem()).expect("written");
    let mirror = serve(&authority.issue(&["localhost"]));
    let error = complaint(&client(), &mirror);
    assert!(error.to_string().contains("an authority that is not trusted here"), "{error}");
    let by_setting = client_with(&Settings { ca_file: Some(file.clone()), ..settings() }, &[]);
    Wanted::new(&bytes(1)).succeed(&by_setting, &mirror.at("x"));
    for (name, value) in [("SSL_CERT_FILE", &file), ("SSL_CERT_DIR", &directory.path().to_owned())] {
        let by_variable = client_with(&settings(), &[(name, value.to_str().expect("text"))]);
        Wanted::new(&bytes(1)).succeed(&by_variable, &mirror.at("x"));
    }
}

#[test]
fn a_certificate_must_fit_the_name_and_the_day() {
    let authority = Authority::new();
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("ca.pem");
    std::fs::write(&file, authority.pem()).expect("written");
    let client = client_with(&Settings { ca_file: Some(file), ..settings() }, &[]);
    let cases = [
        (authority.issue(&["other.test"]), "is for another name"),
        (authority.issue_valid(&["localhost"], 2000..2001), "has expired, or this machine's clock is wrong"),
        (authority.issue_valid(&["localhost"], 3000..3001), "not valid yet: this machine's clock"),
    ];
    for (identity, words) in cases {
        let error = complaint(&client, &serve(&identity));
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[test]
fn a_certificate_file_that_can_t_be_used_is_named() {
    let settings = Settings { ca_file: Some("/absent/ca.pem".into()), ..settings() };
    let Err(error) = Client::new(&settings, &Environment::default()) else { panic!("it was taken") };
    assert!(error.to_string().starts_with("could not use `/absent/ca.pem`: "), "{error}");
}
