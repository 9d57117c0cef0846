//! Packages of conda: a zip that stores `metadata.json` and two tars, `pkg-*.tar.zst` with the files and
//! `info-*.tar.zst` with what conda knows of them; in their older form one `.tar.bz2` with both.

use std::io::{self, BufReader, Read};
use std::path::Path;

use serde::Deserialize;

use super::decode::{self, Compression};
use super::opened::Opened;
use super::peek::first_paths;
use super::tar;
use super::tar_file::TarFile;
use super::window::Window;
use super::zip_layout::{self, ZipEntry};
use super::{Archive, Limits, PackageMetadata, Refusal, Task, Tree, UnpackError};

const BUFFER: usize = 256 << 10;
/// The zip holds three entries; a few more are not worth a refusal.
const ENTRIES: u64 = 16;
const BZIP2: &[u8] = b"BZh";
/// What may stand first in an older package: conda sorts by name, or puts `info` before everything.
const TOPS: &[&str] = &[
    "bin",
    "doc",
    "etc",
    "extras",
    "include",
    "info",
    "lib",
    "lib64",
    "nvvm",
    "pkgconfig",
    "share",
    "targets",
];
const INDEX: &str = "info/index.json";
const INDEX_BYTES: u64 = 1 << 20;
const INFO: Limits = Limits { entries: 400_000, bytes: 256 << 20, depth: 40 };

/// A package on disk.
struct Conda {
    opened: Opened,
    tars: Vec<ZipEntry>,
}

/// Opens a package, in its newer form or its older one.
pub(super) fn open(path: &Path, limits: Limits) -> Result<Box<dyn Archive>, UnpackError> {
    if is_old(path)? {
        return Ok(Box::new(TarFile::open(path, Compression::Bzip2, limits)?));
    }
    Ok(Box::new(Conda::open(path, limits)?))
}

impl Conda {
    fn open(path: &Path, limits: Limits) -> Result<Self, UnpackError> {
        let opened = Opened::open(path, limits)?;
        let entries =
            zip_layout::read(&opened.file, opened.size, ENTRIES).map_err(|(name, reason)| match name {
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
        Ok(Self { opened, tars })
    }

    fn stream(&self, entry: &ZipEntry, limits: Limits) -> io::Result<Box<dyn io::BufRead + '_>> {
        let window = Window::new(&self.opened.file, entry.start, entry.start + entry.compressed);
        decode::decode(BufReader::with_capacity(BUFFER, window), limits)
    }
}

impl Archive for Conda {
    fn tasks(&self) -> Vec<Task> {
        vec![Task::whole(self.opened.size, Compression::Zstd)]
    }

    fn run(&self, _task: &Task, tree: &Tree<'_>) -> Result<(), UnpackError> {
        let origin = self.opened.origin();
        for entry in &self.tars {
            let mut stream = self.stream(entry, self.opened.limits).map_err(|error| origin.damaged(error))?;
            tar::read(&mut stream, &origin, tree)?;
        }
        Ok(())
    }
}

/// Reads what a package says of itself.
pub(super) fn metadata(path: &Path) -> Result<PackageMetadata, UnpackError> {
    if is_old(path)? {
        return old_metadata(path);
    }
    let conda = Conda::open(path, INFO)?;
    let info = conda.tars.iter().find(|entry| entry.name.starts_with("info-"));
    let damaged = |fault: io::Error| UnpackError::damaged(path, fault);
    let info = info.ok_or_else(|| UnpackError::damaged(path, "it holds no `info-*.tar.zst`"))?;
    conda.stream(info, INFO).and_then(index).map_err(damaged)
}

/// Tells whether a tar in bzip2 is a package: one has an environment's directories at its top, and conda's
/// own among them. An archive of anything else has a directory of its own there.
pub(super) fn is_package(path: &Path) -> bool {
    let is_environment = |paths: Vec<String>| {
        paths.first().and_then(|path| path.split('/').next()).is_some_and(|top| TOPS.contains(&top))
    };
    first_paths(path, 1).is_ok_and(is_environment) && old_metadata(path).is_ok()
}

/// The older form is one tar in bzip2.
fn is_old(path: &Path) -> Result<bool, UnpackError> {
    let opened = Opened::open(path, INFO)?;
    let start = decode::start(&mut opened.stream(), BZIP2.len());
    Ok(start.map_err(|error| UnpackError::damaged(path, error))? == BZIP2)
}

fn old_metadata(path: &Path) -> Result<PackageMetadata, UnpackError> {
    let opened = Opened::open(path, Limits::default())?;
    let stream = decode::decode(opened.stream(), opened.limits);
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
