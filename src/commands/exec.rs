//! `cudaman exec`: runs a command in the environment of a toolchain.

use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;

use anyhow::Result;
use clap_complete::ArgValueCandidates;

use super::gpu_choice::GpuOptions;
use super::use_::SHELL_VARIABLE;
use crate::active::{self, effect};
use crate::context::Context;
use crate::error::{Passthrough, printable};
use crate::shell::Change;

/// Run a command in the environment of a toolkit
#[derive(clap::Args)]
pub struct Exec {
    /// Which toolkit, or the framework that it is for; none means the one in effect
    #[arg(value_name = "REQUEST", add = ArgValueCandidates::new(super::candidates::installed))]
    request: Option<super::Target>,

    #[command(flatten)]
    gpus: GpuOptions,

    /// The command and its arguments
    #[arg(value_name = "COMMAND", last = true, required = true)]
    command: Vec<OsString>,
}

impl Exec {
    /// Runs the command, which takes the place of this process.
    ///
    /// # Errors
    /// Returns an error where the toolkit isn't installed or the GPUs can't be had; a command that can't be
    /// started gives the status that a shell would give, 126 or 127.
    pub fn run(&self, context: &Context) -> Result<()> {
        let request = self.request.as_ref().map(|target| target.request(context)).transpose()?;
        let active = active::requested(request.as_ref(), context)?;
        let Some((program, arguments)) = self.command.split_first() else { return Ok(()) };
        let choice = self.gpus.choose(context)?;
        let mut command = std::process::Command::new(program);
        command.args(arguments);
        for change in effect::changes(&active, context) {
            match change {
                Change::Set(name, value) => command.env(&*name, value),
                Change::Unset(name) => command.env_remove(&*name),
            };
        }
        command.env("CUDAMAN_VERSION", effect::version(&active)).env_remove(SHELL_VARIABLE);
        if let Some(choice) = choice {
            command.env("CUDA_DEVICE_ORDER", "PCI_BUS_ID").env("CUDA_VISIBLE_DEVICES", choice.visible());
            choice.hand_over()?;
        }
        let error = command.exec();
        let status = if error.kind() == std::io::ErrorKind::NotFound { 127 } else { 126 };
        context
            .ui
            .fail(&format!("error: could not run `{}`: {error}", printable(&program.to_string_lossy())));
        Err(Passthrough(status).into())
    }
}
