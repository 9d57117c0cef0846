//! Every conda environment that can be found, each once.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::places::{Directory, Places, Root, looks_like_root};
use crate::model::Environment;

/// So many names of one directory are looked at.
const NAMES: usize = 4096;

/// A conda environment: a directory with `conda-meta/`, which is all that conda itself asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CondaEnvironment {
    /// The name that its manager knows it by; none where only the prefix leads to it.
    pub name: Option<String>,
    /// Where, in the spelling it was found by.
    pub prefix: PathBuf,
    /// What made it: `conda`, `mamba`, `micromamba` or `pixi`.
    pub manager: &'static str,
    /// Whether it is the environment that its manager itself is installed in.
    pub is_base: bool,
}

/// Returns every environment, sorted by prefix.
#[must_use]
pub fn environments(environment: &Environment) -> Vec<CondaEnvironment> {
    environments_below(Path::new("/"), environment)
}

/// Returns every environment, where `root` stands for `/`: an image, or the machine of a test.
#[must_use]
pub fn environments_below(root: &Path, environment: &Environment) -> Vec<CondaEnvironment> {
    let places = Places::new(root, environment);
    // What is found first is kept: those with names come before those without.
    let bases = places.roots.iter().map(base);
    let named = places.directories.iter().flat_map(in_directory);
    let likely = places.likely_roots.iter().map(base);
    let unnamed = places.prefixes.iter().map(|prefix| at(prefix.clone()));
    let mut found: BTreeMap<PathBuf, CondaEnvironment> = BTreeMap::new();
    for candidate in bases.chain(named).chain(of_pixi(environment)).chain(likely).chain(unnamed) {
        let real = candidate.prefix.canonicalize();
        if let (true, Ok(real)) = (is_environment(&candidate.prefix), real) {
            found.entry(real).or_insert(candidate);
        }
    }
    let mut sorted: Vec<CondaEnvironment> = found.into_values().collect();
    sorted.sort_by(|one, other| one.prefix.cmp(&other.prefix));
    sorted
}

/// Returns an environment by a name that is one of several for it: a link to another environment.
pub(super) fn linked(root: &Path, name: &OsStr, environment: &Environment) -> Option<PathBuf> {
    let directories = Places::new(root, environment).directories.into_iter();
    directories.map(|directory| directory.path.join(name)).find(|prefix| is_environment(prefix))
}

/// Tells whether conda would take a directory for an environment.
pub(super) fn is_environment(prefix: &Path) -> bool {
    prefix.join("conda-meta").is_dir()
}

/// Returns the environment at a prefix of which nothing else is known.
pub(super) fn at(prefix: PathBuf) -> CondaEnvironment {
    let is_base = looks_like_root(&prefix);
    let manager = if is_made_by_pixi(&prefix) { "pixi" } else { "conda" };
    CondaEnvironment { name: None, prefix, manager, is_base }
}

fn base(root: &Root) -> CondaEnvironment {
    let (prefix, manager) = (root.prefix.clone(), root.manager);
    CondaEnvironment { name: Some("base".to_owned()), prefix, manager, is_base: true }
}

fn in_directory(directory: &Directory) -> Vec<CondaEnvironment> {
    let entries = std::fs::read_dir(&directory.path).into_iter().flatten().flatten().take(NAMES);
    let named = entries.map(|entry| CondaEnvironment {
        name: entry.file_name().into_string().ok(),
        prefix: entry.path(),
        manager: if is_made_by_pixi(&entry.path()) { "pixi" } else { directory.manager },
        is_base: false,
    });
    let mut named: Vec<CondaEnvironment> = named.collect();
    // Of two links to one environment, the same one is kept each time.
    named.sort_by(|one, other| one.prefix.cmp(&other.prefix));
    named
}

/// pixi says so in each environment (its documentation, "Environment Installation Metadata").
fn is_made_by_pixi(prefix: &Path) -> bool {
    prefix.join("conda-meta/pixi").is_file()
}

/// The environments of the projects that the working directory is in. pixi knows those of the nearest
/// one by name.
fn of_pixi(environment: &Environment) -> Vec<CondaEnvironment> {
    let is_project = |directory: &&Path| {
        // `~/.pixi/envs` holds the programs of `pixi global`, and belongs to no project.
        let is_home = *directory == environment.home;
        let has_manifest =
            || directory.join("pixi.toml").exists() || directory.join("pyproject.toml").exists();
        directory.join(".pixi/envs").is_dir() && (!is_home || has_manifest())
    };
    let projects = environment.directory.ancestors().filter(|path| path.is_absolute()).filter(is_project);
    let mut found = Vec::new();
    for (distance, project) in projects.enumerate() {
        let here = in_directory(&Directory { path: project.join(".pixi/envs"), manager: "pixi" });
        let is_near = distance == 0;
        found.extend(
            here.into_iter().map(|one| CondaEnvironment { name: one.name.filter(|_| is_near), ..one }),
        );
    }
    found
}

#[cfg(test)]
pub(super) mod tests;
