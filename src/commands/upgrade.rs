//! `cudaman upgrade`: installs the newest update of each line beside what is there.

use anyhow::Result;

use super::unambiguous;
use crate::context::Context;
use crate::error::Advise as _;
use crate::install::{self, Outcome, updates};
use crate::model::ToolchainRequest;
use crate::store::StoreError;

/// Install the newest update of installed toolkits; the old ones stay until they are uninstalled
#[derive(clap::Args)]
pub struct Upgrade {
    /// Which toolchains; none means all
    #[arg(value_name = "NAME")]
    names: Vec<String>,
}

impl Upgrade {
    /// Runs the command.
    ///
    /// # Errors
    /// Returns what the first upgrade failed at.
    pub fn run(&self, context: &Context) -> Result<()> {
        let chosen =
            self.names.iter().map(|name| Ok(unambiguous(name, context)?.name)).collect::<Result<Vec<_>>>()?;
        let updates = updates::find(&chosen, context)?;
        if updates.is_empty() {
            context.ui.say("every toolkit is the newest of its line");
        }
        let default = context.store.default_request();
        for update in updates {
            let old = update.receipt.name.clone();
            let (Outcome::Installed(new) | Outcome::Present(new)) =
                install::install(&update.order(), context)?;
            context
                .ui
                .say(&format!("`{old}` -> `{}`; `cudaman uninstall '{old}'` removes the old one", new.name));
            if default.as_ref() == Some(&ToolchainRequest::exactly(&old)) {
                let request = ToolchainRequest::exactly(&new.name);
                context.store.set_default(Some(&request)).hint_from(StoreError::hint)?;
            }
        }
        Ok(())
    }
}
