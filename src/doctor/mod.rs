//! What is wrong with a machine's CUDA, each finding with what was seen, why it matters and what mends it.
//!
//! It only looks. [`repair`] does what is safe and can be undone, and [`run`] asks the GPU itself.

mod caches;
mod compilers;
mod devices;
mod drivers;
mod frameworks;
mod gpus;
mod library_path;
mod links;
mod needs;
mod paths;
pub mod repair;
pub mod run;
mod scene;
mod state;

use std::fmt::Display;

use serde::Serialize;

pub use repair::Repair;
pub use scene::{Scene, Toolkit};

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Good to know: nothing fails.
    Note,
    /// Something may fail, or do other than it seems.
    Warning,
    /// Something that is wanted here does fail.
    Error,
}

/// One thing that was found.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    /// Its name, which doesn't change: `driver-too-old`.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What was seen.
    pub seen: String,
    /// Why it matters.
    pub why: String,
    /// What mends it: commands, with what they are for.
    pub fix: Vec<String>,
    /// What `--fix` does about it.
    #[serde(skip)]
    pub repair: Option<Repair>,
    /// Whether `--fix` can mend it.
    pub fixable: bool,
}

/// A thing to look for.
struct Check {
    code: &'static str,
    severity: Severity,
    /// Whether it is a matter of the machine, which a file may describe, and not of this shell and disk.
    is_of_host: bool,
    find: fn(&Scene<'_>) -> Vec<Seen>,
}

/// What a check saw.
struct Seen {
    seen: String,
    why: String,
    fix: Vec<String>,
    repair: Option<Repair>,
}

/// Every check, in the order in which people mend things: the driver before what needs it.
const CHECKS: &[&[Check]] = &[
    drivers::CHECKS,
    devices::CHECKS,
    gpus::CHECKS,
    state::CHECKS,
    compilers::CHECKS,
    paths::CHECKS,
    caches::CHECKS,
    library_path::CHECKS,
    frameworks::CHECKS,
    needs::CHECKS,
    links::CHECKS,
];

/// Looks for everything. Of another machine only what its description tells is looked at.
#[must_use]
pub fn examine(scene: &Scene<'_>) -> Vec<Finding> {
    let checks = CHECKS.iter().flat_map(|checks| checks.iter());
    checks
        .filter(|check| scene.is_here || check.is_of_host)
        .flat_map(|check| (check.find)(scene).into_iter().map(|seen| check.finding(seen)))
        .collect()
}

/// Returns the name of every finding there can be.
pub fn codes() -> impl Iterator<Item = &'static str> {
    CHECKS.iter().flat_map(|checks| checks.iter()).map(|check| check.code)
}

impl Severity {
    /// Returns the word that stands before a finding.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl Check {
    const fn error(code: &'static str, find: fn(&Scene<'_>) -> Vec<Seen>) -> Self {
        Self { code, severity: Severity::Error, is_of_host: false, find }
    }

    const fn warning(code: &'static str, find: fn(&Scene<'_>) -> Vec<Seen>) -> Self {
        Self { code, severity: Severity::Warning, is_of_host: false, find }
    }

    const fn note(code: &'static str, find: fn(&Scene<'_>) -> Vec<Seen>) -> Self {
        Self { code, severity: Severity::Note, is_of_host: false, find }
    }

    /// Makes it a matter of the machine.
    const fn of_host(self) -> Self {
        Self { is_of_host: true, ..self }
    }

    fn finding(&self, seen: Seen) -> Finding {
        let Seen { seen, why, fix, repair } = seen;
        let fixable = repair.is_some();
        Finding { code: self.code, severity: self.severity, seen, why, fix, repair, fixable }
    }
}

impl Seen {
    fn new(seen: impl Into<String>, why: impl Into<String>) -> Self {
        Self { seen: seen.into(), why: why.into(), fix: Vec::new(), repair: None }
    }

    /// Adds a line that says what mends it.
    fn fix(mut self, line: impl Into<String>) -> Self {
        self.fix.push(line.into());
        self
    }

    /// Lets `--fix` mend it.
    fn repaired_by(mut self, repair: Repair) -> Self {
        self.repair = Some(repair);
        self
    }

    fn once(self) -> Vec<Self> {
        vec![self]
    }
}

/// Says how a toolkit is installed, and taken in a shell.
fn install_and_use(request: impl Display) -> String {
    format!("`cudaman install {request}`, then `cudaman use {request}`")
}

/// Tells whether a version begins with the numbers of another: 11.8.89 with 11, and not with 1.
fn begins_with(version: &str, start: &str) -> bool {
    version.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_compared_whole() {
        assert!(begins_with("11.8.89", "11") && begins_with("11.0.221", "11.0") && begins_with("11", "11"));
        assert!(!begins_with("11", "1") && !begins_with("10", "10.1"));
    }

    #[test]
    fn each_code_is_there_once() {
        let all: Vec<_> = codes().collect();
        let distinct: std::collections::BTreeSet<_> = all.iter().collect();
        assert_eq!(distinct.len(), all.len());
        assert!(all.iter().all(|code| code.bytes().all(|byte| byte == b'-' || byte.is_ascii_lowercase())));
    }
}
