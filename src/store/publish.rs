//! Publishing: the one step that makes a composed tree the toolchain of its name.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::durability::sync_directory;
use super::error::{At, StoreError};
use super::files::{Found, exchange, exists, make_directory, remove_file, rename_new, walk};
use super::locks::{Key, Mode};
use super::{Staging, Store, receipts};
use crate::model::ToolchainReceipt;

impl Store {
    /// Puts a durable tree in place, with its receipt and the indexes.
    pub(super) fn publish(
        &self,
        staging: &Staging,
        tree: &Path,
        receipt: &ToolchainReceipt,
    ) -> Result<(), StoreError> {
        let _lock = self.locks.acquire(Key::Store, Mode::Alone)?;
        receipts::recover(&self.own, staging, &receipt.name)?;
        self.mark_indexes_stale()?;
        receipts::announce(&self.own, staging, tree, receipt)?;
        self.faults.checkpoint("receipt announced")?;
        let surplus = self.place(staging, tree, &self.own.toolchain(&receipt.name))?;
        self.faults.checkpoint("tree in place")?;
        sync_directory(&self.own.versions())?;
        self.faults.checkpoint("tree in place and synced")?;
        receipts::settle(&self.own, staging, receipt)?;
        self.faults.checkpoint("receipt settled")?;
        remove_surplus(&surplus)?;
        self.rebuild_while_locked()
    }

    /// Returns the files that are to be removed once the receipt is settled.
    fn place(&self, staging: &Staging, tree: &Path, target: &Path) -> Result<Vec<PathBuf>, StoreError> {
        if rename_new(tree, target)? {
            return Ok(Vec::new());
        }
        if self.abilities.exchange && exchange(tree, target)? {
            // What stood there is in the staging now, and goes with it.
            sync_directory(staging.path())?;
            return Ok(Vec::new());
        }
        if !fs::symlink_metadata(target).at("read", target)?.is_dir() {
            // An adopted toolkit is a link, and never written through.
            let old = staging.free_path();
            fs::rename(target, &old).at("move", target)?;
            return fs::rename(tree, target).at("rename into place", target).map(|()| Vec::new());
        }
        self.place_file_by_file(tree, target)
    }

    /// For file systems that can't exchange: what is new first, then what replaces. A reader finds
    /// every file at every moment, in its old or its new form.
    fn place_file_by_file(&self, tree: &Path, live: &Path) -> Result<Vec<PathBuf>, StoreError> {
        let found = walk(tree)?;
        let wanted: BTreeSet<&Path> = found.iter().map(|found| found.path.as_path()).collect();
        let surplus = walk(live)?.into_iter().filter(|found| !wanted.contains(found.path.as_path()));
        let surplus = surplus.map(|found| live.join(found.path)).collect();
        let (directories, files): (Vec<_>, Vec<_>) = found.iter().partition(|found| found.metadata.is_dir());
        for directory in &directories {
            make_directory(&live.join(&directory.path), 0o755)?;
        }
        let (old, new): (Vec<_>, Vec<_>) =
            files.into_iter().partition(|file| exists(&live.join(&file.path)).unwrap_or(true));
        for file in new.into_iter().chain(old) {
            place_file(tree, live, file)?;
            self.faults.checkpoint("file in place")?;
        }
        directories.iter().try_for_each(|directory| sync_directory(&live.join(&directory.path)))?;
        sync_directory(live).map(|()| surplus)
    }
}

fn place_file(tree: &Path, live: &Path, file: &Found) -> Result<(), StoreError> {
    let target = live.join(&file.path);
    let is_same = fs::symlink_metadata(&target).is_ok_and(|old| old.ino() == file.metadata.ino());
    if is_same { Ok(()) } else { fs::rename(tree.join(&file.path), &target).at("replace", &target) }
}

/// Removes files that the toolchain no longer holds, and the directories that this leaves empty.
fn remove_surplus(surplus: &[PathBuf]) -> Result<(), StoreError> {
    for path in surplus.iter().rev() {
        if fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_dir()) {
            let _ = fs::remove_dir(path);
            continue;
        }
        remove_file(path)?;
    }
    Ok(())
}
