//! What the decoders of one process may take together: an archive's dictionary is as large as whoever
//! packed it chose, and there are as many decoders as cores.

use std::cell::Cell;
use std::sync::{Condvar, Mutex, PoisonError};

/// With the rest of an install this stays below 150 MiB.
const ALL: u64 = 96 << 20;

/// What a decoder needs beside its dictionary.
const BESIDE: u64 = 1 << 20;

/// The dictionary of `xz` when nothing is said, for a header that can't be read.
const USUAL: u64 = 8 << 20;

static LEFT: Mutex<u64> = Mutex::new(ALL);
static RETURNED: Condvar = Condvar::new();

thread_local! {
    /// How many reservations this thread holds.
    static HELD: Cell<u32> = const { Cell::new(0) };
}

/// Memory that is set aside for one decoder until this is dropped.
#[derive(Debug)]
pub(super) struct Reserved {
    bytes: u64,
}

impl Reserved {
    /// Sets a dictionary's memory aside, and waits until there is as much. A thread that holds some
    /// already, for an archive in an archive, doesn't wait: it would wait for itself.
    pub(super) fn for_dictionary(dictionary: u64) -> Self {
        let bytes = dictionary.saturating_add(BESIDE).min(ALL);
        let may_wait = HELD.get() == 0;
        let mut left = LEFT.lock().unwrap_or_else(PoisonError::into_inner);
        while may_wait && *left < bytes {
            left = RETURNED.wait(left).unwrap_or_else(PoisonError::into_inner);
        }
        let bytes = bytes.min(*left);
        *left -= bytes;
        HELD.set(HELD.get() + 1);
        Self { bytes }
    }

    /// Takes what is left, up to `most` in all, for further threads of this decoder.
    pub(super) fn extend(&mut self, most: u64) -> u64 {
        let mut left = LEFT.lock().unwrap_or_else(PoisonError::into_inner);
        let more = most.saturating_sub(self.bytes).min(*left);
        *left -= more;
        self.bytes += more;
        self.bytes
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        *LEFT.lock().unwrap_or_else(PoisonError::into_inner) += self.bytes;
        HELD.set(HELD.get().saturating_sub(1));
        RETURNED.notify_all();
    }
}

/// Reads the size of the first block's dictionary from the beginning of a stream.
///
/// The format is that of `xz-file-format.txt`, 2.1.1 (stream header), 3.1 (block header), 5.3.1 (LZMA2).
pub(super) fn dictionary(start: &[u8]) -> u64 {
    first_dictionary(start).unwrap_or(USUAL)
}

fn first_dictionary(start: &[u8]) -> Option<u64> {
    const STREAM_HEADER: usize = 12;
    const LZMA2: u64 = 0x21;
    let block = start.get(STREAM_HEADER..)?;
    let flags = *block.get(1)?;
    let mut rest = block.get(2..)?;
    for size_is_given in [flags & 0x40 != 0, flags & 0x80 != 0] {
        if size_is_given {
            number(&mut rest)?;
        }
    }
    for _ in 0..=(flags & 3) {
        let (filter, length) = (number(&mut rest)?, usize::try_from(number(&mut rest)?).ok()?);
        let properties = rest.get(..length)?;
        rest = &rest[length..];
        if filter == LZMA2 {
            let bits = u32::from(*properties.first()?);
            return (bits <= 40).then(|| u64::from(2 | (bits & 1)) << (bits / 2 + 11));
        }
    }
    None
}

/// Takes a number of seven bits a byte, the lowest first.
fn number(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for index in 0..9 {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << (index * 7);
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Duration;

    use liblzma::stream::{Check, Filters, LzmaOptions, Stream};

    use super::*;

    fn packed(dictionary: u32, has_branch_filter: bool) -> Vec<u8> {
        let mut options = LzmaOptions::new_preset(0).expect("options");
        options.dict_size(dictionary);
        let mut filters = Filters::new();
        if has_branch_filter {
            filters.x86();
        }
        filters.lzma2(&options);
        let stream = Stream::new_stream_encoder(&filters, Check::Crc32).expect("an encoder");
        let mut encoder = liblzma::write::XzEncoder::new_stream(Vec::new(), stream);
        encoder.write_all(b"data").expect("written");
        encoder.finish().expect("finished")
    }

    #[test]
    fn dictionaries_are_read_from_the_header() {
        for size in [4 << 10, 1 << 20, 8 << 20, 64 << 20, 3 << 20] {
            for has_branch_filter in [false, true] {
                assert_eq!(dictionary(&packed(size, has_branch_filter)), u64::from(size));
            }
        }
        assert_eq!(dictionary(b"\xfd7zXZ"), USUAL);
        assert_eq!(dictionary(&[0xff; 40]), USUAL);
    }

    #[test]
    fn those_that_do_not_fit_together_wait_and_an_inner_one_does_not() {
        let together = AtomicU32::new(0);
        let most = AtomicU32::new(0);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let _reserved = Reserved::for_dictionary(64 << 20);
                    most.fetch_max(together.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    let _inner = Reserved::for_dictionary(64 << 20);
                    std::thread::sleep(Duration::from_millis(10));
                    together.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        assert_eq!(most.into_inner(), 1);
        let mut all = Reserved::for_dictionary(1 << 20);
        assert!(all.extend(u64::MAX) <= ALL);
    }
}
