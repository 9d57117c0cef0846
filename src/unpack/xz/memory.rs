//! What the decoders of one process may take together: an archive's dictionary is as large as whoever
//! packed it chose, and there are as many decoders as cores.

use std::cell::Cell;
use std::marker::PhantomData;
use std::sync::{Condvar, LazyLock, Mutex, PoisonError};

/// With the rest of an install this stays below 150 MiB.
const ALL: u64 = 96 << 20;

/// What a decoder needs beside its dictionary.
const BESIDE: u64 = 1 << 20;

/// The dictionary of `xz` when nothing is said, for a header that can't be read.
const USUAL: u64 = 8 << 20;

static SHARED: LazyLock<Budget> =
    LazyLock::new(|| Budget::of(std::thread::available_parallelism().map_or(2, usize::from)));

thread_local! {
    /// How many reservations this thread holds.
    static HELD: Cell<u32> = const { Cell::new(0) };
}

/// Memory that decoders have together.
#[derive(Debug)]
pub(super) struct Budget {
    left: Mutex<u64>,
    returned: Condvar,
    /// What one decoder may have where it needs no more.
    fair: u64,
}

impl Budget {
    /// What all decoders of this process have together: there is one for every core.
    pub(super) fn shared() -> &'static Self {
        &SHARED
    }

    /// Memory for so many decoders.
    pub(super) fn of(decoders: usize) -> Self {
        Self { left: Mutex::new(ALL), returned: Condvar::new(), fair: ALL / decoders.max(1) as u64 }
    }

    /// Sets aside what a decoder of this block needs, and waits until there is as much. A thread that
    /// holds some already, for an archive in an archive, doesn't wait: it would wait for itself.
    ///
    /// liblzma gives a block to a thread only where its header tells its sizes (`stream_decoder_mt.c`);
    /// such a decoder has a fair share, where that is left.
    pub(super) fn reserve(&self, block: FirstBlock) -> Reserved<'_> {
        let needed = block.dictionary.saturating_add(BESIDE).min(ALL);
        let may_wait = HELD.get() == 0;
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        while may_wait && *left < needed {
            left = self.returned.wait(left).unwrap_or_else(PoisonError::into_inner);
        }
        let wanted = if block.tells_sizes { needed.max(self.fair) } else { needed };
        let bytes = wanted.min(*left);
        *left -= bytes;
        HELD.set(HELD.get() + 1);
        Reserved { budget: self, bytes, of_this_thread: PhantomData }
    }
}

/// Memory that is set aside for one decoder until this is dropped.
#[derive(Debug)]
pub(super) struct Reserved<'a> {
    budget: &'a Budget,
    pub(super) bytes: u64,
    /// It can't be sent to another thread, whose `HELD` it would lower.
    of_this_thread: PhantomData<*const ()>,
}

impl Drop for Reserved<'_> {
    fn drop(&mut self) {
        *self.budget.left.lock().unwrap_or_else(PoisonError::into_inner) += self.bytes;
        HELD.set(HELD.get().saturating_sub(1));
        self.budget.returned.notify_all();
    }
}

/// What a stream's beginning tells of its first block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FirstBlock {
    dictionary: u64,
    tells_sizes: bool,
}

impl FirstBlock {
    /// The format is that of `xz-file-format.txt`, 2.1.1 (stream header), 3.1 (block header), 5.3.1 (LZMA2).
    pub(super) fn read(start: &[u8]) -> Self {
        Self::known(start).unwrap_or(Self { dictionary: USUAL, tells_sizes: false })
    }

