//! What shells source and read: hooks as static files, and settings as plain text. All of it is written anew
//! when a newer cudaman, or a changed setting, wants it otherwise.

use std::path::{Path, PathBuf};

use super::Store;
use super::durability::sync_directory;
use super::error::StoreError;
use super::files::{read_limited, remove_file};

/// The largest hook that is compared.
const MAX_SIZE: u64 = 1 << 20;

impl Store {
    /// Returns where the hook of this name stands.
    #[must_use]
    pub fn hook_file(&self, name: &str) -> PathBuf {
        self.own.shell().join(name)
    }

    /// Returns where the file for login shells stands.
    #[must_use]
    pub fn login_file(&self) -> PathBuf {
        self.own.login()
    }

    /// Writes the hooks, by name, and the file for login shells.
    ///
    /// # Errors
    /// Returns an error where the home can't be written.
    pub fn write_hooks(&self, hooks: &[(&str, Vec<u8>)], login: &[u8]) -> Result<(), StoreError> {
        let mut has_changed = false;
        for (name, text) in hooks {
            has_changed |= self.write_plain(&self.hook_file(name), text)?;
        }
        if has_changed {
            sync_directory(&self.own.shell())?;
        }
        self.write_plain(&self.own.login(), login).map(|_| ())
    }

    /// Writes the policy for `LD_LIBRARY_PATH` for hooks; none removes the file.
    ///
    /// # Errors
    /// Returns an error where the home can't be written.
    pub fn write_library_path(&self, policy: Option<&str>) -> Result<(), StoreError> {
        match policy {
            Some(policy) => {
                self.write_plain(&self.own.library_path(), format!("{policy}\n").as_bytes()).map(|_| ())
            }
            None => remove_file(&self.own.library_path()),
        }
    }

    /// Writes a file where it differs, in one step, and tells whether it did.
    fn write_plain(&self, path: &Path, text: &[u8]) -> Result<bool, StoreError> {
        if read_limited(path, MAX_SIZE).is_ok_and(|found| found.as_deref() == Some(text)) {
            return Ok(false);
        }
        self.stage("shell")?.replace(path, text, 0o644)?;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use crate::store::testing::Lab;

    #[test]
    fn files_follow_what_is_wanted() {
        let lab = Lab::new();
        lab.store.prepare().expect("prepared");
        for text in ["one", "two"] {
            lab.store.write_hooks(&[("hook.sh", text.into())], b"login").expect("written");
            assert_eq!((lab.read("shell/hook.sh"), lab.read("env.sh")), (text.into(), "login".into()));
        }
        let before = lab.inode("shell/hook.sh");
        lab.store.write_hooks(&[("hook.sh", b"two".to_vec())], b"login").expect("written");
        assert_eq!(lab.inode("shell/hook.sh"), before, "what is right already stays");
        lab.store.write_library_path(Some("never")).expect("written");
        assert_eq!(lab.read("library-path"), "never\n");
        lab.store.write_library_path(None).expect("removed");
        lab.store.write_library_path(None).expect("it is gone already");
        assert!(!lab.path("library-path").exists());
    }
}
