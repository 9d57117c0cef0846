//! A terminal on which each line waits for what the one before did: shells with an editor of their own throw away
//! what is typed before they ask for it.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// How long a line may take, on a machine that has other things to do.
const LIMIT: Duration = Duration::from_secs(60);
/// After this time a line is typed again: nobody may have listened.
const PATIENCE: Duration = Duration::from_secs(4);
/// A shell that shows nothing new for so long waits for a line.
const REST: Duration = Duration::from_millis(500);

/// A shell on a terminal.
pub(crate) struct Terminal {
    child: Child,
    keyboard: std::fs::File,
    screen: Arc<Mutex<Vec<u8>>>,
}

impl Terminal {
    /// Starts a shell.
    pub(crate) fn start(command: &mut Command) -> Self {
        let (child, ours) = super::pty::start(command);
        let keyboard = std::fs::File::from(ours);
        let mut reader = keyboard.try_clone().expect("a file");
        let screen = Arc::new(Mutex::new(Vec::new()));
        let shown = Arc::clone(&screen);
        let mut answers = keyboard.try_clone().expect("a file");
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = reader.read(&mut bytes) {
                let mut shown = shown.lock().expect("no reader panics");
                shown.extend_from_slice(&bytes[..count]);
                // An editor of lines asks where the cursor is, and waits for the answer.
                if shown.ends_with(b"\x1b[6n") {
                    let _ = answers.write_all(b"\x1b[1;1R");
                }
            }
        });
        Self { child, keyboard, screen }
    }

    /// Types a line once, when the shell has come to rest.
    pub(crate) fn types(&mut self, line: &str) {
        let mut shown = usize::MAX;
        while shown != self.screen().len() {
            shown = self.screen().len();
            std::thread::sleep(REST);
        }
        self.strikes(line);
    }

    /// An editor of lines that wants pasted text in brackets says so when it listens, and takes it back when a line is
    /// run; before, it loses letters.
    fn listens(&self) -> bool {
        let screen = self.screen();
        match (screen.rfind("\u{1b}[?2004h"), screen.rfind("\u{1b}[?2004l")) {
            (Some(on), Some(off)) => on > off,
            _ => true,
        }
    }

    /// Types, and takes back what was half typed before.
    fn strikes(&mut self, line: &str) {
        let _ = self.keyboard.write_all(format!("\u{15}{line}\r").as_bytes());
    }

    /// Types a line until one of the files is there, and returns which. The line must bear being run twice.
    pub(crate) fn until(&mut self, line: &str, files: &[&Path]) -> PathBuf {
        let started = Instant::now();
        while started.elapsed() < LIMIT {
            while !self.listens() && started.elapsed() < PATIENCE {
                std::thread::sleep(Duration::from_millis(10));
            }
            self.strikes(line);
            let typed = Instant::now();
            while typed.elapsed() < PATIENCE {
                if let Some(file) = files.iter().find(|file| file.exists()) {
                    return file.to_path_buf();
                }
                std::thread::sleep(Duration::from_millis(10));
            }
        }
        panic!("`{line}` did nothing: {}", self.screen());
    }

    /// Returns what was shown up to now.
    pub(crate) fn screen(&self) -> String {
        String::from_utf8_lossy(&self.screen.lock().expect("no reader panics")).replace('\r', "")
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
