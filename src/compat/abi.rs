//! Which libraries can't stand in for an older one of theirs: those whose interface is known to differ.

use std::sync::OnceLock;

use serde::Deserialize;

use super::table::{self, require};

/// Why a library is no stand-in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Break {
    /// In words.
    pub reason: String,
    /// Where that is written.
    pub source: Option<&'static str>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    #[serde(rename = "break")]
    breaks: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    library: String,
    since: u32,
    reason: String,
    #[serde(deserialize_with = "table::source")]
    source: String,
}

impl table::Table for Table {
    const NAME: &'static str = "abi_breaks";
    const BUILT_IN: &'static str = include_str!("tables/abi_breaks.toml");

    fn check(&self) -> Result<(), String> {
        require(!self.breaks.is_empty(), || "it has no rows".to_owned())?;
        self.breaks.iter().try_for_each(|row| {
            let is_whole = row.library.starts_with("lib") && !row.source.is_empty();
            require(is_whole, || format!("the row of `{}` has no library or no source", row.library))
        })
    }
}

/// Splits `libcudart.so.10.1` into `libcudart` and `10.1`; none for what is no such name.
#[must_use]
pub fn parts(soname: &str) -> Option<(&str, &str)> {
    let (library, version) = soname.split_once(".so.")?;
    let is_in_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-';
    let is_in_version = |letter: char| letter.is_ascii_digit() || letter == '.';
    let is_named = library.starts_with("lib") && library.len() > 3 && library.chars().all(is_in_name);
    let is_numbered = version.starts_with(|letter: char| letter.is_ascii_digit())
        && version.chars().all(is_in_version)
        && !version.contains("..")
        && !version.ends_with('.');
    (is_named && is_numbered).then_some((library, version))
}

/// Returns what is known against one library in the place of another.
#[must_use]
pub fn known_break(wanted: &str, present: &str) -> Option<Break> {
    let ((library, wanted), (_, present)) = (parts(wanted)?, parts(present)?);
    let numbers =
        |version: &str| -> Vec<u32> { version.split('.').filter_map(|part| part.parse().ok()).collect() };
    let (wanted, present) = (numbers(wanted), numbers(present));
    if present < wanted {
        let reason = "it is older than what the program was made for".to_owned();
        return Some(Break { reason, source: None });
    }
    // A number that is too large for one is left out, and may have been the only one.
    let (wanted, present) = (wanted.first()?, present.first()?);
    let is_between = |row: &&Row| row.library == library && *wanted < row.since && row.since <= *present;
    let row = rows().iter().find(is_between)?;
    Some(Break { reason: row.reason.clone(), source: Some(&row.source) })
}

fn rows() -> &'static [Row] {
    static ROWS: OnceLock<Vec<Row>> = OnceLock::new();
    ROWS.get_or_init(|| table::load::<Table>().breaks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_to_differ_is_told() {
        let reason =
            |wanted, present| known_break(wanted, present).map(|found| found.reason).unwrap_or_default();
        assert!(reason("libcudnn.so.7", "libcudnn.so.8").contains("dropped functions"));
        assert!(reason("libcublas.so.9.0", "libcublas.so.10").contains("libcublasLt"));
        assert!(reason("libcublas.so.9.0", "libcublas.so.12").contains("cuBLAS 10"));
        assert!(reason("libcudart.so.11.0", "libcudart.so.10.1").contains("older"));
        assert_eq!(known_break("libcudart.so.10.1", "libcudart.so.11.0"), None);
        assert_eq!(known_break("libcusolver.so.10", "libcusolver.so.11"), None);
        assert_eq!(known_break("libcudnn.so.99999999999", "libcudnn.so.9"), None);
        assert!(rows().iter().all(|row| !row.source.is_empty() && row.library.starts_with("lib")));
    }

    #[test]
    fn names_that_are_none_are_refused() {
        for name in [
            "",
            "libx",
            "libx.so",
            "libx.so.",
            "libx.so.1.",
            "lib.so.1",
            "../libx.so.1",
            "libx.so.1/2",
            "libx.so.1\n",
            "libx.so.$(id)",
        ] {
            assert_eq!(parts(name), None, "{name:?}");
        }
        assert_eq!(parts("libcudart.so.10.1"), Some(("libcudart", "10.1")));
    }
}
