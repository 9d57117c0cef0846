//! What must change in an environment for a toolchain to take effect, or to stop doing so.
//!
//! `shell/enter.sh` and `shell/change.sh` do the same by builtins of a shell: what changes here changes there.

use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use crate::model::Environment;
use crate::packages::{PACKAGES, PackageKind, TOOLKIT};

/// One change to one variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Give it this value.
    Set(Cow<'static, str>, OsString),
    /// Remove it.
    Unset(Cow<'static, str>),
}

/// What is to take effect.
#[derive(Clone, Debug)]
pub enum Wanted<'a> {
    /// What was asked for isn't installed: PATH gets this, so that nothing else answers.
    Missing(&'a Path),
    /// Nothing of ours.
    System,
    /// A toolchain.
    Toolchain(Target<'a>),
}

/// The toolchain that is to take effect.
#[derive(Clone, Debug)]
pub struct Target<'a> {
    /// Its root, which `CUDA_HOME` will name.
    pub root: &'a Path,
    /// The kinds of its add-ons: `cudnn`.
    pub add_ons: Vec<&'a str>,
    /// Whether `LD_LIBRARY_PATH` names its libraries.
    pub sets_library_path: bool,
}

/// The variables that hold lists of directories, and the directories below the root that each
/// gets. Stubs are for the linker alone: a program that loads them finds no GPU. And the linker gets
/// nothing but stubs, as in NVIDIA's own images: CMake takes what gcc finds by `LIBRARY_PATH` for a
/// directory of the system, and writes no RUNPATH for it (measured with 3.25 and CUDA 13.0.2).
pub(super) const LISTS: &[(&str, &[&str])] = &[
    ("PATH", &["bin"]),
    ("LD_LIBRARY_PATH", &["lib64", "nvvm/lib64", "extras/CUPTI/lib64"]),
    ("LIBRARY_PATH", &["lib64/stubs"]),
    ("PKG_CONFIG_PATH", &["pkgconfig"]),
    ("MANPATH", &["share/man"]),
];

/// What `CUDACXX` names.
pub(super) const COMPILER: &str = "bin/nvcc";

impl Target<'_> {
    /// Tells whether it brings a kind of package.
    pub(super) fn has(&self, kind: &PackageKind) -> bool {
        *kind == TOOLKIT || self.add_ons.contains(&kind.name)
    }

    /// Returns those of some directories below the root that are there.
    pub(super) fn present<'a>(&self, directories: &[&'a str]) -> Vec<&'a str> {
        directories.iter().copied().filter(|directory| self.root.join(directory).is_dir()).collect()
    }
}

/// The `versions/` directory of what is in effect, as it is spelled there: a process with another home,
/// or with other stores, strips it too.
pub const OWNED: &str = "__CUDAMAN_OWNED";

/// What the user's value of a variable is kept under while ours takes its place.
const ORIGINAL: &str = "__CUDAMAN_ORIG_";

/// Tells whether a variable is only there to bring back what was before.
#[must_use]
pub fn is_bookkeeping(name: &str) -> bool {
    name.starts_with("__CUDAMAN_")
}

/// Returns the changes that make `wanted` the only toolchain in effect.
/// `owned` lists the `versions/` directories of all stores.
#[must_use]
pub fn changes(environment: &Environment, owned: &[PathBuf], wanted: &Wanted<'_>) -> Vec<Change> {
    let recorded = environment.path(OWNED).map(Path::to_owned);
    let owned: Vec<PathBuf> = owned.iter().cloned().chain(recorded).collect();
    let plan = Plan { environment, owned: &owned };
    let mut changes = Vec::new();
    for (name, directories) in LISTS {
        plan.list(name, &added(name, directories, wanted), &mut changes);
    }
    let target = match wanted {
        Wanted::Toolchain(target) => Some(target),
        Wanted::Missing(_) | Wanted::System => None,
    };
    for kind in PACKAGES {
        let target = target.filter(|target| target.has(kind));
        let root = target.map(|target| target.root.as_os_str());
        kind.root_variables.iter().for_each(|name| plan.scalar(name, root, &mut changes));
    }
    let compiler = target.map(|target| target.root.join(COMPILER)).filter(|path| path.exists());
    plan.scalar("CUDACXX", compiler.as_deref().map(Path::as_os_str), &mut changes);
    let home = match wanted {
        Wanted::Toolchain(target) => target.root.parent().map(Path::to_owned),
        Wanted::Missing(shims) => {
            shims.ancestors().find(|path| path.ends_with("versions")).map(Path::to_owned)
        }
        Wanted::System => None,
    };
    plan.assign(OWNED.into(), home.map(PathBuf::into_os_string), &mut changes);
    changes
}

/// Returns everything that `target` sets, beside what else is in the environment: for a file that is read
/// where nothing of it is set yet, even if it is in effect here.
#[must_use]
pub fn assignments(environment: &Environment, owned: &[PathBuf], target: Target<'_>) -> Vec<Change> {
    let mut bare = environment.clone();
    for change in changes(&bare, owned, &Wanted::System) {
        match change {
            Change::Set(name, value) => bare.variables.insert((&*name).into(), value),
            Change::Unset(name) => bare.variables.remove(OsStr::new(&*name)),
        };
    }
    let roots = PACKAGES.iter().flat_map(|kind| kind.root_variables.iter().copied());
    for name in roots.chain(["CUDACXX"]) {
        bare.variables.remove(OsStr::new(name));
    }
    let mut changes = changes(&bare, owned, &Wanted::Toolchain(target));
    changes.retain(|change| matches!(change, Change::Set(name, _) if !is_bookkeeping(name)));
    changes
}

