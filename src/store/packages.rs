//! Packages: immutable trees, each made of one verified archive.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::durability::{sync_directory, sync_file_system};
use super::error::{At, StoreError};
use super::files::{exchange, rename_new, set_mode, walk};
use super::home::Home;
use super::locks::{Key, Mode};
use super::{Staging, Store, receipts, trash};
use crate::model::{EntryKind, PackageId, PackageReceipt};

/// A package in the store.
#[derive(Clone, Debug)]
pub struct InstalledPackage {
    /// Its name.
    pub id: PackageId,
    /// Its tree.
    pub root: PathBuf,
    /// What it holds and where it came from.
    pub receipt: PackageReceipt,
    /// Whether it is in the own home; packages of further stores are copied, never linked.
    pub is_own: bool,
}

/// A package whose tree is written, in a staging of this store, and was checked against its archive.
#[derive(Clone, Debug)]
pub struct StagedPackage {
    /// The tree, in the layout that toolchains have.
    pub tree: PathBuf,
    /// Every file and link of it.
    pub receipt: PackageReceipt,
}

/// What to do with a package that is there already.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Existing {
    Keep,
    Replace,
}

impl Store {
    /// Finds a package, in the own home first. One that is damaged beyond reading counts as absent.
    #[must_use]
    pub fn package(&self, id: &PackageId) -> Option<InstalledPackage> {
        self.homes().find_map(|home| {
            let receipt = receipts::package(home, id).ok().flatten()?;
            let root = home.package(id);
            let is_there = fs::symlink_metadata(&root).is_ok_and(|tree| tree.is_dir());
            is_there.then(|| InstalledPackage { id: id.clone(), root, receipt, is_own: *home == self.own })
        })
    }

    /// Tells whether a package is there, without reading its receipt.
    #[must_use]
    pub fn has_package(&self, id: &PackageId) -> bool {
        self.homes().any(|home| home.package_receipt(id).is_file() && home.package(id).is_dir())
    }

    /// Puts staged packages into the store, durably. If another process was first with a package,
    /// ours is dropped: it has the same digest in its name.
    ///
    /// # Errors
    /// Returns an error where a tree is not what its receipt says, or can't be put in place; the
    /// packages before it may be in the store then.
    pub fn commit_packages(&self, staged: Vec<StagedPackage>) -> Result<(), StoreError> {
        self.commit(&staged, Existing::Keep)
    }

    /// Puts staged packages into the store in place of damaged ones of the same name. The old tree
    /// stays until the new one is whole. Toolchains keep the old files until they are composed anew.
    ///
    /// # Errors
    /// As for [`Store::commit_packages`].
    pub fn replace_packages(&self, staged: Vec<StagedPackage>) -> Result<(), StoreError> {
        self.commit(&staged, Existing::Replace)
    }

    fn commit(&self, staged: &[StagedPackage], existing: Existing) -> Result<(), StoreError> {
        if staged.is_empty() {
            return Ok(());
        }
        let staging = self.stage("commit")?;
        let mut waiting = Vec::new();
        for package in staged {
            seal(package)?;
            waiting.push((package, staging.file(&receipts::to_json(&package.receipt), 0o644)?));
        }
        self.faults.checkpoint("packages sealed")?;
        sync_file_system(staging.path())?;
        self.faults.checkpoint("packages synced")?;
        let _in_use = self.keep_packages()?;
        let _lock = self.locks.acquire(Key::NewPackages, Mode::Alone)?;
        for (package, _) in &waiting {
            self.publish_package(&staging, package, existing)?;
            self.faults.checkpoint("package in place")?;
        }
        sync_directory(&self.own.packages())?;
        for (package, receipt) in waiting {
            let target = self.own.package_receipt(&package.receipt.id);
            fs::rename(receipt, &target).at("replace", &target)?;
            self.faults.checkpoint("package receipt in place")?;
        }
        sync_directory(&self.own.package_receipts())
    }

    /// The caller holds the lock for new packages.
    fn publish_package(
        &self,
        staging: &Staging,
        package: &StagedPackage,
        existing: Existing,
    ) -> Result<(), StoreError> {
        let target = self.own.package(&package.receipt.id);
        if rename_new(&package.tree, &target)? {
            return Ok(());
        }
        let is_whole = has_receipt(&self.own, &package.receipt.id);
        if is_whole && existing == Existing::Keep {
            return Ok(());
        }
        if is_whole && self.abilities.exchange && exchange(&package.tree, &target)? {
            return Ok(());
        }
        // Without a receipt it is what a killed process left: nobody else publishes while we hold
        // the lock. And programs run from `versions/`, so a package may be away for a moment.
        let old = staging.free_path();
        fs::rename(&target, &old).at("move", &target)?;
        trash::discard(&self.own, &old)?;
        fs::rename(&package.tree, &target).at("rename into place", &target)
    }
}

fn has_receipt(home: &Home, id: &PackageId) -> bool {
    receipts::package(home, id).is_ok_and(|receipt| receipt.is_some())
}

