//! Archives as data: one reader per format, and one safe writer for all of them.
//!
//! Nothing of an archive is trusted beyond its digest, which the caller has checked before. Rules of the writer:
//! - paths are relative, plain UTF-8, bounded in length, depth, number and total size;
//! - only files, directories, symbolic links and hard links to files of the same archive;
//! - no path twice, no file in the way of a directory, in the archive and in the tree alike;
//! - files are 0444 or 0555, directories 0755; owners, special bits and attributes are ignored;
//! - symbolic links stay inside, are followed in memory through each other, and are made last;
//! - everything is written beneath one directory descriptor, following no link.
//!
//! The writer never syncs: the caller makes one `syncfs` for all trees before it publishes them.

mod beneath;
mod conda;
mod content;
mod deb;
mod decode;
mod directory;
mod error;
mod identify;
mod makeself;
mod names;
mod nested;
mod opened;
mod origin;
mod path;
mod pax;
mod peek;
mod record;
mod rpm;
mod tar;
mod tar_file;
mod tree;
mod wheel;
mod window;
mod xz;
mod zip_end;
mod zip_layout;

#[cfg(test)]
mod attacks;
#[cfg(test)]
mod attacks_tar;
#[cfg(test)]
mod attacks_zip;
#[cfg(test)]
mod damage;
#[cfg(test)]
mod identified;
#[cfg(test)]
mod packages;
#[cfg(test)]
mod placing;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod testing_zip;

use std::path::Path;
use std::time::Duration;

pub use error::{Refusal, UnpackError};
pub use identify::{PackageMetadata, begins_as_archive, identify, is_patch, metadata, runfile_label};
pub use opened::open_regular;
pub use peek::first_paths;
pub use tree::{FileEntry, Tree};

use crate::model::{Entry, Format};
use decode::Compression;
use tar_file::TarFile;

/// Decides where an entry of an archive goes.
pub trait Place: Sync {
    /// Returns the path below the package's root for a path of the archive, or none to leave it
    /// out. It is asked for files, links and what links lead to, which may be a directory or
    /// missing; for a link's target the answer may be empty, the root itself. The top directory
    /// of a `.tar.xz` is part of the path.
    fn place(&self, path: &str) -> Option<String>;

    /// Tells whether a file of the archive that is an archive itself is to be opened: its entries are
    /// then placed by their paths in it, behind its own path and a slash.
    fn opens(&self, _path: &str) -> bool {
        false
    }

    /// Tells whether an entry is left out where another has its place already; such an entry is
    /// refused otherwise.
    fn repeats(&self, _path: &str) -> bool {
        false
    }
}

impl<F: Fn(&str) -> Option<String> + Sync> Place for F {
    fn place(&self, path: &str) -> Option<String> {
        self(path)
    }
}

/// How large an archive may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Entries of any kind.
    pub entries: u64,
    /// Bytes of all files.
    pub bytes: u64,
    /// Components of a path.
    pub depth: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { entries: 400_000, bytes: 64 << 30, depth: 40 }
    }
}

/// A piece of work that is independent of an archive's others.
#[derive(Clone, Debug)]
pub struct Task {
    /// The estimated time on one core: start the longest first.
    pub cost: Duration,
    members: Vec<usize>,
}

/// An opened archive.
pub trait Archive: Send + Sync {
    /// Returns the pieces of work, longest first: one for a `.tar.xz`, many for a wheel.
    fn tasks(&self) -> Vec<Task>;

    /// Does one piece; different pieces may run at the same time on the same tree.
    ///
    /// # Errors
    /// Returns an error where the archive is damaged, breaks a rule, or can't be written.
    fn run(&self, task: &Task, tree: &Tree<'_>) -> Result<(), UnpackError>;
}

/// Opens an archive and checks what can be checked before unpacking.
///
/// # Errors
/// Returns an error where the file can't be read or its structure is refused.
pub fn open(archive: &Path, format: Format, limits: Limits) -> Result<Box<dyn Archive>, UnpackError> {
    Ok(match format {
        Format::Conda => conda::open(archive, limits)?,
        Format::Deb => Box::new(deb::Deb::open(archive, limits)?),
        Format::Directory => Box::new(directory::Directory::open(archive, limits)),
        Format::Rpm => Box::new(rpm::Rpm::open(archive, limits)?),
        Format::Runfile => Box::new(makeself::Runfile::open(archive, limits)?),
        Format::TarBz2 => Box::new(TarFile::open(archive, Compression::Bzip2, limits)?),
        Format::TarGz => Box::new(TarFile::open(archive, Compression::Gzip, limits)?),
        Format::TarXz => Box::new(TarFile::open(archive, Compression::Xz, limits)?),
        Format::TarZst => Box::new(TarFile::open(archive, Compression::Zstd, limits)?),
        Format::Wheel => Box::new(wheel::Wheel::open(archive, limits)?),
    })
}

/// Unpacks a whole archive into an existing, empty directory, in this thread.
///
/// # Errors
/// Returns an error where the archive is damaged, breaks a rule, or can't be written.
pub fn unpack(
    archive: &Path,
    format: Format,
    root: &Path,
    place: &dyn Place,
    limits: Limits,
) -> Result<Vec<Entry>, UnpackError> {
    let opened = open(archive, format, limits)?;
    let tree = Tree::create(root, archive, place, limits)?;
    opened.tasks().iter().try_for_each(|task| opened.run(task, &tree))?;
    tree.finish()
}
