//! CMake's lists: which CUDA is looked for, and for which GPUs it compiles.

use super::Reader;
use crate::compat::gpu::{self, ComputeCapability};
use crate::detect::collector::{Collector, Document};
use crate::detect::evidence::{Statement, Strength};
use crate::detect::said;
use crate::model::request::{AddOns, Base, Operator};
use crate::model::{ToolchainRequest, Version};

/// `CMakeLists.txt`.
pub(super) const CMAKE: Reader = Reader { is_of: |name| name == "cmakelists.txt", read };

fn read(document: &Document, collector: &mut Collector) {
    for (number, line) in commands(document) {
        let line = line.as_str();
        let place = document.at(Some(number));
        if let Some((statement, strength)) = package(line) {
            collector.add_as(&place, line, statement, strength);
        }
        if let Some(statement) = architectures(line) {
            collector.add_as(&place, line, statement, Strength::Range);
        }
    }
}

/// Returns the commands, each as one line with the number of its first, without comments.
fn commands(document: &Document) -> Vec<(usize, String)> {
    let mut found: Vec<(usize, String)> = Vec::new();
    for (number, line) in document.lines() {
        let line = line.split('#').next().unwrap_or_default().trim();
        let is_open =
            |text: &String| text.len() < 4_096 && text.matches('(').count() > text.matches(')').count();
        match found.last_mut().filter(|(_, text)| is_open(text)) {
            Some((_, text)) => {
                text.push(' ');
                text.push_str(line);
            }
            None => found.push((number, line.to_owned())),
        }
    }
    found
}

/// Reads `find_package(CUDAToolkit 12 REQUIRED)`, where the version is the least that will do unless it says
/// EXACT (CMake's documentation of `find_package`), and that a project is written in CUDA.
fn package(line: &str) -> Option<(Statement, Strength)> {
    let lower = line.to_ascii_lowercase();
    let (command, rest) = lower.split_once('(')?;
    let mut words =
        rest.split(|letter: char| letter.is_whitespace() || letter == ')').filter(|word| !word.is_empty());
    let any = || Statement::Toolkit(vec![ToolchainRequest { base: Base::Latest, add_ons: AddOns::Any }]);
    match command.trim() {
        "find_package" if matches!(words.next()?, "cuda" | "cudatoolkit") => {
            let version = words.next().and_then(|word| word.parse::<Version>().ok());
            let is_exact = words.any(|word| word == "exact");
            Some(match version {
                None => (any(), Strength::Newest),
                Some(version) if is_exact => (said::exactly(&version), Strength::Cuda),
                Some(version) => (said::at_least(&version.truncated(2)), Strength::Cuda),
            })
        }
        "project" | "enable_language" if words.any(|word| word == "cuda") => Some((any(), Strength::Newest)),
        _ => None,
    }
}

/// Reads `set(CMAKE_CUDA_ARCHITECTURES 70 75 86)`: the toolkits that compile for all of these.
fn architectures(line: &str) -> Option<Statement> {
    let (before, rest) = line.split_once("CUDA_ARCHITECTURES")?;
    if !before.contains("set") || before.contains("if") {
        return None;
    }
    let words = rest.split(|letter: char| !letter.is_ascii_alphanumeric());
    let wanted: Vec<ComputeCapability> = words
        .filter(|word| word.starts_with(|letter: char| letter.is_ascii_digit()))
        .filter_map(|word| format!("sm_{word}").parse().ok())
        .collect();
    if wanted.is_empty() {
        return None;
    }
    let has_all = |line: &&Version| {
        gpu::architectures(line).is_some_and(|known| wanted.iter().all(|one| known.contains(one)))
    };
    let lines: Vec<&Version> = gpu::cuda_lines().filter(has_all).collect();
    let (first, last) = (*lines.first()?, *lines.last()?);
    let bounds = vec![(Operator::GreaterOrEqual, first.clone()), (Operator::LessOrEqual, last.clone())];
    Some(Statement::Toolkit(vec![ToolchainRequest { base: Base::Range(bounds), add_ons: AddOns::Any }]))
}
