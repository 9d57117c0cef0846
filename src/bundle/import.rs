//! Reads bundles: in one pass, into staging, and into the store only when every byte has been found right.

use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use anyhow::Result;
use zstd::Decoder;

use super::seal::Sealed;
use super::selection::{Standing, select, standing};
use super::staged::Staged;
use super::{BundleError, parallel, program, reader::Reader};
use crate::context::Context;
use crate::error::Advise as _;
use crate::install::Outcome;
use crate::model::{Platform, ToolchainReceipt, ToolchainRequest};
use crate::store::{Lock, StoreError, Toolchain};

const CUT: &str = "its end is missing: it was cut off, or its copy isn't complete";

/// What of a bundle is wanted.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// Which of its toolchains; none means all.
    pub requests: &'a [ToolchainRequest],
    /// For which platform; none means this machine's.
    pub platform: Option<Platform>,
    /// Compose again what is there already.
    pub force: bool,
}

/// Installs what bundles hold.
///
/// # Errors
/// Returns why a bundle is refused: the store is then as it was, but for bundles before it.
pub fn import(paths: &[PathBuf], wanted: &Wanted<'_>, context: &Context) -> Result<Vec<Outcome>> {
    let mut outcomes = Vec::new();
    for path in paths {
        let decoder = open(path)?;
        let (taken, decoder) = parallel::ahead(decoder, |stream| take(stream, path, wanted, context));
        let (present, staged) = taken?;
        outcomes.extend(present.into_iter().map(Outcome::Present));
        let Some(staged) = staged else { continue };
        if !decoder.finish().get_ref().is_whole() {
            return Err(BundleError::damaged(path, "a byte of it was changed")).hint_from(BundleError::hint);
        }
        outcomes.extend(staged.commit(context)?);
        program::keep(path, context)?;
    }
    Ok(outcomes)
}

/// Shows what would be installed, and reads no more than that takes.
///
/// # Errors
/// Returns an error where a bundle's manifest can't be read, or it has nothing that is wanted.
pub fn show(paths: &[PathBuf], wanted: &Wanted<'_>, context: &Context) -> Result<()> {
    for path in paths {
        let mut decoder = open(path)?;
        let manifest = Reader::new(&mut decoder, path).manifest().hint_from(BundleError::hint)?;
        let selected = select(&manifest, path, wanted, context)?;
        let (present, wanting) = divide(selected, wanted.force, context)?;
        for toolchain in present {
            context.ui.say(&format!("`{}` is installed already", toolchain.name));
        }
        for receipt in wanting {
            let (name, profile, platform) = (&receipt.name, receipt.profile, receipt.platform);
            context.ui.data(&format!("{name} ({profile}) from {} for {platform}", receipt.source))?;
        }
    }
    Ok(())
}

fn open(path: &Path) -> Result<Decoder<'static, BufReader<Sealed<fs_err::File>>>> {
    let sealed = Sealed::open(fs_err::File::open(path)?)?;
    let sealed = sealed.ok_or_else(|| BundleError::damaged(path, CUT)).hint_from(BundleError::hint)?;
    Ok(Decoder::new(sealed)?)
}

/// Reads a bundle: what it has that is here already, and what is ready to enter the store once the
/// seal has proved right. Where all is here already, the rest is not read.
fn take(
    stream: &mut dyn Read,
    path: &Path,
    wanted: &Wanted<'_>,
    context: &Context,
) -> Result<(Vec<Toolchain>, Option<Staged>)> {
    let mut reader = Reader::new(stream, path);
    let manifest = reader.manifest().hint_from(BundleError::hint)?;
    let selected = select(&manifest, path, wanted, context)?;
    let (mut present, wanting) = divide(selected, wanted.force, context)?;
    if wanting.is_empty() {
        return Ok((present, None));
    }
    context.prepare()?;
    let locks = lock(&wanting, context)?;
    // Another process may have installed some of it while this one waited.
    let (meanwhile, wanting) = divide(wanting, wanted.force, context)?;
    present.extend(meanwhile);
    if wanting.is_empty() {
        return Ok((present, None));
    }
    let staged = Staged::read(&mut reader, &manifest, wanting, locks, context)?;
    Ok((present, Some(staged)))
}

fn divide(
    receipts: Vec<ToolchainReceipt>,
    force: bool,
    context: &Context,
) -> Result<(Vec<Toolchain>, Vec<ToolchainReceipt>)> {
    let (mut present, mut wanting) = (Vec::new(), Vec::new());
    for receipt in receipts {
        match standing(&receipt, force, context)? {
            Standing::Present(toolchain) => present.push(toolchain),
            Standing::Wanting => wanting.push(receipt),
        }
    }
    Ok((present, wanting))
}

/// Takes the locks in the order of names, as every process does that takes several.
fn lock(receipts: &[ToolchainReceipt], context: &Context) -> Result<Vec<Lock>> {
    let mut names: Vec<_> = receipts.iter().map(|receipt| &receipt.name).collect();
    names.sort();
    let mut locks = Vec::new();
    for name in names {
        locks.push(context.store.lock_toolchain(name).hint_from(StoreError::hint)?);
    }
    locks.push(context.store.keep_packages().hint_from(StoreError::hint)?);
    Ok(locks)
}
