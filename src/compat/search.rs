//! Which compilers the machine has, on PATH and where distributions keep those beside it.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::CompilerError;
use super::compiler::{Compiler, cxx_name};
use super::host_compilers::Limits;
use crate::model::{CompilerKind, Environment, HostCompiler, Version};

/// Where compilers stand that are not on PATH: a `*` stands for any part of a name.
///
/// Red Hat's toolsets and devtoolsets, Gentoo's slots, and where people build their own.
const PLACES: &[&str] = &[
    "/usr/bin",
    "/usr/local/bin",
    "/opt/rh/*/root/usr/bin",
    "/usr/*-linux-gnu/gcc-bin/*",
    "/opt/gcc*/bin",
    "/usr/local/gcc*/bin",
];

/// The compilers that matter for one toolkit.
#[derive(Debug)]
pub struct Machine {
    /// The `gcc` on PATH, which nvcc takes by itself.
    pub first: Result<Compiler, CompilerError>,
    /// The newest that the toolkit takes; gcc before clang.
    pub best: Option<Compiler>,
}

/// Looks for the compilers that suit a toolkit's limits. The one on PATH is the best if it does.
#[must_use]
pub fn compilers(limits: &Limits, environment: &Environment) -> Machine {
    compilers_in(PLACES, limits, environment)
}

/// Looks for every compiler of the machine, whatever a toolkit takes; gcc before clang, the newest first.
#[must_use]
pub fn every_compiler(environment: &Environment) -> Vec<HostCompiler> {
    let mut real = HashSet::new();
    let mut found: Vec<HostCompiler> = candidates(PLACES, environment)
        .iter()
        .filter(|candidate| real.insert(candidate.path.canonicalize().unwrap_or_default()))
        .filter_map(|candidate| Some(Compiler::at(&candidate.path, environment).ok()?.host))
        .collect();
    let is_clang = |compiler: &HostCompiler| compiler.kind == CompilerKind::Clang;
    found.sort_by(|one, other| {
        is_clang(one).cmp(&is_clang(other)).then_with(|| other.version.cmp(&one.version))
    });
    found
}

fn compilers_in(places: &[&str], limits: &Limits, environment: &Environment) -> Machine {
    let first = Compiler::named("gcc", environment);
    if let Ok(compiler) = &first
        && limits.admit(&compiler.host)
    {
        return Machine { best: Some(compiler.clone()), first };
    }
    let candidates = candidates(places, environment);
    let best = [CompilerKind::Gcc, CompilerKind::Clang]
        .into_iter()
        .find_map(|kind| newest(&candidates, kind, limits, environment));
    Machine { first, best }
}

/// Asks those without a version in the name, and of the others no more than it takes to find one that suits.
fn newest(
    candidates: &[Candidate],
    kind: CompilerKind,
    limits: &Limits,
    environment: &Environment,
) -> Option<Compiler> {
    let ask = |candidate: &Candidate| {
        let compiler = Compiler::at(&candidate.path, environment).ok()?;
        limits.admit(&compiler.host).then_some(compiler)
    };
    let of_kind = candidates.iter().filter(|candidate| candidate.kind == kind && candidate.may_suit(limits));
    let (named, plain): (Vec<_>, Vec<_>) = of_kind.partition(|candidate| candidate.version.is_some());
    let named = named.into_iter().find_map(ask);
    // Among equals the name with a version goes first: an update of the system leaves it what it is.
    plain
        .into_iter()
        .filter_map(ask)
        .chain(named)
        .max_by(|one, other| one.host.version.cmp(&other.host.version))
}

/// A program that may be a compiler, by its name.
#[derive(Debug, PartialEq, Eq)]
struct Candidate {
    kind: CompilerKind,
    /// The version in its name.
    version: Option<Version>,
    path: PathBuf,
}

impl Candidate {
    fn new(path: PathBuf) -> Option<Self> {
        let name = path.file_name()?.to_str()?;
        let (kind, rest) = [CompilerKind::Gcc, CompilerKind::Clang]
            .into_iter()
            .find_map(|kind| Some((kind, name.strip_prefix(kind.names().0)?)))?;
        let version = match rest.strip_prefix('-') {
            Some(version) => Some(version.parse().ok()?),
            None if rest.is_empty() => None,
            None => return None,
        };
        path.with_file_name(cxx_name(name)?).is_file().then_some(Self { kind, version, path })
    }

    /// Spares asking those whose name says that they are too new.
    fn may_suit(&self, limits: &Limits) -> bool {
        !self.version.as_ref().is_some_and(|version| limits.exclude_as_new(self.kind, version))
    }
}

/// Lists what may be a compiler, the newest first by its name; among equals, in the order of PATH.
fn candidates(places: &[&str], environment: &Environment) -> Vec<Candidate> {
    let mut directories = environment.path_list("PATH");
    directories.extend(places.iter().flat_map(|place| expand(Path::new(place))));
    let mut seen = HashSet::new();
    let mut found: Vec<Candidate> = directories
        .into_iter()
        .filter(|directory| seen.insert(directory.clone()))
        .flat_map(|directory| entries(&directory))
        .filter_map(Candidate::new)
        .collect();
    found.sort_by(|one, other| other.version.cmp(&one.version));
    found
}

