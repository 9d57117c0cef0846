//! Collecting what nothing uses: packages of no toolchain, and what killed processes left.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::durability::sync_directory;
use super::error::{At, StoreError};
use super::files::{exists, names, remove_file, walk};
use super::locks::{Key, Mode};
use super::{Store, trash};
use crate::model::PackageId;

/// What was collected, or would be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Garbage {
    /// Every tree or file, with the bytes on disk that it frees.
    pub removed: Vec<(PathBuf, u64)>,
    /// Why something was kept that may be garbage.
    pub notes: Vec<String>,
}

impl Garbage {
    /// Returns the bytes on disk that are freed.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.removed.iter().map(|(_, bytes)| bytes).sum()
    }
}

impl Store {
    /// Removes every package that no toolchain of this home is made of, or says what it would
    /// remove. Waits for running installs, which may be about to use one.
    ///
    /// # Errors
    /// Returns [`StoreError::Locked`] where an install takes too long, and an error where something
    /// can't be removed.
    pub fn gc(&self, dry_run: bool) -> Result<Garbage, StoreError> {
        if !dry_run {
            self.make_ready()?;
        } else if !self.own.locks().is_dir() {
            return Ok(Garbage::default());
        }
        let _alone = self.locks.acquire(Key::InUse, Mode::Alone)?;
        if dry_run { self.plan_collection() } else { self.collect() }
    }

    /// Notes that packages are to be collected: if this process is killed before its [`Store::gc`],
    /// the next [`Store::prepare`] collects them.
    ///
    /// # Errors
    /// Returns an error where the home can't be written.
    pub fn collect_later(&self) -> Result<(), StoreError> {
        let path = self.own.collect_mark();
        fs::write(&path, "").at("create", &path)
    }

    /// Collects what a killed uninstall left, unless an install is running: its turn comes.
    pub(super) fn finish_collection(&self) -> Result<(), StoreError> {
        if !exists(&self.own.collect_mark())? {
            return Ok(());
        }
        let Some(_alone) = self.locks.try_acquire(Key::InUse, Mode::Alone)? else { return Ok(()) };
        self.collect().map(drop)
    }

    fn plan_collection(&self) -> Result<Garbage, StoreError> {
        let mut garbage = Garbage::default();
        for id in self.unused_packages(&mut garbage.notes)? {
            let root = self.own.package(&id);
            let bytes = freed_bytes(&root);
            garbage.removed.push((root, bytes));
        }
        Ok(garbage)
    }

    /// The caller keeps everybody else from using packages.
    fn collect(&self) -> Result<Garbage, StoreError> {
        let mut garbage = Garbage::default();
        for id in self.unused_packages(&mut garbage.notes)? {
            let root = self.own.package(&id);
            garbage.removed.push((root.clone(), freed_bytes(&root)));
            // The receipt first: without it the tree is nobody's, and swept if we are killed here.
            remove_file(&self.own.package_receipt(&id))?;
            sync_directory(&self.own.package_receipts())?;
            self.faults.checkpoint("package receipt removed")?;
            trash::discard(&self.own, &root)?;
        }
        remove_file(&self.own.collect_mark())?;
        {
            let _lock = self.locks.acquire(Key::Store, Mode::Alone)?;
            self.drop_fronts()?;
        }
        trash::empty(&self.own)?;
        Ok(garbage)
    }

    fn unused_packages(&self, notes: &mut Vec<String>) -> Result<Vec<PackageId>, StoreError> {
        let Some(used) = self.used_packages(notes)? else { return Ok(Vec::new()) };
        let receipts = names(&self.own.package_receipts())?;
        let receipts = receipts.iter().filter_map(|name| name.strip_suffix(".json").map(str::to_owned));
        let all: BTreeSet<String> = names(&self.own.packages())?.into_iter().chain(receipts).collect();
        Ok(all
            .iter()
            .filter_map(|name| PackageId::from_directory(name))
            .filter(|id| !used.contains(id))
            .collect())
    }

