//! Many processes, one store: installs, removals, collections and readers at once, with kills.

use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::bench::{Bench, INSTALL, assert_tidy};
use crate::support::{Fault, Mirror, Release, Request, Run, Sandbox, have};

pub(super) fn start(sandbox: &Sandbox, arguments: &[&str]) -> Child {
    let mut command = sandbox.cudaman(arguments);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("cudaman starts")
}

pub(super) fn end(child: Child) -> Run {
    Run::from(child.wait_with_output().expect("it ends"))
}

fn signal(child: &Child, signal: Signal) {
    let id = Pid::from_raw(i32::try_from(child.id()).expect("an id")).expect("an id");
    kill_process(id, signal).expect("it runs");
}

pub(super) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < Duration::from_secs(20), "never came: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Returns how many bytes lie in parts of downloads.
pub(super) fn part_bytes(sandbox: &Sandbox) -> u64 {
    let parts = std::fs::read_dir(sandbox.store().join("cache/parts")).into_iter().flatten().flatten();
    let sizes = parts.filter(|entry| entry.file_name().to_string_lossy().ends_with(".part"));
    sizes.filter_map(|entry| entry.metadata().ok()).map(|metadata| metadata.len()).sum()
}

#[test]
fn con_same_version_x16_is_downloaded_once() {
    let bench = Bench::new();
    for count in [2, 16] {
        bench.mirror.clear_log();
        let children: Vec<Child> = (0..count).map(|_| start(&bench.sandbox, INSTALL)).collect();
        for child in children {
            end(child).expect(0, &["12.4.1"]);
        }
        let log = bench.mirror.log();
        let mut got: Vec<&str> = log
            .iter()
            .filter(|one| one.method == "GET" && one.path().ends_with(".xz"))
            .map(Request::path)
            .collect();
        let all = got.len();
        got.sort_unstable();
        got.dedup();
        assert!(!got.is_empty() && got.len() == all, "downloaded twice: {got:?}");
        bench.assert_unharmed();
        bench.assert_tidy();
        bench.sandbox.ok(&["uninstall", "12.4.1"]);
    }
}

/// Serves releases of one line that are made of the same components.
fn siblings(count: u32) -> Mirror {
    let mirror = Mirror::start();
    for minor in 0..count {
        let release = Release::cuda(&format!("12.{minor}.0"));
        ["cuda_nvcc", "cuda_cudart", "cuda_cccl"]
            .iter()
            .fold(release, |release, name| release.component(name, "12.4.99"))
            .serve(&mirror);
    }
    mirror
}

#[test]
fn con_different_versions_share_what_they_share() {
    let mirror = siblings(16);
    let sandbox = Sandbox::new().with_mirror(&mirror);
    let names: Vec<String> = (0..16).map(|minor| format!("12.{minor}.0")).collect();
    let run = |name: &String| start(&sandbox, &["install", name, "--profile", "minimal"]);
    let children: Vec<Child> = names.iter().map(run).collect();
    for child in children {
        end(child).expect(0, &["installed"]);
    }
    assert_eq!(sandbox.ok(&["list"]).lines().count(), 16);
    let packages = std::fs::read_dir(sandbox.store().join("packages")).expect("packages").count();
    assert_eq!(packages, 3, "every package once");
    sandbox.assert_healthy();
    assert_tidy(&sandbox);
}

#[test]
fn con_install_uninstall_gc_verify_and_readers_at_once() {
    let bench = Bench::new();
    let done = AtomicBool::new(false);
    let turns = |arguments: &[&str], statuses: &[i32]| {
        let mut count = 0;
        while !done.load(Ordering::SeqCst) {
            let run = bench.sandbox.run(arguments);
            assert!(
                statuses.contains(&run.status) && !run.stderr.contains("panicked"),
                "{arguments:?}: {run:?}"
            );
            assert!(
                run.status == 0
                    || run.stderr.contains("not installed")
                    || run.stderr.contains("there is no toolchain"),
                "{arguments:?}: {run:?}"
            );
            count += 1;
        }
        assert!(count > 0);
    };
    std::thread::scope(|scope| {
        scope.spawn(|| turns(INSTALL, &[0]));
        scope.spawn(|| turns(&["install", "12.4", "--with", "cuda_cuobjdump"], &[0]));
        scope.spawn(|| turns(&["uninstall", "12.4.1"], &[0, 1]));
        scope.spawn(|| turns(&["gc"], &[0]));
        scope.spawn(|| turns(&["verify"], &[0]));
        scope.spawn(|| turns(&["list"], &[0]));
        scope.spawn(|| shim_turns(&bench, &done));
        std::thread::sleep(Duration::from_secs(4));
        done.store(true, Ordering::SeqCst);
    });
    bench.assert_recovers(INSTALL);
}

fn shim_turns(bench: &Bench, done: &AtomicBool) {
    while !done.load(Ordering::SeqCst) {
        let run = bench.sandbox.shim("nvcc", bench.sandbox.path(), &["x.cu"]);
        assert!(run.status == 0 && run.stdout.starts_with("nvcc 13.0.99"), "{run:?}");
    }
}

#[test]
fn con_readers_never_see_half_a_toolchain_while_it_grows() {
    let bench = Bench::new();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for arguments in [&["list"][..], &["current"], &["which", "nvcc"]] {
            let (bench, done) = (&bench, &done);
            scope.spawn(move || {
                while !done.load(Ordering::SeqCst) {
                    assert!(bench.sandbox.ok(arguments).contains("13.0.2"));
                }
            });
        }
        scope.spawn(|| shim_turns(&bench, &done));
        for component in ["cuda_cuobjdump", "libcublas", "cuda_nvrtc"] {
            bench.sandbox.ok(&["install", "13.0", "--with", component]);
            bench.sandbox.ok(&["install", "13.0", "--force"]);
        }
        done.store(true, Ordering::SeqCst);
    });
    bench.sandbox.assert_healthy();
    bench.assert_tidy();
}

