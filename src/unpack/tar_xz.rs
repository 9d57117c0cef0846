//! NVIDIA's redist archives: tar in xz. One piece of work, since xz can be read in one way only.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::window::Window;
use super::xz::XzReader;
use super::{Archive, Limits, Task, Tree, UnpackError, tar};

const BUFFER: usize = 256 << 10;
/// Compressed bytes that one core decodes in a microsecond: 22 to 31 of compilers and headers,
/// up to 230 of GPU code that xz couldn't compress.
const RATE: u64 = 30;

pub(super) struct TarXz {
    path: PathBuf,
    file: File,
    size: u64,
    limits: Limits,
}

impl TarXz {
    pub(super) fn open(path: &Path, limits: Limits) -> Result<Self, UnpackError> {
        let failed = |error| UnpackError::io("open", path.to_owned(), error);
        let file = File::open(path).map_err(failed)?;
        let size = file.metadata().map_err(failed)?.len();
        Ok(Self { path: path.to_owned(), file, size, limits })
    }
}

impl Archive for TarXz {
    fn tasks(&self) -> Vec<Task> {
        vec![Task { cost: Duration::from_micros(self.size / RATE), members: Vec::new() }]
    }

    fn run(&self, _task: &Task, tree: &Tree<'_>) -> Result<(), UnpackError> {
        let input = BufReader::with_capacity(BUFFER, Window::new(&self.file, 0, self.size));
        let decoder = XzReader::new(input).map_err(|error| UnpackError::damaged(&self.path, error))?;
        let bounded = Bounded { inner: decoder, left: stream_limit(self.limits) };
        tar::read(&mut BufReader::with_capacity(BUFFER, bounded), &self.path, tree)
    }
}

/// What the whole stream may hold: contents, headers and padding.
fn stream_limit(limits: Limits) -> u64 {
    const HEADERS: u64 = 4096;
    const END: u64 = 16 << 20;
    limits.bytes.saturating_add(limits.entries.saturating_mul(HEADERS)).saturating_add(END)
}

/// A reader that fails where too much comes, so that no bomb costs time without end.
struct Bounded<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        let left = self.left.checked_sub(count as u64);
        self.left = left.ok_or_else(|| io::Error::other("it exceeds the limit of its unpacked size"))?;
        Ok(count)
    }
}
