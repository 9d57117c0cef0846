//! The tar format, from any stream. The headers' fields are read by the crate `tar`; walking from
//! one to the next is done here, because the crate's own iterator reads extension headers of any
//! size into memory and reads PAX records loosely. It refuses what GNU tar and others read differently:
//! links with content, two headers for one name, sparse files, anything behind the end.

use std::io::{self, Read};

use tar::{EntryType, Header};

use super::origin::Origin;
use super::pax::Records;
use super::tree::FileEntry;
use super::{Refusal, Tree, UnpackError, nested};

const BLOCK: u64 = 512;
/// Long names and PAX records of one entry may take so much.
const EXTENSION: u64 = 256 << 10;
/// tar fills its last record with zeros: 10 KiB by default, more with `--blocking-factor`.
const PADDING: u64 = 4 << 20;
const CUT_OFF: &str = "the tar archive is cut off";

/// Feeds all entries of a tar stream into a tree, to the very end of the stream.
pub(super) fn read(stream: &mut dyn Read, origin: &Origin<'_>, tree: &Tree<'_>) -> Result<(), UnpackError> {
    let mut walk = Walk { stream, origin };
    while let Some(member) = walk.next()? {
        walk.deliver(&member, tree)?;
    }
    Ok(())
}

struct Walk<'a> {
    stream: &'a mut dyn Read,
    origin: &'a Origin<'a>,
}

struct Member {
    path: String,
    kind: EntryType,
    executable: bool,
    size: u64,
    target: String,
}

/// What extension headers say about the next entry.
#[derive(Default)]
struct Extensions {
    path: Option<Vec<u8>>,
    target: Option<Vec<u8>>,
    records: Option<Records>,
}