    /// None where a toolchain can't say what it is made of: then nothing may be collected.
    fn used_packages(&self, notes: &mut Vec<String>) -> Result<Option<BTreeSet<PackageId>>, StoreError> {
        let mut used = BTreeSet::new();
        let mut is_known = true;
        for toolchain in self.toolchains_of(&self.own)?.iter().filter(|toolchain| toolchain.link.is_none()) {
            match self.receipt(toolchain) {
                Ok(Some(receipt)) => used.extend(receipt.packages),
                _ => {
                    is_known = false;
                    let name = &toolchain.name;
                    notes.push(format!("packages are kept: the receipt of `{name}` can't be read; try `cudaman verify --repair`"));
                }
            }
        }
        Ok(is_known.then_some(used))
    }
}

/// Counts the blocks of files that have no further name outside the tree.
fn freed_bytes(root: &Path) -> u64 {
    let own = |metadata: &fs::Metadata| if metadata.nlink() == 1 { metadata.blocks() * 512 } else { 0 };
    walk(root)
        .unwrap_or_default()
        .iter()
        .filter(|found| !found.metadata.is_dir())
        .map(|found| own(&found.metadata))
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::{Lab, file, name};

    #[test]
    fn packages_go_with_the_last_toolchain_that_uses_them() {
        let lab = Lab::new();
        let shared = lab.add("cuda_nvcc", &[file("a", "x")]);
        let only = lab.add("cudnn", &[file("b", "x")]);
        lab.compose("12.4.1", &[&shared], &[]).expect("composed");
        lab.compose("12.4.1+cudnn9.1", &[&shared, &only], &[]).expect("composed");
        assert!(lab.store.gc(false).expect("collected").removed.is_empty());
        lab.store.remove(&name("12.4.1+cudnn9.1")).expect("removed");
        let planned = lab.store.gc(true).expect("planned");
        assert_eq!(planned.removed.len(), 1);
        assert!(planned.bytes() > 0 && lab.store.package(&only).is_some());
        assert_eq!(lab.store.gc(false).expect("collected"), planned);
        assert!(lab.store.package(&only).is_none() && lab.store.package(&shared).is_some());
        lab.assert_healthy("collected");
    }

    #[test]
    fn what_a_killed_uninstall_left_is_collected_by_the_next_change() {
        for is_marked in [true, false] {
            let lab = Lab::new();
            let id = lab.add("cuda_nvcc", &[file("a", "x")]);
            lab.compose("12.4.1", &[&id], &[]).expect("composed");
            if is_marked {
                lab.store.collect_later().expect("marked");
            }
            lab.store.remove(&name("12.4.1")).expect("removed");
            let next = lab.reopen();
            next.finish().expect("finished");
            assert_eq!(next.package(&id).is_none(), is_marked);
            assert!(!lab.path("packages/.collect").exists());
            lab.assert_healthy("finished");
        }
    }

    #[test]
    fn nothing_is_collected_while_a_receipt_is_unknown() {
        let lab = Lab::new();
        let id = lab.add("cuda_nvcc", &[file("a", "x")]);
        lab.compose("12.4.1", &[&id], &[]).expect("composed");
        fs::write(lab.path("receipts/toolchains/12.4.1.json"), "{").expect("written");
        let garbage = lab.store.gc(false).expect("collected");
        assert!(garbage.removed.is_empty() && garbage.notes.len() == 1);
        assert!(lab.store.package(&id).is_some());
    }

    #[test]
    fn an_install_keeps_its_packages() {
        let lab = Lab::new();
        lab.add("cuda_nvcc", &[file("a", "x")]);
        let _keep = lab.store.keep_packages().expect("kept");
        let waiting = crate::store::Waiting { timeout: std::time::Duration::ZERO, ..Default::default() };
        let other = lab.reopen().waiting(waiting);
        assert!(matches!(other.gc(false), Err(StoreError::Locked { .. })));
    }
}
