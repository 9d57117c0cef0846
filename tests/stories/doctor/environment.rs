//! PATH, `LD_LIBRARY_PATH`, compilers and Python environments.

use std::fs;
use std::os::unix::fs::symlink;

use super::patient::Patient;
use super::{Case, examine};

fn library_path(patient: &mut Patient, value: &str) {
    patient.sandbox.set("LD_LIBRARY_PATH", value);
}

fn no_library_path(patient: &mut Patient) {
    library_path(patient, "");
}

/// Writes a library that loads others, as a compiler links one.
fn library(patient: &Patient, path: &std::path::Path, soname: &str, needs: &[&str]) {
    let directory = patient.sandbox.path().join("link");
    fs::create_dir_all(&directory).expect("made");
    let link = |output: &std::path::Path, soname: &str, others: &[std::path::PathBuf]| {
        let mut command = std::process::Command::new("/usr/bin/gcc");
        command.args([
            "-shared",
            "-nostdlib",
            "-Wl,--no-as-needed",
            &format!("-Wl,-soname,{soname}"),
            "-x",
            "c",
            "/dev/null",
            "-x",
            "none",
            "-o",
        ]);
        assert!(command.arg(output).args(others).status().expect("gcc").success());
    };
    let others: Vec<_> = needs.iter().map(|name| directory.join(name)).collect();
    needs.iter().zip(&others).for_each(|(name, path)| link(path, name, &[]));
    fs::create_dir_all(path.parent().expect("a parent")).expect("made");
    link(path, soname, &others);
}

