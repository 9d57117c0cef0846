//! Python environments, read from their files: nothing is imported, no Python is started.

use std::path::{Path, PathBuf};

use crate::model::Environment;
use crate::shell::plan;

/// An environment of more packages than these is none.
const MOST: usize = 20_000;

/// A Python environment.
#[derive(Clone, Debug)]
pub struct Python {
    /// Its directory.
    pub prefix: PathBuf,
    /// Where its packages are.
    pub site_packages: Vec<PathBuf>,
    /// Its packages.
    pub packages: Vec<Package>,
}

/// An installed package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// Its name, in small letters, with dashes.
    pub name: String,
    /// Its version, as it says: `2.4.1+cu121`.
    pub version: String,
}

impl Python {
    /// Returns the virtual environment, or the conda environment, that is active.
    #[must_use]
    pub fn active(environment: &Environment) -> Option<Self> {
        let prefixes = ["VIRTUAL_ENV", "CONDA_PREFIX"].iter().filter_map(|name| environment.path(name));
        prefixes.filter(|prefix| prefix.is_dir()).map(Self::at).next()
    }

    /// Reads an environment.
    #[must_use]
    pub fn at(prefix: &Path) -> Self {
        let site_packages = site_packages(prefix);
        let packages =
            site_packages.iter().flat_map(|path| entries(path)).filter_map(|path| package(&path)).collect();
        Self { prefix: prefix.to_owned(), site_packages, packages }
    }

    /// Returns the version of a package that is installed.
    #[must_use]
    pub fn version(&self, name: &str) -> Option<&str> {
        self.packages.iter().find(|package| package.name == name).map(|package| package.version.as_str())
    }

    /// Tells whether its packages bring CUDA's libraries.
    #[must_use]
    pub fn has_wheels(&self) -> bool {
        plan::holds_wheels(&self.prefix)
    }

    /// Returns the program.
    #[must_use]
    pub fn program(&self) -> PathBuf {
        self.prefix.join("bin/python")
    }
}

/// Returns where an environment keeps its packages: one directory for each of its Pythons.
#[must_use]
pub fn site_packages(prefix: &Path) -> Vec<PathBuf> {
    let is_python =
        |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("python"));
    let pythons = entries(&prefix.join("lib")).into_iter().filter(is_python);
    let mut found: Vec<PathBuf> =
        pythons.map(|directory| directory.join("site-packages")).filter(|path| path.is_dir()).collect();
    found.sort();
    found
}

/// Reads `tensorflow_gpu-1.14.0.dist-info` and its like: their names say it all.
fn package(path: &Path) -> Option<Package> {
    let name = path.file_name()?.to_str()?;
    let stem = name.strip_suffix(".dist-info").or_else(|| name.strip_suffix(".egg-info"))?;
    let (name, rest) = stem.split_once('-')?;
    let version = rest.split("-py").next().unwrap_or(rest);
    let name = name.to_ascii_lowercase().replace(['_', '.'], "-");
    Some(Package { name, version: version.to_owned() })
}

fn entries(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    entries.take(MOST).map(|entry| entry.path()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_directories_tell_what_is_installed() {
        let told = |name: &str| package(Path::new(name)).map(|package| (package.name, package.version));
        let some = |name: &str, version: &str| Some((name.to_owned(), version.to_owned()));
        assert_eq!(told("tensorflow_gpu-1.14.0.dist-info"), some("tensorflow-gpu", "1.14.0"));
        assert_eq!(told("torch-2.4.1+cu121.dist-info"), some("torch", "2.4.1+cu121"));
        assert_eq!(told("Keras-2.2.4-py3.6.egg-info"), some("keras", "2.2.4"));
        assert_eq!(told("torch"), None);
    }
}
