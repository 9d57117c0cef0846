//! Machines with environments in every place.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::fs::symlink;

use super::*;

/// A machine in a directory, with a user `me`.
pub(in crate::integrate::conda) struct Machine {
    directory: tempfile::TempDir,
    pub(in crate::integrate::conda) environment: Environment,
}

impl Machine {
    pub(in crate::integrate::conda) fn new() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let home = directory.path().join("home/me");
        fs_err::create_dir_all(home.join("work/deep")).expect("made");
        let environment = Environment { directory: home.join("work/deep"), home, ..Environment::default() };
        Self { directory, environment }
    }

    pub(in crate::integrate::conda) fn root(&self) -> &Path {
        self.directory.path()
    }

    pub(in crate::integrate::conda) fn file(&self, path: &str, content: &str) {
        let path = self.root().join(path);
        fs_err::create_dir_all(path.parent().expect("a parent")).expect("made");
        fs_err::write(path, content).expect("written");
    }

    pub(in crate::integrate::conda) fn conda(&self, path: &str) -> PathBuf {
        self.file(&format!("{path}/conda-meta/history"), "");
        self.root().join(path)
    }

    pub(in crate::integrate::conda) fn set(&mut self, name: &str, value: impl Into<OsString>) {
        self.environment.variables.insert(name.into(), value.into());
    }

    fn found(&self) -> Vec<CondaEnvironment> {
        environments_below(self.root(), &self.environment)
    }

    /// Each as `manager name path`, with `!` for a base.
    fn lines(&self) -> Vec<String> {
        let line = |found: &CondaEnvironment| {
            let path = found.prefix.strip_prefix(self.root()).expect("below the root").display();
            let name = found.name.as_deref().unwrap_or("-");
            format!("{} {name}{} {path}", found.manager, if found.is_base { "!" } else { "" })
        };
        self.found().iter().map(line).collect()
    }
}

#[test]
fn usual_roots_and_lists_are_looked_at() {
    let machine = Machine::new();
    machine.conda("home/me/miniforge3");
    machine.file("home/me/miniforge3/bin/mamba", "");
    machine.file("home/me/miniforge3/condabin/conda", "");
    machine.conda("home/me/miniforge3/envs/torch");
    machine.file("home/me/miniforge3/envs/.conda_envs_dir_test", "");
    machine.file("home/me/miniforge3/envs/broken/bin/python", "");
    machine.conda("home/me/.conda/envs/own");
    machine.conda("home/me/.local/share/mamba/envs/m");
    machine.conda("opt/conda");
    let far = machine.conda("data/far");
    let text = format!("{}\nrelative\n\n/gone\n  {}\n", far.display(), far.display());
    machine.file("home/me/.conda/environments.txt", &text);
    assert_eq!(
        machine.lines(),
        [
            "conda - data/far",
            "conda own home/me/.conda/envs/own",
            "micromamba m home/me/.local/share/mamba/envs/m",
            "conda base! home/me/miniforge3",
            "conda torch home/me/miniforge3/envs/torch",
            "conda base! opt/conda",
        ]
    );
}

#[test]
fn variables_point_at_roots_and_directories() {
    let mut machine = Machine::new();
    let root = machine.conda("srv/c one");
    machine.conda("srv/c one/envs/a");
    machine.conda("srv/mm/envs/b");
    machine.conda("srv/p/envs/c");
    machine.conda("srv/q/d");
    machine.conda("srv/r/e");
    machine.conda("srv/s");
    machine.conda("srv/s/envs/f");
    machine.set("CONDA_EXE", root.join("bin/conda"));
    machine.set("MAMBA_ROOT_PREFIX", machine.root().join("srv/mm"));
    machine.set("MAMBA_EXE", "/elsewhere/bin/micromamba");
    machine.set("CONDA_ENVS_PATH", format!("{0}/srv/p/envs::{0}/srv/none", machine.root().display()));
    machine.set("CONDA_ENVS_DIRS", format!("{}/srv/q", machine.root().display()));
    machine.set("CONDA_PREFIX", machine.root().join("srv/s/envs/f"));
    machine.set("CONDA_PREFIX_1", machine.root().join("srv/r/e"));
    machine.set("CONDA_PREFIX_BEFORE", machine.root().join("srv/no"));
    assert_eq!(
        machine.lines(),
        [
            "conda base! srv/c one",
            "conda a srv/c one/envs/a",
            "micromamba b srv/mm/envs/b",
            "conda c srv/p/envs/c",
            "conda d srv/q/d",
            "conda - srv/r/e",
            "conda base! srv/s",
            "conda f srv/s/envs/f",
        ]
    );
}

