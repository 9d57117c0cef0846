//! direnv's library file: `use cuda 11.0` in an `.envrc`. direnv itself undoes what it did.

use std::path::PathBuf;

use super::rc::{self, Edit, RcError};
use crate::model::Environment;
use crate::shell::{HomeDirectory, direnv_text};

/// Returns where direnv looks for it.
#[must_use]
pub fn file(environment: &Environment) -> PathBuf {
    let config = environment.path("XDG_CONFIG_HOME").filter(|path| path.is_absolute());
    let config = config.map_or_else(|| environment.home.join(".config"), ToOwned::to_owned);
    config.join("direnv/lib/cudaman.sh")
}

/// Returns how the file is to change; none if it is as it should be.
///
/// # Errors
/// Returns an error where the file can't be read.
pub fn install(environment: &Environment, home: &HomeDirectory) -> Result<Option<Edit>, RcError> {
    let path = file(environment);
    let text = direnv_text(home);
    let is_there = rc::read(&path)?.as_ref() == Some(&text);
    Ok((!is_there).then_some(Edit { path, after: Some(text) }))
}

/// Returns how the file goes; none if there is none.
#[must_use]
pub fn remove(environment: &Environment) -> Option<Edit> {
    let path = file(environment);
    path.exists().then_some(Edit { path, after: None })
}
