//! Who owns a path: the Debian package whose list names it, the RPM package that rpm names, or the user.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::rpm;

const LISTS: &str = "var/lib/dpkg/info";
const STATUS: &str = "var/lib/dpkg/status";
/// That of a desktop with everything has ten megabytes.
const STATUS_BYTES: u64 = 64 << 20;
/// The longest list of a CUDA package has a few thousand lines.
const LIST_BYTES: u64 = 8 << 20;

/// Who brought files to a machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// For people: `the package libcudnn8`.
    pub title: String,
    /// The version of the package, in its system's spelling.
    pub version: Option<String>,
}

/// Returns the package that brought one of `paths`, as they are named below `root`.
pub(super) fn package(root: &Path, paths: &[PathBuf]) -> Option<Owner> {
    let named: Vec<String> = paths
        .iter()
        .filter_map(|path| Some(format!("/{}", path.strip_prefix(root).ok()?.display())))
        .collect();
    of_debian(root, &named).or_else(|| rpm::package(root, &named))
}

fn of_debian(root: &Path, paths: &[String]) -> Option<Owner> {
    let mut lists: Vec<PathBuf> = std::fs::read_dir(root.join(LISTS))
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| package_of(path).is_some_and(is_candidate))
        .collect();
    lists.sort();
    let list = lists.iter().find(|list| lists_any(list, paths))?;
    let name = package_of(list)?;
    let name = name.split(':').next().unwrap_or(name);
    Some(Owner { title: format!("the package {name}"), version: version(root, name) })
}

/// The version of an installed package.
fn version(root: &Path, package: &str) -> Option<String> {
    let file = std::fs::File::open(root.join(STATUS)).ok()?;
    let lines = BufReader::new(std::io::Read::take(file, STATUS_BYTES)).lines().map_while(Result::ok);
    let of_package = lines.skip_while(|line| line.strip_prefix("Package: ") != Some(package));
    let mut fields = of_package.take_while(|line| !line.is_empty());
    fields.find_map(|line| line.strip_prefix("Version: ").map(str::to_owned))
}

/// Returns the name of the user who owns a path.
pub(super) fn user(root: &Path, path: &Path) -> Option<String> {
    let id = path.metadata().ok()?.uid().to_string();
    let users = std::fs::read_to_string(root.join("etc/passwd")).ok()?;
    let line = users.lines().find(|line| line.split(':').nth(2) == Some(id.as_str()))?;
    Some(format!("the user {}", line.split(':').next()?))
}

fn package_of(list: &Path) -> Option<&str> {
    list.file_name()?.to_str()?.strip_suffix(".list")
}

/// Other packages' lists are many, and long.
fn is_candidate(package: &str) -> bool {
    ["cuda", "nvidia-cuda", "libcudnn", "cudnn", "libcu", "nvhpc"]
        .iter()
        .any(|start| package.starts_with(start))
}

fn lists_any(list: &Path, paths: &[String]) -> bool {
    let Ok(file) = std::fs::File::open(list) else { return false };
    let lines = BufReader::new(std::io::Read::take(file, LIST_BYTES)).lines();
    lines.map_while(Result::ok).any(|line| paths.contains(&line))
}
