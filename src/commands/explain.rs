//! `cudaman explain`: what an error text means, and what to do.

use std::io::Read as _;

use anyhow::{Context as _, Result};

use crate::compat::explain::{Explanation, explain};
use crate::context::Context;
use crate::error::advised;

/// The most of a text that is read: logs of a day are larger, errors never are.
const MOST: u64 = 16 << 20;

/// Explain an error of CUDA, a compiler or a framework: its cause and what to do
#[derive(clap::Args)]
pub struct Explain {
    /// The text; without it, what comes through a pipe: `python train.py 2>&1 | cudaman explain`
    #[arg(value_name = "TEXT")]
    text: Vec<String>,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Explain {
    /// Runs the command.
    ///
    /// # Errors
    /// Returns an error where nothing in the text is known, or it can't be read.
    pub fn run(&self, context: &Context) -> Result<()> {
        let found = explain(&self.text(context)?);
        if self.json {
            context.ui.json(&found)?;
        } else {
            found.iter().enumerate().try_for_each(|(index, one)| show(index, one, context))?;
        }
        if found.is_empty() {
            let advice = "paste the whole text, with the lines before the last one, as in `python train.py 2>&1 | cudaman explain`";
            return Err(advised("nothing in this text is an error that cudaman knows", advice));
        }
        Ok(())
    }

    fn text(&self, context: &Context) -> Result<String> {
        if !self.text.is_empty() {
            return Ok(self.text.join(" "));
        }
        if context.ui.can_ask() {
            context.ui.say("paste the text, then press Ctrl-D");
        }
        let mut bytes = Vec::new();
        std::io::stdin().take(MOST).read_to_end(&mut bytes).context("could not read the text from stdin")?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

fn show(index: usize, one: &Explanation, context: &Context) -> Result<()> {
    if index > 0 {
        context.ui.data("")?;
    }
    context.ui.data(&format!("cause: {}", one.cause))?;
    context.ui.data(&format!("evidence: {}", one.evidence))?;
    one.advice.iter().try_for_each(|line| Ok(context.ui.data(&format!("hint: {line}"))?))
}
