//! Makeself archives, which NVIDIA's runfiles are: a shell script with tars behind it. The script's
//! text tells where they begin; it is never run.

mod checked;
mod header;

#[cfg(test)]
mod tests;

use std::io::{Cursor, Read};
use std::path::Path;

use self::checked::Checked;
use self::header::Header;
use super::decode::{self, Compression};
use super::opened::Opened;
use super::origin::Origin;
use super::tar;
use super::{Archive, Limits, Task, Tree, UnpackError};

/// The script is shorter than this: 447 lines in the runfile of 6.5, about 700 in makeself 2.7.
const HEADER_BYTES: usize = 1 << 20;

/// A runfile on disk.
pub(super) struct Runfile(Opened);

impl Runfile {
    pub(super) fn open(path: &Path, limits: Limits) -> Result<Self, UnpackError> {
        let opened = Opened::open(path, limits)?;
        read_header(&mut opened.stream(), opened.size, &opened.origin())?;
        Ok(Self(opened))
    }
}

impl Archive for Runfile {
    fn tasks(&self) -> Vec<Task> {
        vec![Task::whole(self.0.size, Compression::Gzip)]
    }

    fn run(&self, _task: &Task, tree: &Tree<'_>) -> Result<(), UnpackError> {
        read(&mut self.0.stream(), self.0.size, &self.0.origin(), tree)
    }
}

/// Returns what a runfile calls itself, `CUDA Toolkit 10.0` for instance.
///
/// # Errors
/// Returns an error where the file can't be read, or is no makeself archive.
pub(super) fn label(path: &Path) -> Result<String, UnpackError> {
    let opened = Opened::open(path, Limits::default())?;
    read_header(&mut opened.stream(), opened.size, &opened.origin()).map(|(header, _)| header.label)
}

/// Tells whether a file of this name is at the top of a runfile. All of it is read for that.
///
/// # Errors
/// Returns an error where the file can't be read, or is damaged.
pub(super) fn holds(path: &Path, name: &str) -> Result<bool, UnpackError> {
    let opened = Opened::open(path, Limits::default())?;
    let origin = opened.origin();
    let mut stream = opened.stream();
    let (header, behind) = read_header(&mut stream, opened.size, &origin)?;
    let mut stream = Cursor::new(behind).chain(stream);
    for payload in &header.payloads {
        let damaged = |error: std::io::Error| origin.damaged(error);
        let decoder = decode::decode((&mut stream).take(payload.size), origin.limits).map_err(damaged)?;
        for entry in ::tar::Archive::new(decoder).entries().map_err(damaged)? {
            let entry = entry.map_err(damaged)?;
            let found = entry.path_bytes();
            if found.strip_prefix(b"./").unwrap_or(&found) == name.as_bytes() {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// Feeds the entries of a makeself archive of `size` bytes into a tree, payload after payload.
pub(super) fn read(
    stream: &mut dyn Read,
    size: u64,
    origin: &Origin<'_>,
    tree: &Tree<'_>,
) -> Result<(), UnpackError> {
    let (header, behind) = read_header(stream, size, origin)?;
    let mut stream = Cursor::new(behind).chain(stream);
    for payload in &header.payloads {
        let mut checked = Checked::new(&mut stream, payload);
        let decoder = decode::decode(&mut checked, origin.limits);
        tar::read(&mut decoder.map_err(|error| origin.damaged(error))?, origin, tree)?;
        checked.finish().map_err(|fault| origin.damaged(fault))?;
    }
    Ok(())
}

/// Reads the script of an archive of `size` bytes, and returns with it what was read beyond.
fn read_header(
    stream: &mut dyn Read,
    size: u64,
    origin: &Origin<'_>,
) -> Result<(Header, Vec<u8>), UnpackError> {
    let mut stream = stream;
    let mut start = decode::start(&mut stream, HEADER_BYTES).map_err(|error| origin.damaged(error))?;
    let header = Header::parse(&start).map_err(|fault| origin.damaged(fault))?;
    let announced = header.length as u64 + header.payloads.iter().map(|payload| payload.size).sum::<u64>();
    if announced > size {
        let fault = format!("it is cut off: {announced} bytes are announced, and there are {size}");
        return Err(origin.damaged(fault));
    }
    if announced < size {
        return Err(origin.damaged(format!("there are {} bytes after its end", size - announced)));
    }
    let behind = start.split_off(header.length);
    Ok((header, behind))
}
