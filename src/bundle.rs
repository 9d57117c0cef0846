//! Bundles: toolchains in one file, for machines that only a copy reaches.
//!
//! A bundle is a `.tar.zst` that `tar` can list and unpack, but only the very bytes that cudaman wrote
//! are taken back: the first member says what follows, every other header and every file's digest
//! follows from it, and the seal at the end covers all bytes of the file. Nothing enters the store
//! before all of it was read and found right.
//!
//! ```text
//! bundle.json                    format, receipts of toolchains and packages: every file's sha256
//! packages/<package>/<path>      files and links, in the order of bundle.json; directories are implied
//! (end of the tar archive)
//! (a skippable frame of zstd)    the sha256 of all bytes before it: a cut or a changed byte shows
//! ```
//! The digests tell whether a bundle is what its writer wrote, not who that was: take bundles from
//! people whose programs you would run.

mod contents;
mod error;
mod export;
mod import;
mod manifest;
mod member;
mod parallel;
mod program;
mod reader;
mod seal;
mod selection;
mod staged;
mod target;

use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

pub use error::BundleError;
pub use export::{Contents, Export, export};
pub use import::{Wanted, import, show};
pub use program::{Program, provide};
pub(crate) use target::Target;

use crate::error::UsageError;

/// The first four bytes of a zstd frame (RFC 8878, 3.1.1).
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// Tells whether files are bundles.
///
/// # Errors
/// Returns an error where one can't be read, and where only some of them are bundles.
pub fn are_bundles(paths: &[PathBuf]) -> Result<bool> {
    let kinds = paths.iter().map(|path| is_bundle(path)).collect::<Result<Vec<_>>>()?;
    let count = kinds.iter().filter(|is_bundle| **is_bundle).count();
    if count > 0 && count < kinds.len() {
        bail!(UsageError("bundles and other files can't be installed together: name one kind".to_owned()));
    }
    Ok(count > 0)
}

/// Tells by its beginning: a tar archive in zstd, whose first member has the name that ours have. One
/// that can't be read so far counts too. What is no file at all is none.
fn is_bundle(path: &Path) -> Result<bool> {
    if !path.is_file() {
        return Ok(false);
    }
    let mut file = fs_err::File::open(path)?;
    let mut magic = Vec::new();
    file.by_ref().take(4).read_to_end(&mut magic)?;
    if magic != ZSTD {
        return Ok(false);
    }
    let mut name = Vec::new();
    let decoder = zstd::Decoder::new(magic.as_slice().chain(file))?;
    // Whatever else it was to be, it has no end or is damaged: the seal tells which.
    let is_read = decoder.take(member::NAME_LENGTH).read_to_end(&mut name).is_ok();
    let name = name.split(|byte| *byte == 0).next();
    Ok(!is_read || name == Some(manifest::NAME.as_bytes()))
}
