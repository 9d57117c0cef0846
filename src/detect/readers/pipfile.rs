//! `Pipfile`: names with versions, and sources.

use super::pyproject::of_table;
use super::{Reader, malformed};
use crate::detect::collector::{Collector, Document};
use crate::detect::{leaves, said};

/// `Pipfile`.
pub(super) const PIPFILE: Reader = Reader { is_of: |name| name == "pipfile", read };

fn read(document: &Document, collector: &mut Collector) {
    let leaves = match leaves::toml(&document.text) {
        Ok(leaves) => leaves,
        Err(reason) => return malformed(document, &reason, collector),
    };
    for leaf in &leaves {
        let is_address = leaf.below(&["source", "*", "url"]).is_some();
        if let Some(statement) = is_address.then(|| said::address(&leaf.text)).flatten() {
            collector.add(&document.at(leaf.line), &leaf.text, statement);
        }
        for (key, is_optional) in [("packages", false), ("dev-packages", true)] {
            if let Some(rest) = leaf.below(&[key]) {
                of_table(document, (leaf, rest, is_optional), collector);
            }
        }
    }
}
