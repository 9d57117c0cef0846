//! A large file over HTTP: resumed where it stopped, restarted where the server can't or the file has
//! changed, and believed only when size and digest are right.

use std::io::Read;
use std::time::Instant;

use super::Download;
use super::body::pass_on;
use super::error::FetchError;
use super::exchange::{Answer, Exchange};
use super::part::Part;
use super::patience::{Failed, Tries};
use super::range::ContentRange;
use super::split::{Pieces, Slot, Source, Split, validator};
use crate::model::Digest;

/// Longer than anything that NVIDIA publishes; ends a body without end where no size is known.
const LONGEST: u64 = 64 << 30;

/// How often the rest is asked for in pieces before one stream is tried.
const SPLITS: u32 = 3;

/// Downloads a file into its part.
pub(super) fn download(
    exchange: &Exchange,
    download: &Download<'_>,
    advance: &dyn Fn(i64),
) -> Result<Digest, FetchError> {
    let _connection = exchange.slots.join();
    let part = Part::open(download.part, download.size.unwrap_or(LONGEST), advance)?;
    let resumed = part.length() > 0;
    let mut transfer = Transfer {
        exchange,
        download,
        part,
        resumed,
        ranges: true,
        splits: SPLITS,
        retried: false,
        announced: None,
    };
    let result = transfer.run();
    match result {
        Ok(_) => transfer.part.forget(),
        Err(_) if transfer.part.length() == 0 => transfer.part.discard(),
        Err(_) => {}
    }
    result
}

struct Transfer<'a> {
    exchange: &'a Exchange,
    download: &'a Download<'a>,
    part: Part<'a>,
    /// The part was not received in one go, so a wrong digest may come from the joint.
    resumed: bool,
    /// The server may be asked for a range.
    ranges: bool,
    /// How often the rest may still be asked for in pieces.
    splits: u32,
    /// A wrong digest was met once and the part emptied for it.
    retried: bool,
    /// The size that the server named.
    announced: Option<u64>,
}

