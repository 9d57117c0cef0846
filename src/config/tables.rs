//! Which tables in the home stand in for those of the program: `tables.frameworks = "local"`.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use crate::compat::tables;
use crate::model::Digest;

/// The key of the setting, and what its entries begin with.
pub(super) const KEY: &str = "tables";

/// What a table in the home has to be, to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Acceptance {
    /// The one with this digest.
    Exactly(Digest),
    /// Whatever lies there.
    Local,
}

impl FromStr for Acceptance {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "local" => Ok(Self::Local),
            _ => text.parse().map(Self::Exactly).map_err(|_| "expected a sha256 digest, or local".to_owned()),
        }
    }
}

impl fmt::Display for Acceptance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exactly(digest) => fmt::Display::fmt(digest, f),
            Self::Local => f.write_str("local"),
        }
    }
}

/// Splits `tables.frameworks` into the setting and its entry; none for what is no such key.
#[must_use]
pub fn entry_of(key: &str) -> Option<(&'static str, &'static str)> {
    let name = key.strip_prefix(KEY)?.strip_prefix('.')?;
    tables::names().find(|known| *known == name).map(|name| (KEY, name))
}

/// Reads `frameworks=local,sonames=<digest>`.
pub(super) fn parse(text: &str) -> Result<BTreeMap<&'static str, Acceptance>, String> {
    let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
    let read = |entry: &str| {
        let (name, value) =
            entry.split_once('=').ok_or("expected a table's name, `=`, and a digest or local")?;
        let name = name.trim();
        let known = tables::names().find(|known| *known == name).ok_or_else(|| {
            format!("there is no table `{name}`, only {}", tables::names().collect::<Vec<_>>().join(", "))
        })?;
        Ok((known, value.trim().parse()?))
    };
    entries.map(read).collect()
}

/// Writes what [`parse`] reads.
pub(super) fn show(tables: &BTreeMap<&'static str, Acceptance>) -> String {
    tables.iter().map(|(name, acceptance)| format!("{name}={acceptance}")).collect::<Vec<_>>().join(",")
}
