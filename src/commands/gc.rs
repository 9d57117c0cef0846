//! `cudaman gc`: removes packages that no toolchain uses.

use anyhow::Result;

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
}

impl Gc {
    /// Runs the command.
    ///
    /// # Errors
    /// Returns an error where the store can't be changed.
    pub fn run(&self, context: &Context) -> Result<()> {
        let report = context.store.gc(self.dry_run).hint_from(StoreError::hint)?;
        for (path, bytes) in &report.removed {
            context.ui.data(&format!("{}  {}", path.display(), human_bytes(*bytes)))?;
        }
        report.notes.iter().for_each(|note| context.ui.warn(note));
        let verb = if self.dry_run { "would free" } else { "freed" };
        context.ui.say(&format!("{verb} {}", human_bytes(report.bytes())));
        Ok(())
    }
}
