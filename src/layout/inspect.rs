//! What stands in a CUDA root, read from its files alone: roots of NVIDIA's installers, of packages, of conda
//! and of nobody in particular. Nothing of them is executed.

use std::io::Read;
use std::path::Path;

use serde_json::Value;

use crate::model::{Platform, Version};

/// The versions stand in the first lines of headers; `cuda.h` has a megabyte.
const HEADER_BYTES: u64 = 256 << 10;
/// `version.json` lists fifty components in 3 KiB.
const JSON_BYTES: u64 = 1 << 20;
/// Where headers stand below a root: NVIDIA's layout, and conda's and Debian's.
const INCLUDES: &[&str] = &[
    "include",
    "targets/x86_64-linux/include",
    "targets/sbsa-linux/include",
    "targets/aarch64-linux/include",
    "targets/ppc64le-linux/include",
    "include/x86_64-linux-gnu",
    "include/aarch64-linux-gnu",
];
/// cuDNN's headers that may tell its version. Debian's packages carry the major in their names.
const CUDNN_HEADERS: &[&str] = &[
    "cudnn_version.h",
    "cudnn.h",
    "cudnn_version_v9.h",
    "cudnn_version_v8.h",
    "cudnn_v7.h",
    "cudnn_v6.h",
    "cudnn_v5.h",
];
/// What tells the processor: a program, or else a library.
const MACHINE_CODE: &[&str] =
    &["bin/nvcc", "bin/ptxas", "lib64/libcudart.so", "lib/libcudart.so", "nvvm/bin/cicc"];

/// What a root holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inspection {
    /// The CUDA release, as far as it is told: three numbers, or two from `cuda.h`.
    pub cuda: Option<Version>,
    /// cuDNN's version, from its header.
    pub cudnn: Option<Version>,
    /// Whether the compiler driver is there.
    pub has_nvcc: bool,
    /// Where its programs or libraries run.
    pub platform: Option<Platform>,
}

impl Inspection {
    /// Tells whether it is a CUDA toolkit: it has a release, and a compiler or headers.
    #[must_use]
    pub fn is_toolkit(&self) -> bool {
        self.cuda.is_some()
    }
}

/// Looks into a root. What can't be read counts as missing.
#[must_use]
pub fn inspect(root: &Path) -> Inspection {
    Inspection {
        cuda: cuda(root),
        cudnn: cudnn(root),
        has_nvcc: root.join("bin/nvcc").is_file(),
        platform: MACHINE_CODE.iter().find_map(|path| platform_of(&root.join(path))),
    }
}

/// Returns cuDNN's version by the header that has it: `cudnn_version.h` from 8 on, `cudnn.h` before.
/// What can't be read counts as missing.
#[must_use]
pub fn cudnn(root: &Path) -> Option<Version> {
    let header =
        |name: &str| INCLUDES.iter().find_map(|include| start(&root.join(include).join(name), HEADER_BYTES));
    CUDNN_HEADERS.iter().filter_map(|name| header(name)).find_map(|text| cudnn_defined(&text))
}

/// Returns the version that one header of cuDNN tells.
#[must_use]
pub fn cudnn_header(path: &Path) -> Option<Version> {
    cudnn_defined(&start(path, HEADER_BYTES)?)
}

fn cudnn_defined(text: &str) -> Option<Version> {
    let number = |name: &str| defined(text, name);
    Some(Version::from_numbers([number("CUDNN_MAJOR")?, number("CUDNN_MINOR")?, number("CUDNN_PATCHLEVEL")?]))
}

fn cuda(root: &Path) -> Option<Version> {
    from_json(&root.join("version.json"))
        .or_else(|| from_text(&root.join("version.txt")))
        .or_else(|| INCLUDES.iter().find_map(|include| from_header(&root.join(include).join("cuda.h"))))
}

/// `version.json` comes with 11.1 and newer.
fn from_json(path: &Path) -> Option<Version> {
    let value: Value = serde_json::from_str(&start(path, JSON_BYTES)?).ok()?;
    value.get("cuda")?.get("version")?.as_str()?.parse().ok()
}

/// `CUDA Version 10.0.130`, up to 11.0.
fn from_text(path: &Path) -> Option<Version> {
    let text = start(path, HEADER_BYTES)?;
    let rest = text.lines().find_map(|line| line.trim().strip_prefix("CUDA Version "))?;
    rest.split_whitespace().next()?.parse().ok()
}

