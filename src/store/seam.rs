//! What a file system may refuse, and where a test stops: the seam for tests of the store.

use super::error::StoreError;

/// The abilities that not every file system has. Tests take them away.
#[derive(Clone, Copy, Debug)]
pub(super) struct Abilities {
    /// Two trees can be exchanged in one step.
    pub(super) exchange: bool,
    /// A file may have several names.
    pub(super) hard_links: bool,
}

impl Abilities {
    pub(super) const ALL: Self = Self { exchange: true, hard_links: true };
}

/// Stops a test at the n-th checkpoint, as a kill would: nothing is cleaned up afterwards.
#[derive(Debug, Default)]
pub(super) struct Faults {
    #[cfg(test)]
    remaining: std::sync::atomic::AtomicUsize,
    #[cfg(test)]
    is_killed: std::sync::atomic::AtomicBool,
}

#[cfg(not(test))]
impl Faults {
    #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "the shape that tests need")]
    pub(super) fn checkpoint(&self, _name: &'static str) -> Result<(), StoreError> {
        Ok(())
    }

    #[expect(clippy::unused_self, reason = "the shape that tests need")]
    pub(super) fn is_killed(&self) -> bool {
        false
    }
}

#[cfg(test)]
impl Faults {
    /// Stops at the checkpoint with this number, counted from 1; 0 never stops.
    pub(super) fn stop_at(&self, number: usize) {
        use std::sync::atomic::Ordering::SeqCst;
        self.remaining.store(number, SeqCst);
        self.is_killed.store(false, SeqCst);
    }

    pub(super) fn checkpoint(&self, name: &'static str) -> Result<(), StoreError> {
        use std::sync::atomic::Ordering::SeqCst;
        let before = self.remaining.load(SeqCst);
        self.remaining.store(before.saturating_sub(1), SeqCst);
        if before == 1 {
            self.is_killed.store(true, SeqCst);
        }
        if self.is_killed() {
            return Err(StoreError::Missing { what: format!("step after `{name}`, where the test stops") });
        }
        Ok(())
    }

    pub(super) fn is_killed(&self) -> bool {
        self.is_killed.load(std::sync::atomic::Ordering::SeqCst)
    }
}
