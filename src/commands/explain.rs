//! `cudaman explain`: what an error text means, and what to do.

mod clipboard;
mod reconcile;

use std::ffi::OsString;
use std::io::Read as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, ExitStatus};

use anyhow::{Context as _, Result};

use self::reconcile::reconcile;
use crate::compat::explain::{Explanation, explain};
use crate::compat::watch::watch;
use crate::context::Context;
use crate::error::{Passthrough, advised, printable};

/// The most of a text that is read: logs of a day are larger, errors never are.
const MOST: u64 = 16 << 20;

/// Explain an error of CUDA, a compiler or a framework: its cause and what to do
#[derive(clap::Args)]
#[command(after_help = "Examples:
  python train.py 2>&1 | cudaman explain
  cudaman explain -- python train.py     runs it, and explains what it wrote to stderr
  cudaman explain --clipboard")]
pub struct Explain {
    /// The text; without it, what comes through a pipe: `python train.py 2>&1 | cudaman explain`
    #[arg(value_name = "TEXT")]
    text: Vec<String>,

    /// Explain what the clipboard holds
    #[arg(long, conflicts_with = "text")]
    clipboard: bool,

    /// Print JSON
    #[arg(long)]
    json: bool,

    /// Run this command, and explain what it wrote to stderr when it has ended
    #[arg(value_name = "COMMAND", last = true, conflicts_with_all = ["text", "clipboard", "json"])]
    command: Vec<OsString>,
}

impl Explain {
    /// Runs the command.
    ///
    /// # Errors
    /// Returns an error where nothing in the text is known, or it can't be read; for a command its own status.
    pub fn run(&self, context: &Context) -> Result<()> {
        if let Some((program, arguments)) = self.command.split_first() {
            return self.run_command(program, arguments, context);
        }
        let found = reconcile(explain(&self.text(context)?), &[], context);
        if self.json {
            context.ui.json(&found)?;
        } else {
            lines(&found).try_for_each(|line| context.ui.data(&line))?;
        }
        if found.is_empty() {
            let advice = "paste the whole text, with the lines before the last one, as in `python train.py 2>&1 | cudaman explain`";
            return Err(advised("nothing in this text is an error that cudaman knows", advice));
        }
        Ok(())
    }

    fn run_command(&self, program: &OsString, arguments: &[OsString], context: &Context) -> Result<()> {
        let mut command = Command::new(program);
        command.args(arguments);
        let heard = match watch(command, &mut context.ui.stderr(), MOST as usize) {
            Ok(heard) => heard,
            Err(error) => {
                let status = if error.kind() == std::io::ErrorKind::NotFound { 127 } else { 126 };
                let program = printable(&program.to_string_lossy());
                context.ui.fail(&format!("error: could not run `{program}`: {error}"));
                return Err(Passthrough(status).into());
            }
        };
        let found = explain(&String::from_utf8_lossy(&heard.text));
        let found = reconcile(found, &self.command, context);
        if !found.is_empty() && !heard.text.ends_with(b"\n") && !heard.text.is_empty() {
            context.ui.say("");
        }
        lines(&found).for_each(|line| context.ui.say(&line));
        if found.is_empty() && !heard.status.success() {
            context.ui.say("cudaman: nothing that it wrote to stderr is an error that cudaman knows");
        }
        pass_on(heard.status)
    }

    fn text(&self, context: &Context) -> Result<String> {
        if !self.text.is_empty() {
            return Ok(self.text.join(" "));
        }
        if self.clipboard {
            return clipboard::read(MOST);
        }
        if context.ui.can_ask() {
            context.ui.say("paste the text, then press Ctrl-D");
        }
        let mut bytes = Vec::new();
        std::io::stdin().take(MOST).read_to_end(&mut bytes).context("could not read the text from stdin")?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

/// Ends as the command did; a signal is told as shells tell it.
fn pass_on(status: ExitStatus) -> Result<()> {
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    match code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1) {
        0 => Ok(()),
        code => Err(Passthrough(code).into()),
    }
}

fn lines(found: &[Explanation]) -> impl Iterator<Item = String> {
    found.iter().enumerate().flat_map(|(index, one)| {
        let space = (index > 0).then(String::new);
        let head = [format!("cause: {}", one.cause), format!("evidence: {}", one.evidence)];
        let advice = one.advice.iter().map(|line| format!("hint: {line}"));
        space.into_iter().chain(head).chain(advice)
    })
}
