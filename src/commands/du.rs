//! `cudaman du`: where the disk space went.

use anyhow::Result;

use crate::context::Context;
use crate::error::Advise as _;
use crate::store::StoreError;
use crate::ui::human_bytes;

/// Show how much disk space each toolkit takes
#[derive(clap::Args)]
pub struct Du {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Du {
    /// Runs the command.
    ///
    /// # Errors
    /// Returns an error where the store can't be read.
    pub fn run(&self, context: &Context) -> Result<()> {
        let usage = context.store.usage().hint_from(StoreError::hint)?;
        if self.json {
            return Ok(context.ui.json(&usage)?);
        }
        for toolchain in &usage.toolchains {
            let (total, own) = (human_bytes(toolchain.total), human_bytes(toolchain.own));
            context
                .ui
                .data(&format!("{:24} {total:>12}  of which its own {own}", toolchain.name.to_string()))?;
        }
        context.ui.data(&format!("{:24} {:>12}", "packages", human_bytes(usage.packages)))?;
        context.ui.data(&format!("{:24} {:>12}", "downloads", human_bytes(usage.cache)))?;
        Ok(context.ui.data(&format!("{:24} {:>12}", "all, each file once", human_bytes(usage.total)))?)
    }
}
