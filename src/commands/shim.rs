//! The shim's slow path: ranges, which no index can hold, and errors, which need words.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use anyhow::Result;
use cudaman_shims::depth::{DEPTH_VARIABLE, next_depth};
use cudaman_shims::links::names_links;

use crate::active::{self, Active};
use crate::context::Context;
use crate::error::{Advise as _, Passthrough, printable, render};
use crate::model::ToolchainRequest;
use crate::packages::TOOLKIT;

/// Run a tool as the shim does, with words where that fails
#[derive(clap::Args)]
#[command(disable_help_flag = true)]
pub struct Shim {
    /// The tool
    tool: String,

    /// Its arguments
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
}

impl Shim {
    /// Runs the tool, which takes the place of this process.
    ///
    /// # Errors
    /// Says why it can't, and exits as a shell would: 126 or 127.
    pub fn run(&self, context: &Context) -> Result<()> {
        match self.prepare(context) {
            Ok(mut command) => {
                let error = command.exec();
                let program = command.get_program().to_string_lossy();
                context.ui.fail(&format!("error: could not run `{}`: {error}", printable(&program)));
                Err(Passthrough(126).into())
            }
            Err(error) => {
                context.ui.fail(&render(&error));
                let is_misuse = error.downcast_ref::<Misuse>().is_some();
                Err(Passthrough(if is_misuse { 126 } else { 127 }).into())
            }
        }
    }

    fn prepare(&self, context: &Context) -> Result<Command> {
        let environment = &context.environment;
        let depth = environment.variable(DEPTH_VARIABLE).map(OsStrExt::as_bytes).unwrap_or_default();
        let depth =
            next_depth(depth).ok_or_else(|| Misuse("shims start each other without end".to_owned()))?;
        let (text, arguments) = self.split_request();
        let request = text.as_deref().map(str::parse::<ToolchainRequest>).transpose()?;
        let active = active::requested(request.as_ref(), context)?;
        self.refuse_links(&active, arguments, context)?;
        let mut command = Command::new(active::tool(&self.tool, &active, context)?);
        command.args(arguments).env(DEPTH_VARIABLE, depth.to_string());
        let Some(toolchain) = &active.toolchain else { return Ok(command) };
        for name in TOOLKIT.root_variables.iter().filter(|name| environment.variable(name).is_none()) {
            command.env(name, &toolchain.root);
        }
        if request.is_some() {
            command.env("CUDAMAN_VERSION", ToolchainRequest::exactly(&toolchain.name).to_string());
        }
        Ok(command)
    }

    /// Refuses paths below `shims/`, which lead to the default toolchain, while another is active.
    fn refuse_links(&self, active: &Active, arguments: &[OsString], context: &Context) -> Result<()> {
        let default = context.store.default_toolchain();
        if active.toolchain.as_ref().map(|toolchain| &toolchain.root)
            == default.as_ref().map(|toolchain| &toolchain.root)
        {
            return Ok(());
        }
        let home = context.store.home().as_os_str().as_bytes();
        let Some(argument) = arguments.iter().find(|argument| names_links(argument.as_bytes(), home)) else {
            return Ok(());
        };
        let message = format!(
            "`{}` belongs to the default toolkit, and `{}` is active",
            argument.display(),
            active.request
        );
        Err(Misuse(message)).hint(format!("`cudaman exec '{}' -- …` for the whole build", active.request))
    }

    /// Takes `+12.4` off the front of the arguments.
    fn split_request(&self) -> (Option<String>, &[OsString]) {
        let first = self
            .arguments
            .first()
            .and_then(|argument| argument.to_str()?.strip_prefix('+').map(str::to_owned));
        match first {
            Some(request) => (Some(request), &self.arguments[1..]),
            None => (None, &self.arguments),
        }
    }
}

/// A call that would mix two toolkits, or never end.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Misuse(String);
