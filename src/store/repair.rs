//! Repairing from what is in the store. What is damaged beyond that stays until a new one is whole.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::error::{At, StoreError};
use super::files::{set_mode, walk};
use super::locks::{Key, Mode};
use super::verify::inspection::{Inspection, hash_file};
use super::{Composition, InstalledPackage, Problem, Report, Store, receipts};
use crate::model::receipt::RECEIPT_FORMAT;
use crate::model::{
    Adaptation, Change, Entry, EntryKind, FixUp, PackageId, Profile, ToolchainName, ToolchainReceipt,
};

impl Store {
    /// Mends, looks again, and reports what was wrong before with what came of it.
    pub(super) fn repair(&self) -> Result<Report, StoreError> {
        let before = self.inspect()?;
        self.prepare()?;
        before.wrong_modes.iter().try_for_each(|(path, mode)| set_mode(path, *mode))?;
        for name in &before.lost_receipts {
            self.restore_receipt(name)?;
        }
        for name in self.damaged_after(&before)? {
            // What can't be composed anew keeps its problems, which the second look reports.
            let _ = self.recompose(&name);
        }
        self.rebuild_indexes()?;
        let mut after = self.inspect()?.report;
        let is_left = |problem: &Problem| after.problems.iter().any(|left| left.path == problem.path);
        let mended: Vec<Problem> =
            before.report.problems.into_iter().filter(|problem| !is_left(problem)).collect();
        after.problems.extend(mended.into_iter().map(|problem| Problem { is_repaired: true, ..problem }));
        Ok(after)
    }

    /// A toolchain whose receipt was lost shows its damage only once the receipt is back.
    fn damaged_after(&self, before: &Inspection) -> Result<BTreeSet<ToolchainName>, StoreError> {
        if before.lost_receipts.is_empty() {
            return Ok(before.damaged_toolchains.clone());
        }
        Ok(self.inspect()?.damaged_toolchains)
    }

    /// Composes a damaged toolchain anew, from its packages and the fix-ups that are whole.
    fn recompose(&self, name: &ToolchainName) -> Result<(), StoreError> {
        let _lock = self.lock_toolchain(name)?;
        let Some(receipt) = receipts::toolchain(&self.own, name)? else { return Ok(()) };
        let root = self.own.toolchain(name);
        let packages = self.packages_of(&receipt)?;
        let fix_ups =
            receipt.fix_ups.iter().map(|entry| fix_up(&root, entry, &packages)).collect::<Result<_, _>>()?;
        self.compose(&Composition { receipt, fix_ups }).map(drop)
    }

    /// Writes a lost receipt from what stands in the tree. How much was asked for when it was
    /// installed is not to be seen there: the usual profile is assumed.
    fn restore_receipt(&self, name: &ToolchainName) -> Result<(), StoreError> {
        let Some(receipt) = self.derive_receipt(name)? else { return Ok(()) };
        let staging = self.stage("repair")?;
        let _lock = self.locks.acquire(Key::Store, Mode::Alone)?;
        receipts::settle(&self.own, &staging, &receipt)
    }

    fn derive_receipt(&self, name: &ToolchainName) -> Result<Option<ToolchainReceipt>, StoreError> {
        let root = self.own.toolchain(name);
        let found: BTreeMap<PathBuf, fs::Metadata> = walk(&root)?
            .into_iter()
            .filter(|found| !found.metadata.is_dir())
            .map(|found| (found.path, found.metadata))
            .collect();
        let packages: Vec<InstalledPackage> =
            self.own_packages()?.into_iter().filter(|package| is_part(package, &found)).collect();
        let (Some(first), Some(cuda)) = (packages.first(), name.cuda()) else { return Ok(None) };
        let mut fix_ups = Vec::new();
        for (path, metadata) in &found {
            if !packages.iter().any(|package| holds(package, path, metadata)) {
                fix_ups.extend(entry(&root, path, metadata)?);
            }
        }
        Ok(Some(ToolchainReceipt {
            format: RECEIPT_FORMAT,
            name: name.clone(),
            cuda: cuda.clone(),
            add_ons: name.add_ons().to_vec(),
            platform: first.receipt.platform,
            profile: Profile::default(),
            with: Vec::new(),
            source: first.receipt.source.clone(),
            packages: packages.iter().map(|package| package.id.clone()).collect(),
            unverified: super::compose::unverified(&packages),
            adaptation: Adaptation::default(),
            fix_ups,
        }))
    }

