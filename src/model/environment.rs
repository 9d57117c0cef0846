//! A snapshot of the process's environment, taken once by `context` and passed to whoever needs it.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// The environment variables and directories that cudaman was started with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment {
    /// Every variable.
    pub variables: BTreeMap<OsString, OsString>,
    /// The user's home directory, empty if there is none.
    pub home: PathBuf,
    /// The working directory, empty if it was deleted.
    pub directory: PathBuf,
}

impl Environment {
    /// Returns a variable that is set and not empty.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<&OsStr> {
        self.variables.get(OsStr::new(name)).map(OsString::as_os_str).filter(|value| !value.is_empty())
    }

    /// Returns a variable that is set, not empty and valid Unicode.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.variable(name)?.to_str()
    }

    /// Returns a variable as a path.
    #[must_use]
    pub fn path(&self, name: &str) -> Option<&Path> {
        self.variable(name).map(Path::new)
    }

    /// Returns the absolute, non-empty elements of a variable that lists paths.
    #[must_use]
    pub fn path_list(&self, name: &str) -> Vec<PathBuf> {
        let list = self.variable(name).unwrap_or_default();
        std::env::split_paths(list).filter(|path| path.is_absolute()).collect()
    }
}
