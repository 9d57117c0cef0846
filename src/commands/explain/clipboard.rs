//! The clipboard, by whichever program of the desktop reads it.

use std::io::{ErrorKind, Read as _};
use std::process::{Command, Stdio};

use anyhow::Result;

use crate::error::advised;

/// What reads a clipboard: Wayland, X11, WSL, and the one that people alias.
const PROGRAMS: &[(&str, &[&str])] = &[
    ("wl-paste", &["--no-newline"]),
    ("xclip", &["-selection", "clipboard", "-o"]),
    ("xsel", &["--clipboard", "--output"]),
    ("pbpaste", &[]),
    ("powershell.exe", &["-NoProfile", "-Command", "Get-Clipboard"]),
];

/// Returns the clipboard's text, up to a length.
///
/// # Errors
/// Returns an error where no program can tell it.
pub(super) fn read(most: u64) -> Result<String> {
    PROGRAMS.iter().find_map(|(program, arguments)| ask(program, arguments, most)).ok_or_else(|| {
        advised(
            "there is no program here that reads the clipboard",
            "install `wl-clipboard` or `xclip`, or paste the text into `cudaman explain`",
        )
    })
}

/// Returns what a program says, if it is there and succeeds.
fn ask(program: &str, arguments: &[&str], most: u64) -> Option<String> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().ok()?;
    let mut bytes = Vec::new();
    let read = child.stdout.take()?.take(most).read_to_end(&mut bytes);
    let is_whole = child.wait().is_ok_and(|status| status.success());
    let is_cut = bytes.len() as u64 == most;
    let is_read = read.is_ok() || read.is_err_and(|error| error.kind() == ErrorKind::Interrupted);
    (is_read && (is_whole || is_cut)).then(|| String::from_utf8_lossy(&bytes).into_owned())
}