#[test]
fn con_default_switched_by_many_always_leads_to_a_toolkit() {
    let bench = Bench::new();
    bench.sandbox.ok(INSTALL);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for request in ["12.4", "13.0", "13", "12"] {
            let (bench, done) = (&bench, &done);
            scope.spawn(move || {
                while !done.load(Ordering::SeqCst) {
                    bench.sandbox.ok(&["default", request]);
                }
            });
        }
        let start = Instant::now();
        while start.elapsed() < Duration::from_secs(2) {
            let run = bench.sandbox.shim("nvcc", bench.sandbox.path(), &["x.cu"]);
            assert!(run.status == 0 && run.stdout.starts_with("nvcc 1"), "{run:?}");
            assert!(bench.sandbox.ok(&["current", "--short"]).starts_with('1'));
        }
        done.store(true, Ordering::SeqCst);
    });
    bench.assert_unharmed();
    bench.assert_tidy();
}

#[test]
fn cra_kill_random_leaves_a_store_that_one_more_run_heals() {
    let bench = Bench::new();
    bench.mirror.fault("/compute/*", Fault::Slow(60_000));
    let rounds = if super::injection::is_swept() { 200 } else { 8 };
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = |below: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % below
    };
    let commands: [&[&str]; 5] = [
        INSTALL,
        INSTALL,
        &["install", "12.4", "--with", "cuda_cuobjdump"],
        &["uninstall", "12.4.1"],
        &["gc"],
    ];
    for round in 0..rounds {
        let mut children: Vec<Child> = (0..4)
            .map(|_| start(&bench.sandbox, commands[usize::try_from(random(5)).expect("small")]))
            .collect();
        for child in &mut children {
            std::thread::sleep(Duration::from_millis(random(120)));
            child.kill().expect("it can be killed");
        }
        children.into_iter().for_each(|child| drop(end(child)));
        bench.assert_sentinel();
        let verify = bench.sandbox.run(&["verify"]);
        assert_eq!(verify.status, 0, "round {round}: {verify:?}");
    }
    bench.mirror.clear_faults();
    bench.sandbox.ok(INSTALL);
    bench.assert_unharmed();
    // Parts of archives that the last run didn't need are kept for one that does.
    bench.sandbox.ok(&["cache", "clear"]);
    bench.assert_tidy();
}

#[test]
fn con_killed_lock_holder_holds_nobody_up_and_its_download_is_resumed() {
    interrupted(Signal::KILL);
}

#[test]
fn cra_ctrl_c_ends_at_once_and_keeps_what_came() {
    interrupted(Signal::INT);
    interrupted(Signal::TERM);
}

/// Ends an install in the middle of a download: at once, resumable, with a healthy store.
fn interrupted(with: Signal) {
    let bench = Bench::new();
    let path = bench.archive("cuda_nvcc");
    bench.mirror.fault(&path, Fault::Stall(400, Duration::from_secs(60)));
    let child = start(&bench.sandbox, INSTALL);
    wait_until("the first bytes", || part_bytes(&bench.sandbox) >= 400);
    let sent = Instant::now();
    signal(&child, with);
    let run = end(child);
    assert!(sent.elapsed() < Duration::from_secs(5), "{:?}", sent.elapsed());
    assert_eq!(run.status, 128 + with.as_raw(), "{run:?}");
    assert!(!run.stderr.contains("panicked"), "{run:?}");
    assert!(part_bytes(&bench.sandbox) >= 400, "what came is kept");
    bench.assert_unharmed();
    bench.mirror.clear_log();
    bench.assert_recovers(INSTALL);
    let requests = bench.mirror.requests(&path);
    assert!(requests.iter().any(|request| request.range() == Some("bytes=400-")), "{requests:?}");
}

#[test]
fn con_lock_wait_says_for_whom_and_can_be_ended() {
    let bench = Bench::new();
    bench.mirror.fault(&bench.archive("cuda_nvcc"), Fault::Stall(400, Duration::from_secs(60)));
    let mut holder = start(&bench.sandbox, INSTALL);
    wait_until("the first bytes", || part_bytes(&bench.sandbox) >= 400);
    signal(&holder, Signal::STOP);
    let waiter = start(&bench.sandbox, INSTALL);
    std::thread::sleep(Duration::from_millis(1200));
    let sent = Instant::now();
    signal(&waiter, Signal::INT);
    let run = end(waiter);
    assert!(sent.elapsed() < Duration::from_secs(1));
    run.expect(130, &["waiting for toolchain `12.4.1`", &format!("process {}", holder.id()), "install 12.4"]);
    holder.kill().expect("killed");
    drop(end(holder));
    bench.assert_recovers(INSTALL);
}

#[test]
fn con_shims_write_nothing() {
    if !super::injection::is_possible() || !have("strace") {
        return;
    }
    let bench = Bench::new();
    let log = bench.sandbox.path().join("shim.log");
    let mut command = bench.sandbox.command("strace");
    command.args(["-f", "-qq", "-o"]).arg(&log).args(["-e", "trace=%file,flock,connect"]);
    command.arg(bench.sandbox.store().join("shims/bin/ptxas"));
    Run::of(&mut command).expect(0, &[]);
    let log = std::fs::read_to_string(log).expect("a log");
    assert!(log.contains("execve"), "{log}");
    for word in ["O_WRONLY", "O_RDWR", "O_CREAT", "flock", "connect", "rename", "unlink", "mkdir"] {
        let line = log.lines().find(|line| line.contains(word) && !line.contains("/dev/tty"));
        assert_eq!(line, None, "a shim only reads");
    }
}
