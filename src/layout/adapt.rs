//! What a toolchain needs to suit the machine it stands on: a host compiler that it takes, and headers that
//! agree with glibc's.
//!
//! nvcc asks the `gcc` on PATH for its version before it reads `nvcc.profile`, and gives that version to its
//! front end whatever `compiler-bindir` says there (seen with 11.8.89 and 12.4.131): 12.4 with gcc 11 chosen
//! in the profile and gcc 15 on PATH fails in the headers of gcc 11. Only an option is seen in time. So
//! `bin/nvcc` becomes a script that gives it, beside the program itself; neither is touched where the
//! compiler on PATH suits.

use super::tree::text;
use crate::compat::{self, GlibcFix};
use crate::model::{Change, EntryKind, FixUp, HostCompiler};

/// The program that is put behind a script.
pub const NVCC: &str = "bin/nvcc";

/// The directory of the compilers that a toolchain has of its own.
pub const HOST_COMPILERS: &str = "hostcc";

/// Where the program stands then: nvcc looks for its parts and its profile from its own directory, and calls
/// itself what stands before the dot, by which CMake knows it.
const REAL_NVCC: &str = "bin/nvcc.real";

/// The header that collides with glibc's, below the include directory: since 9.1, and before.
pub const MATH_FUNCTIONS: [&str; 2] = ["crt/math_functions.h", "math_functions.h"];

/// Returns the fix-ups that make nvcc start a compiler, whichever way it is started itself.
#[must_use]
pub fn host_compiler(compiler: &HostCompiler, nvcc: &EntryKind) -> Vec<FixUp> {
    let (c, cxx) = compiler.kind.names();
    let program = |text: String| Change::File { content: text.into_bytes(), executable: true };
    let starts = |name: &str, path: &str| FixUp {
        path: format!("{HOST_COMPILERS}/{name}"),
        change: program(starter(path)),
    };
    let real = Change::Renamed { from: "nvcc".to_owned(), kind: nvcc.clone() };
    vec![
        starts(c, &compiler.c),
        starts(cxx, &compiler.cxx),
        FixUp { path: NVCC.to_owned(), change: program(script(compiler, nvcc)) },
        FixUp { path: REAL_NVCC.to_owned(), change: real },
    ]
}

/// Returns the fix-up of a header that collides with glibc's; none for one that doesn't.
#[must_use]
pub fn glibc_header(path: &str, header: &str) -> Option<FixUp> {
    match compat::glibc_fix(header) {
        GlibcFix::Fixed(header) => Some(text(path, header)),
        GlibcFix::NotNeeded => None,
    }
}

/// A compiler under the name by which nvcc knows its kind. No link: ccache and its like go by the name that
/// they are started with, and would start another one.
fn starter(path: &str) -> String {
    format!("#!/bin/sh\nexec '{}' \"$@\"\n", path.replace('\'', "'\\''"))
}

