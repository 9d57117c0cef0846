//! A toolkit in a directory: its listing, and the links that a copy has lost.
//!
//! `scp -r` and `cp -L` turn `libX.so -> libX.so.9.0` into a second file, and `lib64` into a second tree.
//! Files that are equal to the byte and stand where NVIDIA has a link become links again. The files are
//! written with the digest of the listing, so what changes in between is refused.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use sha2::{Digest as _, Sha256};

use crate::error::advised;
use crate::model::Digest;
use crate::unpack::{FileEntry, Tree, UnpackError, open_regular};

/// What stands at a path of the directory.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Item {
    File { size: u64, digest: Digest, executable: bool },
    Link { target: String },
}

/// Everything in a directory, by its path.
pub(super) struct Listing {
    root: PathBuf,
    items: BTreeMap<String, Item>,
    /// Where files lie that have another path in the listing.
    elsewhere: BTreeMap<String, PathBuf>,
}

impl Listing {
    /// Reads a directory, and every byte in it.
    pub(super) fn read(root: &Path) -> Result<Self> {
        let mut items = BTreeMap::new();
        let mut open = vec![String::new()];
        while let Some(directory) = open.pop() {
            for entry in fs_err::read_dir(root.join(&directory))? {
                let entry = entry?;
                let name = entry.file_name().into_string().map_err(|name| {
                    advised(format!("the name {name:?} is not UTF-8"), "rename the file, or leave it out")
                })?;
                let path = if directory.is_empty() { name } else { format!("{directory}/{name}") };
                match entry.file_type()? {
                    kind if kind.is_dir() => open.push(path),
                    kind if kind.is_symlink() => {
                        let target = link_target(root, &path, &fs_err::read_link(entry.path())?)?;
                        items.insert(path, Item::Link { target });
                    }
                    kind if kind.is_file() => {
                        items.insert(path, Item::read(&entry.path())?);
                    }
                    _ => {
                        let what = format!("`{}` is neither a file nor a link", entry.path().display());
                        return Err(advised(what, "name the directory of a toolkit"));
                    }
                }
            }
        }
        Ok(Self { root: root.to_owned(), items, elsewhere: BTreeMap::new() })
    }

    /// Reads some files from where they lie, and takes links between them as given.
    pub(super) fn of_files(
        root: &Path,
        files: &BTreeMap<String, PathBuf>,
        links: &BTreeMap<String, String>,
    ) -> Result<Self> {
        let links =
            links.iter().map(|(path, target)| Ok((path.clone(), Item::Link { target: target.clone() })));
        let files_read = files.iter().map(|(path, file)| Ok((path.clone(), Item::read(file)?)));
        let items = links.chain(files_read).collect::<Result<_>>()?;
        Ok(Self { root: root.to_owned(), items, elsewhere: files.clone() })
    }

    /// Returns the digest of the listing: paths, kinds, and what files and links hold.
    pub(super) fn digest(&self) -> Digest {
        let mut hasher = Sha256::new();
        for (path, item) in &self.items {
            let line = match item {
                Item::File { digest, executable, .. } => format!("{path}\0file\0{digest}\0{executable}\n"),
                Item::Link { target } => format!("{path}\0link\0{target}\n"),
            };
            hasher.update(line);
        }
        Digest::from_bytes(hasher.finalize().into())
    }

    /// Returns the bytes of all files.
    pub(super) fn size(&self) -> u64 {
        let size = |item: &Item| if let Item::File { size, .. } = item { *size } else { 0 };
        self.items.values().map(size).sum()
    }

    /// Tells whether something stands at a path, or below it.
    pub(super) fn has(&self, path: &str) -> bool {
        let below = format!("{path}/");
        self.items.contains_key(path)
            || self.items.range(below.clone()..).next().is_some_and(|(path, _)| path.starts_with(&below))
    }

    /// Returns the names right below a directory.
    pub(super) fn names(&self, directory: &str) -> BTreeSet<&str> {
        let prefix = format!("{directory}/");
        let below = self.items.keys().filter_map(|path| path.strip_prefix(&prefix));
        below.filter_map(|rest| rest.split('/').next()).collect()
    }

    /// Writes all of it into a tree, with links where a copy has lost them.
    pub(super) fn unpack(&self, target: &str, tree: &Tree<'_>) -> Result<(), UnpackError> {
        let folded = self.folded(target);
        for (path, item) in &folded {
            match item {
                Item::Link { target } => tree.link(path, target)?,
                Item::File { size, digest, executable } => {
                    let source = self.elsewhere.get(path).cloned().unwrap_or_else(|| self.root.join(path));
                    let failed =
                        |error| UnpackError::Io { action: "read", path: source.clone(), source: error };
                    let mut content = open_regular(&source).map_err(failed)?;
                    let file =
                        FileEntry { path, executable: *executable, size: *size, digest: Some(*digest) };
                    tree.file(file, &mut content as &mut dyn io::Read)?;
                }
            }
        }
        Ok(())
    }

    /// The items, without the second trees and with links for second files.
    fn folded(&self, target: &str) -> BTreeMap<String, Item> {
        let mut items = self.items.clone();
        for (copy, original) in [
            ("lib64".to_owned(), format!("targets/{target}/lib")),
            ("lib".to_owned(), "lib64".to_owned()),
            ("lib".to_owned(), format!("targets/{target}/lib")),
            ("include".to_owned(), format!("targets/{target}/include")),
        ] {
            drop_copy(&mut items, &copy, &original);
        }
        for (path, name) in second_names(&items) {
            items.insert(path, Item::Link { target: name });
        }
        items
    }
}

