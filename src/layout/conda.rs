//! What a conda package wraps around a toolkit's files: an environment's own directories.
//!
//! Newer packages keep headers and libraries in `targets/x86_64-linux` and link to them; older ones
//! have them at the top. `info/` is conda's own.

use super::place::{Inner, is_licence};

/// Takes a conda package's wrapping off an entry's path.
pub(super) fn inner<'a>(parts: &[&'a str]) -> Option<Inner<'a>> {
    match parts {
        ["info", "licenses", rest @ ..] if !rest.is_empty() => Some(Inner::Licence(rest.to_vec())),
        ["info", file] if is_licence(file) => Some(Inner::Licence(vec![file])),
        ["info" | "etc" | "conda-meta" | "Menu", ..] | ["lib", "python3" | "site-packages", ..] => None,
        parts => Some(Inner::Root(parts.to_vec())),
    }
}

#[cfg(test)]
mod tests {
    use crate::layout::samples;
    use crate::model::{Format, Platform};

    #[test]
    fn an_environment_is_a_root() {
        let placement = samples::placement_of("cuda_cudart", Format::Conda, Platform::LinuxX86_64);
        for (path, expected) in [
            ("targets/x86_64-linux/include/cuda.h", "targets/x86_64-linux/include/cuda.h"),
            ("lib/libcudart.so.12", "targets/x86_64-linux/lib/libcudart.so.12"),
            ("nvvm/bin/cicc", "nvvm/bin/cicc"),
            ("info/licenses/LICENSE", "share/licenses/cuda_cudart/LICENSE"),
            ("info/paths.json", ""),
            ("etc/conda/activate.d/cuda.sh", ""),
        ] {
            let expected = (!expected.is_empty()).then(|| expected.to_owned());
            assert_eq!(placement.place(path), expected, "{path}");
        }
    }
}
