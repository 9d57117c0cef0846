//! What only processes of their own show: the umask, and being killed at any moment.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::two_packages;
use crate::store::Store;
use crate::store::testing::{Lab, fix_up};

const COMPOSE_HERE: &str = "store::compose::tests::processes::compose_here";

#[test]
fn modes_do_not_follow_the_umask() {
    // The umask belongs to the whole process, so a process of its own: this test runs itself again.
    let shell = |umask: &str, directory: &Path| {
        let program = std::env::current_exe().expect("the test's program");
        let script = format!("umask {umask} && exec \"$0\" --exact --ignored --quiet {COMPOSE_HERE}");
        let status = std::process::Command::new("sh")
            .arg("-c")
            .arg(script)
            .arg(program)
            .current_dir(directory)
            .output();
        assert!(status.expect("started").status.success(), "umask {umask}");
    };
    for umask in ["000", "077", "777"] {
        let directory = tempfile::tempdir().expect("a directory");
        shell(umask, directory.path());
        let mode = |path: &str| {
            let path = directory.path().join("store").join(path);
            fs::metadata(&path).unwrap_or_else(|error| panic!("{path:?}: {error}")).permissions().mode()
                & 0o7777
        };
        for path in ["", "versions", "versions/12.4.1/bin", "shims/bin", "receipts/toolchains", "packages"] {
            assert_eq!(mode(path), 0o755, "{path}, umask {umask}");
        }
        for path in ["tmp", "cache", "locks", "trash"] {
            assert_eq!(mode(path), 0o700, "{path}, umask {umask}");
        }
        assert_eq!(mode("versions/12.4.1/bin/nvcc"), 0o555);
        for path in ["versions/12.4.1/version.json", "versions/12.4.1/bin/nvcc.profile"] {
            assert_eq!(mode(path), 0o444, "{path}, umask {umask}");
        }
        for path in ["layout", "resolve/12.4", "receipts/toolchains/12.4.1.json"] {
            assert_eq!(mode(path), 0o644, "{path}, umask {umask}");
        }
    }
}

#[test]
#[ignore = "started by other tests, in a directory of its own"]
fn compose_here() {
    let home = std::env::current_dir().expect("a directory").join("store");
    let lab = Lab::at(&home);
    let (nvcc, cudart) = two_packages(&lab);
    lab.compose("12.4.1", &[&nvcc, &cudart], &[fix_up("version.json", "1")]).expect("composed");
}

#[test]
fn processes_killed_at_random_leave_a_store_that_works() {
    let directory = tempfile::tempdir().expect("a directory");
    let home = directory.path().join("store");
    let sentinel = Lab::at(&home);
    sentinel.install("11.8.0");
    let program = std::env::current_exe().expect("the test's program");
    for round in 0..24u64 {
        let start = || {
            let mut command = std::process::Command::new(&program);
            command.args(["--exact", "--ignored", "--quiet", COMPOSE_HERE]);
            command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
            command.current_dir(directory.path()).spawn().expect("started")
        };
        let mut children = [start(), start()];
        std::thread::sleep(std::time::Duration::from_micros(1500 * round));
        for child in &mut children {
            child.kill().expect("killed");
            child.wait().expect("ended");
        }
        let store = Store::open(&home, &[]).expect("opened");
        for toolchain in store.toolchains() {
            assert!(store.receipt(&toolchain).expect("read").is_some());
        }
    }
    sentinel.prepare();
    sentinel.assert_healthy("after the kills");
    assert!(sentinel.names().contains(&"11.8.0".to_owned()));
}
