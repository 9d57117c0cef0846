//! Links that were made by hand so that a library answers to a name that isn't its own.

use std::path::{Path, PathBuf};

use super::{Check, Scene, Seen, begins_with};
use crate::install::links;
use crate::layout;
use crate::model::CompatLink;
use crate::shell::quote;

pub(super) const CHECKS: &[Check] =
    &[Check::warning("link-of-another-soname", by_hand), Check::note("compat-link", compat_links)];

/// Where people make them, besides `LD_LIBRARY_PATH` and the toolkit in effect.
const PLACES: [&str; 4] = ["usr/local/cuda/lib64", "usr/lib/x86_64-linux-gnu", "usr/lib64", "usr/local/lib"];

/// How names of libraries that toolkits, cuDNN, NCCL and TensorRT have begin. The driver's are not among them:
/// their files' names end with the driver's version, which is no other SONAME.
const STEMS: [&str; 17] = [
    "libcublas",
    "libcudart",
    "libcudnn",
    "libcufft",
    "libcupti",
    "libcurand",
    "libcusolver",
    "libcusparse",
    "libcutensor",
    "libnccl",
    "libnpp",
    "libnvJitLink",
    "libnvToolsExt",
    "libnvblas",
    "libnvinfer",
    "libnvjpeg",
    "libnvrtc",
];

/// So many names of one directory are looked at.
const MOST: usize = 8192;

fn by_hand(scene: &Scene<'_>) -> Vec<Seen> {
    let mut directories: Vec<PathBuf> = scene.library_path().into_iter().map(Path::to_owned).collect();
    directories.extend(scene.toolkit.iter().map(|toolkit| toolkit.root.join("lib64")));
    directories.extend(PLACES.iter().map(|place| scene.system(place)));
    let mut real: Vec<PathBuf> = directories.iter().filter_map(|path| path.canonicalize().ok()).collect();
    real.sort();
    real.dedup();
    real.iter().flat_map(|directory| in_directory(directory, scene)).collect()
}

/// Links that were asked for are no surprise, and are told all the same.
fn compat_links(scene: &Scene<'_>) -> Vec<Seen> {
    let found = links::compat_links(scene.context).into_iter();
    let seen = found.map(|(toolchain, CompatLink { soname, target })| {
        Seen::new(
            format!(
                "`{toolchain}` gives {target} to programs that ask for {soname}, as `compat-link` was told to"
            ),
            "it is a makeshift: the library may lack functions, or take other structures",
        )
        .fix(format!("`cudaman compat-link {soname} --in {toolchain} --remove` takes it away"))
    });
    seen.collect()
}

fn in_directory(directory: &Path, scene: &Scene<'_>) -> Vec<Seen> {
    // What stands in a toolchain of ours is recorded, or damage that is told as such.
    let versions = scene.context.store.versions_directories();
    let is_ours = |versions: &PathBuf| versions.canonicalize().is_ok_and(|real| directory.starts_with(real));
    if versions.iter().any(is_ours) {
        return Vec::new();
    }

    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten().take(MOST);
    let mut links: Vec<PathBuf> =
        entries.map(|entry| entry.path()).filter(|path| path.is_symlink()).collect();
    links.sort();
    links.iter().filter_map(|link| seen(link)).collect()
}

fn seen(link: &Path) -> Option<Seen> {
    let name = link.file_name()?.to_str()?;
    let (stem, version) = name.split_once(".so.")?;
    if version.is_empty() || !STEMS.iter().any(|start| stem.starts_with(start)) {
        return None;
    }
    let soname = layout::soname(fs_err::File::open(link).ok()?)?;
    let (own_stem, own_version) = soname.split_once(".so.")?;
    // 11.8.89 stands for 11 and 11.8; another stem or number is another library.
    let is_own = stem == own_stem && (begins_with(own_version, version) || begins_with(version, own_version));
    let missing = quote::word(format!("{name}: cannot open shared object file"));
    (!is_own).then(|| {
        Seen::new(
            format!("`{}` leads to a library whose own name is {soname}", link.display()),
            "it was linked by hand: what asks for one gets the other, which may lack functions or crash",
        )
        .fix(format!("`cudaman explain {missing}` says which toolkit has the real one"))
        .fix(format!("`rm {}` removes the link (with sudo where it is the system's)", quote::word(link)))
    })
}
