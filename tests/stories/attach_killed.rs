//! Attaching and detaching, killed at every step: what is left can be entered and left, and one more run heals it.

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
