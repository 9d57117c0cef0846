//! Why the store could not do something, in words that name the path and the cause.

use std::io;
use std::path::{Path, PathBuf};

/// A failure of the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Two parts of a composition want different things at one path.
    #[error("`{path}` can't come from both `{first}` and `{second}`: they differ there")]
    Conflict {
        /// The path below the toolchain's root.
        path: String,
        /// The package that was laid first, or "the fix-ups".
        first: String,
        /// The one that disagrees.
        second: String,
    },
    /// Something in the store is not what its receipt says.
    #[error("`{path}` is damaged: {reason}")]
    Damaged {
        /// Where.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The name is taken.
    #[error("`{path}` exists already")]
    Exists {
        /// What is in the way.
        path: PathBuf,
    },
    /// A path that can't be a store.
    #[error("`{path}` can't be a home of cudaman: {reason}")]
    Home {
        /// The path as it was given.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// The system refused an operation.
    #[error("could not {action} `{path}`: {}", reason(.source))]
    Io {
        /// The operation, as a verb.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// A lock was not free in time.
    #[error("gave up after {seconds} s of waiting for {what}: held by {holder}")]
    Locked {
        /// What the lock stands for.
        what: String,
        /// Who holds it.
        holder: String,
        /// How long was waited.
        seconds: u64,
    },
    /// Something that should be in the store is not.
    #[error("there is no {what} in the store")]
    Missing {
        /// What was looked for.
        what: String,
    },
    /// A tree in which something is mounted, which a deletion would go through to.
    #[error("could not remove `{path}`: `{mount}` is mounted in it, and would be emptied with it")]
    Mounted {
        /// The tree.
        path: PathBuf,
        /// The mount point.
        mount: PathBuf,
    },
    /// A store that a newer program has written.
    #[error(
        "`{path}` has layout {found}, this program knows layouts up to {known}: it needs a newer cudaman"
    )]
    NewerLayout {
        /// The home.
        path: PathBuf,
        /// The number found.
        found: String,
        /// The newest number that is known here.
        known: u32,
    },
}

impl StoreError {
    /// Returns what to try next, where there is something obvious.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Damaged { .. } => "`cudaman verify --repair`",
            Self::Home { .. } => {
                "set CUDAMAN_HOME to another directory, as in `export CUDAMAN_HOME=~/.cudaman`"
            }
            Self::Io { source, .. } => io_hint(source)?,
            Self::Locked { .. } => "wait for the other process, or end it, and try again",
            Self::Mounted { mount, .. } => return Some(format!("`umount '{}'`", mount.display())),
            Self::NewerLayout { .. } => "update cudaman, or set CUDAMAN_HOME to another directory",
            Self::Conflict { .. } | Self::Exists { .. } | Self::Missing { .. } => return None,
        };
        Some(hint.to_owned())
    }
}

fn io_hint(error: &io::Error) -> Option<&'static str> {
    match error.kind() {
        io::ErrorKind::QuotaExceeded | io::ErrorKind::StorageFull => {
            Some("`cudaman gc` and `cudaman cache clear` free space; `cudaman du` shows who takes it")
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            Some("set CUDAMAN_HOME to a directory of your own, and list this one in CUDAMAN_STORES")
        }
        io::ErrorKind::TooManyLinks => Some("remove toolchains that are not used any more"),
        _ => None,
    }
}

fn reason(error: &io::Error) -> String {
    let words = match error.kind() {
        io::ErrorKind::FileTooLarge => "the limit on the size of files is too low (`ulimit -f`)",
        io::ErrorKind::PermissionDenied => "permission denied",
        io::ErrorKind::QuotaExceeded => "the disk quota is used up",
        io::ErrorKind::ReadOnlyFilesystem => "the file system is read-only",
        io::ErrorKind::StorageFull => "no space is left on the disk",
        _ if error.raw_os_error() == Some(rustix::io::Errno::MFILE.raw_os_error()) => {
            "too many open files (`ulimit -n`)"
        }
        _ => return error.to_string(),
    };
    words.to_owned()
}

/// Says what was attempted where, when a system call failed.
pub(super) trait At<T> {
    /// Turns the system's error into a [`StoreError::Io`].
    fn at(self, action: &'static str, path: &Path) -> Result<T, StoreError>;
}

impl<T, E: Into<io::Error>> At<T> for Result<T, E> {
    fn at(self, action: &'static str, path: &Path) -> Result<T, StoreError> {
        self.map_err(|error| StoreError::Io { action, path: path.to_owned(), source: error.into() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::io::Errno;

    #[test]
    fn a_full_disk_is_said_in_words() {
        for (errno, words) in [
            (Errno::NOSPC, "no space is left on the disk"),
            (Errno::DQUOT, "the disk quota is used up"),
            (Errno::ROFS, "the file system is read-only"),
            (Errno::ACCESS, "permission denied"),
            (Errno::MFILE, "too many open files (`ulimit -n`)"),
        ] {
            let error = Err::<(), _>(errno).at("write", Path::new("/x")).expect_err("an error");
            assert_eq!(error.to_string(), format!("could not write `/x`: {words}"));
        }
        let error = Err::<(), _>(Errno::NOSPC).at("write", Path::new("/x")).expect_err("an error");
        assert!(error.hint().is_some_and(|hint| hint.contains("cudaman gc")));
    }
}
