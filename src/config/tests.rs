//! What settings are read from, and what is no setting.

use super::*;

fn load(text: &str, variables: &[(&str, &str)], flags: &[(&str, String)]) -> Result<Config, ConfigError> {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("config.toml");
    std::fs::write(&path, text).expect("a file");
    let variables = variables.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    Config::load(&path, &Environment { variables, ..Environment::default() }, flags)
}

#[test]
fn the_command_line_beats_the_environment_beats_the_file() {
    let file = "profile = \"minimal\"\njobs = 2\noffline = true";
    let config = load(
        file,
        &[("CUDAMAN_JOBS", "3"), ("CUDAMAN_PROFILE", "full")],
        &[("profile", "runtime".to_owned())],
    )
    .expect("settings");
    assert_eq!((config.profile, config.jobs, config.offline), (Profile::Runtime, 3, true));
}

#[test]
fn every_setting_has_its_own_key_and_variable_and_accepts_what_it_shows() {
    for setting in SETTINGS {
        assert_eq!(setting.variable, format!("CUDAMAN_{}", setting.key.replace('-', "_").to_uppercase()));
        let shown = setting.value(&Config::default());
        assert!(shown.is_empty() || setting.check(&shown, false).is_ok(), "{}", setting.key);
    }
    assert!(SETTINGS.is_sorted_by_key(|setting| setting.key));
}

#[test]
fn lists_are_arrays_or_text() {
    let config = load("stores = [\"/a\", \"/b\"]\nsources = \"pypi, redist\"", &[], &[]).expect("settings");
    assert_eq!(config.stores, [PathBuf::from("/a"), PathBuf::from("/b")]);
    assert_eq!(config.sources, ["pypi", "redist"]);
}

#[test]
fn faults_name_the_setting_and_its_place() {
    let message = |result: Result<Config, ConfigError>| result.expect_err("a fault").to_string();
    assert!(message(load("mirrors = 1", &[], &[])).contains("`mirrors` is not a setting"));
    assert!(message(load("", &[("CUDAMAN_JOBS", "0")], &[])).contains("CUDAMAN_JOBS"));
    assert!(message(load("stores = [\"relative\"]", &[], &[])).contains("absolute"));
    assert!(message(load("= 1", &[], &[])).contains("config.toml"));
    let secret = message(load("", &[("CUDAMAN_MIRROR", "ftp://user:secret@host/")], &[]));
    assert!(!secret.contains("secret"), "{secret}");
}

#[test]
fn tables_are_accepted_by_name() {
    let digest = "99d77d9e4c75d5e4663e473577f1871e65bca4ea0b9023f544a3556f0c1776c7";
    let text = format!("tables.frameworks = \"local\"\ntables.sonames = \"{digest}\"");
    let config = load(&text, &[], &[]).expect("settings");
    assert_eq!(config.tables.get("frameworks"), Some(&Acceptance::Local));
    let setting = setting("tables").expect("a setting");
    assert_eq!(setting.value(&config), format!("frameworks=local,sonames={digest}"));
    let again = load("", &[("CUDAMAN_TABLES", &setting.value(&config))], &[]).expect("settings");
    assert_eq!(again.tables, config.tables);
    for broken in [
        "tables = \"frameworks=local\"",
        "tables.frameworks = 1",
        "tables.frameworks = \"yes\"",
        "tables.frameworks = \"local,sonames=local\"",
        "tables.surprise = \"local\"",
        "tables.\"frameworks=local,sonames\" = \"local\"",
    ] {
        assert!(load(broken, &[], &[]).is_err(), "{broken}");
    }
    assert_eq!(entry_of("tables.gpus"), Some(("tables", "gpus")));
    for key in ["tables", "tables.", "tables.surprise", "tablesgpus", "stores.gpus"] {
        assert_eq!(entry_of(key), None, "{key}");
    }
}
