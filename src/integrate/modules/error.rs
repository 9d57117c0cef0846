//! Why a tree of modulefiles could not be written or removed.

use std::io;
use std::path::{Path, PathBuf};

/// A failure on a tree of modulefiles.
#[derive(Debug, thiserror::Error)]
pub enum ModulesError {
    /// A path that can't hold a tree.
    #[error("`{path}` can't hold modulefiles: {reason}")]
    Directory {
        /// The path as it was given.
        path: PathBuf,
        /// Why not.
        reason: &'static str,
    },
    /// Something that is not ours stands where a modulefile belongs.
    #[error("`{path}` is in the way: {reason}")]
    Foreign {
        /// Where.
        path: PathBuf,
        /// Whose it is.
        reason: String,
    },
    /// The system refused an operation.
    #[error("could not {action} `{path}`: {source}")]
    Io {
        /// The operation, as a verb.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
}

impl ModulesError {
    /// Returns what to try next.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Foreign { .. } => "move it away, or write the tree elsewhere: `cudaman module write DIR`",
            Self::Directory { .. } | Self::Io { .. } => {
                "choose a directory of your own: `cudaman module write ~/modulefiles`"
            }
        };
        Some(hint.to_owned())
    }
}

/// Says what was attempted where, when a system call failed.
pub(super) trait At<T> {
    /// Turns the system's error into a [`ModulesError::Io`].
    fn at(self, action: &'static str, path: &Path) -> Result<T, ModulesError>;
}

impl<T> At<T> for io::Result<T> {
    fn at(self, action: &'static str, path: &Path) -> Result<T, ModulesError> {
        self.map_err(|source| ModulesError::Io { action, path: path.to_owned(), source })
    }
}
