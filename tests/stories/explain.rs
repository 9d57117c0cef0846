//! `cudaman explain`: an error becomes a cause and commands, and the commands can be followed.

use std::fs::File;

use serde_json::Value;

use crate::support::{Mirror, Release, Run, Sandbox};

/// From github.com/tensorflow/tensorflow/issues/45930, with a byte that is no UTF-8 and a colour around it.
const MISSING: &[u8] = b"\x1b[33m\xff 2021-02-10 12:57:07.427237: W dso_loader.cc:60] Could not load dynamic library \
    'libcudart.so.11.0'; dlerror: libcudart.so.11.0: cannot open shared object file: No such file or directory\x1b[0m\n\
    2021-02-10 12:57:07.427347: I cudart_stub.cc:29] Ignore above cudart dlerror if you do not have a GPU set up on your machine.\n";

/// Runs `explain` with a text that comes through a pipe.
fn explain(text: &[u8], sandbox: &Sandbox, options: &[&str]) -> Run {
    let file = sandbox.path().join("text");
    std::fs::write(&file, text).expect("written");
    let arguments = [&["explain"], options].concat();
    Run::of(sandbox.cudaman(&arguments).stdin(File::open(&file).expect("opened")))
}

/// Returns the commands between backticks after `hint: `.
fn commands(stdout: &str) -> Vec<String> {
    let hints = stdout.lines().filter_map(|line| line.strip_prefix("hint: `"));
    hints.filter_map(|hint| hint.split('`').next()).map(str::to_owned).collect()
}

#[test]
fn the_advice_for_a_missing_library_can_be_followed() {
    let mirror = Mirror::start();
    Release::tiny("11.8.0").serve(&mirror);
    let sandbox = Sandbox::with_home_named("a home").with_mirror(&mirror);
    let run = explain(MISSING, &sandbox, &[]);
    run.expect(0, &[]);
    assert!(
        run.stdout.starts_with("cause: libcudart.so.11.0 is missing; CUDA 11.0 to 11.8 has"),
        "{}",
        run.stdout
    );
    assert!(
        run.stdout.contains("evidence: \u{fffd} 2021-02-10 12:57:07.427237: W dso_loader.cc:60]"),
        "{}",
        run.stdout
    );
    assert!(!run.stdout.contains('\u{1b}'), "{}", run.stdout);
    let commands = commands(&run.stdout);
    assert_eq!(commands[0], "cudaman install 11.8");
    sandbox.ok(&["install", "11.8"]);
    assert!(commands[1].starts_with("cudaman exec 11.8 -- "), "{}", commands[1]);
    let home = sandbox.ok(&["exec", "11.8", "--", "sh", "-c", "printf %s \"$CUDA_HOME\""]);
    assert_eq!(home, sandbox.root("11.8.0").display().to_string());
    sandbox.assert_healthy();
}

#[test]
fn arguments_and_json_say_the_same() {
    let sandbox = Sandbox::new();
    let text = "nvcc fatal   : Unsupported gpu architecture 'compute_86'";
    let plain = sandbox.ok(&["explain", text]);
    let words: Vec<&str> = text.split_whitespace().collect();
    assert_eq!(sandbox.ok(&[&["explain"], words.as_slice()].concat()).lines().next(), plain.lines().next());
    let json: Value = serde_json::from_str(&sandbox.ok(&["explain", "--json", text])).expect("JSON");
    assert_eq!(json[0]["rule"], "unsupported-architecture");
    assert!(plain.contains(json[0]["cause"].as_str().expect("a text")), "{plain}");
    assert!(plain.contains(json[0]["advice"][0].as_str().expect("a text")), "{plain}");
    sandbox.assert_healthy();
}

#[test]
fn what_is_not_known_is_said_and_fails() {
    let sandbox = Sandbox::new();
    for text in [&b""[..], b"Segmentation fault (core dumped)\n", b"\x1b]0;title\x07\xff\x00\n"] {
        let run = explain(text, &sandbox, &[]);
        run.expect(1, &["nothing in this text is an error that cudaman knows", "hint: "]);
        assert_eq!(run.stdout, "");
    }
    let run = explain(b"", &sandbox, &["--json"]);
    run.expect(1, &[]);
    assert_eq!(run.stdout.trim(), "[]");
    sandbox.assert_healthy();
}
