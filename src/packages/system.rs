//! What packages of Debian, of NVIDIA's repositories and of conda are called, and which component each
//! of them belongs to.
//!
//! Names from NVIDIA's repositories end in the release (`cuda-nvcc-12-4`), Debian's in a SONAME
//! (`libcudart11.0`), conda's in a platform (`cuda-cudart-dev_linux-64`). Drivers belong to no toolkit.

use super::components;
use crate::model::{ComponentName, Version};

/// The beginning of a name, and the component; the first that fits counts. Drawn up from the packages
/// of Debian bookworm and trixie and of NVIDIA's repositories and conda channel.
const STEMS: &[(&str, &str)] = &[
    ("cuda-crt", "cuda_crt"),
    ("cuda-core", "cuda_nvcc"),
    ("cuda-driver-dev", "cuda_cudart"),
    ("cuda-nvvm", "libnvvm"),
    ("cuda-thrust", "cuda_cccl"),
    ("cudatoolkit", "cuda_cudart"),
    ("cudnn", "cudnn"),
    ("cutensor", "libcutensor"),
    ("gds-tools", "libcufile"),
    ("libaccinj", "cuda_nvprof"),
    ("libcu++-dev", "cuda_cccl"),
    ("libcub-dev", "cuda_cccl"),
    ("libcublas", "libcublas"),
    ("libcudart", "cuda_cudart"),
    ("libcudnn", "cudnn"),
    ("libcudss", "libcudss"),
    ("libcufft", "libcufft"),
    ("libcufile", "libcufile"),
    ("libcuinj", "cuda_nvprof"),
    ("libcupti", "cuda_cupti"),
    ("libcurand", "libcurand"),
    ("libcusolver", "libcusolver"),
    ("libcusparselt", "libcusparse_lt"),
    ("libcusparse", "libcusparse"),
    ("libcutensor", "libcutensor"),
    ("libnccl", "nccl"),
    ("libnpp", "libnpp"),
    ("libnvblas", "libcublas"),
    ("libnvfatbin", "libnvfatbin"),
    ("libnvidia-ml-dev", "cuda_nvml_dev"),
    ("libnvjitlink", "libnvjitlink"),
    ("libnvjpeg", "libnvjpeg"),
    ("libnvrtc", "cuda_nvrtc"),
    ("libnvtoolsext", "cuda_nvtx"),
    ("libnvvm", "libnvvm"),
    ("libthrust-dev", "cuda_cccl"),
    ("nccl", "nccl"),
    ("nsight-compute", "nsight_compute"),
    ("nsight-systems", "nsight_systems"),
    ("nvidia-cuda-dev", "cuda_libraries_dev"),
    ("nvidia-cuda-gdb", "cuda_gdb"),
    ("nvidia-cuda-toolkit", "cuda_nvcc"),
    ("nvidia-opencl-dev", "cuda_opencl"),
    ("nvidia-profiler", "cuda_nvprof"),
];

/// What begins so is of the driver, or no file of it belongs in a toolkit.
const FOREIGN: &[&str] = &[
    "cuda-compat",
    "cuda-drivers",
    "cuda-keyring",
    "cuda-repo",
    "libcuda1",
    "libcudadebugger",
    "libnvidia-",
    "nvidia-cuda-mps",
    "nvidia-cuda-toolkit-doc",
    "nvidia-cuda-toolkit-gcc",
];

/// Parts of a component that have packages of their own.
const PARTS: &[&str] = &["-dev", "-devel", "-impl", "-static", "-tools"];

/// Returns the component that a package belongs to; none for one that isn't of a toolkit.
#[must_use]
pub fn component(package: &str) -> Option<ComponentName> {
    let stem = |(start, _): &&(&str, &str)| package.starts_with(start);
    let is_foreign = FOREIGN.iter().any(|start| package.starts_with(start));
    if is_foreign && !package.starts_with("libnvidia-ml-dev") {
        return None;
    }
    if let Some((_, component)) = STEMS.iter().find(stem) {
        return component.parse().ok();
    }
    let name = without_part(without_release(package)).replace('-', "_");
    let is_known = components::by_name(&name).is_some_and(|row| row.never.is_none());
    let is_unknown = components::by_name(&name).is_none() && name.starts_with("cuda_");
    (is_known || is_unknown).then(|| name.parse().ok()).flatten()
}

