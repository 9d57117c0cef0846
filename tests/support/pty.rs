//! A terminal: a shell that believes that a person types in it.

use std::io::{Read as _, Write as _};
use std::os::fd::{AsRawFd as _, FromRawFd as _, OwnedFd};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a shell may take for all of it.
const LIMIT: Duration = Duration::from_secs(60);

/// Starts a shell on a terminal of its own, types the lines into it, and returns what it showed. The last line
/// has to end the shell.
pub(crate) fn type_into(command: &mut Command, lines: &str) -> String {
    let (child, ours) = start(command);
    let mut keyboard = std::fs::File::from(ours.try_clone().expect("a file"));
    let typed = lines.to_owned();
    let typist = std::thread::spawn(move || {
        for line in typed.lines() {
            // The terminal holds 4 KiB of what nobody has read yet.
            std::thread::sleep(Duration::from_millis(30));
            let _ = keyboard.write_all(format!("{line}\n").as_bytes());
        }
    });
    let screen = watch(std::fs::File::from(ours), child);
    typist.join().expect("typed");
    screen
}

/// Starts a program as the leader of a session on a terminal of its own.
pub(super) fn start(command: &mut Command) -> (Child, OwnedFd) {
    let (ours, theirs) = open();
    let stdio = |file: &OwnedFd| Stdio::from(file.try_clone().expect("a file"));
    command.stdin(stdio(&theirs)).stdout(stdio(&theirs)).stderr(stdio(&theirs)).env("TERM", "dumb");
    // SAFETY: both calls may be made between fork and exec.
    unsafe {
        command.pre_exec(|| {
            if libc::setsid() < 0 || libc::ioctl(0, libc::TIOCSCTTY, 0) < 0 {
                return Err(std::io::Error::last_os_error());
            }
            Ok(())
        });
    }
    let child = command.spawn().expect("the shell starts");
    drop(theirs);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    (child, ours)
}

fn watch(mut screen: std::fs::File, mut child: Child) -> String {
    let started = Instant::now();
    let reader = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        // The end of a terminal is an error, not an end of file.
        let _ = screen.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).replace('\r', "")
    });
    while child.try_wait().expect("a child").is_none() {
        if started.elapsed() > LIMIT {
            let _ = child.kill();
            let _ = child.wait();
            panic!("the shell didn't end: {}", reader.join().expect("read"));
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    reader.join().expect("read")
}

fn open() -> (OwnedFd, OwnedFd) {
    let (mut ours, mut theirs) = (0, 0);
    let null = std::ptr::null_mut();
    // SAFETY: the two numbers are written, the rest is optional.
    let result = unsafe { libc::openpty(&mut ours, &mut theirs, null, null.cast(), null.cast()) };
    assert_eq!(result, 0, "a terminal: {}", std::io::Error::last_os_error());
    // SAFETY: openpty has opened both, and nobody else has them.
    let (ours, theirs) = unsafe { (OwnedFd::from_raw_fd(ours), OwnedFd::from_raw_fd(theirs)) };
    for file in [&ours, &theirs] {
        // SAFETY: a flag of a file of ours.
        unsafe { libc::fcntl(file.as_raw_fd(), libc::F_SETFD, libc::FD_CLOEXEC) };
    }
    (ours, theirs)
}
