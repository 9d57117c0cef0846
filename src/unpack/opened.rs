//! A file that is opened to be read: an archive with its limits, and a file in a directory that must be
//! one itself.

use std::fs::File;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};

use super::origin::Origin;
use super::window::Window;
use super::{Limits, UnpackError};

const BUFFER: usize = 256 << 10;

/// An archive on disk.
pub(super) struct Opened {
    pub(super) path: PathBuf,
    pub(super) file: File,
    pub(super) size: u64,
    pub(super) limits: Limits,
}

impl Opened {
    pub(super) fn open(path: &Path, limits: Limits) -> Result<Self, UnpackError> {
        let failed = |error| UnpackError::io("open", path.to_owned(), error);
        let file = File::open(path).map_err(failed)?;
        let size = file.metadata().map_err(failed)?.len();
        Ok(Self { path: path.to_owned(), file, size, limits })
    }

    /// Reads all of it from the beginning.
    pub(super) fn stream(&self) -> BufReader<Window<'_>> {
        BufReader::with_capacity(BUFFER, Window::new(&self.file, 0, self.size))
    }

    pub(super) fn origin(&self) -> Origin<'_> {
        Origin::new(&self.path, self.limits)
    }
}

/// Opens a regular file. A link in its place is not followed, and a FIFO is not waited for.
///
/// # Errors
/// Returns an error where it can't be read, or is something else.
pub fn open_regular(path: &Path) -> io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = File::from(rustix::fs::open(path, flags, Mode::empty())?);
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    Ok(file)
}
