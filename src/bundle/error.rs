//! What can be wrong with a bundle.

use std::path::{Path, PathBuf};

use crate::unpack::UnpackError;

/// Why a bundle was not taken.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// It is not what its writer wrote, or was never whole.
    #[error("could not read the bundle `{}`: {reason}", .path.display())]
    Damaged {
        /// The bundle.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A newer cudaman wrote it.
    #[error("the bundle `{}` has format {found}, and this cudaman reads up to {known}", .path.display())]
    Newer {
        /// The bundle.
        path: PathBuf,
        /// Its format.
        found: u32,
        /// The newest that is known here.
        known: u32,
    },
    /// Its files could not be written.
    #[error(transparent)]
    Write(UnpackError),
}

impl BundleError {
    /// Returns what to do next.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Damaged { path, .. } => Some(format!(
                "copy it again: `sha256sum {}` must tell the same on both machines",
                path.display()
            )),
            Self::Newer { .. } => {
                Some("bring a newer cudaman along: `cudaman export … --with-cudaman`".to_owned())
            }
            Self::Write(error) => error.hint(),
        }
    }

    pub(super) fn damaged(path: &Path, reason: impl ToString) -> Self {
        Self::Damaged { path: path.to_owned(), reason: reason.to_string() }
    }

    /// Tells what is wrong with the bundle from what went wrong on this machine.
    pub(super) fn unpack(path: &Path, error: UnpackError) -> Self {
        match error {
            UnpackError::Damaged { fault, .. } => Self::damaged(path, fault),
            UnpackError::Refused { .. } | UnpackError::TooLarge { .. } => Self::damaged(path, error),
            UnpackError::DiskFull { .. } | UnpackError::Io { .. } => Self::Write(error),
        }
    }
}
