//! Whose the paths of each generation's runfiles are, and where they come to stand.

use std::collections::BTreeSet;

use super::opens;
use crate::layout::{is_in_old_runfiles, samples};
use crate::model::{Format, Platform, Profile};
use crate::packages::components;

/// A path of a payload, where it stands, and the profiles that have it: r, m, d and f.
type Case = (&'static str, &'static str, &'static str);

const PROFILES: [(Profile, char); 4] =
    [(Profile::Runtime, 'r'), (Profile::Minimal, 'm'), (Profile::Devel, 'd'), (Profile::Full, 'f')];

/// The toolkit in one tree, below whatever holds it.
const TREE: &[Case] = &[
    ("EULA.txt", "share/licenses/cuda/EULA.txt", "rmdf"),
    ("version.txt", "version.txt", "rmdf"),
    ("bin/nvcc", "bin/nvcc", "mdf"),
    ("bin/nvcc.profile", "bin/nvcc.profile", "mdf"),
    ("bin/ptxas", "bin/ptxas", "mdf"),
    ("bin/cudafe++", "bin/cudafe++", "mdf"),
    ("bin/crt/link.stub", "bin/crt/link.stub", "mdf"),
    ("bin/cuobjdump", "bin/cuobjdump", "df"),
    ("bin/gpu-library-advisor", "bin/gpu-library-advisor", "df"),
    ("bin/cuda-gdb", "bin/cuda-gdb", "f"),
    ("bin/cuda-memcheck", "bin/cuda-memcheck", "f"),
    ("bin/nvprof", "bin/nvprof", "f"),
    ("bin/nsight", "bin/nsight", "f"),
    ("bin/nvvp", "bin/nvvp", "f"),
    ("bin/uninstall_cuda_10.0.pl", "", ""),
    ("bin/cuda-install-samples-10.0.sh", "", ""),
    ("bin/.cuda_toolkit_uninstall_manifest_do_not_delete.txt", "", ""),
    ("install-linux.pl", "", ""),
    ("InstallUtils.pm", "", ""),
    ("nvvm/bin/cicc", "nvvm/bin/cicc", "mdf"),
    ("nvvm/libdevice/libdevice.10.bc", "nvvm/libdevice/libdevice.10.bc", "mdf"),
    ("nvvm/libnvvm-samples/README.txt", "nvvm/libnvvm-samples/README.txt", "f"),
    ("include/cuda_runtime.h", "targets/x86_64-linux/include/cuda_runtime.h", "rmdf"),
    ("targets/x86_64-linux/include/cuda.h", "targets/x86_64-linux/include/cuda.h", "rmdf"),
    ("include/crt/host_config.h", "targets/x86_64-linux/include/crt/host_config.h", "mdf"),
    ("include/thrust/sort.h", "targets/x86_64-linux/include/thrust/sort.h", "mdf"),
    ("include/nvToolsExt.h", "targets/x86_64-linux/include/nvToolsExt.h", "rmdf"),
    ("targets/x86_64-linux/include/cublas_v2.h", "targets/x86_64-linux/include/cublas_v2.h", "rdf"),
    ("include/nvml.h", "targets/x86_64-linux/include/nvml.h", "df"),
    ("lib64/libcudart.so.10.0.130", "targets/x86_64-linux/lib/libcudart.so.10.0.130", "rmdf"),
    ("targets/x86_64-linux/lib/libcudadevrt.a", "targets/x86_64-linux/lib/libcudadevrt.a", "rmdf"),
    ("lib64/stubs/libcuda.so", "targets/x86_64-linux/lib/stubs/libcuda.so", "rmdf"),
    ("lib64/stubs/libnvidia-ml.so", "targets/x86_64-linux/lib/stubs/libnvidia-ml.so", "df"),
    ("lib64/libcublas.so.10.0", "targets/x86_64-linux/lib/libcublas.so.10.0", "rdf"),
    ("lib64/libnvgraph.so.10.0", "targets/x86_64-linux/lib/libnvgraph.so.10.0", "rdf"),
    ("lib64/libcuinj64.so.10.0", "targets/x86_64-linux/lib/libcuinj64.so.10.0", "f"),
    ("lib/libcudart.so.7.5", "", ""),
    ("pkgconfig/cudart-10.0.pc", "pkgconfig/cudart-10.0.pc", "rmdf"),
    ("pkgconfig/cublas-10.0.pc", "pkgconfig/cublas-10.0.pc", "rdf"),
    ("extras/CUPTI/include/cupti.h", "extras/CUPTI/include/cupti.h", "df"),
    ("extras/CUPTI/lib64/libcupti.so.10.0", "extras/CUPTI/lib64/libcupti.so.10.0", "df"),
    ("extras/demo_suite/deviceQuery", "extras/demo_suite/deviceQuery", "f"),
    ("extras/Debugger/Readme-debugger-api.txt", "extras/Debugger/Readme-debugger-api.txt", "f"),
    ("doc/html/index.html", "doc/html/index.html", "f"),
    ("jre/bin/java", "jre/bin/java", "f"),
    ("libnvvp/nvvp", "libnvvp/nvvp", "f"),
    ("libnsight/nsight", "libnsight/nsight", "f"),
    ("tools/CUDA_Occupancy_Calculator.xls", "tools/CUDA_Occupancy_Calculator.xls", "df"),
    ("share/gdb/python/gdb/__init__.py", "share/gdb/python/gdb/__init__.py", "f"),
    ("share/applications/nvvp.desktop", "", ""),
    ("targets/ppc64le-linux/lib/libcudart.so", "targets/ppc64le-linux/lib/libcudart.so", "f"),
];

fn assert_places(top: &str, cases: &[Case], platform: Platform) {
    for (path, expected, profiles) in cases {
        let path = format!("{top}{path}");
        for (profile, letter) in PROFILES {
            let component = format!("toolkit_{profile}");
            let placement = samples::placement_of(&component, Format::Runfile, platform);
            let expected = profiles.contains(letter).then(|| (*expected).to_owned());
            assert_eq!(placement.place(&path), expected, "{path} in {profile}");
        }
    }
}

#[test]
fn up_to_10_0_the_tree_is_in_a_runfile_within() {
    for inner in ["cuda-linux64-rel-8.0.61-21551265.run", "cuda-linux.10.0.130-24817639.run"] {
        assert!(opens(&format!("run_files/{inner}")), "{inner}");
        assert_places(&format!("run_files/{inner}/"), TREE, Platform::LinuxX86_64);
        assert_places(&format!("./run_files/{inner}/"), &TREE[..4], Platform::LinuxX86_64);
    }
}

#[test]
fn nothing_else_is_opened_or_taken() {
    for path in [
        "run_files/NVIDIA-Linux-x86_64-410.48.run",
        "run_files/cuda-samples-linux-10.0.130-24817639.run",
        "run_files/cuda-samples.10.0.130-24817639-linux.run",
        "cuda-linux.10.0.130-24817639.run",
        "run_files/cuda-linux.10.0.130-24817639.run/cuda-linux.run",
        "builds/NVIDIA-Linux-x86_64-450.51.06.run",
    ] {
        assert!(!opens(path), "{path}");
    }
    let never: Vec<Case> = [
        "cuda-installer",
        "cuda-installer.pl",
        "InstallUtils.pm",
        "uninstall_cuda.pl",
        "manifests/cuda_x86_64.xml",
        "run_files/NVIDIA-Linux-x86_64-410.48.run",
        "run_files/NVIDIA-Linux-x86_64-410.48.run/nvidia-installer",
        "run_files/cuda-samples-linux-10.0.130-24817639.run/0_Simple/Makefile",
        "builds/NVIDIA-Linux-x86_64-450.51.06.run",
        "builds/bin/cuda-uninstaller",
        "builds/integration/nsight-compute/ncu-ui",
        "builds/kernelobjects/nvidia.ko",
        "builds/nvidia_fs/usr/src/nvfs.c",
        "builds/nvidia_driver/nvidia-installer",
        "builds/fabricmanager/bin/nv-fabricmanager",
        "builds/imex/bin/nvidia-imex",
        "builds/cuda_compat/compat/libcuda.so.1",
    ]
    .map(|path| (path, "", ""))
    .to_vec();
    assert_places("", &never, Platform::LinuxX86_64);
}

#[test]
fn of_10_1_and_10_2_the_tree_is_a_directory_with_cublas_beside_it() {
    let cases: Vec<Case> = TREE.iter().filter(|(path, ..)| *path != "EULA.txt").copied().collect();
    assert_places("builds/cuda-toolkit/", &cases, Platform::LinuxX86_64);
    let cases = [
        ("EULA.txt", "share/licenses/cuda/EULA.txt", "rmdf"),
        ("builds/cublas/include/cublas_v2.h", "targets/x86_64-linux/include/cublas_v2.h", "rdf"),
        (
            "builds/cublas/lib64/libcublas.so.10.2.1.243",
            "targets/x86_64-linux/lib/libcublas.so.10.2.1.243",
            "rdf",
        ),
        ("builds/cublas/lib64/stubs/libcublas.so", "targets/x86_64-linux/lib/stubs/libcublas.so", "rdf"),
        ("builds/cublas/src/fortran.c", "src/fortran.c", "rdf"),
        ("builds/cuda_cupti/extras/CUPTI/lib64/libcupti.so", "extras/CUPTI/lib64/libcupti.so", "df"),
        ("builds/cuda-samples/0_Simple/Makefile", "samples/0_Simple/Makefile", "f"),
        (
            "builds/cuda-toolkit/nsight-compute-2019.5.0/nv-nsight-cu",
            "nsight-compute-2019.5.0/nv-nsight-cu",
            "f",
        ),
    ];
    assert_places("", &cases, Platform::LinuxX86_64);
}

#[test]
fn from_11_on_each_component_has_its_directory() {
    let cases = [
        ("EULA.txt", "share/licenses/cuda/EULA.txt", "rmdf"),
        ("builds/version.json", "version.json", "rmdf"),
        ("builds/cuda_nvcc/bin/nvcc", "bin/nvcc", "mdf"),
        ("builds/cuda_nvcc/nvvm/bin/cicc", "nvvm/bin/cicc", "mdf"),
        ("builds/libnvvm/nvvm/libdevice/libdevice.10.bc", "nvvm/libdevice/libdevice.10.bc", "mdf"),
        (
            "builds/cuda_crt/targets/sbsa-linux/include/crt/host_config.h",
            "targets/sbsa-linux/include/crt/host_config.h",
            "mdf",
        ),
        ("builds/cuda_thrust/include/thrust/sort.h", "targets/sbsa-linux/include/thrust/sort.h", "mdf"),
        ("builds/cuda_cudart/lib64/libcudart.so.11.0", "targets/sbsa-linux/lib/libcudart.so.11.0", "rmdf"),
        ("builds/cuda_cudart/LICENSE", "share/licenses/cuda_cudart/LICENSE", "rmdf"),
        (
            "builds/libcublas/targets/sbsa-linux/lib/libcublas.so.11",
            "targets/sbsa-linux/lib/libcublas.so.11",
            "rdf",
        ),
        ("builds/cuda_cupti/extras/CUPTI/include/cupti.h", "extras/CUPTI/include/cupti.h", "df"),
        ("builds/cuda_cupti/include/cupti.h", "extras/CUPTI/include/cupti.h", "df"),
        ("builds/cuda_cupti/targets/sbsa-linux/lib/libcupti.so", "targets/sbsa-linux/lib/libcupti.so", "df"),
        (
            "builds/cuda_sanitizer_api/compute-sanitizer/compute-sanitizer",
            "compute-sanitizer/compute-sanitizer",
            "df",
        ),
        ("builds/cuda_gdb/bin/cuda-gdb", "bin/cuda-gdb", "f"),
        ("builds/cuda_documentation/doc/index.html", "doc/index.html", "f"),
        ("builds/cuda_tomorrow/bin/tomorrow", "bin/tomorrow", "f"),
        ("builds/nsight_compute/ncu", "nsight-compute/ncu", "f"),
        ("builds/nsight_systems/nsight-systems-2020.3/bin/nsys", "nsight-systems-2020.3/bin/nsys", "f"),
        ("builds/cuda_samples/samples/Makefile", "samples/Makefile", "f"),
        ("builds/cuda_uninstaller/bin/cuda-uninstaller", "", ""),
    ];
    assert_places("", &cases, Platform::LinuxSbsa);
}

#[test]
fn power_has_its_own_target() {
    let cases = [
        ("include/cuda.h", "targets/ppc64le-linux/include/cuda.h", "rmdf"),
        ("targets/ppc64le-linux/lib/libcudart.so", "targets/ppc64le-linux/lib/libcudart.so", "rmdf"),
    ];
    assert_places("builds/cuda-toolkit/", &cases, Platform::LinuxPpc64le);
}

#[test]
fn a_component_takes_its_own_files_only() {
    for (component, taken) in [
        (
            "cuda_gdb",
            vec![
                "bin/cuda-gdb",
                "extras/Debugger/Readme-debugger-api.txt",
                "share/gdb/python/gdb/__init__.py",
            ],
        ),
        ("cuda_memcheck", vec!["bin/cuda-memcheck"]),
        ("cccl", vec!["include/thrust/sort.h"]),
        ("libcufile", vec![]),
    ] {
        let placement = samples::placement_of(component, Format::Runfile, Platform::LinuxX86_64);
        let is_taken = |path: &&str| {
            placement.place(&format!("run_files/cuda-linux.10.0.130-24817639.run/{path}")).is_some()
        };
        let paths: Vec<&str> = TREE.iter().map(|(path, ..)| *path).filter(is_taken).collect();
        assert_eq!(paths, taken, "{component}");
    }
}

#[test]
fn the_rules_name_components_of_the_table() {
    let named: BTreeSet<_> = components::all()
        .iter()
        .filter(|row| is_in_old_runfiles(&row.name))
        .map(|row| row.name.as_str())
        .collect();
    for name in super::runfile_rules::components() {
        assert!(named.contains(name), "{name}");
    }
    assert!(named.contains("cuda_gdb") && !named.contains("libnvjitlink"), "{named:?}");
}
