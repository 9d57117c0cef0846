//! `cudaman which`: where a tool of the toolchain in effect is.

use anyhow::Result;

use crate::active;
use crate::context::Context;

/// Show the path of a tool of the toolkit in effect
#[derive(clap::Args)]
pub struct Which {
    /// The tool: nvcc, ptxas, cuobjdump, …
    #[arg(value_name = "TOOL")]
    tool: String,
}

impl Which {
    /// Runs the command.
    ///
    /// # Errors
    /// Returns an error that names the toolchains that do have the tool.
    pub fn run(&self, context: &Context) -> Result<()> {
        let path = active::tool(&self.tool, &active::active(context)?, context)?;
        Ok(context.ui.data(&path.display().to_string())?)
    }
}
