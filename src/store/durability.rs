//! What makes bytes survive a power cut, and why each place uses which call.
//!
//! A rename alone is not enough: without a sync of the file first, ext4 and others may show a file
//! of length zero under the new name after a power cut.
//!
//! - **New packages** are gigabytes in thousands of files. One `syncfs` for the whole batch costs
//!   one flush; an `fsync` for each file costs a journal commit for each.
//! - **A composition of durable packages** holds no new bytes but a few fix-ups. `syncfs` would
//!   make it wait for whatever else the machine is writing, so its few files and its directories
//!   are synced by themselves. Several at a time: the file system then writes its journal once for
//!   many (30 new files on ext4: 110 ms one after the other, 9 ms from eight threads).
//! - **Downloads** are not synced: whoever reads the cache checks the digest.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use rustix::fs::{fsync, sync, syncfs};
use rustix::io::Errno;

use super::error::{At, StoreError};

/// They wait for the disk, not for a core.
const THREADS: usize = 8;

/// Writes out everything on the file system that holds `path`.
pub(super) fn sync_file_system(path: &Path) -> Result<(), StoreError> {
    let directory = File::open(path).at("open", path)?;
    match syncfs(&directory) {
        Err(Errno::NOSYS) => {
            sync();
            Ok(())
        }
        result => result.at("sync the file system of", path),
    }
}

/// Writes out the names in a directory.
pub(super) fn sync_directory(path: &Path) -> Result<(), StoreError> {
    let directory = File::open(path).at("open", path)?;
    match fsync(&directory) {
        // Some network file systems have no such thing for directories: names are durable at once.
        Err(Errno::INVAL | Errno::OPNOTSUPP | Errno::ROFS) => Ok(()),
        result => result.at("sync", path),
    }
}

/// Writes out files and directories, several at a time.
pub(super) fn sync_each(paths: &[PathBuf]) -> Result<(), StoreError> {
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some(path) = paths.get(next.fetch_add(1, Ordering::Relaxed)) {
            sync_directory(path)?;
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let helpers: Vec<_> = (1..paths.len().min(THREADS)).map(|_| scope.spawn(work)).collect();
        let mut result = work();
        for helper in helpers {
            result = result.and(helper.join().expect("syncing does not panic"));
        }
        result
    })
}

/// Writes out one file.
pub(super) fn sync_file(file: &File, path: &Path) -> Result<(), StoreError> {
    fsync(file).at("sync", path)
}