    fn own_packages(&self) -> Result<Vec<InstalledPackage>, StoreError> {
        let ids = super::files::names(&self.own.packages())?
            .into_iter()
            .filter_map(|name| PackageId::from_directory(&name));
        Ok(ids.filter_map(|id| self.package(&id)).filter(|package| package.is_own).collect())
    }
}

/// Tells whether a tree was made of a package: it shares a file with it. Where links are refused, all
/// of the package's files have to be there in their sizes.
fn is_part(package: &InstalledPackage, found: &BTreeMap<PathBuf, fs::Metadata>) -> bool {
    let entries = &package.receipt.entries;
    let at = |entry: &Entry| found.get(Path::new(&entry.path));
    let has_size = |entry: &Entry| match (&entry.kind, at(entry)) {
        (EntryKind::File { size, .. }, Some(metadata)) => metadata.is_file() && metadata.len() == *size,
        (EntryKind::Link { .. }, Some(metadata)) => metadata.is_symlink(),
        (_, None) => false,
    };
    entries.iter().any(|entry| {
        at(entry)
            .is_some_and(|metadata| holds(package, Path::new(&entry.path), metadata) && metadata.is_file())
    }) || (!entries.is_empty() && entries.iter().all(has_size))
}

/// Tells whether what stands at a path of a tree is the package's own.
fn holds(package: &InstalledPackage, path: &Path, metadata: &fs::Metadata) -> bool {
    let source = package.root.join(path);
    let Ok(original) = fs::symlink_metadata(&source) else { return false };
    if original.is_symlink() {
        return metadata.is_symlink() && original.len() == metadata.len();
    }
    let is_link = (original.dev(), original.ino()) == (metadata.dev(), metadata.ino());
    is_link || (original.len() == metadata.len() && original.nlink() == 1 && metadata.nlink() == 1)
}

fn entry(root: &Path, path: &Path, metadata: &fs::Metadata) -> Result<Option<Entry>, StoreError> {
    let full = root.join(path);
    let Some(text) = path.to_str() else { return Ok(None) };
    let kind = if metadata.is_symlink() {
        let target = fs::read_link(&full).at("read", &full)?.to_string_lossy().into_owned();
        EntryKind::Link { target }
    } else {
        let digest = hash_file(&full).at("read", &full)?;
        EntryKind::File { size: metadata.len(), digest, executable: metadata.mode() & 0o111 != 0 }
    };
    Ok(Some(Entry { path: text.to_owned(), kind }))
}

/// Takes a fix-up out of a tree, if it is still what the receipt says.
fn fix_up(root: &Path, entry: &Entry, packages: &[InstalledPackage]) -> Result<FixUp, StoreError> {
    if let Some(change) = renamed(entry, packages) {
        return Ok(FixUp { path: entry.path.clone(), change });
    }
    let path = root.join(&entry.path);
    let change = match &entry.kind {
        EntryKind::Link { target } => Change::Link { target: target.clone() },
        EntryKind::File { digest, executable, .. } => {
            if !hash_file(&path).is_ok_and(|found| found == *digest) {
                let reason = "cudaman wrote this file, and no package can restore it".to_owned();
                return Err(StoreError::Damaged { path, reason });
            }
            Change::File { content: fs::read(&path).at("read", &path)?, executable: *executable }
        }
    };
    Ok(FixUp { path: entry.path.clone(), change })
}

/// Tells a package's file that has another name in the toolchain: it can always be had again.
fn renamed(entry: &Entry, packages: &[InstalledPackage]) -> Option<Change> {
    let EntryKind::File { .. } = entry.kind else { return None };
    let (directory, _) = entry.path.rsplit_once('/')?;
    let same = |other: &&Entry| {
        other.kind == entry.kind && other.path.rsplit_once('/').is_some_and(|(parent, _)| parent == directory)
    };
    let original = packages.iter().find_map(|package| package.receipt.entries.iter().find(same))?;
    let from = original.path.rsplit_once('/')?.1.to_owned();
    (from != entry.path[directory.len() + 1..]).then(|| Change::Renamed { from, kind: entry.kind.clone() })
}