/// Returns the CUDA release at the end of a name: 12.4 of `cuda-nvcc-12-4`.
#[must_use]
pub fn release_in_name(package: &str) -> Option<Version> {
    let rest = &package[without_release(package).len()..];
    rest.strip_prefix('-')?.replace('-', ".").parse().ok()
}

/// Returns a component's version, and the CUDA release where the package's version has it: Debian
/// writes `11.8.89~11.8.0-5~deb12u1`, and `11.1.1+~10.9.0.58~11.8.0-5` where it has to count upwards.
#[must_use]
pub fn versions(version: &str) -> Option<(Version, Option<Version>)> {
    let upstream = version.split_once(':').map_or(version, |(_, rest)| rest);
    let upstream = upstream.rsplit_once('-').map_or(upstream, |(upstream, _)| upstream);
    let parts: Vec<&str> = upstream.split(['~', '+']).filter(|part| !part.is_empty()).collect();
    match parts.as_slice() {
        [.., component, release] => Some((component.parse().ok()?, release.parse().ok())),
        [component] => Some((component.parse().ok()?, None)),
        [] => None,
    }
}

fn without_release(package: &str) -> &str {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let mut parts = package.rsplitn(3, '-');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(minor), Some(major), Some(name)) if is_number(minor) && is_number(major) => name,
        _ => package,
    }
}

fn without_part(name: &str) -> &str {
    let name = name.split_once("_linux-").map_or(name, |(name, _)| name);
    PARTS.iter().find_map(|part| name.strip_suffix(part)).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_lead_to_components() {
        for (package, expected) in [
            ("cuda-nvcc-12-4", "cuda_nvcc"),
            ("cuda-cudart-dev-12-4", "cuda_cudart"),
            ("cuda-cudart-devel-12-4", "cuda_cudart"),
            ("cuda-driver-dev-12-4", "cuda_cudart"),
            ("libcublas-dev-12-4", "libcublas"),
            ("cuda-nvvm-13-0", "libnvvm"),
            ("cuda-misc-headers-9-0", "cuda_misc_headers"),
            ("nvidia-cuda-toolkit", "cuda_nvcc"),
            ("libcudart11.0", "cuda_cudart"),
            ("libnvidia-ml-dev", "cuda_nvml_dev"),
            ("libcudnn8-dev", "cudnn"),
            ("cuda-nvcc-impl", "cuda_nvcc"),
            ("cuda-cudart-dev_linux-64", "cuda_cudart"),
            ("libcurand-dev", "libcurand"),
        ] {
            assert_eq!(component(package).map(String::from).as_deref(), Some(expected), "{package}");
        }
        for package in [
            "bash",
            "cuda-drivers-550",
            "libcuda1",
            "libnvidia-compute-550",
            "nvidia-driver",
            "nvidia-fs",
            "../x",
        ] {
            assert_eq!(component(package), None, "{package}");
        }
    }

    #[test]
    fn versions_of_debian_carry_the_release() {
        let read = |text: &str| {
            let (version, release) = versions(text).expect(text);
            (version.to_string(), release.map(|release| release.to_string()).unwrap_or_default())
        };
        assert_eq!(read("11.8.89~11.8.0-5~deb12u1"), ("11.8.89".into(), "11.8.0".into()));
        assert_eq!(read("11.1.1+~10.3.0.86~11.8.0-5"), ("10.3.0.86".into(), "11.8.0".into()));
        assert_eq!(read("12.4.131-1"), ("12.4.131".into(), String::new()));
        assert_eq!(read("12.4.131"), ("12.4.131".into(), String::new()));
        assert_eq!(versions("unknown-1"), None);
        assert_eq!(release_in_name("cuda-nvcc-12-4").map(String::from).as_deref(), Some("12.4"));
        assert_eq!(release_in_name("libcudart11.0"), None);
    }
}
