//! Removing a toolchain: gone with one rename, deleted afterwards. Its packages are left to gc.

use super::durability::sync_directory;
use super::error::StoreError;
use super::files::exists;
use super::locks::{Key, Mode};
use super::{Store, receipts, trash};
use crate::model::ToolchainName;

impl Store {
    /// Removes a toolchain of the own home: the whole tree, or for an adopted one only the link.
    ///
    /// # Errors
    /// Returns [`StoreError::Missing`] if the own home has none of this name, and an error where the
    /// home can't be written or something foreign is mounted in the tree.
    pub fn remove(&self, name: &ToolchainName) -> Result<(), StoreError> {
        let path = self.own.toolchain(name);
        if !exists(&path)? {
            return Err(StoreError::Missing { what: format!("toolchain `{name}`") });
        }
        {
            let _lock = self.locks.acquire(Key::Store, Mode::Alone)?;
            self.mark_indexes_stale()?;
            self.faults.checkpoint("removal begun")?;
            trash::discard(&self.own, &path)?;
            self.faults.checkpoint("tree in the trash")?;
            sync_directory(&self.own.versions())?;
            self.faults.checkpoint("tree in the trash and synced")?;
            self.drop_fronts()?;
            receipts::forget(&self.own, name)?;
            self.faults.checkpoint("receipts removed")?;
            self.rebuild_while_locked()?;
        }
        self.faults.checkpoint("indexes rebuilt")?;
        trash::empty(&self.own)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use crate::store::testing::{Lab, name};

    #[test]
    fn an_adopted_toolkit_loses_only_its_link() {
        let lab = Lab::new();
        let foreign = lab.outside("cuda-11.8");
        fs::create_dir_all(foreign.join("bin")).expect("made");
        fs::write(foreign.join("bin/nvcc"), "theirs").expect("written");
        lab.store.adopt(&name("site"), &foreign).expect("adopted");
        assert_eq!(lab.names(), ["site"]);
        lab.store.remove(&name("site")).expect("removed");
        assert!(lab.names().is_empty());
        assert!(foreign.join("bin/nvcc").exists());
        lab.assert_healthy("removed");
    }

    #[test]
    fn what_is_not_there_is_said() {
        let error = Lab::new().store.remove(&name("12.4.1")).expect_err("absent");
        assert_eq!(error.to_string(), "there is no toolchain `12.4.1` in the store");
    }

    #[test]
    fn packages_stay_for_others() {
        let lab = Lab::new();
        lab.install("12.4.1");
        lab.install("12.4.1+cudnn9.1.0");
        lab.store.remove(&name("12.4.1")).expect("removed");
        assert!(lab.path("versions/12.4.1+cudnn9.1.0/bin/nvcc").exists());
        lab.assert_healthy("removed");
    }
}
