//! What the wheels of each generation become.

use crate::layout::samples::{Sample, library};

#[test]
fn wheels_of_11() {
    let sample = Sample::new("11.8.0")
        .wheel(
            "cuda_nvcc",
            "11.8.89",
            &[
                "nvidia/__init__.py",
                "nvidia/cuda_nvcc/bin/ptxas",
                "nvidia/cuda_nvcc/include/__init__.py",
                "nvidia/cuda_nvcc/nvvm/include/nvvm.h",
                "nvidia/cuda_nvcc/nvvm/lib64/libnvvm.so",
                "nvidia/cuda_nvcc/nvvm/libdevice/libdevice.10.bc",
                "nvidia_cuda_nvcc_cu11-11.8.89.dist-info/License.txt",
                "nvidia_cuda_nvcc_cu11-11.8.89.dist-info/RECORD",
            ],
        )
        .wheel("cuda_cudart", "11.8.89", &["nvidia/__init__.py", "nvidia/cuda_runtime/lib/libcudart.so.11.0"])
        .wheel(
            "cuda_nvrtc",
            "11.8.89",
            &["nvidia/cuda_nvrtc/lib/libnvrtc-builtins.so.11.8", "nvidia/cuda_nvrtc/lib/libnvrtc.so.11.2"],
        )
        .content("nvvm/lib64/libnvvm.so", &library("libnvvm.so.4"))
        .content("targets/x86_64-linux/lib/libcudart.so.11.0", &library("libcudart.so.11.0"))
        .content("targets/x86_64-linux/lib/libnvrtc.so.11.2", &library("libnvrtc.so.11.2"))
        .content("targets/x86_64-linux/lib/libnvrtc-builtins.so.11.8", b"no library");
    let expected = "\
bin/ptxas
lib -> lib64 *
lib64 -> targets/x86_64-linux/lib *
nvvm/include/nvvm.h
nvvm/lib64/libnvvm.so
nvvm/lib64/libnvvm.so.4 -> libnvvm.so *
nvvm/libdevice/libdevice.10.bc
pkgconfig/cudart-11.8.pc *
pkgconfig/cudart.pc -> cudart-11.8.pc *
pkgconfig/nvrtc-11.8.pc *
pkgconfig/nvrtc.pc -> nvrtc-11.8.pc *
share/licenses/cuda_nvcc/License.txt
targets/x86_64-linux/lib/libcudart.so -> libcudart.so.11.0 *
targets/x86_64-linux/lib/libcudart.so.11.0
targets/x86_64-linux/lib/libnvrtc-builtins.so -> libnvrtc-builtins.so.11.8 *
targets/x86_64-linux/lib/libnvrtc-builtins.so.11.8
targets/x86_64-linux/lib/libnvrtc.so -> libnvrtc.so.11.2 *
targets/x86_64-linux/lib/libnvrtc.so.11.2
version.json *
";
    assert_eq!(sample.tree(), expected);
}

#[test]
fn wheels_of_12() {
    let sample = Sample::new("12.9.1")
        .wheel(
            "cuda_nvrtc",
            "12.9.86",
            &["nvidia/cuda_nvrtc/lib/libnvrtc.so.12", "nvidia/cuda_nvrtc/lib/libnvrtc.alt.so.12"],
        )
        .wheel(
            "cuda_cupti",
            "12.9.79",
            &["nvidia/cuda_cupti/include/cupti.h", "nvidia/cuda_cupti/lib/libcupti.so.12"],
        )
        .wheel("cudnn", "9.10.2.21", &["nvidia/cudnn/include/cudnn.h", "nvidia/cudnn/lib/libcudnn.so.9"]);
    let expected = "\
extras/CUPTI/include/cupti.h
extras/CUPTI/lib64/libcupti.so -> libcupti.so.12 *
extras/CUPTI/lib64/libcupti.so.12
include -> targets/x86_64-linux/include *
lib -> lib64 *
lib64 -> targets/x86_64-linux/lib *
pkgconfig/nvrtc-12.9.pc *
pkgconfig/nvrtc.pc -> nvrtc-12.9.pc *
targets/x86_64-linux/include/cudnn.h
targets/x86_64-linux/include/cupti.h -> ../../../extras/CUPTI/include/cupti.h *
targets/x86_64-linux/lib/libcudnn.so -> libcudnn.so.9 *
targets/x86_64-linux/lib/libcudnn.so.9
targets/x86_64-linux/lib/libcupti.so -> ../../../extras/CUPTI/lib64/libcupti.so *
targets/x86_64-linux/lib/libcupti.so.12 -> ../../../extras/CUPTI/lib64/libcupti.so.12 *
targets/x86_64-linux/lib/libnvrtc.so -> libnvrtc.so.12 *
targets/x86_64-linux/lib/libnvrtc.so.12
version.json *
";
    assert_eq!(sample.tree(), expected);
}

#[test]
fn wheels_of_13() {
    let sample = Sample::new("13.0.2")
        .wheel("cuda_nvcc", "13.0.88", &["nvidia/cu13/bin/nvcc", "nvidia/cu13/bin/nvcc.profile"])
        .wheel(
            "libnvvm",
            "13.0.88",
            &["nvidia/cu13/include/nvvm.h", "nvidia/cu13/lib/libnvvm.so.4", "nvidia/cu13/nvvm/bin/cicc"],
        )
        .wheel(
            "cuda_cccl",
            "13.0.85",
            &[
                "nvidia/cu13/.metadata/provenance.txt",
                "nvidia/cu13/include/cccl/nv/target",
                "nvidia/cu13/lib/cmake/cub/cub-config.cmake",
            ],
        )
        .wheel(
            "cuda_cudart",
            "13.0.96",
            &[
                "nvidia/cu13/lib/libcudart.so.13",
                "nvidia_cuda_runtime-13.0.96.dist-info/licenses/License.txt",
            ],
        );
    let expected = "\
bin/nvcc
bin/nvcc.profile
include -> targets/x86_64-linux/include *
lib -> lib64 *
lib64 -> targets/x86_64-linux/lib *
nvvm/bin/cicc
nvvm/include/nvvm.h -> ../../targets/x86_64-linux/include/nvvm.h *
nvvm/lib64/libnvvm.so -> libnvvm.so.4 *
nvvm/lib64/libnvvm.so.4 -> ../../targets/x86_64-linux/lib/libnvvm.so.4 *
pkgconfig/cudart-13.0.pc *
pkgconfig/cudart.pc -> cudart-13.0.pc *
share/licenses/cuda_cudart/License.txt
targets/x86_64-linux/include/cccl/nv/target
targets/x86_64-linux/include/nvvm.h
targets/x86_64-linux/lib/cmake/cub/cub-config.cmake
targets/x86_64-linux/lib/libcudart.so -> libcudart.so.13 *
targets/x86_64-linux/lib/libcudart.so.13
targets/x86_64-linux/lib/libnvvm.so -> libnvvm.so.4 *
targets/x86_64-linux/lib/libnvvm.so.4
version.json *
";
    assert_eq!(sample.tree(), expected);
}