#[test]
fn settings_of_home_root_and_variable_name_directories() {
    let mut machine = Machine::new();
    for path in ["srv/a/x", "srv/b/y", "srv/c/z", "opt/conda"] {
        machine.conda(path);
    }
    let listing = |path: &str| format!("envs_dirs:\n  - {}/{path}\n", machine.root().display());
    machine.file("home/me/.condarc", &listing("srv/a"));
    machine.file("opt/conda/.condarc", &listing("srv/b"));
    machine.file("my.condarc", &listing("srv/c"));
    machine.set("CONDARC", machine.root().join("my.condarc"));
    assert_eq!(
        machine.lines(),
        ["conda base! opt/conda", "conda x srv/a/x", "conda y srv/b/y", "conda z srv/c/z"]
    );
}

#[test]
fn projects_of_pixi_are_found_upwards_and_its_global_programs_are_not() {
    let machine = Machine::new();
    machine.conda("home/me/work/.pixi/envs/default");
    machine.conda("home/me/work/deep/.pixi/envs/default");
    machine.conda("home/me/work/deep/.pixi/envs/gpu");
    machine.conda("home/me/.pixi/envs/ruff");
    assert_eq!(
        machine.lines(),
        [
            "pixi - home/me/work/.pixi/envs/default",
            "pixi default home/me/work/deep/.pixi/envs/default",
            "pixi gpu home/me/work/deep/.pixi/envs/gpu",
        ]
    );
    machine.file("home/me/pixi.toml", "");
    assert_eq!(machine.lines()[0], "pixi - home/me/.pixi/envs/ruff");
}

#[test]
fn each_is_told_once_in_the_spelling_that_has_a_name() {
    let mut machine = Machine::new();
    machine.conda("data/torch");
    machine.conda("opt/conda");
    fs_err::create_dir_all(machine.root().join("opt/conda/envs")).expect("made");
    symlink("../../../data/torch", machine.root().join("opt/conda/envs/torch")).expect("a link");
    symlink("nowhere", machine.root().join("opt/conda/envs/dangling")).expect("a link");
    symlink("loop", machine.root().join("opt/conda/envs/loop")).expect("a link");
    machine.set("CONDA_PREFIX", machine.root().join("data/torch"));
    machine.file("home/me/.conda/environments.txt", &format!("{}/opt/conda\n", machine.root().display()));
    assert_eq!(machine.lines(), ["conda base! opt/conda", "conda torch opt/conda/envs/torch"]);
}

/// `conda create -n tools conda` makes an environment with a conda in it.
#[test]
fn an_environment_with_a_conda_in_it_keeps_its_name() {
    let machine = Machine::new();
    machine.conda("opt/conda");
    let tools = machine.conda("opt/conda/envs/tools");
    machine.file("opt/conda/envs/tools/condabin/conda", "");
    machine.file("srv/root/condabin/conda", "");
    machine.file("srv/root/pkgs/urls", "");
    let root = machine.conda("srv/root");
    machine.conda("srv/root/envs/own");
    let list = format!("{}\n{}\n", tools.display(), root.display());
    machine.file("home/me/.conda/environments.txt", &list);
    assert_eq!(
        machine.lines(),
        [
            "conda base! opt/conda",
            "conda tools opt/conda/envs/tools",
            "conda base! srv/root",
            "conda own srv/root/envs/own",
        ]
    );
}

#[test]
fn hostile_names_are_kept_as_they_are() {
    let machine = Machine::new();
    let envs = machine.conda("opt/conda").join("envs");
    let strange = OsString::from_vec(b"a\xff".to_vec());
    for name in ["a\nb", "$(touch x)", "'\"", "\u{1b}[31m"].map(OsString::from).iter().chain([&strange]) {
        fs_err::create_dir_all(envs.join(name).join("conda-meta")).expect("made");
    }
    let found = machine.found();
    assert_eq!(found.len(), 6);
    assert!(found.iter().any(|one| one.name.as_deref() == Some("a\nb")));
    assert!(found.iter().any(|one| one.name.is_none() && one.prefix == envs.join(&strange)));
}

#[test]
fn without_home_and_directory_only_the_system_is_looked_at() {
    let machine = Machine::new();
    machine.conda("opt/miniconda3");
    let found = environments_below(machine.root(), &Environment::default());
    assert_eq!(found.len(), 1);
}
