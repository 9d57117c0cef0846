//! Which CUDA release a build of nvcc is of: from 11.0 on its version is not the toolkit's.

use std::sync::OnceLock;

use serde::Deserialize;

use super::table::{self, ascending, require};
use crate::model::Version;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    nvcc: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    build: Version,
    cuda: Vec<Version>,
    #[serde(rename = "source")]
    _source: String,
}

impl table::Table for Table {
    const NAME: &'static str = "nvcc";
    const BUILT_IN: &'static str = include_str!("tables/nvcc.toml");

    fn check(&self) -> Result<(), String> {
        require(!self.nvcc.is_empty(), || "it has no rows".to_owned())?;
        ascending("build", &self.nvcc, |row| &row.build)
    }
}

/// Returns the releases that have this build of nvcc; none means that nobody looked.
///
/// ```
/// let releases = cudaman::compat::nvcc::releases(&"11.0.194".parse().unwrap());
/// assert_eq!(releases[0].to_string(), "11.0.2");
/// ```
#[must_use]
pub fn releases(build: &Version) -> &'static [Version] {
    rows().iter().find(|row| row.build == *build).map_or(&[], |row| &row.cuda)
}

fn rows() -> &'static [Row] {
    static ROWS: OnceLock<Vec<Row>> = OnceLock::new();
    ROWS.get_or_init(|| table::load::<Table>().nvcc)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order_and_no_release_has_two_builds() {
        assert!(rows().is_sorted_by(|one, other| one.build < other.build));
        let releases: Vec<&Version> = rows().iter().flat_map(|row| &row.cuda).collect();
        assert!(releases.is_sorted_by(|one, other| one < other), "{releases:?}");
        for row in rows() {
            let line = row.build.truncated(2);
            assert!(row.cuda.iter().all(|release| release.starts_with(&line)), "{}", row.build);
        }
    }

    #[test]
    fn builds_name_their_releases() {
        let of = |build: &str| -> Vec<String> {
            releases(&build.parse().expect("a version")).iter().map(ToString::to_string).collect()
        };
        assert_eq!(of("11.0.194"), ["11.0.2"]);
        assert_eq!(of("11.4.152"), ["11.4.3", "11.4.4"]);
        assert!(of("11.0.1").is_empty());
    }
}
