//! `cudaman local`: the project's pin.

use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use clap_complete::ArgValueCandidates;
use serde::Serialize;

use crate::active::{self, PIN_FILE};
use crate::context::Context;
use crate::error::advised;
use crate::model::ToolchainRequest;
use crate::model::request::Base;

/// Show or write the pin of this directory, `.cuda-version`
#[derive(clap::Args)]
pub struct Local {
    /// Which toolkit, or the framework that it is for
    #[arg(value_name = "REQUEST", add = ArgValueCandidates::new(super::candidates::installed))]
    request: Option<super::Target>,

    /// Remove the pin of this directory
    #[arg(long, conflicts_with = "request")]
    unset: bool,

    /// Print JSON
    #[arg(long, conflicts_with = "unset")]
    json: bool,
}

/// The pin that counts here.
#[derive(Serialize)]
struct Report {
    request: String,
    file: String,
}

impl Local {
    /// Runs the command.
    ///
    /// # Errors
    /// Returns an error where nothing is pinned, or where the file can't be written.
    pub fn run(&self, context: &Context) -> Result<()> {
        let path = context.environment.directory.join(PIN_FILE);
        if self.unset {
            return unpin(&path);
        }
        let Some(target) = &self.request else { return self.show(context) };
        pin(&path, &target.request(context)?, context)?;
        if self.json { self.show(context) } else { Ok(()) }
    }

    fn show(&self, context: &Context) -> Result<()> {
        let pin = active::pin(context)?.ok_or_else(|| {
            advised("nothing is pinned here or above", "`cudaman local <version>` writes a pin")
        })?;
        let file = pin.path.display().to_string();
        if self.json {
            return Ok(context.ui.json(&Report { request: pin.request, file })?);
        }
        context.ui.say(&format!("pinned in `{file}`"));
        Ok(context.ui.data(&pin.request)?)
    }
}

/// Writes a pin, and says so; a toolkit that isn't there is worth a warning.
pub(super) fn pin(path: &Path, request: &ToolchainRequest, context: &Context) -> Result<()> {
    write(path, request)?;
    context.ui.say(&format!("pinned `{request}` in `{}`", path.display()));
    if request.base != Base::System && context.store.find(request).is_none() {
        context.ui.warn(&format!("`{request}` is not installed"));
        context.ui.say(&format!("hint: `cudaman install '{request}'`"));
    }
    Ok(())
}

fn unpin(path: &Path) -> Result<()> {
    match fs_err::remove_file(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(advised(
            format!("nothing is pinned in `{}`", path.parent().unwrap_or(path).display()),
            "`cudaman current` says what is in effect, and why",
        )),
        result => Ok(result?),
    }
}

/// Replaces the file in one step, and a link by a file: writing through a link that came with a
/// project could overwrite something else.
fn write(path: &Path, request: &ToolchainRequest) -> Result<()> {
    let staged = path.with_file_name(format!("{PIN_FILE}.{}", std::process::id()));
    let result = fs_err::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&staged)
        .and_then(|mut file| writeln!(file, "{request}").and_then(|()| file.sync_all()))
        .and_then(|()| fs_err::rename(&staged, path));
    if result.is_err() {
        let _ = std::fs::remove_file(&staged);
    }
    result.with_context(|| format!("could not pin `{request}`"))
}
