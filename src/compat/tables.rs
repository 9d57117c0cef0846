//! Every table by name, and the newer ones that stand in for those that are compiled in. It reads no file: who
//! has one that may be trusted hands over its text, before anything is looked up.

use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock};

pub use super::table::TableError;
use super::table::{self, Table};
use super::{abi, driver, driver_packages, framework, gpu, host_compilers, image, nvcc, soname, supply};

/// A table, whatever its rows are.
struct Entry {
    name: &'static str,
    built_in: &'static str,
    check: fn(&str) -> Result<(), TableError>,
}

/// Every table, by name.
const TABLES: &[Entry] = &[
    Entry::of::<abi::Table>(),
    Entry::of::<supply::Table>(),
    Entry::of::<driver_packages::Table>(),
    Entry::of::<driver::Table>(),
    Entry::of::<framework::Table>(),
    Entry::of::<gpu::Table>(),
    Entry::of::<host_compilers::Table>(),
    Entry::of::<image::Table>(),
    Entry::of::<nvcc::Table>(),
    Entry::of::<soname::Table>(),
];

static REPLACEMENTS: RwLock<BTreeMap<&str, String>> = RwLock::new(BTreeMap::new());

impl Entry {
    const fn of<T: Table>() -> Self {
        Self { name: T::NAME, built_in: T::BUILT_IN, check: |text| table::read::<T>(text).map(drop) }
    }
}

/// Returns the names of the tables: `frameworks`.
pub fn names() -> impl Iterator<Item = &'static str> {
    TABLES.iter().map(|entry| entry.name)
}

/// Returns the table that is compiled in, as a place to begin a newer one.
#[must_use]
pub fn built_in(name: &str) -> Option<&'static str> {
    entry(name).map(|entry| entry.built_in)
}

/// Puts a newer table in the place of the one that is compiled in, for this process and before its first
/// lookup. A name that no table has changes nothing.
///
/// # Errors
/// Says what is wrong with the text; the table that is compiled in stays.
pub fn install(name: &str, text: String) -> Result<(), TableError> {
    let Some(entry) = entry(name) else { return Ok(()) };
    (entry.check)(&text)?;
    REPLACEMENTS.write().unwrap_or_else(PoisonError::into_inner).insert(entry.name, text);
    Ok(())
}

/// Returns what was put in the place of a table.
pub(super) fn replacement(name: &str) -> Option<String> {
    REPLACEMENTS.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
}

fn entry(name: &str) -> Option<&'static Entry> {
    TABLES.iter().find(|entry| entry.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(name: &str, text: &str) -> String {
        let entry = entry(name).expect(name);
        (entry.check)(text).expect_err(text).to_string()
    }

    #[test]
    fn every_built_in_table_is_here_and_would_be_taken() {
        assert!(names().is_sorted());
        let directory = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/compat/tables");
        let files = fs_err::read_dir(directory).expect("the tables").count();
        assert_eq!(files, TABLES.len());
        for name in names() {
            let entry = entry(name).expect(name);
            assert_eq!((entry.check)(built_in(name).expect(name)), Ok(()), "{name}");
            assert!((entry.check)("").is_err(), "{name}: nothing is no table");
            assert!((entry.check)("surprise = 1").is_err(), "{name}");
        }
    }

    #[test]
    fn a_table_that_would_mislead_is_refused() {
        let row = |build: &str| format!("[[nvcc]]\nbuild = \"{build}\"\ncuda = []\nsource = \"s\"\n");
        assert_eq!(
            fault("nvcc", &(row("12.0.2") + &row("12.0.1"))),
            "build 12.0.1 stands after 12.0.2: rows ascend, one for each"
        );
        let unknown = fault("nvcc", &(row("12.0.1") + "more = 1\n"));
        assert!(unknown.starts_with("line 5: unknown field `more`"), "{unknown}");
        assert!(fault("nvcc", "\n\n[[nvcc]\n").starts_with("line 3: "));
        let hostile = row("12.0.1").replace("\"s\"", r#""\u001b[2J""#);
        assert!(fault("nvcc", &hostile).contains("control character"));
        let empty = built_in("frameworks").expect("a table").replace("[[companion]]", "[[torch]]");
        assert!(fault("frameworks", &empty).starts_with("line "), "{empty}");
    }

    #[test]
    fn names_that_no_table_has_change_nothing() {
        assert_eq!(install("surprise", "broken".to_owned()), Ok(()));
        assert_eq!(replacement("surprise"), None);
        assert!(install("nvcc", "broken".to_owned()).is_err());
        assert_eq!(replacement("nvcc"), None);
    }
}
