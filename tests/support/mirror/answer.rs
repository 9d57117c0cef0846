//! An answer: what belongs there, then what the faults make of it.

use std::io::{Read, Write};
use std::time::Duration;

use super::connection::Connection;
use super::content::{Content, Found};
use super::request::Request;
use super::{Fault, State, lock};
use crate::support::listener::Stop;

const PIECE: usize = 16 << 10;

/// The start of an answer, and which bytes of the content follow.
struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    content: Content,
    first: u64,
    length: u64,
}

/// Answers a request; tells whether the connection may be used again.
pub(super) fn answer(state: &State, request: &Request, connection: &mut Connection, stop: &Stop) -> bool {
    let of_ranges = |fault| match fault {
        Fault::OfPieces(fault) => request.range().filter(|range| !range.ends_with('-')).map(|_| *fault),
        Fault::OfRanges(fault) => request.range().map(|_| *fault),
        fault => Some(fault),
    };
    let faults: Vec<Fault> = state.take_faults(request.path()).into_iter().filter_map(of_ranges).collect();
    for fault in &faults {
        match fault {
            Fault::Hangup => return false,
            Fault::StallFirst(time) => stop.sleep(*time),
            _ => {}
        }
    }
    let answer = prepare(state, request, &faults);
    let again = send(&answer, request, &faults, connection, stop).unwrap_or(false);
    for fault in faults {
        if let Fault::ChangedBetween(bytes) = fault {
            lock(&state.contents).put(request.path(), Content::bytes(bytes));
        }
    }
    again
}

fn prepare(state: &State, request: &Request, faults: &[Fault]) -> Answer {
    if !state.may_see(request) {
        return plain(401).with("WWW-Authenticate", "Basic realm=\"mirror\"");
    }
    for fault in faults {
        match fault {
            Fault::Redirect(to) => return plain(302).with("Location", to),
            Fault::RetryAfter(status, seconds) => {
                return plain(*status).with("Retry-After", &seconds.to_string());
            }
            Fault::Status(status) => return plain(*status),
            _ => {}
        }
    }
    let found = lock(&state.contents).find(request.path());
    let answer = match found {
        Found::Content(content) => ranged(content, request, faults),
        Found::Directory => plain(301).with("Location", &format!("{}/", request.path())),
        Found::Nothing => plain(404),
    };
    faults.iter().fold(answer, |answer, fault| match fault {
        Fault::Header(name, value) => answer.with(name, value),
        Fault::LyingLength(length) => answer.with("Content-Length", &length.to_string()),
        _ => answer,
    })
}

fn plain(status: u16) -> Answer {
    let content = Content::bytes(format!("{status}\n").into_bytes()).typed("text/plain");
    whole(status, content)
}

fn whole(status: u16, content: Content) -> Answer {
    let length = content.length;
    let answer = Answer { status, headers: Vec::new(), content, first: 0, length };
    let media_type = answer.content.media_type.clone();
    answer.with("Content-Length", &length.to_string()).with("Content-Type", &media_type)
}

fn ranged(content: Content, request: &Request, faults: &[Fault]) -> Answer {
    let validator = !faults.iter().any(|fault| matches!(fault, Fault::NoValidator));
    let (etag, date, size) = (content.etag(), content.last_modified(), content.length);
    let current = request.header("if-range").is_none_or(|version| version == etag || version == date);
    let ignored = faults.iter().any(|fault| matches!(fault, Fault::NoRange)) || !current;
    let mut answer = whole(200, content);
    if let Some((first, last)) = request.range().and_then(bounds).filter(|_| !ignored) {
        let shift = faults.iter().find_map(|fault| match fault {
            Fault::ShiftedRange(bytes) => Some(*bytes),
            _ => None,
        });
        let first = first + shift.unwrap_or(0);
        if first >= size {
            return plain(416).with("Content-Range", &format!("bytes */{size}"));
        }
        let end = last.map_or(size, |last| (last + 1 + shift.unwrap_or(0)).min(size));
        (answer.status, answer.first, answer.length) = (206, first, end - first);
        answer = answer
            .with("Content-Range", &format!("bytes {first}-{}/{size}", end - 1))
            .with("Content-Length", &(end - first).to_string());
    }
    if validator { answer.with("ETag", &etag).with("Last-Modified", &date) } else { answer }
}

/// Returns the first byte of `bytes=N-` and `bytes=N-M`, the only forms of range that are known here, and
/// the last one.
fn bounds(range: &str) -> Option<(u64, Option<u64>)> {
    let (first, last) = range.strip_prefix("bytes=")?.split_once('-')?;
    let last = if last.is_empty() { None } else { Some(last.parse().ok()?) };
    Some((first.parse().ok()?, last))
}

