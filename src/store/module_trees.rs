//! The list of directories in which modulefiles are kept in step with the store: one path a line.

use std::path::{Path, PathBuf};

use super::durability::sync_directory;
use super::error::StoreError;
use super::files::{read_limited, remove_file};
use super::locks::{Key, Mode};
use super::{Lock, Store};

impl Store {
    /// Lists the registered directories, in the order in which they were registered.
    ///
    /// # Errors
    /// Returns an error where the list can't be read.
    pub fn module_trees(&self) -> Result<Vec<PathBuf>, StoreError> {
        let path = self.own.module_trees();
        let bytes = read_limited(&path, 1 << 20)?.unwrap_or_default();
        let text = String::from_utf8(bytes)
            .map_err(|_| StoreError::Damaged { path, reason: "it is not valid UTF-8".to_owned() })?;
        Ok(text.lines().filter(|line| line.starts_with('/')).map(PathBuf::from).collect())
    }

    /// Registers an absolute path without a line break, durably; once is enough.
    ///
    /// # Errors
    /// Returns an error where the home can't be written.
    pub fn register_module_tree(&self, directory: &Path) -> Result<(), StoreError> {
        let mut trees = self.module_trees()?;
        if trees.iter().any(|tree| tree == directory) {
            return Ok(());
        }
        trees.push(directory.to_owned());
        self.write_module_trees(&trees)
    }

    /// Takes a directory off the list; tells whether it was on it.
    ///
    /// # Errors
    /// Returns an error where the home can't be written.
    pub fn forget_module_tree(&self, directory: &Path) -> Result<bool, StoreError> {
        let mut trees = self.module_trees()?;
        let before = trees.len();
        trees.retain(|tree| tree != directory);
        if trees.len() < before {
            self.write_module_trees(&trees)?;
        }
        Ok(trees.len() < before)
    }

    /// Keeps other processes from changing the list, and the trees on it, until dropped. To be taken last.
    ///
    /// # Errors
    /// Returns [`StoreError::Locked`] with the holder if it is not free in time.
    pub fn lock_module_trees(&self) -> Result<Lock, StoreError> {
        self.locks.acquire(Key::ModuleTrees, Mode::Alone)
    }

    fn write_module_trees(&self, trees: &[PathBuf]) -> Result<(), StoreError> {
        let lines: String = trees.iter().map(|tree| format!("{}\n", tree.display())).collect();
        let path = self.own.module_trees();
        if lines.is_empty() {
            remove_file(&path)?;
        } else {
            self.stage("module-trees")?.replace(&path, lines.as_bytes(), 0o644)?;
        }
        sync_directory(self.own.root())
    }
}

#[cfg(test)]
mod tests {
    use crate::store::testing::Lab;

    #[test]
    fn a_tree_is_registered_once_and_forgotten() {
        let lab = Lab::new();
        for path in ["/a b", "/c", "/a b"] {
            lab.store.register_module_tree(path.as_ref()).expect("registered");
        }
        assert_eq!(lab.read("module-trees"), "/a b\n/c\n");
        assert!(!lab.store.forget_module_tree("/d".as_ref()).expect("looked for"));
        assert!(lab.store.forget_module_tree("/a b".as_ref()).expect("forgotten"));
        assert_eq!(lab.store.module_trees().expect("read"), ["/c"].map(std::path::PathBuf::from));
        assert!(lab.store.forget_module_tree("/c".as_ref()).expect("forgotten"));
        assert!(!lab.path("module-trees").exists());
    }

    #[test]
    fn only_absolute_paths_are_taken_from_the_list() {
        let lab = Lab::new();
        std::fs::write(lab.path("module-trees"), "\nrelative\n/a\n").expect("written");
        assert_eq!(lab.store.module_trees().expect("read").len(), 1);
        std::fs::write(lab.path("module-trees"), b"/\xff\n").expect("written");
        assert!(lab.store.module_trees().is_err());
    }
}
