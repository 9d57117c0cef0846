//! What must change in an environment for a toolchain to take effect, or to stop doing so.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use crate::model::Environment;
use crate::packages::{PACKAGES, PackageKind, TOOLKIT};

/// One change to one variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Give it this value.
    Set(&'static str, OsString),
    /// Remove it.
    Unset(&'static str),
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

/// Returns the changes that make `target` the only toolchain in effect; `None` leaves every one.
/// `owned` lists the `versions/` directories of all stores.
#[must_use]
pub fn changes(environment: &Environment, owned: &[PathBuf], target: Option<&Target<'_>>) -> Vec<Change> {
    let mut changes = Vec::new();
    for (name, directories) in LISTS {
        changes.extend(list_change(environment, owned, name, &added(name, directories, environment, target)));
    }
    for kind in PACKAGES {
        let wanted = target.filter(|target| target.has(kind));
        let root = wanted.map(|target| target.root.as_os_str().to_owned());
        for name in kind.root_variables {
            changes.extend(scalar_change(environment, owned, name, root.clone()));
        }
    }
    let compiler = target.map(|target| target.root.join(COMPILER)).filter(|path| path.exists());
    changes.extend(scalar_change(environment, owned, "CUDACXX", compiler.map(PathBuf::into_os_string)));
    changes
}

/// Returns everything that `target` sets, beside what else is in the environment: for a file that is read
/// where nothing of it is set yet, even if it is in effect here.
#[must_use]
pub fn assignments(environment: &Environment, owned: &[PathBuf], target: &Target<'_>) -> Vec<Change> {
    let mut bare = environment.clone();
    let roots = PACKAGES.iter().flat_map(|kind| kind.root_variables.iter().copied());
    for name in roots.chain(["CUDACXX"]) {
        bare.variables.remove(OsStr::new(name));
    }
    for change in changes(&bare, owned, None) {
        match change {
            Change::Set(name, value) => bare.variables.insert(name.into(), value),
            Change::Unset(name) => bare.variables.remove(OsStr::new(name)),
        };
    }
    changes(&bare, owned, Some(target))
}

/// Tells whether the active virtualenv or conda environment brings CUDA libraries of its own.
///
/// `LD_LIBRARY_PATH` is searched before the RUNPATH by which those libraries find each other, so
/// naming a toolkit there mixes two releases (`undefined symbol: __nvJitLinkComplete_12_4`).
#[must_use]
pub fn environment_brings_libraries(environment: &Environment) -> bool {
    ["VIRTUAL_ENV", "CONDA_PREFIX"]
        .iter()
        .filter_map(|name| environment.path(name))
        .flat_map(|prefix| std::fs::read_dir(prefix.join("lib")).into_iter().flatten().flatten())
        .filter(|entry| entry.file_name().as_bytes().starts_with(b"python"))
        .map(|entry| entry.path().join("site-packages"))
        .any(|packages| packages.join("nvidia").is_dir() || packages.join("torch").is_dir())
}

fn added(
    name: &str,
    directories: &[&str],
    environment: &Environment,
    target: Option<&Target<'_>>,
) -> Vec<OsString> {
    let Some(target) = target else { return Vec::new() };
    let is_left_out = match name {
        "LD_LIBRARY_PATH" => !target.sets_library_path,
        // Setting MANPATH where it was unset would hide the system's pages; man finds ours by PATH.
        "MANPATH" => environment.variable(name).is_none(),
        _ => false,
    };
    if is_left_out {
        return Vec::new();
    }
    target.present(directories).iter().map(|directory| target.root.join(directory).into()).collect()
}

/// Strips what is ours from a list and puts `added` before the rest, whose elements are kept byte
/// for byte, empty ones included: those are the user's.
fn list_change(
    environment: &Environment,
    owned: &[PathBuf],
    name: &'static str,
    added: &[OsString],
) -> Option<Change> {
    let before = environment.variables.get(OsStr::new(name));
    let elements = before.map(|value| value.as_bytes().split(|byte| *byte == b':').collect::<Vec<_>>());
    let is_kept = |element: &&[u8]| {
        !is_owned(OsStr::from_bytes(element), owned) && !added.iter().any(|path| path.as_bytes() == *element)
    };
    let had_ours = elements.as_ref().is_some_and(|elements| !elements.iter().all(&is_kept));
    // A variable that was set to nothing has one empty element, which only means "set".
    let was_empty = before.is_some_and(|value| value.is_empty());
    let kept = elements.unwrap_or_default().into_iter().filter(is_kept).filter(|_| !was_empty);
    let all: Vec<&[u8]> = added.iter().map(|path| path.as_bytes()).chain(kept).collect();
    if all.is_empty() {
        return had_ours.then_some(Change::Unset(name));
    }
    let value = OsString::from_vec(all.join(&b':'));
    (before != Some(&value)).then_some(Change::Set(name, value))
}

fn scalar_change(
    environment: &Environment,
    owned: &[PathBuf],
    name: &'static str,
    wanted: Option<OsString>,
) -> Option<Change> {
    let before = environment.variables.get(OsStr::new(name));
    match wanted {
        Some(value) => (before != Some(&value)).then_some(Change::Set(name, value)),
        None => before.is_some_and(|value| is_owned(value, owned)).then_some(Change::Unset(name)),
    }
}

fn is_owned(element: &OsStr, owned: &[PathBuf]) -> bool {
    owned.iter().any(|versions| Path::new(element) != versions && Path::new(element).starts_with(versions))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        let variables = variables.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        Environment { variables, ..Environment::default() }
    }

    fn apply(environment: &Environment, changes: &[Change]) -> Environment {
        let mut after = environment.clone();
        for change in changes {
            match change {
                Change::Set(name, value) => after.variables.insert((*name).into(), value.clone()),
                Change::Unset(name) => after.variables.remove(OsStr::new(name)),
            };
        }
        after
    }

    struct Fixture {
        _directory: tempfile::TempDir,
        versions: PathBuf,
    }

    fn fixture() -> Fixture {
        let directory = tempfile::tempdir().expect("a directory");
        let versions = directory.path().join("versions");
        for name in ["11.8.0", "12.4.1"] {
            for part in ["bin", "lib64/stubs", "pkgconfig"] {
                std::fs::create_dir_all(versions.join(name).join(part)).expect("a tree");
            }
            std::fs::write(versions.join(name).join("bin/nvcc"), "").expect("a file");
        }
        Fixture { _directory: directory, versions }
    }

    fn enter(fixture: &Fixture, name: &str, before: &Environment) -> Environment {
        let root = fixture.versions.join(name);
        let target = Target { root: &root, add_ons: vec!["cudnn"], sets_library_path: true };
        apply(before, &changes(before, std::slice::from_ref(&fixture.versions), Some(&target)))
    }

    fn leave(fixture: &Fixture, before: &Environment) -> Environment {
        apply(before, &changes(before, std::slice::from_ref(&fixture.versions), None))
    }

    #[test]
    fn switching_replaces_and_never_stacks() {
        let fixture = fixture();
        let before = environment(&[("PATH", "/usr/bin:/bin")]);
        let after = enter(&fixture, "12.4.1", &enter(&fixture, "11.8.0", &before));
        let path = after.text("PATH").expect("a PATH");
        assert_eq!(path, format!("{}/12.4.1/bin:/usr/bin:/bin", fixture.versions.display()));
        assert!(!after.text("LD_LIBRARY_PATH").expect("set").contains("stubs"));
        let stubs = format!("{}/12.4.1/lib64/stubs", fixture.versions.display());
        assert_eq!(after.text("LIBRARY_PATH"), Some(stubs.as_str()));
        assert_eq!(after.text("CUDNN_PATH"), after.text("CUDA_HOME"));
        assert_eq!(enter(&fixture, "12.4.1", &after), after, "a second time changes nothing");
    }

    #[test]
    fn the_policy_leaves_the_library_path_alone() {
        let fixture = fixture();
        let root = fixture.versions.join("12.4.1");
        let target = Target { root: &root, add_ons: Vec::new(), sets_library_path: false };
        let before = environment(&[("LD_LIBRARY_PATH", "/mine")]);
        let after = apply(&before, &changes(&before, std::slice::from_ref(&fixture.versions), Some(&target)));
        assert_eq!(after.text("LD_LIBRARY_PATH"), Some("/mine"));
    }

    proptest! {
        #[test]
        fn entering_and_leaving_gives_the_same_bytes(
            path in "(/[a-z]{1,3}|)(:(/[a-z]{1,3}|)){0,3}",
            library_path in prop::option::of("(/[a-z]{1,3}|)(:(/[a-z]{1,3}|)){1,3}"),
        ) {
            let fixture = fixture();
            let mut before = environment(&[("PATH", &path)]);
            if let Some(value) = library_path {
                before.variables.insert("LD_LIBRARY_PATH".into(), value.into());
            }
            let inside = enter(&fixture, "11.8.0", &before);
            let outside = leave(&fixture, &enter(&fixture, "12.4.1", &inside));
            let is_lone_empty = path.is_empty();
            if is_lone_empty {
                // An empty PATH and none at all mean the same; which of the two it was is not kept.
                prop_assert!(outside.text("PATH").is_none());
            } else {
                prop_assert_eq!(outside, before);
            }
        }
    }
}
