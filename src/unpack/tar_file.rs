//! Files that are one compressed tar: NVIDIA's redist archives, cuDNN's `.tgz`, old conda packages.
//! One piece of work, since a compressed stream can be read in one way only.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::decode::{Compression, bounded};
use super::origin::Origin;
use super::tar;
use super::window::Window;
use super::{Archive, Limits, Task, Tree, UnpackError};

const BUFFER: usize = 256 << 10;

pub(super) struct TarFile {
    path: PathBuf,
    file: File,
    size: u64,
    compression: Compression,
    limits: Limits,
}

impl TarFile {
    pub(super) fn open(path: &Path, compression: Compression, limits: Limits) -> Result<Self, UnpackError> {
        let failed = |error| UnpackError::io("open", path.to_owned(), error);
        let file = File::open(path).map_err(failed)?;
        let size = file.metadata().map_err(failed)?.len();
        Ok(Self { path: path.to_owned(), file, size, compression, limits })
    }
}

impl Archive for TarFile {
    fn tasks(&self) -> Vec<Task> {
        vec![Task::whole(self.size, self.compression)]
    }

    fn run(&self, _task: &Task, tree: &Tree<'_>) -> Result<(), UnpackError> {
        let input = BufReader::with_capacity(BUFFER, Window::new(&self.file, 0, self.size));
        let damaged = |error| UnpackError::damaged(&self.path, error);
        let decoder = self.compression.decoder(input).map_err(damaged)?;
        tar::read(&mut bounded(decoder, self.limits), &Origin::new(&self.path, self.limits), tree)
    }
}

impl Task {
    /// All of an archive, by its size and the pace at which one core decodes it.
    pub(super) fn whole(size: u64, compression: Compression) -> Self {
        // Compressed bytes per microsecond. xz: 22 to 31 of compilers and headers, up to 230 of GPU
        // code that it couldn't compress; the others as PERFORMANCE figures of one core.
        let rate = match compression {
            Compression::Bzip2 => 10,
            Compression::Gzip => 200,
            Compression::Plain => 1000,
            Compression::Xz => 30,
            Compression::Zstd => 300,
        };
        Self { cost: Duration::from_micros(size / rate), members: Vec::new() }
    }
}
