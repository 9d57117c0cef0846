//! `cudaman direnv`: teaches direnv `use cuda`.

use anyhow::Result;

use crate::context::Context;
use crate::error::with_advice;
use crate::integrate::direnv;
use crate::integrate::rc::RcError;
use crate::shell::HomeDirectory;

/// Teach direnv the line `use cuda 11.0`
#[derive(clap::Args)]
pub struct Direnv {
    /// Take it back
    #[arg(long)]
    undo: bool,
}

impl Direnv {
    /// Runs the command.
    ///
    /// # Errors
    /// Returns an error where direnv's library file can't be written.
    pub fn run(&self, context: &Context) -> Result<()> {
        let file = direnv::file(&context.environment);
        let edit = if self.undo {
            direnv::remove(&context.environment)
        } else {
            context.prepare()?;
            let home = HomeDirectory::of(context.store.home(), &context.environment);
            direnv::install(&context.environment, &home).map_err(explained)?
        };
        match &edit {
            Some(edit) => edit.apply().map_err(explained)?,
            None => context.ui.say("nothing to do"),
        }
        let shown = file.display();
        if self.undo {
            context.ui.say(&format!("direnv no longer knows `use cuda` (`{shown}`)"));
        } else {
            context
                .ui
                .say(&format!("`use cuda 11.0` in an .envrc works now (`{shown}`); then `direnv allow`"));
        }
        Ok(())
    }
}

fn explained(error: RcError) -> anyhow::Error {
    with_advice(error.into(), "`ls -ld ~/.config/direnv` shows whose it is")
}
