//! What the redist archives of each generation become.

use crate::layout::samples::{Sample, library};
use crate::model::Platform;

const NVCC_11: &[&str] = &[
    "LICENSE",
    "bin/nvcc",
    "bin/nvcc.profile",
    "include/crt/host_config.h",
    "nvvm/bin/cicc",
    "nvvm/include/nvvm.h",
    "nvvm/lib64/libnvvm.so -> libnvvm.so.4",
    "nvvm/lib64/libnvvm.so.4 -> libnvvm.so.4.0.0",
    "nvvm/lib64/libnvvm.so.4.0.0",
    "nvvm/libdevice/libdevice.10.bc",
];

const CUDART_11: &[&str] = &[
    "LICENSE",
    "include/cuda_runtime.h",
    "lib/libcudadevrt.a",
    "lib/libcudart.so -> libcudart.so.11.0",
    "lib/libcudart.so.11.0 -> libcudart.so.11.4.108",
    "lib/libcudart.so.11.4.108",
    "lib/libcudart_static.a",
    "lib/stubs/libcuda.so",
    "pkg-config/cuda-11.4.pc",
    "pkg-config/cudart-11.4.pc",
];

const CUDART_PC: &[u8] = b"cudaroot=/build/agent/cuda-11.4
libdir=${cudaroot}/targets/x86_64-linux/lib
includedir=${cudaroot}/targets/x86_64-linux/include

Name: cudart
Description: CUDA Runtime Library
Version: 11.4
Libs: -L${libdir} -lcudart
Cflags: -I${includedir}
";

fn with_pc(sample: Sample) -> Sample {
    let cuda =
        String::from_utf8_lossy(CUDART_PC).replace("linux/lib", "linux/lib/stubs").replace("cudart", "cuda");
    let cuda = cuda.replace("-L${libdir}", "-L/build/agent/lib");
    sample.content("pkgconfig/cudart-11.4.pc", CUDART_PC).content("pkgconfig/cuda-11.4.pc", cuda.as_bytes())
}

fn redist_11_4() -> Sample {
    let sample = Sample::new("11.4.2").archive("cuda_nvcc", "11.4.120", NVCC_11);
    with_pc(sample.archive("cuda_cudart", "11.4.108", CUDART_11))
}

#[test]
fn redist_of_11_4() {
    let expected = "\
bin/nvcc
bin/nvcc.profile
include -> targets/x86_64-linux/include *
lib -> lib64 *
lib64 -> targets/x86_64-linux/lib *
nvvm/bin/cicc
nvvm/include/nvvm.h
nvvm/lib64/libnvvm.so -> libnvvm.so.4
nvvm/lib64/libnvvm.so.4 -> libnvvm.so.4.0.0
nvvm/lib64/libnvvm.so.4.0.0
nvvm/libdevice/libdevice.10.bc
pkgconfig/cuda-11.4.pc *
pkgconfig/cuda.pc -> cuda-11.4.pc *
pkgconfig/cudart-11.4.pc *
pkgconfig/cudart.pc -> cudart-11.4.pc *
share/licenses/cuda_cudart/LICENSE
share/licenses/cuda_nvcc/LICENSE
targets/x86_64-linux/include/crt/host_config.h
targets/x86_64-linux/include/cuda_runtime.h
targets/x86_64-linux/lib/libcudadevrt.a
targets/x86_64-linux/lib/libcudart.so -> libcudart.so.11.0
targets/x86_64-linux/lib/libcudart.so.11.0 -> libcudart.so.11.4.108
targets/x86_64-linux/lib/libcudart.so.11.4.108
targets/x86_64-linux/lib/libcudart_static.a
targets/x86_64-linux/lib/stubs/libcuda.so
targets/x86_64-linux/lib/stubs/libcuda.so.1 -> libcuda.so *
version.json *
";
    assert_eq!(redist_11_4().tree(), expected);
}

