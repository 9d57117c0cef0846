//! `.conda` packages: a zip that stores `metadata.json` and two tars, `pkg-*.tar.zst` with the files and
//! `info-*.tar.zst` with what conda knows of them.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::decode::{self, Compression};
use super::origin::Origin;
use super::tar;
use super::window::Window;
use super::zip_layout::{self, ZipEntry};
use super::{Archive, Limits, PackageMetadata, Refusal, Task, Tree, UnpackError};

const BUFFER: usize = 256 << 10;
/// The zip holds three entries; a few more are not worth a refusal.
const ENTRIES: u64 = 16;
const INDEX: &str = "info/index.json";
const INDEX_BYTES: u64 = 1 << 20;
const INFO: Limits = Limits { entries: 400_000, bytes: 256 << 20, depth: 40 };

/// A package on disk.
pub(super) struct Conda {
    path: PathBuf,
    file: File,
    size: u64,
    tars: Vec<ZipEntry>,
    limits: Limits,
}

impl Conda {
    pub(super) fn open(path: &Path, limits: Limits) -> Result<Self, UnpackError> {
        let failed = |error| UnpackError::io("open", path.to_owned(), error);
        let file = File::open(path).map_err(failed)?;
        let size = file.metadata().map_err(failed)?.len();
        let entries = zip_layout::read(&file, size, ENTRIES).map_err(|(name, reason)| match name {
            Some(name) => UnpackError::refused(path, &name, Refusal::Header(reason)),
            None => UnpackError::damaged(path, reason),
        })?;
        let tars: Vec<ZipEntry> = entries.into_iter().filter(|entry| is_tar(&entry.name)).collect();
        if let Some(entry) = tars.iter().find(|entry| entry.deflated) {
            let refusal = Refusal::Header("it is compressed twice".to_owned());
            return Err(UnpackError::refused(path, &entry.name, refusal));
        }
        if !tars.iter().any(|entry| entry.name.starts_with("pkg-")) {
            return Err(UnpackError::damaged(path, "it holds no `pkg-*.tar.zst`"));
        }
        Ok(Self { path: path.to_owned(), file, size, tars, limits })
    }

    fn stream(&self, entry: &ZipEntry, limits: Limits) -> io::Result<Box<dyn io::BufRead + '_>> {
        let window = Window::new(&self.file, entry.start, entry.start + entry.compressed);
        decode::decode(BufReader::with_capacity(BUFFER, window), limits)
    }
}

impl Archive for Conda {
    fn tasks(&self) -> Vec<Task> {
        vec![Task::whole(self.size, Compression::Zstd)]
    }

    fn run(&self, _task: &Task, tree: &Tree<'_>) -> Result<(), UnpackError> {
        let origin = Origin::new(&self.path, self.limits);
        for entry in &self.tars {
            let mut stream = self.stream(entry, self.limits).map_err(|error| origin.damaged(error))?;
            tar::read(&mut stream, &origin, tree)?;
        }
        Ok(())
    }
}

/// Reads what a `.conda` says of itself.
pub(super) fn metadata(path: &Path) -> Result<PackageMetadata, UnpackError> {
    let conda = Conda::open(path, INFO)?;
    let info = conda.tars.iter().find(|entry| entry.name.starts_with("info-"));
    let damaged = |fault: io::Error| UnpackError::damaged(path, fault);
    let info = info.ok_or_else(|| UnpackError::damaged(path, "it holds no `info-*.tar.zst`"))?;
    conda.stream(info, INFO).and_then(index).map_err(damaged)
}

/// Reads what an old package, one tar in bzip2, says of itself.
pub(super) fn old_metadata(path: &Path) -> Result<PackageMetadata, UnpackError> {
    let file = File::open(path).map_err(|error| UnpackError::io("open", path.to_owned(), error))?;
    let stream = decode::decode(BufReader::with_capacity(BUFFER, file), Limits::default());
    stream.and_then(index).map_err(|fault| UnpackError::damaged(path, fault))
}

fn index(stream: impl Read) -> io::Result<PackageMetadata> {
    #[derive(Deserialize)]
    struct Index {
        name: String,
        version: String,
        subdir: Option<String>,
    }
    let mut archive = ::tar::Archive::new(stream);
    for entry in archive.entries()? {
        let entry = entry?;
        if entry.path_bytes().as_ref() == INDEX.as_bytes() {
            let index: Index = serde_json::from_reader(entry.take(INDEX_BYTES))?;
            let Index { name, version, subdir } = index;
            return Ok(PackageMetadata { name, version, architecture: subdir });
        }
    }
    Err(io::Error::new(io::ErrorKind::InvalidData, format!("it holds no `{INDEX}`")))
}

fn is_tar(name: &str) -> bool {
    (name.starts_with("pkg-") || name.starts_with("info-")) && name.ends_with(".tar.zst")
}
