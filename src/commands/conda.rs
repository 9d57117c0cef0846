//! `cudaman conda`: toolkits for conda environments.

use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::Result;
use clap_complete::ArgValueCandidates;
use serde::Serialize;

use super::attachment::{self, is_same, toolchain, versions};
use crate::context::Context;
use crate::error::{Advise as _, one_line, with_advice};
use crate::integrate::conda::{self, AttachError, CondaEnvironment, FindError, State};
use crate::integrate::handmade::{self, HandMade};
use crate::model::{ToolchainName, ToolchainRequest};
use crate::store::Attachment;

/// Give conda environments a toolkit: conda, mamba, micromamba, pixi
#[derive(clap::Args)]
pub struct Conda {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    Attach(Attach),
    Detach(Detach),
    List(List),
}

/// Attach a toolkit: `conda activate` puts it into effect, `conda deactivate` takes it back
#[derive(clap::Args)]
struct Attach {
    /// The environment's name or prefix
    #[arg(add = ArgValueCandidates::new(super::candidates::environments))]
    environment: OsString,

    /// Which toolkit, of those installed
    #[arg(value_name = "REQUEST", add = ArgValueCandidates::new(super::candidates::installed))]
    request: ToolchainRequest,

    /// Make comments of the lines that set up CUDA by hand in the environment's own scripts
    #[arg(long)]
    take_over: bool,
}

/// Take the toolkit of an environment away again
#[derive(clap::Args)]
struct Detach {
    /// The environment's name or prefix
    #[arg(add = ArgValueCandidates::new(super::candidates::environments))]
    environment: OsString,
}

/// List environments, and what each has
#[derive(clap::Args)]
struct List {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// One environment.
#[derive(Serialize)]
struct Row {
    name: Option<String>,
    prefix: PathBuf,
    manager: &'static str,
    toolkit: Option<ToolchainName>,
    /// What is wrong with the attachment.
    problem: Option<&'static str>,
    /// CUDA packages of its own.
    brings: Vec<String>,
}

impl Conda {
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
        let environment = found(&self.environment, context)?;
        let prefix = &environment.prefix;
        let detach = format!("`cudaman conda detach '{}'`", prefix.display());
        let toolchain = attachment::wanted(&self.request, detach, context)?;
        let alone = attachment::alone(context)?;
        conda::attach(prefix, &toolchain, &versions(context))
            .map_err(|error| explained(error, &environment))?;
        attachment::keep(conda::KIND, &toolchain, prefix, context)?;
        drop(alone);
        say_what_it_meets(&environment, context);
        self.say_hand_made(&handmade::find_in_conda(prefix), context);
        let name = environment.name.as_deref().map_or_else(|| prefix.display().to_string(), str::to_owned);
        let word = if name.contains(|letter: char| letter.is_whitespace()) {
            format!("'{name}'")
        } else {
            name.clone()
        };
        context.ui.say(&format!(
            "`{name}` has {} from its next activation on: `conda activate {word}`",
            toolchain.name
        ));
        Ok(())
    }

    /// Shows what was set up by hand in the environment, and takes it over if asked to.
    fn say_hand_made(&self, found: &[HandMade], context: &Context) {
        if !self.take_over {
            for line in found {
                context.ui.warn(&format!(
                    "{}:{} sets up CUDA by hand: `{}`; `--take-over` makes a comment of it",
                    line.file.display(),
                    line.line,
                    line.text.trim()
                ));
            }
            return;
        }
        super::say_taken_over(&handmade::comment_out(found), context);
    }
}

impl Detach {
    fn run(&self, context: &Context) -> Result<()> {
        let environment = found(&self.environment, context)?;
        let _alone = attachment::alone_if_possible(context)?;
        let was_there = conda::detach(&environment.prefix).map_err(|error| explained(error, &environment))?;
        for file in handmade::scripts_in_conda(&environment.prefix) {
            handmade::restore(&file)?;
        }
        attachment::forget(conda::KIND, &environment.prefix, context)?;
        context.ui.say(if was_there {
            "detached; a shell in which the environment is active keeps the toolkit until it is left"
        } else {
            "nothing was attached"
        });
        Ok(())
    }
}

