//! Making a home ready for a change: directories, the layout's number, and what killed processes left.

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::atomic::Ordering;

use rustix::fs::{Access, access};

use super::durability::sync_each;
use super::error::{At, StoreError};
use super::files::{exists, make_directory, names, read_limited};
use super::home::LAYOUT;
use super::locks::{Key, Mode};
use super::{Store, receipts, staging, trash};
use crate::model::PackageId;

impl Store {
    /// Creates the home's directories where they are missing, completes or sweeps what killed
    /// processes left, and brings the indexes up to date. The first step of every change.
    ///
    /// # Errors
    /// Returns an error where the home can't be written, and for one of a newer cudaman.
    pub fn prepare(&self) -> Result<(), StoreError> {
        self.make_ready()?;
        // As with the trash: what can't be collected now is no reason to refuse what was asked for.
        let _ = self.finish_collection();
        Ok(())
    }

    /// Tells whether this process has prepared the home, and so may have changed what is in it.
    #[must_use]
    pub fn is_prepared(&self) -> bool {
        self.is_prepared.load(Ordering::Relaxed)
    }

    /// As [`Store::prepare`], and collects no packages.
    pub(super) fn make_ready(&self) -> Result<(), StoreError> {
        self.own.check_layout()?;
        self.make_directories()?;
        self.is_prepared.store(true, Ordering::Relaxed);
        let layout = format!("{LAYOUT}\n");
        let is_current =
            read_limited(&self.own.layout(), 64).is_ok_and(|text| text == Some(layout.clone().into()));
        if !is_current {
            self.stage("layout")?.replace(&self.own.layout(), layout.as_bytes(), 0o644)?;
            self.sync_new_directories()?;
        }
        self.sweep()
    }

    /// Does what [`Store::prepare`] does, but only where a stopped process left something to do:
    /// for commands that otherwise change nothing.
    ///
    /// # Errors
    /// As for [`Store::prepare`].
    pub fn finish(&self) -> Result<(), StoreError> {
        if self.is_unfinished()? { self.prepare() } else { Ok(()) }
    }

    fn is_unfinished(&self) -> Result<bool, StoreError> {
        let is_pending = |name: &String| name.ends_with(".pending");
        Ok(self.indexes_are_stale()
            || exists(&self.own.collect_mark())?
            || !names(&self.own.tmp())?.is_empty()
            || !names(&self.own.trash())?.is_empty()
            || names(&self.own.toolchain_receipts())?.iter().any(is_pending))
    }

    /// Tells why the home should not be trusted, if somebody else could change it or has made it.
    #[must_use]
    pub fn ownership_warning(&self) -> Option<String> {
        let metadata = std::fs::metadata(self.own.root()).ok()?;
        let path = self.own.root().display();
        let user = rustix::process::geteuid().as_raw();
        if metadata.uid() != user {
            return Some(format!("`{path}` belongs to user {}, and this is user {user}", metadata.uid()));
        }
        (metadata.mode() & 0o002 != 0)
            .then(|| format!("`{path}` can be changed by every user of this machine"))
    }

    fn make_directories(&self) -> Result<(), StoreError> {
        if let Some(parent) = self.own.root().parent() {
            std::fs::create_dir_all(parent).at("create", parent)?;
        }
        for (path, mode) in self.own.directories() {
            make_directory(&path, mode)?;
        }
        // Says at once that a home is read-only, rather than at the first file.
        let tmp = self.own.tmp();
        access(&tmp, Access::WRITE_OK).at("write to", &tmp)
    }

    /// Once in a home's life: what is put into its directories later is synced with them, and they
    /// have to outlive a power cut themselves.
    fn sync_new_directories(&self) -> Result<(), StoreError> {
        let directories = self.own.directories().into_iter().map(|(path, _)| path);
        let parent = self.own.root().parent().map(Path::to_owned);
        sync_each(&directories.chain(parent).collect::<Vec<_>>())
    }

    fn sweep(&self) -> Result<(), StoreError> {
        staging::sweep(&self.own)?;
        if let Some(_lock) = self.locks.try_acquire(Key::Store, Mode::Alone)? {
            self.recover()?;
        }
        // Another process may be between a package's tree and its receipt: not while we are alone.
        if let Some(_lock) = self.locks.try_acquire(Key::InUse, Mode::Alone)? {
            for id in self.packages_without_receipt()? {
                trash::discard(&self.own, &self.own.package(&id))?;
            }
        }
        // What can't be deleted is no reason to refuse what was asked for; gc says it.
        let _ = trash::empty(&self.own);
        Ok(())
    }

    /// Completes or forgets what was pending. The caller holds the lock of the store.
    fn recover(&self) -> Result<(), StoreError> {
        let left = names(&self.own.toolchain_receipts())?;
        let pending: Vec<_> =
            left.iter().filter_map(|name| name.strip_suffix(".pending")?.parse().ok()).collect();
        if !pending.is_empty() {
            let staging = self.stage("recover")?;
            for name in &pending {
                receipts::recover(&self.own, &staging, name)?;
            }
        }
        for name in left.iter().filter_map(|name| name.strip_suffix(".json")?.parse().ok()) {
            if !exists(&self.own.toolchain(&name))? {
                receipts::forget(&self.own, &name)?;
            }
        }
        if self.indexes_are_stale() { self.rebuild_while_locked() } else { Ok(()) }
    }

    /// Lists trees whose receipt was never written.
    pub(super) fn packages_without_receipt(&self) -> Result<Vec<PackageId>, StoreError> {
        let ids =
            names(&self.own.packages())?.into_iter().filter_map(|name| PackageId::from_directory(&name));
        let mut without = Vec::new();
        for id in ids {
            if !exists(&self.own.package_receipt(&id))? {
                without.push(id);
            }
        }
        Ok(without)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::{directory, name};

    #[test]
    fn looking_at_a_store_that_is_not_there_creates_nothing() {
        let directory = directory();
        let home = directory.path().join("a/home");
        let store = Store::open(&home, &[]).expect("opened");
        assert!(store.toolchains().is_empty() && store.default_request().is_none());
        assert!(store.gc(true).expect("planned").removed.is_empty());
        assert!(store.verify(crate::store::Repair::No).expect("verified").problems.is_empty());
        assert_eq!(store.usage().expect("measured").total, 0);
        assert!(store.remove(&name("12.4.1")).is_err());
        assert!(!directory.path().join("a").exists());
    }

    #[test]
    fn preparing_twice_changes_nothing() {
        let directory = directory();
        let store = Store::open(&directory.path().join("a/home"), &[]).expect("opened");
        store.prepare().expect("prepared");
        let layout = || std::fs::metadata(store.own.layout()).expect("a file").ino();
        let before = layout();
        store.prepare().expect("prepared");
        assert_eq!(layout(), before);
        std::fs::write(store.own.layout(), "2").expect("written");
        assert!(matches!(store.prepare(), Err(StoreError::NewerLayout { .. })));
    }
}
