//! The list of further stores, for shims and hooks, which read no configuration.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use super::Store;
use super::durability::sync_directory;
use super::error::{At, StoreError};
use super::files::{read_limited, remove_file};
use super::home::Home;

impl Store {
    /// Writes `stores`: one absolute path a line; an empty list removes the file.
    ///
    /// # Errors
    /// Returns an error for a path that can't be a store, and where the home can't be written.
    pub fn write_stores_file(&self, stores: &[PathBuf]) -> Result<(), StoreError> {
        let homes = stores.iter().map(|path| Home::new(path)).collect::<Result<Vec<_>, _>>()?;
        let lines: String = homes.iter().map(|home| format!("{}\n", home.root().display())).collect();
        let path = self.own.stores();
        if read_limited(&path, 1 << 20).is_ok_and(|text| text.unwrap_or_default() == lines.as_bytes()) {
            return Ok(());
        }
        if lines.is_empty() {
            remove_file(&path)?;
        } else {
            self.stage("stores")?.replace(&path, lines.as_bytes(), 0o644)?;
        }
        sync_directory(self.own.root())
    }

    /// Returns the directories below which every toolchain of every store lies: whatever an
    /// environment names there is ours.
    #[must_use]
    pub fn versions_directories(&self) -> Vec<PathBuf> {
        self.homes().map(Home::versions).collect()
    }

    /// Sees to it that `bin/cudaman` leads to a program: shims start it for what takes more than a
    /// look-up. One that is there is left alone; else a link to `program` stands in.
    ///
    /// # Errors
    /// Returns an error where the home can't be written.
    pub fn provide_program(&self, program: &Path) -> Result<(), StoreError> {
        let path = self.own.bin().join("cudaman");
        if path.exists() || program.starts_with(self.own.root()) {
            return Ok(());
        }
        let staging = self.stage("program")?;
        let link = staging.free_path();
        symlink(program, &link).at("create", &link)?;
        fs::rename(&link, &path).at("create", &path)
    }

    /// Keeps a copy of a program as `bin/cudaman`, in place of what is there.
    ///
    /// # Errors
    /// Returns an error where the program can't be read or the home can't be written.
    pub fn keep_program(&self, program: &Path) -> Result<(), StoreError> {
        let content = fs::read(program).at("read", program)?;
        self.stage("program")?.replace(&self.own.bin().join("cudaman"), &content, 0o755)?;
        sync_directory(&self.own.bin())
    }

    /// Returns the path of the shim's program, once it is installed.
    #[must_use]
    pub fn shim_program(&self) -> Option<PathBuf> {
        let path = self.own.shim_program();
        fs::symlink_metadata(&path).is_ok_and(|file| file.is_file()).then_some(path)
    }
}

#[cfg(test)]
mod tests {
    use crate::store::testing::Lab;

    #[test]
    fn one_path_a_line() {
        let lab = Lab::new();
        lab.store.write_stores_file(&["/opt/cudaman/".into(), "/nfs/a b".into()]).expect("written");
        assert_eq!(lab.read("stores"), "/opt/cudaman\n/nfs/a b\n");
        assert!(lab.store.write_stores_file(&["relative".into()]).is_err());
        assert!(lab.store.write_stores_file(&["/a:b".into()]).is_err());
        lab.store.write_stores_file(&[]).expect("removed");
        assert!(!lab.path("stores").exists());
    }
}