impl Transfer<'_> {
    /// Tries until the file is whole and its digest right.
    fn run(&mut self) -> Result<Digest, FetchError> {
        let mut tries = Tries::new(&self.exchange.patience);
        loop {
            let before = self.part.length();
            if let Err(failed) = self.attempt() {
                let is_cancelled = || self.exchange.is_cancelled();
                tries.pause_unless(failed, self.part.length() > before, &is_cancelled)?;
                continue;
            }
            let got = self.part.digest();
            let Some((expected, actual)) = self.download.mismatch(&got)? else { return Ok(got) };
            let final_answer = !self.resumed || self.retried;
            self.retried = true;
            self.splits = 0;
            self.start_over()?;
            if final_answer {
                return Err(FetchError::mismatch(self.download.url, expected, actual));
            }
        }
    }

    /// Receives what is missing.
    fn attempt(&mut self) -> Result<(), Failed> {
        if self.part.length() > 0 && Some(self.part.length()) == self.size() {
            return Ok(());
        }
        let answer = self.ask()?;
        match answer.status() {
            200 => self.begin(&answer)?,
            206 if self.part.length() > 0 && self.ranges => self.resume(&answer)?,
            206 => {
                return Err(
                    FetchError::malformed(&answer.url, "it sends a range that was not asked for").into()
                );
            }
            416 if self.part.length() > 0 && self.ranges => return Err(self.without_ranges(&answer)),
            _ => return Err(Exchange::refusal(&answer)),
        }
        self.receive(answer)
    }

    fn size(&self) -> Option<u64> {
        self.download.size.or(self.announced)
    }

    fn ask(&self) -> Result<Answer, Failed> {
        let length = self.part.length();
        if length == 0 || !self.ranges {
            return self.exchange.get(self.download.url, &[]);
        }
        let range = format!("bytes={length}-");
        match self.part.noted() {
            Some(version) => {
                self.exchange.get(self.download.url, &[("Range", &range), ("If-Range", &version)])
            }
            None => self.exchange.get(self.download.url, &[("Range", &range)]),
        }
    }

    /// Takes an answer that has the whole file.
    fn begin(&mut self, answer: &Answer) -> Result<(), Failed> {
        self.announced = answer.content_length();
        if let (Some(expected), Some(got)) = (self.download.size, self.announced)
            && expected != got
        {
            return Err(self.wrong_size(answer, &format!("{got} bytes")).into());
        }
        if self.part.length() > 0 {
            self.part.restart()?;
        }
        self.resumed = false;
        self.part.note(validator(answer))?;
        Ok(())
    }

    /// Takes an answer that has the rest of the file.
    fn resume(&mut self, answer: &Answer) -> Result<(), Failed> {
        let length = self.part.length();
        let range = answer.header("content-range").and_then(ContentRange::parse);
        match range {
            Some(range) if range.is_rest_from(length, self.download.size) => {
                self.announced = range.total;
                self.resumed = true;
                Ok(())
            }
            _ => Err(self.without_ranges(answer)),
        }
    }

    /// Starts over after an answer to a range that does not fit.
    fn without_ranges(&mut self, answer: &Answer) -> Failed {
        self.ranges = false;
        match self.start_over() {
            Ok(()) => Failed::Again {
                error: FetchError::malformed(&answer.url, "it answers with another range than was asked for"),
                wait: Some(std::time::Duration::ZERO),
            },
            Err(error) => error.into(),
        }
    }

    fn start_over(&mut self) -> Result<(), FetchError> {
        self.part.restart()?;
        self.resumed = false;
        self.announced = None;
        Ok(())
    }

    fn receive(&mut self, answer: Answer) -> Result<(), Failed> {
        let source = self.divisible(&answer);
        let mut reader = answer.reader();
        if let Some(source) = source {
            let first = self.part.length() + self.exchange.split.piece;
            let begun = Instant::now();
            self.receive_all(reader.by_ref().take(self.exchange.split.piece))?;
            if self.part.length() == first && self.exchange.split.is_slow(begun.elapsed()) {
                let pieces = Pieces::new(self.exchange, source, first);
                let free = pieces.free_slots();
                if !free.is_empty() {
                    drop(reader);
                    return self.receive_pieces(&pieces, free);
                }
            }
        }
        self.receive_all(reader)?;
        self.ended()
    }

    /// Tells whether the rest can come in pieces, and from where.
    fn divisible(&self, answer: &Answer) -> Option<Source> {
        let Split { from, piece, .. } = self.exchange.split;
        let size = self.size()?;
        let missing = size.saturating_sub(self.part.length());
        let accepts = |value: &str| value.eq_ignore_ascii_case("bytes");
        let gives_parts = answer.status() == 206 || answer.header("accept-ranges").is_some_and(accepts);
        let is_worth_it = missing >= from && missing > piece;
        (self.ranges && self.splits > 0 && gives_parts && is_worth_it).then_some(())?;
        Some(Source { url: answer.url.clone(), validator: validator(answer)?.to_owned(), size })
    }

    /// Receives the rest in pieces, over the connections that are free and this download's own.
    fn receive_pieces(&mut self, pieces: &Pieces<'_>, free: Vec<Slot<'_>>) -> Result<(), Failed> {
        // A wrong digest may come from the joints.
        self.resumed = true;
        let result = std::thread::scope(|scope| {
            for slot in free {
                scope.spawn(move || pieces.work(Some(slot)));
            }
            scope.spawn(|| pieces.work(None));
            let received = self.append_all(pieces);
            pieces.stop();
            received
        });
        match &result {
            Ok(()) => {}
            Err(Failed::Unfit(_)) => self.splits = 0,
            Err(_) => self.splits -= 1,
        }
        result
    }

    fn append_all(&mut self, pieces: &Pieces<'_>) -> Result<(), Failed> {
        while let Some(piece) = pieces.next()? {
            self.part.append(&piece)?;
        }
        Ok(())
    }

    /// Receives to the end of a body.
    fn receive_all(&mut self, body: impl Read) -> Result<(), Failed> {
        let most = self.size().unwrap_or(LONGEST);
        let (exchange, url) = (self.exchange, self.download.url);
        pass_on(exchange, url, body, &mut |bytes| {
            if self.part.length() + bytes.len() as u64 > most {
                self.part.restart()?;
                return Err(self.mismatch(format!("{most} bytes"), "more").into());
            }
            self.part.append(bytes)?;
            Ok(true)
        })
    }

    fn ended(&self) -> Result<(), Failed> {
        let length = self.part.length();
        match self.size() {
            Some(size) if size > length => Err(self.cut(format!("it ended after {length} of {size} bytes"))),
            _ => Ok(()),
        }
    }

    fn cut(&self, reason: String) -> Failed {
        Failed::again(FetchError::cut(self.download.url, reason))
    }

    fn wrong_size(&self, answer: &Answer, got: &str) -> FetchError {
        let expected = format!("{} bytes", self.download.size.unwrap_or_default());
        match answer.media_type() {
            Some(kind) if kind == "text/html" => self.mismatch(expected, &format!("{got} of text/html")),
            _ => self.mismatch(expected, got),
        }
    }

    fn mismatch(&self, expected: String, got: &str) -> FetchError {
        FetchError::mismatch(self.download.url, expected, got)
    }
}
