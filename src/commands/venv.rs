//! `cudaman venv`: toolkits for virtual environments of Python.

use std::path::PathBuf;

use anyhow::Result;
use clap_complete::ArgValueCandidates;
use serde::Serialize;

use super::attachment::{self, toolchain, versions};
use crate::context::Context;
use crate::error::{one_line, with_advice};
use crate::integrate::venv::{self, VenvError};
use crate::model::{ToolchainName, ToolchainRequest};
use crate::store::Attachment;

/// Give virtual environments of Python a toolkit: venv, virtualenv, uv
#[derive(clap::Args)]
pub struct Venv {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    Attach(Attach),
    Detach(Detach),
    List(List),
}

/// Attach a toolkit: activating the environment puts it into effect, `deactivate` takes it back
#[derive(clap::Args)]
struct Attach {
    /// The environment's directory
    directory: PathBuf,

    /// Which toolkit, of those installed
    #[arg(value_name = "REQUEST", add = ArgValueCandidates::new(super::candidates::installed))]
    request: ToolchainRequest,
}

/// Take the toolkit of an environment away again
#[derive(clap::Args)]
struct Detach {
    /// The environment's directory
    directory: PathBuf,
}

/// List the environments that have a toolkit
#[derive(clap::Args)]
struct List {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// One environment.
#[derive(Serialize)]
struct Row {
    directory: PathBuf,
    toolkit: ToolchainName,
    /// What is wrong with the attachment.
    problem: Option<&'static str>,
}

impl Venv {
    /// Runs the command.
    ///
    /// # Errors
    /// Returns an error where the environment or the toolkit isn't there, or can't be written.
    pub fn run(&self, context: &Context) -> Result<()> {
        match &self.command {
            Command::Attach(command) => command.run(context),
            Command::Detach(command) => command.run(context),
            Command::List(command) => command.run(context),
        }
    }
}

impl Attach {
    fn run(&self, context: &Context) -> Result<()> {
        let place = place(&self.directory, context);
        let detach = format!("`cudaman venv detach '{}'`", place.display());
        let toolchain = attachment::wanted(&self.request, detach, context)?;
        let _alone = attachment::alone(context)?;
        venv::attach(&place, &toolchain, &versions(context)).map_err(explained)?;
        attachment::keep(venv::KIND, &toolchain, &place, context)?;
        context.ui.say(&format!("`{}` has {} from its next activation on", place.display(), toolchain.name));
        Ok(())
    }
}

impl Detach {
    fn run(&self, context: &Context) -> Result<()> {
        let place = place(&self.directory, context);
        let _alone = attachment::alone_if_possible(context)?;
        let was_there = venv::detach(&place).map_err(explained)?;
        attachment::forget(venv::KIND, &place, context)?;
        context.ui.say(if was_there { "detached" } else { "nothing was attached" });
        Ok(())
    }
}

impl List {
    fn run(&self, context: &Context) -> Result<()> {
        let attachments = context.store.attachments().into_iter();
        let rows: Vec<Row> = attachments
            .filter(|attachment| attachment.kind == venv::KIND)
            .map(|attachment| Row {
                problem: problem(&attachment, context),
                directory: attachment.place,
                toolkit: attachment.toolchain,
            })
            .collect();
        if self.json {
            return Ok(context.ui.json(&rows)?);
        }
        if rows.is_empty() {
            context.ui.say("no virtual environment has a toolkit");
        }
        for row in rows {
            let problem = row.problem.map(|problem| format!("  {problem}")).unwrap_or_default();
            let line = format!("{}  {}{problem}", row.directory.display(), row.toolkit);
            context.ui.data(&one_line(&line))?;
        }
        Ok(())
    }
}

fn problem(attachment: &Attachment, context: &Context) -> Option<&'static str> {
    if !attachment.place.is_dir() {
        return Some("broken: the environment is gone");
    }
    match toolchain(attachment, context) {
        None => Some("broken: the toolkit is not installed"),
        Some(found) if venv::is_current(&attachment.place, &found, &versions(context)) => None,
        Some(_) => Some("broken: its scripts have changed; attach it again"),
    }
}

fn place(directory: &PathBuf, context: &Context) -> PathBuf {
    let path = context.environment.directory.join(directory);
    path.canonicalize().unwrap_or(path)
}

fn explained(error: VenvError) -> anyhow::Error {
    let advice = match &error {
        VenvError::Name { .. } => "make it at another path: `python3 -m venv …`".to_owned(),
        VenvError::NotVenv(place) => format!("`python3 -m venv '{}'` makes one", place.display()),
        VenvError::Rc(_) => "`ls -l` shows whose the file is".to_owned(),
        VenvError::Unknown(_) => {
            "`. ~/.cudaman/env.sh && cudaman_use REQUEST` after activating does the same".to_owned()
        }
    };
    with_advice(error.into(), advice)
}
