//! Host compilers of linked toolkits: nvcc starts the one that suits, whichever way it is started itself, and the
//! toolkit stays as it is.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::link::{state, toolkit};
use crate::support::{Run, Sandbox};

const HEADER: &str = "#if __GNUC__ > 11\n#error -- unsupported GNU version!\n#endif\n";

/// What a script does that sets the environment once.
const ENVIRONMENT: &str = "eval \"$(\"$0\" env site)\"; nvcc x.cu";

/// A machine with compilers first on PATH, and CUDA 11.8, which takes gcc up to 11.
struct Machine {
    sandbox: Sandbox,
    root: PathBuf,
}

impl Machine {
    fn new(compilers: &[(&str, u32)]) -> Self {
        Self::of("11.8.0", HEADER, compilers)
    }

    fn of(release: &str, header: &str, compilers: &[(&str, u32)]) -> Self {
        let mut sandbox = Sandbox::with_home_named("a home");
        let bin = sandbox.path().join("compilers");
        fs::create_dir(&bin).expect("a directory");
        for (name, major) in compilers {
            for name in [(*name).to_owned(), name.replacen("gcc", "g++", 1)] {
                let text = format!(
                    "#!/bin/sh\necho '#define __GNUC__ {major}'\necho '#define __GNUC_MINOR__ 2'\n\
                     echo '#define __GNUC_PATCHLEVEL__ 0'\n"
                );
                program(&bin.join(name), &text);
            }
        }
        sandbox.set("PATH", format!("{}:/usr/bin:/bin", bin.display()));
        let root = toolkit(&sandbox, "opt/cuda 11.8", release);
        fs::create_dir_all(root.join("include/crt")).expect("a directory");
        fs::write(root.join("include/crt/host_config.h"), header).expect("a header");
        fs::write(root.join("bin/nvcc.profile"), "TOP = x\n").expect("a profile");
        program(&root.join("bin/nvcc"), "#!/bin/sh\necho \"$0: $*\"\n");
        Self { sandbox, root }
    }

    fn link(&self) -> Run {
        self.sandbox.run(&["link", "site", self.root.to_str().expect("text")])
    }

    /// Says what the linked nvcc's program gets for its arguments, and which compiler they name.
    fn asked(&self, variables: &[(&str, &str)], arguments: &[&str]) -> String {
        let mut command = self.sandbox.command(self.sandbox.root("site").join("bin/nvcc"));
        Run::of(command.args(arguments).envs(variables.iter().copied())).stdout
    }

    fn compiler(&self) -> Option<String> {
        let starter = fs::read_to_string(self.sandbox.root("site").join("hostcc/g++")).ok()?;
        Some(Path::new(starter.split('\'').nth(1)?).file_name()?.to_str()?.to_owned())
    }

    fn fronts(&self) -> usize {
        fs::read_dir(self.sandbox.store().join("links")).map_or(0, Iterator::count)
    }
}

fn program(path: &Path, text: &str) {
    fs::write(path, text).expect("a file");
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("a mode");
}

#[test]
fn a_linked_nvcc_starts_the_compiler_that_suits_on_every_way_in() {
    let machine = Machine::new(&[("gcc", 12), ("gcc-11", 11), ("gcc-10", 10)]);
    let sandbox = &machine.sandbox;
    let before = state(&machine.root);
    machine.link().expect(0, &["linked `site`", "`site` compiles with gcc 11.2.0"]);
    let wanted = "hostcc/g++ x.cu";
    assert!(machine.asked(&[], &["x.cu"]).trim_end().ends_with(wanted), "{}", machine.asked(&[], &["x.cu"]));
    sandbox.ok(&["default", "site"]);
    for told in [
        sandbox.ok(&["exec", "site", "--", "nvcc", "x.cu"]),
        sandbox.shim("nvcc", sandbox.path(), &["x.cu"]).stdout,
        Run::of(sandbox.command("/bin/sh").args(["-c", ENVIRONMENT, env!("CARGO_BIN_EXE_cudaman")])).stdout,
    ] {
        assert!(told.trim_end().ends_with(wanted), "{told}");
    }
    assert!(!sandbox.store().join("shims/bin/nvcc.real").exists(), "one nvcc is enough");
    // What the user names goes first.
    for told in [
        machine.asked(&[], &["-ccbin", "mine", "x.cu"]),
        machine.asked(&[("NVCC_CCBIN", "mine")], &["x.cu"]),
        machine.asked(&[("NVCC_PREPEND_FLAGS", "-ccbin mine")], &["x.cu"]),
    ] {
        assert!(!told.contains("hostcc"), "{told}");
    }
    assert!(sandbox.ok(&["list"]).contains(&format!("-> {}", machine.root.display())));
    assert!(sandbox.ok(&["config", "host-compiler"]).contains("gcc-11 (11.2.0)  takes gcc 6 to 11"));
    sandbox.assert_healthy();
    assert_eq!(state(&machine.root), before);
    sandbox.ok(&["uninstall", "site"]);
    assert_eq!(machine.fronts(), 0);
    assert_eq!(state(&machine.root), before);
    sandbox.assert_healthy();
}

