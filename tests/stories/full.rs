//! Disks that are full, read-only, foreign or small, for real.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::bench::{Bench, INSTALL, archive, assert_tidy};
use crate::support::{CUDAMAN, Mirror, Release, Run, Sandbox, have, skip};
use crate::support::{file, serve_files};

/// A file system of our own, unmounted when dropped.
pub(super) struct Mount(PathBuf);

impl Mount {
    pub(super) fn new(path: &Path, arguments: &[&str]) -> Option<Self> {
        std::fs::create_dir_all(path).expect("a directory");
        let done = Command::new("mount").args(arguments).arg(path).output();
        if done.is_ok_and(|output| output.status.success()) {
            return Some(Self(path.to_owned()));
        }
        skip("a file system of its own", "mounting is not allowed here");
        None
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

/// Returns bytes that don't compress.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    std::iter::repeat_with(&mut next).flatten().take(length).collect()
}

#[test]
fn a_disk_that_fills_up_while_unpacking_loses_nothing() {
    let mut sandbox = Sandbox::new();
    let small = sandbox.path().join("small");
    let Some(_mount) = Mount::new(&small, &["-t", "tmpfs", "-o", "size=6m", "cudaman-test"]) else { return };
    sandbox.set("CUDAMAN_HOME", small.join("store"));
    let bench = Bench::in_sandbox(sandbox);
    let good = bench.mirror.bytes(&archive("cuda_nvcc"));
    // Zeros: an archive of 2 kB, 12 MB unpacked, which no estimate foresees.
    serve_files(&bench.mirror, "12.4.1", "cuda_nvcc", &[file("bin/huge", vec![0; 12 << 20])]);
    bench.fail(INSTALL, &["the disk or the quota is full", "cuda_nvcc", "huge"]);
    bench.mirror.put(&archive("cuda_nvcc"), good);
    Release::tiny("12.4.1").serve(&bench.mirror);
    bench.sandbox.ok(&["cache", "clear"]);
    bench.assert_recovers(INSTALL);
}

#[test]
fn a_disk_without_room_is_said_before_anything_is_downloaded() {
    let mut sandbox = Sandbox::new();
    let small = sandbox.path().join("small");
    let Some(_mount) = Mount::new(&small, &["-t", "tmpfs", "-o", "size=4m", "cudaman-test"]) else { return };
    sandbox.set("CUDAMAN_HOME", small.join("store"));
    let bench = Bench::in_sandbox(sandbox);
    serve_files(&bench.mirror, "12.4.1", "cuda_nvcc", &[file("bin/huge", noise(3 << 20))]);
    bench.fail(INSTALL, &["are needed in", "are free", "CUDAMAN_HOME"]);
    assert!(bench.mirror.requests(&archive("cuda_nvcc")).iter().all(|request| request.method != "GET"));
}

#[test]
fn a_disk_without_inodes_loses_nothing() {
    let mut sandbox = Sandbox::new();
    let small = sandbox.path().join("small");
    let Some(mount) = Mount::new(&small, &["-t", "tmpfs", "-o", "size=64m,nr_inodes=400", "cudaman-test"])
    else {
        return;
    };
    sandbox.set("CUDAMAN_HOME", small.join("store"));
    let bench = Bench::in_sandbox(sandbox);
    let fillers: Vec<PathBuf> =
        (0..).map(|number| small.join(format!("filler-{number}"))).take(400).collect();
    let made = fillers.iter().take_while(|path| std::fs::write(path, "").is_ok()).count();
    for path in &fillers[made.saturating_sub(60)..made] {
        std::fs::remove_file(path).expect("a filler");
    }
    bench.fail(INSTALL, &["the disk"]);
    for path in fillers.iter().filter(|path| path.exists()) {
        std::fs::remove_file(path).expect("a filler");
    }
    bench.assert_recovers(INSTALL);
    drop(mount);
}

#[test]
fn a_limit_on_the_size_of_files_is_said() {
    let bench = Bench::new();
    serve_files(&bench.mirror, "12.4.1", "cuda_nvcc", &[file("bin/huge", vec![0; 3 << 20])]);
    let script = "ulimit -f 2048; exec \"$0\" \"$@\"";
    let run = Run::of(bench.sandbox.command("bash").args(["-c", script, CUDAMAN]).args(INSTALL));
    bench.assert_refused(&run, &["bin/huge", "ulimit -f"]);
    bench.assert_recovers(INSTALL);
}

#[test]
fn a_read_only_home_serves_what_it_has_and_says_why_it_takes_no_more() {
    let bench = Bench::new();
    let store = bench.sandbox.store();
    let path = store.to_str().expect("UTF-8").to_owned();
    let Some(mount) = Mount::new(&store, &["--bind", &path]) else { return };
    let frozen = Command::new("mount").args(["-o", "remount,bind,ro"]).arg(&store).status();
    assert!(frozen.is_ok_and(|status| status.success()));
    bench.fail(INSTALL, &["read-only", "CUDAMAN_HOME"]);
    for arguments in
        [&["list"][..], &["current"], &["env"], &["which", "nvcc"], &["verify"], &["install", "13.0"]]
    {
        bench.sandbox.ok(arguments);
    }
    for arguments in [&["uninstall", "13.0.2"][..], &["default", "13.0"], &["gc"], &["verify", "--repair"]] {
        bench.fail(arguments, &["read-only"]);
    }
    drop(mount);
    bench.assert_recovers(INSTALL);
}

#[test]
fn another_users_home_is_read_and_not_written() {
    if !rustix_is_root() || !have("setpriv") {
        skip("another user's home", "it takes root and setpriv");
        return;
    }
    let bench = Bench::new();
    let open =
        |path: &Path| std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).expect("a mode");
    open(bench.sandbox.path());
    open(bench.sandbox.home());
    open(&bench.sandbox.store());
    // The program itself may lie where another user can't look.
    let program = bench.sandbox.path().join("cudaman");
    std::fs::copy(CUDAMAN, &program).expect("a copy");
    let run = |arguments: &[&str]| {
        let mut command = bench.sandbox.command("setpriv");
        command.args(["--reuid", "65534", "--clear-groups"]).arg(&program).args(arguments);
        Run::of(&mut command)
    };
    run(&["list"]).expect(0, &[]);
    assert!(run(&["current"]).stdout.starts_with("13.0.2"));
    bench.assert_refused(&run(INSTALL), &["permission denied", "CUDAMAN_HOME"]);
    bench.assert_recovers(INSTALL);
}

#[test]
fn a_store_on_another_file_system_survives_a_fault_there() {
    let Ok(directory) = tempfile::tempdir_in("/dev/shm") else {
        skip("a second file system", "there is none at /dev/shm");
        return;
    };
    let mut sandbox = Sandbox::new();
    sandbox.set("CUDAMAN_HOME", directory.path().join("store"));
    let bench = Bench::in_sandbox(sandbox);
    bench.mirror.fault(&bench.archive("cuda_nvcc"), crate::support::Fault::WrongByte(100));
    bench.fail(INSTALL, &["could not verify"]);
    bench.assert_recovers(INSTALL);
}

#[test]
fn a_home_that_is_a_file_or_a_dangling_link_is_said() {
    let mirror = Mirror::start();
    Release::tiny("12.4.1").serve(&mirror);
    let sandbox = Sandbox::new().with_mirror(&mirror);
    std::fs::write(sandbox.store(), "a file").expect("a file");
    sandbox.run(INSTALL).expect(1, &[".cudaman", "error:"]);
    std::fs::remove_file(sandbox.store()).expect("a file");
    sandbox.ok(INSTALL);
    assert_tidy(&sandbox);
}

fn rustix_is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0)
}
