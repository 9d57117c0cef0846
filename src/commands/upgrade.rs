//! `cudaman upgrade`: installs the newest update of each line beside what is there.

use anyhow::Result;
use clap_complete::ArgValueCandidates;
use serde::Serialize;

use super::{make_default, unambiguous};
use crate::context::Context;
use crate::install::{self, Outcome, updates};
use crate::model::{ToolchainName, ToolchainRequest};

/// Install the newest update of installed toolkits; the old ones stay until they are uninstalled
#[derive(clap::Args)]
pub struct Upgrade {
    /// Which toolchains; none means all
    #[arg(value_name = "NAME", add = ArgValueCandidates::new(super::candidates::installed))]
    names: Vec<String>,

    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

/// One upgrade.
#[derive(Serialize)]
struct Report {
    from: ToolchainName,
    to: ToolchainName,
    root: String,
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
        let mut reports = Vec::new();
        let result = updates.iter().try_for_each(|update| {
            let old = update.receipt.name.clone();
            let (Outcome::Installed(new) | Outcome::Present(new)) =
                install::install(&update.order(), context)?;
            context
                .ui
                .say(&format!("`{old}` -> `{}`; `cudaman uninstall '{old}'` removes the old one", new.name));
            if default.as_ref() == Some(&ToolchainRequest::exactly(&old)) {
                make_default(&ToolchainRequest::exactly(&new.name), context)?;
            }
            reports.push(Report { from: old, to: new.name, root: new.root.display().to_string() });
            Ok(())
        });
        if self.json {
            context.ui.json(&reports)?;
        }
        result
    }
}