/// Tells whether the active virtualenv or conda environment brings CUDA libraries of its own.
///
/// `LD_LIBRARY_PATH` is searched before the RUNPATH by which those libraries find each other, so
/// naming a toolkit there mixes two releases (`undefined symbol: __nvJitLinkComplete_12_4`).
#[must_use]
pub fn environment_brings_libraries(environment: &Environment) -> bool {
    ["VIRTUAL_ENV", "CONDA_PREFIX"].iter().filter_map(|name| environment.path(name)).any(holds_wheels)
}

/// Tells whether the Python of an environment has packages that bring CUDA libraries.
#[must_use]
pub fn holds_wheels(prefix: &Path) -> bool {
    std::fs::read_dir(prefix.join("lib"))
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| entry.file_name().as_bytes().starts_with(b"python"))
        .map(|entry| entry.path().join("site-packages"))
        .any(|packages| packages.join("nvidia").is_dir() || packages.join("torch").is_dir())
}

/// Returns what a list gets.
fn added(name: &str, directories: &[&str], wanted: &Wanted<'_>) -> Vec<OsString> {
    let target = match wanted {
        Wanted::Toolchain(target) => target,
        Wanted::Missing(shims) if name == "PATH" => return vec![shims.as_os_str().to_owned()],
        Wanted::Missing(_) | Wanted::System => return Vec::new(),
    };
    if name == "LD_LIBRARY_PATH" && !target.sets_library_path {
        return Vec::new();
    }
    target.present(directories).iter().map(|directory| target.root.join(directory).into()).collect()
}

/// What a change is worked out from.
struct Plan<'a> {
    environment: &'a Environment,
    owned: &'a [PathBuf],
}

impl Plan<'_> {
    /// Strips what is ours from a list and puts `added` before the rest, whose elements are kept byte
    /// for byte, empty ones included: those are the user's.
    fn list(&self, name: &'static str, added: &[OsString], changes: &mut Vec<Change>) {
        let before = self.value(name);
        // Setting MANPATH where it was unset would hide the system's pages; man finds ours by PATH.
        if name == "MANPATH" && before.is_none_or(OsStr::is_empty) {
            return;
        }
        let elements: Vec<&[u8]> =
            before.map(|value| value.as_bytes().split(|byte| *byte == b':').collect()).unwrap_or_default();
        let kept: Vec<&[u8]> = elements.iter().copied().filter(|element| !self.owns(element)).collect();
        let had_ours = kept.len() < elements.len();
        let original = format!("{ORIGINAL}{name}");
        // A variable that is set to nothing has one empty element, which only means "set".
        let is_set_to_nothing = before.is_some_and(OsStr::is_empty);
        if !added.is_empty() {
            let rest = kept.into_iter().filter(|_| !is_set_to_nothing);
            let all: Vec<&[u8]> = added.iter().map(|path| path.as_bytes()).chain(rest).collect();
            if !had_ours {
                self.assign(original.into(), is_set_to_nothing.then(OsString::new), changes);
            }
            return self.assign(name.into(), Some(OsString::from_vec(all.join(&b':'))), changes);
        }
        if had_ours {
            let was_set = self.value(&original).is_some();
            let value = (!kept.is_empty() || was_set).then(|| OsString::from_vec(kept.join(&b':')));
            self.assign(name.into(), value, changes);
        }
        self.assign(original.into(), None, changes);
    }

    /// Gives a variable our value and keeps the user's, or brings that back.
    fn scalar(&self, name: &'static str, wanted: Option<&OsStr>, changes: &mut Vec<Change>) {
        let before = self.value(name);
        let is_ours = before.is_some_and(|value| self.owns(value.as_bytes()));
        let original = format!("{ORIGINAL}{name}");
        match wanted {
            Some(value) if before == Some(value) => {}
            Some(value) => {
                if !is_ours {
                    self.assign(original.into(), before.map(OsStr::to_owned), changes);
                }
                self.assign(name.into(), Some(value.to_owned()), changes);
            }
            None => {
                if is_ours {
                    self.assign(name.into(), self.value(&original).map(OsStr::to_owned), changes);
                }
                self.assign(original.into(), None, changes);
            }
        }
    }

    /// Changes what isn't so already.
    fn assign(&self, name: Cow<'static, str>, value: Option<OsString>, changes: &mut Vec<Change>) {
        match value {
            Some(value) if self.value(&name) != Some(&value) => changes.push(Change::Set(name, value)),
            None if self.value(&name).is_some() => changes.push(Change::Unset(name)),
            _ => {}
        }
    }

    fn value(&self, name: &str) -> Option<&OsStr> {
        self.environment.variables.get(OsStr::new(name)).map(OsString::as_os_str)
    }

    /// Tells whether an element lies below a `versions/`, as text: shells compare no otherwise.
    fn owns(&self, element: &[u8]) -> bool {
        self.owned.iter().any(|versions| {
            let rest = element.strip_prefix(versions.as_os_str().as_bytes());
            rest.is_some_and(|rest| rest.first() == Some(&b'/'))
        })
    }
}

#[cfg(test)]
mod tests;
