//! What scripts may rely on: exit codes, stdout as data, JSON, silence when asked for.

use std::io::Read as _;
use std::process::Stdio;

use serde_json::Value;

use crate::support::{Mirror, Release, Run, Sandbox};

const COMMANDS: &[&str] = &[
    "install",
    "uninstall",
    "list",
    "list-remote",
    "outdated",
    "upgrade",
    "use",
    "default",
    "local",
    "current",
    "which",
    "exec",
    "env",
    "compat",
    "gpus",
    "detect",
    "verify",
    "gc",
    "du",
    "cache",
    "compat-link",
    "config",
    "completions",
    "driver",
    "explain",
];

fn installed() -> (Mirror, Sandbox) {
    let mirror = Mirror::start();
    Release::tiny("12.4.0").serve(&mirror);
    let sandbox = Sandbox::new().with_mirror(&mirror);
    sandbox.ok(&["install", "12.4", "--profile", "minimal"]);
    Release::tiny("12.4.1").serve(&mirror);
    (mirror, sandbox)
}

#[test]
fn every_json_is_one_document() {
    let (_mirror, sandbox) = installed();
    for arguments in [
        ["install", "12.4", "--json"].as_slice(),
        &["install", "12.4.0", "12.4.1", "--force", "--dry-run", "--json"],
        &["list", "--json"],
        &["list-remote", "--json"],
        &["outdated", "--json"],
        &["compat-link", "--list", "--json"],
        &["current", "--json"],
        &["du", "--json"],
        &["compat", "--json"],
        &["gpus", "--json"],
        &["verify", "--json"],
        &["config", "list", "--json"],
        &["env", "12.4", "--format", "json"],
        &["which", "nvcc", "--json"],
        &["default", "--json"],
        &["default", "12.4", "--json"],
        &["local", "12.4", "--json"],
        &["local", "--json"],
        &["detect", "torch==2.4.1", "--json"],
        &["cache", "list", "--json"],
        &["cache", "path", "--json"],
        &["cache", "clear", "--json"],
        &["config", "get", "jobs", "--json"],
        &["config", "path", "--json"],
        &["upgrade", "--json"],
        &["upgrade", "--json"],
        &["gc", "--dry-run", "--json"],
        &["uninstall", "12.4.0", "--json"],
        &["gc", "--json"],
    ] {
        let run = sandbox.run(arguments);
        run.expect(0, &[]);
        let value: Value = serde_json::from_str(&run.stdout)
            .unwrap_or_else(|error| panic!("{arguments:?}: {error}: {run:?}"));
        assert!(value.is_array() || value.is_object(), "{arguments:?}");
    }
    let empty = Sandbox::new();
    for command in ["list", "outdated"] {
        assert_eq!(empty.ok(&[command, "--json"]), "[]\n", "{command}");
    }
}

#[test]
fn json_says_what_the_words_say() {
    let (_mirror, sandbox) = installed();
    let json = |arguments: &[&str]| -> Value {
        serde_json::from_str(&sandbox.ok(arguments)).unwrap_or_else(|error| panic!("{arguments:?}: {error}"))
    };
    let root = sandbox.root("12.4.0").display().to_string();
    let which = json(&["which", "nvcc", "--json"]);
    assert_eq!((&which["path"], &which["toolchain"]), (&format!("{root}/bin/nvcc").into(), &"12.4.0".into()));
    let default = json(&["default", "12", "--json"]);
    assert_eq!((&default["request"], &default["toolchain"]), (&"12".into(), &"12.4.0".into()));
    assert_eq!(json(&["local", "12.4", "--json"]), json(&["local", "--json"]));
    assert_eq!(json(&["config", "get", "jobs", "--json"]), serde_json::json!({ "jobs": "4" }));
    let upgraded = json(&["upgrade", "--json"]);
    assert_eq!((&upgraded[0]["from"], &upgraded[0]["to"]), (&"12.4.0".into(), &"12.4.1".into()));
    let removed = json(&["uninstall", "12.4.0", "12.4.1", "--keep-packages", "--json"]);
    assert_eq!((&removed["removed"][0], &removed["bytes"]), (&"12.4.0".into(), &0.into()));
    let planned = json(&["gc", "--dry-run", "--json"]);
    assert!(planned["bytes"].as_u64().is_some_and(|bytes| bytes > 0), "{planned}");
    assert_eq!(planned, json(&["gc", "--json"]));
    sandbox.run(&["default", "--unset", "--json"]).expect(2, &["--json"]);
}

