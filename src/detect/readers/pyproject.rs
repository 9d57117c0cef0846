//! `pyproject.toml`: the standard's dependencies, and those of uv, Poetry, PDM and pixi.

use super::{Reader, malformed, pixi};
use crate::detect::collector::{Collector, Document};
use crate::detect::leaves::{self, Leaf};
use crate::detect::said;

/// `pyproject.toml`.
pub(super) const PYPROJECT: Reader = Reader { is_of: |name| name == "pyproject.toml", read };

/// Where lists of requirements are, and whether they are for some uses only.
const LISTS: &[(&[&str], bool)] = &[
    (&["project", "dependencies"], false),
    (&["project", "optional-dependencies", "*"], true),
    (&["dependency-groups", "*"], true),
    (&["build-system", "requires"], true),
    (&["tool", "uv", "dev-dependencies"], true),
    (&["tool", "uv", "constraint-dependencies"], false),
    (&["tool", "uv", "override-dependencies"], false),
    (&["tool", "pdm", "dev-dependencies", "*"], true),
];

/// Where names of packages lead to versions.
const TABLES: &[(&[&str], bool)] = &[
    (&["tool", "poetry", "dependencies"], false),
    (&["tool", "poetry", "dev-dependencies"], true),
    (&["tool", "poetry", "group", "*", "dependencies"], true),
];

/// Where addresses are that may name a CUDA.
const ADDRESSES: &[&[&str]] = &[
    &["tool", "uv", "index", "*", "url"],
    &["tool", "uv", "extra-index-url"],
    &["tool", "uv", "index-url"],
    &["tool", "uv", "find-links"],
    &["tool", "uv", "sources"],
    &["tool", "poetry", "source", "*", "url"],
    &["tool", "pdm", "source", "*", "url"],
];

fn read(document: &Document, collector: &mut Collector) {
    let leaves = match leaves::toml(&document.text) {
        Ok(leaves) => leaves,
        Err(reason) => return malformed(document, &reason, collector),
    };
    for leaf in &leaves {
        let list = LISTS.iter().find(|(keys, _)| leaf.below(keys).is_some_and(|rest| rest.len() == 1));
        if let Some((_, is_optional)) = list
            && let Some(statement) = said::requirement(&leaf.text)
        {
            collector.add(&document.at(leaf.line).optional(*is_optional), &leaf.text, statement);
        }
        if ADDRESSES.iter().any(|keys| leaf.below(keys).is_some())
            && let Some(statement) = said::address(&leaf.text)
        {
            collector.add(&document.at(leaf.line), &leaf.text, statement);
        }
        for (keys, is_optional) in TABLES {
            if let Some(rest) = leaf.below(keys) {
                of_table(document, (leaf, rest, *is_optional), collector);
            }
        }
    }
    pixi::read_below(document, &leaves, &["tool", "pixi"], collector);
}

/// Reads `torch = "^2.4"`, and the version or the address in `torch = { version = "2.4.1", extras = […] }`.
pub(super) fn of_table(
    document: &Document,
    (leaf, rest, is_optional): (&Leaf, &[String], bool),
    collector: &mut Collector,
) {
    let Some((name, keys)) = rest.split_first() else { return };
    let place = document.at(leaf.line).optional(is_optional);
    let shown = format!("{name} = \"{}\"", leaf.text);
    let statement = match keys.last().map(String::as_str) {
        None | Some("version") => said::requirement(&format!("{name}{}", constraint(&leaf.text))),
        Some("url") => said::requirement(&format!("{name} @ {}", leaf.text)),
        _ => None,
    };
    if let Some(statement) = statement {
        collector.add(&place, &shown, statement);
    }
}

/// Writes Poetry's `^2.4`, `~2.4`, `2.4.*` and `*` as pip would.
fn constraint(text: &str) -> String {
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty() && *part != "*");
    parts.map(clause).collect::<Vec<_>>().join(",")
}

fn clause(part: &str) -> String {
    if let Some(version) = part.strip_prefix('^') {
        return upper(version, |numbers| numbers.iter().position(|number| *number > 0).unwrap_or(0));
    }
    match part.strip_prefix('~').filter(|rest| !rest.starts_with('=')) {
        Some(version) => upper(version, |numbers| 1.min(numbers.len().saturating_sub(1))),
        None if part.starts_with(|letter: char| letter.is_ascii_digit()) => format!("=={part}"),
        None => part.to_owned(),
    }
}

/// Writes the range from a version to where the number at a place changes.
fn upper(version: &str, place: impl Fn(&[u32]) -> usize) -> String {
    let numbers: Vec<u32> = version.trim().split('.').map_while(|number| number.parse().ok()).collect();
    let at = place(&numbers);
    let mut end: Vec<u32> = numbers.iter().copied().take(at + 1).collect();
    match end.last_mut() {
        Some(last) => *last = last.saturating_add(1),
        None => return String::new(),
    }
    let end: Vec<String> = end.iter().map(ToString::to_string).collect();
    format!(">={},<{}", version.trim(), end.join("."))
}
