//! Staging: where trees and files are made whole before one rename puts them in place.
//!
//! ```text
//! tmp/<purpose>-<random>/     0700
//!   .lock                     held while its maker lives: a staging whose lock is free is stale
//!   <name>/                   a tree in the making
//!   held-<n>                  an archive of the cache, under a second name
//!   file-<n>                  a file about to replace another
//! ```

use std::fs::{self, File};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::error::{At, StoreError};
use super::files::{create_file, make_directory, names, random_name, set_mode};
use super::home::{Home, is_absent};
use super::locks::{Mode, has_no_locks, is_still_at, lock_now, open_lock_file};
use super::seam::Faults;
use super::trash;

const LOCK: &str = ".lock";
const HELD: &str = "held-";

/// A directory of its own in the store, removed with all it holds when dropped.
#[derive(Debug)]
pub struct Staging {
    home: Home,
    directory: PathBuf,
    files: AtomicUsize,
    faults: Arc<Faults>,
    _lock: File,
}

impl Staging {
    /// Makes a staging directory and locks it.
    pub(super) fn new(home: &Home, purpose: &str, faults: &Arc<Faults>) -> Result<Self, StoreError> {
        let purpose: String = purpose.chars().filter(char::is_ascii_alphanumeric).collect();
        loop {
            let directory = home.tmp().join(format!("{purpose}-{}", random_name()));
            fs::DirBuilder::new().mode(0o700).create(&directory).at("create", &directory)?;
            if let Some(lock) = claim(&directory)? {
                let faults = Arc::clone(faults);
                return Ok(Self {
                    home: home.clone(),
                    directory,
                    files: AtomicUsize::new(0),
                    faults,
                    _lock: lock,
                });
            }
        }
    }

    /// Returns the directory itself.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.directory
    }

    /// Makes an empty directory for a tree.
    ///
    /// # Errors
    /// Returns an error where it exists already or can't be made.
    pub fn directory(&self, name: &str) -> Result<PathBuf, StoreError> {
        let path = self.directory.join(name);
        if fs::symlink_metadata(&path).is_ok() {
            return Err(StoreError::Exists { path });
        }
        make_directory(&path, 0o755)?;
        Ok(path)
    }

    /// Keeps an archive of the cache readable for as long as this staging lives, whoever removes it
    /// from there: under a second name here, or where links are refused under its own. None if it
    /// is gone already.
    #[must_use]
    pub fn hold(&self, archive: &Path) -> Option<PathBuf> {
        let held = self.directory.join(format!("{HELD}{}", self.files.fetch_add(1, Ordering::Relaxed)));
        match fs::hard_link(archive, &held) {
            Ok(()) => Some(held),
            Err(error) if is_absent(&error) => None,
            Err(_) => Some(archive.to_owned()),
        }
    }

    /// Lets go of every archive that was held, so that none is written to the disk for nothing.
    pub fn let_go(&self) {
        let names = names(&self.directory).unwrap_or_default();
        for held in names.iter().filter(|name| name.starts_with(HELD)) {
            // One that stays goes with the staging.
            let _ = fs::remove_file(self.directory.join(held));
        }
    }

    /// Returns a path in the staging at which nothing stands.
    pub(super) fn free_path(&self) -> PathBuf {
        self.directory.join(format!("file-{}", self.files.fetch_add(1, Ordering::Relaxed)))
    }

    /// Writes a file, durably, that waits for its place.
    pub(super) fn file(&self, content: &[u8], mode: u32) -> Result<PathBuf, StoreError> {
        let path = self.free_path();
        create_file(&path, content, mode)?;
        Ok(path)
    }

    /// Puts a file in place of whatever stands at `target`, in one step. Making the name durable is
    /// left to the caller, who may replace more in the same directory.
    pub(super) fn replace(&self, target: &Path, content: &[u8], mode: u32) -> Result<(), StoreError> {
        let file = self.file(content, mode)?;
        fs::rename(&file, target).at("replace", target)
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        if self.faults.is_killed() {
            return;
        }
        // First out of sight in one step: deleted in place, a kill could take the lock file before
        // the rest, and nobody could tell the rest from a staging in use. Failures are left to sweep.
        if trash::discard(&self.home, &self.directory).is_ok() {
            let _ = trash::empty(&self.home);
        }
    }
}

