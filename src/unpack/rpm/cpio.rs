//! The cpio archive of an RPM package, in the form `newc`. Sizes are 32 bits there: a package with a
//! file of 4 GiB or more is packed in another form, which is refused.

use std::collections::HashMap;
use std::io::{self, Read};

use super::super::origin::Origin;
use super::super::tree::FileEntry;
use super::super::{Refusal, Tree, UnpackError, nested};

const HEADER: usize = 110;
const NAME_BYTES: u64 = 4096;
const TARGET_BYTES: u64 = 4096;
const END: &str = "TRAILER!!!";
const TYPE_BITS: u32 = 0o170_000;

/// Feeds all entries into a tree, to the very end of the stream.
pub(super) fn read(stream: &mut dyn Read, origin: &Origin<'_>, tree: &Tree<'_>) -> Result<(), UnpackError> {
    let mut walk = Walk { stream, origin, waiting: HashMap::new() };
    while let Some(member) = walk.next().map_err(|error| origin.damaged(error))? {
        walk.deliver(&member, tree)?;
    }
    walk.finish(tree)
}

struct Walk<'a> {
    stream: &'a mut dyn Read,
    origin: &'a Origin<'a>,
    /// Names of a file whose bytes come with the last of them, by its number.
    waiting: HashMap<u32, Vec<Member>>,
}

struct Member {
    path: String,
    inode: u32,
    mode: u32,
    links: u32,
    size: u64,
}

impl Walk<'_> {
    fn next(&mut self) -> io::Result<Option<Member>> {
        let mut header = [0; HEADER];
        self.stream.read_exact(&mut header)?;
        match &header[..6] {
            b"070701" | b"070702" => {}
            b"07070X" => return Err(damaged("it holds a file of 4 GiB or more, which is not supported")),
            _ => return Err(damaged("the header of an entry is wrong")),
        }
        let field = |index: usize| {
            let digits = std::str::from_utf8(&header[6 + 8 * index..14 + 8 * index]).ok();
            let number = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
            number.ok_or_else(|| damaged("the header of an entry is wrong"))
        };
        let (inode, mode, links) = (field(0)?, field(1)?, field(4)?);
        let (size, name_size) = (u64::from(field(6)?), u64::from(field(11)?));
        let path = self.name(name_size)?;
        self.skip(padding(HEADER as u64 + name_size))?;
        if path == END {
            return Ok(None);
        }
        Ok(Some(Member { path: below_root(&path).to_owned(), inode, mode, links, size }))
    }

    fn deliver(&mut self, member: &Member, tree: &Tree<'_>) -> Result<(), UnpackError> {
        let path = &self.origin.within(&member.path);
        let damaged = |error: io::Error| self.origin.damaged(error);
        let refuse = |refusal| Err(UnpackError::refused(self.origin.archive, path, refusal));
        match member.mode & TYPE_BITS {
            0o100_000 => return self.deliver_file(member, path, tree),
            0o120_000 => {
                let target = text(self.stream, member.size, TARGET_BYTES).map_err(damaged)?;
                tree.link(path, &self.origin.target(path, &target))?;
            }
            0o040_000 if member.size > 0 => {
                return refuse(Refusal::Header("only a file may have content".to_owned()));
            }
            0o040_000 if matches!(member.path.as_str(), "" | ".") => {}
            0o040_000 => tree.directory(path)?,
            _ => return refuse(Refusal::Special("device, FIFO or socket")),
        }
        self.skip(padding(member.size)).map_err(|error| self.origin.damaged(error))
    }

    fn deliver_file(&mut self, member: &Member, path: &str, tree: &Tree<'_>) -> Result<(), UnpackError> {
        if member.links > 1 && member.size == 0 {
            let Member { inode, mode, links, size, .. } = *member;
            let waiting = Member { path: path.to_owned(), inode, mode, links, size };
            self.waiting.entry(inode).or_default().push(waiting);
            return Ok(());
        }
        let mut content = (&mut *self.stream).take(member.size);
        if tree.opens(path) {
            nested::read(&mut content, member.size, self.origin, path, tree)?;
        } else {
            write(path, member.mode, member.size, &mut content, tree)?;
        }
        let left = content.limit();
        self.skip(left + padding(member.size)).map_err(|error| self.origin.damaged(error))?;
        for other in self.waiting.remove(&member.inode).unwrap_or_default() {
            tree.hard_link(&other.path, path)?;
        }
        Ok(())
    }

    /// Files of several names and no bytes at all; and nothing may follow.
    fn finish(self, tree: &Tree<'_>) -> Result<(), UnpackError> {
        for member in self.waiting.into_values().flatten() {
            write(&member.path, member.mode, 0, &mut io::empty(), tree)?;
        }
        let mut left = [0; 4096];
        loop {
            match self.stream.read(&mut left) {
                Ok(0) => return Ok(()),
                Ok(count) if left[..count].iter().all(|byte| *byte == 0) => {}
                Ok(_) => {
                    return Err(self.origin.damaged("there are bytes after the end of the cpio archive"));
                }
                Err(error) => return Err(self.origin.damaged(error)),
            }
        }
    }

    fn name(&mut self, size: u64) -> io::Result<String> {
        let mut name = text(self.stream, size, NAME_BYTES)?;
        match name.pop() {
            Some('\0') if !name.contains('\0') => Ok(name),
            _ => Err(damaged("the name of an entry is wrong")),
        }
    }

    fn skip(&mut self, count: u64) -> io::Result<()> {
        let skipped = io::copy(&mut (&mut *self.stream).take(count), &mut io::sink())?;
        if skipped == count { Ok(()) } else { Err(damaged("it is cut off")) }
    }
}

fn write(
    path: &str,
    mode: u32,
    size: u64,
    content: &mut dyn Read,
    tree: &Tree<'_>,
) -> Result<(), UnpackError> {
    tree.file(FileEntry { path, executable: mode & 0o111 != 0, size, digest: None }, content)
}

fn text(stream: &mut dyn Read, size: u64, limit: u64) -> io::Result<String> {
    if size > limit {
        return Err(damaged("the name of an entry is too long"));
    }
    let mut bytes = Vec::new();
    stream.take(size).read_to_end(&mut bytes)?;
    if (bytes.len() as u64) < size {
        return Err(damaged("it is cut off"));
    }
    String::from_utf8(bytes).map_err(|_| damaged("the name of an entry is not UTF-8"))
}

/// What fills up to a multiple of four.
fn padding(size: u64) -> u64 {
    size.next_multiple_of(4) - size
}

/// Names begin with `./` or, in packages without that prefix, with `/`: both mean the root.
fn below_root(path: &str) -> &str {
    let path = path.strip_prefix('.').filter(|rest| rest.starts_with('/') || rest.is_empty()).unwrap_or(path);
    path.strip_prefix('/').unwrap_or(path)
}

fn damaged(fault: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, fault.to_owned())
}
