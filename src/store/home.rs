//! Where everything in a home stands. Knows paths and the layout's number; reads nothing else.

use std::fs;
use std::path::{Component, Path, PathBuf};

use super::error::{At, StoreError};
use crate::model::{Digest, PackageId, ToolchainName};

/// The layout that this program reads and writes.
pub(super) const LAYOUT: u32 = 1;

/// The directory of one store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Home {
    root: PathBuf,
}

impl Home {
    /// Takes a path for a home, if conda and every shell's lists can bear it.
    pub(super) fn new(path: &Path) -> Result<Self, StoreError> {
        let refuse = |reason: String| StoreError::Home { path: path.to_owned(), reason };
        if !path.is_absolute() {
            return Err(refuse("it is not an absolute path".to_owned()));
        }
        let text = path.to_str().ok_or_else(|| refuse("it is not valid UTF-8".to_owned()))?;
        if let Some(letter) = text.chars().find(|letter| breaks_lists(*letter)) {
            return Err(refuse(format!(
                "it contains {letter:?}, which breaks conda or a shell's path lists"
            )));
        }
        if path.components().any(|part| part == Component::ParentDir) {
            return Err(refuse("it contains `..`".to_owned()));
        }
        // One spelling, without `//`, `/./` and a final slash: hooks compare it letter by letter.
        let root: PathBuf = path.components().collect();
        if root.parent().is_none() {
            return Err(refuse("it is the root directory".to_owned()));
        }
        Ok(Self { root })
    }

    /// Refuses a home that a newer cudaman has written. One without a readable number is taken
    /// for ours: the number is written anew with the next change.
    pub(super) fn check_layout(&self) -> Result<(), StoreError> {
        let path = self.layout();
        let text = match fs::read(&path) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).trim().to_owned(),
            Err(error) if is_absent(&error) => return Ok(()),
            Err(error) => return Err(error).at("read", &path),
        };
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if is_number && text.parse::<u32>().map_or(true, |number| number > LAYOUT) {
            let found = text.chars().take(20).collect();
            return Err(StoreError::NewerLayout { path: self.root.clone(), found, known: LAYOUT });
        }
        Ok(())
    }

    /// Every directory of the layout with its mode, parents first.
    pub(super) fn directories(&self) -> Vec<(PathBuf, u32)> {
        let public = [
            self.root.clone(),
            self.bin(),
            self.shell(),
            self.shims(),
            self.shims_bin(),
            self.shims_missing(),
            self.resolve(),
            self.packages(),
            self.versions(),
            self.receipts(),
            self.package_receipts(),
            self.toolchain_receipts(),
        ];
        let private = [self.cache(), self.parts(), self.tmp(), self.trash(), self.locks()];
        let public = public.into_iter().map(|path| (path, 0o755));
        public.chain(private.into_iter().map(|path| (path, 0o700))).collect()
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    pub(super) fn layout(&self) -> PathBuf {
        self.root.join("layout")
    }

    pub(super) fn config(&self) -> PathBuf {
        self.root.join("config.toml")
    }

    pub(super) fn stores(&self) -> PathBuf {
        self.root.join("stores")
    }

    pub(super) fn module_trees(&self) -> PathBuf {
        self.root.join("module-trees")
    }

    /// Newer tables than the program's, that the user puts there.
    pub(super) fn tables(&self) -> PathBuf {
        self.root.join("tables")
    }

    /// The request that stands for the default, as it was typed.
    pub(super) fn default_request(&self) -> PathBuf {
        self.root.join("default")
    }

    pub(super) fn bin(&self) -> PathBuf {
        self.root.join("bin")
    }

    pub(super) fn shim_program(&self) -> PathBuf {
        self.bin().join("cudaman-shim")
    }

    /// The environments that have a toolkit.
    pub(super) fn attachments(&self) -> PathBuf {
        self.root.join("attachments")
    }

    /// What shells source: hooks, one file each.
    pub(super) fn shell(&self) -> PathBuf {
        self.root.join("shell")
    }

    /// What a login shell without a hook sources.
    pub(super) fn login(&self) -> PathBuf {
        self.root.join("env.sh")
    }

    /// The policy for `LD_LIBRARY_PATH`, where it isn't `auto`.
    pub(super) fn library_path(&self) -> PathBuf {
        self.root.join("library-path")
    }

    pub(super) fn shims(&self) -> PathBuf {
        self.root.join("shims")
    }

    /// The shims of every tool that a toolkit can have, for PATH where what is pinned isn't installed.
    pub(super) fn shims_missing(&self) -> PathBuf {
        self.shims().join("missing")
    }

    pub(super) fn shims_bin(&self) -> PathBuf {
        self.shims().join("bin")
    }

    pub(super) fn resolve(&self) -> PathBuf {
        self.root.join("resolve")
    }

    /// Stands while the indexes may be behind `versions/`.
    pub(super) fn stale_mark(&self) -> PathBuf {
        self.resolve().join(".stale")
    }

    pub(super) fn packages(&self) -> PathBuf {
        self.root.join("packages")
    }

    /// Stands from before an uninstall until its packages are collected.
    pub(super) fn collect_mark(&self) -> PathBuf {
        self.packages().join(".collect")
    }

    pub(super) fn package(&self, id: &PackageId) -> PathBuf {
        self.packages().join(id.as_str())
    }

    pub(super) fn versions(&self) -> PathBuf {
        self.root.join("versions")
    }

    pub(super) fn toolchain(&self, name: &ToolchainName) -> PathBuf {
        self.versions().join(name.to_string())
    }

    pub(super) fn receipts(&self) -> PathBuf {
        self.root.join("receipts")
    }

    pub(super) fn package_receipts(&self) -> PathBuf {
        self.receipts().join("packages")
    }

    pub(super) fn package_receipt(&self, id: &PackageId) -> PathBuf {
        self.package_receipts().join(format!("{id}.json"))
    }

    pub(super) fn toolchain_receipts(&self) -> PathBuf {
        self.receipts().join("toolchains")
    }

    pub(super) fn toolchain_receipt(&self, name: &ToolchainName) -> PathBuf {
        self.toolchain_receipts().join(format!("{name}.json"))
    }

    /// The receipt of a tree that is about to be published.
    pub(super) fn pending_receipt(&self, name: &ToolchainName) -> PathBuf {
        self.toolchain_receipts().join(format!("{name}.pending"))
    }

    pub(super) fn cache(&self) -> PathBuf {
        self.root.join("cache")
    }

    pub(super) fn archive(&self, digest: &Digest) -> PathBuf {
        self.cache().join(digest.to_string())
    }

    pub(super) fn parts(&self) -> PathBuf {
        self.cache().join("parts")
    }

    pub(super) fn part(&self, digest: &Digest) -> PathBuf {
        self.parts().join(format!("{digest}.part"))
    }

    pub(super) fn tmp(&self) -> PathBuf {
        self.root.join("tmp")
    }

    pub(super) fn trash(&self) -> PathBuf {
        self.root.join("trash")
    }

    pub(super) fn locks(&self) -> PathBuf {
        self.root.join("locks")
    }
}

