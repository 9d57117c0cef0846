//! Debian packages: an `ar` with `debian-binary`, a tar of control files and a tar of data. Scripts of
//! the package are never looked at.

use std::io::{self, Read};
use std::path::Path;

use super::decode::{self, Compression};
use super::opened::Opened;
use super::origin::Origin;
use super::tar;
use super::{Archive, Limits, PackageMetadata, Task, Tree, UnpackError};

const MAGIC: &[u8] = b"!<arch>\n";
const HEADER: usize = 60;
/// The control files of one package, unpacked.
const CONTROL_BYTES: u64 = 16 << 20;
const FIELDS_BYTES: u64 = 1 << 20;

/// A package on disk.
pub(super) struct Deb(Opened);

impl Deb {
    pub(super) fn open(path: &Path, limits: Limits) -> Result<Self, UnpackError> {
        Opened::open(path, limits).map(Self)
    }
}

impl Archive for Deb {
    fn tasks(&self) -> Vec<Task> {
        vec![Task::whole(self.0.size, Compression::Xz)]
    }

    fn run(&self, _task: &Task, tree: &Tree<'_>) -> Result<(), UnpackError> {
        read(&mut self.0.stream(), &self.0.origin(), tree)
    }
}

/// Feeds the files of a package into a tree.
pub(super) fn read(stream: &mut dyn Read, origin: &Origin<'_>, tree: &Tree<'_>) -> Result<(), UnpackError> {
    let damaged = |fault: io::Error| origin.damaged(fault);
    let mut members = Members::new(stream).map_err(damaged)?;
    let mut data_read = false;
    while let Some((name, size)) = members.next().map_err(damaged)? {
        if !name.starts_with("data.tar") {
            members.skip(size).map_err(damaged)?;
            continue;
        }
        if data_read {
            return Err(origin.damaged("it holds two archives of data"));
        }
        let mut content = members.stream.take(size);
        let decoder = decode::decode(&mut content, origin.limits).map_err(damaged)?;
        tar::read(&mut { decoder }, &origin.rooted(), tree)?;
        let left = content.limit();
        if left > 0 {
            return Err(origin.damaged("its archive of data is cut off, or bytes follow it"));
        }
        members.pad(size).map_err(damaged)?;
        data_read = true;
    }
    if data_read { Ok(()) } else { Err(origin.damaged("it holds no `data.tar`")) }
}

/// Reads what a package says of itself.
pub(super) fn metadata(path: &Path) -> Result<PackageMetadata, UnpackError> {
    let opened = Opened::open(path, Limits::default())?;
    fields(&mut opened.stream()).map_err(|fault| UnpackError::damaged(path, fault))
}

fn fields(stream: &mut dyn Read) -> io::Result<PackageMetadata> {
    let mut members = Members::new(stream)?;
    while let Some((name, size)) = members.next()? {
        if name.starts_with("control.tar") {
            return control(members.stream.take(size));
        }
        members.skip(size)?;
    }
    Err(damaged("it holds no `control.tar`"))
}

fn control(stream: impl Read) -> io::Result<PackageMetadata> {
    let limits = Limits { entries: 1000, bytes: CONTROL_BYTES, depth: 8 };
    let mut archive = ::tar::Archive::new(decode::decode(stream, limits)?);
    for entry in archive.entries()? {
        let mut entry = entry?;
        if !matches!(entry.path_bytes().as_ref(), b"./control" | b"control") {
            continue;
        }
        let mut text = Vec::new();
        entry.by_ref().take(FIELDS_BYTES).read_to_end(&mut text)?;
        let text = String::from_utf8_lossy(&text).into_owned();
        let field = |name: &str| {
            let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            value.map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
        };
        let required = |name: &str| field(name).ok_or_else(|| damaged(&format!("it has no field `{name}`")));
        let (name, version) = (required("Package")?, required("Version")?);
        return Ok(PackageMetadata { name, version, architecture: field("Architecture") });
    }
    Err(damaged("it holds no file `control`"))
}

/// The members of an `ar` archive, one after the other.
struct Members<'a> {
    stream: &'a mut dyn Read,
}

impl<'a> Members<'a> {
    fn new(stream: &'a mut dyn Read) -> io::Result<Self> {
        let mut magic = [0; MAGIC.len()];
        stream.read_exact(&mut magic)?;
        let mut members = Self { stream };
        let first = if magic == *MAGIC { members.next()? } else { None };
        match first {
            Some((name, size)) if name == "debian-binary" => members.skip(size)?,
            _ => return Err(damaged("it is no Debian package")),
        }
        Ok(members)
    }

    /// The name and size of the next member; none at the end.
    fn next(&mut self) -> io::Result<Option<(String, u64)>> {
        let header = decode::start(&mut self.stream, HEADER)?;
        if header.is_empty() {
            return Ok(None);
        }
        if header.len() < HEADER || !header.ends_with(b"`\n") {
            return Err(damaged("it is cut off, or the header of a member is wrong"));
        }
        let text =
            |range: std::ops::Range<usize>| std::str::from_utf8(&header[range]).unwrap_or("").trim_end();
        let size = text(48..58).parse().map_err(|_| damaged("the size of a member is none"))?;
        Ok(Some((text(0..16).trim_end_matches('/').to_owned(), size)))
    }

    fn skip(&mut self, size: u64) -> io::Result<()> {
        let skipped = io::copy(&mut self.stream.take(size), &mut io::sink())?;
        if skipped < size {
            return Err(damaged("it is cut off"));
        }
        self.pad(size)
    }

    /// Members begin at even offsets.
    fn pad(&mut self, size: u64) -> io::Result<()> {
        io::copy(&mut self.stream.take(size % 2), &mut io::sink()).map(drop)
    }
}

fn damaged(fault: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, fault.to_owned())
}
