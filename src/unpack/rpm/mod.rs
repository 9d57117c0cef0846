//! RPM packages: a lead, two headers and a compressed cpio archive. Scripts of the package stand in
//! the headers and are never looked at.

mod cpio;
mod header;

use std::io::{self, Read};
use std::path::Path;

use self::header::Header;
use super::decode::{self, Compression};
use super::opened::Opened;
use super::origin::Origin;
use super::{Archive, Limits, PackageMetadata, Task, Tree, UnpackError};

const LEAD: usize = 96;
const MAGIC: [u8; 4] = [0xed, 0xab, 0xee, 0xdb];

/// A package on disk.
pub(super) struct Rpm(Opened);

impl Rpm {
    pub(super) fn open(path: &Path, limits: Limits) -> Result<Self, UnpackError> {
        Opened::open(path, limits).map(Self)
    }
}

impl Archive for Rpm {
    fn tasks(&self) -> Vec<Task> {
        vec![Task::whole(self.0.size, Compression::Xz)]
    }

    fn run(&self, _task: &Task, tree: &Tree<'_>) -> Result<(), UnpackError> {
        read(&mut self.0.stream(), &self.0.origin(), tree)
    }
}

/// Feeds the files of a package into a tree.
pub(super) fn read(stream: &mut dyn Read, origin: &Origin<'_>, tree: &Tree<'_>) -> Result<(), UnpackError> {
    let header = start(stream).map_err(|error| origin.damaged(error))?;
    if header.text(header::PAYLOAD_FORMAT).is_some_and(|format| format != "cpio") {
        return Err(origin.damaged("its payload is no cpio archive"));
    }
    let mut decoder = decode::decode(stream, origin.limits).map_err(|error| origin.damaged(error))?;
    cpio::read(&mut decoder, &origin.rooted(), tree)
}

/// Reads what a package says of itself.
pub(super) fn metadata(path: &Path) -> Result<PackageMetadata, UnpackError> {
    let opened = Opened::open(path, Limits::default())?;
    let header = start(&mut opened.stream()).map_err(|fault| UnpackError::damaged(path, fault))?;
    let required = |tag, name: &str| {
        header.text(tag).ok_or_else(|| UnpackError::damaged(path, format_args!("its header has no {name}")))
    };
    let (name, version) = (required(header::NAME, "name")?, required(header::VERSION, "version")?);
    // The release tells what NVIDIA built a library for: `1.cuda12.2`.
    let version =
        header.text(header::RELEASE).map_or(version.clone(), |release| format!("{version}-{release}"));
    Ok(PackageMetadata { name, version, architecture: header.text(header::ARCHITECTURE) })
}

/// Reads up to the payload, and returns the package's own header.
fn start(stream: &mut dyn Read) -> io::Result<Header> {
    let mut lead = [0; LEAD];
    stream.read_exact(&mut lead)?;
    if lead[..4] != MAGIC || !matches!(lead[4], 3 | 4) {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it is no RPM package"));
    }
    let signature = Header::read(stream)?;
    // The signature is padded to a multiple of eight, the header behind it is not.
    let padding = signature.length.next_multiple_of(8) - signature.length;
    io::copy(&mut (&mut *stream).take(padding), &mut io::sink())?;
    Header::read(stream)
}
