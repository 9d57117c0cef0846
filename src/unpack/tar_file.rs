//! Files that are one compressed tar: NVIDIA's redist archives, cuDNN's `.tgz`, old conda packages.
//! One piece of work, since a compressed stream can be read in one way only.

use std::path::Path;
use std::time::Duration;

use super::decode::{Compression, bounded};
use super::opened::Opened;
use super::tar;
use super::{Archive, Limits, Task, Tree, UnpackError};

pub(super) struct TarFile {
    opened: Opened,
    compression: Compression,
}

impl TarFile {
    pub(super) fn open(path: &Path, compression: Compression, limits: Limits) -> Result<Self, UnpackError> {
        Ok(Self { opened: Opened::open(path, limits)?, compression })
    }
}

impl Archive for TarFile {
    fn tasks(&self) -> Vec<Task> {
        vec![Task::whole(self.opened.size, self.compression)]
    }

    fn run(&self, _task: &Task, tree: &Tree<'_>) -> Result<(), UnpackError> {
        let damaged = |error| UnpackError::damaged(&self.opened.path, error);
        let decoder = self.compression.decoder(self.opened.stream()).map_err(damaged)?;
        tar::read(&mut bounded(decoder, self.opened.limits), &self.opened.origin(), tree)
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
