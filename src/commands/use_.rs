//! `cudaman use`: acts on the shell through its hook; without one, it says what it can do instead.

use std::io::IsTerminal as _;

use anyhow::Result;
use clap_complete::ArgValueCandidates;

use super::make_default;
use crate::active;
use crate::context::Context;
use crate::error::advised;

/// Set by the hooks that look at the first word only, for a command that isn't `use` by it.
pub(super) const SHELL_VARIABLE: &str = "__CUDAMAN_SHELL";

/// Use a toolkit from now on
#[derive(clap::Args)]
pub struct Use {
    /// Which toolkit, or the framework that it is for, such as tensorflow==1.14.0; none looks again at what the directory and the default say
    #[arg(value_name = "REQUEST", add = ArgValueCandidates::new(super::candidates::installed))]
    request: Option<super::Target>,

    /// Go back to the pin or the default
    #[arg(long, conflicts_with = "request")]
    unset: bool,

    /// Answer to the hook of the shell that asks
    #[arg(long, hide = true)]
    in_shell: bool,
}

impl Use {
    /// Runs the command: with a hook, it acts on the shell. Without one, on a terminal it sets the default,
    /// since a program can't change the shell that started it; in a script that would be a lasting
    /// surprise, so it fails there.
    ///
    /// # Errors
    /// Returns an error where the toolkit isn't installed, and without a hook wherever no person watches.
    pub fn run(&self, context: &Context) -> Result<()> {
        if self.in_shell {
            return self.answer(context);
        }
        let Some(target) = &self.request else {
            return Err(advised(
                "no shell hook is loaded, so `use` without a toolkit has nothing to act on",
                "`cudaman setup` loads the hook in new shells; `unset CUDAMAN_VERSION` undoes a choice",
            ));
        };
        let request = &target.request(context)?;
        active::requested(Some(request), context)?;
        if context.environment.variable(SHELL_VARIABLE).is_some() {
            return Err(advised(
                "`use` acts on this shell where it is the first word",
                format!("`cudaman use '{request}'`, with options behind it"),
            ));
        }
        if !(std::io::stdin().is_terminal() && context.ui.is_terminal()) {
            return Err(advised(
                "`use` can't change the shell that started it: no hook is loaded",
                format!(
                    "`cudaman default '{request}'`, `cudaman exec '{request}' -- …`, or `eval \"$(cudaman env '{request}')\"`"
                ),
            ));
        }
        make_default(request, context)?;
        context.ui.say(&format!(
            "the default is now `{request}`, in every shell; with the hook of `cudaman setup`, `use` acts on one"
        ));
        Ok(())
    }

    /// Tells the hook what to set: `use REQUEST`, `unset`, or `again`.
    fn answer(&self, context: &Context) -> Result<()> {
        let Some(target) = &self.request else {
            return Ok(context.ui.data(if self.unset { "unset" } else { "again" })?);
        };
        let request = &target.request(context)?;
        let active = active::requested(Some(request), context)?;
        if let Some(toolchain) = &active.toolchain {
            context.ui.say(&format!("`{}` in this shell", toolchain.name));
        }
        Ok(context.ui.data(&format!("use {request}"))?)
    }
}
