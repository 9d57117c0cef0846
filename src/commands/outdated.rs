//! `cudaman outdated`: installed toolkits of which there is a newer update release.

use anyhow::Result;
use serde::Serialize;

use crate::context::Context;
use crate::install::updates;
use crate::model::{ToolchainName, Version};

/// Show installed toolkits that have a newer update in their line, such as 12.4.1 for 12.4.0
#[derive(clap::Args)]
pub struct Outdated {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// One toolkit and its update.
#[derive(Serialize)]
struct Row {
    installed: ToolchainName,
    newest: Version,
}

impl Outdated {
    /// Runs the command.
    ///
    /// # Errors
    /// Returns an error where no source can be asked.
    pub fn run(&self, context: &Context) -> Result<()> {
        let updates = updates::find(&[], context)?;
        let row = |update: updates::Update| Row { installed: update.receipt.name, newest: update.newest };
        let rows: Vec<Row> = updates.into_iter().map(row).collect();
        if self.json {
            return Ok(context.ui.json(&rows)?);
        }
        if rows.is_empty() {
            context.ui.say("every toolkit is the newest of its line");
        }
        rows.iter()
            .try_for_each(|row| Ok(context.ui.data(&format!("{} -> {}", row.installed, row.newest))?))
    }
}
