//! Laying a tree: hard links into packages, links, fix-ups; copies where links are refused.
//!
//! Every name is given relative to an open directory: resolving thousands of long paths costs more
//! than making the links.

use std::collections::BTreeMap;
use std::fs::{File, Permissions};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Mode, OFlags, ioctl_ficlone, linkat, openat, symlinkat};
use rustix::io::Errno;

use super::StoreError;
use super::durability::{sync_each, sync_file_system};
use super::error::At;
use super::files::{make_directory, write_file};
use super::packages::{InstalledPackage, mode_of};
use super::seam::Abilities;
use super::tree::{Node, Tree};
use crate::model::{Change, EntryKind};

/// Lays trees out of packages.
pub(super) struct Layer<'a> {
    packages: &'a [InstalledPackage],
    abilities: Abilities,
    has_copies: bool,
}

/// A package's file, by its names in the toolchain and in the package.
struct Piece<'a> {
    name: &'a str,
    from: &'a str,
    kind: &'a EntryKind,
}

impl<'a> Layer<'a> {
    pub(super) fn new(packages: &'a [InstalledPackage], abilities: Abilities) -> Self {
        Self { packages, abilities, has_copies: false }
    }

    /// Lays a tree below an empty directory.
    pub(super) fn lay(&mut self, tree: &Tree<'_>, root: &Path) -> Result<(), StoreError> {
        for (directory, nodes) in &tree.directories {
            self.lay_directory(root, directory, nodes)?;
        }
        Ok(())
    }

    /// Makes a laid tree durable. The files of packages are so already.
    pub(super) fn sync(&self, tree: &Tree<'_>, root: &Path) -> Result<(), StoreError> {
        if self.has_copies {
            return sync_file_system(root);
        }
        let mut paths = Vec::new();
        for (directory, nodes) in &tree.directories {
            let files = nodes.iter().filter(|(_, node)| matches!(node, Node::Added(Change::File { .. })));
            paths.extend(files.map(|(name, _)| root.join(directory).join(name)));
        }
        paths.extend(tree.directories.keys().map(|directory| root.join(directory)));
        sync_each(&paths)
    }

    fn lay_directory(
        &mut self,
        root: &Path,
        directory: &str,
        nodes: &[(&str, Node<'_>)],
    ) -> Result<(), StoreError> {
        let path = root.join(directory);
        if !directory.is_empty() {
            make_directory(&path, 0o755)?;
        }
        let target =
            openat(CWD, &path, OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty()).at("open", &path)?;
        let mut files: BTreeMap<usize, Vec<_>> = BTreeMap::new();
        for (name, node) in nodes {
            match node {
                Node::Added(change) => add(change, &path.join(name))?,
                Node::Laid { kind: EntryKind::Link { target: text }, .. } => {
                    symlinkat(text.as_str(), &target, *name).at("link", &path.join(name))?;
                }
                Node::Laid { package, kind, from } => {
                    files.entry(*package).or_default().push(Piece { name, from, kind });
                }
            }
        }
        // One package after the other, so that two directories are open at a time.
        files.into_iter().try_for_each(|(package, files)| {
            self.lay_files(&self.packages[package].root.join(directory), &target, &files, package)
        })
    }

    fn lay_files(
        &mut self,
        path: &Path,
        target: &OwnedFd,
        files: &[Piece<'_>],
        package: usize,
    ) -> Result<(), StoreError> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let source = openat(CWD, path, flags, Mode::empty()).map_err(|error| lost(path, error.into()))?;
        // Packages of further stores belong to others, who may change or remove them.
        let may_link = self.packages[package].is_own;
        for piece in files {
            let lost = |error: io::Error| lost(&path.join(piece.from), error);
            let is_linked =
                may_link && self.link(&source, target, piece).map_err(|error| lost(error.into()))?;
            if !is_linked {
                copy(&source, target, piece).map_err(lost)?;
                self.has_copies = true;
            }
        }
        Ok(())
    }

    /// Gives a file a second name; tells whether the file system and its rules allow it.
    fn link(&self, source: &OwnedFd, target: &OwnedFd, piece: &Piece<'_>) -> Result<bool, Errno> {
        if !self.abilities.hard_links {
            return Ok(false);
        }
        match linkat(source, piece.from, target, piece.name, AtFlags::empty()) {
            Ok(()) => Ok(true),
            Err(Errno::XDEV | Errno::MLINK | Errno::PERM | Errno::OPNOTSUPP | Errno::NOSYS) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

fn add(change: &Change, path: &Path) -> Result<(), StoreError> {
    match change {
        Change::File { content, executable } => {
            write_file(path, content, if *executable { 0o555 } else { 0o444 }).map(drop)
        }
        Change::Link { target } => std::os::unix::fs::symlink(target, path).at("link", path),
        // The merged tree has it among the files of its package.
        Change::Renamed { .. } => Ok(()),
    }
}

/// Copies a file, by reference where the file system shares blocks, and checks what came out.
fn copy(source: &OwnedFd, target: &OwnedFd, piece: &Piece<'_>) -> io::Result<()> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut from = File::from(openat(source, piece.from, flags, Mode::empty())?);
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
    let mut to = File::from(openat(target, piece.name, flags, Mode::from_raw_mode(0o600))?);
    if ioctl_ficlone(&to, &from).is_err() {
        io::copy(&mut from, &mut to)?;
    }
    let length = to.metadata()?.len();
    if !matches!(piece.kind, EntryKind::File { size, .. } if *size == length) {
        return Err(io::Error::new(io::ErrorKind::InvalidData, format!("it has {length} bytes")));
    }
    to.set_permissions(Permissions::from_mode(mode_of(piece.kind)))
}

/// Tells apart a package that lacks a file from a system that refuses.
fn lost(path: &Path, error: io::Error) -> StoreError {
    let reason = match error.kind() {
        io::ErrorKind::InvalidData => format!("its receipt says otherwise: {error}"),
        io::ErrorKind::NotADirectory | io::ErrorKind::NotFound => "it is missing".to_owned(),
        _ => return StoreError::Io { action: "link or copy", path: path.to_owned(), source: error },
    };
    StoreError::Damaged { path: path.to_owned(), reason }
}
