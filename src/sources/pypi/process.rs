//! Asking another program: its output within a time limit, or nothing.
//!
//! Runs in `/`, so that no file of a project can take part: Python would import from there.

use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use crate::model::Environment;

const OUTPUT_LIMIT: u64 = 1024 * 1024;

/// Returns the standard output of a program that ends well before the deadline.
pub(super) fn output(
    program: &Path,
    arguments: &[&str],
    environment: &Environment,
    deadline: Instant,
) -> Option<String> {
    let mut child = Command::new(program)
        .args(arguments)
        .env_clear()
        .envs(&environment.variables)
        // Help texts are wrapped to the terminal, in the middle of addresses if need be.
        .env("COLUMNS", "1000")
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let text = read(&mut child, deadline);
    let has_succeeded = ends_well(&mut child, deadline);
    text.filter(|_| has_succeeded)
}

/// Finds a program on the PATH of the environment.
pub(super) fn program(name: &str, environment: &Environment) -> Option<std::path::PathBuf> {
    let paths = std::env::join_paths(environment.path_list("PATH")).ok()?;
    which::which_in(name, Some(paths), "/").ok()
}

/// Reads in a thread: a grandchild may keep the pipe open beyond the deadline.
fn read(child: &mut Child, deadline: Instant) -> Option<String> {
    let stdout = child.stdout.take()?;
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let is_read = stdout.take(OUTPUT_LIMIT).read_to_end(&mut bytes).is_ok();
        // The receiver is gone once the deadline has passed.
        let _ = sender.send(is_read.then_some(bytes));
    });
    let bytes = receiver.recv_timeout(deadline.saturating_duration_since(Instant::now())).ok()??;
    String::from_utf8(bytes).ok()
}

fn ends_well(child: &mut Child, deadline: Instant) -> bool {
    while Instant::now() < deadline {
        match child.try_wait() {
            Ok(Some(status)) => return status.success(),
            Ok(None) => std::thread::sleep(Duration::from_millis(5)),
            Err(_) => break,
        }
    }
    // It may have ended in between; waiting only buries it.
    let _ = child.kill();
    let _ = child.wait();
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(script: &str, limit: Duration) -> Option<String> {
        let variables = [("GREETING".into(), "hello".into())].into();
        let environment = Environment { variables, ..Environment::default() };
        output(Path::new("/bin/sh"), &["-c", script], &environment, Instant::now() + limit)
    }

    #[test]
    fn output_comes_from_the_given_environment() {
        let script = "printf '%s %s %s' \"$GREETING\" \"$COLUMNS\" \"$PWD\"";
        assert_eq!(ask(script, Duration::from_secs(20)).as_deref(), Some("hello 1000 /"));
        assert_eq!(ask("echo x; exit 3", Duration::from_secs(20)), None);
    }

    #[test]
    fn a_program_that_hangs_is_given_up() {
        let start = Instant::now();
        assert_eq!(ask("echo x; exec /bin/sleep 60", Duration::from_millis(300)), None);
        assert!(start.elapsed() < Duration::from_secs(30));
    }

    #[test]
    fn only_absolute_directories_of_path_are_searched() {
        let variables = [("PATH".into(), ".:relative:/bin:/usr/bin".into())].into();
        let environment = Environment { variables, ..Environment::default() };
        assert!(program("sh", &environment).is_some_and(|path| path.is_absolute()));
        assert_eq!(program("sh", &Environment::default()), None);
    }
}
