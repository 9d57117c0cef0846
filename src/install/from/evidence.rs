//! What the files of a package tell of themselves: the CUDA release, cuDNN's version, and which
//! components are there, whatever they came in.

use std::path::Path;

use crate::model::{Entry, Version};

/// A component, and the beginning of a path that shows that it is there. `lib` and `include` stand for
/// those of the platform.
const SIGNS: &[(&str, &str)] = &[
    ("cuda_cccl", "include/cccl/"),
    ("cuda_cccl", "include/nv/target"),
    ("cuda_cccl", "include/thrust/"),
    ("cuda_crt", "include/crt/host_config.h"),
    ("cuda_cudart", "lib/libcudart.so."),
    ("cuda_cupti", "extras/CUPTI/include/cupti.h"),
    ("cuda_nvcc", "bin/nvcc"),
    ("cuda_nvrtc", "lib/libnvrtc.so."),
    ("libcublas", "lib/libcublas.so."),
    ("libcufft", "lib/libcufft.so."),
    ("libcurand", "lib/libcurand.so."),
    ("libcusolver", "lib/libcusolver.so."),
    ("libcusparse", "lib/libcusparse.so."),
    ("libnpp", "lib/libnppc.so."),
    ("libnvvm", "nvvm/bin/cicc"),
];

/// The components of [`SIGNS`] that builds use beyond a compiler and its runtime.
pub(super) const LIBRARIES: &[&str] =
    &["cuda_nvrtc", "libcublas", "libcufft", "libcurand", "libcusolver", "libcusparse", "libnpp"];

/// Tells whether files show that a component is there.
pub(super) fn has(component: &str, entries: &[Entry]) -> bool {
    let signs: Vec<&str> =
        SIGNS.iter().filter(|(name, _)| *name == component).map(|(_, sign)| *sign).collect();
    entries.iter().any(|entry| {
        let path = plain(&entry.path);
        signs.iter().any(|sign| path.starts_with(sign))
    })
}

/// Reads the CUDA release that a tree says it is: all of it from `version.json` or `version.txt`, major
/// and minor from `cuda.h`, and where there are no headers, what the runtime's name says.
pub(super) fn cuda_release(root: &Path, entries: &[Entry]) -> Option<Version> {
    json_version(root)
        .or_else(|| text_version(root))
        .or_else(|| {
            let header = read(root, entries, "include/cuda.h")?;
            let number: u32 = defined(&header, "CUDA_VERSION")?.parse().ok()?;
            Some(Version::from_numbers([number / 1000, number % 1000 / 10]))
        })
        .or_else(|| runtime_version(entries))
}

/// Reads cuDNN's version from its header.
pub(super) fn cudnn_version(root: &Path, entries: &[Entry]) -> Option<Version> {
    let names = ["include/cudnn_version.h", "include/cudnn.h", "include/cudnn_version_v", "include/cudnn_v"];
    names.iter().find_map(|name| {
        let header = read(root, entries, name)?;
        let number = |name: &str| defined(&header, name)?.parse::<u32>().ok();
        let numbers = [number("CUDNN_MAJOR")?, number("CUDNN_MINOR")?, number("CUDNN_PATCHLEVEL")?];
        Some(Version::from_numbers(numbers))
    })
}

/// `libcudart.so.10.0.130` has the release's version up to 10.2, and the beginning of it later.
fn runtime_version(entries: &[Entry]) -> Option<Version> {
    let versions = entries
        .iter()
        .filter_map(|entry| plain(&entry.path).strip_prefix("lib/libcudart.so.")?.parse::<Version>().ok());
    let version = versions.max_by_key(|version| version.numbers().len())?;
    let exact = if version.major() < 11 { version.numbers().len() } else { 2 };
    (version.numbers().len() > 2).then(|| version.truncated(exact))
}

fn json_version(root: &Path) -> Option<Version> {
    let text = fs_err::read(root.join("version.json")).ok()?;
    let json: serde_json::Value = serde_json::from_slice(&text).ok()?;
    json["cuda"]["version"].as_str()?.parse().ok()
}

/// `CUDA Version 10.0.130`.
fn text_version(root: &Path) -> Option<Version> {
    let text = fs_err::read_to_string(root.join("version.txt")).ok()?;
    text.lines().next()?.strip_prefix("CUDA Version ")?.trim().parse().ok()
}

fn read(root: &Path, entries: &[Entry], name: &str) -> Option<String> {
    let entry = entries.iter().find(|entry| plain(&entry.path).starts_with(name))?;
    Some(String::from_utf8_lossy(&fs_err::read(root.join(&entry.path)).ok()?).into_owned())
}

fn defined<'a>(header: &'a str, name: &str) -> Option<&'a str> {
    header.lines().find_map(|line| {
        let rest = line.trim_start().strip_prefix("#define")?.trim_start().strip_prefix(name)?;
        rest.starts_with(char::is_whitespace).then(|| rest.split_whitespace().next()).flatten()
    })
}

/// Takes `targets/<platform>` off a path.
fn plain(path: &str) -> &str {
    let target = || path.strip_prefix("targets/")?.split_once('/');
    target().map_or(path, |(_, rest)| rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::EntryKind;

    fn tree(files: &[(&str, &str)]) -> (tempfile::TempDir, Vec<Entry>) {
        let directory = tempfile::tempdir().expect("a directory");
        let mut entries = Vec::new();
        for (path, content) in files {
            let full = directory.path().join(path);
            fs_err::create_dir_all(full.parent().expect("a parent")).expect("a directory");
            fs_err::write(full, content).expect("a file");
            let kind = EntryKind::Link { target: String::new() };
            entries.push(Entry { path: (*path).to_owned(), kind });
        }
        (directory, entries)
    }

    #[test]
    fn releases_of_all_ages() {
        for (path, content, expected) in [
            ("version.txt", "CUDA Version 9.0.176\nCUDA Patch Version 9.0.176.1\n", "9.0.176"),
            ("version.json", "{\"cuda\": {\"name\": \"CUDA SDK\", \"version\": \"12.4.1\"}}", "12.4.1"),
            ("targets/x86_64-linux/include/cuda.h", "#define CUDA_VERSION 11080\n", "11.8"),
        ] {
            let (directory, entries) = tree(&[(path, content)]);
            let found = cuda_release(directory.path(), &entries);
            assert_eq!(found.map(String::from).as_deref(), Some(expected));
        }
        let (directory, entries) =
            tree(&[("version.json", "[]"), ("include/cuda.h", "#define CUDA_VERSION_X 1")]);
        assert_eq!(cuda_release(directory.path(), &entries), None);
    }

    #[test]
    fn cudnn_says_its_version() {
        let header = "#define CUDNN_MAJOR 7\n#define CUDNN_MINOR 6\n#define CUDNN_PATCHLEVEL 5\n";
        for name in ["cudnn.h", "cudnn_version.h", "cudnn_version_v8.h"] {
            let (directory, entries) = tree(&[(&format!("targets/x86_64-linux/include/{name}"), header)]);
            let found = cudnn_version(directory.path(), &entries);
            assert_eq!(found.map(String::from).as_deref(), Some("7.6.5"), "{name}");
        }
    }

    #[test]
    fn every_essential_has_a_sign() {
        use crate::model::Profile;
        use crate::packages::components::missing_essentials;
        let all = missing_essentials(Profile::Devel, &Version::from_numbers([13, 0]), |_| false);
        for name in all.iter().chain(LIBRARIES) {
            assert!(SIGNS.iter().any(|(component, _)| component == name), "{name}");
        }
    }
}
