//! Killed at any system call: every toolchain is whole or absent, and the same command then ends
//! well. `CUDAMAN_TEST_SWEEP=1` tries every call; else a few of each kind are tried.

use super::bench::{Bench, INSTALL};
use super::injection::{Injected, is_swept, strace};

const GROW: &[&str] = &["install", "13.0", "--with", "cuda_cuobjdump"];

/// Kills a command at its n-th calls of a kind, each time in a store as it was before.
fn kill(arguments: &[&str], calls: &[(&str, &[u32])]) {
    if !super::injection::is_possible() {
        return;
    }
    let bench = Bench::new();
    let saved = bench.save();
    let mut points = 0;
    for (call, sample) in calls {
        let mut counts: Box<dyn Iterator<Item = u32>> =
            if is_swept() { Box::new(1..) } else { Box::new(sample.iter().copied()) };
        while counts.next().is_some_and(|count| kill_at(&bench, arguments, call, count)) {
            points += 1;
            bench.restore(&saved);
        }
        bench.restore(&saved);
    }
    assert!(points > 0, "{arguments:?} was never killed");
    eprintln!("{arguments:?}: killed at {points} points");
}

/// Tells whether the command made so many calls.
fn kill_at(bench: &Bench, arguments: &[&str], call: &str, count: u32) -> bool {
    let Injected { run, log } = strace(bench, arguments, call, &format!("signal=KILL:when={count}"));
    if !log.contains("killed by SIGKILL") {
        assert_eq!(run.status, 0, "{run:?}");
        return false;
    }
    let at = format!("{arguments:?} killed at {call} {count}");
    let verify = bench.sandbox.run(&["verify"]);
    assert_eq!(verify.status, 0, "{at}: {verify:?}");
    let again = bench.sandbox.run(arguments);
    let is_done = arguments[0] == "uninstall" && again.stderr.contains("not installed");
    assert!(again.status == 0 || is_done, "{at}: {again:?}");
    if is_done {
        bench.sandbox.ok(&["gc"]);
    } else if arguments[0] == "install" {
        bench.assert_unharmed_by(arguments);
    }
    bench.sandbox.assert_healthy();
    bench.assert_tidy();
    true
}

impl Bench {
    /// The sentinel runs; where it is not what the command changes, it is as it was.
    fn assert_unharmed_by(&self, arguments: &[&str]) {
        let shim = self.sandbox.shim("nvcc", self.sandbox.path(), &["+13.0", "x.cu"]);
        assert!(shim.stdout.starts_with("nvcc 13.0.99"), "{shim:?}");
        if arguments == GROW {
            assert!(self.sandbox.root("13.0.2").join("bin/cuda_cuobjdump-tool").exists());
        } else {
            self.assert_sentinel();
            let shim = self.sandbox.shim("nvcc", self.sandbox.path(), &["+12.4", "x.cu"]);
            assert!(shim.stdout.starts_with("nvcc 12.4.99"), "{shim:?}");
        }
    }
}

#[test]
fn cra_kill_every_syscall_install_an_install_killed_anywhere_is_absent_or_whole() {
    kill(
        INSTALL,
        &[
            ("renameat2", &[1, 4]),
            ("rename", &[3, 8]),
            ("linkat", &[5, 30]),
            ("write", &[9]),
            ("openat", &[90]),
            ("openat2", &[4]),
            ("fsync", &[6]),
            ("unlink", &[3]),
        ],
    );
}

#[test]
fn cra_kill_every_syscall_install_a_growth_killed_anywhere_is_old_or_new() {
    kill(
        GROW,
        &[
            ("renameat2", &[1, 3]),
            ("rename", &[5, 7]),
            ("linkat", &[12]),
            ("symlink", &[2]),
            ("unlinkat", &[3]),
            ("syncfs", &[1]),
        ],
    );
}

#[test]
fn cra_kill_every_syscall_uninstall_killed_anywhere_is_done_or_to_do() {
    kill(
        &["uninstall", "13.0.2"],
        &[("rename", &[1, 4]), ("unlinkat", &[2, 70]), ("unlink", &[1, 9]), ("fsync", &[3])],
    );
}

#[test]
fn cra_kill_every_syscall_use_and_others_killed_anywhere_are_old_or_new() {
    kill(&["default", "13"], &[("rename", &[1, 2]), ("fsync", &[2]), ("write", &[2]), ("unlink", &[1])]);
    kill(&["verify", "--repair"], &[("rename", &[1]), ("fsync", &[1]), ("unlink", &[1])]);
    kill(&["gc"], &[("mkdir", &[1])]);
}

#[test]
fn the_first_install_killed_late_is_still_the_default() {
    if !super::injection::is_possible() {
        return;
    }
    let bench = Bench::new();
    bench.sandbox.ok(&["uninstall", "13.0.2"]);
    std::fs::remove_file(bench.sandbox.store().join("default")).expect("as if there had never been one");
    let saved = bench.save();
    let counts = if is_swept() { 1..u32::MAX } else { 6..12 };
    for count in counts {
        let Injected { log, .. } = strace(&bench, INSTALL, "rename", &format!("signal=KILL:when={count}"));
        if !log.contains("killed by SIGKILL") {
            break;
        }
        bench.sandbox.ok(INSTALL);
        assert_eq!(bench.sandbox.ok(&["current", "--short"]), "12.4.1\n", "killed at rename {count}");
        bench.restore(&saved);
    }
}
