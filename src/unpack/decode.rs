//! Compressed streams, told apart by their first bytes. Decoders use bounded memory.

use std::io::{self, BufRead, BufReader, Cursor, Read};

use bzip2::bufread::MultiBzDecoder;
use flate2::bufread::MultiGzDecoder;

use super::Limits;
use super::xz::XzReader;

const BUFFER: usize = 256 << 10;
/// zstd's window: 128 MiB is what `zstd --long` makes, and decoders refuse more unasked.
const ZSTD_WINDOW_LOG: u32 = 27;
/// As many first bytes as the longest magic has.
const MAGIC: usize = 6;

/// How a stream is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compression {
    Bzip2,
    Gzip,
    Plain,
    Xz,
    Zstd,
}

impl Compression {
    /// Tells the compression by the first bytes of a stream.
    pub(super) fn of(start: &[u8]) -> Self {
        match start {
            [b'B', b'Z', b'h', ..] => Self::Bzip2,
            [0x1f, 0x8b, ..] => Self::Gzip,
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Self::Xz,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Self::Zstd,
            _ => Self::Plain,
        }
    }

    /// Decodes a stream that is compressed in this way, to its very end.
    pub(super) fn decoder<'a>(self, stream: impl BufRead + 'a) -> io::Result<Box<dyn Read + 'a>> {
        Ok(match self {
            Self::Bzip2 => Box::new(MultiBzDecoder::new(stream)),
            Self::Gzip => Box::new(MultiGzDecoder::new(stream)),
            Self::Plain => Box::new(stream),
            Self::Xz => Box::new(XzReader::new(stream)?),
            Self::Zstd => {
                let mut decoder = zstd::stream::read::Decoder::with_buffer(stream)?;
                decoder.window_log_max(ZSTD_WINDOW_LOG)?;
                Box::new(decoder)
            }
        })
    }
}

/// Decodes a stream as its first bytes tell, and fails where more comes out than the limits allow.
pub(super) fn decode<'a>(mut stream: impl Read + 'a, limits: Limits) -> io::Result<Box<dyn BufRead + 'a>> {
    let start = start(&mut stream, MAGIC)?;
    let compression = Compression::of(&start);
    let stream = Cursor::new(start).chain(BufReader::with_capacity(BUFFER, stream));
    Ok(bounded(compression.decoder(stream)?, limits))
}

/// Bounds and buffers a decoded stream.
pub(super) fn bounded<'a>(decoder: Box<dyn Read + 'a>, limits: Limits) -> Box<dyn BufRead + 'a> {
    let bounded = Bounded { inner: decoder, left: stream_limit(limits) };
    Box::new(BufReader::with_capacity(BUFFER, bounded))
}

/// Reads the first bytes of a stream: fewer only where it ends before.
pub(super) fn start(stream: &mut impl Read, count: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    stream.take(count as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// What the whole stream may hold: contents, headers and padding.
fn stream_limit(limits: Limits) -> u64 {
    const HEADERS: u64 = 4096;
    const END: u64 = 16 << 20;
    limits.bytes.saturating_add(limits.entries.saturating_mul(HEADERS)).saturating_add(END)
}

/// A reader that fails where too much comes, so that no bomb costs time without end.
struct Bounded<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        let left = self.left.checked_sub(count as u64);
        self.left = left.ok_or_else(|| io::Error::other("it exceeds the limit of its unpacked size"))?;
        Ok(count)
    }
}
