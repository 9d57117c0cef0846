//! `cudaman compat-link`: an old name for the library that a toolkit has, where the right toolkit can't be had.

use anyhow::Result;
use clap_complete::ArgValueCandidates;
use serde::Serialize;

use crate::compat::{abi, soname};
use crate::context::Context;
use crate::error::advised;
use crate::install::links::{compat_links, link, stand_in, unlink};
use crate::model::{CompatLink, ToolchainRequest};
use crate::store::Toolchain;

/// Give a toolkit's library an older name, where the toolkit that has it can't be had
///
/// The link belongs to the toolkit: it takes effect with it, stays when it grows, and goes with it. Programs
/// that open libraries by name, as TensorFlow does, take it; those that were linked ask for the versions of
/// symbols too, and may refuse.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  cudaman compat-link libcudart.so.10.1 --in 11.0
  cudaman compat-link libcudart.so.10.1 --in 11.0 --remove
  cudaman compat-link --list")]
pub struct CompatLinkCommand {
    /// The name that is missing: `libcudart.so.10.1`
    #[arg(value_name = "SONAME", required_unless_present = "list")]
    soname: Option<String>,

    /// In which toolkit
    #[arg(long = "in", value_name = "REQUEST", required_unless_present = "list", add = ArgValueCandidates::new(super::candidates::installed))]
    toolkit: Option<String>,

    /// Make it even where the library is known to differ
    #[arg(long, conflicts_with = "remove")]
    force: bool,

    /// Remove it
    #[arg(long)]
    remove: bool,

    /// List the links of all toolkits
    #[arg(long, conflicts_with_all = ["soname", "toolkit", "force", "remove"])]
    list: bool,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What is printed.
#[derive(Serialize)]
struct Report {
    toolchain: String,
    soname: String,
    target: String,
}

impl CompatLinkCommand {
    /// Runs the command.
    ///
    /// # Errors
    /// Returns an error where the toolkit has no such library, or one that is known to differ.
    pub fn run(&self, context: &Context) -> Result<()> {
        let (Some(soname), Some(toolkit)) = (&self.soname, &self.toolkit) else { return self.show(context) };
        let toolchain = super::unambiguous(toolkit, context)?;
        if self.remove {
            return self.unmake(soname, &toolchain, context);
        }
        let target = stand_in(soname, &toolchain, context)?;
        if let Some(known) = abi::known_break(soname, &target).filter(|_| !self.force) {
            let source = known.source.map(|source| format!(" ({source})")).unwrap_or_default();
            let message = format!("`{target}` is no stand-in for `{soname}`: {}{source}", known.reason);
            return Err(advised(
                message,
                real(soname).unwrap_or_else(|| "`--force` makes the link all the same".to_owned()),
            ));
        }
        if let Some(real) = real(soname) {
            context.ui.warn(&format!("a link is a makeshift: {real}"));
        }
        let made = link(CompatLink { soname: soname.clone(), target: target.clone() }, &toolchain, context)?;
        if made.is_none() {
            context.ui.say(&format!("`{}` has this link already", toolchain.name));
        }
        self.print(Report { toolchain: toolchain.name.to_string(), soname: soname.clone(), target }, context)
    }

    fn unmake(&self, soname: &str, toolchain: &Toolchain, context: &Context) -> Result<()> {
        if unlink(soname, toolchain, context)?.is_none() {
            let message = format!("`{}` has no link `{}`", toolchain.name, soname.escape_default());
            return Err(advised(message, "`cudaman compat-link --list` shows those that there are"));
        }
        context.ui.say(&format!("removed `{soname}` from `{}`", toolchain.name));
        Ok(())
    }

    fn show(&self, context: &Context) -> Result<()> {
        let reports: Vec<Report> = compat_links(context)
            .into_iter()
            .map(|(name, link)| Report {
                toolchain: name.to_string(),
                soname: link.soname,
                target: link.target,
            })
            .collect();
        if self.json {
            return Ok(context.ui.json(&reports)?);
        }
        reports.iter().try_for_each(|report| Ok(context.ui.data(&line(report))?))
    }

    fn print(&self, report: Report, context: &Context) -> Result<()> {
        if self.json {
            return Ok(context.ui.json(&report)?);
        }
        Ok(context.ui.data(&line(&report))?)
    }
}

fn line(report: &Report) -> String {
    format!("{}  {} -> {}", report.toolchain, report.soname, report.target)
}

/// Says what brings a library itself, where that is known.
fn real(soname: &str) -> Option<String> {
    let library = soname::library(soname)?;
    match (library.cuda.last(), &library.provider) {
        (Some(line), _) => Some(format!("`cudaman install {line}` brings the real {soname}")),
        (None, Some(add_on)) if add_on != "driver" => {
            let request: Option<ToolchainRequest> = format!("latest+{add_on}").parse().ok();
            request.map(|_| format!("the add-on `+{add_on}` of a toolkit is the real {soname}"))
        }
        _ => None,
    }
}
