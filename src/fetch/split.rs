//! The rest of a large file over several connections: one of them is seldom given all that the line has.
//!
//! The file still grows at its end only, so what a kill leaves is resumed as ever: pieces that come
//! before their turn wait in memory, a few at a time. Whatever a server does that doesn't fit ends
//! it, and the one stream goes on.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use url::Url;

use super::body::pass_on;
use super::error::FetchError;
use super::exchange::{Answer, Exchange};
use super::patience::Failed;
use super::range::ContentRange;

/// When and how large files are downloaded over several connections.
#[derive(Clone, Copy, Debug)]
pub struct Split {
    /// What has to be missing of a file, in bytes, for it to be worth the further connections.
    pub from: u64,
    /// The bytes of one request. So many pieces as there are connections may be in memory.
    pub piece: u64,
    /// How many connections all downloads together may use, beyond one for each.
    pub connections: usize,
    /// The bytes per second of one connection from which on it needs no others.
    pub enough: u64,
}

impl Split {
    /// Tells whether a first piece took so long that others may bring more.
    pub(super) fn is_slow(&self, time: Duration) -> bool {
        (self.piece as f64) < self.enough as f64 * time.as_secs_f64()
    }
}

impl Default for Split {
    /// A piece takes a slow line a second, and requests are nothing beside that. What brings 64 MiB/s
    /// brings it faster than most archives are unpacked.
    fn default() -> Self {
        Self { from: 64 << 20, piece: 4 << 20, connections: MOST, enough: 64 << 20 }
    }
}

/// More connections than these gain little, and each is a piece in memory.
pub(super) const MOST: usize = 4;

/// The connections that downloads use together.
#[derive(Debug, Default)]
pub(super) struct Slots {
    held: AtomicUsize,
}

/// One connection, until it is dropped.
pub(super) struct Slot<'a>(&'a Slots);

impl Slots {
    /// Counts a download, which needs its connection in any case.
    pub(super) fn join(&self) -> Slot<'_> {
        self.held.fetch_add(1, Ordering::Relaxed);
        Slot(self)
    }

    /// Takes a connection that no download needs.
    fn take_free(&self, most: usize) -> Option<Slot<'_>> {
        let add = |held| (held < most).then_some(held + 1);
        self.held.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add).ok().map(|_| Slot(self))
    }

    fn is_crowded(&self, most: usize) -> bool {
        self.held.load(Ordering::Relaxed) > most
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        self.0.held.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Returns what names this version of the file; a weak tag does not, since it may cover other bytes.
pub(super) fn validator(answer: &Answer) -> Option<&str> {
    let tag = answer.header("etag").filter(|tag| tag.starts_with('"'));
    tag.or_else(|| answer.header("last-modified"))
}

/// A file on a server that gives parts of it, and the same file each time.
pub(super) struct Source {
    pub(super) url: Url,
    /// Names the version of the file.
    pub(super) validator: String,
    pub(super) size: u64,
}

/// The pieces of a file from some point on.
pub(super) struct Pieces<'a> {
    exchange: &'a Exchange,
    source: Source,
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    /// Where the next piece begins that nobody fetches yet.
    claimed: u64,
    /// Where the next piece begins that the file needs.
    needed: u64,
    pieces: BTreeMap<u64, Vec<u8>>,
    failed: Option<Failed>,
    is_over: bool,
}

impl<'a> Pieces<'a> {
    pub(super) fn new(exchange: &'a Exchange, source: Source, start: u64) -> Self {
        let state =
            State { claimed: start, needed: start, pieces: BTreeMap::new(), failed: None, is_over: false };
        Self { exchange, source, state: Mutex::new(state), changed: Condvar::new() }
    }

