//! A piece of the work of unpacking, in the order in which pieces are taken.

use std::sync::Arc;
use std::time::Duration;

use super::line::Job;
use crate::unpack::Task;

/// A piece of the work of unpacking, the dearest first.
pub(super) struct Piece<'a> {
    pub(super) task: Task,
    pub(super) job: Arc<Job<'a>>,
}

impl Piece<'_> {
    fn cost(&self) -> Duration {
        self.task.cost
    }
}

impl PartialEq for Piece<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cost() == other.cost()
    }
}

impl Eq for Piece<'_> {}

impl PartialOrd for Piece<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Piece<'_> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.cost().cmp(&other.cost())
    }
}
