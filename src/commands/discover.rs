//! `cudaman discover`: toolkits that exist on this machine already.

use std::path::PathBuf;

use anyhow::Result;
use serde::Serialize;

use super::link;
use crate::context::Context;
use crate::discover::{self, Discovery, SystemCudnn, Toolkit};
use crate::shell::quote;

/// Look for toolkits that exist already: /usr/local/cuda-*, HPC SDK, Spack, conda, CUDA_HOME
#[derive(clap::Args)]
pub struct Discover {
    /// Link each of them, under the name that is shown
    #[arg(long)]
    adopt: bool,

    /// Look below another root, such as a mounted image
    #[arg(long, value_name = "DIR", default_value = "/")]
    root: PathBuf,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// A toolkit, and the toolchain that it is already.
#[derive(Serialize)]
struct Row<'a> {
    #[serde(flatten)]
    toolkit: &'a Toolkit,
    adopted_as: Option<String>,
}

#[derive(Serialize)]
struct Report<'a> {
    toolkits: Vec<Row<'a>>,
    cudnn: &'a [SystemCudnn],
}

impl Discover {
    /// Runs the command.
    ///
    /// # Errors
    /// Returns an error where a toolkit can't be linked; the others are.
    pub fn run(&self, context: &Context) -> Result<()> {
        let root = context.environment.directory.join(&self.root);
        let mut found = discover::discover(&root, &context.environment);
        if let Ok(home) = context.store.home().canonicalize() {
            found.toolkits.retain(|toolkit| !toolkit.is_below(&home));
        }
        if self.adopt {
            return self.adopt(&found, context);
        }
        let report = report(&found, context);
        if self.json {
            return Ok(context.ui.json(&report)?);
        }
        if report.toolkits.is_empty() && report.cudnn.is_empty() {
            context.ui.say("no toolkit was found\nhint: `cudaman install 12.4`, or `cudaman link NAME PATH`");
        }
        for row in &report.toolkits {
            context.ui.data(&line(row))?;
        }
        for cudnn in report.cudnn {
            context.ui.data(&cudnn_line(cudnn))?;
        }
        for cudnn in report.cudnn {
            context.ui.say(&adoption(cudnn, context));
        }
        Ok(())
    }

    fn adopt(&self, found: &Discovery, context: &Context) -> Result<()> {
        let mut failure = None;
        for row in &report(found, context).toolkits {
            let (path, name) = (row.toolkit.path.display(), &row.toolkit.name);
            if let Some(adopted) = &row.adopted_as {
                context.ui.say(&format!("`{path}` is `{adopted}` already"));
            } else if row.toolkit.is_scattered() {
                context.ui.say(&format!("`{path}` is scattered over the system and can't be linked"));
            } else if let Err(error) = name
                .parse()
                .map_err(Into::into)
                .and_then(|name| link::adopt(&name, &row.toolkit.path, context))
            {
                context.ui.warn(&format!("`{path}`: {error}"));
                failure = Some(error);
            }
        }
        failure.map_or(Ok(()), Err)
    }
}

fn report<'a>(found: &'a Discovery, context: &Context) -> Report<'a> {
    let toolchains = context.store.toolchains();
    let adopted = |toolkit: &Toolkit| {
        let is_it = |target: &PathBuf| toolkit.is_at(target);
        let toolchain = toolchains.iter().find(|toolchain| toolchain.link.as_ref().is_some_and(is_it))?;
        Some(toolchain.name.to_string())
    };
    let toolkits =
        found.toolkits.iter().map(|toolkit| Row { toolkit, adopted_as: adopted(toolkit) }).collect();
    Report { toolkits, cudnn: &found.cudnn }
}

fn line(row: &Row<'_>) -> String {
    let Toolkit { path, aliases, cuda, cudnn, has_nvcc, owner, name, .. } = row.toolkit;
    let cudnn = cudnn.as_ref().map(|version| format!(" cuDNN {version}")).unwrap_or_default();
    let compiler = if *has_nvcc { "" } else { " without nvcc" };
    let also: Vec<String> = aliases.iter().map(|alias| alias.display().to_string()).collect();
    let also = if also.is_empty() { String::new() } else { format!(", also {}", also.join(", ")) };
    let name = row.adopted_as.as_ref().map_or_else(|| name.clone(), |name| format!("linked as {name}"));
    format!("{}  CUDA {cuda}{cudnn}{compiler}  ({owner}{also})  {name}", path.display())
}

/// Says how a cuDNN of the system comes into a toolkit.
fn adoption(cudnn: &SystemCudnn, context: &Context) -> String {
    let own = context.store.toolchains().into_iter().rev();
    let cuda = own.filter(|toolchain| toolchain.is_own).find_map(|toolchain| toolchain.name.cuda().cloned());
    let cuda = cuda.map_or_else(|| "RELEASE".to_owned(), |cuda| cuda.truncated(2).to_string());
    let path = quote::word(&cudnn.path);
    format!("hint: `cudaman install {cuda}+cudnn --from {path}` puts a copy of it into CUDA {cuda}")
}

fn cudnn_line(cudnn: &SystemCudnn) -> String {
    let version = cudnn.version.as_ref().map(|version| format!(" {version}")).unwrap_or_default();
    let owner = cudnn.owner.as_ref().map(|owner| format!("  ({owner})")).unwrap_or_default();
    format!("{}  cuDNN{version} of the system{owner}", cudnn.path.display())
}
