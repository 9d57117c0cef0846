//! The proof on small roots whose nvcc and gcc are shell scripts.

use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::{Finding, Severity, prove};
use crate::model::{Adaptation, CompilerKind, Environment, HostCompiler, Profile, ToolchainReceipt};
use crate::testing::{compiler, toolchain_receipt};

const NVCC: &str = r##"#!/bin/sh
case $1 in
--version) echo "Cuda compilation tools, release 12.4, V12.4.131" ;;
--dryrun) echo "#\$ TOP=${0%/*}/.." >&2 ;;
esac
"##;

const FILES: &[&str] = &[
    "bin/nvcc.profile",
    "nvvm/libdevice/libdevice.10.bc",
    "include/cuda_runtime.h",
    "include/nv/target",
    "lib64/libcudart.so.12",
    "lib64/libcudart.so",
    "lib64/libcudart_static.a",
    "lib64/libcudadevrt.a",
];

const PROGRAMS: &[&str] = &["bin/ptxas", "bin/fatbinary", "bin/nvlink", "bin/cudafe++", "nvvm/bin/cicc"];

struct Root(tempfile::TempDir);

impl Root {
    fn new() -> Self {
        let root = Self(tempfile::tempdir().expect("a temporary directory"));
        FILES.iter().for_each(|path| root.write(path, "", 0o444));
        PROGRAMS.iter().for_each(|path| root.write(path, "", 0o555));
        root.write("bin/nvcc", NVCC, 0o555);
        root.write("include/cuda_fp16.h", "#include <nv/target>\n", 0o444);
        let limit = "#if __GNUC__ > 13\n#error -- unsupported GNU version!\n#endif\n";
        root.write("include/crt/host_config.h", limit, 0o444);
        root.with_gcc("12.2.0")
    }

    fn with_gcc(self, version: &str) -> Self {
        for name in ["gcc", "g++"] {
            self.write(&format!("host/{name}"), &compiler(CompilerKind::Gcc, version), 0o555);
        }
        self
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, path: &str, content: &str, mode: u32) {
        let path = self.path().join(path);
        fs_err::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        let _ = fs_err::remove_file(&path);
        fs_err::write(&path, content).expect("a file");
        fs_err::set_permissions(&path, std::fs::Permissions::from_mode(mode)).expect("a mode");
    }

    fn remove(&self, path: &str) {
        fs_err::remove_file(self.path().join(path)).expect("a file to remove");
    }

    /// A compiler of the toolchain's own, if there is one.
    fn adaptation(&self) -> Adaptation {
        let path = |name: &str| self.path().join("hostcc").join(name).display().to_string();
        let own = HostCompiler {
            kind: CompilerKind::Gcc,
            version: "13.1.0".parse().expect("a version"),
            c: path("gcc"),
            cxx: path("g++"),
        };
        let is_there = self.path().join("hostcc").is_dir();
        Adaptation { host_compiler: is_there.then_some(own), ..Adaptation::default() }
    }

    fn prove(&self, profile: Profile) -> String {
        let variables = [("PATH".into(), self.path().join("host").into())].into();
        let environment = Environment { variables, directory: "/".into(), ..Environment::default() };
        let receipt =
            ToolchainReceipt { adaptation: self.adaptation(), ..toolchain_receipt("12.4.1", profile) };
        let told = prove(self.path(), &receipt, &environment);
        told.iter().fold(String::new(), |mut text, Finding { severity, message, hint, .. }| {
            let word = if *severity == Severity::Failure { "failure" } else { "warning" };
            let hint = hint.as_deref().unwrap_or("-");
            let _ = writeln!(text, "{word}: {message} ({hint})");
            text.replace(&self.path().display().to_string(), "ROOT")
        })
    }
}

#[test]
fn a_whole_toolchain_proves_itself() {
    assert_eq!(Root::new().prove(Profile::Devel), "");
}

#[test]
fn missing_files_are_named() {
    let root = Root::new();
    root.remove("nvvm/bin/cicc");
    root.remove("include/nv/target");
    assert_eq!(
        root.prove(Profile::Minimal),
        "failure: `ROOT` lacks `nvvm/bin/cicc` (`cudaman install 12.4.1 --force`)\n\
         failure: `ROOT` lacks `include/nv/target`, which `cuda_fp16.h` includes (`cudaman install 12.4.1 --force`)\n"
    );
}

