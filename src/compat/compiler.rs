//! One compiler of the machine: asked what it is, by the macros that it defines.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::command::{CommandError, answer};
use crate::model::{CompilerKind, Environment, HostCompiler, Version};

/// How long a compiler may take to say what it is.
const LIMIT: Duration = Duration::from_secs(20);

/// A C compiler with its C++ compiler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compiler {
    /// What it is, and where.
    pub host: HostCompiler,
    /// The version of the glibc whose headers it uses; none for another C library, or without headers.
    pub glibc: Option<Version>,
}

/// Why a program is no compiler that nvcc can use.
#[derive(Debug, thiserror::Error)]
pub enum CompilerError {
    /// It gave no answer.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// There is no program of this name.
    #[error("there is no compiler `{name}`")]
    Missing {
        /// What was looked for.
        name: String,
    },
    /// Its C++ compiler is missing.
    #[error("there is a `{}` but no `{cxx}`, and nvcc needs both", .c.display())]
    Partner {
        /// The C compiler.
        c: PathBuf,
        /// What was looked for beside it.
        cxx: String,
    },
    /// It is neither GNU's nor LLVM's.
    #[error("`{}` is neither gcc nor clang", .path.display())]
    Unknown {
        /// The program.
        path: PathBuf,
    },
}

impl Compiler {
    /// Finds a compiler by a name on PATH or by a path, of its C or its C++ program.
    ///
    /// # Errors
    /// Returns why it can't be used.
    pub fn named(name: &str, environment: &Environment) -> Result<Self, CompilerError> {
        let (directory, file) = name.split_at(name.rfind('/').map_or(0, |end| end + 1));
        let c = format!("{directory}{}", c_name(file).as_deref().unwrap_or(file));
        let missing = || CompilerError::Missing { name: c.clone() };
        let path = which::which_in(&c, environment.variable("PATH"), &environment.directory);
        Self::at(&path.map_err(|_| missing())?, environment)
    }

    /// Asks what the compiler is whose C program is at a path: its C++ program, which stands beside it, since
    /// that is the one that nvcc starts.
    ///
    /// # Errors
    /// Returns why it can't be used.
    pub fn at(c: &Path, environment: &Environment) -> Result<Self, CompilerError> {
        let name = c.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let partner = cxx_name(name).unwrap_or_else(|| name.to_owned());
        let cxx = c.with_file_name(&partner);
        if !is_program(c) {
            return Err(CompilerError::Missing { name: c.display().to_string() });
        }
        if !is_program(&cxx) {
            return Err(CompilerError::Partner { c: c.to_owned(), cxx: partner });
        }
        // Without the C library's headers a compiler can still say what it is.
        let macros = match macros(&cxx, &["-include", "features.h"], environment) {
            Err(CommandError::Failed { .. }) => macros(&cxx, &[], environment)?,
            answer => answer?,
        };
        let (kind, version) =
            identity(&macros).ok_or_else(|| CompilerError::Unknown { path: c.to_owned() })?;
        let text = |path: &Path| path.display().to_string();
        let host = HostCompiler { kind, version, c: text(c), cxx: text(&cxx) };
        let glibc = numbers(&macros, ["__GLIBC__", "__GLIBC_MINOR__"]);
        Ok(Self { host, glibc })
    }
}

fn macros(cxx: &Path, options: &[&str], environment: &Environment) -> Result<String, CommandError> {
    let arguments = [&["-E", "-dM", "-x", "c++"], options, &["/dev/null"]].concat();
    answer(cxx, &arguments, environment, LIMIT)
}

fn is_program(path: &Path) -> bool {
    fs_err::metadata(path).is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

/// Tells apart who defines `__GNUC__`: nearly every compiler does, as far as it is like gcc.
fn identity(macros: &str) -> Option<(CompilerKind, Version)> {
    if value(macros, "__clang_major__").is_some() {
        let names = ["__clang_major__", "__clang_minor__", "__clang_patchlevel__"];
        return Some((CompilerKind::Clang, numbers(macros, names)?));
    }
    let others = ["__INTEL_COMPILER", "__PGIC__", "__NVCOMPILER"];
    if others.iter().any(|name| value(macros, name).is_some()) {
        return None;
    }
    Some((CompilerKind::Gcc, numbers(macros, ["__GNUC__", "__GNUC_MINOR__", "__GNUC_PATCHLEVEL__"])?))
}

fn numbers<const COUNT: usize>(macros: &str, names: [&str; COUNT]) -> Option<Version> {
    let numbers: Option<Vec<u32>> = names.iter().map(|name| value(macros, name)?.parse().ok()).collect();
    numbers.map(Version::from_numbers)
}

fn value<'m>(macros: &'m str, name: &str) -> Option<&'m str> {
    macros.lines().find_map(|line| line.strip_prefix("#define ")?.strip_prefix(name)?.strip_prefix(' '))
}

/// Returns the name of the C++ compiler that belongs to a C compiler: `g++-11` for `gcc-11`.
pub(super) fn cxx_name(c: &str) -> Option<String> {
    replace(c, &[("clang", "clang++"), ("gcc", "g++"), ("cc", "c++")])
}

fn c_name(cxx: &str) -> Option<String> {
    replace(cxx, &[("clang++", "clang"), ("g++", "gcc"), ("c++", "cc")])
}

/// Replaces the word that stands last and is followed by a version at most.
fn replace(name: &str, words: &[(&str, &str)]) -> Option<String> {
    words.iter().find_map(|(word, other)| {
        let start = name.rfind(word)?;
        // `nvcc` is no `cc`.
        if name[..start].ends_with(|letter: char| letter.is_ascii_alphanumeric()) {
            return None;
        }
        let rest = &name[start + word.len()..];
        let is_version = rest.chars().all(|letter| letter.is_ascii_digit() || "-.".contains(letter));
        is_version.then(|| format!("{}{other}{rest}", &name[..start]))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compilers_go_in_pairs() {
        for (c, cxx) in [
            ("gcc", "g++"),
            ("gcc-11", "g++-11"),
            ("gcc-4.8", "g++-4.8"),
            ("clang-14", "clang++-14"),
            ("cc", "c++"),
            ("x86_64-conda-linux-gnu-gcc", "x86_64-conda-linux-gnu-g++"),
            ("x86_64-conda-linux-gnu-cc", "x86_64-conda-linux-gnu-c++"),
        ] {
            assert_eq!(cxx_name(c).as_deref(), Some(cxx));
            assert_eq!(c_name(cxx).as_deref(), Some(c));
        }
        assert_eq!(cxx_name("gcc-ranlib-11"), None);
        assert_eq!(cxx_name("icx"), None);
        assert_eq!(cxx_name("nvcc"), None);
    }

    #[test]
    fn macros_tell_who_it_is() {
        let gcc = "#define __GNUC__ 11\n#define __GNUC_MINOR__ 3\n#define __GNUC_PATCHLEVEL__ 0\n";
        let version = |text: &str| text.parse::<Version>().expect("a version");
        assert_eq!(identity(gcc), Some((CompilerKind::Gcc, version("11.3.0"))));
        let clang = format!(
            "{gcc}#define __clang_major__ 14\n#define __clang_minor__ 0\n#define __clang_patchlevel__ 6\n"
        );
        assert_eq!(identity(&clang), Some((CompilerKind::Clang, version("14.0.6"))));
        assert_eq!(identity(&format!("{gcc}#define __INTEL_COMPILER 1900\n")), None);
        assert_eq!(identity(""), None);
    }
}
