//! Sessions of the real Lmod and the real Environment Modules, in real shells.
//!
//! A session is a script of `module` commands; the environment is dumped before the first and after each.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{CUDAMAN, Run, Sandbox, have, skip};

/// The variables of a process.
pub(crate) type Variables = BTreeMap<String, String>;

/// A program that reads modulefiles, in one shell.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    pub(crate) tree: &'static str,
    pub(crate) shell: &'static str,
    /// What makes `module` a command of that shell.
    pub(crate) prelude: String,
}

/// What a session did: the environment before it and after each step, and what was said.
pub(crate) struct Session {
    pub(crate) environments: Vec<Variables>,
    pub(crate) said: String,
}

const LMOD: &str = "/usr/share/lmod/lmod/init";

/// Returns the program of Environment Modules: the system's, or the one that `test.sh` unpacks.
fn modulecmd() -> Option<PathBuf> {
    let unpacked =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("target/test-tools/environment-modules/usr/lib");
    let places = [Path::new("/usr/lib").to_owned(), unpacked];
    let directories = places.iter().flat_map(|place| place.read_dir().into_iter().flatten().flatten());
    directories.map(|entry| entry.path().join("modulecmd.tcl")).find(|path| path.exists())
}

fn lmod(shell: &'static str) -> Program {
    let command = if shell == "tcsh" { "source" } else { "." };
    Program { tree: "lua", shell, prelude: format!("{command} {LMOD}/{shell}\n") }
}

fn environment_modules(modulecmd: &Path, shell: &'static str) -> Program {
    let modulecmd = modulecmd.to_str().expect("UTF-8");
    let prelude = match shell {
        "fish" => format!("function module; tclsh '{modulecmd}' fish $argv | source; end\n"),
        "tcsh" => format!("alias module 'eval `tclsh \"{modulecmd}\" tcsh \\!*`'\n"),
        _ => format!("module() {{ eval \"$(tclsh '{modulecmd}' {shell} \"$@\")\"; }}\n"),
    };
    Program { tree: "tcl", shell, prelude }
}

/// Lists what can be run here, in every shell that it has something for.
pub(crate) fn programs() -> Vec<Program> {
    let mut programs = Vec::new();
    let modulecmd = modulecmd().filter(|_| have("tclsh"));
    for shell in ["bash", "fish", "tcsh", "zsh"].into_iter().filter(|shell| have(shell)) {
        if Path::new(LMOD).join(shell).exists() {
            programs.push(lmod(shell));
        }
        programs.extend(modulecmd.as_ref().map(|modulecmd| environment_modules(modulecmd, shell)));
    }
    if !Path::new(LMOD).exists() {
        skip("Lmod", "it is not installed");
    }
    if modulecmd.is_none() {
        skip("Environment Modules", "they are neither installed nor unpacked");
    }
    programs
}

impl Program {
    /// Runs a session in a tree of modulefiles.
    pub(crate) fn session(&self, sandbox: &Sandbox, tree: &Path, steps: &[&str]) -> Session {
        let dumps = sandbox.project("dumps", None);
        let dump = |number: usize| format!("/usr/bin/env -0 > \"{}/{number}\"\n", dumps.display());
        let mut script = format!("{}{}", self.prelude, dump(0));
        for (index, step) in steps.iter().enumerate() {
            script += &format!("{step}\n{}", dump(index + 1));
        }
        let path = sandbox.path().join("session");
        fs_err::write(&path, script).expect("a script");
        let mut command = sandbox.command(self.shell);
        let without_start_up_files = match self.shell {
            "bash" => "--norc",
            "fish" => "--no-config",
            _ => "-f",
        };
        command.arg(without_start_up_files).arg(&path);
        command.env("MODULEPATH", tree.join(self.tree)).env("CUDAMAN", CUDAMAN);
        let run = Run::of(&mut command);
        let said = run.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
        let environments = (0..=steps.len()).map(|number| variables(&dumps.join(number.to_string())));
        let session = Session { environments: environments.collect(), said };
        assert!(!session.said.contains("rror in"), "{self:?}: {}", session.said);
        session
    }
}

/// Reads a dump, without what the programs and shells keep for themselves.
fn variables(dump: &Path) -> Variables {
    let own = ["LMOD", "__LMOD", "_ModuleTable", "_LMFILES_", "LOADEDMODULES", "MODULES_", "__MODULES", "_="];
    let text = String::from_utf8(fs_err::read(dump).expect("a dump")).expect("UTF-8");
    let lines = text.split('\0').filter(|line| !own.iter().any(|own| line.starts_with(own)));
    let pair = |line: &str| line.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
    lines
        .filter_map(pair)
        .filter(|(name, _)| !["COLUMNS", "LINES", "SHLVL"].contains(&name.as_str()))
        .collect()
}

/// Returns an environment without what a loaded modulefile remembers of the one before.
pub(crate) fn settings(loaded: &Variables) -> Variables {
    let is_memory = |name: &str| name.starts_with("__CUDAMAN_");
    loaded.clone().into_iter().filter(|(name, _)| !is_memory(name)).collect()
}
