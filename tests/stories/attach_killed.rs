//! Attaching and detaching, killed at every step, and two at once: what is left can be entered and left, and one
//! more run heals it.

use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;

use super::link::toolkit;
use crate::support::{Run, Sandbox, have};

/// The calls that change what others see.
const STEPS: &str = "rename,renameat,renameat2,unlink,unlinkat,rmdir";

/// Runs cudaman and kills it at its n-th step; tells whether it got so far.
fn killed(sandbox: &Sandbox, step: usize, arguments: &[&str]) -> bool {
    let trace = format!("--trace={STEPS}");
    let inject = format!("--inject={STEPS}:signal=KILL:when={step}");
    let mut command = sandbox.command("strace");
    command.args(["-f", "-o", "/dev/null", &trace, &inject, crate::support::CUDAMAN]).args(arguments);
    let status = command.output().expect("strace starts").status;
    status.signal() == Some(9) || status.code() == Some(137)
}

fn assert_can_be_left(prefix: &Path) {
    for extension in ["sh", "fish", "csh", "ps1"] {
        let script = |directory: &str| {
            prefix.join("etc/conda").join(directory).join("~~cudaman").with_extension(extension)
        };
        assert!(!script("activate.d").exists() || script("deactivate.d").exists(), "{extension}");
    }
}

#[test]
fn an_environment_that_can_be_entered_can_be_left() {
    if !have("strace") {
        return;
    }
    let mut kills = 0;
    for is_detached in [false, true] {
        for step in 1.. {
            let sandbox = Sandbox::new();
            let root = toolkit(&sandbox, "opt/cuda", "11.8.0");
            sandbox.ok(&["link", "old", root.to_str().expect("text")]);
            let prefix = sandbox.project("env", None);
            std::fs::create_dir_all(prefix.join("conda-meta")).expect("made");
            let prefix_text = prefix.to_str().expect("text");
            let attach = ["conda", "attach", prefix_text, "old"];
            let detach = ["conda", "detach", prefix_text];
            let arguments: &[&str] = if is_detached { &detach } else { &attach };
            if is_detached {
                sandbox.ok(&attach);
            }
            if !killed(&sandbox, step, arguments) {
                break;
            }
            kills += 1;
            assert_can_be_left(&prefix);
            sandbox.assert_healthy();
            Run::of(&mut sandbox.cudaman(arguments)).expect(0, &[]);
            let list = sandbox.ok(&["conda", "list"]);
            assert!(!list.contains("broken") && list.contains("old") != is_detached, "step {step}: {list}");
        }
    }
    assert!(kills > 10, "only {kills} steps were seen");
}

/// The first is slow: each of its steps takes so long that the other one would be done before it.
#[test]
fn of_two_at_once_the_later_is_whole() {
    if !have("strace") {
        return;
    }
    let sandbox = Sandbox::new();
    for (name, release) in [("old", "11.8.0"), ("new", "12.4.1")] {
        let root = toolkit(&sandbox, &format!("opt/{name}"), release);
        sandbox.ok(&["link", name, root.to_str().expect("text")]);
    }
    let prefix = sandbox.project("env", None);
    std::fs::create_dir_all(prefix.join("conda-meta")).expect("made");
    let prefix_text = prefix.to_str().expect("text");
    for later in [&["conda", "attach", prefix_text, "new"][..], &["conda", "detach", prefix_text]] {
        sandbox.ok(&["conda", "attach", prefix_text, "new"]);
        let mut slow = sandbox.command("strace");
        slow.args(["-f", "-o", "/dev/null", "--trace=rename", "--inject=rename:delay_enter=100000"]);
        slow.args([crate::support::CUDAMAN, "conda", "attach", prefix_text, "old"]);
        let mut first = slow.spawn().expect("strace starts");
        let script = prefix.join("etc/conda/deactivate.d/~~cudaman.sh");
        let written = || std::fs::metadata(&script).and_then(|file| file.modified()).expect("a time");
        let (started, before) = (std::time::Instant::now(), written());
        while written() == before && started.elapsed().as_secs() < 20 {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        sandbox.ok(later);
        assert!(first.wait().expect("a child").success());
        let list = sandbox.ok(&["conda", "list"]);
        assert!(!list.contains("broken"), "{list}");
        let is_attached = later.contains(&"attach");
        assert_eq!((list.contains("new"), prefix.join("etc").exists()), (is_attached, is_attached), "{list}");
    }
    sandbox.assert_healthy();
}