/// The script in nvcc's place. It is POSIX shell, since that is what every machine has. It names what it
/// starts, so that a cache of objects that goes by its content tells one from another.
fn script(compiler: &HostCompiler, nvcc: &EntryKind) -> String {
    let cxx = compiler.kind.names().1;
    let program = match nvcc {
        EntryKind::File { digest, .. } => digest.to_string(),
        EntryKind::Link { target } => target.clone(),
    };
    // A line break in a path would end the comment.
    let words = format!("{compiler}, nvcc {program}").replace(['\n', '\r'], " ");
    format!(
        r#"#!/bin/sh
# Written by cudaman: nvcc with the host compiler in ../hostcc, which suits this toolkit.
# {words}
# A compiler that is named otherwise goes first: -ccbin, NVCC_PREPEND_FLAGS, NVCC_APPEND_FLAGS, NVCC_CCBIN.
here=${{0%/*}}
if [ -L "$0" ] || [ ! -e "$here/nvcc.real" ]; then here=$(dirname "$(readlink -f "$0")"); fi
compiler=${{NVCC_CCBIN:-$here/../hostcc/{cxx}}}
case " ${{NVCC_PREPEND_FLAGS-}} ${{NVCC_APPEND_FLAGS-}}" in
*" -ccbin"* | *" --compiler-bindir"*) compiler= ;;
esac
for argument in "$@"; do
    case $argument in
    -ccbin | -ccbin=* | --compiler-bindir | --compiler-bindir=*) compiler= ;;
    esac
done
exec "$here/nvcc.real" ${{compiler:+-ccbin "$compiler"}} "$@"
"#
    )
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::path::Path;
    use std::process::Command;

    use super::*;
    use crate::model::CompilerKind;

    fn gcc() -> HostCompiler {
        HostCompiler {
            kind: CompilerKind::Gcc,
            version: "11.3.0".parse().expect("a version"),
            c: "/opt/it's/gcc".to_owned(),
            cxx: "/opt/it's/g++".to_owned(),
        }
    }

    fn kind() -> EntryKind {
        EntryKind::Link { target: "x".to_owned() }
    }

    /// A `bin` with the script, before a program that tells its arguments.
    fn bin(root: &Path) {
        fs_err::create_dir_all(root.join("bin")).expect("a directory");
        let real = "#!/bin/sh\nprintf '<%s>' \"$@\"\n";
        for (name, content) in [("nvcc", script(&gcc(), &kind()).as_str()), ("nvcc.real", real)] {
            let path = root.join("bin").join(name);
            fs_err::write(&path, content).expect("a file");
            fs_err::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("a mode");
        }
    }

    fn told(nvcc: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> String {
        let mut command = Command::new(nvcc);
        command.args(arguments).env_clear().env("PATH", "/usr/bin:/bin").envs(variables.iter().copied());
        String::from_utf8(command.output().expect("a run").stdout).expect("a text")
    }

    #[test]
    fn the_own_compiler_is_named_unless_another_is() {
        let root = tempfile::Builder::new().prefix("a b'").tempdir().expect("a directory");
        bin(root.path());
        let nvcc = root.path().join(NVCC);
        let own = format!("<-ccbin><{}/bin/../hostcc/g++>", root.path().display());
        assert_eq!(told(&nvcc, &["a b.cu", "-DX='1'"], &[]), format!("{own}<a b.cu><-DX='1'>"));
        assert_eq!(told(&nvcc, &["-ccbin", "g++-9", "x.cu"], &[]), "<-ccbin><g++-9><x.cu>");
        assert_eq!(told(&nvcc, &["--compiler-bindir=g++-9"], &[]), "<--compiler-bindir=g++-9>");
        assert_eq!(told(&nvcc, &["x.cu"], &[("NVCC_PREPEND_FLAGS", "-O2 -ccbin g++-9")]), "<x.cu>");
        let like = [("NVCC_APPEND_FLAGS", "-I/opt/my-ccbin-things")];
        assert_eq!(told(&nvcc, &["x.cu"], &like), format!("{own}<x.cu>"));
        assert_eq!(told(&nvcc, &["x.cu"], &[("NVCC_APPEND_FLAGS", "-O2")]), format!("{own}<x.cu>"));
        assert_eq!(told(&nvcc, &["x.cu"], &[("NVCC_CCBIN", "/opt/g++")]), "<-ccbin></opt/g++><x.cu>");
        assert_eq!(told(&nvcc, &[], &[]), own);
    }

    #[test]
    fn a_link_to_it_finds_its_directory() {
        let root = tempfile::tempdir().expect("a directory");
        bin(root.path());
        let link = root.path().join("nvcc-link");
        symlink(root.path().join(NVCC), &link).expect("a link");
        let real = fs_err::canonicalize(root.path()).expect("a path");
        let expected = format!("<-ccbin><{}/bin/../hostcc/g++><x.cu>", real.display());
        assert_eq!(told(&link, &["x.cu"], &[]), expected);
    }

    #[test]
    fn the_compilers_have_the_names_by_which_nvcc_knows_compilers() {
        let compiler = HostCompiler {
            kind: CompilerKind::Clang,
            version: "14.0.6".parse().expect("a version"),
            c: "/usr/bin/clang-14".to_owned(),
            cxx: "/usr/bin/clang++-14".to_owned(),
        };
        let fix_ups = host_compiler(&compiler, &kind());
        let paths: Vec<&str> = fix_ups.iter().map(|fix_up| fix_up.path.as_str()).collect();
        assert_eq!(paths, ["hostcc/clang", "hostcc/clang++", NVCC, REAL_NVCC]);
    }

    #[test]
    fn a_compiler_is_started_by_its_own_name() {
        assert_eq!(starter("/opt/it's/g++-11"), "#!/bin/sh\nexec '/opt/it'\\''s/g++-11' \"$@\"\n");
        let text = script(&gcc(), &kind());
        assert!(
            text.contains("gcc 11.3.0 (`/opt/it's/g++`), nvcc x"),
            "a cache can tell it from others: {text}"
        );
    }
}
