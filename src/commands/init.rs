//! `cudaman init`: prints a shell's hook.

use anyhow::Result;

use crate::context::Context;
use crate::shell::{HomeDirectory, SHELLS, shell};

/// Print the hook of a shell
#[derive(clap::Args)]
pub struct Init {
    /// Which shell
    #[arg(value_name = "SHELL", value_parser = shell_names())]
    shell: String,
}

impl Init {
    /// Runs the command: `eval "$(cudaman init bash)"` works, the static file that `setup` loads is faster.
    ///
    /// # Errors
    /// Returns an error where stdout can't be written.
    pub fn run(&self, context: &Context) -> Result<()> {
        let Some(shell) = shell(&self.shell) else { return Ok(()) };
        let home = HomeDirectory::of(context.store.home(), &context.environment);
        Ok(context.ui.raw(&shell.text(&home))?)
    }
}

/// Returns the names that clap accepts and completes.
pub(super) fn shell_names() -> clap::builder::PossibleValuesParser {
    clap::builder::PossibleValuesParser::new(SHELLS.iter().map(|shell| shell.name).collect::<Vec<_>>())
}
