//! A part of an open file as a reader of its own: positional reads, so that threads share a file
//! without sharing a cursor.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;

#[derive(Debug)]
pub(super) struct Window<'a> {
    file: &'a File,
    position: u64,
    end: u64,
}

impl<'a> Window<'a> {
    pub(super) const fn new(file: &'a File, position: u64, end: u64) -> Self {
        Self { file, position, end }
    }
}

impl Read for Window<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.end.saturating_sub(self.position)).unwrap_or(usize::MAX);
        let wanted = left.min(buffer.len());
        let count = self.file.read_at(&mut buffer[..wanted], self.position)?;
        if count == 0 && wanted > 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.position += count as u64;
        Ok(count)
    }
}
