//! `cudaman which`: where a tool of the toolchain in effect is.

use anyhow::Result;
use serde::Serialize;

use crate::active;
use crate::context::Context;

/// Show the path of a tool of the toolkit in effect
#[derive(clap::Args)]
pub struct Which {
    /// The tool: nvcc, ptxas, cuobjdump, …
    #[arg(value_name = "TOOL")]
    tool: String,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Where the tool is.
#[derive(Serialize)]
struct Report<'a> {
    tool: &'a str,
    path: String,
    /// The toolchain that holds it; none means the system's toolkit.
    toolchain: Option<String>,
}

impl Which {
    /// Runs the command.
    ///
    /// # Errors
    /// Returns an error that names the toolchains that do have the tool.
    pub fn run(&self, context: &Context) -> Result<()> {
        let active = active::active(context)?;
        let path = active::tool(&self.tool, &active, context)?.display().to_string();
        if !self.json {
            return Ok(context.ui.data(&path)?);
        }
        let toolchain = active.toolchain.map(|toolchain| toolchain.name.to_string());
        Ok(context.ui.json(&Report { tool: &self.tool, path, toolchain })?)
    }
}
