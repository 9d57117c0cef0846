//! `cudaman env`: the environment of a toolchain, for shells and files.

use anyhow::Result;

use crate::active::{self, Active};
use crate::config::LibraryPathPolicy;
use crate::context::Context;
use crate::error::Advise as _;
use crate::model::ToolchainRequest;
use crate::shell::{self, Change, Target, format, plan};
use crate::store::StoreError;

/// Print the environment of a toolkit for a shell or a file
#[derive(clap::Args)]
pub struct Env {
    /// Which toolkit; none means the one in effect
    #[arg(value_name = "REQUEST")]
    request: Option<ToolchainRequest>,

    /// For which shell or file
    #[arg(long, short, default_value = "sh", value_parser = format_names())]
    format: String,
}

impl Env {
    /// Runs the command.
    ///
    /// # Errors
    /// Returns an error where the toolkit isn't installed.
    pub fn run(&self, context: &Context) -> Result<()> {
        let active = active::requested(self.request.as_ref(), context)?;
        let changes = changes(&active, context)?;
        let Some(format) = format::format(&self.format) else { return Ok(()) };
        Ok(context.ui.raw(&(format.render)(&changes))?)
    }
}

/// Returns what must change in this process's environment for the active toolchain.
pub(super) fn changes(active: &Active, context: &Context) -> Result<Vec<Change>> {
    let owned = context.store.versions_directories();
    let Some(toolchain) = &active.toolchain else {
        return Ok(plan::changes(&context.environment, &owned, None));
    };
    let receipt = context.store.receipt(toolchain).hint_from(StoreError::hint)?;
    let add_ons =
        receipt.iter().flat_map(|receipt| &receipt.add_ons).map(|add_on| add_on.kind.as_str()).collect();
    let sets_library_path = match context.config.ld_library_path {
        LibraryPathPolicy::Auto => !plan::environment_brings_libraries(&context.environment),
        LibraryPathPolicy::Never => false,
        LibraryPathPolicy::Prepend => true,
    };
    let target = Target { root: &toolchain.root, add_ons, sets_library_path };
    Ok(plan::changes(&context.environment, &owned, Some(&target)))
}

fn format_names() -> clap::builder::PossibleValuesParser {
    let value = |format: &shell::Format| clap::builder::PossibleValue::new(format.name).help(format.help);
    clap::builder::PossibleValuesParser::new(shell::FORMATS.iter().map(value).collect::<Vec<_>>())
}
