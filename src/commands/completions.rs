//! `cudaman completions`: the text that makes a shell complete cudaman's commands.

use anyhow::Result;
use clap_complete::Shell;

use crate::context::Context;

/// Print completions for a shell
#[derive(clap::Args)]
pub struct Completions {
    /// Which shell
    #[arg(value_enum)]
    shell: Shell,
}

impl Completions {
    /// Runs the command.
    ///
    /// # Errors
    /// Returns an error where stdout can't be written.
    pub fn run(&self, command: &mut clap::Command, context: &Context) -> Result<()> {
        let mut text = Vec::new();
        clap_complete::generate(self.shell, command, "cudaman", &mut text);
        Ok(context.ui.raw(&text)?)
    }
}
