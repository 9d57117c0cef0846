//! The files without which a profile's promise can't be kept.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::Finding;
use crate::compat::HOST_CONFIG;
use crate::model::{Profile, Version};

/// Programs that `nvcc` starts, and itself.
const PROGRAMS: &[&str] =
    &["bin/nvcc", "bin/cudafe++", "bin/fatbinary", "bin/nvlink", "bin/ptxas", "nvvm/bin/cicc"];

const FILES: &[&str] = &[
    "bin/nvcc.profile",
    "include/cuda_fp16.h",
    "include/cuda_runtime.h",
    "lib64/libcudadevrt.a",
    "lib64/libcudart.so",
    "lib64/libcudart_static.a",
];

pub(super) fn check(root: &Path, cuda: &Version, profile: Profile) -> Vec<Finding> {
    let failure = |what: String| {
        let message = format!("`{}` {what}", root.display());
        Finding::failure(message, Some(format!("`cudaman install {cuda} --force`")))
    };
    faults(root, profile).into_iter().map(failure).collect()
}

fn faults(root: &Path, profile: Profile) -> Vec<String> {
    let has = |path: &str| root.join(path).is_file();
    if !profile.has_compiler() {
        let is_present = has_named(&root.join("lib64"), "libcudart.so.", "");
        return if is_present { Vec::new() } else { vec!["lacks `lib64/libcudart.so.*`".to_owned()] };
    }
    let mut faults: Vec<String> = PROGRAMS
        .iter()
        .chain(FILES)
        .filter(|path| !has(path))
        .map(|path| format!("lacks `{path}`"))
        .collect();
    let blocked = PROGRAMS.iter().filter(|path| has(path) && !is_executable(&root.join(path)));
    faults.extend(blocked.map(|path| format!("has `{path}` without the permission to execute it")));
    if !HOST_CONFIG.iter().any(|path| has(path)) {
        faults.push(format!("lacks `{}`", HOST_CONFIG[0]));
    }
    if !has_named(&root.join("nvvm/libdevice"), "libdevice", ".10.bc") {
        faults.push("lacks `nvvm/libdevice/libdevice.10.bc`".to_owned());
    }
    if needs_target_header(root) && !has("include/nv/target") && !has("include/cccl/nv/target") {
        faults.push("lacks `include/nv/target`, which `cuda_fp16.h` includes".to_owned());
    }
    faults
}

/// The header says it itself: asking it is surer than a table of releases.
fn needs_target_header(root: &Path) -> bool {
    let header = fs_err::read(root.join("include/cuda_fp16.h")).unwrap_or_default();
    String::from_utf8_lossy(&header).contains("<nv/target>")
}

/// Tells whether a directory holds a file, not a dangling link, whose name starts and ends so.
fn has_named(directory: &Path, start: &str, end: &str) -> bool {
    let Ok(entries) = fs_err::read_dir(directory) else { return false };
    entries.flatten().any(|entry| {
        let name = entry.file_name();
        let is_named = name.to_str().is_some_and(|name| name.starts_with(start) && name.ends_with(end));
        is_named && entry.path().is_file()
    })
}

fn is_executable(path: &Path) -> bool {
    fs_err::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o111 != 0)
}
