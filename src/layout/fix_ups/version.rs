//! `version.json`, which CMake, Meson and people read; `version.txt` before CUDA 11.1.

use std::collections::BTreeMap;

use crate::layout::tree::{LayoutError, Tree, text};
use crate::model::{FixUp, Version};
use crate::packages;

/// The first release with `version.json`.
const JSON_SINCE: [u32; 2] = [11, 1];

pub(super) fn fix_ups(tree: &Tree<'_>) -> Result<Vec<FixUp>, LayoutError> {
    let cuda = tree.composed.cuda;
    if *cuda < Version::from_numbers(JSON_SINCE) {
        return Ok(vec![text("version.txt", format!("CUDA Version {cuda}\n"))]);
    }
    Ok(vec![text("version.json", json(tree))])
}

/// Writes NVIDIA's own shape, blanks included: scripts search it with grep.
fn json(tree: &Tree<'_>) -> String {
    let mut rows = BTreeMap::from([("cuda", ("CUDA SDK", tree.composed.cuda))]);
    for (component, version) in tree.composed.components {
        let component = component.as_str();
        if !is_add_on(component) {
            rows.insert(component, (title(component), version));
        }
    }
    let row = |(key, (name, version)): (&&str, &(&str, &Version))| {
        format!("   \"{key}\" : {{\n      \"name\" : \"{name}\",\n      \"version\" : \"{version}\"\n   }}")
    };
    format!("{{\n{}\n}}\n", rows.iter().map(row).collect::<Vec<_>>().join(",\n"))
}

fn is_add_on(component: &str) -> bool {
    packages::add_ons().any(|kind| kind.name == component || kind.redist_components.contains(&component))
}

/// Returns a component's name as the redist manifests give it; its identifier where they don't.
fn title(component: &str) -> &str {
    TITLES.iter().find(|(name, _)| *name == component).map_or(component, |(_, title)| title)
}

const TITLES: &[(&str, &str)] = &[
    ("cccl", "CXX Core Compute Libraries"),
    ("cuda_cccl", "CXX Core Compute Libraries"),
    ("cuda_crt", "CUDA CRT"),
    ("cuda_ctadvisor", "ctadvisor"),
    ("cuda_cudart", "CUDA Runtime (cudart)"),
    ("cuda_culibos", "CUDA MATH Library (cuda culibos)"),
    ("cuda_cuobjdump", "cuobjdump"),
    ("cuda_cupti", "CUPTI"),
    ("cuda_cuxxfilt", "CUDA cuxxfilt (demangler)"),
    ("cuda_demo_suite", "CUDA Demo Suite"),
    ("cuda_documentation", "CUDA Documentation"),
    ("cuda_gdb", "CUDA GDB"),
    ("cuda_memcheck", "CUDA Memcheck"),
    ("cuda_nsight", "Nsight Eclipse Edition Plugin"),
    ("cuda_nvcc", "CUDA NVCC"),
    ("cuda_nvdisasm", "CUDA nvdisasm"),
    ("cuda_nvml_dev", "CUDA NVML Headers"),
    ("cuda_nvprof", "CUDA nvprof"),
    ("cuda_nvprune", "CUDA nvprune"),
    ("cuda_nvrtc", "CUDA NVRTC"),
    ("cuda_nvtx", "CUDA NVTX"),
    ("cuda_nvvp", "CUDA NVVP"),
    ("cuda_opencl", "CUDA OpenCL"),
    ("cuda_profiler_api", "CUDA Profiler API"),
    ("cuda_sandbox_dev", "CUDA nvsandboxutils Headers"),
    ("cuda_sanitizer_api", "CUDA Compute Sanitizer API"),
    ("cuda_tileiras", "CUDA TileIR Assembler"),
    ("libcublas", "CUDA cuBLAS"),
    ("libcudla", "cuDLA"),
    ("libcufft", "CUDA cuFFT"),
    ("libcufile", "CUDA cuFile"),
    ("libcuobjclient", "CUDA cuObject Client"),
    ("libcurand", "CUDA cuRAND"),
    ("libcusolver", "CUDA cuSOLVER"),
    ("libcusparse", "CUDA cuSPARSE"),
    ("libnpp", "CUDA NPP"),
    ("libnvfatbin", "NVIDIA compiler library for fatbin interaction"),
    ("libnvjitlink", "NVIDIA compiler library for JIT LTO functionality"),
    ("libnvjpeg", "CUDA nvJPEG"),
    ("libnvptxcompiler", "CUDA libnvptxcompiler"),
    ("libnvvm", "CUDA NVVM"),
    ("libnvvm_samples", "NVVM library samples"),
    ("nsight_compute", "Nsight Compute"),
    ("nsight_systems", "Nsight Systems"),
];