#[test]
fn a_runtime_needs_its_library_only() {
    let root = Root::new();
    root.remove("bin/nvcc");
    assert_eq!(root.prove(Profile::Runtime), "");
    root.remove("lib64/libcudart.so.12");
    assert!(root.prove(Profile::Runtime).starts_with("failure: `ROOT` lacks `lib64/libcudart.so.*`"));
}

#[test]
fn another_release_is_a_failure() {
    let root = Root::new();
    root.write("bin/nvcc", &NVCC.replace("12.4", "12.3"), 0o555);
    assert_eq!(
        root.prove(Profile::Devel),
        "failure: `ROOT/bin/nvcc` says that it is release 12.3 (V12.3.131), not 12.4 \
         (`cudaman install 12.4.1 --force`)\n"
    );
}

#[test]
fn a_root_elsewhere_is_a_failure() {
    let root = Root::new();
    root.write("bin/nvcc", &NVCC.replace("${0%/*}/..", "/usr/local/cuda"), 0o555);
    let told = root.prove(Profile::Devel);
    assert!(told.starts_with("failure: `ROOT/bin/nvcc` takes `/usr/local/cuda"), "{told}");
}

#[test]
fn a_missing_or_newer_gcc_is_a_warning() {
    let root = Root::new().with_gcc("14.1.0");
    let told = root.prove(Profile::Devel);
    assert!(
        told.starts_with(
            "warning: the host compiler is gcc 14.1.0 (`ROOT/host/g++`), and this toolkit takes gcc 6 to 13"
        ),
        "{told}"
    );
    assert!(told.contains("cudaman config host-compiler"), "{told}");
    root.remove("host/g++");
    let told = root.prove(Profile::Devel);
    assert!(told.starts_with("warning: there is a `ROOT/host/gcc` but no `g++`"), "{told}");
    root.remove("host/gcc");
    let told = root.prove(Profile::Devel);
    assert!(told.starts_with("warning: there is no `gcc` on PATH"), "{told}");
    assert_eq!(told.lines().count(), 1);
}

#[test]
fn a_compiler_of_the_toolchains_own_goes_first() {
    let root = Root::new().with_gcc("14.1.0");
    for name in ["hostcc/gcc", "hostcc/g++"] {
        root.write(name, &compiler(CompilerKind::Gcc, "13.1.0"), 0o555);
    }
    assert_eq!(root.prove(Profile::Devel), "");
    root.remove("hostcc/gcc");
    let told = root.prove(Profile::Devel);
    assert!(told.starts_with("warning: its host compiler gcc 13.1.0 (`ROOT/hostcc/g++`) is gone"), "{told}");
}

#[test]
fn a_header_that_collides_with_glibc_is_a_warning() {
    let root = Root::new();
    let declaration =
        "extern __DEVICE_FUNCTIONS_DECL__ __device_builtin__ double                 cospi(double x);\n";
    root.write("include/crt/math_functions.h", declaration, 0o444);
    assert_eq!(root.prove(Profile::Devel), "");
    let newer = compiler(CompilerKind::Gcc, "12.2.0").replace("GLIBC_MINOR__ 36", "GLIBC_MINOR__ 41");
    root.write("host/g++", &newer, 0o555);
    let told = root.prove(Profile::Devel);
    assert!(told.starts_with("warning: glibc 2.41 declares sinpi(), cospi()"), "{told}");
    assert!(told.contains("`cudaman install 12.4.1 --glibc-fix on`"), "{told}");
    assert_eq!(told.lines().count(), 1, "{told}");
}

#[test]
fn what_can_not_be_executed_is_explained() {
    let root = Root::new();
    root.write("bin/nvcc", "#!/nonexistent/loader\n", 0o555);
    let told = root.prove(Profile::Devel);
    assert!(told.starts_with("failure: could not run `ROOT/bin/nvcc`"), "{told}");
    assert!(told.contains("glibc"), "{told}");
    root.write("bin/nvcc", NVCC, 0o444);
    let told = root.prove(Profile::Devel);
    assert!(told.contains("without the permission to execute it"), "{told}");
}

#[test]
fn of_another_processor_only_files_are_checked() {
    let root = Root::new();
    let mut elf = b"\x7fELF\x02\x01\x01".to_vec();
    elf.resize(20, 0);
    elf[18] = 0xf3; // RISC-V, which no toolkit runs on
    let text = String::from_utf8_lossy(&elf).into_owned();
    let path = root.path().join("bin/nvcc");
    root.write("bin/nvcc", &text, 0o555);
    fs_err::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("a mode");
    fs_err::write(&path, &elf).expect("a file");
    assert_eq!(root.prove(Profile::Devel), "");
}
