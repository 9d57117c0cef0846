//! One payload as a reader: it ends where the payload ends, and holds the bytes against the sums that
//! the script keeps.

use std::io::{self, Read};

use crc::{CRC_32_CKSUM, Crc, Digest as CrcDigest, Table};
use md5::Md5;
use sha2::{Digest as _, Sha256};

use super::header::Payload;

static CKSUM: Crc<u32, Table<16>> = Crc::<u32, Table<16>>::new(&CRC_32_CKSUM);

/// The strongest sum that the script keeps: one is enough, and each costs a pass over the bytes.
enum Sum {
    Cksum(CrcDigest<'static, u32, Table<16>>, u32),
    Md5(Box<Md5>, String),
    None,
    Sha256(Box<Sha256>, String),
}

pub(super) struct Checked<R> {
    stream: R,
    left: u64,
    size: u64,
    sum: Sum,
}

impl<R: Read> Checked<R> {
    pub(super) fn new(stream: R, payload: &Payload) -> Self {
        let sum = match (&payload.sha256, &payload.md5, payload.crc) {
            (Some(expected), ..) => Sum::Sha256(Box::default(), expected.clone()),
            (None, Some(expected), _) => Sum::Md5(Box::default(), expected.clone()),
            (None, None, Some(expected)) => Sum::Cksum(CKSUM.digest(), expected),
            (None, None, None) => Sum::None,
        };
        Self { stream, left: payload.size, size: payload.size, sum }
    }

    /// Says what is wrong with the bytes, now that all were read.
    pub(super) fn finish(mut self) -> Result<(), String> {
        let beyond = io::copy(&mut self, &mut io::sink()).map_err(|error| error.to_string())?;
        if beyond > 0 {
            return Err("there are bytes after the end of its archive".to_owned());
        }
        let (name, expected, actual) = match self.sum {
            Sum::None => return Ok(()),
            Sum::Sha256(hash, expected) => ("sha256", expected, hex(&hash.finalize())),
            Sum::Md5(hash, expected) => ("md5", expected, hex(&hash.finalize())),
            Sum::Cksum(mut digest, expected) => {
                digest.update(&length_bytes(self.size));
                ("checksum", expected.to_string(), digest.finalize().to_string())
            }
        };
        if expected == actual {
            return Ok(());
        }
        Err(format!("the {name} of its archive is wrong: expected {expected}, got {actual}"))
    }
}

impl<R: Read> Read for Checked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let wanted = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let count = self.stream.read(&mut buffer[..wanted])?;
        if count == 0 && wanted > 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it is cut off"));
        }
        self.left -= count as u64;
        match &mut self.sum {
            Sum::Cksum(digest, _) => digest.update(&buffer[..count]),
            Sum::Md5(hash, _) => hash.update(&buffer[..count]),
            Sum::None => {}
            Sum::Sha256(hash, _) => hash.update(&buffer[..count]),
        }
        Ok(count)
    }
}

/// POSIX `cksum` adds the length to the bytes: least significant byte first, no leading zeros.
fn length_bytes(size: u64) -> Vec<u8> {
    let used = 8 - size.leading_zeros() as usize / 8;
    size.to_le_bytes()[..used].to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
