//! `cudaman default`: what is in effect where nothing else was chosen.

use anyhow::Result;
use clap_complete::ArgValueCandidates;
use serde::Serialize;

use super::make_default;
use crate::context::Context;
use crate::error::{Advise as _, advised};
use crate::store::StoreError;

/// Show or set the toolkit that is in effect where nothing is pinned
#[derive(clap::Args)]
pub struct Default {
    /// Which toolkit, or `system`, or the framework that it is for
    #[arg(value_name = "REQUEST", add = ArgValueCandidates::new(super::candidates::installed))]
    request: Option<super::Target>,

    /// Have no default, also after the next install
    #[arg(long, conflicts_with = "request")]
    unset: bool,

    /// Print JSON
    #[arg(long, conflicts_with = "unset")]
    json: bool,
}

/// The default, and what it leads to.
#[derive(Serialize)]
struct Report {
    request: String,
    /// None for the system's toolkit, and where nothing is installed that satisfies the request.
    toolchain: Option<String>,
}

impl Default {
    /// Runs the command.
    ///
    /// # Errors
    /// Returns an error where the toolkit isn't installed, or where none is the default.
    pub fn run(&self, context: &Context) -> Result<()> {
        if self.unset {
            context.prepare()?;
            return context.store.set_default(None).hint_from(StoreError::hint);
        }
        let Some(target) = &self.request else { return self.show(context) };
        let request = target.request(context)?;
        make_default(&request, context)?;
        context.ui.say(&format!("the default is now `{request}`"));
        if self.json { self.show(context) } else { Ok(()) }
    }

    fn show(&self, context: &Context) -> Result<()> {
        let request = context
            .store
            .default_request()
            .ok_or_else(|| advised("there is no default", "`cudaman default <version>` sets one"))?
            .to_string();
        if !self.json {
            return Ok(context.ui.data(&request)?);
        }
        let toolchain = context.store.default_toolchain().map(|toolchain| toolchain.name.to_string());
        Ok(context.ui.json(&Report { request, toolchain })?)
    }
}
