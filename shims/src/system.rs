//! What selection needs from the machine, so that the shim, cudaman and the tests share one implementation.

use core::ffi::CStr;

/// The machine as selection sees it: four questions, none of which changes anything.
pub trait System {
    /// Returns an environment variable that is set and not empty.
    fn variable(&self, name: &str) -> Option<&[u8]>;

    /// Writes the absolute path of the working directory, free of links, and returns its length.
    ///
    /// # Errors
    /// Says why there is none.
    fn directory(&self, buffer: &mut [u8]) -> Result<usize, NoDirectory>;

    /// Reads a small regular file and returns its length.
    ///
    /// The last component is not followed if it is a link, and nothing is waited for. A file that
    /// can't be told from an absent one, because a directory above it may not be searched, is absent.
    ///
    /// # Errors
    /// Says why not. A file that fills the buffer is too large.
    fn read(&self, path: &CStr, buffer: &mut [u8]) -> Result<usize, ReadError>;

    /// Returns which file a path leads to, links followed, if it is a regular file that may be executed.
    fn executable(&self, path: &CStr) -> Option<FileId>;
}

/// Which file this is, whatever its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileId {
    /// The file system.
    pub device: u64,
    /// The file in it.
    pub inode: u64,
}

/// Why there is no path of the working directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoDirectory {
    /// It was deleted, or lies outside what this process can see: no directory pins anything.
    Deleted,
    /// Its path is too long or a directory above it can't be read: a pin could be overlooked.
    Unknown,
}

/// Why a file was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadError {
    /// There is no such file.
    Absent,
    /// It exists and may not be read.
    Denied,
    /// The system failed to read it.
    Failed,
    /// It is a link.
    Link,
    /// It is a directory, a FIFO, a socket or a device.
    NotRegular,
    /// It is larger than any such file needs to be.
    TooLarge,
}

impl ReadError {
    /// Returns the reason in words, to stand after the file's name.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Absent => "it does not exist",
            Self::Denied => "it may not be read",
            Self::Failed => "it could not be read",
            Self::Link => "it is a link, and links are not followed there",
            Self::NotRegular => "it is not a regular file",
            Self::TooLarge => "it is too large",
        }
    }
}
