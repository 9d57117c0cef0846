//! `cudaman use`: without a shell hook, it says what it can do instead.

use std::io::IsTerminal as _;

use anyhow::Result;

use super::make_default;
use crate::active;
use crate::context::Context;
use crate::error::advised;
use crate::model::ToolchainRequest;

/// Use a toolkit from now on
#[derive(clap::Args)]
pub struct Use {
    /// Which toolkit
    #[arg(value_name = "REQUEST", required_unless_present = "unset")]
    request: Option<ToolchainRequest>,

    /// Go back to the pin or the default
    #[arg(long, conflicts_with = "request")]
    unset: bool,
}

impl Use {
    /// Runs the command: on a terminal it sets the default, since a program can't change the shell
    /// that started it; in a script that would be a lasting surprise, so it fails there.
    ///
    /// # Errors
    /// Returns an error where the toolkit isn't installed, and wherever no person watches.
    pub fn run(&self, context: &Context) -> Result<()> {
        let Some(request) = &self.request else {
            return Err(advised(
                "no shell hook is loaded, so there is nothing to unset",
                "`unset CUDAMAN_VERSION`",
            ));
        };
        active::requested(Some(request), context)?;
        if !(std::io::stdin().is_terminal() && context.ui.is_terminal()) {
            return Err(advised(
                "`use` can't change the shell that started it",
                format!(
                    "`cudaman default '{request}'`, `cudaman exec '{request}' -- …`, or `eval \"$(cudaman env '{request}')\"`"
                ),
            ));
        }
        make_default(request, context)?;
        context.ui.say(&format!("the default is now `{request}`, in every shell"));
        Ok(())
    }
}
