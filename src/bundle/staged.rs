//! What was read of a bundle and waits for the seal: trees in staging, and the receipts that they are to
//! have. Dropped, it leaves no trace.

use std::path::PathBuf;

use anyhow::{Context as _, Result};

use super::BundleError;
use super::manifest::Manifest;
use super::member;
use super::reader::Reader;
use crate::context::Context;
use crate::error::{Advise as _, advised};
use crate::install::{self, Outcome};
use crate::model::{PackageId, PackageReceipt, ToolchainReceipt};
use crate::store::{InstalledPackage, Lock, StagedPackage, Staging, StoreError};
use crate::ui::human_bytes;
use crate::unpack::{Limits, Tree, UnpackError};

/// Packages and toolchains on their way from a bundle into the store.
pub(super) struct Staged {
    packages: Vec<StagedPackage>,
    toolchains: Vec<ToolchainReceipt>,
    _staging: Staging,
    _locks: Vec<Lock>,
}

impl Staged {
    /// Reads to the end of a bundle and keeps the packages that the toolchains need and the store lacks.
    pub(super) fn read(
        reader: &mut Reader<'_>,
        manifest: &Manifest,
        toolchains: Vec<ToolchainReceipt>,
        locks: Vec<Lock>,
        context: &Context,
    ) -> Result<Self> {
        let missing = missing(manifest, &toolchains, context)?;
        let bytes = missing.iter().copied().map(length).fold(0, u64::saturating_add);
        check_space(bytes, context)?;
        announce(&toolchains, &missing, bytes, context);
        let staging = context.store.stage("bundle").hint_from(StoreError::hint)?;
        let progress = context.ui.progress(bytes);
        let mut packages = Vec::new();
        for receipt in &manifest.packages {
            if !missing.contains(&receipt) {
                reader.package(receipt, None, &|_| ()).hint_from(BundleError::hint)?;
                continue;
            }
            let title = format!("{} {}", receipt.component, receipt.version);
            let progress = progress.archive(&title, length(receipt));
            let advance = |count| progress.advance(i64::try_from(count).unwrap_or(i64::MAX));
            let tree = staging.directory(receipt.id.as_str()).hint_from(StoreError::hint)?;
            packages.push(unpack(reader, receipt, tree, &advance)?);
            progress.done();
        }
        reader.end().hint_from(BundleError::hint)?;
        let staged = Self { packages, toolchains, _staging: staging, _locks: locks };
        staged.check_fix_ups(manifest, reader, context)?;
        Ok(staged)
    }

    /// Puts the packages into the store and composes the toolchains.
    pub(super) fn commit(self, context: &Context) -> Result<Vec<Outcome>> {
        context.store.commit_packages(self.packages).hint_from(StoreError::hint)?;
        let mut outcomes = Vec::new();
        for receipt in self.toolchains {
            let find = |id: &PackageId| {
                context
                    .store
                    .package(id)
                    .with_context(|| format!("the package `{id}` vanished from the store"))
            };
            let packages = receipt.packages.iter().map(find).collect::<Result<Vec<_>>>()?;
            let plain = ToolchainReceipt { fix_ups: Vec::new(), ..receipt.clone() };
            let toolchain = install::compose(plain, &packages, context)
                .with_context(|| format!("could not compose `{}`", receipt.name))?;
            install::report_proof(&toolchain, context);
            outcomes.push(Outcome::Installed(toolchain));
        }
        Ok(outcomes)
    }

    /// Lays the files out and compares: the same program must come to the same toolchain. Another
    /// version of it may know better, and says so.
    fn check_fix_ups(&self, manifest: &Manifest, reader: &Reader<'_>, context: &Context) -> Result<()> {
        for receipt in &self.toolchains {
            let packages = self.packages_of(receipt, context)?;
            if install::composition(receipt.clone(), &packages)?.entries() == receipt.fix_ups {
                continue;
            }
            let (name, writer) = (&receipt.name, &manifest.cudaman);
            if writer == env!("CARGO_PKG_VERSION") {
                let reason = format!("`{name}` would not become what it was");
                return Err(BundleError::damaged(reader.path(), reason)).hint_from(BundleError::hint);
            }
            context.ui.say(&format!("note: cudaman {writer} laid `{name}` out in another way"));
        }
        Ok(())
    }

