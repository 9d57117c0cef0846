//! The resolve index and its rebuilding: what the shim and the hooks look up, and never search.
//!
//! ```text
//! resolve/
//!   12.4  cu124  latest+none  site …   one line: the toolchain's name
//!   default                            the toolchain of the default request, or `system`
//!   .stale                             the index may be behind `versions/`
//! ```
//! Keys with the same answer are hard links of one file: fewer blocks, one sync for all of them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use super::durability::sync_directory;
use super::error::{At, StoreError};
use super::files::{create_file, names, read_limited, remove_file};
use super::locks::{Key, Mode};
use super::{Staging, Store, keys};
use crate::model::request::Base;
use crate::model::{ToolchainName, ToolchainRequest};

impl Store {
    /// Brings `resolve/` and `shims/` up to date with `versions/`. Every change does so by itself;
    /// this is for repair, and after toolkits outside the store have changed. Only what differs is
    /// written, each file in one step.
    ///
    /// # Errors
    /// Returns an error where the home can't be written.
    pub fn rebuild_indexes(&self) -> Result<(), StoreError> {
        let _lock = self.locks.acquire(Key::Store, Mode::Alone)?;
        self.rebuild_while_locked()
    }

    /// Tells whether a process was stopped between a change and its indexes: [`Store::prepare`]
    /// or [`Store::rebuild_indexes`] is due. One look at one file.
    #[must_use]
    pub fn indexes_are_stale(&self) -> bool {
        fs::symlink_metadata(self.own.stale_mark()).is_ok()
    }

    /// Comes before every change to `versions/`. The change's own syncs carry the mark along.
    pub(super) fn mark_indexes_stale(&self) -> Result<(), StoreError> {
        let mark = self.own.stale_mark();
        if self.indexes_are_stale() { Ok(()) } else { create_file(&mark, b"", 0o644) }
    }

    /// The caller holds the lock of the store.
    pub(super) fn rebuild_while_locked(&self) -> Result<(), StoreError> {
        self.mark_indexes_stale()?;
        let staging = self.stage("index")?;
        self.rebuild_resolve(&staging)?;
        self.faults.checkpoint("resolve index rebuilt")?;
        self.rebuild_shims(&staging)?;
        self.faults.checkpoint("shims rebuilt")?;
        remove_file(&self.own.stale_mark())
    }

    /// Returns what `resolve/` should hold: by key, one line.
    pub(super) fn wanted_index(&self) -> Result<BTreeMap<String, String>, StoreError> {
        let present = self.present_toolchains_of(&self.own)?;
        let names: Vec<_> = present.into_iter().map(|toolchain| toolchain.name).collect();
        let mut index: BTreeMap<String, String> =
            keys::index(&names).into_iter().map(|(key, name)| (key, name.to_string())).collect();
        let answer = self.read_default()?.and_then(|request| self.default_answer(&request, &names));
        index.extend(answer.map(|answer| ("default".to_owned(), answer)));
        Ok(index)
    }

    fn default_answer(&self, request: &ToolchainRequest, own: &[ToolchainName]) -> Option<String> {
        if request.base == Base::System {
            return Some("system".to_owned());
        }
        let own = request.best(own).cloned();
        own.or_else(|| Some(self.find(request)?.name)).map(|name| name.to_string())
    }

    fn rebuild_resolve(&self, staging: &Staging) -> Result<(), StoreError> {
        let directory = self.own.resolve();
        let wanted = self.wanted_index()?;
        let present: BTreeSet<String> = names(&directory)?.into_iter().collect();
        let mut changes: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (key, answer) in &wanted {
            if !present.contains(key) || self.answer(key) != Some(format!("{answer}\n").into_bytes()) {
                changes.entry(answer).or_default().push(key);
            }
        }
        for (answer, keys) in changes {
            let file = staging.file(format!("{answer}\n").as_bytes(), 0o644)?;
            for key in keys {
                self.place_answer(staging, &file, &directory.join(key))?;
            }
        }
        let is_kept =
            |name: &String| wanted.contains_key(name) || directory.join(name) == self.own.stale_mark();
        for name in present.iter().filter(|name| !is_kept(name)) {
            remove_file(&directory.join(name))?;
        }
        sync_directory(&directory)
    }

    /// Returns the text behind a key as it stands.
    pub(super) fn answer(&self, key: &str) -> Option<Vec<u8>> {
        read_limited(&self.own.resolve().join(key), 1024).ok().flatten()
    }

    fn place_answer(&self, staging: &Staging, file: &Path, target: &Path) -> Result<(), StoreError> {
        let is_linked = self.abilities.hard_links
            && (fs::hard_link(file, target).is_ok() || replace_by_link(staging, file, target).is_ok());
        if is_linked {
            return Ok(());
        }
        let content = fs::read(file).at("read", file)?;
        staging.replace(target, &content, 0o644)
    }
}

/// Puts a further name of `file` in place of whatever stands at `target`, in one step.
pub(super) fn replace_by_link(staging: &Staging, file: &Path, target: &Path) -> std::io::Result<()> {
    let link = staging.free_path();
    fs::hard_link(file, &link)?;
    fs::rename(&link, target)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;
    use crate::store::testing::{Lab, name};

    #[test]
    fn the_index_follows_every_change() {
        for has_links in [true, false] {
            let lab = Lab::new().with_abilities(true, has_links);
            lab.install("12.4.1");
            assert_eq!(lab.read("resolve/cu124"), "12.4.1\n");
            lab.install("12.6.0");
            assert_eq!(lab.read("resolve/12"), "12.6.0\n");
            assert_eq!(lab.read("resolve/12.4"), "12.4.1\n");
            lab.store.remove(&name("12.6.0")).expect("removed");
            assert_eq!(lab.read("resolve/12"), "12.4.1\n");
            assert!(!lab.path("resolve/12.6").exists() && !lab.store.indexes_are_stale());
            lab.assert_healthy("removed");
        }
    }

    #[test]
    fn only_what_differs_is_written() {
        let lab = Lab::new();
        lab.install("12.4.1");
        let identity = |key: &str| {
            let metadata = fs::metadata(lab.path("resolve").join(key)).expect(key);
            (metadata.ino(), metadata.mtime_nsec())
        };
        let before = identity("12.4");
        lab.install("11.8.0");
        assert_eq!(identity("12.4"), before);
    }

    #[test]
    fn damage_is_mended() {
        let lab = Lab::new();
        lab.install("12.4.1");
        fs::write(lab.path("resolve/12.4"), "").expect("written");
        fs::remove_file(lab.path("resolve/12")).expect("removed");
        fs::write(lab.path("resolve/13"), "13.0.2\n").expect("written");
        lab.store.rebuild_indexes().expect("rebuilt");
        assert_eq!(
            (lab.read("resolve/12.4"), lab.read("resolve/12")),
            ("12.4.1\n".into(), "12.4.1\n".into())
        );
        assert!(!lab.path("resolve/13").exists());
    }
}