impl Walk<'_> {
    fn next(&mut self) -> Result<Option<Member>, UnpackError> {
        let mut extensions = Extensions::default();
        loop {
            let block = self.block()?;
            if block.iter().all(|byte| *byte == 0) {
                return self.end(&extensions).map(|()| None);
            }
            let header = Header::from_byte_slice(&block);
            self.check_sum(header)?;
            let size = self.size(header)?;
            let fresh = match header.entry_type() {
                EntryType::GNULongName => extensions.path.replace(self.name(size)?).is_none(),
                EntryType::GNULongLink => extensions.target.replace(self.name(size)?).is_none(),
                EntryType::XHeader => extensions.records.replace(self.records(size)?).is_none(),
                EntryType::XGlobalHeader => self.records(size)?.is_idle(),
                _ => return self.member(header, size, extensions).map(Some),
            };
            if !fresh {
                return Err(self.damaged("two extension headers contradict each other"));
            }
        }
    }

    fn member(&self, header: &Header, size: u64, extensions: Extensions) -> Result<Member, UnpackError> {
        let records = extensions.records.unwrap_or_default();
        let (long_path, long_target) = (extensions.path, extensions.target);
        if (long_path.is_some() && records.path.is_some())
            || (long_target.is_some() && records.link_path.is_some())
        {
            return Err(self.damaged("two extension headers contradict each other"));
        }
        let path = long_path.or(records.path).unwrap_or_else(|| header.path_bytes().into_owned());
        let target = long_target.or(records.link_path);
        let target = target.or_else(|| header.link_name_bytes().map(std::borrow::Cow::into_owned));
        let path = self.text(path)?;
        Ok(Member {
            kind: header.entry_type(),
            executable: header.mode().map_err(|error| self.damaged(error))? & 0o111 != 0,
            size: records.size.unwrap_or(size),
            target: self.text(target.unwrap_or_default())?,
            path,
        })
    }

    fn deliver(&mut self, member: &Member, tree: &Tree<'_>) -> Result<(), UnpackError> {
        let here = below_here(&member.path);
        let path = &self.origin.within(here);
        let kind = member.kind;
        if matches!(kind, EntryType::Regular | EntryType::Continuous) {
            return self.deliver_file(path, member, tree);
        }
        let refuse = |refusal| Err(UnpackError::refused(self.origin.archive, path, refusal));
        match kind {
            EntryType::Block | EntryType::Char => return refuse(Refusal::Special("device")),
            EntryType::Fifo => return refuse(Refusal::Special("FIFO")),
            EntryType::GNUSparse => return refuse(Refusal::Special("sparse file")),
            EntryType::Directory | EntryType::Link | EntryType::Symlink if member.size == 0 => {}
            EntryType::Directory | EntryType::Link | EntryType::Symlink => {
                return refuse(Refusal::Header("only a file may have content".to_owned()));
            }
            _ => return refuse(Refusal::Special("entry of an unknown type")),
        }
        match kind {
            EntryType::Link => tree.hard_link(path, &self.origin.within(below_here(&member.target))),
            EntryType::Symlink => tree.link(path, &self.origin.target(path, &member.target)),
            _ => match here.strip_suffix('/').unwrap_or(here) {
                // The directory that was packed, as in `tar -C directory .`
                "" | "." if !member.path.starts_with('/') => Ok(()),
                here => tree.directory(&self.origin.within(here)),
            },
        }
    }

    fn deliver_file(&mut self, path: &str, member: &Member, tree: &Tree<'_>) -> Result<(), UnpackError> {
        let mut content = Content(self.stream.take(member.size));
        if tree.opens(path) {
            nested::read(&mut content, member.size, self.origin, path, tree)?;
        } else {
            let file = FileEntry { path, executable: member.executable, size: member.size, digest: None };
            tree.file(file, &mut content)?;
        }
        let left = content.0.limit();
        let padding = member.size.next_multiple_of(BLOCK) - member.size;
        self.skip(left + padding)
    }

    /// After the first block of zeros there must be a second, and nothing but zeros.
    fn end(&mut self, extensions: &Extensions) -> Result<(), UnpackError> {
        if extensions.path.is_some() || extensions.target.is_some() || extensions.records.is_some() {
            return Err(self.damaged("the tar archive ends after an extension header"));
        }
        let mut buffer = [0; 4096];
        let mut length = 0;
        loop {
            let count = self.stream.read(&mut buffer).map_err(|error| self.damaged(error))?;
            length += count as u64;
            if length > PADDING || buffer[..count].iter().any(|byte| *byte != 0) {
                return Err(self.damaged("there are bytes after the end of the tar archive"));
            }
            if count == 0 && length < BLOCK {
                return Err(self.damaged(CUT_OFF));
            }
            if count == 0 {
                return Ok(());
            }
        }
    }

    fn block(&mut self) -> Result<[u8; BLOCK as usize], UnpackError> {
        let mut block = [0; BLOCK as usize];
        self.stream.read_exact(&mut block).map_err(|error| self.cut_off(error))?;
        Ok(block)
    }

    fn extension(&mut self, size: u64) -> Result<Vec<u8>, UnpackError> {
        if size > EXTENSION {
            return Err(self.damaged("an extension header is too large"));
        }
        let mut data = Vec::new();
        self.stream.take(size).read_to_end(&mut data).map_err(|error| self.damaged(error))?;
        if data.len() as u64 != size {
            return Err(self.damaged(CUT_OFF));
        }
        self.skip(size.next_multiple_of(BLOCK) - size)?;
        Ok(data)
    }

    /// A long name, which GNU tar ends with a NUL.
    fn name(&mut self, size: u64) -> Result<Vec<u8>, UnpackError> {
        let mut name = self.extension(size)?;
        if name.last() == Some(&0) {
            name.pop();
        }
        Ok(name)
    }

    fn records(&mut self, size: u64) -> Result<Records, UnpackError> {
        let data = self.extension(size)?;
        Records::parse(&data).map_err(|fault| self.damaged(fault))
    }

    fn skip(&mut self, count: u64) -> Result<(), UnpackError> {
        let skipped = io::copy(&mut self.stream.take(count), &mut io::sink());
        match skipped {
            Ok(skipped) if skipped == count => Ok(()),
            Ok(_) => Err(self.damaged(CUT_OFF)),
            Err(error) => Err(self.damaged(error)),
        }
    }

    fn check_sum(&self, header: &Header) -> Result<(), UnpackError> {
        let bytes = header.as_bytes();
        let fields = bytes[..148].iter().chain(&bytes[156..]);
        let sum = fields.map(|byte| u32::from(*byte)).sum::<u32>() + 8 * u32::from(b' ');
        match header.cksum() {
            Ok(expected) if expected == sum => Ok(()),
            _ => Err(self.damaged("the checksum of a tar header is wrong")),
        }
    }

    /// The size in the header; beyond 64 bits and below zero others disagree with the crate.
    fn size(&self, header: &Header) -> Result<u64, UnpackError> {
        let field = &header.as_old().size;
        if field[0] & 0x80 != 0 && (field[0] != 0x80 || field[1..4] != [0; 3] || field[4] & 0x80 != 0) {
            return Err(self.damaged("the size in a tar header is out of range"));
        }
        let size = header.entry_size().map_err(|error| self.damaged(error))?;
        if size > i64::MAX.unsigned_abs() {
            return Err(self.damaged("the size in a tar header is out of range"));
        }
        Ok(size)
    }

    fn text(&self, bytes: Vec<u8>) -> Result<String, UnpackError> {
        String::from_utf8(bytes).map_err(|error| {
            let name = String::from_utf8_lossy(error.as_bytes()).into_owned();
            UnpackError::refused(self.origin.archive, &name, Refusal::NotUtf8)
        })
    }

    fn cut_off(&self, error: io::Error) -> UnpackError {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => self.damaged(CUT_OFF),
            _ => self.damaged(error),
        }
    }

    fn damaged(&self, fault: impl ToString) -> UnpackError {
        self.origin.damaged(fault)
    }
}

/// The bytes of one entry; it is an error where the stream ends before them.
struct Content<R>(io::Take<R>);

impl<R: Read> Read for Content<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.0.read(buffer)?;
        if count == 0 && self.0.limit() > 0 && !buffer.is_empty() {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, CUT_OFF));
        }
        Ok(count)
    }
}

/// Drops the `./` that `tar -C directory .` puts in front of every name.
fn below_here(path: &str) -> &str {
    match path.strip_prefix("./") {
        Some(rest) if !rest.starts_with('/') => rest,
        _ => path,
    }
}
