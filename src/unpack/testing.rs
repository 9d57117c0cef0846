//! What the tests of archives share: a builder of tars, honest and hostile, and a yard to unpack in.

use std::io::Write;
use std::path::{Path, PathBuf};

use liblzma::stream::{Check, Stream};
use liblzma::write::XzEncoder;
use tar::{EntryType, Header};
use tempfile::TempDir;

use super::{Archive, Limits, Place, Refusal, Tree, UnpackError, open};
use crate::model::{Entry, Format};

/// A tar stream under construction.
#[derive(Clone, Default)]
pub(super) struct TarBuilder {
    bytes: Vec<u8>,
}

impl TarBuilder {
    pub(super) fn file(self, path: &str, content: &[u8]) -> Self {
        self.entry(EntryType::Regular, path.as_bytes(), "", content)
    }

    pub(super) fn executable(self, path: &str, mode: u32, content: &[u8]) -> Self {
        let mut header = header(EntryType::Regular, path.as_bytes(), "", content.len() as u64);
        header.set_mode(mode);
        self.raw(&header, content)
    }

    pub(super) fn link(self, path: &str, target: &str) -> Self {
        self.entry(EntryType::Symlink, path.as_bytes(), target, b"")
    }

    pub(super) fn hard_link(self, path: &str, target: &str) -> Self {
        self.entry(EntryType::Link, path.as_bytes(), target, b"")
    }

    pub(super) fn directory(self, path: &str) -> Self {
        self.entry(EntryType::Directory, path.as_bytes(), "", b"")
    }

    pub(super) fn pax(self, records: &[(&str, &str)]) -> Self {
        let data: String = records.iter().map(|(key, value)| record(key, value)).collect();
        self.entry(EntryType::XHeader, b"PaxHeaders/x", "", data.as_bytes())
    }

    pub(super) fn entry(self, kind: EntryType, path: &[u8], target: &str, content: &[u8]) -> Self {
        self.raw(&header(kind, path, target, content.len() as u64), content)
    }

    /// Appends a header as it is, but for its checksum, and padded content.
    pub(super) fn raw(mut self, header: &Header, content: &[u8]) -> Self {
        let mut header = header.clone();
        header.set_cksum();
        self.bytes.extend_from_slice(header.as_bytes());
        self.bytes.extend_from_slice(content);
        self.bytes.resize(self.bytes.len().next_multiple_of(512), 0);
        self
    }

    pub(super) fn end(mut self) -> Vec<u8> {
        self.bytes.resize((self.bytes.len() + 1024).next_multiple_of(10240), 0);
        self.bytes
    }

    pub(super) fn xz(self) -> Vec<u8> {
        xz(&self.end())
    }
}

/// A header without checksum; the path goes in as it is.
pub(super) fn header(kind: EntryType, path: &[u8], target: &str, size: u64) -> Header {
    let mut header = Header::new_gnu();
    header.as_old_mut().name[..path.len()].copy_from_slice(path);
    header.as_old_mut().linkname[..target.len()].copy_from_slice(target.as_bytes());
    header.set_entry_type(kind);
    header.set_mode(0o644);
    header.set_size(size);
    header
}

fn record(key: &str, value: &str) -> String {
    let rest = format!(" {key}={value}\n");
    let mut length = rest.len() + 1;
    while length != rest.len() + length.to_string().len() {
        length += 1;
    }
    format!("{length}{rest}")
}

/// Compresses bytes with zstd.
pub(super) fn zstd(data: &[u8]) -> Vec<u8> {
    zstd::encode_all(data, 1).expect("memory")
}

/// Compresses bytes with gzip.
pub(super) fn gzip(data: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(data).expect("memory");
    encoder.finish().expect("memory")
}

/// Compresses bytes with bzip2.
pub(super) fn bzip2(data: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    encoder.write_all(data).expect("memory");
    encoder.finish().expect("memory")
}

pub(super) fn xz(data: &[u8]) -> Vec<u8> {
    let stream = Stream::new_easy_encoder(1, Check::Crc64).expect("an encoder");
    let mut encoder = XzEncoder::new_stream(Vec::new(), stream);
    encoder.write_all(data).expect("memory");
    encoder.finish().expect("memory")
}

