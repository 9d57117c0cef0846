//! The proof after an install: a toolchain must show that it can do what it is for.
//!
//! Files that a compile needs, what nvcc says of itself, and whether the host's compiler suits it.
//! No GPU and no driver is needed, nothing is compiled, and nothing is repaired here.

mod files;
mod host;
mod nvcc;

use std::path::Path;

use crate::model::{Environment, ToolchainReceipt};

/// One thing that is wrong, or may go wrong, with a toolchain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Whether the toolchain is broken or the machine lacks something.
    pub severity: Severity,
    /// What is wrong, and where.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The toolchain doesn't do what its profile promises.
    Failure,
    /// The toolchain is whole; something around it isn't.
    Warning,
}

/// Returns what is wrong with the toolchain that stands at `root`; nothing if it proved itself.
///
/// For a toolchain of another processor only its files are looked at. Runs the root's `nvcc` and
/// the host's compiler, each for a minute at most and without the user's nvcc settings.
#[must_use]
pub fn prove(root: &Path, receipt: &ToolchainReceipt, environment: &Environment) -> Vec<Finding> {
    let (cuda, profile) = (&receipt.cuda, receipt.profile);
    let mut findings = files::check(root, cuda, profile);
    if profile.has_compiler() && root.join(nvcc::PATH).is_file() && !nvcc::is_foreign(root) {
        let host = host::check(root, receipt, environment);
        findings.extend(nvcc::check_version(root, cuda, environment));
        // Without a compiler even a dry run stops before it says anything.
        if findings.is_empty() && host.is_present {
            findings.extend(nvcc::check_top(root, environment));
        }
        findings.extend(host.findings);
    }
    findings
}

impl Finding {
    fn failure(message: String, hint: Option<String>) -> Self {
        Self { severity: Severity::Failure, message, hint }
    }

    fn warning(message: String, hint: Option<String>) -> Self {
        Self { severity: Severity::Warning, message, hint }
    }
}

#[cfg(test)]
mod tests;
