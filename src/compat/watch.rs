//! Runs a command and listens to its stderr, which goes on to its place at once and unchanged.
//!
//! Where stderr is a terminal the command gets a terminal of its own for it, so that it draws its colours and
//! bars; elsewhere a pipe. Its stdin and stdout are ours, and Ctrl-C reaches it as it would without us.

mod signals;
mod terminal;

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read as _, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::process::{Child, Command, ExitStatus};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;

use self::signals::Signals;
use self::terminal::Terminal;

/// Once the command has ended, what it left behind is listened to until it rests for so long.
const REST: Duration = Duration::from_millis(100);

const PIECE: usize = 64 << 10;
const WAITING_PIECES: usize = 16;

/// A command that ended.
pub struct Heard {
    /// How.
    pub status: ExitStatus,
    /// The end of what it wrote to stderr.
    pub text: Vec<u8>,
}

/// Runs a command to its end; `most` bytes of what it writes are kept.
///
/// # Errors
/// Returns why the command can't be started.
pub fn watch(mut command: Command, output: &mut (impl Write + AsFd), most: usize) -> io::Result<Heard> {
    let (stream, terminal) = give_stderr(&mut command, output)?;
    let signals = Signals::catch();
    let mut child = command.spawn()?;
    // The last end for writing must be the command's.
    drop(command);
    signals.go_to(&child);
    let mut tail = Tail { bytes: VecDeque::new(), most };
    let status = follow(&mut child, listen(stream), |piece| {
        if let Some(terminal) = &terminal {
            terminal.resize_as(output);
        }
        tail.keep(piece);
        output.write_all(piece).and_then(|()| output.flush()).is_ok()
    })?;
    Ok(Heard { status, text: tail.bytes.into() })
}

fn give_stderr(command: &mut Command, output: &impl AsFd) -> io::Result<(File, Option<Terminal>)> {
    if let Ok((terminal, theirs)) = Terminal::like(output) {
        command.stderr(theirs);
        return Ok((terminal.reader()?, Some(terminal)));
    }
    let (ours, theirs) = io::pipe()?;
    command.stderr(theirs);
    Ok((File::from(OwnedFd::from(ours)), None))
}

/// Passes pieces on until the stream ends, or the command has ended and the stream rests; where nobody takes
/// them any more, the command finds its stderr closed.
fn follow(
    child: &mut Child,
    pieces: Receiver<Vec<u8>>,
    mut pass_on: impl FnMut(&[u8]) -> bool,
) -> io::Result<ExitStatus> {
    loop {
        match pieces.recv_timeout(REST) {
            Ok(piece) if pass_on(&piece) => {}
            Err(RecvTimeoutError::Timeout) => {
                if let Some(status) = child.try_wait()? {
                    return Ok(status);
                }
            }
            Ok(_) | Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    drop(pieces);
    child.wait()
}

fn listen(mut stream: File) -> Receiver<Vec<u8>> {
    let (sender, receiver) = sync_channel(WAITING_PIECES);
    thread::spawn(move || {
        let mut piece = vec![0; PIECE];
        loop {
            match stream.read(&mut piece) {
                Ok(length @ 1..) if sender.send(piece[..length].to_vec()).is_ok() => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // The end of a terminal is an error, not an end of file.
                _ => return,
            }
        }
    });
    receiver
}

/// The end of a stream.
struct Tail {
    bytes: VecDeque<u8>,
    most: usize,
}

impl Tail {
    fn keep(&mut self, piece: &[u8]) {
        self.bytes.extend(piece);
        let surplus = self.bytes.len().saturating_sub(self.most);
        self.bytes.drain(..surplus);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(script: &str, most: usize) -> (Heard, Vec<u8>) {
        let mut output = tempfile::tempfile().expect("a file");
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]);
        let heard = watch(command, &mut output, most).expect("it runs");
        let mut written = Vec::new();
        io::Seek::rewind(&mut output).expect("rewound");
        output.read_to_end(&mut written).expect("read");
        (heard, written)
    }

    #[test]
    fn all_of_it_is_passed_on_and_the_end_is_kept() {
        let (heard, written) =
            heard("i=0; while [ $i -lt 5000 ]; do echo line $i; i=$((i+1)); done >&2; exit 7", 20);
        assert_eq!(heard.status.code(), Some(7));
        assert!(written.ends_with(b"line 4999\n") && written.starts_with(b"line 0\nline 1\n"));
        assert_eq!(heard.text, b"line 4998\nline 4999\n");
    }

    #[test]
    fn what_stays_behind_holds_nobody_up() {
        let started = std::time::Instant::now();
        let (heard, _) = heard("sleep 20 & echo $! >&2", 100);
        assert!(started.elapsed() < Duration::from_secs(10));
        let left: i32 = String::from_utf8_lossy(&heard.text).trim().parse().expect("a number");
        let left = rustix::process::Pid::from_raw(left).expect("a process");
        let _ = rustix::process::kill_process(left, rustix::process::Signal::KILL);
    }

    #[test]
    fn what_cannot_be_run_is_an_error() {
        let mut output = tempfile::tempfile().expect("a file");
        let error = watch(Command::new("/nowhere/at/all"), &mut output, 10).err().expect("an error");
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }
}
