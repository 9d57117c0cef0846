//! Errors as the user sees them: what went wrong, why, and a `hint:` with what to do next.
//!
//! Modules have error enums of their own; here is only what turns them into lines on a terminal.

use std::fmt::Write as _;

use anyhow::Error;

/// Advice that travels in an error's chain and is printed on a line of its own.
#[derive(Debug)]
struct Hint(String);

impl std::fmt::Display for Hint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "hint: {}", self.0)
    }
}

/// A use of the command line that clap can't refuse by itself; exits with 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct UsageError(pub String);

/// A command that ended with a status of its own, which cudaman passes on without a word.
#[derive(Debug, thiserror::Error)]
#[error("the command ended with status {0}")]
pub struct Passthrough(pub u8);

/// Adds advice to errors.
pub trait Advise<T> {
    /// Adds a line that says what to do next, most often a command to run.
    fn hint(self, advice: impl Into<String>) -> anyhow::Result<T>;

    /// Adds the advice that the error itself has, if it has any.
    fn hint_from<E>(self, advice: impl Fn(&E) -> Option<String>) -> anyhow::Result<T>
    where
        E: std::error::Error + Send + Sync + 'static;
}

impl<T, F: Into<Error>> Advise<T> for Result<T, F> {
    fn hint(self, advice: impl Into<String>) -> anyhow::Result<T> {
        self.map_err(|error| error.into().context(Hint(advice.into())))
    }

    fn hint_from<E>(self, advice: impl Fn(&E) -> Option<String>) -> anyhow::Result<T>
    where
        E: std::error::Error + Send + Sync + 'static,
    {
        self.map_err(|error| {
            let error = error.into();
            match error.downcast_ref::<E>().and_then(advice) {
                Some(text) => error.context(Hint(text)),
                None => error,
            }
        })
    }
}

/// Makes an error of a sentence and its advice.
#[must_use]
pub fn advised(message: impl Into<String>, advice: impl Into<String>) -> Error {
    Error::msg(message.into()).context(Hint(advice.into()))
}

/// Adds another piece of advice, which is printed before those that the error has.
#[must_use]
pub fn with_advice(error: Error, advice: impl Into<String>) -> Error {
    error.context(Hint(advice.into()))
}

/// Renders an error: its chain on one line, then each hint on a line of its own.
///
/// Text from outside may stand in the chain, so control characters are made visible.
#[must_use]
pub fn render(error: &Error) -> String {
    let (hints, causes): (Vec<String>, Vec<String>) =
        error.chain().map(ToString::to_string).partition(|line| line.starts_with("hint: "));
    let mut text = String::from("error: ");
    text.push_str(&printable(&without_repetition(&causes).join(": ")));
    for hint in hints {
        // Writing to a String can't fail.
        let _ = write!(text, "\n{}", printable(&hint));
    }
    text
}

/// Renders an error as one line for a prompt, with its first hint behind it.
#[must_use]
pub fn brief(error: &Error) -> String {
    let (hints, causes): (Vec<String>, Vec<String>) =
        error.chain().map(ToString::to_string).partition(|line| line.starts_with("hint: "));
    let mut text = format!("cudaman: {}", without_repetition(&causes).join(": "));
    if let Some(hint) = hints.first() {
        text.push_str("; ");
        text.push_str(hint.trim_start_matches("hint: "));
    }
    one_line(&text)
}

/// Makes line breaks visible too: a name must not look like several lines.
#[must_use]
pub fn one_line(text: &str) -> String {
    printable(text).replace('\n', "\\n")
}

/// Returns the exit status that an error stands for.
#[must_use]
pub fn status(error: &Error) -> u8 {
    if let Some(Passthrough(status)) = error.downcast_ref() {
        return *status;
    }
    if error.downcast_ref::<UsageError>().is_some() { 2 } else { 1 }
}

/// Makes control characters visible: what a server or a file says must not steer the terminal.
#[must_use]
pub fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' | '\t' => shown.push(character),
            control if control.is_control() => shown.extend(control.escape_default()),
            other => shown.push(other),
        }
    }
    shown
}

/// Drops a cause that the line before already ends with, as errors that embed their source do.
fn without_repetition(causes: &[String]) -> Vec<&str> {
    let mut kept: Vec<&str> = Vec::new();
    for cause in causes {
        if !kept.last().is_some_and(|before| before.ends_with(cause.as_str())) {
            kept.push(cause);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context as _;

    #[test]
    fn hints_stand_on_their_own_lines() {
        let error = Err::<(), _>(advised("no space on `/home`", "free 3 GB"))
            .context("could not install 12.4")
            .expect_err("an error");
        assert_eq!(render(&error), "error: could not install 12.4: no space on `/home`\nhint: free 3 GB");
    }

    #[test]
    fn control_characters_are_shown_not_obeyed() {
        assert_eq!(render(&Error::msg("a\u{1b}[31mb")), "error: a\\u{1b}[31mb");
    }

    #[test]
    fn usage_and_passthrough_have_their_own_status() {
        assert_eq!(status(&UsageError("x".to_owned()).into()), 2);
        assert_eq!(status(&Passthrough(37).into()), 37);
        assert_eq!(status(&Error::msg("x")), 1);
    }
}