    fn known(start: &[u8]) -> Option<Self> {
        const STREAM_HEADER: usize = 12;
        const LZMA2: u64 = 0x21;
        let block = start.get(STREAM_HEADER..)?;
        let flags = *block.get(1)?;
        let mut rest = block.get(2..)?;
        let sizes_given = [flags & 0x40 != 0, flags & 0x80 != 0];
        for size_is_given in sizes_given {
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
                let dictionary = (bits <= 40).then(|| u64::from(2 | (bits & 1)) << (bits / 2 + 11))?;
                return Some(Self { dictionary, tells_sizes: sizes_given == [true; 2] });
            }
        }
        None
    }
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
    use std::io::{Read as _, Write as _};
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::{Duration, Instant};

    use liblzma::stream::{Check, Filters, LzmaOptions, MtStreamBuilder, Stream};

    use super::*;

    fn filters(dictionary: u32, has_branch_filter: bool) -> Filters {
        let mut options = LzmaOptions::new_preset(0).expect("options");
        options.dict_size(dictionary);
        let mut filters = Filters::new();
        if has_branch_filter {
            filters.x86();
        }
        filters.lzma2(&options);
        filters
    }

    fn encoded(stream: Stream) -> Vec<u8> {
        let mut encoder = liblzma::write::XzEncoder::new_stream(Vec::new(), stream);
        encoder.write_all(b"data").expect("written");
        encoder.finish().expect("finished")
    }

    fn packed(dictionary: u32, has_branch_filter: bool) -> Vec<u8> {
        let filters = filters(dictionary, has_branch_filter);
        encoded(Stream::new_stream_encoder(&filters, Check::Crc32).expect("an encoder"))
    }

    fn packed_by_threads(dictionary: u32) -> Vec<u8> {
        let mut builder = MtStreamBuilder::new();
        builder.threads(2).check(Check::Crc32).filters(filters(dictionary, false));
        encoded(builder.encoder().expect("an encoder"))
    }

    /// Opens eight readers, a thread each, and returns how many of them were open at once: those that
    /// are wait for the others, but not for ever.
    fn open_at_once(budget: &Budget, archive: &[u8]) -> u32 {
        let open = AtomicU32::new(0);
        let most = AtomicU32::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let _reader = super::super::XzReader::within(budget, archive).expect("a reader");
                    most.fetch_max(open.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    let start = Instant::now();
                    while most.load(Ordering::SeqCst) < 8 && start.elapsed() < Duration::from_secs(2) {
                        std::thread::sleep(Duration::from_millis(1));
                    }
                    open.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        most.into_inner()
    }

    #[test]
    fn the_first_block_is_read_from_the_header() {
        for size in [4 << 10, 1 << 20, 8 << 20, 64 << 20, 3 << 20] {
            let expected = |tells_sizes| FirstBlock { dictionary: u64::from(size), tells_sizes };
            for has_branch_filter in [false, true] {
                assert_eq!(FirstBlock::read(&packed(size, has_branch_filter)), expected(false));
            }
            assert_eq!(FirstBlock::read(&packed_by_threads(size)), expected(true));
        }
        let usual = FirstBlock { dictionary: USUAL, tells_sizes: false };
        assert_eq!(FirstBlock::read(b"\xfd7zXZ"), usual);
        assert_eq!(FirstBlock::read(&[0xff; 40]), usual);
    }

    #[test]
    fn eight_usual_archives_are_open_at_once() {
        // No thread can help with this one, whatever there is.
        assert_eq!(open_at_once(&Budget::of(1), &packed(8 << 20, false)), 8);
        // With this one it can: as many as there are cores have their share.
        assert_eq!(open_at_once(&Budget::of(8), &packed_by_threads(8 << 20)), 8);
        assert_eq!(open_at_once(&Budget::of(16), &packed_by_threads(8 << 20)), 8);
    }

    /// Others have looked at the first bytes, and put them in front again.
    #[test]
    fn the_dictionary_is_known_where_the_header_comes_in_pieces() {
        let (archive, budget) = (packed(64 << 20, false), Budget::of(1));
        for length in 0..30 {
            let (start, rest) = archive.split_at(length);
            let mut reader = super::super::XzReader::within(&budget, start.chain(rest)).expect("a reader");
            assert_eq!(*budget.left.lock().expect("a lock"), ALL - (64 << 20) - BESIDE, "{length}");
            let mut text = String::new();
            reader.read_to_string(&mut text).expect("unpacked");
            assert_eq!(text, "data");
        }
    }

    #[test]
    fn a_share_is_taken_where_threads_can_use_it() {
        let with = |tells_sizes| FirstBlock { dictionary: 8 << 20, tells_sizes };
        let needed = (8 << 20) + BESIDE;
        assert_eq!(Budget::of(2).reserve(with(true)).bytes, ALL / 2);
        assert_eq!(Budget::of(2).reserve(with(false)).bytes, needed);
        assert_eq!(Budget::of(16).reserve(with(true)).bytes, needed);
    }

    #[test]
    fn those_that_do_not_fit_together_wait_and_an_inner_one_does_not() {
        let budget = Budget::of(4);
        let large = FirstBlock { dictionary: 64 << 20, tells_sizes: true };
        let together = AtomicU32::new(0);
        let most = AtomicU32::new(0);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let _reserved = budget.reserve(large);
                    most.fetch_max(together.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    let _inner = budget.reserve(large);
                    std::thread::sleep(Duration::from_millis(10));
                    together.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        assert_eq!(most.into_inner(), 1);
        assert_eq!(*budget.left.lock().expect("a lock"), ALL, "all of it is given back");
    }
}
