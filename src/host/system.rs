//! The system: processor, kernel, distribution, C library, and whether it is one of the odd ones.

use std::ffi::CStr;
use std::io::{self, Read as _};
use std::path::Path;

use super::{Cloud, Distribution, Host, Kind};
use crate::model::{Environment, Version};

/// No file of /proc or /etc that matters here is longer.
const LONGEST: u64 = 1 << 16;

/// What containers leave in the file system, or in the environment of the first process.
const OF_CONTAINERS: [&str; 3] = [".dockerenv", "run/.containerenv", ".singularity.d"];

pub(super) fn read(root: &Path, environment: &Environment) -> Host {
    let name = rustix::system::uname();
    let kernel = kernel(root);
    Host {
        machine: name.machine().to_string_lossy().into_owned(),
        kind: kind(root, &kernel),
        kernel,
        distribution: Distribution::of(root, environment),
        glibc: glibc(),
        in_container: is_container(root, environment),
        cloud: cloud(root),
        ..Host::default()
    }
}

/// Reads a file below the root; none where it can't be read.
pub(super) fn text(root: &Path, path: &str) -> Option<String> {
    text_of(&root.join(path), LONGEST).ok()
}

/// Reads so many bytes of a file, whatever they are.
pub(super) fn text_of(path: &Path, most: u64) -> io::Result<String> {
    let mut bytes = Vec::new();
    fs_err::File::open(path)?.take(most).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Removes what ends a line of /proc, or a string of the device tree.
pub(super) fn trimmed(text: &str) -> String {
    text.trim_end_matches('\0').trim().to_owned()
}

/// Returns what kind of machine it is.
pub(super) fn kind_of(root: &Path) -> Kind {
    kind(root, &kernel(root))
}

fn kernel(root: &Path) -> String {
    let release = text(root, "proc/sys/kernel/osrelease");
    release.map_or_else(
        || rustix::system::uname().release().to_string_lossy().into_owned(),
        |text| trimmed(&text),
    )
}

fn kind(root: &Path, kernel: &str) -> Kind {
    let is_microsofts = kernel.to_ascii_lowercase().contains("microsoft");
    if is_microsofts || root.join("usr/lib/wsl/lib").is_dir() {
        Kind::Wsl
    } else if root.join("etc/nv_tegra_release").exists() {
        Kind::Jetson
    } else {
        Kind::Linux
    }
}

fn is_container(root: &Path, environment: &Environment) -> bool {
    OF_CONTAINERS.iter().any(|path| root.join(path).exists()) || environment.variable("container").is_some()
}

/// Reads what the firmware of a virtual machine says of itself: `sys_vendor` and `product_name` of DMI. A computer of
/// Microsoft's is in its cloud if it has the number by which that tags its chassis.
fn cloud(root: &Path) -> Option<Cloud> {
    let field = |name: &str| text(root, &format!("sys/class/dmi/id/{name}")).map(|text| trimmed(&text));
    let is = |name: &str, wanted: &str| field(name).is_some_and(|value| value == wanted);
    if is("sys_vendor", "Amazon EC2") {
        Some(Cloud::Aws)
    } else if is("product_name", "Google Compute Engine") {
        Some(Cloud::Google)
    } else if is("chassis_asset_tag", "7783-7084-3265-9085-8269-3286-77") {
        Some(Cloud::Azure)
    } else {
        None
    }
}

/// Asks the C library that this process runs on.
fn glibc() -> Option<Version> {
    #[cfg(target_env = "gnu")]
    {
        unsafe extern "C" {
            fn gnu_get_libc_version() -> *const std::ffi::c_char;
        }
        // SAFETY: it returns a string that lives as long as the process.
        let version = unsafe { CStr::from_ptr(gnu_get_libc_version()) };
        version.to_str().ok()?.parse().ok()
    }
    #[cfg(not(target_env = "gnu"))]
    None
}
