//! What brings a driver to a system: packages by distribution, branch and kind of kernel module.

use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use super::Distribution;
use super::table::{self, require};

/// A kernel module's kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Module {
    /// NVIDIA's proprietary one.
    Closed,
    /// Whichever the packages choose.
    Either,
    /// NVIDIA's open one.
    Open,
}

/// The branches and modules that will do.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// The oldest branch.
    pub from: u32,
    /// The newest one, where a GPU's support has ended.
    pub to: Option<u32>,
    /// The kind of module.
    pub module: Module,
}

/// A way to a driver.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Offer {
    /// Whose packages they are.
    pub whose: &'static str,
    /// The branch that comes; none where a program of theirs finds the right one.
    pub branch: Option<u32>,
    /// What to run, in this order.
    pub commands: Vec<String>,
    /// What to know before.
    pub note: Option<&'static str>,
    /// Where that is written.
    pub source: &'static str,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    offer: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    ids: Vec<String>,
    releases: Vec<String>,
    whose: String,
    branches: Vec<u32>,
    module: Module,
    commands: Vec<String>,
    note: Option<String>,
    #[serde(deserialize_with = "table::source")]
    source: String,
}

impl table::Table for Table {
    const NAME: &'static str = "driver_packages";
    const BUILT_IN: &'static str = include_str!("tables/driver_packages.toml");

    fn check(&self) -> Result<(), String> {
        require(!self.offer.is_empty(), || "it has no rows".to_owned())?;
        self.offer.iter().try_for_each(|row| {
            let has_place = row.commands.iter().any(|line| line.contains("{branch}"));
            let is_whole = !row.ids.is_empty() && !row.commands.is_empty() && !row.source.is_empty();
            let is_clear = if has_place { !row.branches.is_empty() } else { row.branches.len() < 2 };
            require(is_whole && is_clear, || {
                format!(
                    "the row of {:?}, {}, lacks a system, a command, a branch or a source",
                    row.ids, row.whose
                )
            })
        })
    }
}

/// Returns the ways to a driver on a system, the first one first; none of them means that nobody looked, or
/// that its packages have no such driver.
#[must_use]
pub fn offers(distribution: &Distribution, wanted: &Wanted) -> Vec<Offer> {
    let own = rows().iter().filter(|row| row.is_of(distribution));
    own.filter_map(|row| row.offer(wanted)).collect()
}

/// Tells whether the table has anything for a system.
#[must_use]
pub fn is_known(distribution: &Distribution) -> bool {
    rows().iter().any(|row| row.is_of(distribution))
}

impl Row {
    fn is_of(&self, distribution: &Distribution) -> bool {
        let is_release = |release: &String| distribution.is_release(release);
        self.ids.iter().any(|id| distribution.is(id))
            && (self.releases.is_empty() || self.releases.iter().any(is_release))
    }

    fn offer(&'static self, wanted: &Wanted) -> Option<Offer> {
        let is_right = |branch: &u32| *branch >= wanted.from && wanted.to.is_none_or(|to| *branch <= to);
        let branch = self.branches.iter().copied().filter(is_right).max();
        let is_chosen = branch.is_some() || self.branches.is_empty();
        (is_chosen && self.has(wanted.module)).then(|| {
            let number = branch.unwrap_or_default().to_string();
            Offer {
                whose: &self.whose,
                branch,
                commands: self.commands.iter().map(|line| line.replace("{branch}", &number)).collect(),
                note: self.note.as_deref(),
                source: &self.source,
            }
        })
    }

    fn has(&self, module: Module) -> bool {
        module == Module::Either || self.module == Module::Either || self.module == module
    }
}

fn rows() -> &'static [Row] {
    static ROWS: OnceLock<Vec<Row>> = OnceLock::new();
    ROWS.get_or_init(|| table::load::<Table>().offer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_says_what_and_where_from() {
        for row in rows() {
            assert!(
                !row.ids.is_empty() && !row.commands.is_empty() && !row.source.is_empty(),
                "{}",
                row.whose
            );
            let has_place = row.commands.iter().any(|line| line.contains("{branch}"));
            assert!(!has_place || !row.branches.is_empty(), "{:?}", row.commands);
            assert!(row.branches.len() < 2 || has_place, "{:?}: which of them?", row.commands);
            assert!(row.commands.iter().all(|line| !line.contains('\n')), "{:?}", row.commands);
        }
    }

    #[test]
    fn branches_that_dropped_a_gpu_are_never_offered() {
        for row in rows() {
            let wanted = Wanted { from: 0, to: Some(470), module: Module::Closed };
            let branch = row.offer(&wanted).and_then(|offer| offer.branch);
            assert!(branch.is_none_or(|branch| branch <= 470), "{:?}", row.commands);
        }
    }
}
