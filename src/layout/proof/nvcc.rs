//! What `nvcc` says of itself: its release, and which root it takes for its own.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::{Finding, Matter, Severity};
use crate::compat::command::{CommandError, LIMIT, answer};
use crate::model::{Environment, Version};

pub(super) const PATH: &str = "bin/nvcc";

/// Tells whether the root's nvcc is a program for another processor than this one.
pub(super) fn is_foreign(root: &Path) -> bool {
    let mut header = [0; 20];
    let read = fs_err::File::open(root.join(PATH)).and_then(|mut file| file.read_exact(&mut header));
    if read.is_err() || !header.starts_with(b"\x7fELF") {
        return false;
    }
    // e_machine, in the byte order of the file; all platforms of NVIDIA's are little-endian.
    let machine = u16::from_le_bytes([header[18], header[19]]);
    let expected = match std::env::consts::ARCH {
        "x86_64" => object::elf::EM_X86_64,
        "aarch64" => object::elf::EM_AARCH64,
        "powerpc64" => object::elf::EM_PPC64,
        _ => return true,
    };
    machine != expected.0
}

/// Asks nvcc for its release and compares it with the one that was installed.
pub(super) fn check_version(root: &Path, cuda: &Version, environment: &Environment) -> Option<Finding> {
    let nvcc = root.join(PATH);
    let text = match answer(&nvcc, &["--version"], environment, LIMIT) {
        Ok(text) => text,
        Err(error) => return Some(unrunnable(&error)),
    };
    let expected = cuda.truncated(2);
    let Some((release, build)) = parse_release(&text) else {
        let message = format!("`{} --version` names no release: {}", nvcc.display(), text.trim());
        return Some(Finding::failure(message, None));
    };
    if release == expected {
        return None;
    }
    let message = format!("`{}` says that it is release {release} ({build}), not {expected}", nvcc.display());
    Some(Finding::failure(message, Some(format!("`cudaman install {cuda} --force`"))))
}

/// Asks nvcc where it would look for its parts: all must lie in its own root.
pub(super) fn check_top(root: &Path, environment: &Environment) -> Option<Finding> {
    let nvcc = root.join(PATH);
    let text = match answer(&nvcc, &["--dryrun", "-x", "cu", "/dev/null"], environment, LIMIT) {
        Ok(text) => text,
        // The host's compiler or temporary directory may be at fault as well.
        Err(error) => return Some(Finding { severity: Severity::Warning, ..unrunnable(&error) }),
    };
    let Some(top) = parse_top(&text) else {
        let message = format!("`{} --dryrun` does not say where its root is", nvcc.display());
        return Some(Finding::warning(Matter::Toolkit, message, None));
    };
    let resolved = |path: &Path| fs_err::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    if resolved(&top).starts_with(resolved(root)) {
        return None;
    }
    let message = format!("`{}` takes `{}` for its root", nvcc.display(), top.display());
    Some(Finding::failure(message, None))
}

fn unrunnable(error: &CommandError) -> Finding {
    let hint = match error {
        CommandError::Spawn { source, .. } => match source.kind() {
            io::ErrorKind::PermissionDenied => {
                Some("the file system may be mounted with noexec: move the store with CUDAMAN_HOME")
            }
            io::ErrorKind::NotFound => {
                Some("NVIDIA's programs need glibc, which a musl system such as Alpine lacks")
            }
            _ => None,
        },
        CommandError::Failed { .. } | CommandError::TimedOut { .. } => None,
    };
    Finding::failure(error.to_string(), hint.map(str::to_owned))
}

/// Reads `… release 12.4, V12.4.131`.
fn parse_release(text: &str) -> Option<(Version, String)> {
    let (_, rest) = text.split_once("release ")?;
    let (release, rest) = rest.split_once(", ")?;
    let build = rest.split_whitespace().next().unwrap_or_default();
    Some((release.trim().parse().ok()?, build.to_owned()))
}

/// Reads `#$ TOP=/opt/cuda/bin/..`.
fn parse_top(text: &str) -> Option<PathBuf> {
    text.lines().find_map(|line| line.strip_prefix("#$ TOP=")).map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_are_read() {
        let text =
            "Cuda compilation tools, release 12.4, V12.4.131\nBuild cuda_12.4.r12.4/compiler.34097967_0\n";
        let (release, build) = parse_release(text).expect("a release");
        assert_eq!((release.to_string().as_str(), build.as_str()), ("12.4", "V12.4.131"));
        assert!(parse_release("nvcc fatal").is_none());
    }
}