pub(super) const CASES: &[Case] = &[
    Case {
        code: "compiler-missing",
        sicken: |patient| {
            for name in ["gcc", "g++"] {
                fs::remove_file(patient.sandbox.path().join("bin").join(name)).expect("removed");
            }
            let bin = patient.sandbox.path().join("bin");
            patient.sandbox.set("PATH", bin);
        },
        heal: |patient| patient.compiler(12, 36),
    },
    Case {
        code: "compiler-too-new",
        sicken: |patient| patient.compiler(100, 36),
        heal: |patient| patient.compiler(99, 36),
    },
    Case {
        code: "glibc-collides",
        sicken: |patient| patient.compiler(12, 41),
        heal: |patient| patient.ok(&["install", "12.4.1", "--glibc-fix", "on"]),
    },
    Case {
        code: "several-toolkits-on-path",
        sicken: |patient| {
            let (one, other) =
                (patient.toolkit("opt/cuda-9.0", "9.0.176"), patient.toolkit("opt/cuda-9.2", "9.2.148"));
            patient.path_with(&[&one.join("bin"), &other.join("bin")]);
        },
        heal: |patient| patient.path_with(&[]),
    },
    Case {
        code: "cuda-home-differs",
        sicken: |patient| {
            let (one, other) =
                (patient.toolkit("opt/cuda-9.0", "9.0.176"), patient.toolkit("opt/cuda-9.2", "9.2.148"));
            patient.path_with(&[&one.join("bin")]);
            patient.sandbox.set("CUDA_HOME", other);
        },
        heal: |patient| patient.sandbox.set("CUDA_HOME", ""),
    },
    Case {
        code: "cuda-home-missing",
        sicken: |patient| patient.sandbox.set("CUDA_HOME", "/usr/local/cuda-10.9"),
        heal: |patient| patient.sandbox.set("CUDA_HOME", patient.sandbox.root("12.4.1")),
    },
    Case {
        code: "another-nvcc-first",
        sicken: |patient| {
            let other = patient.toolkit("opt/cuda-9.0", "9.0.176");
            patient.path_with(&[&other.join("bin")]);
        },
        heal: |patient| {
            let shims = patient.sandbox.store().join("shims/bin");
            patient.path_with(&[&shims]);
        },
    },
    Case {
        code: "ccache-mixes-toolkits",
        sicken: |patient| {
            patient.install("11.8.0");
            patient.program(
                "bin/ccache",
                "#!/bin/sh\n[ \"$*\" = '--get-config compiler_check' ] && echo mtime\n",
            );
            let shims = patient.sandbox.store().join("shims/bin");
            patient.path_with(&[&shims]);
        },
        heal: |patient| patient.program("bin/ccache", "#!/bin/sh\necho '%compiler% --version'\n"),
    },
    Case {
        code: "usr-local-cuda-elsewhere",
        sicken: |patient| drop(patient.toolkit("machine/usr/local/cuda", "9.0.176")),
        heal: |patient| patient.remove("usr/local/cuda"),
    },
    Case {
        code: "library-path-empty-element",
        sicken: |patient| library_path(patient, "/opt/mine/lib:"),
        heal: |patient| library_path(patient, "/opt/mine/lib"),
    },
    Case {
        code: "library-path-stubs",
        sicken: |patient| {
            let stubs = patient.sandbox.root("12.4.1").join("lib64/stubs");
            library_path(patient, stubs.to_str().expect("text"));
        },
        heal: no_library_path,
    },
    Case {
        code: "library-path-driver",
        sicken: |patient| {
            let library = patient.file("usr/local/cuda-12.4/compat/libcuda.so.1", "");
            library_path(patient, library.parent().and_then(std::path::Path::to_str).expect("text"));
        },
        heal: no_library_path,
    },
    Case {
        code: "library-path-other-cuda",
        sicken: |patient| {
            let other = patient.toolkit("opt/cuda-9.0", "9.0.176");
            library_path(patient, other.join("lib64").to_str().expect("text"));
        },
        heal: no_library_path,
    },
    Case {
        code: "library-path-shadows-wheels",
        sicken: |patient| {
            let site = patient.venv(&["torch-2.4.1+cu121"]);
            fs::create_dir_all(site.join("nvidia/nvjitlink/lib")).expect("made");
            let library = patient.file("opt/lib/libnvJitLink.so.12", "");
            library_path(patient, library.parent().and_then(std::path::Path::to_str).expect("text"));
        },
        heal: no_library_path,
    },
    Case {
        code: "library-path-missing-directory",
        sicken: |patient| library_path(patient, "/usr/local/cuda-8.9/lib64"),
        heal: no_library_path,
    },
    Case {
        code: "tensorflow-twice",
        sicken: |patient| drop(patient.venv(&["tensorflow-1.14.0", "tensorflow_gpu-1.14.0"])),
        heal: |patient| {
            let site = patient.venv(&[]);
            fs::remove_dir(site.join("tensorflow-1.14.0.dist-info")).expect("removed");
        },
    },
    Case {
        code: "torch-without-cuda",
        sicken: |patient| drop(patient.venv(&["torch-2.4.1+cpu"])),
        heal: |patient| {
            let site = patient.venv(&["torch-2.4.1+cu124"]);
            fs::remove_dir(site.join("torch-2.4.1+cpu.dist-info")).expect("removed");
        },
    },
    Case {
        code: "torch-of-another-cuda",
        sicken: |patient| drop(patient.venv(&["torch-2.4.1+cu118"])),
        heal: |patient| {
            patient.install("11.8.0");
            patient.choose("11.8");
        },
    },
    Case {
        code: "cudnn-missing",
        sicken: |patient| drop(patient.venv(&["tensorflow_gpu-2.10.1"])),
        heal: |patient| patient.choose_linked("opt/cuda-11.2", "11.2.2", [8, 1, 1]),
    },
    Case {
        code: "cudnn-other-major",
        sicken: |patient| {
            patient.choose_linked("opt/cuda-10.0", "10.0.130", [8, 0, 5]);
            patient.venv(&["tensorflow_gpu-1.14.0"]);
        },
        heal: |patient| patient.cudnn([7, 4, 2]),
    },
    Case {
        code: "library-missing",
        sicken: |patient| {
            let site = patient.venv(&["torch-1.13.1+cu117"]);
            library(
                patient,
                &site.join("torch/lib/libtorch_cuda.so"),
                "libtorch_cuda.so",
                &["libcublas.so.11", "libcudart.so.11.0"],
            );
        },
        heal: |patient| {
            let lib = patient.sandbox.path().join("venv/lib/python3.11/site-packages/torch/lib");
            fs::write(lib.join("libcublas.so.11"), "").expect("written");
            fs::write(lib.join("libcudart.so.11.0"), "").expect("written");
        },
    },
    Case {
        code: "link-of-another-soname",
        sicken: |patient| {
            let real = patient.sandbox.path().join("machine/usr/local/lib/libcudart.so.11.0.221");
            library(patient, &real, "libcudart.so.11.0", &[]);
            symlink(&real, real.with_file_name("libcudart.so.10.1")).expect("linked");
            symlink(&real, real.with_file_name("libcudart.so.11.0")).expect("linked");
        },
        heal: |patient| patient.remove("usr/local/lib/libcudart.so.10.1"),
    },
];

#[test]
fn findings_of_compilers_and_paths() {
    examine(&CASES[..8]);
}

#[test]
fn findings_of_library_paths() {
    examine(&CASES[8..14]);
}

#[test]
fn findings_of_frameworks() {
    examine(&CASES[14..]);
}

#[test]
fn what_tensorflow_opens_is_known_by_its_version() {
    let mut patient = Patient::new();
    patient.venv(&["tensorflow_gpu-1.14.0"]);
    let report = patient.report();
    let findings = report["findings"].as_array().expect("a list");
    let missing = findings.iter().find(|finding| finding["code"] == "library-missing").expect("found");
    let seen = missing["seen"].as_str().expect("text");
    for name in ["libcublas.so.10.0", "libcudart.so.10.0", "libcudnn.so.7"] {
        assert!(seen.contains(name), "{seen}");
    }
    let fix = missing["fix"][0].as_str().expect("text");
    assert!(fix.contains("cudaman install 10.0+cudnn7"), "{fix}");
}
