//! The seal at the end of a bundle: the sha256 of all bytes before it, in a skippable frame, which every
//! reader of zstd passes over (RFC 8878, 3.1.2). It tells a cut before anything is read, and a changed
//! byte that the decoder would not notice.

use std::io::{self, Read, Seek, SeekFrom, Write};

use sha2::{Digest as _, Sha256};

use crate::model::Digest;

/// The frame's magic number and the length of what it holds, both little endian.
const HEAD: [u8; 8] = [0x5c, 0x2a, 0x4d, 0x18, 32, 0, 0, 0];

/// The seal's length.
const LENGTH: u64 = HEAD.len() as u64 + 32;

/// A writer that notes what goes through it.
pub(super) struct Sealing<W> {
    inner: W,
    hash: Sha256,
    length: u64,
}

impl<W: Write> Sealing<W> {
    pub(super) fn new(inner: W) -> Self {
        Self { inner, hash: Sha256::new(), length: 0 }
    }

    /// Writes the seal, and returns the digest of the whole file and its length.
    pub(super) fn finish(mut self) -> io::Result<(Digest, u64)> {
        let digest = self.hash.clone().finalize();
        self.write_all(&HEAD)?;
        self.write_all(&digest)?;
        self.inner.flush()?;
        Ok((Digest::from_bytes(self.hash.finalize().into()), self.length))
    }
}

impl<W: Write> Write for Sealing<W> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let count = self.inner.write(buffer)?;
        self.hash.update(&buffer[..count]);
        self.length += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// A reader of what stands before the seal.
pub(super) struct Sealed<R> {
    inner: R,
    left: u64,
    hash: Sha256,
    expected: Digest,
}

impl<R: Read + Seek> Sealed<R> {
    /// Finds the seal at the end; none where there is no seal, because the file was cut or is no bundle.
    pub(super) fn open(mut inner: R) -> io::Result<Option<Self>> {
        let length = inner.seek(SeekFrom::End(0))?;
        let Some(left) = length.checked_sub(LENGTH) else { return Ok(None) };
        inner.seek(SeekFrom::Start(left))?;
        let (mut head, mut digest) = ([0; HEAD.len()], [0; 32]);
        inner.read_exact(&mut head)?;
        inner.read_exact(&mut digest)?;
        inner.rewind()?;
        let expected = Digest::from_bytes(digest);
        Ok((head == HEAD).then(|| Self { inner, left, hash: Sha256::new(), expected }))
    }
}

impl<R> Sealed<R> {
    /// Tells whether all was read, and is what was sealed.
    pub(super) fn is_whole(&self) -> bool {
        self.left == 0 && Digest::from_bytes(self.hash.clone().finalize().into()) == self.expected
    }
}

impl<R: Read> Read for Sealed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.by_ref().take(self.left).read(buffer)?;
        self.hash.update(&buffer[..count]);
        self.left -= count as u64;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn sealed(content: &[u8]) -> Vec<u8> {
        let mut file = Vec::new();
        let mut writer = Sealing::new(&mut file);
        writer.write_all(content).expect("written");
        let (digest, length) = writer.finish().expect("sealed");
        assert_eq!(digest, Digest::of_reader(file.as_slice()).expect("read"));
        assert_eq!(length, file.len() as u64);
        file
    }

    fn is_whole(file: &[u8]) -> bool {
        let Some(mut reader) = Sealed::open(Cursor::new(file)).expect("read") else { return false };
        io::copy(&mut reader, &mut io::sink()).expect("read");
        reader.is_whole()
    }

    #[test]
    fn every_byte_and_every_length_counts() {
        for content in [b"".as_slice(), b"some bytes"] {
            let whole = sealed(content);
            assert!(is_whole(&whole));
            for at in 0..whole.len() {
                let mut changed = whole.clone();
                changed[at] ^= 1;
                assert!(!is_whole(&changed), "byte {at}");
                assert!(!is_whole(&whole[..at]), "{at} bytes");
            }
            assert!(!is_whole(&[whole.as_slice(), b"x"].concat()));
        }
    }

    #[test]
    fn what_was_not_read_is_not_whole() {
        let file = sealed(b"some bytes");
        let mut reader = Sealed::open(Cursor::new(&file)).expect("read").expect("a seal");
        reader.read_exact(&mut [0; 4]).expect("read");
        assert!(!reader.is_whole());
    }

    #[test]
    fn zstd_passes_over_the_seal() {
        let mut file = Vec::new();
        let mut writer = Sealing::new(&mut file);
        writer.write_all(&zstd::encode_all(b"text".as_slice(), 3).expect("encoded")).expect("written");
        writer.finish().expect("sealed");
        assert_eq!(zstd::decode_all(file.as_slice()).expect("decoded"), b"text");
    }
}