    fn packages_of(&self, receipt: &ToolchainReceipt, context: &Context) -> Result<Vec<InstalledPackage>> {
        let find = |id: &PackageId| {
            let staged = self.packages.iter().find(|package| package.receipt.id == *id);
            let staged = staged.map(|package| InstalledPackage {
                id: id.clone(),
                root: package.tree.clone(),
                receipt: package.receipt.clone(),
                is_own: true,
            });
            staged
                .or_else(|| context.store.package(id))
                .with_context(|| format!("the package `{id}` vanished from the store"))
        };
        receipt.packages.iter().map(find).collect()
    }
}

fn missing<'m>(
    manifest: &'m Manifest,
    toolchains: &[ToolchainReceipt],
    context: &Context,
) -> Result<Vec<&'m PackageReceipt>> {
    let mut missing = Vec::new();
    for receipt in &manifest.packages {
        if !toolchains.iter().any(|toolchain| toolchain.packages.contains(&receipt.id)) {
            continue;
        }
        match context.store.package(&receipt.id) {
            None => missing.push(receipt),
            Some(there) if there.receipt.entries == receipt.entries => {}
            Some(_) => {
                return Err(advised(
                    format!("the package `{}` in the store has other files than in the bundle", receipt.id),
                    "uninstall what uses it (`cudaman list`), or use another CUDAMAN_HOME",
                ));
            }
        }
    }
    Ok(missing)
}

fn unpack(
    reader: &mut Reader<'_>,
    receipt: &PackageReceipt,
    root: PathBuf,
    advance: &dyn Fn(u64),
) -> Result<StagedPackage> {
    let place = |path: &str| Some(path.to_owned());
    let tree = Tree::create(&root, reader.path(), &place, Limits::default()).hint_from(UnpackError::hint)?;
    reader.package(receipt, Some(&tree), advance).hint_from(BundleError::hint)?;
    let entries = tree.finish().map_err(|error| BundleError::unpack(reader.path(), error));
    if entries.hint_from(BundleError::hint)? != receipt.entries {
        let reason = format!("`{}` is not what its receipt says", receipt.id);
        return Err(BundleError::damaged(reader.path(), reason)).hint_from(BundleError::hint);
    }
    Ok(StagedPackage { tree: root, receipt: receipt.clone() })
}

fn length(receipt: &PackageReceipt) -> u64 {
    receipt.entries.iter().map(|entry| member::length(&entry.kind)).fold(0, u64::saturating_add)
}

fn announce(toolchains: &[ToolchainReceipt], missing: &[&PackageReceipt], bytes: u64, context: &Context) {
    for receipt in toolchains {
        let (name, profile, source) = (&receipt.name, receipt.profile, &receipt.source);
        context.ui.say(&format!("{name} ({profile}) from a bundle, at first from {source}"));
    }
    let packages = if missing.len() == 1 { "package" } else { "packages" };
    context.ui.say(&format!("{} {packages}, {}", missing.len(), human_bytes(bytes)));
}

fn check_space(needed: u64, context: &Context) -> Result<()> {
    let Some(free) = context.store.free_bytes().filter(|free| *free < needed) else { return Ok(()) };
    let home = context.store.home().display();
    Err(advised(
        format!("about {} are needed in `{home}`, and {} are free", human_bytes(needed), human_bytes(free)),
        "free some space (`cudaman gc`, `cudaman cache clear`), or set CUDAMAN_HOME to a larger disk",
    ))
}
