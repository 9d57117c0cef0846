//! Downloads by their digest: whole archives, and parts that can be resumed.
//!
//! ```text
//! cache/<sha256>             whole: verified when it was admitted, and to be verified again when
//!                            read, for it is not synced and disks forget
//! cache/parts/<sha256>.part  on its way; the lock `archive-<sha256>` is held by its downloader
//! ```

use std::fs;
use std::path::{Path, PathBuf};

use super::Store;
use super::error::{At, StoreError};
use super::files::{names, remove_file};
use super::locks::{Key, Lock, Mode};
use crate::model::Digest;

/// The cache of one home.
#[derive(Clone, Copy)]
pub struct Cache<'a> {
    store: &'a Store,
}

/// An archive as a downloader finds it.
#[derive(Debug)]
pub enum Claim {
    /// To be downloaded by us: nobody else does, until the part is dropped.
    Part(PartFile),
    /// Whole already.
    Ready(PathBuf),
}

/// The right to download one archive. Dropped, it leaves what came so far for the next try.
#[derive(Debug)]
pub struct PartFile {
    part: PathBuf,
    archive: PathBuf,
    _lock: Lock,
}

/// One file of the cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cached {
    /// What it hashes to, or will.
    pub digest: Digest,
    /// Where it is.
    pub path: PathBuf,
    /// Its size so far.
    pub size: u64,
    /// Whether it is whole.
    pub is_complete: bool,
}

impl Store {
    /// Returns the cache of the own home.
    #[must_use]
    pub fn cache(&self) -> Cache<'_> {
        Cache { store: self }
    }
}

impl Cache<'_> {
    /// Finds an archive, or claims its download. While another process downloads it, waits for that.
    ///
    /// Hold one claim for each worker, and end it before the next one: two processes that each hold
    /// what the other wants would wait for each other. After a wait, look whether the package is in
    /// the store: the other process may have unpacked the archive and removed it.
    ///
    /// # Errors
    /// Returns [`StoreError::Locked`] with the holder where the other process takes too long.
    pub fn claim(&self, digest: &Digest) -> Result<Claim, StoreError> {
        let home = &self.store.own;
        let archive = home.archive(digest);
        if is_file(&archive) {
            return Ok(Claim::Ready(archive));
        }
        let lock = self.store.locks.acquire(Key::Archive(digest), Mode::Alone)?;
        if is_file(&archive) {
            return Ok(Claim::Ready(archive));
        }
        Ok(Claim::Part(PartFile { part: home.part(digest), archive, _lock: lock }))
    }

    /// Removes an archive that was used, or that turned out to be damaged.
    ///
    /// # Errors
    /// Returns an error where it can't be removed; one that isn't there is fine.
    pub fn discard(&self, digest: &Digest) -> Result<(), StoreError> {
        remove_file(&self.store.own.archive(digest))
    }

    /// Returns the directory that holds the downloads.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.store.own.cache()
    }

    /// Lists what the cache holds.
    ///
    /// # Errors
    /// Returns an error where it can't be read.
    pub fn list(&self) -> Result<Vec<Cached>, StoreError> {
        let home = &self.store.own;
        let archives =
            names(&home.cache())?.into_iter().map(|name| (home.cache().join(&name), name.parse().ok(), true));
        let parts = names(&home.parts())?.into_iter().map(|name| {
            let digest = name.strip_suffix(".part").and_then(|digest| digest.parse().ok());
            (home.parts().join(&name), digest, false)
        });
        let cached = |(path, digest, is_complete): (PathBuf, Option<Digest>, bool)| {
            let size = fs::symlink_metadata(&path).ok()?.len();
            Some(Cached { digest: digest?, path, size, is_complete })
        };
        Ok(archives.chain(parts).filter_map(cached).collect())
    }

    /// Empties the cache, but for what is being downloaded; returns the bytes that were freed.
    /// Waits for running installs.
    ///
    /// # Errors
    /// Returns an error where a file can't be removed.
    pub fn clear(&self) -> Result<u64, StoreError> {
        if !self.store.own.locks().is_dir() {
            return Ok(0);
        }
        let _alone = self.store.locks.acquire(Key::InUse, Mode::Alone)?;
        let mut freed = 0;
        for cached in self.list()? {
            if !self.store.locks.is_busy(Key::Archive(&cached.digest))? {
                remove_file(&cached.path)?;
                remove_file(&PathBuf::from(format!("{}.meta", cached.path.display())))?;
                freed += cached.size;
            }
        }
        Ok(freed)
    }
}

impl PartFile {
    /// Returns the file that grows. It may not exist yet, or hold the beginning from an earlier try.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.part
    }

    /// Makes the part a whole archive. The caller has checked its digest.
    ///
    /// # Errors
    /// Returns an error where it can't be renamed.
    pub fn admit(self) -> Result<PathBuf, StoreError> {
        fs::rename(&self.part, &self.archive).at("move into the cache", &self.archive)?;
        Ok(self.archive)
    }
}

fn is_file(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_file())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::store::testing::{Lab, digest_of};

    #[test]
    fn many_want_an_archive_and_one_downloads_it() {
        let lab = Lab::new();
        let digest = digest_of(b"archive");
        let downloads = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let store = lab.reopen();
                    let path = match store.cache().claim(&digest).expect("claimed") {
                        Claim::Ready(path) => path,
                        Claim::Part(part) => {
                            downloads.fetch_add(1, Ordering::SeqCst);
                            std::thread::sleep(std::time::Duration::from_millis(20));
                            fs::write(part.path(), "archive").expect("written");
                            part.admit().expect("admitted")
                        }
                    };
                    assert_eq!(fs::read(path).expect("read"), b"archive");
                });
            }
        });
        assert_eq!(downloads.load(Ordering::SeqCst), 1);
        assert!(names(&lab.path("locks")).expect("listed").iter().all(|name| !name.starts_with("archive")));
    }

    #[test]
    fn a_dropped_part_is_resumed() {
        let lab = Lab::new();
        let digest = digest_of(b"archive");
        let Claim::Part(part) = lab.store.cache().claim(&digest).expect("claimed") else {
            panic!("not there yet")
        };
        fs::write(part.path(), "arch").expect("written");
        drop(part);
        let Claim::Part(part) = lab.store.cache().claim(&digest).expect("claimed") else {
            panic!("not there yet")
        };
        assert_eq!(fs::read(part.path()).expect("read"), b"arch");
    }

    #[test]
    fn clearing_spares_what_is_being_downloaded() {
        let lab = Lab::new();
        let (running, left, whole) = (digest_of(b"1"), digest_of(b"2"), digest_of(b"3"));
        let cache = lab.store.cache();
        let Claim::Part(part) = cache.claim(&running).expect("claimed") else { panic!("not there yet") };
        fs::write(part.path(), "run").expect("written");
        fs::write(lab.store.own.part(&left), "left").expect("written");
        fs::write(lab.store.own.archive(&whole), "whole").expect("written");
        assert_eq!(cache.list().expect("listed").len(), 3);
        assert_eq!(cache.clear().expect("cleared"), 9);
        assert_eq!(cache.list().expect("listed").len(), 1);
        assert!(part.path().exists());
    }
}
