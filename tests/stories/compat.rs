//! `cudaman compat`: the matrix of this machine and of others.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;

use super::full::Mount;
use crate::support::{Mirror, Release, Sandbox};

/// A machine with two GPUs of different ages.
pub(super) const MACHINE: &str = r#"{ "machine": "x86_64", "kind": "linux",
    "driver": { "module": "535.183.01" },
    "gpus": [ { "index": 0, "name": "NVIDIA GeForce RTX 3090", "capability": "8.6" },
              { "index": 1, "name": "Tesla K80", "capability": "3.7" } ],
    "compilers": [ { "kind": "gcc", "version": "12.2.0", "c": "/usr/bin/gcc", "cxx": "/usr/bin/g++" },
                   { "kind": "gcc", "version": "9.5.0", "c": "/usr/bin/gcc-9", "cxx": "/usr/bin/g++-9" } ] }"#;

fn sandbox(machine: &str) -> Sandbox {
    let mut sandbox = Sandbox::new();
    let file = sandbox.path().join("host.json");
    std::fs::write(&file, machine).expect("a file");
    sandbox.set("CUDAMAN_HOST", &file);
    sandbox
}

#[test]
fn the_matrix_weighs_every_line_against_the_machine() {
    let sandbox = sandbox(MACHINE);
    let table = sandbox.ok(&["compat"]);
    assert!(table.starts_with("driver 535.183.01 (CUDA up to 12.2); NVIDIA GeForce RTX 3090 (8.6), Tesla K80 (3.7); gcc 12.2.0, gcc 9.5.0\n"), "{table}");
    let line = |cuda: &str| {
        let line = table.lines().find(|line| line.split_whitespace().next() == Some(cuda));
        line.unwrap_or_else(|| panic!("{cuda}: {table}")).split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert!(line("13.0").starts_with("13.0 580.65.06 no: needs 580.65.06 sm_86 no: last is 11.8"), "{table}");
    assert!(
        line("12.4").contains("~ but PTX needs 550.54.14 sm_86 no: last is 11.8 6 to 13 gcc 12.2.0"),
        "{table}"
    );
    assert!(line("11.8").starts_with("11.8 520.61.05 yes sm_86 sm_37 6 to 11 gcc 9.5.0 9."), "{table}");
    assert!(
        line("10.0").starts_with("10.0 410.48 yes ~ as PTX of sm_75 sm_37 up to 7 no: none of these"),
        "{table}"
    );
    assert_eq!(table.lines().last().map(|line| line.trim_start().starts_with("7.5 ")), Some(true), "{table}");
    let json: Value = serde_json::from_str(&sandbox.ok(&["compat", "--json"])).expect("JSON");
    let lines = json["lines"].as_array().expect("lines");
    let of = |cuda: &str| lines.iter().find(|line| line["cuda"] == cuda).expect("a line");
    assert_eq!(
        (&of("11.8")["runs"]["fit"], &of("11.8")["gpus"][1]["words"]),
        (&"yes".into(), &"sm_37".into())
    );
    assert_eq!(of("12.4")["oldest_driver"], "525.60.13");
    assert!(!sandbox.store().exists(), "looking changes nothing");
}

#[test]
fn machines_of_all_kinds_are_weighed() {
    for (machine, cuda, words) in [
        (r#"{ "driver": {} }"#, "12.4", "no driver 6 to 13 no compiler"),
        (
            r#"{ "machine": "x86_64", "kind": "wsl", "driver": { "library": "551.61", "newest_cuda": "12.4" } }"#,
            "12.6",
            "560.28.03 ~ but PTX needs 560.28.03",
        ),
        (
            r#"{ "machine": "x86_64", "kind": "wsl", "driver": { "library": "551.61", "newest_cuda": "12.4" } }"#,
            "12.4",
            "550.54.14 yes",
        ),
    ] {
        let table = sandbox(machine).ok(&["compat"]);
        let line = table.lines().find(|line| line.split_whitespace().next() == Some(cuda)).expect(cuda);
        let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(line.contains(words), "{machine}: {line}");
    }
    let hostile = sandbox(r#"{ "gpus": [ { "name": "x\u001b[2J\n$(id)" } ], "driver": {} }"#);
    let shown = hostile.ok(&["compat"]);
    assert!(shown.contains("x\\u{1b}[2J") && !shown.contains('\u{1b}'), "{shown}");
    sandbox("no JSON").run(&["compat"]).expect(1, &["does not describe a machine", "hint: "]);
}

#[test]
fn what_is_installed_stands_beside_its_line() {
    let mirror = Mirror::start();
    Release::tiny("12.4.1").serve(&mirror);
    let mut sandbox = Sandbox::new().with_mirror(&mirror);
    sandbox.ok(&["install", "12.4", "--profile", "minimal"]);
    sandbox.set("CUDAMAN_DRIVER", "550.90.07");
    sandbox.set("CUDAMAN_GPUS", "8.6");
    let table = sandbox.ok(&["compat"]);
    assert!(table.lines().any(|line| line.starts_with("12.4") && line.ends_with(" 12.4.1")), "{table}");
    sandbox.assert_healthy();
}

#[test]
fn a_page_is_written_whole_or_not_at_all() {
    let sandbox = sandbox(MACHINE);
    let path = |name: &str| sandbox.path().join(name).display().to_string();
    let page = path("page.html");
    std::fs::write(&page, "precious").expect("a file");
    sandbox.run(&["compat", "--html", &page]).expect(0, &["is written"]);
    let text = std::fs::read_to_string(&page).expect("a page");
    assert!(text.starts_with("<!doctype html>") && text.trim_end().ends_with("</html>"));
    sandbox.run(&["compat", "--html", "/dev/null"]).expect(1, &["`/dev/null` is not a plain file", "hint: "]);
    sandbox.run(&["compat", "--html", &page, "--json"]).expect(2, &[]);
    let kept = sandbox.project("kept", None);
    let old = kept.join("page.html");
    std::fs::write(&old, "precious").expect("a file");
    let limited = format!("ulimit -f 8; exec \"$CM\" compat --html '{}'", old.display());
    let mut command = sandbox.command("sh");
    let run = crate::support::Run::of(command.env("CM", crate::support::CUDAMAN).args(["-c", &limited]));
    run.expect(1, &["could not write `"]);
    assert_eq!(std::fs::read_to_string(&old).expect("a file"), "precious", "a full disk costs nothing");
    assert_eq!(std::fs::read_dir(&kept).expect("a directory").count(), 1, "and leaves nothing");
    let mode = std::fs::metadata(&page).expect("a page").permissions().mode();
    assert_eq!(mode & 0o777, 0o644);
}

#[test]
fn a_page_that_can_not_be_written_is_named_as_the_user_did() {
    let sandbox = sandbox(MACHINE);
    let path = |name: &str| sandbox.path().join(name).display().to_string();
    std::fs::write(path("file"), "").expect("a file");
    let absent = path("not 'there'/$(id)");
    let cases = [
        (format!("{absent}/x.html"), format!("hint: `mkdir -p '{}'` makes", absent.replace('\'', "'\\''"))),
        (path("file/x.html"), format!("hint: `{}` is a file", path("file"))),
        (path(""), "hint: name a file in it".to_owned()),
        ("..".to_owned(), "hint: name a file in it".to_owned()),
    ];
    for (page, hint) in &cases {
        let run = sandbox.run(&["compat", "--html", page]);
        run.expect(1, &[&format!("`{page}`"), hint]);
        assert!(!run.stderr.contains(".part"), "{run:?}");
    }
    let frozen = sandbox.project("frozen", None);
    let path = frozen.display().to_string();
    let Some(_mount) = Mount::new(&frozen, &["-t", "tmpfs", "-o", "ro", "cudaman-test"]) else { return };
    let run = sandbox.run(&["compat", "--html", &format!("{path}/x.html")]);
    run.expect(
        1,
        &[&format!("could not write `{path}/x.html`: Read-only"), "hint: name a file in a directory"],
    );
    assert!(!run.stderr.contains(".part"), "{run:?}");
    sandbox.assert_healthy();
}
