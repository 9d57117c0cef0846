//! `cudaman env`: the environment of a toolchain, for shells and files.

use std::borrow::Cow;
use std::ffi::OsString;

use anyhow::Result;
use clap_complete::ArgValueCandidates;

use crate::active::{self, Active, effect};
use crate::context::Context;
use crate::error::advised;
use crate::model::ToolchainRequest;
use crate::shell::{self, Change, Render, Toolkit, format};

/// Print the environment of a toolkit for a shell or a file
#[derive(clap::Args)]
pub struct Env {
    /// Which toolkit; none means the one in effect
    #[arg(value_name = "REQUEST", add = ArgValueCandidates::new(super::candidates::installed))]
    request: Option<ToolchainRequest>,

    /// For which shell or file
    #[arg(long, short, default_value = "sh", value_parser = format_names())]
    format: String,
}

impl Env {
    /// Runs the command. Naming a toolkit is an act, as `use` is: shims and hooks follow it.
    ///
    /// # Errors
    /// Returns an error where the toolkit isn't installed.
    pub fn run(&self, context: &Context) -> Result<()> {
        let active = active::requested(self.request.as_ref(), context)?;
        let Some(format) = format::format(&self.format) else { return Ok(()) };
        let act = self
            .request
            .as_ref()
            .map(|_| Change::Set(Cow::Borrowed("CUDAMAN_VERSION"), OsString::from(effect::version(&active))));
        let bytes = match format.render {
            Render::Changes(render) => {
                render(&effect::changes(&active, context).into_iter().chain(act).collect::<Vec<_>>())
            }
            Render::Assignments(render) => {
                let sets = sets(effect::assignments(&active, context).into_iter().chain(act));
                render(&sets.iter().map(|(name, value)| (&**name, value.as_os_str())).collect::<Vec<_>>())
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
    let variables = sets(effect::own_variables(toolchain, context));
    Ok(render(&Toolkit { name: &toolchain.name.to_string(), root: &toolchain.root, variables }))
}

fn sets(changes: impl IntoIterator<Item = Change>) -> Vec<(Cow<'static, str>, OsString)> {
    let assignment = |change| match change {
        Change::Set(name, value) => Some((name, value)),
        Change::Unset(_) => None,
    };
    changes.into_iter().filter_map(assignment).collect()
}

fn format_names() -> clap::builder::PossibleValuesParser {
    let value = |format: &shell::Format| clap::builder::PossibleValue::new(format.name).help(format.help);
    clap::builder::PossibleValuesParser::new(shell::FORMATS.iter().map(value).collect::<Vec<_>>())
}
