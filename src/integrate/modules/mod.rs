//! Environment modules: the toolchains of all stores as modulefiles for Lmod and for Environment Modules.
//!
//! A tree is written into a directory of the user's and registered in the home; whoever changes the store
//! then calls [`refresh`]. A modulefile is a static file: it looks at nothing but its toolchain's root. That
//! of a toolchain that is gone stays, hidden, for the sessions that have loaded it: it can be unloaded, and
//! loading it says what is missing.

mod dialect;
mod error;
mod render;
mod tree;

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

pub use error::ModulesError;

use crate::shell::{self, Target};
use crate::store::{Store, StoreError, Toolchain};
use error::At as _;
use render::{Module, Shelf};
use tree::Tree;

/// A registered tree.
#[derive(Debug)]
pub struct Registered {
    /// Its directory.
    pub directory: PathBuf,
    /// Whether it holds what it should.
    pub is_current: bool,
}

/// The modulefiles that every tree of a home should hold.
pub struct Modules(Shelf);

impl Modules {
    /// Renders the toolchains of a store and its further stores; linked ones that are gone are left out.
    #[must_use]
    pub fn of(store: &Store, sets_library_path: bool) -> Self {
        let mut seen = BTreeSet::new();
        let toolchains = store.toolchains().into_iter().filter(|toolchain| !toolchain.is_broken);
        // Of two that have one name, the first is the one that a request finds.
        let first = toolchains.filter(|toolchain| seen.insert(toolchain.name.clone()));
        let module = |toolchain: Toolchain| {
            let add_ons = toolchain.name.add_ons().iter().map(|add_on| add_on.kind.as_str()).collect();
            let target = Target { root: &toolchain.root, add_ons, sets_library_path };
            let settings = shell::settings(&target);
            Module { name: toolchain.name, root: toolchain.root, link: toolchain.link, settings }
        };
        let default = store.default_toolchain().map(|toolchain| toolchain.name);
        Self(Shelf { modules: first.map(module).collect(), default, home: store.home().to_owned() })
    }

    /// Writes a tree, unless something that is not ours is in the way: then nothing is written.
    ///
    /// # Errors
    /// Returns what is in the way, or why a file can't be written.
    pub fn write(&self, directory: &Path) -> Result<(), ModulesError> {
        self.tree(directory).check(&self.0.files(&[]))?;
        self.update(directory)
    }

    /// As [`Modules::write`], but what is in the way doesn't keep the rest from being written.
    fn update(&self, directory: &Path) -> Result<(), ModulesError> {
        let tree = self.tree(directory);
        let retired = tree.retired(&self.0.files(&[]))?;
        tree.write(&self.0.files(&retired), &retired)
    }

    fn is_current(&self, directory: &Path) -> bool {
        let tree = self.tree(directory);
        let retired = tree.retired(&self.0.files(&[]));
        retired.is_ok_and(|retired| tree.is_current(&self.0.files(&retired)))
    }

    fn tree<'a>(&'a self, directory: &'a Path) -> Tree<'a> {
        Tree { directory, home: &self.0.home }
    }
}

/// Returns the directory that a tree is to stand in, in the spelling that is kept.
///
/// # Errors
/// Returns why it can't hold one.
pub fn directory(path: &Path, home: &Path) -> Result<PathBuf, ModulesError> {
    let refuse = |reason| Err(ModulesError::Directory { path: path.to_owned(), reason });
    let Some(text) = path.to_str() else { return refuse("it is not valid UTF-8") };
    if text.chars().any(|letter| letter == ':' || letter.is_control()) {
        return refuse("MODULEPATH can't list a path with a colon or a control character");
    }
    if path.exists() && !path.is_dir() {
        return refuse("it is a file");
    }
    // Without `..`: it would lead elsewhere once a link on the way changes.
    let has_parents = path.components().any(|part| part == Component::ParentDir);
    let plain = if has_parents { resolved(path).at("resolve", path)? } else { path.components().collect() };
    let is_ours =
        resolved(&plain).is_ok_and(|path| path.starts_with(home.canonicalize().unwrap_or(home.into())));
    if is_ours { refuse("it is in cudaman's home") } else { Ok(plain) }
}

/// Resolves the links of a path whose last parts need not exist yet.
fn resolved(path: &Path) -> std::io::Result<PathBuf> {
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else { return path.canonicalize() };
    if path.exists() { path.canonicalize() } else { Ok(resolved(parent)?.join(name)) }
}

/// Brings every registered tree up to date; returns those that could not be, and why.
///
/// # Errors
/// Returns an error where the list of trees can't be read.
pub fn refresh(store: &Store, sets_library_path: bool) -> Result<Vec<(PathBuf, ModulesError)>, StoreError> {
    if store.module_trees()?.is_empty() {
        return Ok(Vec::new());
    }
    let _alone = store.lock_module_trees()?;
    let modules = Modules::of(store, sets_library_path);
    let mut failed = Vec::new();
    for directory in store.module_trees()? {
        // Not made anew: it may be on a disk that is not mounted now.
        let is_there = directory.metadata().map(|_| ()).at("find", &directory);
        if let Err(error) = is_there.and_then(|()| modules.update(&directory)) {
            failed.push((directory, error));
        }
    }
    Ok(failed)
}

/// Lists the registered trees.
///
/// # Errors
/// Returns an error where the list can't be read.
pub fn list(store: &Store, sets_library_path: bool) -> Result<Vec<Registered>, StoreError> {
    let modules = Modules::of(store, sets_library_path);
    let registered =
        |directory: PathBuf| Registered { is_current: modules.is_current(&directory), directory };
    Ok(store.module_trees()?.into_iter().map(registered).collect())
}

/// Removes what a home has written into a directory; tells how many files that were.
///
/// # Errors
/// Returns what could not be removed.
pub fn remove(directory: &Path, home: &Path) -> Result<usize, ModulesError> {
    Tree { directory, home }.remove()
}
