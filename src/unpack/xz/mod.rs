//! The xz container as a reader: every stream of a file, nothing behind them, and never more
//! memory than allowed.

mod memory;

use std::io::{self, BufRead, Cursor, Read};

use liblzma::stream::{Action, Error, MtStreamBuilder, Status, Stream};

use self::memory::{Budget, FirstBlock, Reserved};

/// What one decoder may take: enough for a dictionary of 64 MiB (`xz -9`).
const MEMORY: u64 = 68 << 20;
const THREADS: u32 = 2;

pub(super) struct XzReader<'a, R> {
    input: R,
    budget: &'a Budget,
    state: State<'a>,
}

enum State<'a> {
    Inside(Decoder<'a>),
    Between,
    End,
}

/// A stream's decoder, and then the memory that was set aside for it: they are dropped in this order.
struct Decoder<'a> {
    /// What was read of the stream already.
    start: Cursor<Vec<u8>>,
    stream: Stream,
    _reserved: Reserved<'a>,
}

impl<R: BufRead> XzReader<'static, R> {
    pub(super) fn new(input: R) -> io::Result<Self> {
        Self::within(Budget::shared(), input)
    }
}

impl<'a, R: BufRead> XzReader<'a, R> {
    fn within(budget: &'a Budget, mut input: R) -> io::Result<Self> {
        let decoder = Decoder::new(budget, &mut input)?;
        Ok(Self { input, budget, state: State::Inside(decoder) })
    }

    /// Skips the padding after a stream, and starts the next one where there is one.
    fn between_streams(&mut self) -> io::Result<()> {
        let mut padding = 0_usize;
        loop {
            let input = self.input.fill_buf()?;
            let zeros = input.iter().take_while(|byte| **byte == 0).count();
            let (ended, found) = (input.is_empty(), zeros < input.len());
            self.input.consume(zeros);
            padding += zeros;
            if !ended && !found {
                continue;
            }
            if !padding.is_multiple_of(4) {
                return Err(damaged("there are bytes after the end of the xz stream"));
            }
            if ended {
                self.state = State::End;
                return Ok(());
            }
            self.state = State::Inside(Decoder::new(self.budget, &mut self.input)?);
            return Ok(());
        }
    }
}

impl<R: BufRead> Read for XzReader<'_, R> {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        while !output.is_empty() {
            let State::Inside(decoder) = &mut self.state else {
                if matches!(self.state, State::End) {
                    break;
                }
                self.between_streams()?;
                continue;
            };
            let (produced, is_at_end) = decoder.decode(&mut self.input, output)?;
            if is_at_end {
                self.state = State::Between;
            }
            if produced > 0 {
                return Ok(produced);
            }
        }
        Ok(0)
    }
}

impl<'a> Decoder<'a> {
    /// Makes a decoder that uses further threads where a stream has several blocks and memory allows it.
    fn new(budget: &'a Budget, input: &mut impl BufRead) -> io::Result<Self> {
        let start = start(input)?;
        let reserved = budget.reserve(FirstBlock::read(&start));
        let mut builder = MtStreamBuilder::new();
        builder.threads(THREADS).memlimit_threading(reserved.bytes).memlimit_stop(MEMORY);
        let stream = builder.decoder().map_err(explain)?;
        Ok(Self { start: Cursor::new(start), stream, _reserved: reserved })
    }

    /// Returns how much came out, and whether that was the last of the stream.
    fn decode(&mut self, source: &mut impl BufRead, output: &mut [u8]) -> io::Result<(usize, bool)> {
        let mut source = self.start.by_ref().chain(source);
        let input = source.fill_buf()?;
        let ended = input.is_empty();
        let (before_in, before_out) = (self.stream.total_in(), self.stream.total_out());
        let action = if ended { Action::Finish } else { Action::Run };
        let status = self.stream.process(input, output, action).map_err(explain)?;
        let consumed = self.stream.total_in() - before_in;
        let produced = self.stream.total_out() - before_out;
        source.consume(usize::try_from(consumed).unwrap_or(usize::MAX));
        let is_at_end = status == Status::StreamEnd;
        if !is_at_end && produced == 0 && (ended || (consumed == 0 && status == Status::MemNeeded)) {
            return Err(damaged("the xz stream is cut off"));
        }
        Ok((usize::try_from(produced).unwrap_or(usize::MAX), is_at_end))
    }
}

/// Reads the headers of a stream and of its first block, and no more, however little the reader gives at
/// a time: sections 2.1.1 and 3.1.1 of `xz-file-format.txt`.
fn start(input: &mut impl BufRead) -> io::Result<Vec<u8>> {
    const STREAM_HEADER: usize = 12;
    let mut start = Vec::new();
    input.by_ref().take(STREAM_HEADER as u64 + 1).read_to_end(&mut start)?;
    // Where there is no block, the index begins with a zero.
    let rest = match start.get(STREAM_HEADER) {
        None | Some(0) => 0,
        Some(size) => u64::from(*size) * 4 + 3,
    };
    input.by_ref().take(rest).read_to_end(&mut start)?;
    Ok(start)
}

fn explain(error: Error) -> io::Error {
    match error {
        Error::Format => damaged("it is not an xz stream, or there are bytes after the end of one"),
        Error::Data => damaged("the xz stream is corrupt"),
        Error::MemLimit => {
            damaged(&format!("unpacking it needs too much memory, more than {} MiB", MEMORY >> 20))
        }
        Error::Options => damaged("the xz stream uses an unknown option"),
        Error::Mem => io::ErrorKind::OutOfMemory.into(),
        other => damaged(&other.to_string()),
    }
}

fn damaged(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_owned())
}