impl List {
    fn run(&self, context: &Context) -> Result<()> {
        let rows = rows(context);
        if self.json {
            return Ok(context.ui.json(&rows)?);
        }
        if rows.is_empty() {
            context.ui.say("there is no conda environment");
        }
        for row in rows {
            let toolkit = row.toolkit.map_or_else(|| "-".to_owned(), |name| name.to_string());
            let problem = row.problem.map(|problem| format!("  {problem}")).unwrap_or_default();
            let brings = if row.brings.is_empty() {
                String::new()
            } else {
                format!("  (its own: {})", row.brings.join(", "))
            };
            let name = row.name.unwrap_or_else(|| "-".to_owned());
            let line = format!("{name}  {toolkit}  {}{problem}{brings}", row.prefix.display());
            context.ui.data(&one_line(&line))?;
        }
        Ok(())
    }
}

fn rows(context: &Context) -> Vec<Row> {
    let attachments = context.store.attachments();
    let attached = |prefix: &PathBuf| {
        attachments.iter().find(|other| other.kind == conda::KIND && is_same(&other.place, prefix))
    };
    let mut environments = conda::environments(&context.environment);
    for attachment in attachments.iter().filter(|attachment| attachment.kind == conda::KIND) {
        if !environments.iter().any(|environment| is_same(&environment.prefix, &attachment.place)) {
            environments.push(CondaEnvironment {
                name: None,
                prefix: attachment.place.clone(),
                manager: "conda",
                is_base: false,
            });
        }
    }
    let row = |environment: CondaEnvironment| {
        let attachment = attached(&environment.prefix);
        let problem = match attachment {
            Some(attachment) => problem(attachment, context),
            None if conda::is_attached(&environment.prefix) => Some("attached by another store"),
            None => None,
        };
        let brings = conda::brings(&environment.prefix).into_iter();
        Row {
            toolkit: attachment.map(|attachment| attachment.toolchain.clone()),
            problem,
            brings: brings.map(|package| format!("{} {}", package.name, package.version)).collect(),
            name: environment.name,
            prefix: environment.prefix,
            manager: environment.manager,
        }
    };
    environments.into_iter().map(row).collect()
}

fn problem(attachment: &Attachment, context: &Context) -> Option<&'static str> {
    if !attachment.place.is_dir() {
        return Some("broken: the environment is gone");
    }
    let Some(toolchain) = toolchain(attachment, context) else {
        return Some("broken: the toolkit is not installed");
    };
    match conda::state(&attachment.place, &toolchain, &versions(context)) {
        State::Absent => Some("broken: the scripts are gone"),
        State::Changed => Some("broken: the scripts have changed; attach it again"),
        State::Current => None,
    }
}

fn found(text: &OsString, context: &Context) -> Result<CondaEnvironment> {
    conda::find(text, &context.environment).hint_from(FindError::hint)
}

/// Says what CUDA the environment has itself, which the toolkit goes before.
fn say_what_it_meets(environment: &CondaEnvironment, context: &Context) {
    let packages = conda::brings(&environment.prefix);
    if packages.is_empty() && !conda::brings_nvcc(&environment.prefix) {
        if conda::brings_wheels(&environment.prefix) {
            context.ui.say(
                "the environment's Python packages bring CUDA libraries of their own: LD_LIBRARY_PATH stays as it is there",
            );
        }
        return;
    }
    let names: Vec<String> =
        packages.iter().map(|package| format!("{} {}", package.name, package.version)).collect();
    let what = if names.is_empty() { "`bin/nvcc`".to_owned() } else { names.join(", ") };
    context.ui.warn(&format!(
        "the environment brings CUDA of its own ({what}); what is attached goes before it, and libraries of both may meet in one process"
    ));
}

fn explained(error: AttachError, environment: &CondaEnvironment) -> anyhow::Error {
    let advice = match &error {
        AttachError::Name { .. } => {
            "make an environment at another path: `conda create --prefix …`".to_owned()
        }
        AttachError::Rc(_) if environment.is_base => {
            "an environment of your own can be written: `conda create --name mine`".to_owned()
        }
        AttachError::Rc(_) => format!("`ls -ld '{}'` shows whose it is", environment.prefix.display()),
    };
    with_advice(error.into(), advice)
}
