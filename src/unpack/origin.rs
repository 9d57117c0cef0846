//! Where a stream of entries comes from: the file, and for an archive inside it, its path there.

use std::path::Path;

use super::error::escape;
use super::path::{parent, relative};
use super::{Limits, UnpackError};

/// Where a stream of entries comes from.
pub(super) struct Origin<'a> {
    /// The file, for messages.
    pub(super) archive: &'a Path,
    /// The path of the archive inside that file, with a final slash; empty for the file itself.
    pub(super) prefix: String,
    /// How many archives are around it.
    pub(super) depth: u32,
    /// How large everything may become.
    pub(super) limits: Limits,
    /// Whether an absolute target of a link means the root of the archive, as in packages of a
    /// system.
    pub(super) is_rooted: bool,
}

impl<'a> Origin<'a> {
    pub(super) fn new(archive: &'a Path, limits: Limits) -> Self {
        Self { archive, prefix: String::new(), depth: 0, limits, is_rooted: false }
    }

    /// The same for a package that would be unpacked at the root of a system.
    pub(super) fn rooted(&self) -> Self {
        Self { prefix: self.prefix.clone(), is_rooted: true, ..*self }
    }

    /// The path of an entry in the file as a whole. A path that leads out of its archive stays
    /// recognisable: the tree refuses it.
    pub(super) fn within(&self, path: &str) -> String {
        if path.starts_with('/') { path.to_owned() } else { format!("{}{path}", self.prefix) }
    }

    /// The target of the link at `path`, relative to where it stands.
    pub(super) fn target(&self, path: &str, target: &str) -> String {
        match target.strip_prefix('/') {
            Some(rest) if self.is_rooted => relative(parent(path), &self.within(rest)),
            _ => target.to_owned(),
        }
    }

    /// The archive at `path` in this one.
    pub(super) fn inside(&self, path: &str) -> Self {
        Self { prefix: format!("{path}/"), depth: self.depth + 1, ..*self }
    }

    pub(super) fn damaged(&self, fault: impl ToString) -> UnpackError {
        let fault = fault.to_string();
        match self.prefix.strip_suffix('/') {
            None => UnpackError::damaged(self.archive, fault),
            Some(path) => UnpackError::damaged(self.archive, format_args!("`{}`: {fault}", escape(path))),
        }
    }
}