/// A place to unpack into, with something to lose beside it.
pub(super) struct Yard {
    directory: TempDir,
}

impl Yard {
    pub(super) fn new() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        fs_err::create_dir(directory.path().join("root")).expect("a directory");
        fs_err::create_dir(directory.path().join("outside")).expect("a directory");
        fs_err::write(directory.path().join("outside/canary"), "alive").expect("a canary");
        Self { directory }
    }

    pub(super) fn root(&self) -> PathBuf {
        self.directory.path().join("root")
    }

    pub(super) fn outside(&self) -> PathBuf {
        self.directory.path().join("outside")
    }

    /// Unpacks everything where it stands in the archive.
    pub(super) fn unpack(&self, bytes: &[u8], format: Format) -> Result<Vec<Entry>, UnpackError> {
        self.unpack_with(bytes, format, &|path: &str| Some(path.to_owned()), Limits::default())
    }

    pub(super) fn unpack_with(
        &self,
        bytes: &[u8],
        format: Format,
        place: &dyn Place,
        limits: Limits,
    ) -> Result<Vec<Entry>, UnpackError> {
        let archive = self.directory.path().join("archive");
        fs_err::write(&archive, bytes).expect("a file");
        let result = super::unpack(&archive, format, &self.root(), place, limits);
        self.assert_untouched();
        result
    }

    /// Unpacks with one thread per task, all at once.
    pub(super) fn unpack_parallel(&self, bytes: &[u8], format: Format) -> Result<Vec<Entry>, UnpackError> {
        let path = self.directory.path().join("archive");
        fs_err::write(&path, bytes).expect("a file");
        let archive = open(&path, format, Limits::default())?;
        let place = |path: &str| Some(path.to_owned());
        let tree = Tree::create(&self.root(), &path, &place, Limits::default())?;
        run_at_once(&*archive, &tree)?;
        tree.finish()
    }

    /// Fails where anything but the root and the archive changed.
    pub(super) fn assert_untouched(&self) {
        let canary = fs_err::read(self.outside().join("canary")).expect("the canary");
        assert_eq!(canary, b"alive");
        assert_eq!(names(&self.outside()), ["canary"]);
        assert_eq!(names(self.directory.path()), ["archive", "outside", "root"]);
    }
}

fn run_at_once(archive: &dyn Archive, tree: &Tree<'_>) -> Result<(), UnpackError> {
    std::thread::scope(|scope| {
        let tasks = archive.tasks();
        assert!(tasks.len() > 1, "there is nothing to do at once");
        let threads: Vec<_> =
            tasks.into_iter().map(|task| scope.spawn(move || archive.run(&task, tree))).collect();
        threads.into_iter().try_for_each(|thread| thread.join().expect("no panic"))
    })
}

pub(super) fn names(directory: &Path) -> Vec<String> {
    let entries = fs_err::read_dir(directory).expect("a directory");
    let name = |entry: std::io::Result<fs_err::DirEntry>| entry.expect("an entry").file_name();
    let mut names: Vec<_> = entries.map(|entry| name(entry).to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

pub(super) fn unpack_tar(builder: TarBuilder) -> Result<Vec<Entry>, UnpackError> {
    Yard::new().unpack(&builder.xz(), Format::TarXz)
}

#[track_caller]
pub(super) fn refusal(builder: TarBuilder) -> Refusal {
    match unpack_tar(builder) {
        Err(UnpackError::Refused { refusal, .. }) => refusal,
        other => panic!("expected a refusal, got {other:?}"),
    }
}

#[track_caller]
pub(super) fn fault(bytes: &[u8]) -> String {
    match Yard::new().unpack(bytes, Format::TarXz) {
        Err(UnpackError::Damaged { fault, .. }) => fault,
        other => panic!("expected damage, got {other:?}"),
    }
}

pub(super) fn paths(entries: &[Entry]) -> Vec<&str> {
    entries.iter().map(|entry| entry.path.as_str()).collect()
}
