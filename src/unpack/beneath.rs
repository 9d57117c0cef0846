//! File operations below one directory that can't leave it, whatever other processes do to the
//! names in it. Where the kernel knows `openat2` (5.6) it keeps the promise; on older ones, such
//! as CentOS 7's 3.10, each directory on the way is opened without following links.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use rustix::fs::{AtFlags, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;

/// How paths are resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Resolution {
    /// By `openat2`.
    Kernel,
    /// By one `openat` per component.
    Stepwise,
}

#[derive(Debug)]
pub(super) struct Beneath {
    root: OwnedFd,
    resolution: Resolution,
}

const CREATE: OFlags = OFlags::WRONLY.union(OFlags::CREATE).union(OFlags::EXCL);

impl Beneath {
    /// Opens a directory and finds out what the kernel offers.
    pub(super) fn open(root: &Path) -> io::Result<Self> {
        let beneath = Self::with_resolution(root, Resolution::Kernel)?;
        // A kernel without the call says ENOSYS, a container's filter may say EPERM.
        match beneath.open_at("self-test", OFlags::PATH, Mode::empty()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Ok(Self { resolution: Resolution::Stepwise, ..beneath })
            }
            _ => Ok(beneath),
        }
    }

    pub(super) fn with_resolution(root: &Path, resolution: Resolution) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(Self { root: rustix::fs::open(root, flags, Mode::empty())?, resolution })
    }

    /// Tells whether nothing stands in the directory.
    pub(super) fn is_empty(&self) -> io::Result<bool> {
        let mut entries = rustix::fs::Dir::read_from(&self.root)?;
        Ok(entries.all(|entry| entry.is_ok_and(|entry| matches!(entry.file_name().to_bytes(), b"." | b".."))))
    }

    /// Creates a file that must not exist yet.
    pub(super) fn create(&self, path: &str) -> io::Result<File> {
        Ok(self.open_at(path, CREATE, Mode::RUSR | Mode::WUSR)?.into())
    }

    /// Opens a file for reading.
    pub(super) fn read(&self, path: &str) -> io::Result<File> {
        Ok(self.open_at(path, OFlags::RDONLY, Mode::empty())?.into())
    }

    /// Creates a directory with mode 0755, whatever the umask; its parent exists.
    pub(super) fn make_directory(&self, path: &str) -> io::Result<()> {
        let mode = Mode::from_raw_mode(0o755);
        self.in_parent(path, |parent, name| rustix::fs::mkdirat(parent, name, mode))?;
        let directory = self.open_at(path, OFlags::RDONLY | OFlags::DIRECTORY, Mode::empty())?;
        Ok(rustix::fs::fchmod(directory, mode)?)
    }

    /// Creates a symbolic link.
    pub(super) fn make_link(&self, target: &str, path: &str) -> io::Result<()> {
        self.in_parent(path, |parent, name| rustix::fs::symlinkat(target, parent, name))
    }

    /// Gives a file a second name.
    pub(super) fn make_hard_link(&self, existing: &str, path: &str) -> io::Result<()> {
        self.in_parent(existing, |from, old| {
            self.in_parent(path, |to, new| rustix::fs::linkat(from, old, to, new, AtFlags::empty()))
                .map_err(|error| error.raw_os_error().map_or(Errno::IO, Errno::from_raw_os_error))
        })
    }

    fn in_parent(
        &self,
        path: &str,
        act: impl FnOnce(BorrowedFd<'_>, &str) -> rustix::io::Result<()>,
    ) -> io::Result<()> {
        match path.rsplit_once('/') {
            None => Ok(act(self.root.as_fd(), path)?),
            Some((parent, name)) => {
                let parent = self.open_at(parent, OFlags::PATH | OFlags::DIRECTORY, Mode::empty())?;
                Ok(act(parent.as_fd(), name)?)
            }
        }
    }

    fn open_at(&self, path: &str, flags: OFlags, mode: Mode) -> io::Result<OwnedFd> {
        let flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        match self.resolution {
            Resolution::Kernel => {
                let within = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
                Ok(rustix::fs::openat2(&self.root, path, flags, mode, within)?)
            }
            Resolution::Stepwise => self.open_stepwise(path, flags, mode),
        }
    }

    fn open_stepwise(&self, path: &str, flags: OFlags, mode: Mode) -> io::Result<OwnedFd> {
        // Without O_PATH: together with O_NOFOLLOW it would open the link itself.
        let step = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mut directory: Option<OwnedFd> = None;
        let mut components = path.split('/').peekable();
        while let Some(component) = components.next() {
            if matches!(component, "" | "." | "..") {
                return Err(io::ErrorKind::InvalidInput.into());
            }
            let within = directory.as_ref().map_or(self.root.as_fd(), AsFd::as_fd);
            if components.peek().is_none() {
                return Ok(rustix::fs::openat(within, component, flags, mode)?);
            }
            directory = Some(rustix::fs::openat(within, component, step, Mode::empty())?);
        }
        Err(io::ErrorKind::InvalidInput.into())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::unix::fs::{MetadataExt, symlink};

    use super::*;

    fn both(test: impl Fn(&Beneath, &Path, &Path)) {
        for resolution in [Resolution::Kernel, Resolution::Stepwise] {
            let place = tempfile::tempdir().expect("a directory");
            let (root, outside) = (place.path().join("root"), place.path().join("outside"));
            fs_err::create_dir(&root).expect("a directory");
            fs_err::create_dir(&outside).expect("a directory");
            fs_err::write(outside.join("canary"), "alive").expect("a canary");
            let beneath = Beneath::with_resolution(&root, resolution).expect("a directory");
            if resolution == Resolution::Kernel
                && Beneath::open(&root).expect("a directory").resolution != resolution
            {
                crate::testing::skip("openat2", "this kernel has none");
                continue;
            }
            test(&beneath, &root, &outside);
            let canary = fs_err::read(outside.join("canary")).expect("the canary");
            assert_eq!(canary, b"alive", "{resolution:?}");
            assert_eq!(fs_err::read_dir(&outside).expect("a directory").count(), 1, "{resolution:?}");
        }
    }

    #[test]
    fn files_directories_and_links() {
        both(|beneath, root, _| {
            assert!(beneath.is_empty().expect("readable"));
            beneath.make_directory("a").expect("a directory");
            beneath.make_directory("a/b").expect("a directory");
            beneath.create("a/b/file").expect("a file").write_all(b"x").expect("writable");
            beneath.make_hard_link("a/b/file", "a/again").expect("a link");
            beneath.make_link("b/file", "a/link").expect("a link");
            assert!(!beneath.is_empty().expect("readable"));
            assert_eq!(fs_err::read(root.join("a/link")).expect("a file"), b"x");
            assert_eq!(fs_err::metadata(root.join("a/again")).expect("a file").nlink(), 2);
            assert!(beneath.create("a/b/file").is_err());
            assert!(beneath.create("a/link").is_err());
        });
    }

    #[test]
    fn planted_links_are_not_followed() {
        both(|beneath, root, outside| {
            symlink(outside, root.join("way")).expect("a link");
            symlink(outside.join("canary"), root.join("file")).expect("a link");
            assert!(beneath.create("way/new").is_err());
            assert!(beneath.create("file").is_err());
            assert!(beneath.read("file").is_err());
            assert!(beneath.read("way/canary").is_err());
            assert!(beneath.make_directory("way/new").is_err());
            assert!(beneath.make_link("x", "way/new").is_err());
            assert!(beneath.make_hard_link("way/canary", "stolen").is_err());
            assert!(beneath.create("../outside/new").is_err());
        });
    }
}
