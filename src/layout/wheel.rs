//! What a wheel wraps around its files: `nvidia/cu13`, `nvidia/<component>`, Python's own parts.
//!
//! Layouts seen in real wheels: `nvidia/cu13/…` shared by all components of CUDA 13;
//! `nvidia/cuda_runtime/…` with one directory per component before; `nvidia/cudnn/…`,
//! `nvidia/nccl/…`, `nvidia/cusparselt/…`, `nvidia/libnvcomp/lib64/…`; `cutensor/…` without
//! `nvidia`; and nvCOMP 4, whose library lies between Python modules.

use super::place::{Inner, is_licence};

/// Takes a wheel's wrapping off an entry's path; nothing is left of Python's own parts.
pub(super) fn inner<'a>(parts: &[&'a str]) -> Option<Inner<'a>> {
    match parts {
        [info, rest @ ..] if info.ends_with(".dist-info") => licence(rest),
        [data, "platlib" | "purelib", rest @ ..] if data.ends_with(".data") => inner(rest),
        [data, ..] if data.ends_with(".data") => None,
        parts if is_python(parts) || is_alternative(parts) => None,
        ["nvidia", _, rest @ ..] => component(rest),
        ["nvidia"] => None,
        [_, rest @ ..] => component(rest),
        [] => None,
    }
}

/// Licences stand in `licenses/`, and before that directory became a standard, at the top.
fn licence<'a>(parts: &[&'a str]) -> Option<Inner<'a>> {
    match parts {
        ["licenses", rest @ ..] if !rest.is_empty() => Some(Inner::Licence(rest.to_vec())),
        [file] if is_licence(file) => Some(Inner::Licence(vec![file])),
        _ => None,
    }
}

fn component<'a>(parts: &[&'a str]) -> Option<Inner<'a>> {
    match parts {
        [] => None,
        [".libs", ..] => None,
        [file] if is_licence(file) => Some(Inner::Licence(vec![file])),
        [file] if is_module(file) => None,
        [file] if file.starts_with("lib") && file.contains(".so") => Some(Inner::Root(vec!["lib", file])),
        parts => Some(Inner::Root(parts.to_vec())),
    }
}

fn is_python(parts: &[&str]) -> bool {
    parts.last() == Some(&"__init__.py")
        || parts.iter().any(|part| *part == "__pycache__" || *part == ".metadata")
}

/// NVRTC's second build by another compiler, which doubles its size (12.9 and newer).
fn is_alternative(parts: &[&str]) -> bool {
    parts.last().is_some_and(|file| file.contains(".alt.so"))
}

fn is_module(file: &str) -> bool {
    [".py", ".pyi", "py.typed"].iter().any(|end| file.ends_with(end)) || file.contains(".cpython-")
}

#[cfg(test)]
mod tests {
    use crate::layout::samples;
    use crate::model::{Format, Platform};

    #[test]
    fn wrappings_of_real_wheels() {
        let placement = samples::placement_of("cuda_nvcc", Format::Wheel, Platform::LinuxX86_64);
        for (path, expected) in [
            ("nvidia/cu13/bin/nvcc", "bin/nvcc"),
            ("nvidia/cu13/nvvm/bin/cicc", "nvvm/bin/cicc"),
            ("nvidia/cu13/include/crt/host_config.h", "targets/x86_64-linux/include/crt/host_config.h"),
            ("nvidia/cu13/cccl/lib/cmake/cub/cub-config.cmake", "cccl/lib/cmake/cub/cub-config.cmake"),
            ("nvidia/cu13/.metadata/provenance.txt", ""),
            ("nvidia/__init__.py", ""),
            ("nvidia/cuda_nvcc/__init__.py", ""),
            ("nvidia/cuda_nvcc/include/__init__.py", ""),
            ("nvidia/cuda_nvcc/lib/__pycache__/x.pyc", ""),
            ("nvidia/cuda_nvcc/nvvm/lib64/libnvvm.so", "nvvm/lib64/libnvvm.so"),
            ("nvidia/cuda_nvrtc/lib/libnvrtc.alt.so.12", ""),
            ("nvidia/cuda_nvrtc/lib/libnvrtc-builtins.alt.so.12.9", ""),
            ("nvidia/libnvcomp/lib64/libnvcomp.so.5", "targets/x86_64-linux/lib/libnvcomp.so.5"),
            ("nvidia/nvcomp/libnvcomp.so.4", "targets/x86_64-linux/lib/libnvcomp.so.4"),
            ("nvidia/nvcomp/nvcomp_impl.cpython-312-x86_64-linux-gnu.so", ""),
            ("nvidia/nvcomp/external_memory.py", ""),
            ("cutensor/lib/libcutensor.so.2", "targets/x86_64-linux/lib/libcutensor.so.2"),
            ("cutensor/include/cutensor.h", "targets/x86_64-linux/include/cutensor.h"),
            ("a-1.dist-info/licenses/License.txt", "share/licenses/cuda_nvcc/License.txt"),
            ("a-1.dist-info/License.txt", "share/licenses/cuda_nvcc/License.txt"),
            ("a-1.dist-info/RECORD", ""),
            ("a-1.dist-info/METADATA", ""),
            ("a-1.data/purelib/nvidia/cudnn/lib/libcudnn.so.9", "targets/x86_64-linux/lib/libcudnn.so.9"),
            ("a-1.data/scripts/tool", ""),
        ] {
            let expected = (!expected.is_empty()).then(|| expected.to_owned());
            assert_eq!(placement.place(path), expected, "{path}");
        }
    }
}
