//! What can go wrong while unpacking. Names of entries are foreign text: they are escaped here, once.

use std::io;
use std::path::{Path, PathBuf};

/// Why an archive was not unpacked.
#[derive(Debug, thiserror::Error)]
pub enum UnpackError {
    /// The archive's bytes are not what its format asks for.
    #[error("could not read `{}`: {fault}", .archive.display())]
    Damaged {
        /// The archive.
        archive: PathBuf,
        /// What is wrong with it.
        fault: String,
    },
    /// No room for a file.
    #[error("could not write `{}`: the disk or the quota is full: {source}", .path.display())]
    DiskFull {
        /// The file.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// The system refused an operation.
    #[error("could not {action} `{}`: {source}", .path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// Where.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// One entry breaks a rule of the writer.
    #[error("refused `{entry}` in `{}`: {refusal}", .archive.display())]
    Refused {
        /// The archive.
        archive: PathBuf,
        /// The entry's name, escaped.
        entry: String,
        /// The rule.
        refusal: Refusal,
    },
    /// The archive is larger than it may be.
    #[error("refused `{}`: it exceeds the limit of {limit}", .archive.display())]
    TooLarge {
        /// The archive.
        archive: PathBuf,
        /// The limit, in words.
        limit: String,
    },
}

/// The rule of the writer that an entry breaks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The path starts at the root of the file system.
    #[error("its path is absolute")]
    Absolute,
    /// A backslash, which shells and makefiles read as something else.
    #[error("its path holds a backslash")]
    Backslash,
    /// A control character or a NUL.
    #[error("its path holds a control character")]
    ControlCharacter,
    /// The bytes are not those that were promised.
    #[error("expected sha256 {expected}, got {actual}")]
    Digest {
        /// The promised digest.
        expected: String,
        /// The digest of what came.
        actual: String,
    },
    /// Another entry stands at this path or in its way.
    #[error("another entry already stands at `{0}`")]
    Duplicate(String),
    /// A path with an empty or `.` component.
    #[error("its path has an empty or `.` component")]
    EmptyComponent,
    /// A path with `..`.
    #[error("its path escapes through `..`")]
    Escapes,
    /// A hard link to something that is not a file of the archive.
    #[error("it is a hard link to `{0}`, which is not an already unpacked file")]
    HardLink(String),
    /// A header contradicts another one.
    #[error("{0}")]
    Header(String),
    /// A link that leads out of the archive.
    #[error("it is a link to `{0}`, outside of the archive")]
    LinkOutside(String),
    /// Links that lead to each other, or through too many others.
    #[error("it is a link to `{0}`, which never arrives")]
    LinkLoop(String),
    /// Names that would take too much memory.
    #[error("the names of the archive take more than {0} bytes")]
    Names(usize),
    /// A name that isn't text.
    #[error("its path is not UTF-8")]
    NotUtf8,
    /// The place that was decided for it is not acceptable.
    #[error("it can't be placed at `{0}`")]
    Place(String),
    /// Fewer or more bytes than were promised.
    #[error("expected {expected} bytes, got {actual}")]
    Size {
        /// The promised size.
        expected: u64,
        /// What came: at least so many.
        actual: u64,
    },
    /// A device, FIFO, socket, sparse file or the like.
    #[error("a {0} is not supported")]
    Special(&'static str),
    /// More components than allowed.
    #[error("its path is too deep")]
    TooDeep,
    /// A longer name than allowed.
    #[error("its path is too long")]
    TooLong,
}

impl UnpackError {
    /// Returns what to do next, where there is an obvious step.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            // Its digest is the promised one: whoever promised it offers an archive that is made so.
            Self::Damaged { .. } | Self::Refused { .. } | Self::TooLarge { .. } => {
                Some("use another mirror with `CUDAMAN_MIRROR`, or another source with `--source`".to_owned())
            }
            Self::DiskFull { .. } => Some("free some space, then run the command again".to_owned()),
            Self::Io { source, .. } if source.kind() == io::ErrorKind::FileTooLarge => {
                Some("raise the limit on the size of files: `ulimit -f unlimited`".to_owned())
            }
            Self::Io { .. } => None,
        }
    }

    pub(super) fn damaged(archive: &Path, fault: impl ToString) -> Self {
        Self::Damaged { archive: archive.to_owned(), fault: fault.to_string() }
    }

    pub(super) fn refused(archive: &Path, entry: &str, refusal: Refusal) -> Self {
        Self::Refused { archive: archive.to_owned(), entry: escape(entry), refusal }
    }

    pub(super) fn too_large(archive: &Path, limit: impl ToString) -> Self {
        Self::TooLarge { archive: archive.to_owned(), limit: limit.to_string() }
    }

    /// Tells a full disk from all other failures.
    pub(super) fn io(action: &'static str, path: PathBuf, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull { path, source },
            _ => Self::Io { action, path, source },
        }
    }
}

/// Makes foreign text fit for a message: no control characters, bounded length.
pub(super) fn escape(text: &str) -> String {
    const SHOWN: usize = 200;
    let mut escaped = String::new();
    for character in text.chars() {
        if escaped.len() > SHOWN {
            return escaped + "…";
        }
        if character.is_control() {
            escaped.extend(character.escape_default());
        } else {
            escaped.push(character);
        }
    }
    escaped
}
