//! `config.toml`, which the store keeps and `config` understands; and the space there is.

use std::fs;
use std::path::PathBuf;

use super::Store;
use super::durability::sync_directory;
use super::error::{At, StoreError};
use super::home::is_absent;
use super::locks::{Key, Mode};

impl Store {
    /// Returns the path of the user's settings.
    #[must_use]
    pub fn config_file(&self) -> PathBuf {
        self.own.config()
    }

    /// Changes the user's settings, durably and in one step, while no other process does. For the
    /// user's eyes only, since an address may hold a password.
    ///
    /// # Errors
    /// Returns an error where the file can't be read or the home not be written, and the error of
    /// `change`, which leaves the file as it is.
    pub fn edit_config<E: From<StoreError>>(
        &self,
        change: impl FnOnce(String) -> Result<String, E>,
    ) -> Result<(), E> {
        let _alone = self.locks.acquire(Key::Store, Mode::Alone)?;
        let path = self.own.config();
        let before = match fs::read_to_string(&path) {
            Err(error) if is_absent(&error) => String::new(),
            text => text.at("read", &path)?,
        };
        let after = change(before)?;
        // A link, into a directory of dotfiles, stays one: what it leads to is replaced.
        let file = fs::canonicalize(&path).unwrap_or(path);
        self.stage("config")?.replace(&file, after.as_bytes(), 0o600)?;
        Ok(sync_directory(self.own.root())?)
    }

    /// Returns how many bytes this user may still write to the home's file system, where it says.
    #[must_use]
    pub fn free_bytes(&self) -> Option<u64> {
        let found = rustix::fs::statvfs(self.own.root()).ok()?;
        Some(found.f_bavail.saturating_mul(found.f_frsize))
    }
}
