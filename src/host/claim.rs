//! GPUs that starts of cudaman keep for themselves, across all users of a machine.
//!
//! For each GPU there is an empty file `cudaman-gpu-<uuid>.lock` in a directory that everybody may write to, `/tmp`
//! unless a variable names another. A start holds an advisory lock on it (`flock`), and hands the open file to the
//! program that it becomes: the lock ends with the last process of that program, however it ends. The files
//! stay. They are opened for reading only, never through a link, and never created over something: whoever puts
//! something else in their place can keep others from locking, and nothing more.

use std::io;
use std::os::fd::{AsFd as _, OwnedFd};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::{AtFlags, FileType, FlockOperation, Mode, OFlags, fchmod, flock, fstat, openat, statat};
use rustix::io::{Errno, FdFlags, fcntl_setfd};

use super::usage::{name_of, owner};
use crate::model::Environment;

/// Names the directory; all who share GPUs have to name the same.
const VARIABLE: &str = "CUDAMAN_GPU_LOCKS";

/// Where temporary files of all users are, on every Linux. Neither TMPDIR nor /run/lock will do: the first is a
/// user's own, the second belongs to root on Red Hat's systems.
const DIRECTORY: &str = "/tmp";

/// What keeps two starts from choosing at the same time.
const CHOICE: &str = "cudaman-gpus.lock";

/// A choice takes no longer than a few system calls; who doesn't end it is not waited for.
const LIMIT: Duration = Duration::from_secs(5);

/// How a GPU is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sharing {
    /// Nobody else may have it.
    Alone,
    /// Others who name it may have it too; nobody may pick it.
    Named,
}

/// What became of an attempt to keep a GPU.
#[derive(Debug)]
pub enum Attempt {
    /// It is kept.
    Kept(Claim),
    /// Another start has it; whose, if it can be seen.
    Held(Option<Holder>),
}

/// Who keeps a GPU.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The process that took the lock.
    pub pid: u32,
    /// Whose it is.
    pub user: String,
}

/// A GPU that is kept while this lives, or while a program runs that it was handed to.
#[derive(Debug)]
pub struct Claim(OwnedFd);

/// The directory of the locks.
#[derive(Debug)]
pub struct Claims {
    path: PathBuf,
    directory: OwnedFd,
    environment: Environment,
}

/// Why GPUs can't be kept.
#[derive(Debug, thiserror::Error)]
pub enum ClaimError {
    /// The directory can't be used.
    #[error("can't keep other starts from the same GPUs: `{}`: {reason}", .path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A file in it can't be used.
    #[error("can't keep other starts from a GPU: `{}`: {reason}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

impl Claims {
    /// Opens the directory of the locks, if its owner can be trusted not to take them away.
    ///
    /// # Errors
    /// Returns why it can't be used.
    pub fn open(environment: &Environment) -> Result<Self, ClaimError> {
        let path = environment.path(VARIABLE).unwrap_or(Path::new(DIRECTORY)).to_owned();
        let error = |reason: String| ClaimError::Directory { path: path.clone(), reason };
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let directory =
            openat(rustix::fs::CWD, &path, flags, Mode::empty()).map_err(|errno| error(words(errno)))?;
        let status = fstat(&directory).map_err(|errno| error(words(errno)))?;
        let own = rustix::process::geteuid().as_raw();
        if status.st_uid != 0 && status.st_uid != own {
            return Err(error(format!("it belongs to another user (uid {})", status.st_uid)));
        }
        let mode = status.st_mode & 0o7777;
        if mode & 0o002 != 0 && mode & 0o1000 == 0 {
            return Err(error(format!(
                "everybody may remove files there (mode {mode:o}, without the sticky bit)"
            )));
        }
        Ok(Self { path, directory, environment: environment.clone() })
    }