impl Item {
    /// Reads a regular file.
    fn read(path: &Path) -> Result<Self> {
        let failed = || format!("could not read `{}`", path.display());
        let file = open_regular(path).with_context(failed)?;
        let metadata = file.metadata()?;
        let executable = metadata.permissions().mode() & 0o111 != 0;
        Ok(Self::File { size: metadata.len(), digest: Digest::of_reader(file)?, executable })
    }
}

/// Removes from one tree what is the same in another.
fn drop_copy(items: &mut BTreeMap<String, Item>, copy: &str, original: &str) {
    let prefix = format!("{copy}/");
    let is_same = |(path, item): &(&String, &Item)| {
        let rest = path.strip_prefix(&prefix);
        rest.is_some_and(|rest| items.get(&format!("{original}/{rest}")) == Some(*item))
    };
    let same: Vec<String> = items.iter().filter(is_same).map(|(path, _)| path.clone()).collect();
    same.iter().for_each(|path| drop(items.remove(path)));
}

/// Finds names that are another file's with less of the version: `libX.so.9.0` of `libX.so.9.0.176`.
fn second_names(items: &BTreeMap<String, Item>) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (path, item) in items.iter().filter(|(path, _)| path.contains(".so")) {
        let longer = format!("{path}.");
        // The next longer name, so that each link leads one step as NVIDIA's do.
        let same = items
            .range(longer.clone()..)
            .take_while(|(other, _)| other.starts_with(&longer))
            .filter(|(other, other_item)| {
                matches!(item, Item::File { .. }) && *other_item == item && is_version(&other[longer.len()..])
            })
            .min_by_key(|(other, _)| other.len());
        if let Some((other, _)) = same {
            let name = other.rsplit('/').next().unwrap_or(other);
            found.push((path.clone(), name.to_owned()));
        }
    }
    found
}

fn is_version(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}

/// A link by its absolute path is taken for one into the directory where it is one.
fn link_target(root: &Path, path: &str, target: &Path) -> Result<String> {
    let shown = || {
        let message = format!("`{}` is a link to `{}`", root.join(path).display(), target.display());
        advised(message, "a toolkit may link inside its own directory only")
    };
    let inside = target.strip_prefix(root).ok().and_then(Path::to_str);
    if let Some(inside) = inside {
        let up = "../".repeat(path.matches('/').count());
        return Ok(format!("{up}{inside}"));
    }
    match target.to_str() {
        Some(text) if target.is_relative() => Ok(text.to_owned()),
        _ => Err(shown()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn write(root: &Path, path: &str, content: &str) {
        let path = root.join(path);
        fs_err::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        fs_err::write(path, content).expect("a file");
    }

    #[test]
    fn copies_become_links_again() {
        let directory = tempfile::tempdir().expect("a directory");
        let root = directory.path();
        for tree in ["lib64", "targets/x86_64-linux/lib"] {
            for name in ["libx.so", "libx.so.9.0", "libx.so.9.0.176"] {
                write(root, &format!("{tree}/{name}"), "x");
            }
        }
        write(root, "lib64/liby.so", "y");
        write(root, "lib64/liby.so.2", "another");
        let folded = Listing::read(root).expect("read").folded("x86_64-linux");
        let shown: Vec<String> = folded
            .iter()
            .map(|(path, item)| match item {
                Item::File { .. } => path.clone(),
                Item::Link { target } => format!("{path} -> {target}"),
            })
            .collect();
        assert_eq!(
            shown,
            [
                "lib64/liby.so",
                "lib64/liby.so.2",
                "targets/x86_64-linux/lib/libx.so -> libx.so.9.0",
                "targets/x86_64-linux/lib/libx.so.9.0 -> libx.so.9.0.176",
                "targets/x86_64-linux/lib/libx.so.9.0.176",
            ]
        );
    }

    #[test]
    fn the_digest_is_that_of_the_content() {
        let [one, other] = [(); 2].map(|()| tempfile::tempdir().expect("a directory"));
        for directory in [&one, &other] {
            write(directory.path(), "a/b", "x");
            symlink("b", directory.path().join("a/c")).expect("a link");
        }
        let digest = |directory: &tempfile::TempDir| Listing::read(directory.path()).expect("read").digest();
        assert_eq!(digest(&one), digest(&other));
        write(other.path(), "a/b", "y");
        assert_ne!(digest(&one), digest(&other));
    }

    #[test]
    fn links_outside_are_refused_and_absolute_ones_inside_become_relative() {
        let directory = tempfile::tempdir().expect("a directory");
        let root = fs_err::canonicalize(directory.path()).expect("a path");
        write(&root, "bin/nvcc", "x");
        symlink(root.join("bin/nvcc"), root.join("bin/again")).expect("a link");
        let listing = Listing::read(&root).expect("read");
        assert_eq!(listing.items["bin/again"], Item::Link { target: "../bin/nvcc".to_owned() });
        symlink("/etc/passwd", root.join("evil")).expect("a link");
        assert!(Listing::read(&root).is_err());
    }
}
