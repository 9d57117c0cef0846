//! The system refuses a call: the result is right all the same, or a clear error; the store is healthy.

use super::bench::{Bench, INSTALL};
use super::injection::{Injected, is_possible, is_swept, strace};

const GROW: &[&str] = &["install", "13.0", "--with", "cuda_cuobjdump"];

/// Every call of a kind is refused, for ever, and the command has to succeed.
fn manage_without(call: &str, errors: &[&str]) {
    if !is_possible() {
        return;
    }
    let bench = Bench::new();
    let saved = bench.save();
    for (number, error) in errors.iter().enumerate() {
        let commands: &[&[&str]] = &[INSTALL, GROW, &["uninstall", "13.0.2"]];
        // Errors that mean the same differ in one line of code.
        let commands = if number == 0 || is_swept() { commands } else { &commands[..1] };
        for &arguments in commands {
            let Injected { run, log } = strace(&bench, arguments, call, &format!("error={error}"));
            run.expect(0, &[]);
            assert!(log.contains("(INJECTED)") || arguments[0] == "uninstall", "{call} {error}: {log}");
            bench.sandbox.assert_healthy();
            if arguments == INSTALL {
                bench.assert_unharmed();
            }
            bench.sandbox.ok(&["gc"]);
            bench.assert_tidy();
            bench.restore(&saved);
        }
    }
}

#[test]
fn con_nfs_flock_a_file_system_without_locks_serves() {
    manage_without("flock", &["ENOLCK", "ENOSYS", "EOPNOTSUPP"]);
}

#[test]
fn a_file_system_without_exchange_serves() {
    manage_without("renameat2", &["EINVAL", "ENOSYS"]);
}

#[test]
fn a_file_system_without_hard_links_serves() {
    manage_without("linkat", &["EPERM", "EXDEV", "EMLINK"]);
}

#[test]
fn a_kernel_without_openat2_serves_or_says_so() {
    if !is_possible() {
        return;
    }
    let bench = Bench::new();
    let Injected { run, log } = strace(&bench, INSTALL, "openat2", "error=ENOSYS");
    assert!(log.contains("(INJECTED)"));
    run.expect(0, &[]);
    bench.assert_unharmed();
}

/// The n-th call of a kind is refused: right or clear, and healthy in any case.
fn survive(call: &str, errors: &[(&str, &str)], sample: &[u32]) {
    if !is_possible() {
        return;
    }
    let bench = Bench::new();
    let saved = bench.save();
    let mut points = 0;
    for (error, words) in errors {
        // The first files are opened by the loader, before there is a program that could say anything.
        let counts: Box<dyn Iterator<Item = u32>> =
            if is_swept() { Box::new(sample[0]..) } else { Box::new(sample.iter().copied()) };
        for count in counts {
            let fault = format!("error={error}:when={count}");
            let Injected { run, log } = strace(&bench, INSTALL, call, &fault);
            if !log.contains("(INJECTED)") {
                break;
            }
            points += 1;
            assert!(run.status == 0 || run.status == 1, "{call} {fault}: {run:?}");
            if run.status == 1 {
                assert!(
                    run.stderr.contains("error: ") && run.stderr.contains('`'),
                    "{call} {fault}: {run:?}"
                );
                assert!(run.stderr.contains(words), "{call} {fault}, {words:?}: {run:?}");
            } else {
                assert!(bench.sandbox.root("12.4.1").exists(), "{call} {fault}: {run:?}");
            }
            bench.assert_unharmed();
            bench.assert_recovers(INSTALL);
            bench.restore(&saved);
        }
    }
    assert!(points > 0, "{call} was never refused");
    eprintln!("{call}: refused at {points} points");
}

#[test]
fn cra_error_a_full_disk_or_quota_while_writing() {
    survive("write", &[("ENOSPC", "disk"), ("EDQUOT", "quota")], &[2, 14]);
    survive("mkdirat", &[("ENOSPC", "disk")], &[1]);
}

#[test]
fn cra_error_a_disk_that_fails() {
    survive("fsync", &[("EIO", "error")], &[1, 12]);
    survive("syncfs", &[("EIO", "error")], &[1]);
    survive("linkat", &[("EIO", "error"), ("ENOSPC", "disk")], &[30]);
    survive("read", &[("EIO", "")], &[30, 70]);
}

#[test]
fn cra_error_a_file_system_that_becomes_read_only() {
    survive("openat", &[("EROFS", ""), ("EMFILE", "")], &[60, 200]);
    survive("renameat2", &[("EROFS", "read-only")], &[1, 4]);
    survive("rename", &[("EROFS", "read-only")], &[2, 5]);
}

#[test]
fn a_lock_whose_call_is_interrupted_is_taken_again() {
    if !is_possible() {
        return;
    }
    let bench = Bench::new();
    let Injected { run, log } = strace(&bench, INSTALL, "flock", "error=EINTR:when=2");
    assert!(log.contains("(INJECTED)"));
    run.expect(0, &[]);
    bench.assert_unharmed();
    bench.assert_tidy();
}

#[test]
fn cra_power_loss_order_what_is_renamed_into_place_was_synced_before() {
    if !is_possible() {
        return;
    }
    let bench = Bench::new();
    let log = bench.sandbox.path().join("order.log");
    let mut command = bench.sandbox.command("strace");
    command.args(["-f", "-qq", "-y", "-s", "400", "-o"]).arg(&log);
    command.args(["-e", "trace=rename,renameat2,syncfs,fsync,fdatasync,exit_group"]);
    crate::support::Run::of(command.arg(crate::support::CUDAMAN).args(INSTALL)).expect(0, &[]);
    let log = String::from_utf8_lossy(&std::fs::read(log).expect("a log")).into_owned();
    let lines: Vec<&str> = log.lines().collect();
    let store = bench.sandbox.store().display().to_string();
    let mut placed = 0;
    for (number, line) in lines.iter().enumerate() {
        let is_rename = line.contains("renameat2(") || line.contains("rename(");
        let part =
            ["packages", "versions"].into_iter().find(|part| is_target(line, &format!("{store}/{part}/")));
        let (true, Some(part)) = (is_rename, part) else { continue };
        placed += 1;
        let synced = |line: &&&str| line.contains("syncfs(") || line.contains("fsync(");
        let before = lines[..number].iter().filter(synced);
        let is_of_tree = |line: &&&str| line.contains("syncfs(") || line.contains("/tree");
        assert!(before.filter(is_of_tree).count() > 0, "not synced before: {line}");
        let parent = format!("{store}/{part}>");
        let is_parent = |line: &&&str| line.contains("fsync(") && line.contains(&parent);
        assert!(
            lines[number..].iter().any(|line| is_parent(&line)),
            "its parent is not synced after: {line}"
        );
    }
    assert!(placed >= 4, "{log}");
}

fn is_target(line: &str, prefix: &str) -> bool {
    line.rsplit(", ").find(|part| part.contains('"')).is_some_and(|part| part.contains(prefix))
}
