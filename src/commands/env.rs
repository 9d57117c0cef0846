//! `cudaman env`: the environment of a toolchain, for shells and files.

use std::ffi::OsString;

use anyhow::Result;

use crate::active::{self, Active};
use crate::config::LibraryPathPolicy;
use crate::context::Context;
use crate::error::{Advise as _, advised};
use crate::model::{Environment, ToolchainRequest};
use crate::shell::{self, Change, Render, Target, Toolkit, format, plan};
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
        let Some(format) = format::format(&self.format) else { return Ok(()) };
        let bytes = match format.render {
            Render::Changes(render) => render(&changes(&active, context)?),
            Render::Assignments(render) => {
                let changes = with_target(&active, context, |target| {
                    plan::assignments(&context.environment, &context.store.versions_directories(), target)
                })?;
                let sets: Vec<_> = changes.unwrap_or_default().into_iter().filter_map(assignment).collect();
                render(&sets.iter().map(|(name, value)| (*name, value.as_os_str())).collect::<Vec<_>>())
            }
            Render::Toolkit(render) => toolkit_file(&active, render, context)?,
        };
        Ok(context.ui.raw(&bytes)?)
    }
}

/// Renders the file of a tool: nothing of this shell's environment belongs into it.
fn toolkit_file(active: &Active, render: fn(&Toolkit<'_>) -> Vec<u8>, context: &Context) -> Result<Vec<u8>> {
    let Some(toolchain) = &active.toolchain else {
        return Err(advised(
            format!("`{}` is no toolkit of cudaman's, and the file is for one", active.request),
            "name one: `cudaman env 12.4 --format cmake`",
        ));
    };
    let changes =
        with_target(active, context, |target| plan::changes(&Environment::default(), &[], Some(target)))?;
    let variables = changes.unwrap_or_default().into_iter().filter_map(assignment).collect();
    Ok(render(&Toolkit { name: &toolchain.name.to_string(), root: &toolchain.root, variables }))
}

fn assignment(change: Change) -> Option<(&'static str, OsString)> {
    match change {
        Change::Set(name, value) => Some((name, value)),
        Change::Unset(_) => None,
    }
}

/// Returns what must change in this process's environment for the active toolchain.
pub(super) fn changes(active: &Active, context: &Context) -> Result<Vec<Change>> {
    let owned = context.store.versions_directories();
    let change = |target: Option<&Target<'_>>| plan::changes(&context.environment, &owned, target);
    Ok(with_target(active, context, |target| change(Some(target)))?.unwrap_or_else(|| change(None)))
}

/// Does something with the active toolchain as a target; none if there is none.
fn with_target<T>(
    active: &Active,
    context: &Context,
    work: impl FnOnce(&Target<'_>) -> T,
) -> Result<Option<T>> {
    let Some(toolchain) = &active.toolchain else { return Ok(None) };
    let receipt = context.store.receipt(toolchain).hint_from(StoreError::hint)?;
    let add_ons =
        receipt.iter().flat_map(|receipt| &receipt.add_ons).map(|add_on| add_on.kind.as_str()).collect();
    let sets_library_path = match context.config.ld_library_path {
        LibraryPathPolicy::Auto => !plan::environment_brings_libraries(&context.environment),
        LibraryPathPolicy::Never => false,
        LibraryPathPolicy::Prepend => true,
    };
    Ok(Some(work(&Target { root: &toolchain.root, add_ons, sets_library_path })))
}

fn format_names() -> clap::builder::PossibleValuesParser {
    let value = |format: &shell::Format| clap::builder::PossibleValue::new(format.name).help(format.help);
    clap::builder::PossibleValuesParser::new(shell::FORMATS.iter().map(value).collect::<Vec<_>>())
}
