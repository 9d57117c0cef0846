//! The xz container as a reader: every stream of a file, nothing behind them, and never more
//! memory than allowed.

mod memory;

use std::io::{self, BufRead, Read};

use memory::Reserved;

use liblzma::stream::{Action, Error, MtStreamBuilder, Status, Stream};

/// What one decoder may take: enough for a dictionary of 64 MiB (`xz -9`).
const MEMORY: u64 = 68 << 20;
const THREADS: u32 = 2;

pub(super) struct XzReader<R> {
    input: R,
    stream: Stream,
    state: State,
    /// Given back when the stream ends, and before another one begins.
    reserved: Option<Reserved>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Inside,
    Between,
    End,
}

impl<R: BufRead> XzReader<R> {
    pub(super) fn new(mut input: R) -> io::Result<Self> {
        let mut reserved = reserve(&mut input)?;
        Ok(Self { input, stream: decoder(&mut reserved)?, state: State::Inside, reserved: Some(reserved) })
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
            let mut reserved = reserve(&mut self.input)?;
            self.stream = decoder(&mut reserved)?;
            self.reserved = Some(reserved);
            self.state = State::Inside;
            return Ok(());
        }
    }

    fn decode(&mut self, output: &mut [u8]) -> io::Result<usize> {
        let input = self.input.fill_buf()?;
        let ended = input.is_empty();
        let (before_in, before_out) = (self.stream.total_in(), self.stream.total_out());
        let action = if ended { Action::Finish } else { Action::Run };
        let status = self.stream.process(input, output, action).map_err(explain)?;
        let consumed = self.stream.total_in() - before_in;
        let produced = self.stream.total_out() - before_out;
        self.input.consume(usize::try_from(consumed).unwrap_or(usize::MAX));
        if status == Status::StreamEnd {
            self.state = State::Between;
            self.reserved = None;
        } else if produced == 0 && (ended || (consumed == 0 && status == Status::MemNeeded)) {
            return Err(damaged("the xz stream is cut off"));
        }
        Ok(usize::try_from(produced).unwrap_or(usize::MAX))
    }
}

impl<R: BufRead> Read for XzReader<R> {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        while !output.is_empty() {
            match self.state {
                State::End => break,
                State::Between => self.between_streams()?,
                State::Inside => match self.decode(output)? {
                    0 => {}
                    count => return Ok(count),
                },
            }
        }
        Ok(0)
    }
}

fn reserve(input: &mut impl BufRead) -> io::Result<Reserved> {
    Ok(Reserved::for_dictionary(memory::dictionary(input.fill_buf()?)))
}

/// A decoder that uses further threads where a file has several blocks and memory allows it.
fn decoder(reserved: &mut Reserved) -> io::Result<Stream> {
    let mut builder = MtStreamBuilder::new();
    builder.threads(THREADS).memlimit_threading(reserved.extend(MEMORY)).memlimit_stop(MEMORY);
    builder.decoder().map_err(explain)
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
