//! Locks among threads; those among processes are tested with composing.

use super::*;
use crate::store::testing::eventually;
use std::sync::{Arc, Mutex};

fn locks(directory: &Path, timeout: u64) -> (Locks, Arc<Mutex<Vec<String>>>) {
    let told = Arc::new(Mutex::new(Vec::new()));
    let lines = Arc::clone(&told);
    let waiting = Waiting {
        timeout: Duration::from_millis(timeout),
        command: "cudaman install 12.4".to_owned(),
        tell: Box::new(move |line| lines.lock().expect("lines").push(line.to_owned())),
    };
    (Locks::new(directory.to_owned(), waiting), told)
}

#[test]
fn the_wait_is_told_once_and_ends_with_the_holder_named() {
    let directory = tempfile::tempdir().expect("a directory");
    let (locks, told) = locks(directory.path(), 60);
    let name = "12.4.1".parse().expect("a name");
    let _held = locks.acquire(Key::Toolchain(&name), Mode::Alone).expect("locked");
    let error = locks.acquire(Key::Toolchain(&name), Mode::Alone).expect_err("held").to_string();
    let process = format!("process {}", std::process::id());
    assert!(error.contains("toolchain `12.4.1`") && error.contains("`cudaman install 12.4`"), "{error}");
    assert!(error.contains(&process), "{error}");
    let told = told.lock().expect("lines");
    assert_eq!(told.len(), 1);
    assert!(told[0].starts_with("waiting for toolchain `12.4.1`: held by"), "{told:?}");
}

#[test]
fn sharers_share_and_keep_others_out() {
    let directory = tempfile::tempdir().expect("a directory");
    let (locks, _) = locks(directory.path(), 0);
    let one = locks.acquire(Key::InUse, Mode::Shared).expect("shared");
    let two = locks.acquire(Key::InUse, Mode::Shared).expect("shared");
    drop(one);
    assert!(locks.try_acquire(Key::InUse, Mode::Alone).expect("asked").is_none());
    drop(two);
    assert!(eventually(|| locks.try_acquire(Key::InUse, Mode::Alone).expect("asked").is_some()));
}

#[test]
fn one_at_a_time_though_the_files_vanish() {
    let directory = tempfile::tempdir().expect("a directory");
    let (locks, _) = locks(directory.path(), 60_000);
    let name: ToolchainName = "12.4.1".parse().expect("a name");
    let inside = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..40 {
                    let _lock = locks.acquire(Key::Toolchain(&name), Mode::Alone).expect("locked");
                    assert!(!inside.swap(true, Ordering::SeqCst));
                    std::thread::yield_now();
                    inside.store(false, Ordering::SeqCst);
                }
            });
        }
    });
    assert_eq!(std::fs::read_dir(directory.path()).expect("listed").count(), 0);
}

#[test]
fn a_foreign_holders_text_cannot_reach_the_terminal_raw() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("lock");
    std::fs::write(&path, "1\nhost\n0\n\u{1b}]0;x\u{7}\n").expect("written");
    assert!(!holder(&open_lock_file(&path).expect("opened")).contains('\u{1b}'));
    std::fs::write(&path, "").expect("written");
    assert_eq!(holder(&open_lock_file(&path).expect("opened")), "another process");
}
