//! Deleting: one rename takes a tree out of sight, then it is deleted at leisure.
//!
//! Whatever lies in `trash/` is garbage by definition, so any process may delete it at any time.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::error::{At, StoreError};
use super::files::{exists, names, random_name};
use super::home::{Home, is_absent};

/// Moves something out of sight; [`empty`] deletes it. What is not there is fine.
pub(super) fn discard(home: &Home, path: &Path) -> Result<(), StoreError> {
    refuse_mounts(path)?;
    match fs::rename(path, home.trash().join(random_name())) {
        Err(error) if is_absent(&error) && !exists(path)? => Ok(()),
        result => result.at("move to the trash", path),
    }
}

/// Deletes everything in the trash.
pub(super) fn empty(home: &Home) -> Result<(), StoreError> {
    for name in names(&home.trash())? {
        let path = home.trash().join(name);
        refuse_mounts(&path)?;
        remove(&path)?;
    }
    Ok(())
}

fn remove(path: &Path) -> Result<(), StoreError> {
    match remove_once(path) {
        // A directory without write permission, as some archives have them.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            open_up(path);
            remove_once(path).at("delete", path)
        }
        // Another process empties the trash at the same time.
        Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => {
            remove_once(path).at("delete", path)
        }
        result => result.at("delete", path),
    }
}

fn remove_once(path: &Path) -> io::Result<()> {
    let result = match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    result.or_else(|error| if is_absent(&error) { Ok(()) } else { Err(error) })
}

/// Failures here show when the deletion is tried again.
fn open_up(directory: &Path) {
    let _ = fs::set_permissions(directory, fs::Permissions::from_mode(0o700));
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            open_up(&entry.path());
        }
    }
}

/// Refuses a tree in which something is mounted: the deletion would go through to what is not ours.
fn refuse_mounts(path: &Path) -> Result<(), StoreError> {
    let Ok(real) = fs::canonicalize(path) else { return Ok(()) };
    if !fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_dir()) {
        return Ok(());
    }
    let Ok(table) = fs::read_to_string("/proc/self/mountinfo") else { return Ok(()) };
    let mounts = table.lines().filter_map(|line| line.split(' ').nth(4));
    let mut mounts = mounts.map(|mount| PathBuf::from(mount.replace("\\040", " ")));
    match mounts.find(|mount| mount.starts_with(&real)) {
        Some(mount) => Err(StoreError::Mounted { path: path.to_owned(), mount }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn home() -> (tempfile::TempDir, Home) {
        let directory = tempfile::tempdir().expect("a directory");
        let home = Home::new(directory.path()).expect("a home");
        fs::create_dir(home.trash()).expect("made");
        (directory, home)
    }

    #[test]
    fn links_are_deleted_and_not_followed() {
        let (directory, home) = home();
        let foreign = directory.path().join("foreign");
        fs::create_dir(&foreign).expect("made");
        fs::write(foreign.join("precious"), "x").expect("written");
        let tree = directory.path().join("tree");
        fs::create_dir(&tree).expect("made");
        std::os::unix::fs::symlink(&foreign, tree.join("link")).expect("linked");
        discard(&home, &tree).expect("moved");
        empty(&home).expect("deleted");
        assert!(!tree.exists() && foreign.join("precious").exists());
        assert!(names(&home.trash()).expect("listed").is_empty());
    }

    #[test]
    fn directories_without_write_permission_are_deleted() {
        let (_directory, home) = home();
        let tree = home.trash().join("tree");
        fs::create_dir_all(tree.join("a/b")).expect("made");
        fs::write(tree.join("a/b/file"), "x").expect("written");
        for path in ["a/b", "a"] {
            fs::set_permissions(tree.join(path), fs::Permissions::from_mode(0o555)).expect("set");
        }
        empty(&home).expect("deleted");
        assert!(!tree.exists());
    }

    #[test]
    fn a_mount_is_named_and_not_called_damage() {
        let error = refuse_mounts(Path::new("/proc")).expect_err("a mount");
        assert!(matches!(&error, StoreError::Mounted { mount, .. } if mount.starts_with("/proc")), "{error}");
        assert!(error.hint().is_some_and(|hint| hint.starts_with("`umount '/proc")));
    }

    #[test]
    fn what_is_absent_is_discarded_already() {
        let (directory, home) = home();
        discard(&home, &directory.path().join("none")).expect("nothing to do");
    }
}
