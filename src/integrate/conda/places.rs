//! Where conda and its relatives keep environments: what the process's variables say, what their files
//! list, and the directories that their installers suggest.

use std::path::{Path, PathBuf};

use super::condarc;
use crate::integrate::read_small;
use crate::model::Environment;

/// An installation, whose own prefix is the environment `base`.
pub(super) struct Root {
    pub(super) prefix: PathBuf,
    pub(super) manager: &'static str,
}

/// A directory of environments.
pub(super) struct Directory {
    pub(super) path: PathBuf,
    pub(super) manager: &'static str,
}

/// Everything that is known before environments are looked at.
pub(super) struct Places {
    pub(super) roots: Vec<Root>,
    /// Environments that look like roots. One that has conda among its packages does, too.
    pub(super) likely_roots: Vec<Root>,
    pub(super) directories: Vec<Directory>,
    /// Single environments, whose name nothing tells.
    pub(super) prefixes: Vec<PathBuf>,
}

/// Where the installers of conda and its relatives put them, below the home.
const HOME_ROOTS: &[(&str, &str)] = &[
    ("miniconda3", "conda"),
    ("miniforge3", "conda"),
    ("anaconda3", "conda"),
    ("mambaforge", "mamba"),
    ("miniconda", "conda"),
    ("miniforge", "conda"),
    ("anaconda", "conda"),
    ("micromamba", "micromamba"),
    (".local/share/mamba", "micromamba"),
];

/// And where administrators and images have them.
const SYSTEM_ROOTS: &[(&str, &str)] = &[
    ("opt/conda", "conda"),
    ("opt/miniconda3", "conda"),
    ("opt/miniconda", "conda"),
    ("opt/miniforge3", "conda"),
    ("opt/miniforge", "conda"),
    ("opt/anaconda3", "conda"),
    ("opt/anaconda", "conda"),
    ("opt/mambaforge", "mamba"),
    ("opt/micromamba", "micromamba"),
    ("usr/local/miniconda3", "conda"),
    ("usr/local/miniforge3", "conda"),
    ("usr/local/anaconda3", "conda"),
];

/// The user's settings, below the home (conda's documentation, "Searching for .condarc"; mamba has
/// `.mambarc` beside them).
const HOME_SETTINGS: &[&str] =
    &[".condarc", ".conda/.condarc", ".conda/condarc", ".config/conda/.condarc", ".mambarc"];

impl Places {
    /// Looks below `root`, which is `/` but for images and tests, and where the environment points.
    pub(super) fn new(root: &Path, environment: &Environment) -> Self {
        let (roots, likely_roots, directories) = (Vec::new(), Vec::new(), Vec::new());
        let mut places = Self { roots, likely_roots, directories, prefixes: prefixes(environment) };
        places.add_roots_of_the_process(environment);
        places.add_roots_of_prefixes();
        if has_home(environment) {
            places.add_usual_roots(&environment.home, HOME_ROOTS);
        }
        places.add_usual_roots(root, SYSTEM_ROOTS);
        places.add_directories(root, environment);
        places
    }

    fn add_roots_of_the_process(&mut self, environment: &Environment) {
        let exe_root = |name| Some(environment.path(name)?.parent()?.parent()?.to_owned());
        for name in ["CONDA_ROOT", "_CONDA_ROOT"] {
            self.add_root(environment.path(name).map(Path::to_owned), "conda");
        }
        // A lone micromamba stands anywhere: `~/.local/bin/micromamba` is in no installation.
        let is_installed = |root: &PathBuf| root.join("conda-meta").is_dir();
        self.add_root(exe_root("CONDA_EXE").filter(is_installed), "conda");
        let mamba = environment.path("MAMBA_EXE").and_then(Path::file_name);
        let mamba = if mamba.is_some_and(|name| name == "mamba") { "mamba" } else { "micromamba" };
        self.add_root(environment.path("MAMBA_ROOT_PREFIX").map(Path::to_owned), mamba);
        self.add_root(exe_root("MAMBA_EXE").filter(is_installed), mamba);
    }

    /// An environment in `<root>/envs` tells of its root; and a root has programs for every shell, and
    /// the packages that it has unpacked.
    fn add_roots_of_prefixes(&mut self) {
        let parent = |prefix: &PathBuf| {
            let directory = prefix.parent().filter(|directory| directory.ends_with("envs"))?;
            directory.parent().filter(|root| root.join("conda-meta").is_dir()).map(Path::to_owned)
        };
        let parents: Vec<PathBuf> = self.prefixes.iter().filter_map(parent).collect();
        for root in parents {
            self.add_root(Some(root), "conda");
        }
        let likely = self.prefixes.iter().filter(|prefix| looks_like_root(prefix));
        self.likely_roots = likely.map(|prefix| root_at(prefix.clone(), "conda")).collect();
    }

