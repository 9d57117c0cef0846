//! Lock files: uv's, Poetry's, PDM's and the standard's in TOML, Pipenv's in JSON, pixi's and conda's in YAML.

use super::{Reader, malformed};
use crate::detect::collector::{Collector, Document};
use crate::detect::evidence::{Statement, Strength};
use crate::detect::leaves::{self, Leaf};
use crate::detect::{said, wheel};

/// `uv.lock`, `poetry.lock`, `pdm.lock`, `pylock.toml`.
pub(super) const TOML: Reader = Reader {
    is_of: |name| {
        ["uv.lock", "poetry.lock", "pdm.lock"].contains(&name)
            || (name.starts_with("pylock.") && name.ends_with(".toml"))
    },
    read: read_toml,
};

/// `Pipfile.lock`.
pub(super) const PIPFILE: Reader = Reader { is_of: |name| name == "pipfile.lock", read: read_pipfile };

/// `pixi.lock`.
pub(super) const PIXI: Reader = Reader { is_of: |name| name == "pixi.lock", read: read_pixi };

fn read_toml(document: &Document, collector: &mut Collector) {
    let leaves = match leaves::toml(&document.text) {
        Ok(leaves) => leaves,
        Err(reason) => return malformed(document, &reason, collector),
    };
    let is_package = |leaf: &&Leaf| {
        ["package", "packages"].contains(&leaf.key(0))
            && ["name", "version"].contains(&leaf.key(2))
            && leaf.path.len() == 3
    };
    let mut name: Option<&Leaf> = None;
    let mut version: Option<&Leaf> = None;
    for leaf in leaves.iter().filter(is_package) {
        let slot = if leaf.last() == "name" { &mut name } else { &mut version };
        *slot = Some(leaf);
        if let (Some(name), Some(version)) = (name, version)
            && name.key(1) == version.key(1)
        {
            let text = format!("{}=={}", name.text, version.text);
            add(document, (name.line.min(version.line), &text), said::package(&text), collector);
        }
    }
}

fn read_pipfile(document: &Document, collector: &mut Collector) {
    let leaves = match leaves::json(&document.text) {
        Ok(leaves) => leaves,
        Err(reason) => return malformed(document, &reason, collector),
    };
    for leaf in leaves.iter().filter(|leaf| leaf.path.len() == 3 && leaf.last() == "version") {
        let text = format!("{}{}", leaf.key(1), leaf.text);
        let key = format!("\"{}\"", leaf.key(1));
        let line = document.lines().find(|(_, line)| line.contains(&key)).map(|(number, _)| number);
        add(document, (line, &text), said::package(&text), collector);
    }
}

/// Each package is the address of its file, which has the name, the version and the build.
fn read_pixi(document: &Document, collector: &mut Collector) {
    for (number, line) in document.lines() {
        let line = line.trim().trim_start_matches("- ");
        let text = match line.split_once(": ") {
            Some(("conda", address)) => wheel::of_conda(address),
            Some(("pypi", address)) => wheel::of_wheel(address),
            _ => None,
        };
        let Some(text) = text else { continue };
        let is_conda = line.starts_with("conda");
        let statement = if is_conda { said::conda(&text) } else { said::package(&text) };
        let Some(statement) = statement else { continue };
        let strength = statement.strength().max(Strength::Lock);
        // The packages, which follow, repeat what environments have.
        let place = document.at(Some(number)).of_conda(is_conda);
        if !collector.findings.evidence.iter().any(|found| found.file == document.name && found.text == text)
        {
            collector.add_as(&place, &text, statement, strength);
        }
    }
}

fn add(
    document: &Document,
    (line, text): (Option<usize>, &str),
    statement: Option<Statement>,
    collector: &mut Collector,
) {
    if let Some(statement) = statement {
        let strength = statement.strength().max(Strength::Lock);
        collector.add_as(&document.at(line), text, statement, strength);
    }
}