fn breaks_lists(letter: char) -> bool {
    "'\"$`\\:*?[\n".contains(letter) || letter.is_control()
}

/// Tells whether an error says that there is nothing at a path.
pub(super) fn is_absent(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::NotADirectory | std::io::ErrorKind::NotFound)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn homes_that_break_shells_are_refused() {
        for path in [
            "/a'b", "/a\"b", "/a$b", "/a`b", "/a\\b", "/a:b", "/a*b", "/a?b", "/a[b", "/a\nb", "rel", "",
            "/", "/a/../b",
        ] {
            let error = Home::new(Path::new(path)).expect_err(path);
            assert!(matches!(error, StoreError::Home { .. }) && error.hint().is_some(), "{path}: {error}");
        }
    }

    #[test]
    fn a_home_has_one_spelling() {
        for path in ["/home/a b/.cudaman", "/home//a b/./.cudaman/"] {
            assert_eq!(Home::new(Path::new(path)).expect(path).root(), Path::new("/home/a b/.cudaman"));
        }
    }

    #[test]
    fn only_a_newer_layout_is_refused() {
        let directory = tempfile::tempdir().expect("a directory");
        let home = Home::new(directory.path()).expect("a home");
        for (text, is_fine) in [
            ("1", true),
            ("1\n", true),
            ("", true),
            ("\0\0", true),
            ("2", false),
            ("99999999999999999999", false),
        ] {
            fs::write(home.layout(), text).expect("written");
            assert_eq!(home.check_layout().is_ok(), is_fine, "{text:?}");
        }
    }
}
