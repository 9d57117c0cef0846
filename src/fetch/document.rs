//! A small document over HTTP, read whole: an index page, a manifest.

use std::io::Read;

use url::Url;

use super::address::shown;
use super::diagnosis::{body_words, stall_words};
use super::error::FetchError;
use super::exchange::{Answer, Exchange};
use super::patience::{Failed, Pace, Tries};
use super::range::ContentRange;
use super::{Document, Probe};

const BUFFER: usize = 64 << 10;

/// Reads a document of at most `limit` bytes.
pub(super) fn document(
    exchange: &Exchange,
    url: &Url,
    accept: &str,
    limit: u64,
) -> Result<Document, FetchError> {
    let mut tries = Tries::new(&exchange.patience);
    loop {
        match attempt(exchange, url, accept, limit) {
            Ok(document) => return Ok(document),
            Err(failed) => tries.pause(failed, false)?,
        }
    }
}

/// Asks once for a file's size.
pub(super) fn size(exchange: &Exchange, url: &Url) -> Option<u64> {
    first_byte(exchange, url).ok()?.size
}

/// Asks whether a file can be had.
pub(super) fn probe(exchange: &Exchange, url: &Url) -> Result<Probe, FetchError> {
    let mut tries = Tries::new(&exchange.patience);
    loop {
        match first_byte(exchange, url) {
            Ok(probe) => return Ok(probe),
            Err(failed) => tries.pause(failed, false)?,
        }
    }
}

/// Asks for a file's first byte, which is answered with the size of the whole. Servers that know no
/// ranges begin to send everything: their answer names the size too, and is not read.
fn first_byte(exchange: &Exchange, url: &Url) -> Result<Probe, Failed> {
    let answer = exchange.get(url, &[("Range", "bytes=0-0")])?;
    let size = match answer.status() {
        200 => answer.content_length(),
        206 => answer.header("content-range").and_then(ContentRange::parse).and_then(|range| range.total),
        _ => return Err(Exchange::refusal(&answer)),
    };
    Ok(Probe { size, media_type: answer.media_type() })
}

fn attempt(exchange: &Exchange, url: &Url, accept: &str, limit: u64) -> Result<Document, Failed> {
    let answer = exchange.get(url, &[("Accept", accept)])?;
    if answer.status() != 200 {
        return Err(Exchange::refusal(&answer));
    }
    // It was asked for as it is; a server that encodes it all the same would give us noise.
    if answer.header("content-encoding").is_some_and(|encoding| encoding != "identity") {
        return Err(FetchError::malformed(&answer.url, "it is encoded, which was not asked for").into());
    }
    if answer.content_length().is_some_and(|length| length > limit) {
        return Err(too_large(&answer.url, limit));
    }
    let (url, media_type) = (answer.url.clone(), answer.media_type());
    Ok(Document { body: read(exchange, answer, limit)?, media_type, url })
}

fn read(exchange: &Exchange, answer: Answer, limit: u64) -> Result<Vec<u8>, Failed> {
    let stall = exchange.patience.stall;
    let url = answer.url.clone();
    let cut = |reason| Failed::again(FetchError::cut(&url, reason));
    let mut pace = Pace::new(stall);
    let mut reader = answer.reader();
    let (mut body, mut buffer) = (Vec::new(), vec![0; BUFFER]);
    loop {
        let count = match reader.read(&mut buffer) {
            Ok(0) => return Ok(body),
            Ok(count) => count,
            Err(error) => return Err(cut(body_words(error, stall))),
        };
        body.extend_from_slice(&buffer[..count]);
        if body.len() as u64 > limit {
            return Err(too_large(&url, limit));
        }
        if pace.stalled(count) {
            return Err(cut(stall_words(stall)));
        }
    }
}

fn too_large(url: &Url, limit: u64) -> Failed {
    FetchError::TooLarge { url: shown(url), limit }.into()
}
