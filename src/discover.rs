//! Toolkits that exist already, wherever they came from: found by a table of places, told with what they
//! hold and whose they are. They are looked at and never changed.

mod owner;
mod places;
mod rpm;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::integrate::conda;
use crate::layout::{self, Inspection};
use crate::model::{Environment, Version};
pub use owner::Owner;
use places::{Base, PLACES, Place, SYSTEM_CUDNN};

/// So many names of one directory are looked at: `opt/spack/*` may hold thousands.
const NAMES: usize = 4096;

/// A toolkit that stands somewhere.
#[derive(Clone, Debug, Serialize)]
pub struct Toolkit {
    /// Where, in the first spelling it was found by.
    pub path: PathBuf,
    /// Other spellings of the same directory: links, variables.
    pub aliases: Vec<PathBuf>,
    /// Its CUDA release.
    pub cuda: Version,
    /// The cuDNN in it.
    pub cudnn: Option<Version>,
    /// Whether it can compile.
    pub has_nvcc: bool,
    /// Whose it is, for people.
    pub owner: String,
    /// A name to adopt it under: `local-11.8`.
    pub name: String,
    #[serde(skip)]
    real: PathBuf,
}

/// A cuDNN that a package of the system brought.
#[derive(Clone, Debug, Serialize)]
pub struct SystemCudnn {
    /// Its main library.
    pub path: PathBuf,
    /// Its version, where a header tells it.
    pub version: Option<Version>,
    /// Whose it is, for people.
    pub owner: Option<String>,
}

/// All that was found.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Discovery {
    /// Toolkits, each real directory once.
    pub toolkits: Vec<Toolkit>,
    /// cuDNNs of the system.
    pub cudnn: Vec<SystemCudnn>,
}

/// Looks for toolkits below `root`, which is `/` but for images and tests, and where the environment
/// points.
#[must_use]
pub fn discover(root: &Path, environment: &Environment) -> Discovery {
    let mut found: BTreeMap<PathBuf, Toolkit> = BTreeMap::new();
    let mut order = Vec::new();
    for (path, place) in candidates(root, environment) {
        let Ok(real) = path.canonicalize() else { continue };
        if let Some(known) = found.get_mut(&real) {
            if known.path != path && !known.aliases.contains(&path) {
                known.aliases.push(path);
            }
            continue;
        }
        if let Some(toolkit) = toolkit(&path, real, &place, root) {
            order.push(toolkit.real.clone());
            found.insert(toolkit.real.clone(), toolkit);
        }
    }
    let mut toolkits: Vec<Toolkit> = order.iter().filter_map(|real| found.remove(real)).collect();
    name_apart(&mut toolkits);
    Discovery { toolkits, cudnn: system_cudnn(root) }
}

impl Toolkit {
    /// Tells whether it stands below a directory, links resolved in both.
    #[must_use]
    pub fn is_below(&self, directory: &Path) -> bool {
        self.real.starts_with(directory)
    }

    /// Tells whether its files lie among those of the system, so that no link can lead to it.
    #[must_use]
    pub fn is_scattered(&self) -> bool {
        self.path.ends_with("usr/lib/nvidia-cuda-toolkit")
    }

    /// Tells whether a link to `target` leads here.
    #[must_use]
    pub fn is_at(&self, target: &Path) -> bool {
        target.canonicalize().is_ok_and(|real| real == self.real)
    }
}

struct Origin {
    owner: &'static str,
    stem: &'static str,
}

fn candidates(root: &Path, environment: &Environment) -> Vec<(PathBuf, Origin)> {
    let mut candidates = Vec::new();
    for Place { base, pattern, owner, stem } in PLACES {
        let base = match base {
            Base::Home if environment.home.as_os_str().is_empty() => continue,
            Base::Home => environment.home.as_path(),
            Base::Root => root,
        };
        candidates.extend(matching(base, pattern).into_iter().map(|path| (path, Origin { owner, stem })));
    }
    let environments = conda::environments_below(root, environment).into_iter();
    candidates
        .extend(environments.map(|found| (found.prefix, Origin { owner: found.manager, stem: "conda" })));
    let pointed = ["CUDA_HOME", "CUDA_PATH"].iter().filter_map(|name| environment.path(name));
    let on_path =
        environment.path_list("PATH").into_iter().filter(|directory| directory.join("nvcc").is_file());
    let pointed = pointed.map(Path::to_owned).chain(on_path.filter_map(|bin| Some(bin.parent()?.to_owned())));
    candidates.extend(pointed.map(|path| (path, Origin { owner: "your environment", stem: "my" })));
    candidates
}

