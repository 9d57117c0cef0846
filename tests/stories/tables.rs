//! A newer table that lies in the home stands in for the program's, where the settings accept it.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{Run, Sandbox};

const FRAMEWORKS: &str = include_str!("../../src/compat/tables/frameworks.toml");

/// A release that no program knows yet.
const FUTURE: &str = "\n[[torch]]\nversion = \"9.9.0\"\ncuda = [\"12.4\"]\nsource = \"the future\"\n";

fn sandbox() -> Sandbox {
    let mut sandbox = Sandbox::with_home_named("a home");
    sandbox.set("CUDAMAN_DRIVER", "580.65.06");
    sandbox.set("CUDAMAN_GPUS", "8.0");
    sandbox
}

fn drop_in(sandbox: &Sandbox, name: &str, text: &str) -> PathBuf {
    let directory = sandbox.store().join("tables");
    std::fs::create_dir_all(&directory).expect("a directory");
    let path = directory.join(name);
    std::fs::write(&path, text).expect("a table");
    path
}

fn digest(path: &Path) -> String {
    let run = Run::of(Command::new("sha256sum").arg("-z").arg(path));
    run.stdout.split(' ').next().expect("a digest").to_owned()
}

fn assert_built_in(sandbox: &Sandbox, texts: &[&str]) {
    let run = sandbox.run(&["detect", "torch==9.9"]);
    run.expect(1, texts);
    let run = sandbox.run(&["detect", "torch==2.4.1"]);
    run.expect(0, texts);
    assert!(run.stdout.contains("torch 2.4.1"), "{run:?}");
    sandbox.assert_healthy();
}

fn assert_newer(sandbox: &Sandbox) {
    let run = sandbox.run(&["detect", "torch==9.9"]);
    assert!(run.stdout.contains("wanted: 12.4, for torch 9.9"), "{run:?}");
    assert!(!run.stderr.contains("warning: "), "{run:?}");
    sandbox.assert_healthy();
}

#[test]
fn a_newer_table_answers_once_it_is_accepted() {
    let sandbox = sandbox();
    let path = drop_in(&sandbox, "frameworks.toml", &(FRAMEWORKS.to_owned() + FUTURE));
    let own = digest(&path);
    let refused = format!("`{}`: the settings don't accept it", path.display());
    assert_built_in(&sandbox, &[&refused, &format!("`cudaman config set tables.frameworks {own}`")]);
    let run = sandbox.run(&["detect", "torch==2.4.1"]);
    assert_eq!(run.stderr.matches("the settings don't accept it").count(), 1, "{run:?}");

    sandbox.ok(&["config", "set", "tables.frameworks", &own]);
    assert_newer(&sandbox);
    assert_eq!(sandbox.ok(&["config", "get", "tables.frameworks"]), format!("{own}\n"));
    assert!(sandbox.ok(&["config"]).contains(&format!("tables = frameworks={own}\n")));

    drop_in(&sandbox, "frameworks.toml", &format!("{FRAMEWORKS}{FUTURE}# changed by somebody\n"));
    assert_built_in(&sandbox, &[&format!("the settings accept only {own}"), "hint: "]);
    sandbox.ok(&["config", "set", "tables.frameworks", "local"]);
    assert_newer(&sandbox);
    let file = std::fs::read_to_string(sandbox.store().join("config.toml")).expect("settings");
    assert_eq!(file.trim(), "tables = { frameworks = \"local\" }");

    sandbox.ok(&["config", "unset", "tables.frameworks"]);
    assert_built_in(&sandbox, &["the settings don't accept it"]);
    std::fs::remove_file(path).expect("removed");
    let run = sandbox.run(&["detect", "torch==2.4.1"]);
    assert!(!run.stderr.contains("warning: "), "{run:?}");
}

