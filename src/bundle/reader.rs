//! Walks through a bundle's members. What comes next is known from the manifest, so every header is
//! compared with the one that must stand there, and nothing of the archive is interpreted.

use std::cell::Cell;
use std::io::{self, Read};
use std::path::Path;

use tar::Header;

use super::BundleError;
use super::manifest::{FORMAT, Fault, LIMIT, Manifest, NAME};
use super::member;
use crate::model::{Entry, EntryKind, PackageReceipt};
use crate::unpack::{FileEntry, Tree};

/// A bundle that is being read.
pub(super) struct Reader<'a> {
    stream: &'a mut dyn Read,
    path: &'a Path,
}

impl<'a> Reader<'a> {
    pub(super) fn new(stream: &'a mut dyn Read, path: &'a Path) -> Self {
        Self { stream, path }
    }

    /// Returns the path of the bundle.
    pub(super) fn path(&self) -> &'a Path {
        self.path
    }

    /// Reads the manifest, which comes first.
    pub(super) fn manifest(&mut self) -> Result<Manifest, BundleError> {
        let mut block = [0; member::BLOCK as usize];
        self.stream.read_exact(&mut block).map_err(|error| self.broken(error))?;
        let size = Header::from_byte_slice(&block).entry_size().map_err(|error| self.broken(error))?;
        let expected = member::manifest_header(NAME, size).map_err(|error| self.broken(error))?;
        if expected != block {
            return Err(self.damaged(format!("it doesn't begin with `{NAME}`")));
        }
        if size > LIMIT {
            return Err(self.damaged(format!("`{NAME}` is too large")));
        }
        let mut text = Vec::new();
        self.stream.take(size).read_to_end(&mut text).map_err(|error| self.broken(error))?;
        if text.len() as u64 != size {
            return Err(self.damaged("it is cut off"));
        }
        self.padding(size)?;
        Manifest::parse(&text).map_err(|fault| match fault {
            Fault::Newer(found) => BundleError::Newer { path: self.path.to_owned(), found, known: FORMAT },
            Fault::Wrong(reason) => self.damaged(reason),
        })
    }

    /// Reads a package: into a tree, or past it.
    pub(super) fn package(
        &mut self,
        receipt: &PackageReceipt,
        tree: Option<&Tree<'_>>,
        advance: &dyn Fn(u64),
    ) -> Result<(), BundleError> {
        for entry in &receipt.entries {
            self.header(receipt, entry)?;
            match &entry.kind {
                EntryKind::Link { target } => {
                    tree.map_or(Ok(()), |tree| tree.link(&entry.path, target))
                        .map_err(|error| BundleError::unpack(self.path, error))?;
                }
                EntryKind::File { size, .. } => {
                    self.content(entry, *size, tree, advance)?;
                    self.padding(*size)?;
                }
            }
            if tree.is_some() {
                advance(member::BLOCK);
            }
        }
        Ok(())
    }

    /// Reads what ends the archive; nothing may follow.
    pub(super) fn end(&mut self) -> Result<(), BundleError> {
        let is_end = member::follows(self.stream, &member::END).map_err(|error| self.broken(error))?;
        let rest = self.stream.read(&mut [0; 1]).map_err(|error| self.broken(error))?;
        if !is_end || rest > 0 {
            return Err(self.damaged(format!("there is more in it than `{NAME}` says")));
        }
        Ok(())
    }

    fn header(&mut self, receipt: &PackageReceipt, entry: &Entry) -> Result<(), BundleError> {
        let path = member::path(&receipt.id, &entry.path);
        let expected = member::header(&path, &entry.kind).map_err(|error| self.damaged(error))?;
        match member::follows(self.stream, &expected) {
            Ok(true) => Ok(()),
            Ok(false) => Err(self.damaged(format!("something else stands where {path:?} belongs"))),
            Err(error) => Err(self.broken(error)),
        }
    }

    fn content(
        &mut self,
        entry: &Entry,
        size: u64,
        tree: Option<&Tree<'_>>,
        advance: &dyn Fn(u64),
    ) -> Result<(), BundleError> {
        let left = Cell::new(size);
        let mut content = Content { stream: self.stream, left: &left, advance };
        let result = match tree {
            Some(tree) => tree
                .file(file_entry(entry, size), &mut content)
                .map_err(|error| BundleError::unpack(self.path, error)),
            None => io::copy(&mut (&mut *self.stream).take(size), &mut io::sink())
                .map(|count| left.set(size - count))
                .map_err(|error| self.broken(error)),
        };
        result?;
        if left.get() > 0 { Err(self.damaged("it is cut off")) } else { Ok(()) }
    }

    fn padding(&mut self, size: u64) -> Result<(), BundleError> {
        let zeros = &member::END[..usize::try_from(member::padding(size)).unwrap_or_default()];
        match member::follows(self.stream, zeros) {
            Ok(true) => Ok(()),
            Ok(false) => Err(self.damaged("there are bytes between its files")),
            Err(error) => Err(self.broken(error)),
        }
    }

    fn broken(&self, error: io::Error) -> BundleError {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => self.damaged("it ends too early"),
            _ => self.damaged(error),
        }
    }

    fn damaged(&self, reason: impl ToString) -> BundleError {
        BundleError::damaged(self.path, reason)
    }
}

fn file_entry(entry: &Entry, size: u64) -> FileEntry<'_> {
    let (executable, digest) = match &entry.kind {
        EntryKind::File { executable, digest, .. } => (*executable, Some(*digest)),
        EntryKind::Link { .. } => (false, None),
    };
    FileEntry { path: &entry.path, executable, size, digest }
}

/// The bytes of one file, counted.
struct Content<'a> {
    stream: &'a mut dyn Read,
    left: &'a Cell<u64>,
    advance: &'a dyn Fn(u64),
}

impl Read for Content<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = (&mut *self.stream).take(self.left.get()).read(buffer)?;
        if count == 0 && self.left.get() > 0 && !buffer.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.left.set(self.left.get() - count as u64);
        (self.advance)(count as u64);
        Ok(count)
    }
}