/// `#define CUDA_VERSION 12040`: the release without its patch.
fn from_header(path: &Path) -> Option<Version> {
    let number = defined(&start(path, HEADER_BYTES)?, "CUDA_VERSION")?;
    (number >= 1000).then(|| Version::from_numbers([number / 1000, number % 1000 / 10]))
}

/// The number that a header defines a name as.
fn defined(text: &str, name: &str) -> Option<u32> {
    text.lines().find_map(|line| {
        let mut words = line.trim_start().strip_prefix('#')?.split_whitespace();
        let is_it = words.next() == Some("define") && words.next() == Some(name);
        words.next().filter(|_| is_it)?.parse().ok()
    })
}

/// Returns where a program or library runs, by the machine in its ELF header.
#[must_use]
pub fn platform_of(path: &Path) -> Option<Platform> {
    let mut header = [0; 20];
    std::fs::File::open(path).ok()?.read_exact(&mut header).ok()?;
    match (&header[..4], u16::from_le_bytes([header[18], header[19]])) {
        (b"\x7fELF", 0x3e) => Some(Platform::LinuxX86_64),
        (b"\x7fELF", 0xb7) => Some(Platform::LinuxSbsa),
        (b"\x7fELF", 0x15) => Some(Platform::LinuxPpc64le),
        _ => None,
    }
}

/// The beginning of a regular file as text: a FIFO that stands in its place must not hang us.
fn start(path: &Path, limit: u64) -> Option<String> {
    if !path.metadata().ok()?.is_file() {
        return None;
    }
    let mut bytes = Vec::new();
    std::fs::File::open(path).ok()?.take(limit).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().expect("a directory");
        for (path, content) in files {
            let path = root.path().join(path);
            fs_err::create_dir_all(path.parent().expect("a parent")).expect("a directory");
            fs_err::write(path, content).expect("a file");
        }
        root
    }

    fn release(files: &[(&str, &str)]) -> Option<String> {
        inspect(root(files).path()).cuda.map(|version| version.to_string())
    }

    #[test]
    fn every_generation_tells_its_release() {
        let json = r#"{"cuda": {"name": "CUDA SDK", "version": "12.4.1"}, "nvcc": {"version": "12.4.131"}}"#;
        let header = "/* */\n#define CUDA_API\n#define CUDA_VERSION 9020\n";
        assert_eq!(release(&[("version.json", json)]).as_deref(), Some("12.4.1"));
        assert_eq!(release(&[("version.txt", "CUDA Version 10.0.130\n")]).as_deref(), Some("10.0.130"));
        assert_eq!(release(&[("targets/x86_64-linux/include/cuda.h", header)]).as_deref(), Some("9.2"));
        assert_eq!(release(&[("version.json", "{"), ("include/cuda.h", header)]).as_deref(), Some("9.2"));
        for other in [("version.txt", "10.0"), ("include/cuda.h", "#define CUDA_VERSION x"), ("a", "b")] {
            assert_eq!(release(&[other]), None, "{other:?}");
        }
    }

    #[test]
    fn cudnn_tells_its_version_in_its_header() {
        let text = "#define CUDNN_MAJOR 7\n#define CUDNN_MINOR 6\n#  define CUDNN_PATCHLEVEL 5\n";
        let old = root(&[("include/cudnn.h", text)]);
        assert_eq!(cudnn(old.path()).expect("a version").to_string(), "7.6.5");
        let new =
            root(&[("include/cudnn.h", "#include \"cudnn_version.h\""), ("include/cudnn_version.h", text)]);
        assert!(cudnn(new.path()).is_some());
        assert!(cudnn(root(&[("targets/sbsa-linux/include/cudnn_version_v8.h", text)]).path()).is_some());
        assert_eq!(cudnn(root(&[("include/cudnn.h", "#define CUDNN_MAJOR 8")]).path()), None);
    }

    #[test]
    fn the_processor_is_in_the_program() {
        let elf = |machine: char| format!("\u{7f}ELF{}{machine}\0", "\0".repeat(14));
        let found = |machine| inspect(root(&[("bin/nvcc", &elf(machine))]).path());
        assert_eq!(found('\u{3e}').platform, Some(Platform::LinuxX86_64));
        assert_eq!(found('\u{15}').platform, Some(Platform::LinuxPpc64le));
        assert!(found('\u{1}').platform.is_none() && found('\u{1}').has_nvcc && !found('\u{1}').is_toolkit());
    }
}