    /// Takes the connections that are free, for [`Pieces::work`].
    pub(super) fn free_slots(&self) -> Vec<Slot<'a>> {
        let most = self.exchange.split.connections;
        std::iter::from_fn(|| self.exchange.slots.take_free(most)).collect()
    }

    /// Fetches pieces until there are none left, one fails, or other downloads need the connection.
    pub(super) fn work(&self, slot: Option<Slot<'_>>) {
        while let Some(start) = self.claim(slot.is_some()) {
            let piece = self.fetch(start);
            let mut state = self.lock();
            match piece {
                Ok(piece) => drop(state.pieces.insert(start, piece)),
                Err(failed) => {
                    state.failed.get_or_insert(failed);
                    state.is_over = true;
                }
            }
            self.changed.notify_all();
        }
    }

    /// Returns the next piece of the file; none after its last.
    pub(super) fn next(&self) -> Result<Option<Vec<u8>>, Failed> {
        let mut state = self.lock();
        loop {
            if state.needed >= self.source.size {
                return Ok(None);
            }
            let needed = state.needed;
            if let Some(piece) = state.pieces.remove(&needed) {
                state.needed += piece.len() as u64;
                self.changed.notify_all();
                return Ok(Some(piece));
            }
            if let Some(failed) = state.failed.take() {
                return Err(failed);
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Ends the work: nobody takes pieces any more.
    pub(super) fn stop(&self) {
        self.lock().is_over = true;
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the next piece for the caller to fetch, no further ahead than may wait in memory.
    fn claim(&self, is_extra: bool) -> Option<u64> {
        let split = self.exchange.split;
        let window = split.piece.saturating_mul(split.connections.max(1) as u64);
        let mut state = self.lock();
        loop {
            let may_leave = is_extra && self.exchange.slots.is_crowded(split.connections);
            if state.is_over || state.claimed >= self.source.size || may_leave {
                return None;
            }
            if state.claimed < state.needed.saturating_add(window) {
                let start = state.claimed;
                state.claimed = self.end(start);
                return Some(start);
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn end(&self, start: u64) -> u64 {
        start.saturating_add(self.exchange.split.piece.max(1)).min(self.source.size)
    }

    fn fetch(&self, start: u64) -> Result<Vec<u8>, Failed> {
        let (url, end) = (&self.source.url, self.end(start));
        let range = format!("bytes={start}-{}", end - 1);
        let headers = [("Range", range.as_str()), ("If-Range", self.source.validator.as_str())];
        let answer = self.exchange.get(url, &headers)?;
        self.check(&answer, start, end)?;
        let length = usize::try_from(end - start).unwrap_or(usize::MAX);
        let mut piece = Vec::with_capacity(length);
        pass_on(self.exchange, url, answer.reader(), &mut |bytes| {
            let fits = bytes.len() <= length - piece.len();
            piece.extend_from_slice(&bytes[..bytes.len().min(length - piece.len())]);
            // Read to its end, the connection serves the next piece.
            Ok(fits && !self.lock().is_over)
        })?;
        if piece.len() < length {
            return Err(Failed::again(FetchError::cut(
                url,
                format!("a part ended after {} bytes", piece.len()),
            )));
        }
        Ok(piece)
    }

    fn check(&self, answer: &Answer, start: u64, end: u64) -> Result<(), Failed> {
        let unfit = |what: &str| Failed::Unfit(FetchError::malformed(&answer.url, what));
        match answer.status() {
            206 => {
                let range = answer.header("content-range").and_then(ContentRange::parse);
                let is_same = validator(answer).is_none_or(|version| version == self.source.validator);
                let fits =
                    is_same && range.is_some_and(|range| range.is_exactly(start, end, self.source.size));
                if fits { Ok(()) } else { Err(unfit("it answers with another range than was asked for")) }
            }
            // Whatever it has against further connections, it had nothing against the first one.
            _ => Err(unfit("it gives parts of its files at one time and not at another")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_connections_are_those_that_no_download_needs() {
        let slots = Slots::default();
        let downloads: Vec<_> = (0..3).map(|_| slots.join()).collect();
        let extra = slots.take_free(4).expect("one is left");
        assert!(slots.take_free(4).is_none() && !slots.is_crowded(4));
        let another = slots.join();
        assert!(slots.is_crowded(4), "a download comes in any case");
        drop((extra, downloads));
        assert!(!slots.is_crowded(4));
        assert_eq!(std::iter::from_fn(|| slots.take_free(4)).map(std::mem::forget).count(), 3);
        drop(another);
    }
}
