//! pip's requirements files: requirements, indexes, and further files.

use super::Reader;
use crate::detect::collector::{Collector, Document};
use crate::detect::said;

/// `requirements.txt`, `requirements-gpu.txt`, `constraints.txt`, `requirements.in`.
pub(super) const REQUIREMENTS: Reader = Reader {
    is_of: |name| {
        let is_named = ["requirements", "constraints"].iter().any(|part| name.contains(part));
        is_named && [".txt", ".in", ".pip"].iter().any(|end| name.ends_with(end))
    },
    read,
};

/// The options that name an index, a page of links, or another file.
const ADDRESSES: &[&str] = &["--index-url", "--extra-index-url", "--find-links", "-i", "-f"];
const FILES: &[&str] = &["--requirement", "--constraint", "-r", "-c"];

pub(super) fn read(document: &Document, collector: &mut Collector) {
    for (number, line) in document.logical_lines() {
        let line = line.trim();
        let line =
            if line.starts_with('#') { "" } else { line.split(" #").next().unwrap_or_default().trim() };
        if line.is_empty() {
            continue;
        }
        let place = document.at(Some(number));
        if let Some(address) = option(line, ADDRESSES) {
            if let Some(statement) = said::address(address) {
                collector.add(&place, line, statement);
            }
        } else if let Some(file) = option(line, FILES) {
            if let Some(other) = collector.included(document, file) {
                read(&other, collector);
            }
        } else if let Some(statement) = said::requirement(line) {
            collector.add(&place, line, statement);
        }
    }
}

/// Returns the value of one of these options: `-r other.txt`, `--index-url=…`.
pub(super) fn option<'l>(line: &'l str, names: &[&str]) -> Option<&'l str> {
    names.iter().find_map(|name| {
        let rest = line.strip_prefix(name)?;
        let is_short = !name.starts_with("--");
        let value = rest.trim_start_matches([' ', '\t', '=']);
        (is_short || value.len() < rest.len()).then(|| value.trim().trim_matches(['"', '\'']))
    })
}
