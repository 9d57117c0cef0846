//! The driver: its module in the kernel, its libraries, its devices.

use std::path::Path;

use super::smi::Answer;
use super::{Driver, Kind, system};
use crate::compat::driver::DriverVersion;

/// Where the loaded module says its version.
const MODULE: &str = "proc/driver/nvidia/version";

/// Where libraries of the driver stand, by distribution.
const LIBRARIES: &[&str] = &[
    "usr/lib/x86_64-linux-gnu",
    "usr/lib/aarch64-linux-gnu",
    "usr/lib/powerpc64le-linux-gnu",
    "usr/lib64",
    "usr/lib64/nvidia",
    "usr/lib/x86_64-linux-gnu/nvidia/current",
    "usr/lib/aarch64-linux-gnu/nvidia/current",
    "usr/lib",
    "usr/lib/nvidia",
];

/// The libraries whose file names end with the driver's version.
const NAMES: [&str; 2] = ["libcuda.so.", "libnvidia-ml.so."];

pub(super) fn read(root: &Path, kind: Kind, answer: &Answer) -> Driver {
    let module = system::text(root, MODULE).unwrap_or_default();
    let asked = answer.gpus.first().and_then(|values| values.get(5)?.parse().ok());
    let of_error = answer.error.as_deref().and_then(library_in_error);
    let library = of_error.or(asked).or_else(|| after(&answer.heading, "Driver Version:"));
    Driver {
        module: module_version(&module),
        library: library.or_else(|| installed(root)),
        newest_cuda: after(&answer.heading, "CUDA Version:"),
        is_open: module.contains("Open Kernel Module"),
        has_nouveau: has_module(root, "nouveau"),
        has_devices: has_devices(root, kind),
        error: answer.error.clone(),
    }
}

/// Reads `NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.183.01  Sun May 12 …`, or
/// `NVIDIA UNIX Open Kernel Module for x86_64  550.54.15  Release Build …`.
fn module_version(text: &str) -> Option<DriverVersion> {
    let line = text.lines().find(|line| line.starts_with("NVRM version:"))?;
    line.split_whitespace().find(|word| is_version(word))?.parse().ok()
}

fn is_version(word: &str) -> bool {
    let numbers: Vec<&str> = word.split('.').collect();
    (2..=3).contains(&numbers.len())
        && numbers
            .iter()
            .all(|number| (1..=4).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Reads `Failed to initialize NVML: Driver/library version mismatch NVML library version: 535.183`.
fn library_in_error(error: &str) -> Option<DriverVersion> {
    after(error, "NVML library version:")
}

/// Returns the version that stands after some words.
fn after<V: std::str::FromStr>(text: &str, words: &str) -> Option<V> {
    let (_, rest) = text.split_once(words)?;
    let word = rest.split_whitespace().next()?;
    is_version(word).then(|| word.parse().ok()).flatten()
}

/// Looks for libraries with a version in their names.
fn installed(root: &Path) -> Option<DriverVersion> {
    let directories = LIBRARIES.iter().map(|directory| root.join(directory));
    let names = directories.filter_map(|directory| fs_err::read_dir(directory).ok()).flatten().flatten();
    let version = |name: &str| {
        let rest = NAMES.iter().find_map(|stem| name.strip_prefix(stem))?;
        is_version(rest).then(|| rest.parse::<DriverVersion>().ok()).flatten()
    };
    names.filter_map(|entry| version(entry.file_name().to_str()?)).max()
}

fn has_module(root: &Path, name: &str) -> bool {
    let modules = system::text(root, "proc/modules").unwrap_or_default();
    modules.lines().any(|line| line.split_whitespace().next() == Some(name))
        || root.join("sys/module").join(name).is_dir()
}

/// Tells whether there is a device that programs open: WSL and Jetson have others than the usual.
fn has_devices(root: &Path, kind: Kind) -> bool {
    match kind {
        Kind::Linux => root.join("dev/nvidiactl").exists() && root.join("dev/nvidia-uvm").exists(),
        Kind::Wsl => root.join("dev/dxg").exists(),
        Kind::Jetson => root.join("dev/nvhost-gpu").exists() || root.join("dev/nvgpu").exists(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Version;

    #[test]
    fn modules_say_their_version_in_two_ways() {
        let closed = "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.183.01  Sun May 12 19:39:15 UTC 2024\n\
                      GCC version:  gcc version 12.2.0 (Debian 12.2.0-14)\n";
        let open =
            "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  550.54.15  Release Build  (dvs)\n";
        let version = |text| module_version(text).map(|version| version.to_string());
        assert_eq!(version(closed).as_deref(), Some("535.183.01"));
        assert_eq!(version(open).as_deref(), Some("550.54.15"));
        assert_eq!(version("GCC version:  gcc version 12.2.0\n"), None);
    }

    #[test]
    fn headings_and_errors_name_versions() {
        let heading = "| NVIDIA-SMI 550.54.15    Driver Version: 551.61    CUDA Version: 12.4     |";
        assert_eq!(after::<Version>(heading, "CUDA Version:"), "12.4".parse().ok());
        assert_eq!(after::<DriverVersion>(heading, "Driver Version:"), "551.61".parse().ok());
        assert_eq!(after::<Version>("CUDA Version: N/A |", "CUDA Version:"), None);
        let error =
            "Failed to initialize NVML: Driver/library version mismatch NVML library version: 535.183";
        assert_eq!(library_in_error(error).map(|version| version.to_string()).as_deref(), Some("535.183"));
    }
}
