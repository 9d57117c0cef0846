//! Faults of the system itself, by strace: a signal or an error at the n-th call of a kind.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::bench::Bench;
use crate::support::{CUDAMAN, Run, Sandbox, have, skip};

/// A run under strace, and what strace wrote down.
pub(super) struct Injected {
    pub(super) run: Run,
    pub(super) log: String,
}

/// Tells whether strace is here and may trace; says what is left out otherwise.
pub(super) fn is_possible() -> bool {
    if !have("strace") {
        return false;
    }
    let probe = Command::new("strace").args(["-qq", "-o", "/dev/null", "true"]).status();
    let is_allowed = probe.is_ok_and(|status| status.success());
    if !is_allowed {
        skip("strace", "it may not trace here");
    }
    is_allowed
}

/// Tells whether every point is to be tried rather than some.
#[expect(clippy::disallowed_methods, reason = "a switch of the tests themselves")]
pub(super) fn is_swept() -> bool {
    std::env::var_os("CUDAMAN_TEST_SWEEP").is_some()
}

/// Runs cudaman with a fault injected into a kind of calls.
pub(super) fn strace(bench: &Bench, arguments: &[&str], call: &str, fault: &str) -> Injected {
    let log = bench.sandbox.path().join("strace.log");
    let mut command = bench.sandbox.command("strace");
    command.args(["-f", "-qq", "-o"]).arg(&log);
    command.args(["-e", &format!("trace={call}"), "-e", &format!("inject={call}:{fault}")]);
    let run = Run::of(command.arg(CUDAMAN).args(arguments));
    assert!(!run.stderr.contains("panicked"), "{arguments:?} with {fault} in {call}: {run:?}");
    let log = String::from_utf8_lossy(&std::fs::read(log).expect("strace's log")).into_owned();
    Injected { run, log }
}

/// Runs cudaman with every new directory delayed, and does something as soon as one has a path that ends so.
pub(super) fn interrupt(sandbox: &Sandbox, arguments: &[&str], end: &str, act: &dyn Fn()) -> Run {
    let mut command = sandbox.command("strace");
    command.args(["-f", "-qq", "-o"]).arg(sandbox.path().join("strace.log"));
    command.args(["-e", "trace=?mkdir,mkdirat", "-e", "inject=?mkdir,mkdirat:delay_exit=120000"]);
    command.arg(CUDAMAN).args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().expect("strace starts");
    let is_there = || {
        let staging = std::fs::read_dir(sandbox.store().join("tmp")).into_iter().flatten().flatten();
        staging.map(|entry| entry.path().join(end)).any(|path| path.exists())
    };
    let begun = Instant::now();
    while !is_there() {
        assert!(begun.elapsed() < Duration::from_secs(60), "no `{end}` was made");
        std::thread::sleep(Duration::from_millis(2));
    }
    act();
    Run::from(child.wait_with_output().expect("strace ends"))
}

impl Bench {
    /// Keeps a copy of the store, hard links included.
    pub(super) fn save(&self) -> PathBuf {
        let saved = self.sandbox.path().join("saved");
        copy(&self.sandbox.store(), &saved);
        saved
    }

    /// Puts the kept copy in place of the store.
    pub(super) fn restore(&self, saved: &std::path::Path) {
        std::fs::remove_dir_all(self.sandbox.store()).expect("the store");
        copy(saved, &self.sandbox.store());
    }
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    let status = Command::new("cp").arg("-a").args([from, to]).status().expect("cp");
    assert!(status.success());
}
