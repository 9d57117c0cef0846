//! Decoding beside writing, and reading beside encoding: a thread of its own on the far side of a few chunks.

use std::io::{self, Read, Write};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

const CHUNK: usize = 1 << 20;

/// So many chunks may wait; more would only take memory.
const WAITING: usize = 4;

/// Runs `work` on what a reader gives, which a thread of its own reads ahead. Returns the reader too,
/// for what only its end can tell.
pub(super) fn ahead<R: Read + Send, T>(mut reader: R, work: impl FnOnce(&mut dyn Read) -> T) -> (T, R) {
    let (sender, receiver) = sync_channel(WAITING);
    std::thread::scope(|scope| {
        let thread = scope.spawn(move || {
            read_all(&mut reader, &sender);
            reader
        });
        let mut chunks = Chunks { receiver, chunk: Vec::new(), at: 0 };
        let result = work(&mut chunks);
        // The other thread may be waiting to be rid of a chunk.
        drop(chunks);
        (result, thread.join().expect("reading and decoding don't panic"))
    })
}

fn read_all(reader: &mut impl Read, sender: &SyncSender<io::Result<Vec<u8>>>) {
    loop {
        let mut chunk = Vec::with_capacity(CHUNK);
        let result = reader.by_ref().take(CHUNK as u64).read_to_end(&mut chunk);
        let is_last = result.is_err() || chunk.is_empty();
        // A chunk that nobody takes any more ends the work; so does the end.
        if sender.send(result.map(|_| chunk)).is_err() || is_last {
            return;
        }
    }
}

/// Runs `produce` on a thread of its own, and passes what it writes on to `output`.
///
/// # Errors
/// Returns what `output` fails with, else what `produce` does.
pub(super) fn beside<E: From<io::Error> + Send>(
    produce: impl FnOnce(&mut dyn Write) -> Result<(), E> + Send,
    output: &mut impl Write,
) -> Result<(), E> {
    let (sender, receiver) = sync_channel::<Vec<u8>>(WAITING);
    std::thread::scope(|scope| {
        let thread = scope.spawn(move || {
            let mut pieces = Pieces { sender, chunk: Vec::with_capacity(CHUNK) };
            produce(&mut pieces)?;
            Ok(pieces.flush()?)
        });
        let passed_on = receiver.iter().try_for_each(|chunk| output.write_all(&chunk));
        // The other thread may be waiting to be rid of a chunk.
        drop(receiver);
        let produced = thread.join().expect("reading and hashing don't panic");
        passed_on?;
        produced
    })
}

/// The writer's end.
struct Pieces {
    sender: SyncSender<Vec<u8>>,
    chunk: Vec<u8>,
}

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = bytes.len().min(CHUNK - self.chunk.len());
        self.chunk.extend_from_slice(&bytes[..count]);
        if self.chunk.len() == CHUNK {
            self.flush()?;
        }
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        let chunk = std::mem::replace(&mut self.chunk, Vec::with_capacity(CHUNK));
        self.sender.send(chunk).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

/// The reader's end.
struct Chunks {
    receiver: Receiver<io::Result<Vec<u8>>>,
    chunk: Vec<u8>,
    at: usize,
}

impl Read for Chunks {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.chunk.len() {
            // After the last chunk the channel is closed.
            let Ok(next) = self.receiver.recv() else { return Ok(0) };
            (self.chunk, self.at) = (next?, 0);
        }
        let count = buffer.len().min(self.chunk.len() - self.at);
        buffer[..count].copy_from_slice(&self.chunk[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives so many bytes, then fails.
    struct Failing(u64);

    impl Read for Failing {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if self.0 == 0 {
                return Err(io::Error::other("the end is near"));
            }
            io::repeat(7).take(self.0).read(buffer).inspect(|count| self.0 -= *count as u64)
        }
    }

    #[test]
    fn all_arrives_in_order() {
        let bytes: Vec<u8> = (0..3 * CHUNK + 5).map(|number| (number % 251) as u8).collect();
        let (found, _) = ahead(bytes.as_slice(), |stream| {
            let mut found = Vec::new();
            stream.read_to_end(&mut found).map(|_| found)
        });
        assert!(found.expect("read") == bytes);
    }

    #[test]
    fn errors_arrive_and_work_may_stop_early() {
        let (result, _) = ahead(Failing(10), |stream| io::copy(stream, &mut io::sink()));
        assert_eq!(result.expect_err("an error").to_string(), "the end is near");
        let (result, _) = ahead(io::repeat(1), |stream| stream.read_exact(&mut [0; 9]));
        assert!(result.is_ok());
    }
}
