//! Runs a compiler for a question: a clean environment, no input, a time limit.

use std::io::{self, Read};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use crate::model::Environment;

/// How long one answer may take.
pub const LIMIT: Duration = Duration::from_secs(60);

/// An answer longer than this is none.
const LONGEST: u64 = 1 << 20;

/// Why a program gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// It failed.
    #[error("`{program}` exited with {status}: {}", last_line(.output))]
    Failed {
        /// Which program.
        program: PathBuf,
        /// How it ended.
        status: std::process::ExitStatus,
        /// What it printed.
        output: String,
    },
    /// It could not be started.
    #[error("could not run `{program}`: {source}")]
    Spawn {
        /// Which program.
        program: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It took too long.
    #[error("`{program}` did not answer within {} seconds", .limit.as_secs())]
    TimedOut {
        /// Which program.
        program: PathBuf,
        /// How long it had.
        limit: Duration,
    },
}

/// Returns what a program prints, standard output first.
///
/// # Errors
/// Returns why there is no answer.
///
/// Of the environment only PATH and a usable TMPDIR are passed on: `NVCC_PREPEND_FLAGS` and its
/// like are the user's business, not the toolchain's.
pub fn answer(
    program: &Path,
    arguments: &[&str],
    environment: &Environment,
    limit: Duration,
) -> Result<String, CommandError> {
    answer_of(prepare(program, arguments, environment), limit)
}

/// Returns what a command prints, standard output first. It gets no input, and the environment that the
/// command says.
///
/// # Errors
/// Returns why there is no answer.
pub fn answer_of(mut command: Command, limit: Duration) -> Result<String, CommandError> {
    let program = PathBuf::from(command.get_program());
    // A group of its own, so that whatever the program starts can be stopped with it.
    command.process_group(0).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let spawn_error = |source| CommandError::Spawn { program: program.clone(), source };
    let mut child = spawn(command).map_err(spawn_error)?;
    let output = collect(&mut child);
    let deadline = Instant::now() + limit;
    let texts: Vec<Vec<u8>> =
        output.iter().map_while(|part| part.recv_timeout(remaining(deadline)).ok()).collect();
    let status = if texts.len() == output.len() { wait(&mut child, deadline) } else { Ok(None) };
    let Some(status) = status.map_err(spawn_error)? else {
        kill(&mut child);
        return Err(CommandError::TimedOut { program, limit });
    };
    let output = String::from_utf8_lossy(&texts.concat()).into_owned();
    if status.success() {
        return Ok(output);
    }
    Err(CommandError::Failed { program, status, output })
}

fn prepare(program: &Path, arguments: &[&str], environment: &Environment) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).env_clear().env("LC_ALL", "C");
    if let Some(path) = environment.variable("PATH") {
        command.env("PATH", path);
    }
    if let Some(directory) = environment.path("TMPDIR").filter(|directory| directory.is_dir()) {
        command.env("TMPDIR", directory);
    }
    command
}

/// A program that was just written may still be open for writing in a process that another
/// thread is starting; that passes at once.
fn spawn(mut command: Command) -> io::Result<Child> {
    for _ in 0..50 {
        match command.spawn() {
            Err(error) if error.kind() == io::ErrorKind::ExecutableFileBusy => {
                thread::sleep(Duration::from_millis(10));
            }
            result => return result,
        }
    }
    command.spawn()
}

/// Reads both streams at once: a program that fills one while we read the other would hang.
fn collect(child: &mut Child) -> [Receiver<Vec<u8>>; 2] {
    [read(child.stdout.take()), read(child.stderr.take())]
}

fn read(stream: Option<impl Read + Send + 'static>) -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // A stream that breaks off has said what it had to say.
        let _ = stream.map(|stream| stream.take(LONGEST).read_to_end(&mut bytes));
        let _ = sender.send(bytes);
    });
    receiver
}

fn wait(child: &mut Child, deadline: Instant) -> io::Result<Option<std::process::ExitStatus>> {
    loop {
        let status = child.try_wait()?;
        if status.is_some() || Instant::now() >= deadline {
            return Ok(status);
        }
        thread::sleep(Duration::from_millis(2));
    }
}

fn kill(child: &mut Child) {
    if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        // It may have ended by itself in the meantime.
        let _ = kill_process_group(group, Signal::KILL);
    }
    let _ = child.wait();
}

fn remaining(deadline: Instant) -> Duration {
    deadline.saturating_duration_since(Instant::now())
}

/// Returns the last line that says something, and no more of it than a message can hold.
fn last_line(output: &str) -> String {
    const MOST: usize = 300;
    let line = output.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or("it printed nothing");
    line.chars().take(MOST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, limit: Duration) -> Result<String, CommandError> {
        let variables = [("PATH".into(), "/usr/bin:/bin".into()), ("NVCC_APPEND_FLAGS".into(), "-x".into())];
        let environment = Environment { variables: variables.into(), ..Environment::default() };
        answer(Path::new("/bin/sh"), &["-c", script], &environment, limit)
    }

    #[test]
    fn both_streams_are_heard_and_the_environment_is_clean() {
        let heard = shell("echo \"[$NVCC_APPEND_FLAGS]\"; echo err >&2", LIMIT).expect("an answer");
        assert_eq!(heard, "[]\nerr\n");
    }

    #[test]
    fn failures_quote_the_last_line() {
        let error = shell("echo first; echo nvcc fatal >&2; exit 3", LIMIT).expect_err("a failure");
        assert!(error.to_string().ends_with("nvcc fatal"), "{error}");
    }

    #[test]
    fn whatever_hangs_is_stopped_with_its_children() {
        let started = Instant::now();
        let error = shell("sleep 100 & sleep 100", Duration::from_millis(100)).expect_err("a time-out");
        assert!(matches!(error, CommandError::TimedOut { .. }), "{error}");
        assert!(started.elapsed() < Duration::from_secs(20));
    }
}
