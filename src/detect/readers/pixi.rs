//! `pixi.toml`, and pixi's part of `pyproject.toml`.

use super::{Reader, malformed};
use crate::detect::collector::{Collector, Document};
use crate::detect::evidence::Strength;
use crate::detect::leaves::{self, Leaf};
use crate::detect::said;
use crate::model::Version;

/// `pixi.toml`.
pub(super) const PIXI: Reader = Reader { is_of: |name| name == "pixi.toml", read };

/// What may stand before `dependencies`, and whether it is for some uses only.
const PLACES: &[(&[&str], bool)] = &[
    (&[], false),
    (&["target", "*"], false),
    (&["feature", "*"], true),
    (&["feature", "*", "target", "*"], true),
];

fn read(document: &Document, collector: &mut Collector) {
    match leaves::toml(&document.text) {
        Ok(leaves) => read_below(document, &leaves, &[], collector),
        Err(reason) => malformed(document, &reason, collector),
    }
}

/// Reads what stands below these keys.
pub(super) fn read_below(document: &Document, leaves: &[Leaf], keys: &[&str], collector: &mut Collector) {
    for leaf in leaves {
        for (place, is_optional) in PLACES {
            for section in ["dependencies", "pypi-dependencies", "system-requirements"] {
                let keys = [keys, place, &[section]].concat();
                if let Some([name, rest @ ..]) = leaf.below(&keys) {
                    let found = Entry { section, name, key: rest.last().map_or("version", String::as_str) };
                    found.read(document, (leaf, *is_optional), collector);
                }
            }
        }
    }
}

struct Entry<'l> {
    section: &'l str,
    name: &'l str,
    key: &'l str,
}

impl Entry<'_> {
    fn read(&self, document: &Document, (leaf, is_optional): (&Leaf, bool), collector: &mut Collector) {
        let place = document.at(leaf.line).optional(is_optional);
        let shown = format!("{} = \"{}\"", self.name, leaf.text);
        // conda and pip spell a bare version, and a star, each in its own way.
        let version = leaf.text.trim().trim_start_matches('*');
        let is_bare = version.starts_with(|letter: char| letter.is_ascii_digit());
        let spec = format!("{}{}{version}", self.name, if is_bare { "=" } else { "" });
        match (self.section, self.key) {
            ("system-requirements", "version") if self.name == "cuda" => {
                if let Ok(version) = leaf.text.parse::<Version>() {
                    collector.add_as(&place, &shown, said::at_least(&version), Strength::Range);
                }
            }
            ("pypi-dependencies", "version") => {
                if let Some(statement) = said::requirement(&spec) {
                    collector.add(&place, &shown, statement);
                }
            }
            ("dependencies", "version") => {
                if let Some(statement) = said::conda(&spec) {
                    collector.add(&place.of_conda(true), &shown, statement);
                }
            }
            ("dependencies", "build") => {
                if let Some(cuda) = said::tag_in(&leaf.text) {
                    let statement = crate::detect::evidence::Statement::Toolkit(vec![cuda]);
                    collector.add(&place.of_conda(true), &shown, statement);
                }
            }
            (_, "index" | "url") => {
                if let Some(statement) = said::address(&leaf.text) {
                    collector.add(&place, &shown, statement);
                }
            }
            _ => {}
        }
    }
}
