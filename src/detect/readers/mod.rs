//! The files that a project says something in: one reader for each kind, in the `READERS` slice.

mod cmake;
mod conda;
pub(super) mod docker;
mod locks;
mod pipfile;
mod pixi;
mod pyproject;
mod requirements;
mod setup;

use super::collector::{Collector, Document};

/// A kind of file.
pub(super) struct Reader {
    /// Tells whether a file of this name, in small letters, is one.
    pub(super) is_of: fn(&str) -> bool,
    /// Reads one.
    pub(super) read: fn(&Document, &mut Collector),
}

/// Every kind, in the order in which they are read.
pub(super) const READERS: &[Reader] = &[
    requirements::REQUIREMENTS,
    pyproject::PYPROJECT,
    pipfile::PIPFILE,
    setup::SETUP,
    conda::ENVIRONMENT,
    pixi::PIXI,
    locks::TOML,
    locks::PIPFILE,
    locks::PIXI,
    docker::DOCKERFILE,
    cmake::CMAKE,
];

/// Returns the reader of a file, by its name.
pub(super) fn reader(name: &str) -> Option<&'static Reader> {
    let name = name.to_ascii_lowercase();
    READERS.iter().find(|reader| (reader.is_of)(&name))
}

/// Says that a file can't be read as what its name says it is.
fn malformed(document: &Document, reason: &str, collector: &mut Collector) {
    let reason = super::collector::shortened(reason);
    collector.note(format!("`{}` was left out: {reason}", document.name));
}