#[test]
fn a_broken_table_is_told_with_its_line_and_the_own_one_used() {
    let sandbox = sandbox();
    sandbox.ok(&["config", "set", "tables.frameworks", "local"]);
    let newer = FRAMEWORKS.to_owned() + FUTURE;
    let lines = newer.lines().count();
    let disordered = newer.replace("version = \"9.9.0\"", "version = \"0.0.1\"");
    for (text, fault) in [
        ("[[torch\n".to_owned(), "line 1: ".to_owned()),
        (format!("{newer}surprise = 1\n"), format!("line {}: unknown field `surprise`", lines + 1)),
        (disordered, "torch 0.0.1 stands after ".to_owned()),
        (
            newer.replace("the future", r"\u001b[2J$(id)'\n"),
            "a text in it has a control character".to_owned(),
        ),
        (newer.replace("\"12.4\"]\nsource = \"the", "\"$(id)\"]\nsource = \"the"), "line ".to_owned()),
        (String::new(), "line 1: missing field".to_owned()),
    ] {
        let path = drop_in(&sandbox, "frameworks.toml", &text);
        assert_built_in(&sandbox, &[&format!("`{}`: {fault}", path.display()), "hint: correct `"]);
    }
    std::fs::write(sandbox.store().join("tables/frameworks.toml"), [0xff, 0xfe]).expect("written");
    assert_built_in(&sandbox, &["invalid utf-8"]);
}

#[test]
fn what_is_no_table_is_not_read() {
    let sandbox = sandbox();
    sandbox.ok(&["config", "set", "tables.frameworks", "local"]);
    let path = drop_in(&sandbox, "frameworks.toml", "");
    std::fs::File::options().write(true).open(&path).and_then(|file| file.set_len(2 << 30)).expect("large");
    assert_built_in(&sandbox, &["frameworks.toml`: it is larger than"]);
    std::fs::remove_file(&path).expect("removed");
    Run::of(Command::new("mkfifo").arg(&path)).expect(0, &[]);
    assert_built_in(&sandbox, &["frameworks.toml`: it is not a regular file"]);
    std::fs::remove_file(&path).expect("removed");

    let elsewhere = sandbox.path().join("elsewhere.toml");
    std::os::unix::fs::symlink(&elsewhere, &path).expect("linked");
    assert_built_in(&sandbox, &["could not read"]);
    std::fs::write(&elsewhere, FRAMEWORKS.to_owned() + FUTURE).expect("written");
    assert_newer(&sandbox);
    std::fs::remove_file(&path).expect("removed");

    drop_in(&sandbox, "frame'$(id)\u{1b}[2J\nworks.toml", "");
    drop_in(&sandbox, "frameworks.toml~", "an editor's");
    let run = sandbox.run(&["detect", "torch==2.4.1"]);
    run.expect(0, &["there is no table of this name", "frameworks, gpus"]);
    assert!(!run.stderr.contains('\u{1b}') && !run.stderr.contains("toml~"), "{run:?}");
    sandbox.assert_healthy();
}

#[test]
fn settings_of_tables_are_checked() {
    let sandbox = sandbox();
    for (key, value, fault) in [
        ("tables.surprise", "local", "`tables.surprise` is not a setting"),
        ("tables.gpus", "yes", "expected a sha256 digest, or local"),
        ("tables.gpus", "local,nvcc=local", "expected a sha256 digest, or local"),
        ("tables", "surprise=local", "there is no table `surprise`"),
        ("tables", "gpus", "expected a table's name"),
    ] {
        sandbox.run(&["config", "set", key, value]).expect(1, &[fault, "hint: "]);
    }
    sandbox.ok(&["config", "set", "tables", "gpus=local, nvcc=local"]);
    sandbox.ok(&["config", "unset", "tables.gpus"]);
    assert_eq!(sandbox.ok(&["config", "get", "tables"]), "nvcc=local\n");
    assert_eq!(sandbox.ok(&["config", "get", "tables.gpus"]), "\n");
    std::fs::write(sandbox.store().join("config.toml"), "[tables]\nnvcc = \"local\" # ours\n")
        .expect("written");
    sandbox.ok(&["config", "set", "tables.gpus", "local"]);
    let file = std::fs::read_to_string(sandbox.store().join("config.toml")).expect("settings");
    assert_eq!(file, "[tables]\nnvcc = \"local\" # ours\ngpus = \"local\"\n");
    assert_eq!(
        sandbox.ok(&["config", "get", "tables", "--json"]).replace([' ', '\n'], ""),
        r#"{"tables":"gpus=local,nvcc=local"}"#
    );
    sandbox.assert_healthy();
}