/// Finds the directories that a pattern stands for, in the order of their names.
fn expand(pattern: &Path) -> Vec<PathBuf> {
    pattern.components().fold(vec![PathBuf::new()], |found, part| {
        let part = part.as_os_str();
        match part.to_str().and_then(|text| text.split_once('*')) {
            Some((start, end)) => {
                let fits = |path: &PathBuf| {
                    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
                    name.len() >= start.len() + end.len() && name.starts_with(start) && name.ends_with(end)
                };
                found.iter().flat_map(|parent| entries(parent)).filter(fits).collect()
            }
            None => found.into_iter().map(|parent| parent.join(part)).collect(),
        }
    })
}

/// Lists a directory; what can't be read has nothing to offer.
fn entries(directory: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs_err::read_dir(directory) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::testing::compiler;

    struct Bin(tempfile::TempDir);

    impl Bin {
        fn new(compilers: &[(&str, &str)]) -> Self {
            let bin = Self(tempfile::tempdir().expect("a directory"));
            compilers.iter().for_each(|(name, version)| bin.add(name, version));
            bin
        }

        fn add(&self, name: &str, version: &str) {
            let kind = if name.starts_with("clang") { CompilerKind::Clang } else { CompilerKind::Gcc };
            for name in [name.to_owned(), cxx_name(name).expect("a compiler's name")] {
                let path = self.0.path().join(name);
                fs_err::write(&path, compiler(kind, version)).expect("a file");
                fs_err::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("a mode");
            }
        }

        fn best(&self, cuda: &str) -> Option<String> {
            let environment = self.environment();
            let limits = Limits::from_header("", &cuda.parse().expect("a version"));
            let best = compilers_in(&[], &limits, &environment).best?;
            Path::new(&best.host.c).file_name().map(|name| name.to_string_lossy().into_owned())
        }

        fn environment(&self) -> Environment {
            let variables = [("PATH".into(), self.0.path().into())].into();
            Environment { variables, directory: "/".into(), ..Environment::default() }
        }
    }

    #[test]
    fn the_one_on_path_is_taken_where_it_suits_else_the_newest_that_does() {
        let bin = Bin::new(&[
            ("gcc", "12.2.0"),
            ("gcc-7", "7.5.0"),
            ("gcc-8", "8.4.0"),
            ("gcc-6", "6.5.0"),
            ("clang-6.0", "6.0.1"),
        ]);
        assert_eq!(bin.best("12.4").as_deref(), Some("gcc"));
        assert_eq!(bin.best("10.0").as_deref(), Some("gcc-7"));
        assert_eq!(bin.best("9.0").as_deref(), Some("gcc-6"));
        assert_eq!(bin.best("8.0"), None);
        let compiler = Compiler::named("g++-7", &bin.environment()).expect("a compiler");
        assert_eq!(
            (
                compiler.host.version.to_string().as_str(),
                compiler.glibc.expect("a version").to_string().as_str()
            ),
            ("7.5.0", "2.36")
        );
    }

    #[test]
    fn clang_where_no_gcc_suits() {
        let bin = Bin::new(&[
            ("gcc", "99.1.0"),
            ("clang-5.0", "5.0.1"),
            ("clang-4.0", "4.0.0"),
            ("clang", "99.0.0"),
        ]);
        assert_eq!(bin.best("9.2").as_deref(), Some("clang-5.0"));
        fs_err::remove_file(bin.0.path().join("clang++-5.0")).expect("removed");
        assert_eq!(bin.best("9.2").as_deref(), Some("clang-4.0"), "a compiler without its C++ part is none");
        assert_eq!(bin.best("12.4"), None);
    }

    #[test]
    fn patterns_are_names_of_directories() {
        let directory = tempfile::tempdir().expect("a directory");
        for name in ["gcc-toolset-12/root/usr/bin", "devtoolset-7/root/usr/bin", "other/usr/bin"] {
            fs_err::create_dir_all(directory.path().join(name)).expect("a directory");
        }
        let count = |pattern: &str| {
            expand(&directory.path().join(pattern)).iter().filter(|path| path.is_dir()).count()
        };
        assert_eq!((count("*/root/usr/bin"), count("gcc-*/root/usr/bin"), count("gone/*")), (2, 1, 0));
    }

    #[test]
    fn names_tell_candidates() {
        let bin = Bin::new(&[("gcc", "9.1.0"), ("gcc-4.8", "4.8.5")]);
        let candidate =
            |name: &str| Candidate::new(bin.0.path().join(name)).map(|candidate| candidate.version);
        assert_eq!(candidate("gcc"), Some(None));
        assert_eq!(candidate("gcc-4.8"), Some("4.8".parse().ok()));
        assert_eq!(candidate("gcc-ar-9"), None);
        assert_eq!(candidate("g++"), None);
    }
}