#[test]
fn pc_files_lose_the_build_machines_paths() {
    let sample = redist_11_4();
    assert_eq!(
        sample.written("pkgconfig/cudart-11.4.pc"),
        "cudaroot=${pcfiledir}/..
libdir=${cudaroot}/targets/x86_64-linux/lib
includedir=${cudaroot}/targets/x86_64-linux/include

Name: cudart
Description: CUDA Runtime Library
Version: 11.4
Libs: -L${libdir} -lcudart
Cflags: -I${includedir}
"
    );
    let cuda = sample.written("pkgconfig/cuda-11.4.pc");
    assert!(cuda.contains("libdir=${cudaroot}/targets/x86_64-linux/lib/stubs\n"), "{cuda}");
    assert!(cuda.contains("Libs: -L${libdir} -lcuda\n") && !cuda.contains("/build"), "{cuda}");
}

#[test]
fn pc_files_beside_libraries_lose_them_too() {
    let path = "targets/x86_64-linux/lib/pkgconfig/cudart-11.4.pc";
    let sample = Sample::new("11.4.2").runfile("cuda_cudart", "11.4.108", &[path]).content(path, CUDART_PC);
    let text = sample.written(path);
    assert!(text.starts_with("cudaroot=${pcfiledir}/../../../..\nlibdir=${cudaroot}/targets/"), "{text}");
    assert!(!text.contains("/build"), "{text}");
}

#[test]
fn version_json_has_nvidias_shape() {
    let sample = redist_11_4().archive("cudnn", "8.9.7.29", &["include/cudnn.h", "lib/libcudnn.so"]);
    let sample = sample.content("targets/x86_64-linux/lib/libcudnn.so", &library("libcudnn.so.8"));
    let json = sample.written("version.json");
    assert_eq!(
        json,
        r#"{
   "cuda" : {
      "name" : "CUDA SDK",
      "version" : "11.4.2"
   },
   "cuda_cudart" : {
      "name" : "CUDA Runtime (cudart)",
      "version" : "11.4.108"
   },
   "cuda_nvcc" : {
      "name" : "CUDA NVCC",
      "version" : "11.4.120"
   }
}
"#
    );
    assert!(serde_json::from_str::<serde_json::Value>(&json).is_ok());
    assert_eq!(Sample::new("10.0.130").written("version.txt"), "CUDA Version 10.0.130\n");
}

#[test]
fn redist_of_11_8_with_cupti_and_tools() {
    let sample = Sample::new("11.8.0")
        .archive(
            "cuda_cupti",
            "11.8.87",
            &[
                "LICENSE",
                "include/Openmp/omp-tools.h",
                "include/cupti.h",
                "lib/libcupti.so -> libcupti.so.11.8",
                "lib/libcupti.so.11.8 -> libcupti.so.2022.3.0",
                "lib/libcupti.so.2022.3.0",
                "samples/callback/Makefile",
            ],
        )
        .archive("cuda_sanitizer_api", "11.8.86", &["compute-sanitizer/compute-sanitizer"])
        .archive(
            "nsight_compute",
            "2022.3.0.22",
            &["nsight-compute/2022.3.0/ncu", "nsight-compute/2022.3.0/ncu-ui"],
        )
        .archive(
            "nsight_systems",
            "2022.4.2.1",
            &[
                "nsight-systems/2022.4.2/bin/nsys",
                "nsight-systems/2022.4.2/target-linux-x64/nsys",
                "bin/nsys-ui",
            ],
        );
    let expected = "\
bin/compute-sanitizer -> ../compute-sanitizer/compute-sanitizer *
bin/ncu -> ../nsight-compute/2022.3.0/ncu *
bin/ncu-ui -> ../nsight-compute/2022.3.0/ncu-ui *
bin/nsys -> ../nsight-systems/2022.4.2/bin/nsys *
bin/nsys-ui
compute-sanitizer/compute-sanitizer
extras/CUPTI/include/Openmp/omp-tools.h
extras/CUPTI/include/cupti.h
extras/CUPTI/lib64/libcupti.so -> libcupti.so.11.8
extras/CUPTI/lib64/libcupti.so.11.8 -> libcupti.so.2022.3.0
extras/CUPTI/lib64/libcupti.so.2022.3.0
extras/CUPTI/samples/callback/Makefile
include -> targets/x86_64-linux/include *
lib -> lib64 *
lib64 -> targets/x86_64-linux/lib *
nsight-compute/2022.3.0/ncu
nsight-compute/2022.3.0/ncu-ui
nsight-systems/2022.4.2/bin/nsys
nsight-systems/2022.4.2/target-linux-x64/nsys
share/licenses/cuda_cupti/LICENSE
targets/x86_64-linux/include/Openmp/omp-tools.h -> ../../../../extras/CUPTI/include/Openmp/omp-tools.h *
targets/x86_64-linux/include/cupti.h -> ../../../extras/CUPTI/include/cupti.h *
targets/x86_64-linux/lib/libcupti.so -> ../../../extras/CUPTI/lib64/libcupti.so *
targets/x86_64-linux/lib/libcupti.so.11.8 -> ../../../extras/CUPTI/lib64/libcupti.so.11.8 *
targets/x86_64-linux/lib/libcupti.so.2022.3.0 -> ../../../extras/CUPTI/lib64/libcupti.so.2022.3.0 *
version.json *
";
    assert_eq!(sample.tree(), expected);
}

