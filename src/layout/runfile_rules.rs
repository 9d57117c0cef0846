//! Which component a path of a whole toolkit's tree belongs to, for runfiles before 11.0.
//!
//! Drawn up from what redist archives of the same components hold from 11.4 on, and from the lists
//! of files that packagers of 8.0 to 10.2 remove and keep (nixpkgs, Gentoo, Yggdrasil, EasyBuild).
//! A header that no rule names is taken for the runtime's, which most are and which the compiler
//! can't do without; any other file for one that builds may need.

use crate::model::{ComponentName, Platform};

/// Who owns a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// A component, whose profiles are known.
    Component(ComponentName),
    /// No known component: it goes with the profiles that builds use.
    Development,
    /// No known component, and nothing that builds use.
    Full,
    /// The toolkit itself: every profile has it.
    Toolkit,
}

/// What an installer keeps for itself.
const SCRIPTS: &[&str] = &[
    ".*",
    "InstallUtils.pm",
    "bin/.*",
    "bin/cuda-install-samples*",
    "bin/cuda-uninstaller",
    "bin/uninstall*",
    "cuda-installer*",
    "install-linux.pl",
    "install_patch.pl",
    "share/applications/",
    "uninstall*",
];

/// The beginning of a path or, without `*` or `/` at its end, all of it; and the component. The first
/// that fits counts. `include` and `lib` stand for wherever headers and libraries are.
const RULES: &[(&str, &str)] = &[
    ("bin/bin2c", "cuda_nvcc"),
    ("bin/cicc", "cuda_nvcc"),
    ("bin/compute-sanitizer", "cuda_sanitizer_api"),
    ("bin/computeprof", "cuda_nvvp"),
    ("bin/crt/", "cuda_nvcc"),
    ("bin/cu++filt", "cuda_cuxxfilt"),
    ("bin/cuda-gdb*", "cuda_gdb"),
    ("bin/cuda-memcheck*", "cuda_memcheck"),
    ("bin/cudafe*", "cuda_nvcc"),
    ("bin/cuobjdump", "cuda_cuobjdump"),
    ("bin/fatbinary", "cuda_nvcc"),
    ("bin/filehash", "cuda_nvcc"),
    ("bin/ncu*", "nsight_compute"),
    ("bin/nsight-sys*", "nsight_systems"),
    ("bin/nsight_ee_plugins*", "cuda_nsight"),
    ("bin/nsight", "cuda_nsight"),
    ("bin/nsys*", "nsight_systems"),
    ("bin/nv-nsight-cu*", "nsight_compute"),
    ("bin/nvcc*", "cuda_nvcc"),
    ("bin/nvdisasm", "cuda_nvdisasm"),
    ("bin/nvlink", "cuda_nvcc"),
    ("bin/nvprof", "cuda_nvprof"),
    ("bin/nvprune", "cuda_nvprune"),
    ("bin/nvvp", "cuda_nvvp"),
    ("bin/ptxas", "cuda_nvcc"),
    ("compute-sanitizer/", "cuda_sanitizer_api"),
    ("doc/", "cuda_documentation"),
    ("docs/", "cuda_documentation"),
    ("extras/CUPTI/", "cuda_cupti"),
    ("extras/Debugger/", "cuda_gdb"),
    ("extras/Sanitizer/", "cuda_sanitizer_api"),
    ("extras/cuda-gdb*", "cuda_gdb"),
    ("extras/demo_suite/", "cuda_demo_suite"),
    ("include/CL/", "cuda_opencl"),
    ("include/crt/", "cuda_nvcc"),
    ("include/cub/", "cuda_cccl"),
    ("include/cublas*", "libcublas"),
    ("include/cuda/", "cuda_cccl"),
    ("include/cudaProfiler*", "cuda_profiler_api"),
    ("include/cuda_profiler_api.h", "cuda_profiler_api"),
    ("include/cudalibxt.h", "libcufft"),
    ("include/cufft*", "libcufft"),
    ("include/cupti*", "cuda_cupti"),
    ("include/curand*", "libcurand"),
    ("include/cusolver*", "libcusolver"),
    ("include/cusparse*", "libcusparse"),
    ("include/fatBinaryCtl.h", "cuda_nvcc"),
    ("include/fatbinary*", "cuda_nvcc"),
    ("include/npp*", "libnpp"),
    ("include/nv/", "cuda_cccl"),
    ("include/nvPTXCompiler.h", "cuda_nvcc"),
    ("include/nvToolsExt*", "cuda_nvtx"),
    ("include/nvblas.h", "libcublas"),
    ("include/nvgraph*", "libnvgraph"),
    ("include/nvjpeg*", "libnvjpeg"),
    ("include/nvml.h", "cuda_nvml_dev"),
    ("include/nvperf*", "cuda_cupti"),
    ("include/nvrtc*", "cuda_nvrtc"),
    ("include/nvtx3/", "cuda_nvtx"),
    ("include/sobol_direction_vectors.h", "libcurand"),
    ("include/thrust/", "cuda_cccl"),
    ("include/", "cuda_cudart"),
    ("jre/", "cuda_nvvp"),
    ("lib/cmake/cub/", "cuda_cccl"),
    ("lib/cmake/thrust/", "cuda_cccl"),
    ("lib/libOpenCL*", "cuda_opencl"),
    ("lib/libaccinj*", "cuda_nvprof"),
    ("lib/libcublas*", "libcublas"),
    ("lib/libcuda.*", "cuda_cudart"),
    ("lib/libcudadevrt*", "cuda_cudart"),
    ("lib/libcudart*", "cuda_cudart"),
    ("lib/libcufft*", "libcufft"),
    ("lib/libcufilt*", "cuda_cuxxfilt"),
    ("lib/libcuinj*", "cuda_nvprof"),
    ("lib/libculibos*", "cuda_cudart"),
    ("lib/libcupti*", "cuda_cupti"),
    ("lib/libcurand*", "libcurand"),
    ("lib/libcusolver*", "libcusolver"),
    ("lib/libcusparse*", "libcusparse"),
    ("lib/liblapack_static*", "libcusolver"),
    ("lib/libmetis_static*", "libcusolver"),
    ("lib/libnpp*", "libnpp"),
    ("lib/libnvToolsExt*", "cuda_nvtx"),
    ("lib/libnvblas*", "libcublas"),
    ("lib/libnvgraph*", "libnvgraph"),
    ("lib/libnvidia-ml*", "cuda_nvml_dev"),
    ("lib/libnvjpeg*", "libnvjpeg"),
    ("lib/libnvperf*", "cuda_cupti"),
    ("lib/libnvptxcompiler*", "cuda_nvcc"),
    ("lib/libnvrtc*", "cuda_nvrtc"),
    ("libnsight/", "cuda_nsight"),
    ("libnvvp/", "cuda_nvvp"),
    ("nsight-compute*", "nsight_compute"),
    ("nsight-systems*", "nsight_systems"),
    ("nsightee_plugins/", "cuda_nsight"),
    ("nvvm/libnvvm-samples/", "libnvvm_samples"),
    ("nvvm/", "cuda_nvcc"),
    ("share/gdb/", "cuda_gdb"),
    ("share/man/", "cuda_documentation"),
    ("src/", "libcublas"),
];

