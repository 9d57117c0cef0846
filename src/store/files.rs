//! The few file operations that all of the store is made of.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

use super::durability::sync_file;
use super::error::{At, StoreError};
use super::home::is_absent;

/// Makes a directory with exactly this mode, whatever the umask; one that exists is left alone.
pub(super) fn make_directory(path: &Path, mode: u32) -> Result<(), StoreError> {
    match DirBuilder::new().mode(mode).create(path) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        result => {
            result.at("create", path)?;
            set_mode(path, mode)
        }
    }
}

/// Sets the mode of a file or directory.
pub(super) fn set_mode(path: &Path, mode: u32) -> Result<(), StoreError> {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).at("set the mode of", path)
}

/// Writes a new file with exactly this mode, durably.
pub(super) fn create_file(path: &Path, content: &[u8], mode: u32) -> Result<(), StoreError> {
    sync_file(&write_file(path, content, mode)?, path)
}

/// Writes a new file with exactly this mode, to be synced by the caller.
pub(super) fn write_file(path: &Path, content: &[u8], mode: u32) -> Result<File, StoreError> {
    let mut file =
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).at("create", path)?;
    file.write_all(content).at("write", path)?;
    file.set_permissions(fs::Permissions::from_mode(mode)).at("set the mode of", path)?;
    Ok(file)
}

/// Reads a file of at most `limit` bytes; none where there is none.
pub(super) fn read_limited(path: &Path, limit: u64) -> Result<Option<Vec<u8>>, StoreError> {
    let file = match File::open(path) {
        Err(error) if is_absent(&error) => return Ok(None),
        file => file.at("open", path)?,
    };
    // Room for all of it and for the look at the end: a buffer that grows asks eight times for 4 KiB.
    let size = file.metadata().map_or(0, |metadata| metadata.len());
    let mut bytes = Vec::with_capacity(size.min(limit) as usize + 64);
    file.take(limit + 1).read_to_end(&mut bytes).at("read", path)?;
    if bytes.len() as u64 > limit {
        let reason = format!("it is larger than {limit} bytes");
        return Err(StoreError::Damaged { path: path.to_owned(), reason });
    }
    Ok(Some(bytes))
}

/// Renames where nothing stands yet; tells whether it did.
pub(super) fn rename_new(from: &Path, to: &Path) -> Result<bool, StoreError> {
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        Ok(()) => Ok(true),
        Err(Errno::EXIST | Errno::NOTEMPTY) => Ok(false),
        // Old kernels and network file systems. The caller holds a lock, so looking first is safe
        // against other cudamans; a plain rename could replace nothing but an empty directory.
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
            if fs::symlink_metadata(to).is_ok() {
                return Ok(false);
            }
            fs::rename(from, to).at("rename into place", to).map(|()| true)
        }
        Err(error) => Err(error).at("rename into place", to),
    }
}

/// Exchanges two paths in one step; tells whether the file system could.
pub(super) fn exchange(one: &Path, other: &Path) -> Result<bool, StoreError> {
    match renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE) {
        Ok(()) => Ok(true),
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => Ok(false),
        Err(error) => Err(error).at("exchange", other),
    }
}

/// Tells whether something stands at a path, be it a link that leads nowhere. An error is no answer:
/// taken for absence it would have us delete what belongs to it.
pub(super) fn exists(path: &Path) -> Result<bool, StoreError> {
    match fs::symlink_metadata(path) {
        Err(error) if is_absent(&error) => Ok(false),
        result => result.at("read", path).map(|_| true),
    }
}

/// Removes a file or link; one that is not there is fine.
pub(super) fn remove_file(path: &Path) -> Result<(), StoreError> {
    match fs::remove_file(path) {
        Err(error) if is_absent(&error) => Ok(()),
        result => result.at("remove", path),
    }
}

/// Lists the names in a directory, sorted; none where there is no directory.
pub(super) fn names(directory: &Path) -> Result<Vec<String>, StoreError> {
    let entries = match fs::read_dir(directory) {
        Err(error) if is_absent(&error) => return Ok(Vec::new()),
        entries => entries.at("list", directory)?,
    };
    let mut names = Vec::new();
    for entry in entries {
        // Every name that the store gives is ASCII: another one is not ours.
        names.extend(entry.at("list", directory)?.file_name().into_string());
    }
    names.sort();
    Ok(names)
}

/// One file, link or directory found in a tree.
pub(super) struct Found {
    /// Its path below the root of the walk.
    pub(super) path: PathBuf,
    /// Its own metadata, not that of what it links to.
    pub(super) metadata: fs::Metadata,
}

/// Lists everything below a directory, parents first; links are not followed.
pub(super) fn walk(root: &Path) -> Result<Vec<Found>, StoreError> {
    let mut found = Vec::new();
    let mut open = vec![PathBuf::new()];
    while let Some(below) = open.pop() {
        let directory = root.join(&below);
        for entry in fs::read_dir(&directory).at("list", &directory)? {
            let entry = entry.at("list", &directory)?;
            let path = below.join(entry.file_name());
            let metadata = match entry.metadata() {
                // Removed since it was listed.
                Err(error) if is_absent(&error) => continue,
                metadata => metadata.at("read", &entry.path())?,
            };
            if metadata.is_dir() {
                open.push(path.clone());
            }
            found.push(Found { path, metadata });
        }
    }
    Ok(found)
}

/// Returns a name that nobody can guess, for files that stand beside others for a moment.
pub(super) fn random_name() -> String {
    // The standard library seeds each of these from the system's random numbers.
    let number = RandomState::new().build_hasher().finish();
    format!("{number:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rename_replaces_nothing_not_even_an_empty_directory() {
        let directory = tempfile::tempdir().expect("a directory");
        let (from, to) = (directory.path().join("from"), directory.path().join("to"));
        make_directory(&from, 0o755).expect("made");
        make_directory(&to, 0o755).expect("made");
        assert!(!rename_new(&from, &to).expect("asked"));
        fs::remove_dir(&to).expect("removed");
        assert!(rename_new(&from, &to).expect("renamed"));
        assert!(!from.exists() && to.is_dir());
    }

    #[test]
    fn a_large_file_is_not_read_whole() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("file");
        fs::write(&path, "12345").expect("written");
        assert_eq!(read_limited(&path, 5).expect("read"), Some(b"12345".to_vec()));
        assert!(read_limited(&path, 4).is_err());
        assert_eq!(read_limited(&directory.path().join("none"), 4).expect("read"), None);
    }
}
