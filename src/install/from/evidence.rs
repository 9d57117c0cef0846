//! What the files of a package tell of themselves: the CUDA release, cuDNN's version, and which
//! components are there, whatever they came in.

use std::path::Path;

use crate::layout;
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

/// Reads the CUDA release that a tree says it is, and where neither a version file nor a header does,
/// what the runtime's name says.
pub(super) fn cuda_release(root: &Path, entries: &[Entry]) -> Option<Version> {
    layout::inspect(root).cuda.or_else(|| runtime_version(entries))
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

/// Takes `targets/<platform>` off a path.
fn plain(path: &str) -> &str {
    let target = || path.strip_prefix("targets/")?.split_once('/');
    target().map_or(path, |(_, rest)| rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::EntryKind;

    #[test]
    fn the_runtimes_name_tells_where_nothing_else_does() {
        for (name, expected) in [
            ("libcudart.so.10.0.130", Some("10.0.130")),
            ("libcudart.so.11.8.89", Some("11.8")),
            ("libcudart.so.12", None),
        ] {
            let path = format!("targets/x86_64-linux/lib/{name}");
            let entries = [Entry { path, kind: EntryKind::Link { target: String::new() } }];
            let found = cuda_release(Path::new("/nonexistent"), &entries).map(String::from);
            assert_eq!(found.as_deref(), expected, "{name}");
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
