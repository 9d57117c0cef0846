//! `cudaman current`: which toolchain is in effect, and why.

use anyhow::Result;
use serde::Serialize;

use crate::active::{self, Active};
use crate::context::Context;
use crate::error::Advise as _;
use crate::layout;
use crate::store::StoreError;

/// Show which toolkit is in effect, and why
#[derive(clap::Args)]
pub struct Current {
    /// Print the name only
    #[arg(long)]
    short: bool,

    /// Print JSON
    #[arg(long, conflicts_with = "short")]
    json: bool,
}

/// What is in effect.
#[derive(Serialize)]
struct Report {
    name: String,
    request: String,
    reason: String,
    unverified: bool,
    root: Option<String>,
    /// cuDNN's version, as its header in the toolkit tells it.
    cudnn: Option<String>,
}

impl Current {
    /// Runs the command.
    ///
    /// # Errors
    /// Returns an error where nothing is in effect, or what is asked for isn't installed.
    pub fn run(&self, context: &Context) -> Result<()> {
        let active = active::active(context)?;
        let report = report(&active, context)?;
        if self.json {
            return Ok(context.ui.json(&report)?);
        }
        if self.short {
            return Ok(context.ui.data(&report.name)?);
        }
        let cudnn = report.cudnn.as_ref().map(|version| format!("; cuDNN {version}")).unwrap_or_default();
        let note = if report.unverified { "; unverified files" } else { "" };
        Ok(context.ui.data(&format!("{} ({}{cudnn}{note})", report.name, report.reason))?)
    }
}

fn report(active: &Active, context: &Context) -> Result<Report> {
    let receipt = match &active.toolchain {
        Some(toolchain) => context.store.summary(toolchain).hint_from(StoreError::hint)?,
        None => None,
    };
    Ok(Report {
        unverified: receipt.is_some_and(|receipt| !receipt.unverified.is_empty()),
        name: active
            .toolchain
            .as_ref()
            .map_or_else(|| "system".to_owned(), |toolchain| toolchain.name.to_string()),
        request: active.request.clone(),
        reason: active.reason.clone(),
        root: active.toolchain.as_ref().map(|toolchain| toolchain.root.display().to_string()),
        cudnn: active
            .toolchain
            .as_ref()
            .and_then(|toolchain| layout::cudnn_version(&toolchain.root))
            .map(String::from),
    })
}
