//! `cudaman gc`: removes packages that no toolchain uses.

use std::path::PathBuf;

use anyhow::Result;
use serde::Serialize;

use crate::context::Context;
use crate::error::Advise as _;
use crate::store::StoreError;
use crate::ui::human_bytes;

/// Remove packages that no toolkit uses
#[derive(clap::Args)]
pub struct Gc {
    /// Show what would be removed
    #[arg(long)]
    dry_run: bool,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What was removed, or would be.
#[derive(Serialize)]
struct Report {
    removed: Vec<Removed>,
    bytes: u64,
}

/// One package.
#[derive(Serialize)]
struct Removed {
    path: String,
    bytes: u64,
}

impl Gc {
    /// Runs the command.
    ///
    /// # Errors
    /// Returns an error where the store can't be changed.
    pub fn run(&self, context: &Context) -> Result<()> {
        let report = context.store.gc(self.dry_run).hint_from(StoreError::hint)?;
        report.notes.iter().for_each(|note| context.ui.warn(note));
        if self.json {
            let one =
                |(path, bytes): &(PathBuf, u64)| Removed { path: path.display().to_string(), bytes: *bytes };
            let removed = report.removed.iter().map(one).collect();
            return Ok(context.ui.json(&Report { removed, bytes: report.bytes() })?);
        }
        for (path, bytes) in &report.removed {
            context.ui.data(&format!("{}  {}", path.display(), human_bytes(*bytes)))?;
        }
        let verb = if self.dry_run { "would free" } else { "freed" };
        context.ui.say(&format!("{verb} {}", human_bytes(report.bytes())));
        Ok(())
    }
}