/// Gives every file and directory its mode, whatever the umask was, and refuses a tree that is not
/// exactly what its receipt says.
fn seal(package: &StagedPackage) -> Result<(), StoreError> {
    let damaged = |path: &Path, reason: &str| {
        Err(StoreError::Damaged { path: package.tree.join(path), reason: reason.to_owned() })
    };
    let entries = package.receipt.entries.iter().map(|entry| (entry.path.as_str(), &entry.kind));
    let mut entries: BTreeMap<&str, &EntryKind> = entries.collect();
    set_mode(&package.tree, 0o755)?;
    for found in walk(&package.tree)? {
        let path = package.tree.join(&found.path);
        if found.metadata.is_dir() {
            set_mode(&path, 0o755)?;
            continue;
        }
        match found.path.to_str().and_then(|path| entries.remove(path)) {
            None => return damaged(&found.path, "its receipt does not name it"),
            Some(kind) if !matches(kind, &path, &found.metadata) => {
                return damaged(&found.path, "its receipt says otherwise");
            }
            Some(EntryKind::Link { .. }) => (),
            Some(kind) => set_mode_if_needed(&path, &found.metadata, mode_of(kind))?,
        }
    }
    match entries.keys().next() {
        Some(path) => damaged(Path::new(path), "it is missing"),
        None => Ok(()),
    }
}

fn set_mode_if_needed(path: &Path, metadata: &fs::Metadata, mode: u32) -> Result<(), StoreError> {
    if metadata.permissions().mode() & 0o7777 == mode { Ok(()) } else { set_mode(path, mode) }
}

/// Returns the mode of an entry's file.
pub(super) fn mode_of(kind: &EntryKind) -> u32 {
    if matches!(kind, EntryKind::File { executable: true, .. }) { 0o555 } else { 0o444 }
}

/// Tells whether what stands at a path has an entry's type, and its size or target.
pub(super) fn matches(kind: &EntryKind, path: &Path, metadata: &fs::Metadata) -> bool {
    match kind {
        EntryKind::File { size, .. } => metadata.is_file() && metadata.len() == *size,
        EntryKind::Link { target } => {
            metadata.is_symlink()
                && fs::read_link(path).is_ok_and(|found| found.as_os_str() == target.as_str())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::files::names;
    use crate::store::testing::{Lab, executable, file, link};

    #[test]
    fn a_package_is_there_after_its_commit() {
        let lab = Lab::new();
        let id =
            lab.add("cuda_nvcc", &[executable("bin/nvcc", "nvcc"), file("a/b/c", "x"), link("l", "a/b")]);
        let package = lab.store.package(&id).expect("a package");
        assert!(package.is_own);
        let mode =
            |path: &str| fs::metadata(package.root.join(path)).expect(path).permissions().mode() & 0o7777;
        assert_eq!((mode("bin/nvcc"), mode("a/b/c"), mode("a/b"), mode("")), (0o555, 0o444, 0o755, 0o755));
        assert!(names(&lab.store.own.tmp()).expect("listed").is_empty());
    }

    #[test]
    fn the_first_of_two_stays() {
        let lab = Lab::new();
        let id = lab.add("cuda_nvcc", &[file("f", "x")]);
        let inode = lab.inode(&format!("packages/{id}/f"));
        assert_eq!(lab.add("cuda_nvcc", &[file("f", "x")]), id);
        assert_eq!(lab.inode(&format!("packages/{id}/f")), inode);
        let staging = lab.store.stage("test").expect("staged");
        let staged = lab.staged(&staging, "cuda_nvcc", &[file("f", "x")]);
        lab.store.replace_packages(vec![staged]).expect("replaced");
        assert_ne!(lab.inode(&format!("packages/{id}/f")), inode);
    }

    #[test]
    fn a_tree_that_is_not_its_receipt_is_refused() {
        let lab = Lab::new();
        let staging = lab.store.stage("test").expect("staged");
        type Change = fn(&Path);
        let changes: [Change; 4] = [
            |tree| fs::write(tree.join("extra"), "").expect("written"),
            |tree| fs::remove_file(tree.join("f")).expect("removed"),
            |tree| fs::write(tree.join("f"), "longer").expect("written"),
            |tree| {
                fs::remove_file(tree.join("l")).expect("removed");
                std::os::unix::fs::symlink("/etc/passwd", tree.join("l")).expect("linked");
            },
        ];
        for (number, change) in changes.iter().enumerate() {
            let staged = lab.staged(&staging, &format!("c{number}"), &[file("f", "x"), link("l", "f")]);
            change(&staged.tree);
            let error = lab.store.commit_packages(vec![staged]).expect_err("refused");
            assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
        }
        assert!(names(&lab.store.own.packages()).expect("listed").is_empty());
    }

    #[test]
    fn stopped_anywhere_a_package_is_absent_or_whole() {
        for number in 1.. {
            let lab = Lab::new();
            let staging = lab.store.stage("test").expect("staged");
            let staged = vec![
                lab.staged(&staging, "one", &[file("f", "x")]),
                lab.staged(&staging, "two", &[file("g", "y")]),
            ];
            let ids: Vec<_> = staged.iter().map(|package| package.receipt.id.clone()).collect();
            lab.store.faults.stop_at(number);
            let is_done = lab.store.commit_packages(staged).is_ok();
            drop(staging);
            let next = lab.reopen();
            for id in &ids {
                let package = next.package(id);
                assert!(
                    package.is_none_or(|package| fs::read_dir(package.root).expect("a tree").count() == 1)
                );
            }
            let lab = lab.with(next);
            lab.prepare();
            assert!(names(&lab.store.own.tmp()).expect("listed").is_empty(), "step {number}");
            assert!(lab.store.packages_without_receipt().expect("listed").is_empty(), "step {number}");
            lab.add("one", &[file("f", "x")]);
            lab.add("two", &[file("g", "y")]);
            assert!(ids.iter().all(|id| lab.store.package(id).is_some()), "step {number}");
            if is_done {
                assert!(number > 6, "there were {number} steps");
                return;
            }
        }
    }
}
