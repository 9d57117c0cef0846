//! Writes bundles. Every file is read once and has to be what its receipt says: a damaged store is not
//! passed on.

use std::io::{self, Read, Write};
use std::path::Path;

use anyhow::{Context as _, Result};
use sha2::{Digest as _, Sha256};

use super::manifest::{FORMAT, Manifest, NAME};
use super::member;
use super::parallel;
use super::seal::Sealing;
use super::target::Target;
use crate::context::Context;
use crate::error::advised;
use crate::model::{Digest, Entry, EntryKind, ToolchainReceipt};
use crate::store::{InstalledPackage, Lock};
use crate::ui::{ArchiveProgress, Progress};

/// As `zstd` does when nothing is said.
const LEVEL: i32 = 3;

/// More threads than this wait for the disk, and each takes memory.
const THREADS: u32 = 16;

const BUFFER: usize = 256 << 10;

/// What is exported: toolchains and each of their packages once, kept from collection meanwhile.
pub struct Contents {
    pub(super) toolchains: Vec<ToolchainReceipt>,
    pub(super) packages: Vec<InstalledPackage>,
    pub(super) _kept: Lock,
}

/// What was written.
#[derive(Clone, Copy, Debug)]
pub struct Export {
    /// The digest of the bundle.
    pub digest: Digest,
    /// Its size in bytes.
    pub size: u64,
}

impl Contents {
    /// Returns the receipts of the toolchains.
    #[must_use]
    pub fn toolchains(&self) -> &[ToolchainReceipt] {
        &self.toolchains
    }

    /// Returns how many bytes will be read.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.packages.iter().map(length).sum()
    }

    /// Writes the bundle to a stream.
    ///
    /// # Errors
    /// Returns an error where a file is not what its receipt says, and where the stream fails.
    pub fn write(&self, output: impl Write, context: &Context) -> Result<Export> {
        let progress = context.ui.progress(self.bytes());
        let mut encoder = zstd::Encoder::new(Sealing::new(output), LEVEL)?;
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        encoder.multithread(u32::try_from(threads).unwrap_or(THREADS).min(THREADS))?;
        encoder.include_checksum(true)?;
        write_manifest(&self.manifest(), &mut encoder)?;
        parallel::beside(|output| self.write_packages(output, &progress), &mut encoder)?;
        encoder.write_all(&member::END)?;
        let (digest, size) = encoder.finish()?.finish()?;
        Ok(Export { digest, size })
    }

    fn write_packages(&self, output: &mut dyn Write, progress: &Progress<'_>) -> Result<()> {
        for package in &self.packages {
            let title = format!("{} {}", package.receipt.component, package.receipt.version);
            let progress = progress.archive(&title, length(package));
            for entry in &package.receipt.entries {
                write_entry(package, entry, output, &progress)?;
            }
            progress.done();
        }
        Ok(())
    }

    fn manifest(&self) -> Manifest {
        Manifest {
            format: FORMAT,
            cudaman: env!("CARGO_PKG_VERSION").to_owned(),
            toolchains: self.toolchains.clone(),
            packages: self.packages.iter().map(|package| package.receipt.clone()).collect(),
        }
    }
}

/// Writes a bundle to a file, which is there whole or not at all.
///
/// # Errors
/// As [`Contents::write`], and where a file of this name is there already and `force` isn't set.
pub fn export(contents: &Contents, file: &Path, force: bool, context: &Context) -> Result<Export> {
    let target = Target::create(file, force)?;
    let doing = || format!("could not write `{}`", file.display());
    let export = contents.write(&target, context).with_context(doing)?;
    target.commit(0o644)?;
    Ok(export)
}

fn length(package: &InstalledPackage) -> u64 {
    package.receipt.entries.iter().map(|entry| member::length(&entry.kind)).sum()
}

fn write_manifest(manifest: &Manifest, output: &mut impl Write) -> Result<()> {
    let text = serde_json::to_vec(manifest)?;
    let size = text.len() as u64;
    output.write_all(&member::manifest_header(NAME, size)?)?;
    output.write_all(&text)?;
    Ok(pad(output, size)?)
}

fn write_entry(
    package: &InstalledPackage,
    entry: &Entry,
    output: &mut dyn Write,
    progress: &ArchiveProgress<'_>,
) -> Result<()> {
    output.write_all(&member::header(&member::path(&package.id, &entry.path), &entry.kind)?)?;
    let EntryKind::File { size, digest, .. } = &entry.kind else { return Ok(()) };
    let path = package.root.join(&entry.path);
    let found = copy(&path, *size, output, progress)?;
    if found != Some(*digest) {
        return Err(advised(
            format!("`{}` is not what its receipt says", path.display()),
            "`cudaman verify --repair`, then export again",
        ));
    }
    progress.advance(i64::try_from(member::BLOCK)?);
    Ok(pad(output, *size)?)
}

/// Copies a file, and returns its digest; none if it hasn't this size.
fn copy(
    path: &Path,
    size: u64,
    output: &mut dyn Write,
    progress: &ArchiveProgress<'_>,
) -> Result<Option<Digest>> {
    let mut file = fs_err::File::open(path)?.take(size.saturating_add(1));
    let mut hash = Sha256::new();
    let mut buffer = vec![0; BUFFER];
    let mut total = 0;
    loop {
        let count = file.read(&mut buffer)?;
        total += count as u64;
        if total > size {
            return Ok(None);
        }
        if count == 0 {
            return Ok((total == size).then(|| Digest::from_bytes(hash.finalize().into())));
        }
        hash.update(&buffer[..count]);
        output.write_all(&buffer[..count])?;
        progress.advance(i64::try_from(count)?);
    }
}

fn pad(output: &mut dyn Write, size: u64) -> io::Result<()> {
    io::copy(&mut io::repeat(0).take(member::padding(size)), &mut { output }).map(drop)
}