fn toolkit(path: &Path, real: PathBuf, origin: &Origin, root: &Path) -> Option<Toolkit> {
    // Debian scatters its toolkit over /usr: what is in one directory tells too little.
    let scattered = origin.stem == "debian";
    let inspected = if scattered { root.join("usr") } else { path.to_owned() };
    let Inspection { cuda, cudnn, has_nvcc, .. } = layout::inspect(&inspected);
    let cuda = cuda?;
    let files = ["bin/nvcc", "version.json", "version.txt", "bin/ptxas"];
    let own: Vec<PathBuf> = files.iter().map(|file| real.join(file)).chain([real.clone()]).collect();
    let owner = owner::package(root, &own)
        .map(|owner| owner.title)
        .or_else(|| (origin.stem == "my").then(|| owner::user(root, &real)).flatten())
        .unwrap_or_else(|| origin.owner.to_owned());
    let name = suggestion(path, &cuda, origin);
    Some(Toolkit { path: path.to_owned(), aliases: Vec::new(), cuda, cudnn, has_nvcc, owner, name, real })
}

/// A name that says where it stands and which release it is.
fn suggestion(path: &Path, cuda: &Version, origin: &Origin) -> String {
    let word = path.file_name().and_then(|name| name.to_str()).filter(|_| origin.stem == "conda");
    let word =
        word.map(|word| word.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect::<String>());
    match word {
        Some(word) if !word.is_empty() => format!("{}-{word}-{}", origin.stem, cuda.truncated(2)),
        _ => format!("{}-{}", origin.stem, cuda.truncated(2)),
    }
}

/// Two toolkits must not get one name.
fn name_apart(toolkits: &mut [Toolkit]) {
    let mut taken: BTreeMap<String, u32> = BTreeMap::new();
    for toolkit in toolkits {
        let count = taken.entry(toolkit.name.clone()).or_default();
        *count += 1;
        if *count > 1 {
            toolkit.name = format!("{}-{count}", toolkit.name);
        }
    }
}

/// The directories that a pattern names, sorted. Links count, loops can't: a pattern has an end.
fn matching(base: &Path, pattern: &str) -> Vec<PathBuf> {
    let mut paths = vec![base.to_owned()];
    for part in pattern.split('/') {
        let next = |path: PathBuf| match part.split_once('*') {
            None => vec![path.join(part)],
            Some((start, end)) => named(&path, start, end),
        };
        paths = paths.into_iter().flat_map(next).collect();
    }
    paths.retain(|path| path.is_dir());
    paths
}

fn named(directory: &Path, start: &str, end: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten().take(NAMES);
    let is_named =
        |name: &str| name.len() >= start.len() + end.len() && name.starts_with(start) && name.ends_with(end);
    let mut paths: Vec<PathBuf> = entries
        .filter(|entry| entry.file_name().to_str().is_some_and(is_named))
        .map(|entry| entry.path())
        .collect();
    paths.sort();
    paths
}

fn system_cudnn(root: &Path) -> Vec<SystemCudnn> {
    let mut found = Vec::new();
    for (libraries, prefix) in SYSTEM_CUDNN {
        let version = layout::cudnn_version(&root.join(prefix));
        for path in named(&root.join(libraries), "libcudnn.so.", "") {
            // The link named after the SONAME stands for the library behind it.
            let is_soname = path.extension().is_some_and(|end| !end.is_empty()) && is_major(&path);
            if is_soname {
                let owner = owner::package(root, std::slice::from_ref(&path)).map(|owner| owner.title);
                found.push(SystemCudnn { path, version: version.clone(), owner });
            }
        }
    }
    found
}

/// Finds out which package brought a library that stands where systems have theirs.
#[must_use]
pub fn owner_of(library: &Path) -> Option<Owner> {
    let directory = library.parent()?;
    let is_below = |libraries: &&str| directory.ends_with(libraries);
    let libraries = SYSTEM_CUDNN.iter().map(|(libraries, _)| *libraries).find(is_below)?;
    let root = directory.ancestors().nth(Path::new(libraries).components().count())?;
    owner::package(root, &[library.to_owned()])
}

fn is_major(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    name.and_then(|name| name.strip_prefix("libcudnn.so."))
        .is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests;
