//! Locks between processes, for efficiency and for order; wholeness never depends on them.
//!
//! The kernel's `flock` on files in `locks/`: a lock ends with its holder, however that dies, so
//! there is no stale lock and no look at process ids. Where a file system has no locks the work goes
//! on without, said once: publishing is one rename either way.
//!
//! Taken in this order, so that no two processes wait for each other: toolchain, packages in use,
//! archive, new packages, attachments, store, module trees.
//!
//! | key | held by | while |
//! |---|---|---|
//! | toolchain | install, uninstall | the whole command, so that the second finds it done |
//! | packages in use, shared | install, compose | from looking for packages to the end of composing |
//! | packages in use, alone | gc, sweeping, clearing the cache | what nobody uses is deleted |
//! | archive | a download | until the file is complete |
//! | new packages | commit | trees and receipts are renamed into place |
//! | attachments | attach, detach, renewing scripts | scripts of environments and the list of them are written |
//! | store | compose, remove, default, indexes | publishing and the indexes |
//! | module trees | module, and every change once it is done | the list of trees and their files are written |

use std::fs::{File, OpenOptions, Permissions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use super::error::{At, StoreError};
use super::files::remove_file;
use crate::model::{Digest, ToolchainName};

/// How long to wait for another process, and whom to tell.
pub struct Waiting {
    /// After this the wait is given up.
    pub timeout: Duration,
    /// The command as it was typed, shown to those who wait for us.
    pub command: String,
    /// Takes one line when a wait begins, and one when a file system has no locks.
    pub tell: Box<dyn Fn(&str) + Send + Sync>,
}

impl Default for Waiting {
    fn default() -> Self {
        Self { timeout: Duration::from_secs(300), command: "cudaman".to_owned(), tell: Box::new(|_| ()) }
    }
}

/// What a lock stands for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Key<'a> {
    Archive(&'a Digest),
    Attachments,
    InUse,
    ModuleTrees,
    NewPackages,
    Store,
    Toolchain(&'a ToolchainName),
}

impl Key<'_> {
    fn file_name(&self) -> String {
        match self {
            Self::Archive(digest) => format!("archive-{digest}"),
            Self::Attachments => "attachments".to_owned(),
            Self::InUse => "in-use".to_owned(),
            Self::ModuleTrees => "module-trees".to_owned(),
            Self::NewPackages => "new-packages".to_owned(),
            Self::Store => "store".to_owned(),
            Self::Toolchain(name) => format!("toolchain-{name}"),
        }
    }

    fn words(&self) -> String {
        match self {
            Self::Archive(digest) => format!("the download of archive {}", digest.short()),
            Self::Attachments => "the attached environments".to_owned(),
            Self::InUse => "the packages in use".to_owned(),
            Self::ModuleTrees => "the trees of modulefiles".to_owned(),
            Self::NewPackages => "new packages".to_owned(),
            Self::Store => "the store".to_owned(),
            Self::Toolchain(name) => format!("toolchain `{name}`"),
        }
    }

    /// Many keys of a kind would litter the directory, so the holder removes the file. Never for a
    /// lock that is shared: another holder's file would be gone, and the next one would lock anew.
    fn is_transient(&self) -> bool {
        matches!(self, Self::Archive(_) | Self::Toolchain(_))
    }
}

/// Alone, or together with others who share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Alone,
    Shared,
}

/// A lock, free again when dropped or when the process ends.
#[derive(Debug)]
pub struct Lock {
    path: PathBuf,
    is_transient: bool,
    // Closing the file ends the lock. None where the file system has no locks.
    file: Option<File>,
}

impl Drop for Lock {
    fn drop(&mut self) {
        if self.is_transient && self.file.is_some() {
            // While it is still held: whoever waits on this file sees that it is gone and starts over.
            let _ = remove_file(&self.path);
        }
    }
}

/// The locks of one home.
pub(super) struct Locks {
    directory: PathBuf,
    pub(super) waiting: Waiting,
    is_noted: AtomicBool,
}

enum Attempt {
    Busy(File),
    Held(Lock),
    Replaced,
}

impl Locks {
    pub(super) fn new(directory: PathBuf, waiting: Waiting) -> Self {
        Self { directory, waiting, is_noted: AtomicBool::new(false) }
    }

    /// Takes a lock, waiting for its holder up to the limit.
    pub(super) fn acquire(&self, key: Key<'_>, mode: Mode) -> Result<Lock, StoreError> {
        let start = Instant::now();
        let mut pause = Duration::from_millis(2);
        let mut is_told = false;
        loop {
            let busy = match self.attempt(key, mode)? {
                Attempt::Held(lock) => return Ok(lock),
                Attempt::Replaced => continue,
                Attempt::Busy(file) => file,
            };
            let waited = start.elapsed();
            // A short wait is not worth a line.
            if !is_told && waited >= Duration::from_millis(300).min(self.waiting.timeout / 2) {
                is_told = true;
                (self.waiting.tell)(&format!("waiting for {}: held by {}", key.words(), holder(&busy)));
            }
            if waited >= self.waiting.timeout {
                let seconds = waited.as_secs();
                return Err(StoreError::Locked { what: key.words(), holder: holder(&busy), seconds });
            }
            std::thread::sleep(pause.min(self.waiting.timeout - waited));
            pause = (pause * 2).min(Duration::from_millis(100));
        }
    }