#[test]
fn where_the_gcc_on_path_suits_the_link_leads_straight_to_the_toolkit() {
    let machine = Machine::new(&[("gcc", 11), ("gcc-10", 10)]);
    let linked = machine.link();
    linked.expect(0, &["linked `site`"]);
    assert!(!linked.stderr.contains("compiles with"), "{linked:?}");
    assert_eq!(fs::read_link(machine.sandbox.root("site")).expect("a link"), machine.root);
    assert_eq!((machine.compiler(), machine.fronts()), (None, 0));
    machine.sandbox.assert_healthy();
}

#[test]
fn another_can_be_chosen_for_a_linked_one_and_taken_back() {
    let machine = Machine::new(&[("gcc", 12), ("gcc-11", 11), ("gcc-10", 10)]);
    let sandbox = &machine.sandbox;
    machine.link().expect(0, &[]);
    let choose = |choice: &str, of: &[&str]| {
        sandbox.ok(&[&["config", "host-compiler", choice], of].concat());
        machine.compiler()
    };
    let one = ["--for", "site"];
    assert_eq!(choose("gcc-10", &one).as_deref(), Some("g++-10"));
    assert_eq!(choose("gcc-11", &[]).as_deref(), Some("g++-10"), "it has a choice of its own");
    assert_eq!(choose("path", &one), None);
    assert!(
        sandbox.ok(&["config", "host-compiler"]).contains("which does not suit  takes gcc 6 to 11  (path)")
    );
    assert!(machine.asked(&[], &["x.cu"]).trim_end().ends_with("nvcc: x.cu"));
    assert_eq!(choose("auto", &one).as_deref(), Some("g++-11"));
    assert_eq!(choose("gcc-10", &[]).as_deref(), Some("g++-10"), "it follows the setting");
    assert_eq!(machine.fronts(), 1);
    sandbox.run(&["config", "host-compiler", "gcc-77", "--for", "site"]).expect(1, &["gcc-77", "hint:"]);
    assert_eq!(machine.compiler().as_deref(), Some("g++-10"));
    sandbox.assert_healthy();
}

#[test]
fn a_toolkit_that_vanished_behind_its_compiler_is_said() {
    let machine = Machine::new(&[("gcc", 12), ("gcc-11", 11)]);
    let sandbox = &machine.sandbox;
    machine.link().expect(0, &["compiles with gcc 11.2.0"]);
    fs::remove_dir_all(&machine.root).expect("removed");
    let list = sandbox.ok(&["list"]);
    assert!(list.contains(&machine.root.display().to_string()) && list.contains("(missing)"), "{list}");
    sandbox.run(&["exec", "site", "--", "true"]).expect(1, &["cudaman uninstall site"]);
    sandbox.run(&["config", "host-compiler", "auto"]).expect(0, &[]);
    sandbox.ok(&["uninstall", "site"]);
    assert_eq!(machine.fronts(), 0);
    sandbox.assert_healthy();
}

#[test]
fn where_none_suits_the_package_that_brings_one_is_named() {
    // None of today's systems has it.
    let machine = Machine::of("8.0.61", &HEADER.replace("11", "5"), &[("gcc", 12)]);
    let linked = machine.link();
    linked.expect(0, &["the host compiler is gcc 12.2.0", "takes gcc up to 5", "hint:"]);
    assert_eq!(fs::read_link(machine.sandbox.root("site")).expect("a link"), machine.root);
    machine.sandbox.assert_healthy();
}
