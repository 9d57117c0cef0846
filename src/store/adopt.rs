//! Adopting toolkits that stand elsewhere: a link under `versions/`, and nothing more.

use std::path::Path;

use super::durability::sync_directory;
use super::error::{At, StoreError};
use super::files::rename_new;
use super::locks::{Key, Mode};
use super::{Store, Toolchain};
use crate::model::ToolchainName;

impl Store {
    /// Makes a toolkit outside the store a toolchain of this name. It is never written to.
    ///
    /// # Errors
    /// Returns [`StoreError::Exists`] if the name is taken, and [`StoreError::Missing`] if the path
    /// is not absolute or no directory.
    pub fn adopt(&self, name: &ToolchainName, root: &Path) -> Result<Toolchain, StoreError> {
        if !root.is_absolute() || !root.is_dir() {
            return Err(StoreError::Missing { what: format!("directory `{}` to adopt", root.display()) });
        }
        let target = self.own.toolchain(name);
        let staging = self.stage("adopt")?;
        let link = staging.free_path();
        std::os::unix::fs::symlink(root, &link).at("link", &link)?;
        let _lock = self.locks.acquire(Key::Store, Mode::Alone)?;
        self.mark_indexes_stale()?;
        self.faults.checkpoint("adoption begun")?;
        if !rename_new(&link, &target)? {
            self.rebuild_while_locked()?;
            return Err(StoreError::Exists { path: target });
        }
        sync_directory(&self.own.versions())?;
        self.faults.checkpoint("link in place")?;
        self.rebuild_while_locked()?;
        self.own_toolchain(name).ok_or_else(|| StoreError::Missing { what: format!("toolchain `{name}`") })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::store::testing::{Lab, name};

    #[test]
    fn a_name_is_taken_once_and_a_toolkit_may_vanish() {
        let lab = Lab::new();
        let foreign = lab.outside("cuda");
        fs::create_dir(&foreign).expect("made");
        let toolchain = lab.store.adopt(&name("site"), &foreign).expect("adopted");
        assert_eq!((toolchain.link.as_deref(), toolchain.is_broken), (Some(foreign.as_path()), false));
        assert!(matches!(lab.store.adopt(&name("site"), &foreign), Err(StoreError::Exists { .. })));
        fs::remove_dir(&foreign).expect("removed");
        assert!(lab.store.toolchains()[0].is_broken);
        assert!(lab.store.find(&"site".parse().expect("a request")).is_none());
    }

    #[test]
    fn an_adopted_release_gives_way_to_an_installed_one() {
        for can_exchange in [true, false] {
            let lab = Lab::new().with_abilities(can_exchange, true);
            let foreign = lab.outside("cuda");
            fs::create_dir(&foreign).expect("made");
            lab.store.adopt(&name("12.4.1"), &foreign).expect("adopted");
            lab.install("12.4.1");
            assert!(lab.store.toolchains()[0].link.is_none());
            assert_eq!(fs::read_dir(&foreign).expect("listed").count(), 0);
            lab.assert_healthy("installed");
        }
    }
}
