//! The proof after an install: a toolchain must show that it can do what it is for.
//!
//! Files that a compile needs, what nvcc says of itself, and whether the host's compiler suits it.
//! No GPU and no driver is needed, nothing is compiled, and nothing is repaired here.

mod files;
mod host;
mod nvcc;

use std::path::Path;

use crate::model::{Adaptation, Environment, ToolchainReceipt, Version};

/// One thing that is wrong, or may go wrong, with a toolchain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What it is about.
    pub matter: Matter,
    /// Whether the toolchain is broken or the machine lacks something.
    pub severity: Severity,
    /// What is wrong, and where.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// What a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Matter {
    /// The compiler that nvcc needs isn't there.
    CompilerMissing,
    /// The compiler is none that the toolkit takes.
    CompilerUnfit,
    /// The C library's headers and the toolkit's don't go together.
    Glibc,
    /// The toolkit's own files and programs.
    Toolkit,
}

/// A toolkit whose host compiler is looked at.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// Where it stands.
    pub root: &'a Path,
    /// Its release.
    pub cuda: &'a Version,
    /// How it was made to suit the machine.
    pub adaptation: &'a Adaptation,
    /// What to call it in a command: a toolchain's name.
    pub name: &'a str,
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
        let (adaptation, name) = (&receipt.adaptation, receipt.name.to_string());
        let host = host::check(&Subject { root, cuda, adaptation, name: &name }, environment);
        findings.extend(nvcc::check_version(root, cuda, environment));
        // Without a compiler even a dry run stops before it says anything.
        if findings.is_empty() && host.is_present {
            findings.extend(nvcc::check_top(root, environment));
        }
        findings.extend(host.findings);
    }
    findings
}

/// Returns what is wrong with the host compiler of a toolkit, whosever it is.
#[must_use]
pub fn prove_compiler(subject: &Subject<'_>, environment: &Environment) -> Vec<Finding> {
    host::check(subject, environment).findings
}

impl Finding {
    fn failure(message: String, hint: Option<String>) -> Self {
        Self { matter: Matter::Toolkit, severity: Severity::Failure, message, hint }
    }

    fn warning(matter: Matter, message: String, hint: Option<String>) -> Self {
        Self { matter, severity: Severity::Warning, message, hint }
    }
}

#[cfg(test)]
mod tests;