fn send(
    answer: &Answer,
    request: &Request,
    faults: &[Fault],
    connection: &mut Connection,
    stop: &Stop,
) -> std::io::Result<bool> {
    let chunked = faults.iter().any(|fault| matches!(fault, Fault::Chunked));
    let endless = faults.iter().any(|fault| matches!(fault, Fault::Endless));
    let unmeasured = chunked || endless || faults.iter().any(|fault| matches!(fault, Fault::CloseDelimited));
    let mut head = format!("HTTP/1.1 {} Answer\r\n", answer.status);
    for (name, value) in &answer.headers {
        if !(unmeasured && *name == "Content-Length") {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
    }
    head.push_str(match (chunked, unmeasured) {
        (true, _) => "Transfer-Encoding: chunked\r\n\r\n",
        (false, true) => "Connection: close\r\n\r\n",
        (false, false) => "Accept-Ranges: bytes\r\n\r\n",
    });
    connection.write_all(head.as_bytes())?;
    if request.method == "HEAD" {
        return Ok(true);
    }
    let lies = faults
        .iter()
        .any(|fault| matches!(fault, Fault::Header("Content-Length", _) | Fault::LyingLength(_)));
    let complete = Body { answer, faults, chunked, endless }.send(connection, stop)?;
    connection.flush()?;
    Ok(complete && !lies && (chunked || !unmeasured))
}

struct Body<'a> {
    answer: &'a Answer,
    faults: &'a [Fault],
    chunked: bool,
    endless: bool,
}

impl Body<'_> {
    fn send(&self, connection: &mut Connection, stop: &Stop) -> std::io::Result<bool> {
        if self.faults.is_empty()
            && let Some(file) = self.answer.content.open_file(self.answer.first)
        {
            return Ok(connection.send_file(file, self.answer.length)? == self.answer.length);
        }
        let mut sent = 0;
        loop {
            let mut reader = self.answer.content.reader(self.answer.first).take(self.answer.length);
            if !self.send_once(&mut reader, &mut sent, connection, stop)? {
                return Ok(false);
            }
            if !self.endless || stop.is_set() {
                break;
            }
        }
        if self.chunked {
            connection.write_all(b"0\r\n\r\n")?;
        }
        Ok(true)
    }

    fn send_once(
        &self,
        reader: &mut dyn Read,
        sent: &mut u64,
        connection: &mut Connection,
        stop: &Stop,
    ) -> std::io::Result<bool> {
        let mut buffer = vec![0; PIECE];
        loop {
            let room = self.room(*sent);
            if room == 0 {
                return Ok(false);
            }
            let count = reader.read(&mut buffer[..room])?;
            if count == 0 {
                return Ok(true);
            }
            let piece = &mut buffer[..count];
            self.damage(self.answer.first + *sent, piece);
            if self.chunked {
                write!(connection, "{count:x}\r\n")?;
            }
            connection.write_all(piece)?;
            if self.chunked {
                connection.write_all(b"\r\n")?;
            }
            *sent += count as u64;
            self.dawdle(*sent, count, connection, stop)?;
        }
    }

    /// Returns how much may be sent before a fault acts; nothing where it cuts.
    fn room(&self, sent: u64) -> usize {
        let mut room = PIECE as u64;
        for fault in self.faults {
            match fault {
                Fault::CutAfter(limit) => room = room.min(limit.saturating_sub(sent)),
                Fault::Slow(rate) => room = room.min((rate / 50).max(1)),
                Fault::Stall(after, _) if sent < *after => room = room.min(after - sent),
                _ => {}
            }
        }
        usize::try_from(room).expect("a piece is small")
    }

    fn damage(&self, offset: u64, piece: &mut [u8]) {
        for fault in self.faults {
            if let Fault::WrongByte(at) = fault
                && let Some(index) = at.checked_sub(offset)
                && let Some(byte) = piece.get_mut(usize::try_from(index).expect("offsets are small here"))
            {
                *byte ^= 0x20;
            }
        }
    }

    fn dawdle(
        &self,
        sent: u64,
        count: usize,
        connection: &mut Connection,
        stop: &Stop,
    ) -> std::io::Result<()> {
        for fault in self.faults {
            match fault {
                Fault::Slow(rate) => {
                    connection.flush()?;
                    stop.sleep(Duration::from_secs_f64(count as f64 / *rate as f64));
                }
                Fault::Stall(after, time) if sent == *after => {
                    connection.flush()?;
                    stop.sleep(*time);
                }
                _ => {}
            }
        }
        Ok(())
    }
}

impl Answer {
    fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.retain(|(found, _)| *found != name);
        self.headers.push((name, value.to_owned()));
        self
    }
}
