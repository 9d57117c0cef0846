//! How often and how long something is tried again. Nothing is tried for ever.

use std::time::{Duration, Instant};

use super::error::FetchError;

/// Below this many bytes within one stall time, a transfer counts as stalled: a server that drips is
/// no better than one that is silent.
const LEAST_PROGRESS: u64 = 1024;

/// How many rounds of tries a transfer gets that makes some progress each time.
const ROUNDS: u32 = 10;

/// How often a pause looks whether it is cancelled.
const LOOK: Duration = Duration::from_millis(50);

/// How patient a [`super::Client`] is; the defaults suit the internet, tests take shorter ones.
#[derive(Clone, Debug)]
pub struct Patience {
    /// Tries in a row that bring nothing.
    pub tries: u32,
    /// The first pause between tries; it doubles each time.
    pub pause: Duration,
    /// The longest pause, and the longest that a server may ask for with `Retry-After`.
    pub longest_pause: Duration,
    /// How long a server may be silent, before its answer and within it.
    pub stall: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            tries: 5,
            pause: Duration::from_millis(200),
            longest_pause: Duration::from_secs(30),
            stall: Duration::from_secs(30),
        }
    }
}

impl Patience {
    /// Returns the pause after so many failures in a row.
    pub(super) fn pause_after(&self, failures: u32) -> Duration {
        let doubled = 1 << failures.saturating_sub(1).min(16);
        self.pause.saturating_mul(doubled).min(self.longest_pause)
    }
}

/// A failure of one try.
#[derive(Debug)]
pub(super) enum Failed {
    /// Trying again may help; the error is for when there are no more tries.
    Again { error: FetchError, wait: Option<Duration> },
    /// Trying again can't help.
    Finally(FetchError),
    /// The server does otherwise than it did before: at once again, and in another way.
    Unfit(FetchError),
}

impl Failed {
    pub(super) const fn again(error: FetchError) -> Self {
        Self::Again { error, wait: None }
    }
}

impl From<FetchError> for Failed {
    fn from(error: FetchError) -> Self {
        Self::Finally(error)
    }
}

/// Counts the tries of one transfer.
pub(super) struct Tries<'a> {
    patience: &'a Patience,
    in_a_row: u32,
    in_all: u32,
}

impl<'a> Tries<'a> {
    pub(super) const fn new(patience: &'a Patience) -> Self {
        Self { patience, in_a_row: 0, in_all: 0 }
    }

    /// Waits until the next try, or returns the error where there is none.
    pub(super) fn pause(&mut self, failed: Failed, progressed: bool) -> Result<(), FetchError> {
        self.pause_unless(failed, progressed, &|| false)
    }

    /// As [`Tries::pause`], and ends the wait when it is cancelled.
    pub(super) fn pause_unless(
        &mut self,
        failed: Failed,
        progressed: bool,
        is_cancelled: &dyn Fn() -> bool,
    ) -> Result<(), FetchError> {
        let (error, wait) = match failed {
            Failed::Finally(error) => return Err(error),
            Failed::Again { error, wait } => (error, wait),
            Failed::Unfit(error) => (error, Some(Duration::ZERO)),
        };
        self.in_a_row = if progressed { 1 } else { self.in_a_row + 1 };
        self.in_all += 1;
        let wait = wait.unwrap_or_else(|| self.patience.pause_after(self.in_a_row));
        let exhausted = self.in_a_row >= self.patience.tries || self.in_all >= ROUNDS * self.patience.tries;
        if exhausted || wait > self.patience.longest_pause {
            return Err(error);
        }
        let until = Instant::now() + wait;
        while !is_cancelled() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            std::thread::sleep(left.min(LOOK));
        }
        Err(error)
    }
}

/// Watches that a transfer keeps moving.
pub(super) struct Pace {
    stall: Duration,
    since: Instant,
    bytes: u64,
}

impl Pace {
    pub(super) fn new(stall: Duration) -> Self {
        Self { stall, since: Instant::now(), bytes: 0 }
    }

    /// Takes the bytes that came; tells whether they were too few for too long.
    pub(super) fn stalled(&mut self, bytes: usize) -> bool {
        self.bytes += bytes as u64;
        if self.since.elapsed() < self.stall {
            return false;
        }
        let stalled = self.bytes < LEAST_PROGRESS;
        *self = Self::new(self.stall);
        stalled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed() -> Failed {
        Failed::again(FetchError::Cut { url: "u".to_owned(), reason: "r".to_owned() })
    }

    #[test]
    fn tries_end_with_and_without_progress() {
        let patience = Patience { tries: 3, pause: Duration::ZERO, ..Patience::default() };
        let mut tries = Tries::new(&patience);
        assert!(tries.pause(failed(), false).is_ok());
        assert!(tries.pause(failed(), false).is_ok());
        assert!(tries.pause(failed(), true).is_ok(), "progress starts a new round");
        assert!(tries.pause(failed(), false).is_ok());
        assert!(tries.pause(failed(), false).is_err());
        let mut tries = Tries::new(&patience);
        let rounds = (0..1000).take_while(|_| tries.pause(failed(), true).is_ok()).count();
        assert_eq!(rounds, 29, "progress for ever is not for ever");
    }

    #[test]
    fn pauses_double_up_to_the_longest() {
        let patience = Patience::default();
        let pauses: Vec<_> = (1..5).map(|failures| patience.pause_after(failures).as_millis()).collect();
        assert_eq!(pauses, [200, 400, 800, 1600]);
        assert_eq!(patience.pause_after(u32::MAX), patience.longest_pause);
    }

    #[test]
    fn a_server_may_not_ask_for_too_long_a_pause() {
        let patience = Patience { longest_pause: Duration::from_millis(1), ..Patience::default() };
        let asked = |wait| match failed() {
            Failed::Again { error, .. } => Failed::Again { error, wait: Some(wait) },
            finally => finally,
        };
        assert!(Tries::new(&patience).pause(asked(Duration::ZERO), false).is_ok());
        assert!(Tries::new(&patience).pause(asked(Duration::from_secs(1)), false).is_err());
    }
}