#[test]
fn quiet_says_nothing_on_success() {
    let (_mirror, sandbox) = installed();
    for arguments in [
        ["install", "12.4.1", "--profile", "minimal"].as_slice(),
        &["install", "12.4"],
        &["default", "12.4.1"],
        &["local", "12.4"],
        &["upgrade"],
        &["verify"],
        &["uninstall", "12.4.0"],
        &["gc"],
        &["outdated"],
    ] {
        let mut all = arguments.to_vec();
        all.push("--quiet");
        let run = sandbox.run(&all);
        assert_eq!(
            (run.status, run.stdout.as_str(), run.stderr.as_str()),
            (0, "", ""),
            "{arguments:?}: {run:?}"
        );
    }
}

#[test]
fn a_pin_that_another_toolkit_satisfies_is_no_reason_to_warn() {
    let (_mirror, sandbox) = installed();
    sandbox.ok(&["install", "12.4.1", "--profile", "minimal"]);
    let project = sandbox.project("project", Some("12.4\n"));
    let run = sandbox.run_in(&project, &["uninstall", "12.4.0", "--quiet"]);
    assert_eq!(
        (run.status, run.stderr.as_str()),
        (0, "warning: the default `12.4.0+none` is not installed any more\n")
    );
    sandbox.run_in(&project, &["uninstall", "12.4.1"]).expect(0, &["warning: `", "pins `12.4`"]);
}

#[test]
fn stdout_is_data_only() {
    let (_mirror, sandbox) = installed();
    for arguments in [
        ["install", "12.4.1", "--profile", "minimal"].as_slice(),
        &["default", "12.4.1"],
        &["upgrade"],
        &["verify"],
        &["uninstall", "12.4.0"],
    ] {
        assert_eq!(sandbox.ok(arguments), "", "{arguments:?}");
    }
    assert_eq!(sandbox.ok(&["current", "--short"]), "12.4.1\n");
    assert!(sandbox.ok(&["which", "nvcc"]).ends_with("/versions/12.4.1/bin/nvcc\n"));
}

#[test]
fn colour_is_for_those_who_ask() {
    let (_mirror, mut sandbox) = installed();
    let has_colour = |run: &Run| run.stderr.contains('\u{1b}') || run.stdout.contains('\u{1b}');
    assert!(!has_colour(&sandbox.run(&["uninstall", "9"])), "stderr is no terminal");
    assert!(has_colour(&sandbox.run(&["uninstall", "9", "--color", "always"])));
    assert!(!has_colour(&sandbox.run(&["uninstall", "9", "--color", "never"])));
    sandbox.run(&["list", "--color", "sometimes"]).expect(2, &["sometimes"]);
    sandbox.set("NO_COLOR", "1");
    assert!(!has_colour(&sandbox.run(&["uninstall", "9"])));
}

#[test]
fn a_reader_that_leaves_is_no_error() {
    let (_mirror, sandbox) = installed();
    for arguments in
        [["list-remote", "--offline"].as_slice(), &["config", "list"], &["--help"], &["completions", "bash"]]
    {
        let mut command = sandbox.cudaman(arguments);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        drop(child.stdout.take());
        let status = child.wait().expect("it ends");
        let mut said = String::new();
        child.stderr.take().expect("a pipe").read_to_string(&mut said).expect("text");
        assert!(status.success() && !said.contains("panicked"), "{arguments:?}: {status} {said}");
    }
}

