//! A composed tree as the fix-ups see it: what the packages bring, and what earlier rules added.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read, Seek};

use crate::model::{Change, ComponentName, EntryKind, FixUp, Platform, Version};

/// A composition before its fix-ups.
pub struct Composed<'a> {
    /// All entries of all packages, by their path below the root.
    pub entries: &'a BTreeMap<String, EntryKind>,
    /// Opens one of them.
    pub open: &'a dyn Fn(&str) -> io::Result<Box<dyn Content>>,
    /// The CUDA release.
    pub cuda: &'a Version,
    /// Where it will run.
    pub platform: Platform,
    /// The components and their versions, add-ons among them.
    pub components: &'a [(ComponentName, Version)],
}

/// The bytes of an entry.
pub trait Content: Read + Seek {}

impl<T: Read + Seek> Content for T {}

/// Why the fix-ups of a composition could not be worked out.
#[derive(Debug, thiserror::Error)]
pub enum LayoutError {
    /// A file of a package could not be read.
    #[error("could not read `{path}` of a package: {source}")]
    Read {
        /// Its path below the root.
        path: String,
        /// What went wrong.
        source: io::Error,
    },
}

/// A composition and the fix-ups found so far.
pub(super) struct Tree<'a> {
    pub(super) composed: &'a Composed<'a>,
    added: BTreeMap<String, Change>,
}

impl<'a> Tree<'a> {
    pub(super) fn new(composed: &'a Composed<'a>) -> Self {
        Self { composed, added: BTreeMap::new() }
    }

    /// Takes a fix-up, unless a package's own entry or an earlier rule has its place.
    ///
    /// Only `.pc` files are replaced: they name the directory they were built for.
    pub(super) fn add(&mut self, fix_up: FixUp) {
        let replaces = fix_up.path.ends_with(".pc") && matches!(fix_up.change, Change::File { .. });
        let is_taken = self.added.contains_key(&fix_up.path)
            || self.composed.entries.contains_key(&fix_up.path) && !replaces
            || self.has_below(&fix_up.path)
            || ancestors(&fix_up.path).any(|directory| self.has(directory));
        if !is_taken {
            self.added.insert(fix_up.path, fix_up.change);
        }
    }

    /// Returns everything that was added, by path.
    pub(super) fn into_fix_ups(self) -> Vec<FixUp> {
        self.added.into_iter().map(|(path, change)| FixUp { path, change }).collect()
    }

    /// Tells whether a file or link stands at a path.
    pub(super) fn has(&self, path: &str) -> bool {
        self.composed.entries.contains_key(path) || self.added.contains_key(path)
    }

    /// Tells whether anything stands below a directory.
    pub(super) fn has_below(&self, directory: &str) -> bool {
        let prefix = format!("{directory}/");
        below(self.composed.entries, &prefix).next().is_some() || below(&self.added, &prefix).next().is_some()
    }

    /// Returns the paths of everything below a directory, relative to it.
    pub(super) fn below(&self, directory: &str) -> BTreeSet<String> {
        let prefix = format!("{directory}/");
        below(self.composed.entries, &prefix)
            .chain(below(&self.added, &prefix))
            .map(|path| path[prefix.len()..].to_owned())
            .collect()
    }

    /// Returns the names of the files and links in a directory.
    pub(super) fn names(&self, directory: &str) -> BTreeSet<String> {
        self.below(directory).into_iter().filter(|path| !path.contains('/')).collect()
    }

    /// Returns the directories at the root whose name starts so.
    pub(super) fn top_directories(&self, start: &str) -> BTreeSet<String> {
        let paths = self.composed.entries.range(start.to_owned()..).map(|(path, _)| path);
        let paths = paths.take_while(|path| path.starts_with(start));
        paths.filter_map(|path| path.split_once('/')).map(|(directory, _)| directory.to_owned()).collect()
    }

    /// Tells whether a package brings a regular file at a path.
    pub(super) fn is_file(&self, path: &str) -> bool {
        matches!(self.composed.entries.get(path), Some(EntryKind::File { .. }))
    }

    /// Opens an entry that may be large.
    pub(super) fn open(&self, path: &str) -> Result<Box<dyn Content>, LayoutError> {
        (self.composed.open)(path).map_err(|source| LayoutError::Read { path: path.to_owned(), source })
    }

    /// Reads a small entry.
    pub(super) fn read(&self, path: &str) -> Result<Vec<u8>, LayoutError> {
        let mut content = Vec::new();
        let read = self.open(path)?.read_to_end(&mut content);
        read.map_err(|source| LayoutError::Read { path: path.to_owned(), source })?;
        Ok(content)
    }

    /// Returns the real directory behind `include`.
    pub(super) fn include(&self) -> String {
        format!("targets/{}/include", self.composed.platform.target())
    }

    /// Returns the real directory behind `lib64` and `lib`.
    pub(super) fn lib(&self) -> String {
        format!("targets/{}/lib", self.composed.platform.target())
    }
}

/// Makes a fix-up that links `path` to `goal`, both below the root.
pub(super) fn link(path: impl Into<String>, goal: &str) -> FixUp {
    let path = path.into();
    let target = relative(&path, goal);
    FixUp { path, change: Change::Link { target } }
}

/// Makes a fix-up that writes a text.
pub(super) fn text(path: impl Into<String>, content: String) -> FixUp {
    FixUp { path: path.into(), change: Change::File { content: content.into_bytes(), executable: false } }
}

/// Returns the way from the directory of `path` to `goal`.
fn relative(path: &str, goal: &str) -> String {
    let from: Vec<&str> = path.split('/').collect();
    let to: Vec<&str> = goal.split('/').collect();
    let directories = from.len() - 1;
    let shared = from[..directories].iter().zip(&to).take_while(|(a, b)| a == b).count();
    // A goal that is an ancestor of the link would leave nothing to name.
    let shared = shared.min(to.len() - 1);
    let up = std::iter::repeat_n("..", directories - shared);
    up.chain(to[shared..].iter().copied()).collect::<Vec<_>>().join("/")
}

fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(index, _)| &path[..index])
}

fn below<'m, V>(map: &'m BTreeMap<String, V>, prefix: &'m str) -> impl Iterator<Item = &'m str> {
    map.range(prefix.to_owned()..)
        .map(|(path, _)| path.as_str())
        .take_while(move |path| path.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_relative_to_where_they_stand() {
        for (path, goal, target) in [
            ("lib", "lib64", "lib64"),
            ("include", "targets/x86_64-linux/include", "targets/x86_64-linux/include"),
            ("nvvm/lib64/libnvvm.so.4", "targets/t/lib/libnvvm.so.4", "../../targets/t/lib/libnvvm.so.4"),
            ("targets/t/lib/libx.so", "targets/t/lib/libx.so.1", "libx.so.1"),
            ("targets/t/lib/libx.so", "targets/t/lib/12/libx.so.1", "12/libx.so.1"),
            ("bin/ncu", "nsight-compute/2024.1/ncu", "../nsight-compute/2024.1/ncu"),
        ] {
            assert_eq!(relative(path, goal), target, "{path}");
        }
    }
}