    /// Waits until no other start is choosing; the choice ends when the claim is dropped. None means that another
    /// one doesn't come to an end.
    ///
    /// # Errors
    /// Returns why the lock can't be used.
    pub fn choosing(&self) -> Result<Option<Claim>, ClaimError> {
        let started = Instant::now();
        loop {
            if let Some(file) = self.lock(CHOICE, FlockOperation::NonBlockingLockExclusive)? {
                return Ok(Some(Claim(file)));
            }
            if started.elapsed() > LIMIT {
                return Ok(None);
            }
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Tries to keep a GPU.
    ///
    /// # Errors
    /// Returns why its lock can't be used.
    pub fn attempt(&self, uuid: &str, sharing: Sharing) -> Result<Attempt, ClaimError> {
        let name = file_name(uuid);
        let operation = match sharing {
            Sharing::Alone => FlockOperation::NonBlockingLockExclusive,
            Sharing::Named => FlockOperation::NonBlockingLockShared,
        };
        let locked = self.lock(&name, operation)?;
        Ok(locked.map_or_else(|| Attempt::Held(self.holder(&name)), |file| Attempt::Kept(Claim(file))))
    }

    /// Locks a file; none where another has locked it. A file that was replaced in the meantime is no lock.
    fn lock(&self, name: &str, operation: FlockOperation) -> Result<Option<OwnedFd>, ClaimError> {
        let error = |reason: String| ClaimError::File { path: self.path.join(name), reason };
        for _ in 0..100 {
            let file = self.file(name).map_err(|errno| error(words(errno)))?;
            let status = fstat(&file).map_err(|errno| error(words(errno)))?;
            if FileType::from_raw_mode(status.st_mode) != FileType::RegularFile || status.st_nlink > 1 {
                return Err(error("it is not a plain file".to_owned()));
            }
            match flock(&file, operation) {
                Ok(()) => {}
                Err(Errno::WOULDBLOCK) => return Ok(None),
                Err(errno) => return Err(error(words(errno))),
            }
            let now = statat(&self.directory, name, AtFlags::SYMLINK_NOFOLLOW);
            if now.is_ok_and(|now| (now.st_dev, now.st_ino) == (status.st_dev, status.st_ino)) {
                return Ok(Some(file));
            }
        }
        Err(error("it is replaced again and again".to_owned()))
    }

    /// Opens a file, or makes it. Another user's file in a sticky directory may not be opened with O_CREAT
    /// (fs.protected_regular), so these are two calls.
    fn file(&self, name: &str) -> Result<OwnedFd, Errno> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        match openat(&self.directory, name, flags, Mode::empty()) {
            Err(Errno::NOENT) => {}
            result => return result,
        }
        let mode = Mode::from_raw_mode(0o444);
        match openat(&self.directory, name, flags | OFlags::CREATE | OFlags::EXCL, mode) {
            Ok(file) => {
                // The umask may have kept others from reading it.
                fchmod(&file, mode)?;
                Ok(file)
            }
            Err(Errno::EXIST) => openat(&self.directory, name, flags, Mode::empty()),
            Err(errno) => Err(errno),
        }
    }

    /// Looks in /proc/locks, where the kernel tells which process took which lock.
    fn holder(&self, name: &str) -> Option<Holder> {
        let inode = statat(&self.directory, name, AtFlags::SYMLINK_NOFOLLOW).ok()?.st_ino;
        // Locks are this machine's, whatever machine the facts are of.
        let root = Path::new("/");
        let locks = fs_err::read_to_string("/proc/locks").ok()?;
        let pid = locks.lines().find_map(|line| holder_in(line, inode))?;
        let user = name_of(owner(pid, root)?, root, &self.environment);
        Some(Holder { pid, user })
    }
}

impl Claim {
    /// Hands the GPU to the program that this process becomes.
    ///
    /// # Errors
    /// Returns what the system answered.
    pub fn hand_over(self) -> io::Result<()> {
        fcntl_setfd(self.0.as_fd(), FdFlags::empty())?;
        std::mem::forget(self);
        Ok(())
    }
}

/// Returns a name that stands for nothing but itself, whatever nvidia-smi says.
fn file_name(uuid: &str) -> String {
    let plain = |letter: char| if letter.is_ascii_alphanumeric() || letter == '-' { letter } else { '_' };
    format!("cudaman-gpu-{}.lock", uuid.chars().map(plain).take(100).collect::<String>())
}

/// Reads `1: FLOCK  ADVISORY  WRITE 4242 00:1f:1234 0 EOF`. A process that can't be seen from here has the
/// number 0.
fn holder_in(line: &str, inode: u64) -> Option<u32> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let at = words.iter().position(|word| *word == "FLOCK")?;
    let number: u64 = words.get(at + 4)?.rsplit(':').next()?.parse().ok()?;
    let pid: u32 = words.get(at + 3)?.parse().ok()?;
    (number == inode && pid > 0).then_some(pid)
}

fn words(errno: Errno) -> String {
    io::Error::from(errno).to_string()
}

#[cfg(test)]
mod tests;