#[test]
fn exit_codes_tell_failure_from_misuse() {
    let (_mirror, sandbox) = installed();
    for arguments in
        [["install", "12.9"].as_slice(), &["uninstall", "9.9"], &["which", "no-such-tool"], &["default", "9"]]
    {
        sandbox.run(arguments).expect(1, &["error: ", "hint: "]);
    }
    for command in COMMANDS {
        sandbox.run(&[command, "--no-such-option"]).expect(2, &["--no-such-option"]);
    }
    for arguments in [
        ["install", "12.4", "--platform", "windows"].as_slice(),
        &["install", "12.4", "--profile", "huge"],
        &["install", "12.4", "--with", "a b"],
        &["uninstall"],
        &["exec"],
        &[],
    ] {
        sandbox.run(arguments).expect(2, &[]);
    }
    let missing = sandbox.project("missing", Some("11.8\n"));
    sandbox.run_in(&missing, &["which", "nvcc"]).expect(1, &["11.8", "`cudaman install"]);
    sandbox.run_in(&missing, &["exec", "--", "true"]).expect(1, &["11.8", "`cudaman install"]);
}

#[test]
fn help_of_every_command_tells_what_and_its_options() {
    let mut sandbox = Sandbox::new();
    let all = sandbox.ok(&["--help"]);
    for command in COMMANDS {
        let help = sandbox.ok(&[command, "--help"]);
        assert!(
            help.contains("Usage: cudaman ") && help.contains("--quiet") && help.contains("--offline"),
            "{help}"
        );
        assert!(!help.lines().next().unwrap_or_default().ends_with('.'), "{help}");
        assert!(all.contains(command), "{command}");
        let common = help.find("Options of every command:").expect("a heading");
        assert!(help[..common].contains("--help") && !help[..common].contains("--mirror"), "{help}");
    }
    let install = sandbox.ok(&["install", "--help"]);
    for option in [
        "--profile",
        "--with",
        "--source",
        "--platform",
        "--dry-run",
        "--default",
        "--force",
        "redist",
        "pypi",
    ] {
        assert!(install.contains(option), "{option}: {install}");
    }
    sandbox.set("COLUMNS", "40");
    for command in COMMANDS {
        sandbox.ok(&[command, "-h"]);
    }
    assert!(!sandbox.store().exists(), "looking changes nothing");
}

#[test]
fn messages_read_alike() {
    let (_mirror, sandbox) = installed();
    for arguments in [
        ["install", "12.9"].as_slice(),
        &["install", "nonsense"],
        &["install", "12.4.1", "--with", "nvidia_driver"],
        &["install", "12.4+nosuch"],
        &["uninstall", "9.9"],
        &["which", "no-such-tool"],
        &["default", "9"],
        &["exec", "9", "--", "true"],
        &["env", "9"],
        &["config", "get", "nothing"],
        &["config", "set", "profile", "huge"],
        &["config", "set", "mirror", "ftp://x"],
        &["list-remote", "nosuch"],
    ] {
        let run = sandbox.run(arguments);
        assert_eq!((run.status, run.stdout.as_str()), (1, ""), "{arguments:?}: {run:?}");
        assert!(run.stderr.lines().any(|line| line.starts_with("hint: ")), "{arguments:?}: {run:?}");
        for line in run.stderr.lines() {
            assert!(!line.ends_with(['.', ':', ',', ' ']), "{arguments:?}: {line:?}");
            let backticks = line.matches('`').count();
            assert!(backticks % 2 == 0, "{arguments:?}: {line:?}");
            let is_bare =
                line.starts_with("hint: ") && line.contains("cudaman ") && !line.contains("`cudaman ");
            assert!(!is_bare, "{arguments:?}: a command without backticks: {line:?}");
        }
    }
}