    /// Takes a lock if it is free now.
    pub(super) fn try_acquire(&self, key: Key<'_>, mode: Mode) -> Result<Option<Lock>, StoreError> {
        loop {
            match self.attempt(key, mode)? {
                Attempt::Busy(_) => return Ok(None),
                Attempt::Held(lock) if lock.file.is_none() => return Ok(None),
                Attempt::Held(lock) => return Ok(Some(lock)),
                Attempt::Replaced => (),
            }
        }
    }

    /// Tells whether somebody holds a lock now.
    pub(super) fn is_busy(&self, key: Key<'_>) -> Result<bool, StoreError> {
        Ok(matches!(self.attempt(key, Mode::Alone)?, Attempt::Busy(_)))
    }

    fn attempt(&self, key: Key<'_>, mode: Mode) -> Result<Attempt, StoreError> {
        let path = self.directory.join(key.file_name());
        let file = open_lock_file(&path)?;
        let held = |file| Lock { path: path.clone(), is_transient: key.is_transient(), file };
        match lock_now(&file, mode) {
            Ok(true) if !is_still_at(&file, &path) => Ok(Attempt::Replaced),
            Ok(true) => {
                self.sign(&file);
                Ok(Attempt::Held(held(Some(file))))
            }
            Ok(false) => Ok(Attempt::Busy(file)),
            Err(error) if has_no_locks(error) => {
                if !self.is_noted.swap(true, Ordering::Relaxed) {
                    let directory = self.directory.display();
                    (self.waiting.tell)(&format!(
                        "`{directory}` is on a file system without locks ({error}): going on without"
                    ));
                }
                Ok(Attempt::Held(held(None)))
            }
            Err(error) => Err(error).at("lock", &path),
        }
    }

    /// Writes who holds a lock into its file: for people only, so failures don't matter.
    fn sign(&self, mut file: &File) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
        let text = format!("{}\n{host}\n{now}\n{}\n", std::process::id(), self.waiting.command);
        let _ = file.set_len(0);
        let _ = file.seek(SeekFrom::Start(0)).and_then(|_| file.write_all(text.as_bytes()));
    }
}

/// Opens a file to be locked: for writing, which network file systems want, and never inherited by
/// a child, which would keep the lock beyond our end.
pub(super) fn open_lock_file(path: &Path) -> Result<File, StoreError> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(0o600);
    let file = options.open(path).at("open", path)?;
    // Under a umask that takes our own rights, the next process could not open it.
    if file.metadata().is_ok_and(|metadata| metadata.mode() & 0o600 != 0o600) {
        file.set_permissions(Permissions::from_mode(0o600)).at("set the mode of", path)?;
    }
    Ok(file)
}

/// Locks a file if that is possible at once.
pub(super) fn lock_now(file: &File, mode: Mode) -> Result<bool, Errno> {
    let operation = match mode {
        Mode::Alone => FlockOperation::NonBlockingLockExclusive,
        Mode::Shared => FlockOperation::NonBlockingLockShared,
    };
    loop {
        match flock(file, operation) {
            Ok(()) => return Ok(true),
            Err(Errno::WOULDBLOCK) => return Ok(false),
            Err(Errno::INTR) => (),
            Err(error) => return Err(error),
        }
    }
}

/// Tells whether an error of `flock` means that the file system has no locks.
pub(super) fn has_no_locks(error: Errno) -> bool {
    matches!(error, Errno::NOLCK | Errno::NOSYS | Errno::OPNOTSUPP)
}

/// Tells whether an open file is still the one at its path.
pub(super) fn is_still_at(file: &File, path: &Path) -> bool {
    let identity = |metadata: std::fs::Metadata| (metadata.dev(), metadata.ino());
    match (file.metadata(), std::fs::symlink_metadata(path)) {
        (Ok(open), Ok(named)) => identity(open) == identity(named),
        _ => false,
    }
}

fn holder(mut file: &File) -> String {
    let mut bytes = Vec::new();
    let _ = file.seek(SeekFrom::Start(0));
    let _ = file.take(1024).read_to_end(&mut bytes);
    let text = String::from_utf8_lossy(&bytes);
    let mut lines = text.lines().map(|line| line.escape_debug().to_string());
    let mut next = || lines.next().filter(|line| !line.is_empty());
    let (Some(process), Some(host), Some(since), Some(command)) = (next(), next(), next(), next()) else {
        return "another process".to_owned();
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let seconds = now.saturating_sub(since.parse().unwrap_or(now));
    format!("`{command}` (process {process} on {host}) for {seconds} s")
}

#[cfg(test)]
mod tests;
