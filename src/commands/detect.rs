//! `cudaman detect`: which CUDA a project or a framework wants, and why.

use std::path::PathBuf;

use anyhow::Result;

use super::HostOption;
use super::target;
use crate::active::PIN_FILE;
use crate::context::Context;
use crate::detect::Answer;

/// Tell which CUDA the project here, or a framework such as tensorflow==1.14.0, wants, and why
#[derive(clap::Args)]
#[command(after_help = "Examples:
  cudaman detect                          the project of this directory
  cudaman detect torch==2.4.1+cu121       what a framework wants
  cudaman detect ../other/project         another project, or one of its files
  cudaman detect --write                  and pin it in .cuda-version")]
pub struct Detect {
    /// Frameworks as pip writes them, a project's directory, or one of its files
    #[arg(value_name = "WHAT")]
    what: Vec<String>,

    /// Pin the answer in `.cuda-version`, as `cudaman local` does
    #[arg(long)]
    write: bool,

    /// Print JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    host: HostOption,
}

impl Detect {
    /// Runs the command.
    ///
    /// # Errors
    /// Returns an error where nothing says which CUDA is wanted, or what is said is unknown.
    pub fn run(&self, context: &Context) -> Result<()> {
        let host = self.host.read(context)?;
        let answer = target::answer(&self.what, &host, context)?;
        if self.json {
            context.ui.json(&answer)?;
        } else {
            show(&answer, context)?;
        }
        if self.write {
            return super::local::pin(&self.directory(context).join(PIN_FILE), &answer.request, context);
        }
        if context.store.find(&answer.request).is_none() && !self.json {
            context.ui.say(&format!("hint: `cudaman install '{}'`", answer.request));
        }
        Ok(())
    }

    /// Where the pin goes: into the one directory that was named, else here.
    fn directory(&self, context: &Context) -> PathBuf {
        let here = &context.environment.directory;
        match self.what.as_slice() {
            [only] if here.join(only).is_dir() => here.join(only),
            _ => here.clone(),
        }
    }
}

fn show(answer: &Answer, context: &Context) -> Result<()> {
    let mut lines = vec![format!("wanted: {}, for {}", answer.request, answer.subject)];
    for fact in &answer.facts {
        lines.push(format!("{}: {}: {} [{}]", fact.name, fact.value, fact.reason, fact.source));
    }
    lines.push(format!("fits this machine: {}", answer.fits));
    lines.extend(answer.limits.iter().map(|line| format!("limit: {line}")));
    lines.extend(
        answer.alternatives.iter().map(|other| format!("alternative: {}: {}", other.what, other.why)),
    );
    lines.extend(answer.conflicts.iter().map(|line| format!("conflict: {line}")));
    lines.extend(answer.notes.iter().map(|line| format!("note: {line}")));
    let evidence = answer.evidence.iter().take(20);
    lines.extend(evidence.map(|seen| match seen.line {
        Some(line) => format!("evidence: {}:{line}: {}", seen.file, seen.text),
        None => format!("evidence: {}: {}", seen.file, seen.text),
    }));
    lines.iter().try_for_each(|line| Ok(context.ui.data(line)?))
}