/// Returns whose a path of the tree is; none for what an installer keeps for itself.
pub(super) fn owner(parts: &[&str], platform: Platform) -> Option<Owner> {
    let path = plain(parts, platform);
    if SCRIPTS.iter().any(|pattern| fits(&path, pattern)) {
        return None;
    }
    if ["EULA.txt", "version.json", "version.txt"].contains(&path.as_str()) {
        return Some(Owner::Toolkit);
    }
    if path.starts_with("samples/") || path.starts_with("targets/") {
        return Some(Owner::Full);
    }
    let rule = RULES.iter().find(|(pattern, _)| fits(&path, pattern));
    Some(rule.map_or(Owner::Development, |(_, component)| {
        Owner::Component(component.parse().expect("the name of a component"))
    }))
}

/// Returns the component that a file of a root belongs to, as far as the rules know.
#[must_use]
pub fn component_of(path: &str, platform: Platform) -> Option<ComponentName> {
    match owner(&path.split('/').collect::<Vec<_>>(), platform)? {
        Owner::Component(component) => Some(component),
        _ => None,
    }
}

/// Tells whether these trees have a component, as far as the rules know.
#[must_use]
pub fn is_in_old_runfiles(component: &ComponentName) -> bool {
    RULES.iter().any(|(_, name)| *name == component.as_str())
}

/// Writes a path so that the rules need to know one place for headers and one for libraries. A `.pc`
/// file is named after the library that it describes.
fn plain(parts: &[&str], platform: Platform) -> String {
    let target = platform.target();
    match parts {
        ["targets", own, rest @ ..] if *own == target => plain(rest, platform),
        ["lib64" | "lib", "pkgconfig", file] | ["pkgconfig" | "pkg-config", file] => {
            let stem = file.rsplit_once('-').map_or(*file, |(stem, _)| stem);
            format!("lib/lib{}.pc", stem.trim_end_matches(".pc"))
        }
        ["lib64" | "lib", "stubs", rest @ ..] | ["lib64", rest @ ..] => format!("lib/{}", rest.join("/")),
        parts => parts.join("/"),
    }
}

fn fits(path: &str, pattern: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => path.starts_with(start),
        None if pattern.ends_with('/') => path.starts_with(pattern) || path == &pattern[..pattern.len() - 1],
        None => path == pattern,
    }
}

/// Returns the name of each component that a rule names.
#[cfg(test)]
pub(super) fn components() -> impl Iterator<Item = &'static str> {
    RULES.iter().map(|(_, component)| *component)
}
