//! `cudaman explain`: an error becomes a cause and commands, and the commands can be followed.

use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;

use crate::support::{CUDAMAN, Mirror, Release, Run, Sandbox, type_into};

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

/// Writes a script that a command of the user's may be.
fn script(sandbox: &Sandbox, text: &str) -> String {
    let file = sandbox.path().join("train it.sh");
    std::fs::write(&file, text).expect("written");
    file.display().to_string()
}

const NVCC: &str = "nvcc fatal   : Unsupported gpu architecture 'compute_86'";

#[test]
fn a_command_is_itself_and_then_explained() {
    let sandbox = Sandbox::new();
    let text = format!(
        "echo data; printf 'a\\033[31mb\\n' >&2; echo \"{NVCC}\" >&2; echo \"[$CUDAMAN_X]\"; exit 37"
    );
    let script = script(&sandbox, &text);
    let mut command = sandbox.cudaman(&["explain", "--", "sh", &script]);
    let run = Run::of(command.env("CUDAMAN_X", "mine"));
    run.expect(
        37,
        &["cause: ", "too old for sm_86: CUDA 11.1 and later", "hint: `cudaman install '>=11.1'`"],
    );
    assert_eq!(run.stdout, "data\n[mine]\n");
    assert!(run.stderr.starts_with(&format!("a\u{1b}[31mb\n{NVCC}\ncause: ")), "{run:?}");
    let own = format!("hint: `cudaman exec '>=11.1' -- sh '{script}'` runs with it");
    assert!(run.stderr.contains(&own), "{run:?}");
    let quiet = sandbox.run(&["explain", "--quiet", "--", "sh", &script]);
    assert_eq!((quiet.status, quiet.stderr), (37, format!("a\u{1b}[31mb\n{NVCC}\n")));
    sandbox.assert_healthy();
}

#[test]
fn the_status_of_a_command_is_its_own_whatever_it_is() {
    let sandbox = Sandbox::new();
    sandbox.run(&["explain", "--", "true"]).expect(0, &[]);
    sandbox.run(&["explain", "--", "sh", "-c", "exit 3"]).expect(3, &["is an error that cudaman knows"]);
    sandbox.run(&["explain", "--", "sh", "-c", "kill -SEGV $$"]).expect(139, &[]);
    sandbox
        .run(&["explain", "--", "/nowhere/at\u{1b}all"])
        .expect(127, &["could not run `/nowhere/at\\u{1b}all`"]);
    sandbox.run(&["explain", "--", "/etc/passwd"]).expect(126, &["could not run"]);
    sandbox.run(&["explain", "text", "--", "true"]).expect(2, &[]);
    sandbox.run(&["explain", "--json", "--", "true"]).expect(2, &[]);
    sandbox.assert_healthy();
}

#[test]
fn a_flood_of_one_line_is_passed_on_and_not_printed_again() {
    let sandbox = Sandbox::new();
    let text =
        "head -c 20000000 /dev/zero | tr '\\0' x >&2; printf '\\033]0;t\\007CUDA out of memory' >&2; exit 1";
    let run = sandbox.run(&["explain", "--", "sh", "-c", text]);
    run.expect(1, &["nothing is wrong with the installation"]);
    let said = &run.stderr[20_000_000..];
    assert!(said.len() < 2_000 && said.matches('\u{1b}').count() == 1, "{} {}", said.len(), &said[..200]);
    sandbox.assert_healthy();
}

#[test]
fn signals_reach_the_command() {
    let sandbox = Sandbox::new();
    let script =
        script(&sandbox, "trap 'echo ended >&2; exit 9' TERM; echo ready; while :; do sleep 0.1; done");
    let mut command = sandbox.cudaman(&["explain", "--", "sh", &script]);
    let mut child = command
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("started");
    let mut ready = [0; 5];
    child.stdout.as_mut().expect("a pipe").read_exact(&mut ready).expect("it is ready");
    let id = i32::try_from(child.id()).expect("a number");
    // SAFETY: the process is a child of ours that nobody has waited for.
    assert_eq!(unsafe { libc::kill(id, libc::SIGTERM) }, 0);
    let run = Run::from(child.wait_with_output().expect("it ends"));
    run.expect(9, &["ended"]);
    sandbox.assert_healthy();
}

#[test]
fn on_a_terminal_the_command_has_one_too() {
    let sandbox = Sandbox::new();
    // What Ctrl-C does, without a race: a signal to the whole group.
    let script = script(
        &sandbox,
        "[ -t 2 ] && [ -t 0 ] && echo both; stty size <&2 >&2; trap 'echo stopped; exit 5' INT; kill -INT 0; sleep 9",
    );
    let mut shell = sandbox.command("bash");
    shell.args(["--norc", "--noprofile", "-i"]).env("CM", CUDAMAN).env("FILE", &script);
    let screen = type_into(
        &mut shell,
        "stty cols 97 rows 31\n\"$CM\" explain -- sh \"$FILE\"; echo \"status=$?\"\nexit\n",
    );
    // stdout goes to the terminal by itself, stderr by way of another: in which order is theirs.
    for line in ["both", "31 97", "stopped", "status=5"] {
        assert!(screen.lines().any(|shown| shown == line), "{line}: {screen}");
    }
    sandbox.assert_healthy();
}

#[test]
fn what_is_installed_is_used_before_anything_is_fetched() {
    let mirror = Mirror::start();
    Release::tiny("11.2.2").serve(&mirror);
    let sandbox = Sandbox::with_home_named("a home").with_mirror(&mirror);
    sandbox.ok(&["install", "11.2"]);
    let run = explain(MISSING, &sandbox, &[]);
    run.expect(0, &[]);
    let said: Vec<&str> = run.stdout.lines().filter(|line| line.starts_with("hint: ")).collect();
    assert_eq!(
        said,
        ["hint: 11.2 is installed", "hint: `cudaman exec 11.2 -- python train.py` runs with it"]
    );
    sandbox.assert_healthy();
}

#[test]
fn the_clipboard_is_read_by_what_the_desktop_has() {
    let mut sandbox = Sandbox::new();
    let programs = sandbox.project("programs", None);
    sandbox.set("PATH", &programs);
    sandbox
        .run(&["explain", "--clipboard"])
        .expect(1, &["no program here that reads the clipboard", "wl-clipboard"]);
    for (name, text) in
        [("wl-paste", "#!/bin/sh\nexit 1\n".to_owned()), ("xsel", format!("#!/bin/sh\necho \"{NVCC}\"\n"))]
    {
        let file = programs.join(name);
        std::fs::write(&file, text).expect("written");
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).expect("executable");
    }
    assert!(sandbox.ok(&["explain", "--clipboard"]).starts_with("cause: the toolkit's nvcc is too old"));
    sandbox.assert_healthy();
}
