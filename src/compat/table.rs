//! How a table of `tables/` becomes rows: the one that is compiled in, or one that was put in its place.
//!
//! A compiled-in table that is broken panics: tests read each of them. One from elsewhere is an error.

use std::fmt::Display;

use serde::de::DeserializeOwned;
use serde::{Deserialize as _, Deserializer};

use super::tables;

/// One of the tables.
pub(super) trait Table: DeserializeOwned {
    /// Its name, which is that of its file without the ending.
    const NAME: &'static str;
    /// The one that is compiled in.
    const BUILT_IN: &'static str;

    /// Says which row breaks what lookups rely on: that rows are in order, and there at all.
    fn check(&self) -> Result<(), String>;
}

/// Why a text is no table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// A row contradicts another one, or says nothing.
    #[error("{reason}")]
    Row {
        /// Which row, and what is wrong with it.
        reason: String,
    },
    /// It isn't TOML, or has other fields or values than the table.
    #[error("line {line}: {reason}")]
    Text {
        /// The line, counted from 1.
        line: usize,
        /// What is wrong there.
        reason: String,
    },
}

/// Reads a table: what was put in its place, else what is compiled in.
pub(super) fn load<T: Table>() -> T {
    let replacement = tables::replacement(T::NAME);
    let replaced = replacement.and_then(|text| read(&text).ok());
    replaced.unwrap_or_else(|| toml::from_str(T::BUILT_IN).expect("the tables are tested"))
}

/// Reads a table from elsewhere.
pub(super) fn read<T: Table>(text: &str) -> Result<T, TableError> {
    let table: T = toml::from_str(text).map_err(|error| fault(text, &error))?;
    // What is in a table is printed as it is.
    let has_control = |value: &toml::Value| has_text(value, &|text| text.chars().any(char::is_control));
    let is_hostile = toml::from_str::<toml::Value>(text).is_ok_and(|value| has_control(&value));
    require(!is_hostile, || "a text in it has a control character".to_owned())
        .and_then(|()| table.check())
        .map_err(|reason| TableError::Row { reason })?;
    Ok(table)
}

/// Reads a row's source. One that ends with `(unseen)` was written from memory: whoever sees it is told so.
pub(super) fn source<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let source = String::deserialize(deserializer)?;
    Ok(match source.strip_suffix(" (unseen)") {
        Some(from_memory) => format!("{from_memory}, not checked"),
        None => source,
    })
}

/// Refuses with a reason what isn't so.
pub(super) fn require(is_so: bool, reason: impl FnOnce() -> String) -> Result<(), String> {
    if is_so { Ok(()) } else { Err(reason()) }
}

/// Refuses rows that don't ascend by their key: a lookup would find the wrong one.
pub(super) fn ascending<T, K: Display + PartialOrd>(
    what: &str,
    rows: &[T],
    key: impl Fn(&T) -> &K,
) -> Result<(), String> {
    let is_wrong = |pair: &&[T]| key(&pair[0]) >= key(&pair[1]);
    rows.windows(2).find(is_wrong).map_or(Ok(()), |pair| {
        Err(format!("{what} {} stands after {}: rows ascend, one for each", key(&pair[1]), key(&pair[0])))
    })
}

fn fault(text: &str, error: &toml::de::Error) -> TableError {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    let line = 1 + before.bytes().filter(|byte| *byte == b'\n').count();
    TableError::Text { line, reason: error.message().to_owned() }
}

fn has_text(value: &toml::Value, is_it: &dyn Fn(&str) -> bool) -> bool {
    match value {
        toml::Value::String(text) => is_it(text),
        toml::Value::Array(values) => values.iter().any(|value| has_text(value, is_it)),
        toml::Value::Table(values) => values.iter().any(|(key, value)| is_it(key) || has_text(value, is_it)),
        _ => false,
    }
}
