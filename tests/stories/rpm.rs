//! RPM packages: given as files, genuine ones make a toolchain and hostile ones are refused; installed, they are
//! named as the owners of what they brought.

use std::path::Path;

use super::from::{COMPONENTS, Shelf};
use super::link::toolkit;
use super::system_cudnn::{Machine, receipt_of_cudnn, sandbox};
use crate::support::{File, Mirror, component_files, file, hostile_rpm, note_rpm, program, rpm};

/// A component's files where NVIDIA's packages have them.
fn installed(component: &str) -> Vec<File> {
    let files = component_files(component, "12.4.99").into_iter();
    files.map(|item| File { path: format!("usr/local/cuda-12.4/{}", item.path), ..item }).collect()
}

fn package(component: &str, payload: &str) -> Option<(String, Vec<u8>)> {
    let name = format!("{}-12-4", component.replace('_', "-"));
    Some((format!("{name}-12.4.99-1.x86_64.rpm"), rpm(&name, "12.4.99", &installed(component), payload)?))
}

#[test]
fn genuine_packages_of_every_compression_make_a_toolchain() {
    let mut shelf = Shelf::new();
    let mut packages = Vec::new();
    for (component, payload) in
        COMPONENTS.into_iter().chain(["cuda_gdb"]).zip(["w9.gzdio", "w2.xzdio", "w3.zstdio", "w9.bzdio"])
    {
        let Some(package) = package(component, payload) else { return };
        shelf.add(&package.1);
        packages.push(package);
    }
    shelf.install(None).expect(0, &["nobody vouches", "installed `12.4`"]);
    shelf.works("12.4", "12.4.99");
    let root = shelf.sandbox.root("12.4");
    assert!(root.join("bin/cuda_gdb-tool").exists() && root.join("lib64/libcudart.so").exists());
    assert!(!Path::new("/tmp/canary").exists(), "a script of a package was executed");

    let mut shelf = Shelf::new();
    let Some(driver) =
        rpm("nvidia-driver", "550.1", &[program("usr/bin/nvidia-smi", "#!/bin/sh\n")], "w3.zstdio")
    else {
        return;
    };
    packages.push(("nvidia-driver-550.1-1.x86_64.rpm".to_owned(), driver));
    let place = |(name, bytes)| file(&format!("var/cuda-repo-rhel9-12-4-local/{name}"), bytes);
    let inside: Vec<File> = packages.into_iter().map(place).collect();
    let repository =
        rpm("cuda-repo-rhel9-12-4-local", "12.4.1", &inside, "w2.xzdio").expect("rpmbuild was here");
    shelf.add(&repository);
    shelf.install(None).expect(0, &["installed `12.4.1`"]);
    shelf.works("12.4.1", "12.4.99");
    let root = shelf.sandbox.root("12.4.1");
    assert!(!root.join("bin/nvidia-smi").exists() && !root.join("bin/cuda_gdb-tool").exists());
}

#[test]
fn a_cut_package_and_one_for_another_machine_are_refused() {
    let Some((_, bytes)) = package("cuda_nvcc", "w2.xzdio") else { return };
    refuses(&bytes[..bytes.len() - 40], &["f0"]);
    refuses(&bytes[..200], &["f0"]);
    let Some(bytes) = rpm("bash", "5.2", &[program("usr/bin/bash", "x")], "w9.gzdio") else { return };
    refuses(&bytes, &["`bash`, which belongs to no CUDA"]);
}

#[test]
fn paths_that_lead_out_are_refused() {
    let package = |path: &str| hostile_rpm("cuda-nvcc-12-4", "12.4.99", path, &[1]);
    for path in ["//etc/canary", "./../../canary", "usr/local/cuda-12.4/../../../../canary"] {
        refuses(&package(path), &["refused `", "canary", "its path"]);
    }
    assert!(!Path::new("/etc/canary").exists());
    refuses(
        &hostile_rpm("../../evil", "12.4.99", "usr/local/cuda-12.4/bin/nvcc", &[1]),
        &["belongs to no CUDA"],
    );
}

#[test]
fn a_hole_of_ten_gigabytes_is_refused_before_it_is_written() {
    let path = "usr/local/cuda-12.4/bin/nvcc";
    let bytes = hostile_rpm("cuda-nvcc-12-4", "12.4.99", path, &[3400, 3400, 3400]);
    assert!(bytes.len() < 2 << 20, "{} bytes", bytes.len());
    let begun = std::time::Instant::now();
    refuses(&bytes, &["it exceeds the limit of"]);
    // Also where nothing of it would be kept.
    refuses(
        &hostile_rpm("cuda-nvcc-12-4", "12.4.99", "var/hole", &[3400, 3400, 3400]),
        &["exceeds the limit"],
    );
    assert!(begun.elapsed().as_secs() < 20, "{:?}", begun.elapsed());
}

#[test]
fn the_package_of_an_rpms_is_asked_of_its_database() {
    let library = "usr/lib64/libcudnn.so.8";
    let files = |paths: &[&str]| paths.iter().map(|path| file(path, "")).collect::<Vec<File>>();
    let Some(package) = rpm("libcudnn8", "8.9.7.29-1.cuda11.8", &files(&[library]), "w9.gzdio") else {
        return;
    };
    let compiler = rpm("cuda-nvcc-12-4", "12.4.131", &files(&["usr/local/cuda-12.4/bin/nvcc"]), "w9.gzdio");
    let mirror = Mirror::start();
    let sandbox = sandbox(&mirror);
    let machine = Machine::new(&sandbox, "a machine", "usr/lib64");
    machine.libraries("8.9.7");
    machine.header("usr/include/cudnn_version.h", [8, 9, 7]);
    machine.file("usr/include/cudnn.h", b"#include \"cudnn_version.h\"\n");
    for name in ["cuda-12.4", "cuda-$(touch canary)", "cuda-%(touch canary)", "cuda-'\n\u{1b}[31m"] {
        toolkit(&sandbox, &format!("a machine/usr/local/{name}"), "12.4.1");
    }
    note_rpm(&package, &machine.root);
    note_rpm(&compiler.expect("rpmbuild was here"), &machine.root);
    let found = sandbox.run(&["discover", "--root", machine.root.to_str().expect("text")]);
    for owned in ["cuDNN 8.9.7 of the system  (the package libcudnn8)", "(the package cuda-nvcc-12-4)"] {
        assert!(found.stdout.contains(owned), "{found:?}");
    }
    found.expect(0, &["--from '/", "a machine/usr/lib64/libcudnn.so.8'"]);
    assert_eq!(found.stdout.matches("the package").count(), 2, "{found:?}");
    assert!(!sandbox.path().join("canary").exists(), "a name was executed");

    let from = machine.library("libcudnn.so.8");
    let refused = sandbox.run(&["install", "12.4+cudnn", "--from", &from]);
    refused.expect(1, &["was built for CUDA 11"]);
    let words = ["install", "11.8+cudnn", "--profile", "minimal", "--from", &from];
    sandbox.run(&words).expect(0, &["of the package libcudnn8 is copied", "installed `11.8.0+cudnn8.9.7`"]);
    assert_eq!(receipt_of_cudnn(&sandbox)["owner"], "the package libcudnn8");
    sandbox.assert_healthy();
}

/// Expects a package to be refused, and the store to be none the worse for it.
fn refuses(bytes: &[u8], texts: &[&str]) {
    let mut shelf = Shelf::new();
    shelf.add(bytes);
    shelf.install(None).expect(1, texts).expect(1, &["hint:"]);
    assert!(shelf.sandbox.ok(&["list"]).is_empty());
    shelf.sandbox.assert_healthy();
}
