//! `cudaman list`: what is installed.

use anyhow::Result;
use serde::Serialize;

use crate::active;
use crate::context::Context;
use crate::error::Advise as _;
use crate::store::{StoreError, Toolchain};

/// Show what is installed
#[derive(clap::Args)]
#[command(visible_alias = "ls")]
pub struct List {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// One line of the list.
#[derive(Serialize)]
struct Row {
    name: String,
    active: bool,
    default: bool,
    profile: Option<String>,
    source: Option<String>,
    platform: Option<String>,
    root: String,
    unverified: bool,
    linked_to: Option<String>,
    /// Whether what a link leads to is gone.
    missing: bool,
}

impl List {
    /// Runs the command.
    ///
    /// # Errors
    /// Returns an error where a receipt can't be read.
    pub fn run(&self, context: &Context) -> Result<()> {
        let active = active::active(context).ok().and_then(|active| active.toolchain);
        let default = context.store.default_toolchain();
        let row = |toolchain: Toolchain| row(&toolchain, active.as_ref(), default.as_ref(), context);
        let rows = context.store.toolchains().into_iter().map(row).collect::<Result<Vec<_>>>()?;
        if self.json {
            return Ok(context.ui.json(&rows)?);
        }
        if rows.is_empty() {
            context.ui.say("nothing is installed yet\nhint: `cudaman install 12.4`, or `cudaman list-remote` for what exists");
        }
        let width = rows.iter().map(|row| row.name.len()).max().unwrap_or_default();
        let lines: Vec<String> = rows.iter().map(|row| line(row, width)).collect();
        // In one piece: a write for each line takes longer than to make them all.
        if !lines.is_empty() {
            context.ui.data(&lines.join(
                "
",
            ))?;
        }
        if rows.iter().any(|row| row.unverified) {
            context.ui.say("unverified: made of files that the user brought and that nobody vouches for");
        }
        Ok(())
    }
}

fn row(
    toolchain: &Toolchain,
    active: Option<&Toolchain>,
    default: Option<&Toolchain>,
    context: &Context,
) -> Result<Row> {
    let receipt = context.store.summary(toolchain).hint_from(StoreError::hint)?;
    let is = |other: Option<&Toolchain>| other.is_some_and(|other| other.root == toolchain.root);
    Ok(Row {
        name: toolchain.name.to_string(),
        active: is(active),
        default: is(default),
        profile: receipt.as_ref().map(|receipt| receipt.profile.to_string()),
        source: receipt.as_ref().map(|receipt| receipt.source.clone()),
        platform: receipt.as_ref().map(|receipt| receipt.platform.to_string()),
        root: toolchain.root.display().to_string(),
        unverified: receipt.as_ref().is_some_and(|receipt| !receipt.unverified.is_empty()),
        linked_to: toolchain.link.as_ref().map(|target| target.display().to_string()),
        missing: toolchain.is_broken,
    })
}

fn line(row: &Row, width: usize) -> String {
    let mark = if row.active { '*' } else { ' ' };
    let default = if row.default { "  (default)" } else { "" };
    let origin = match (&row.linked_to, &row.profile, &row.source) {
        (Some(target), _, _) if row.missing => format!("-> {target} (missing)"),
        (Some(target), _, _) => format!("-> {target}"),
        (None, Some(profile), Some(source)) if row.unverified => {
            format!("{profile} from {source}, unverified")
        }
        (None, Some(profile), Some(source)) => format!("{profile} from {source}"),
        _ => String::new(),
    };
    format!("{mark} {:width$}  {origin}{default}", row.name).trim_end().to_owned()
}
