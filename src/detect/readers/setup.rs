//! `setup.py` and `setup.cfg`: the lines that are plainly requirements. Python is not understood here.

use super::Reader;
use crate::detect::collector::{Collector, Document};
use crate::detect::said;

/// `setup.py`, `setup.cfg`.
pub(super) const SETUP: Reader = Reader { is_of: |name| ["setup.py", "setup.cfg"].contains(&name), read };

fn read(document: &Document, collector: &mut Collector) {
    let is_python = document.name.ends_with(".py");
    for (number, line) in document.lines() {
        let line = line.trim();
        if line.starts_with('#') {
            continue;
        }
        let place = document.at(Some(number));
        let parts = if is_python {
            quoted(line)
        } else {
            vec![line.trim_start_matches("install_requires").trim_start_matches([' ', '='])]
        };
        for text in parts.into_iter().filter(|text| is_requirement(text, is_python && !is_item(line))) {
            if let Some(statement) = said::requirement(text) {
                collector.add(&place, text, statement);
            }
        }
    }
}

/// Tells whether a line is one text in quotes and no more: an item of a list.
fn is_item(line: &str) -> bool {
    let item = line.trim_end_matches(',');
    matches!(quoted(item).as_slice(), [only] if only.len() + 2 == item.len())
}

/// A name alone may be any word of the program, unless it is a package's that says its CUDA.
fn is_requirement(text: &str, is_code: bool) -> bool {
    let has_version = text.contains(['=', '<', '>', '~']);
    let is_alone = ["tensorflow-gpu", "tensorflow", "torch", "jax", "cupy"].contains(&text);
    has_version || text.contains("-cu") || is_alone && (!is_code || text != "torch")
}

/// Returns the texts in quotes of a line.
fn quoted(line: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = line;
    while let Some(at) = rest.find(['"', '\'']) {
        let quote = &rest[at..=at];
        let after = &rest[at + 1..];
        let Some(end) = after.find(quote) else { break };
        found.push(&after[..end]);
        rest = &after[end + 1..];
    }
    found
}
