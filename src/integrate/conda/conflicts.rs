//! What CUDA an environment brings itself, which a toolchain attached to it would meet.
//!
//! Names of files tell it: each package has a `conda-meta/<name>-<version>-<build>.json`, which may be
//! megabytes long and is never opened.

use std::path::Path;

use crate::shell::plan;

/// A package of an environment that brings a part of CUDA.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CondaPackage {
    /// Its name: `cuda-nvcc_linux-64`.
    pub name: String,
    /// Its version: `12.4.131`.
    pub version: String,
}

/// Packages that are a part of CUDA, or that stand for parts. `cuda-version`, which only limits the
/// others, is none of them; neither are bindings such as `cuda-python`.
const PACKAGES: &[&str] = &[
    "cuda",
    "cuda-compiler",
    "cuda-libraries",
    "cuda-libraries-dev",
    "cuda-libraries-static",
    "cuda-runtime",
    "cuda-toolkit",
    "cuda-tools",
    "cudatoolkit",
    "cudatoolkit-dev",
    "cudnn",
    "libcudnn",
    "libcudnn-dev",
];

/// Families of packages: `cuda-nvcc-impl`, `cuda-nvcc_linux-64`, `cuda-cudart-dev`.
const FAMILIES: &[&str] = &["cuda-nvcc", "cuda-cudart", "cuda-nvrtc"];

/// Returns the packages of an environment that are a part of CUDA, sorted by name.
#[must_use]
pub fn brings(prefix: &Path) -> Vec<CondaPackage> {
    let mut packages: Vec<CondaPackage> = names(&prefix.join("conda-meta"))
        .filter_map(|file| package(file.strip_suffix(".json")?))
        .filter(|package| is_cuda(&package.name))
        .collect();
    packages.sort();
    packages
}

/// Tells whether the environment has a compiler of its own, by whichever way it came.
#[must_use]
pub fn brings_nvcc(prefix: &Path) -> bool {
    prefix.join("bin/nvcc").exists()
}

/// Tells whether the environment has CUDA's runtime library among its own.
#[must_use]
pub fn brings_cudart(prefix: &Path) -> bool {
    names(&prefix.join("lib")).any(|name| name.starts_with("libcudart.so"))
}

/// Tells whether Python packages of the environment bring CUDA's libraries: nvidia's wheels, or torch.
#[must_use]
pub fn brings_wheels(prefix: &Path) -> bool {
    plan::holds_wheels(prefix)
}

/// Versions and builds have no dash, names may.
fn package(stem: &str) -> Option<CondaPackage> {
    let mut parts = stem.rsplitn(3, '-').skip(1);
    let (version, name) = (parts.next()?, parts.next()?);
    Some(CondaPackage { name: name.to_owned(), version: version.to_owned() })
}

fn is_cuda(name: &str) -> bool {
    let is_of = |family: &&str| {
        let end = name.strip_prefix(*family);
        end.is_some_and(|end| end.is_empty() || end.starts_with(['-', '_']))
    };
    PACKAGES.contains(&name) || FAMILIES.iter().any(is_of)
}

fn names(directory: &Path) -> impl Iterator<Item = String> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().into_string().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(files: &[&str]) -> tempfile::TempDir {
        let directory = tempfile::tempdir().expect("a directory");
        for file in files {
            let path = directory.path().join(file);
            fs_err::create_dir_all(path.parent().expect("a parent")).expect("made");
            fs_err::write(path, "").expect("written");
        }
        directory
    }

    #[test]
    fn names_of_files_tell_what_is_installed() {
        let directory = environment(&[
            "conda-meta/history",
            "conda-meta/cuda-nvcc_linux-64-12.4.131-h9da6b86_0.json",
            "conda-meta/cuda-cudart-dev-12.4.127-0.json",
            "conda-meta/cudatoolkit-11.8.0-h6a678d5_0.json",
            "conda-meta/cudnn-8.9.2.26-cuda11_0.json",
            "conda-meta/cuda-12.4.1-0.json",
            "conda-meta/cuda-version-12.4-h3060b56_3.json",
            "conda-meta/cuda-python-12.4.0-py311_0.json",
            "conda-meta/cuda-nvccx-1-0.json",
            "conda-meta/python-3.11.9-h955ad1f_0.json",
            "conda-meta/cudnn-8.9.2.26-cuda11_0.json.c~",
            "conda-meta/cudnn.json",
            "conda-meta/.json",
        ]);
        let found = brings(directory.path());
        let found: Vec<String> = found.iter().map(|one| format!("{} {}", one.name, one.version)).collect();
        assert_eq!(
            found,
            [
                "cuda 12.4.1",
                "cuda-cudart-dev 12.4.127",
                "cuda-nvcc_linux-64 12.4.131",
                "cudatoolkit 11.8.0",
                "cudnn 8.9.2.26"
            ]
        );
        assert!(brings(Path::new("/nonexistent")).is_empty());
    }

    #[test]
    fn files_tell_what_came_without_a_package() {
        let bare = environment(&["conda-meta/history", "lib/libcudart_static.a", "lib/python3.11/x"]);
        let path = bare.path();
        assert!(!brings_nvcc(path) && !brings_cudart(path) && !brings_wheels(path));
        let full = environment(&[
            "bin/nvcc",
            "lib/libcudart.so.12",
            "lib/python3.11/site-packages/nvidia/__init__.py",
        ]);
        let path = full.path();
        assert!(brings_nvcc(path) && brings_cudart(path) && brings_wheels(path));
    }
}
