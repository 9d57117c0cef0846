//! How a table of `tables/` becomes rows. It panics where a table is not one: tests read each of them.

use serde::de::DeserializeOwned;

/// Reads one of the tables that are compiled in.
pub(super) fn read<T: DeserializeOwned>(text: &str) -> T {
    toml::from_str(text).expect("the tables are tested")
}
