//! Archives in bzip2, given as files: those of conda in their older form, and those of anybody else.

use super::from::Shelf;
use crate::support::{File, component_files, file, old_conda, tar_bz2};

/// Puts conda's older packages of a toolkit on the shelf.
fn add_conda(shelf: &mut Shelf) {
    for (name, component) in
        [("cuda-nvcc", "cuda_nvcc"), ("cuda-cudart-dev", "cuda_cudart"), ("cuda-cccl", "cuda_cccl")]
    {
        let files = component_files(component, "12.4.99").into_iter().filter(|item| item.path != "LICENSE");
        shelf.add(&old_conda(name, "12.4.99", files.collect()));
    }
}

#[test]
fn condas_older_packages_and_a_plain_archive_make_a_toolchain() {
    let mut shelf = Shelf::new();
    add_conda(&mut shelf);
    let cudnn: Vec<File> = component_files("cudnn", "9.1.0");
    shelf.add(&tar_bz2("cuda", &cudnn));
    shelf.install(Some("12.4.1")).expect(0, &["installed `12.4.1+cudnn9.1.0`"]);
    shelf.works("12.4.1+cudnn9.1.0", "12.4.99");
    let root = shelf.sandbox.root("12.4.1+cudnn9.1.0");
    assert!(root.join("include/cudnn.h").exists() && root.join("lib64/libcudnn.so").exists());
    assert!(!root.join("info").exists(), "what is conda's own");
}

#[test]
fn what_is_neither_is_refused_with_the_reason() {
    let mut shelf = Shelf::new();
    shelf.add(&tar_bz2("holiday", &[file("beach.txt", "sand")]));
    shelf.install(None).expect(1, &["f0` says nowhere which version it is", "hint:"]);
    let mut shelf = Shelf::new();
    shelf.add(&old_conda("bash", "5.2", vec![file("bin/bash", "x")]));
    shelf.install(None).expect(1, &["is the package `bash`, which belongs to no CUDA toolkit", "hint:"]);
    shelf.sandbox.assert_healthy();
}