    fn add_usual_roots(&mut self, base: &Path, usual: &[(&str, &'static str)]) {
        for (path, manager) in usual {
            self.add_root(Some(base.join(path)), manager);
        }
    }

    /// Adds a root that exists.
    fn add_root(&mut self, prefix: Option<PathBuf>, expected: &'static str) {
        let Some(prefix) = prefix.filter(|prefix| prefix.is_absolute() && prefix.is_dir()) else { return };
        if self.roots.iter().all(|root| root.prefix != prefix) {
            self.roots.push(root_at(prefix, expected));
        }
    }

    fn add_directories(&mut self, root: &Path, environment: &Environment) {
        let of_roots = self.roots.iter().chain(&self.likely_roots);
        let of_roots =
            of_roots.map(|root| Directory { path: root.prefix.join("envs"), manager: root.manager });
        let mut directories: Vec<Directory> = of_roots.collect();
        let mut others = vec![environment.home.join(".conda/envs")];
        for name in ["CONDA_ENVS_PATH", "CONDA_ENVS_DIRS"] {
            let list = environment.text(name).unwrap_or_default();
            others.extend(list.split(':').filter_map(|path| condarc::expand(path, environment)));
        }
        for file in self.settings(root, environment) {
            others.extend(condarc::environment_directories(&file, environment));
        }
        let others = others.into_iter().filter(|path| path.is_absolute());
        directories.extend(others.map(|path| Directory { path, manager: "conda" }));
        self.directories = directories;
    }

    fn settings(&self, root: &Path, environment: &Environment) -> Vec<PathBuf> {
        let named = ["CONDARC", "MAMBARC"].iter().filter_map(|name| environment.path(name));
        let moved = environment.path("XDG_CONFIG_HOME").map(|config| config.join("conda/.condarc"));
        let of_home = HOME_SETTINGS.iter().filter(|_| has_home(environment));
        let of_roots = self.roots.iter().map(|root| root.prefix.join(".condarc"));
        let of_system = ["etc/conda/.condarc", "etc/conda/condarc"].iter().map(|path| root.join(path));
        named
            .map(Path::to_owned)
            .chain(moved)
            .chain(of_home.map(|path| environment.home.join(path)))
            .chain(of_roots)
            .chain(of_system)
            .collect()
    }
}

/// What is in a root tells more about its manager than where it was expected.
fn root_at(prefix: PathBuf, expected: &'static str) -> Root {
    let has = |program: &str| ["bin", "condabin"].iter().any(|part| prefix.join(part).join(program).exists());
    let manager = ["conda", "mamba"].into_iter().find(|program| has(program)).unwrap_or(expected);
    Root { prefix, manager }
}

/// Tells whether a prefix is the one that a conda is installed in.
pub(super) fn looks_like_root(prefix: &Path) -> bool {
    let has = |directory| prefix.join(directory).is_dir();
    has("condabin") && (has("pkgs") || has("envs"))
}

/// Environments that are named by their place: those that conda wrote down, which micromamba and mamba
/// do as well, and those that are active, one upon the other.
fn prefixes(environment: &Environment) -> Vec<PathBuf> {
    let list =
        read_small(&environment.home.join(".conda/environments.txt")).filter(|_| has_home(environment));
    let list = String::from_utf8_lossy(&list.unwrap_or_default()).into_owned();
    let active = environment.variables.iter().filter(|(name, _)| {
        let stacked = name.to_str().and_then(|name| name.strip_prefix("CONDA_PREFIX"));
        stacked.is_some_and(|end| end.is_empty() || is_level(end))
    });
    let active = active.map(|(_, value)| PathBuf::from(value));
    let listed = list.lines().map(|line| PathBuf::from(line.trim()));
    listed.chain(active).filter(|path| path.is_absolute()).collect()
}

/// `_1` of `CONDA_PREFIX_1`.
fn is_level(end: &str) -> bool {
    end.strip_prefix('_').is_some_and(|level| !level.is_empty() && level.bytes().all(|b| b.is_ascii_digit()))
}

fn has_home(environment: &Environment) -> bool {
    environment.home.is_absolute()
}
