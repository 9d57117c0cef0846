//! Which CUDA releases have a shared library of a name, or who else has it.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use serde::Deserialize;

use super::table::{self, ascending, require};
use crate::model::Version;

/// Who has a library.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Library {
    /// Its SONAME: `libcufft.so.10`.
    pub name: String,
    /// The CUDA lines whose toolkits have it, oldest first.
    #[serde(default)]
    pub cuda: Vec<Version>,
    /// Whether further lines may have it, because nobody looked.
    #[serde(default)]
    pub partial: bool,
    /// Who has it where it is no part of a toolkit: `cudnn7`, `driver`.
    pub provider: Option<String>,
    /// Where that is written.
    pub source: String,
}

/// The CUDA lines that have all of several libraries.
#[derive(Debug, PartialEq, Eq)]
pub struct Toolkits {
    /// The lines, oldest first. None of them means that no one toolkit has them all.
    pub lines: Vec<Version>,
    /// Whether further lines may have them, because nobody looked.
    pub partial: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    soname: Vec<Library>,
}

impl table::Table for Table {
    const NAME: &'static str = "sonames";
    const BUILT_IN: &'static str = include_str!("tables/sonames.toml");

    fn check(&self) -> Result<(), String> {
        require(!self.soname.is_empty(), || "it has no rows".to_owned())?;
        let mut names = BTreeSet::new();
        self.soname.iter().try_for_each(|row| {
            require(names.insert(&row.name), || format!("`{}` is there twice", row.name))?;
            require(row.cuda.is_empty() != row.provider.is_none(), || {
                format!("`{}` is either of CUDA releases or of a provider", row.name)
            })?;
            ascending(&format!("`{}`: CUDA", row.name), &row.cuda, |line| line)
        })
    }
}

/// Returns what is known of a library; none means that the table doesn't have it.
///
/// ```
/// let library = cudaman::compat::soname::library("libcublas.so.8.0").unwrap();
/// assert_eq!(library.cuda[0].to_string(), "8.0");
/// ```
#[must_use]
pub fn library(soname: &str) -> Option<&'static Library> {
    rows().iter().find(|row| row.name == soname)
}

/// Returns what is known of the libraries of a CUDA line.
pub fn libraries_of(line: &Version) -> impl Iterator<Item = &'static Library> {
    rows().iter().filter(move |row| row.cuda.contains(line))
}

/// Returns the CUDA lines that have every one of these libraries. What is unknown, or no part of a toolkit,
/// counts for nothing; where nothing is left, the answer is none.
#[must_use]
pub fn toolkits_with<'n>(sonames: impl IntoIterator<Item = &'n str>) -> Option<Toolkits> {
    let libraries = sonames.into_iter().filter_map(library).filter(|library| library.provider.is_none());
    let (partial, complete): (Vec<&Library>, Vec<&Library>) = libraries.partition(|library| library.partial);
    let any = complete.first().or(partial.first())?;
    let within = |lines: &[Version], libraries: &[&Library]| -> Vec<Version> {
        let has_line = |line: &&Version| libraries.iter().all(|library| library.cuda.contains(line));
        lines.iter().filter(has_line).cloned().collect()
    };
    let possible = within(&any.cuda, &complete);
    let named = within(&possible, &partial);
    // A complete list rules out what it doesn't name, a partial one doesn't.
    let lines = if named.is_empty() { possible.clone() } else { named.clone() };
    let is_open = complete.is_empty() || named.len() < possible.len();
    Some(Toolkits { lines, partial: !partial.is_empty() && is_open })
}

fn rows() -> &'static [Library] {
    static ROWS: OnceLock<Vec<Library>> = OnceLock::new();
    ROWS.get_or_init(|| table::load::<Table>().soname)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compat::gpu;

    fn lines(sonames: &[&str]) -> Option<(String, bool)> {
        let found = toolkits_with(sonames.iter().copied())?;
        let lines: Vec<String> = found.lines.iter().map(ToString::to_string).collect();
        Some((lines.join(" "), found.partial))
    }

    fn complete(lines: &str) -> Option<(String, bool)> {
        Some((lines.to_owned(), false))
    }

    #[test]
    fn each_library_is_there_once_with_somebody_who_has_it() {
        let mut names = BTreeSet::new();
        for row in rows() {
            assert!(names.insert(&row.name), "`{}` is there twice", row.name);
            assert!(row.name.starts_with("lib") && row.name.contains(".so"), "{}", row.name);
            assert_ne!(row.cuda.is_empty(), row.provider.is_none(), "{}", row.name);
            assert!(row.cuda.is_sorted_by(|one, other| one < other), "{}", row.name);
            assert!(!row.source.is_empty(), "{}", row.name);
            assert!(row.cuda.iter().all(|line| gpu::architectures(line).is_some()), "{}", row.name);
        }
        assert!(names.len() > 150, "{}", names.len());
    }

    #[test]
    fn complete_rows_have_no_holes() {
        let known: Vec<&Version> = gpu::cuda_lines().collect();
        for row in rows().iter().filter(|row| row.provider.is_none() && !row.partial) {
            let (first, last) = (&row.cuda[0], &row.cuda[row.cuda.len() - 1]);
            let between = known.iter().filter(|line| (first..=last).contains(*line)).count();
            assert_eq!(row.cuda.len(), between, "{}", row.name);
        }
    }

    #[test]
    fn names_lead_to_toolkits() {
        assert_eq!(lines(&["libcublas.so.8.0"]), complete("8.0"));
        let of_cufft = "10.1 10.2 11.0 11.1 11.2 11.3 11.4 11.5 11.6 11.7 11.8";
        assert_eq!(lines(&["libcufft.so.10"]), complete(of_cufft));
        assert_eq!(lines(&["libcusolver.so.10", "libcublas.so.11"]), complete("11.0"));
        assert_eq!(lines(&["libcudart.so.10.1", "libcublas.so.10", "libcudnn.so.7"]), complete("10.1"));
        assert_eq!(lines(&["libcudart.so.10.1", "libcudart.so.11.0"]), complete(""));
        assert_eq!(lines(&["libcudnn.so.7", "libfoo.so.1"]), None);
    }

    #[test]
    fn what_nobody_looked_for_is_not_ruled_out() {
        let open = |lines: &str| Some((lines.to_owned(), true));
        assert_eq!(lines(&["libcublasLt.so.11"]), open("11.7 11.8"));
        assert_eq!(lines(&["libcudart.so.11.0", "libcublasLt.so.11"]), open("11.7 11.8"));
        let other_order = lines(&["libcublasLt.so.11", "libcudart.so.11.0"]);
        assert_eq!(other_order, open("11.7 11.8"));
        assert_eq!(lines(&["libcudart.so.10.1", "libcublasLt.so.10"]), open("10.1"));
    }

    #[test]
    fn others_have_what_no_toolkit_has() {
        let provider = |name: &str| library(name).and_then(|library| library.provider.as_deref());
        assert_eq!(provider("libcudnn.so.7"), Some("cudnn7"));
        assert_eq!(provider("libcudnn_ops_infer.so.8"), Some("cudnn8"));
        assert_eq!(provider("libcuda.so.1"), Some("driver"));
        assert_eq!(provider("libcudart.so.12"), None);
    }
}