/// Locks a new staging directory; none if a sweep took it for a stale one first.
fn claim(directory: &Path) -> Result<Option<File>, StoreError> {
    let path = directory.join(LOCK);
    let opened = set_mode(directory, 0o700).and_then(|()| open_lock_file(&path));
    let file = match opened {
        Err(StoreError::Io { source, .. }) if is_absent(&source) => return Ok(None),
        file => file?,
    };
    match lock_now(&file, Mode::Alone) {
        Ok(is_locked) => Ok((is_locked && is_still_at(&file, &path)).then_some(file)),
        Err(error) if has_no_locks(error) => Ok(Some(file)),
        Err(error) => Err(error).at("lock", &path),
    }
}

/// Removes every staging whose maker is gone.
pub(super) fn sweep(home: &Home) -> Result<(), StoreError> {
    for name in names(&home.tmp())? {
        let directory = home.tmp().join(name);
        match Stale::look(&directory) {
            Some(Stale::Locked(_lock)) => trash::discard(home, &directory)?,
            // Fails if it is not empty, or no directory. If its maker lives, it makes another.
            Some(Stale::WithoutLock) => drop(fs::remove_dir(&directory)),
            None => (),
        }
    }
    Ok(())
}

/// How a staging without a maker looks. Its free lock tells: neither its age nor a process id
/// would, across machines and containers.
pub(super) enum Stale {
    /// With its lock, now ours: kept until the directory is gone, lest a maker that was about to
    /// lock it goes on in a directory that is being removed.
    Locked(File),
    /// Killed between making the directory and its lock.
    WithoutLock,
}

impl Stale {
    /// Looks at a directory; none while its maker lives or where there are no locks.
    pub(super) fn look(directory: &Path) -> Option<Self> {
        match File::options().read(true).write(true).open(directory.join(LOCK)) {
            Ok(lock) => (lock_now(&lock, Mode::Alone) == Ok(true)).then_some(Self::Locked(lock)),
            Err(error) => is_absent(&error).then_some(Self::WithoutLock),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::eventually;

    fn home() -> (tempfile::TempDir, Home) {
        let directory = crate::store::testing::directory();
        let home = Home::new(directory.path()).expect("a home");
        for (path, mode) in home.directories() {
            make_directory(&path, mode).expect("made");
        }
        (directory, home)
    }

    #[test]
    fn a_staging_vanishes_with_its_maker_and_is_not_swept_before() {
        let (_directory, home) = home();
        let faults = Arc::default();
        let staging = Staging::new(&home, "test", &faults).expect("staged");
        fs::write(staging.directory("tree").expect("made").join("file"), "x").expect("written");
        sweep(&home).expect("swept");
        assert!(staging.path().join("tree/file").exists());
        assert!(staging.directory("tree").is_err());
        drop(staging);
        assert!(names(&home.tmp()).expect("listed").is_empty());
        assert!(names(&home.trash()).expect("listed").is_empty());
    }

    #[test]
    fn archives_are_let_go_and_trees_stay() {
        let (directory, home) = home();
        let staging = Staging::new(&home, "test", &Arc::default()).expect("staged");
        let archive = directory.path().join("archive");
        fs::write(&archive, "x").expect("written");
        let held = staging.hold(&archive).expect("held");
        let tree = staging.directory("tree").expect("made");
        let file = staging.file(b"x", 0o644).expect("written");
        assert!(held.exists());
        staging.let_go();
        assert!(!held.exists() && archive.exists() && tree.exists() && file.exists());
    }

    #[test]
    fn what_a_killed_process_left_is_swept() {
        let (_directory, home) = home();
        let faults = Arc::new(Faults::default());
        let staging = Staging::new(&home, "test", &faults).expect("staged");
        faults.stop_at(1);
        let _ = faults.checkpoint("here");
        drop(staging);
        fs::create_dir(home.tmp().join("killed-before-its-lock")).expect("made");
        assert_eq!(names(&home.tmp()).expect("listed").len(), 2);
        assert!(eventually(|| {
            sweep(&home).expect("swept");
            names(&home.tmp()).expect("listed").is_empty()
        }));
    }
}
