//! A file for the user, outside the store: beside its place until it is whole, then there in one step. Errors are
//! about the place, which the user named, and not about the file beside it.

use std::fs::{File, Permissions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use rustix::fs::{CWD, RenameFlags};
use rustix::io::Errno;

use crate::error::{advised, with_advice};
use crate::shell::quote;

/// A file in the making. Unless it is put in place, nothing is left of it.
pub(crate) struct Target {
    place: PathBuf,
    temporary: PathBuf,
    file: File,
    replaces: bool,
}

impl Target {
    /// Begins a file; `replaces` allows that one of its name is there already.
    pub(crate) fn create(place: &Path, replaces: bool) -> Result<Self> {
        if place.is_dir() {
            return Err(advised(format!("`{}` is a directory", place.display()), "name a file in it"));
        }
        let name = place.file_name().with_context(|| format!("`{}` names no file", place.display()))?;
        if !replaces && place.symlink_metadata().is_ok() {
            return Err(taken(place));
        }
        let name = format!(".{}.{}.part", name.to_string_lossy(), std::process::id());
        let temporary = place.with_file_name(name);
        // One of a killed process that had the same number.
        let _ = std::fs::remove_file(&temporary);
        let file = File::create_new(&temporary).map_err(|error| refused(place, error))?;
        Ok(Self { place: place.to_owned(), temporary, file, replaces })
    }

    /// Puts the file in its place, durably.
    pub(crate) fn commit(self, mode: u32) -> Result<()> {
        use std::os::unix::fs::PermissionsExt as _;
        let finish = || {
            self.file.set_permissions(Permissions::from_mode(mode))?;
            self.file.sync_all()?;
            self.rename()?;
            File::open(directory(&self.place))?.sync_all()
        };
        finish().map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => taken(&self.place),
            _ => refused(&self.place, error),
        })
    }

    fn rename(&self) -> io::Result<()> {
        if self.replaces {
            return std::fs::rename(&self.temporary, &self.place);
        }
        let flags = RenameFlags::NOREPLACE;
        match rustix::fs::renameat_with(CWD, &self.temporary, CWD, &self.place, flags) {
            // NFS and old kernels: it was looked for when the work began.
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
                std::fs::rename(&self.temporary, &self.place)
            }
            renamed => Ok(renamed?),
        }
    }
}

impl Write for &Target {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        (&self.file).write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        (&self.file).flush()
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        // After the rename there is nothing at this path.
        let _ = std::fs::remove_file(&self.temporary);
    }
}

fn directory(place: &Path) -> &Path {
    place.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn refused(place: &Path, error: io::Error) -> anyhow::Error {
    let directory = directory(place);
    let advice = match error.kind() {
        ErrorKind::NotFound => Some(format!("`mkdir -p {}` makes its directory", quote::word(directory))),
        ErrorKind::NotADirectory => Some(format!("`{}` is a file: name a directory", directory.display())),
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            Some("name a file in a directory that you may write to".to_owned())
        }
        _ => None,
    };
    let error = anyhow::Error::new(error).context(format!("could not write `{}`", place.display()));
    match advice {
        Some(advice) => with_advice(error, advice),
        None => error,
    }
}

fn taken(place: &Path) -> anyhow::Error {
    advised(format!("`{}` is there already", place.display()), "`--force` replaces it")
}
