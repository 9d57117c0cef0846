//! `--host FILE`: another machine's description in the place of this one.

use std::path::PathBuf;

use anyhow::Result;

use crate::context::Context;
use crate::error::Advise as _;
use crate::host::{Host, HostError};

/// Names the machine that a command is about; the variable does too.
const VARIABLE: &str = "CUDAMAN_HOST";

/// Which machine a command is about.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct HostOption {
    /// Plan for the machine where `cudaman doctor --json` wrote this file
    #[arg(id = "host", long, value_name = "FILE")]
    file: Option<PathBuf>,
}

impl HostOption {
    /// Looks at this machine, or reads the description of the other.
    ///
    /// # Errors
    /// Returns an error where the description can't be read.
    pub fn read(&self, context: &Context) -> Result<Host> {
        match self.file.as_deref().or_else(|| context.environment.path(VARIABLE)) {
            Some(file) => Host::from_file(file, &context.environment).hint_from(HostError::hint),
            None => Ok(Host::read(&context.environment)),
        }
    }

    /// Tells whether it is about this machine.
    #[must_use]
    pub fn is_this(&self, context: &Context) -> bool {
        self.file.is_none() && context.environment.path(VARIABLE).is_none()
    }
}
