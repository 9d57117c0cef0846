//! `cudaman verify`: every file against its receipt.

use anyhow::Result;

use crate::context::Context;
use crate::error::{Advise as _, advised};
use crate::install;
use crate::store::{Problem, Repair, Report, Severity, StoreError};
use crate::ui::human_bytes;

/// Check every file of the store against its receipt
#[derive(clap::Args)]
pub struct Verify {
    /// Mend it, downloading again what is damaged
    #[arg(long)]
    repair: bool,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Verify {
    /// Runs the command.
    ///
    /// # Errors
    /// Returns an error where anything is damaged that was not mended.
    pub fn run(&self, context: &Context) -> Result<()> {
        // What a killed process left is completed by every next command; a read-only home needs none.
        let _ = context.store.finish();
        let repair = if self.repair { Repair::Yes } else { Repair::No };
        let mut report = context.store.verify(repair).hint_from(StoreError::hint)?;
        if self.repair && !report.is_healthy() {
            mend(&report, context)?;
            report = context.store.verify(repair).hint_from(StoreError::hint)?;
        }
        if self.json {
            context.ui.json(&report)?;
        } else {
            for problem in &report.problems {
                context.ui.data(&line(problem))?;
            }
            context.ui.say(&format!("{} files checked, {}", report.files, human_bytes(report.bytes)));
        }
        if report.is_healthy() {
            return Ok(());
        }
        Err(advised("the store is not as it should be", "`cudaman verify --repair`"))
    }
}

fn line(problem: &Problem) -> String {
    let state = if problem.is_repaired { "mended" } else { problem.severity.name() };
    let hint = problem.hint.as_deref().filter(|_| !problem.is_repaired);
    let hint = hint.map(|hint| format!(" (hint: {hint})")).unwrap_or_default();
    format!("{state}: `{}`: {}{hint}", problem.path.display(), problem.what)
}

/// Downloads again what can't be mended from the store.
fn mend(report: &Report, context: &Context) -> Result<()> {
    for toolchain in context.store.toolchains().iter().filter(|toolchain| toolchain.is_own) {
        let is_open = |problem: &&Problem| !problem.is_repaired && problem.severity == Severity::Error;
        let is_hurt =
            report.problems.iter().filter(is_open).any(|problem| problem.path.starts_with(&toolchain.root));
        let damaged = report.reinstall.get(&toolchain.name);
        if !is_hurt && damaged.is_none() {
            continue;
        }
        if let Some(receipt) = context.store.receipt(toolchain).hint_from(StoreError::hint)? {
            install::mend(&receipt, damaged.map_or(&[], Vec::as_slice), context)?;
        }
    }
    Ok(())
}
