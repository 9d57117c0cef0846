//! A body as it comes in: watched for stalls, and left when the client is cancelled.

use std::io::{ErrorKind, Read};

use url::Url;

use super::diagnosis::{body_words, stall_words};
use super::error::FetchError;
use super::exchange::Exchange;
use super::part::BUFFER;
use super::patience::{Failed, Pace};

/// Gives what comes to `take`, until that wants no more or the body ends.
pub(super) fn pass_on(
    exchange: &Exchange,
    url: &Url,
    mut reader: impl Read,
    take: &mut dyn FnMut(&[u8]) -> Result<bool, Failed>,
) -> Result<(), Failed> {
    let stall = exchange.patience.stall;
    let cut = |reason| Failed::again(FetchError::cut(url, reason));
    let mut pace = Pace::new(stall);
    let mut buffer = vec![0; BUFFER];
    loop {
        exchange.fail_if_cancelled(url)?;
        let count = match reader.read(&mut buffer) {
            // A connection that is shut down may look like a body's end.
            Ok(0) => return Ok(exchange.fail_if_cancelled(url)?),
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => {
                exchange.fail_if_cancelled(url)?;
                return Err(cut(body_words(error, stall)));
            }
        };
        if !take(&buffer[..count])? {
            return Ok(());
        }
        if pace.stalled(count) {
            return Err(cut(stall_words(stall)));
        }
    }
}
