//! The header of an RPM package: a table of tags, and the store that they point into.

use std::io::{self, Read};

pub(super) const NAME: u32 = 1000;
pub(super) const VERSION: u32 = 1001;
pub(super) const RELEASE: u32 = 1002;
pub(super) const ARCHITECTURE: u32 = 1022;
pub(super) const PAYLOAD_FORMAT: u32 = 1124;

const MAGIC: [u8; 4] = [0x8e, 0xad, 0xe8, 0x01];
const INTRODUCTION: usize = 16;
const ENTRY: usize = 16;
const STRING: u32 = 6;
/// As rpm itself allows: 64 Ki tags in 256 MiB; a package of headers for a hundred thousand files
/// takes 20 MiB.
const ENTRIES: u32 = 64 << 10;
const STORE: u32 = 64 << 20;

pub(super) struct Header {
    /// All of its bytes.
    pub(super) length: u64,
    entries: Vec<u8>,
    store: Vec<u8>,
}

impl Header {
    pub(super) fn read(stream: &mut dyn Read) -> io::Result<Self> {
        let mut introduction = [0; INTRODUCTION];
        stream.read_exact(&mut introduction)?;
        let (count, size) = (u32_at(&introduction, 8), u32_at(&introduction, 12));
        let (Some(count), Some(size)) = (count, size) else { return Err(damaged()) };
        if introduction[..4] != MAGIC || count > ENTRIES || size > STORE {
            return Err(damaged());
        }
        let entries = exactly(stream, u64::from(count) * ENTRY as u64)?;
        let store = exactly(stream, u64::from(size))?;
        let length = (INTRODUCTION + entries.len() + store.len()) as u64;
        Ok(Self { length, entries, store })
    }

    /// Returns the text of a tag that holds one.
    pub(super) fn text(&self, tag: u32) -> Option<String> {
        let entry = self.entries.chunks_exact(ENTRY).find(|entry| u32_at(entry, 0) == Some(tag))?;
        if u32_at(entry, 4)? != STRING {
            return None;
        }
        let start = usize::try_from(u32_at(entry, 8)?).ok()?;
        let text = self.store.get(start..)?.split(|byte| *byte == 0).next()?;
        std::str::from_utf8(text).ok().map(str::to_owned)
    }
}

fn exactly(stream: &mut dyn Read, size: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    stream.take(size).read_to_end(&mut bytes)?;
    if (bytes.len() as u64) < size {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it is cut off"));
    }
    Ok(bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4)?.try_into().ok().map(u32::from_be_bytes)
}

fn damaged() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the header of the package is wrong")
}