#[test]
fn redist_of_12_4_on_sbsa_with_cudnn() {
    let sample = Sample::new("12.4.1")
        .on(Platform::LinuxSbsa)
        .archive(
            "cuda_cccl",
            "12.4.127",
            &["include/nv/target", "include/thrust/sort.h", "lib/cmake/cub/cub-config.cmake"],
        )
        .archive(
            "cudnn",
            "9.1.0.70",
            &[
                "LICENSE",
                "include/cudnn.h",
                "lib/libcudnn.so.9 -> libcudnn.so.9.1.0",
                "lib/libcudnn.so.9.1.0",
            ],
        );
    let expected = "\
include -> targets/sbsa-linux/include *
lib -> lib64 *
lib64 -> targets/sbsa-linux/lib *
share/licenses/cudnn/LICENSE
targets/sbsa-linux/include/cudnn.h
targets/sbsa-linux/include/nv/target
targets/sbsa-linux/include/thrust/sort.h
targets/sbsa-linux/lib/cmake/cub/cub-config.cmake
targets/sbsa-linux/lib/libcudnn.so -> libcudnn.so.9 *
targets/sbsa-linux/lib/libcudnn.so.9 -> libcudnn.so.9.1.0
targets/sbsa-linux/lib/libcudnn.so.9.1.0
version.json *
";
    assert_eq!(sample.tree(), expected);
}

#[test]
fn redist_of_13_keeps_compiler_parts_apart() {
    let thirteen = |cuda: &str, cccl: &str| {
        Sample::new(cuda)
            .archive("cuda_nvcc", "13.0.88", &["LICENSE", "bin/nvcc", "bin/nvcc.profile"])
            .archive("cuda_crt", "13.0.88", &["LICENSE", "include/crt/host_config.h"])
            .archive(
                "libnvvm",
                "13.0.88",
                &["LICENSE", "nvvm/bin/cicc", "nvvm/lib64/libnvvm.so.4", "nvvm/include/nvvm.h"],
            )
            .archive(cccl, "13.0.85", &["LICENSE", "include/cccl/nv/target"])
            .tree()
    };
    let expected = "\
bin/nvcc
bin/nvcc.profile
include -> targets/x86_64-linux/include *
nvvm/bin/cicc
nvvm/include/nvvm.h
nvvm/lib64/libnvvm.so -> libnvvm.so.4 *
nvvm/lib64/libnvvm.so.4
share/licenses/CCCL/LICENSE
share/licenses/cuda_crt/LICENSE
share/licenses/cuda_nvcc/LICENSE
share/licenses/libnvvm/LICENSE
targets/x86_64-linux/include/cccl/nv/target
targets/x86_64-linux/include/crt/host_config.h
version.json *
";
    let sorted = |text: &str| {
        let mut lines: Vec<&str> = text.lines().collect();
        lines.sort_unstable();
        lines.join("\n")
    };
    for (cuda, cccl) in [("13.0.2", "cuda_cccl"), ("13.4.2", "cccl")] {
        assert_eq!(sorted(&thirteen(cuda, cccl)), sorted(&expected.replace("CCCL", cccl)), "{cuda}");
    }
}
