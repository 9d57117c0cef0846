use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use super::*;
use crate::shell::shells::ENVIRONMENT;
use crate::shell::text::with_fast_tests;
use proptest::prelude::*;

fn environment(variables: &[(&str, &str)]) -> Environment {
    let variables = variables.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    Environment { variables, ..Environment::default() }
}

fn apply(environment: &Environment, changes: &[Change]) -> Environment {
    let mut after = environment.clone();
    for change in changes {
        match change {
            Change::Set(name, value) => after.variables.insert((&**name).into(), value.clone()),
            Change::Unset(name) => after.variables.remove(OsStr::new(&**name)),
        };
    }
    after
}

/// One or two stores with toolchains, one of which has cuDNN.
struct Fixture {
    _directory: tempfile::TempDir,
    versions: PathBuf,
    owned: Vec<PathBuf>,
}

/// The first two and the last two have the same directories: one takes the other's place.
const TOOLCHAINS: &[(&str, &[&str])] = &[
    ("11.8.0", &[]),
    ("12.0.1", &[]),
    ("12.4.1+cudnn9.1.0.70", &["cudnn"]),
    ("../../lab/versions/10.0.130", &[]),
    ("13.0.3", &[]),
    ("12.6.3+nccl2.23.4", &["nccl"]),
    ("12.2.2+cudnn8.9.7.29", &["cudnn"]),
];

impl Fixture {
    fn new() -> Self {
        Self::with_stores(2)
    }

    fn with_stores(count: usize) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let versions = directory.path().join("a home/versions");
        let lab = directory.path().join("lab/versions");
        let parts = ["bin", "lib64/stubs", "pkgconfig", "share/man", "extras/CUPTI/lib64", "nvvm/lib64"];
        for (root, parts) in [
            (versions.join("11.8.0"), &parts[..3]),
            (versions.join("12.0.1"), &parts[..3]),
            (versions.join("12.4.1+cudnn9.1.0.70"), &parts[..5]),
            (versions.join("12.6.3+nccl2.23.4"), &parts[..]),
            (versions.join("12.2.2+cudnn8.9.7.29"), &parts[..]),
            (versions.join("13.0.3"), &parts[3..5]),
            (lab.join("10.0.130"), &parts[..2]),
        ] {
            for part in parts {
                std::fs::create_dir_all(root.join(part)).expect("a tree");
            }
            std::fs::create_dir_all(root.join("bin")).expect("a directory");
            std::fs::write(root.join("bin/nvcc"), "").expect("a file");
        }
        let owned = [versions.clone(), lab].into_iter().take(count).collect();
        Self { owned, versions, _directory: directory }
    }

    /// The root as it is recorded: without `..`.
    fn root(&self, index: usize) -> PathBuf {
        let name = TOOLCHAINS[index].0;
        let store = if name.starts_with("..") { self.owned.last() } else { self.owned.first() };
        store.expect("a store").join(name.rsplit('/').next().unwrap_or(name))
    }

    fn shims(&self) -> PathBuf {
        self.versions.join("../shims/bin")
    }

    /// Enters a toolchain by its number, or else what is missing; none leaves.
    fn enter(&self, step: Option<usize>, before: &Environment) -> Environment {
        let shims = self.shims();
        let root = self.root(step.unwrap_or_default().min(TOOLCHAINS.len() - 1));
        let wanted = match step {
            None => Wanted::System,
            Some(index) => match TOOLCHAINS.get(index) {
                None => Wanted::Missing(&shims),
                Some((_, add_ons)) => Wanted::Toolchain(Target {
                    root: &root,
                    add_ons: add_ons.to_vec(),
                    sets_library_path: true,
                }),
            },
        };
        apply(before, &changes(before, &self.owned, &wanted))
    }
}

/// Those of all cases of a property: nothing changes them.
fn shared() -> &'static [Fixture; 2] {
    static FIXTURES: OnceLock<[Fixture; 2]> = OnceLock::new();
    FIXTURES.get_or_init(|| [Fixture::with_stores(1), Fixture::with_stores(2)])
}

#[test]
fn switching_replaces_and_never_stacks() {
    let fixture = Fixture::new();
    let before = environment(&[("PATH", "/usr/bin:/bin"), ("CUDA_HOME", "/usr/local/cuda")]);
    let after = fixture.enter(Some(2), &fixture.enter(Some(0), &before));
    let root = fixture.root(2).display().to_string();
    assert_eq!(after.text("PATH"), Some(format!("{root}/bin:/usr/bin:/bin").as_str()));
    assert!(!after.text("LD_LIBRARY_PATH").expect("set").contains("stubs"));
    assert_eq!(after.text("LIBRARY_PATH"), Some(format!("{root}/lib64/stubs").as_str()));
    assert_eq!(after.text("CUDNN_PATH"), after.text("CUDA_HOME"));
    assert_eq!(fixture.enter(Some(2), &after), after, "a second time changes nothing");
    assert_eq!(fixture.enter(None, &after), before);
}

#[test]
fn what_is_missing_leaves_no_other_toolkit() {
    let fixture = Fixture::new();
    let before = environment(&[("PATH", "/usr/local/cuda/bin:/usr/bin")]);
    let missing = fixture.enter(Some(9), &fixture.enter(Some(0), &before));
    let path = format!("{}:/usr/local/cuda/bin:/usr/bin", fixture.shims().display());
    assert_eq!(missing.text("PATH"), Some(path.as_str()));
    assert_eq!(missing.text("CUDA_HOME"), None);
    assert_eq!(fixture.enter(None, &missing), before);
}

#[test]
fn another_process_strips_what_it_finds_recorded() {
    let fixture = Fixture::new();
    let before = environment(&[("PATH", "/usr/bin")]);
    let inside = fixture.enter(Some(2), &before);
    let elsewhere = [PathBuf::from("/home/other/.cudaman/versions")];
    assert_eq!(apply(&inside, &changes(&inside, &elsewhere, &Wanted::System)), before);
}

#[test]
fn the_policy_leaves_the_library_path_alone() {
    let fixture = Fixture::new();
    let root = fixture.root(0);
    let target = Target { root: &root, add_ons: Vec::new(), sets_library_path: false };
    let before = environment(&[("LD_LIBRARY_PATH", "/mine")]);
    let after = apply(&before, &changes(&before, &fixture.owned, &Wanted::Toolchain(target)));
    assert_eq!(after.text("LD_LIBRARY_PATH"), Some("/mine"));
}

/// What a user may have in an environment: lists with empty and odd elements, values that were set to
/// nothing, and paths that look like ours.
fn users() -> impl Strategy<Value = Environment> {
    let element = prop::sample::select(vec![
        "",
        "/usr/bin",
        "/a b",
        "it's",
        "*",
        "$HOME",
        "/opt/versions/9",
        "/root/.pyenv/versions/3.11/bin",
        "~",
    ]);
    let list = prop::collection::vec(element.clone(), 1..5).prop_map(|elements| elements.join(":"));
    let lists = prop::collection::vec(prop::option::of(list), 5);
    let scalars = prop::collection::vec(prop::option::weighted(0.2, element), 8);
    (lists, scalars).prop_map(|(lists, scalars)| {
        let names = ["PATH", "LD_LIBRARY_PATH", "LIBRARY_PATH", "PKG_CONFIG_PATH", "MANPATH"];
        let scalar_names = [
            "CUDA_HOME",
            "CUDA_PATH",
            "CUDA_ROOT",
            "CUDAToolkit_ROOT",
            "CUDACXX",
            "CUDNN_PATH",
            "CUDNN_ROOT",
            "NCCL_HOME",
        ];
        let lists = names.into_iter().zip(lists);
        let scalars = scalar_names.into_iter().zip(scalars.into_iter().map(|value| value.map(str::to_owned)));
        let set = lists.chain(scalars).filter_map(|(name, value)| Some((name.into(), value?.into())));
        Environment { variables: set.collect(), ..Environment::default() }
    })
}

fn steps() -> impl Strategy<Value = Vec<Option<usize>>> {
    prop::collection::vec(prop::option::of(0..8_usize), 1..6)
}

/// What users do to variables in between.
const MEDDLINGS: &[(&str, Option<&str>)] = &[
    ("PATH", Some("/mine:/bin")),
    ("LD_LIBRARY_PATH", Some("")),
    ("LIBRARY_PATH", None),
    ("MANPATH", Some("/pages:")),
    ("CUDA_HOME", Some("/mine")),
    ("CUDACXX", Some("")),
    ("CUDNN_PATH", None),
    ("CUDNN_HOME", Some("/mine")),
];

/// A step, and what is done before it.
type Meddled = (Option<usize>, Option<usize>);

fn meddled_steps() -> impl Strategy<Value = Vec<Meddled>> {
    let meddling = prop::option::weighted(0.3, 0..MEDDLINGS.len());
    prop::collection::vec((prop::option::of(0..8_usize), meddling), 1..6)
}

fn meddle(before: &Environment, meddling: Option<usize>) -> Environment {
    let change = meddling.map(|index| match MEDDLINGS[index] {
        (name, Some(value)) => Change::Set(name.into(), value.into()),
        (name, None) => Change::Unset(name.into()),
    });
    apply(before, change.as_slice())
}

fn meddle_in_shell(meddling: usize) -> String {
    match MEDDLINGS[meddling] {
        (name, Some(value)) => format!("export {name}='{value}'\n"),
        (name, None) => format!("unset {name}\n"),
    }
}

/// The shells that read `enter.sh` and `change.sh`, with the arguments that make them do so as POSIX shells do.
const POSIX: &[&[&str]] =
    &[&["bash", "-u"], &["dash", "-u"], &["zsh", "-u"], &["ksh", "-u"], &["mksh", "-u"], &["busybox", "ash"]];

/// Takes the same steps in a shell.
fn in_shell(shell: &[&str], fixture: &Fixture, steps: &[Meddled], before: &Environment) -> Environment {
    let owned: Vec<_> = fixture.owned.iter().map(|path| path.display().to_string()).collect();
    let is_fast = matches!(shell[0], "bash" | "zsh");
    let mut text = if is_fast { with_fast_tests(ENVIRONMENT) } else { ENVIRONMENT.to_owned() };
    // What users split words at is their own affair.
    text.push_str("IFS=_A\n");
    for (step, meddling) in steps {
        text.push_str(&meddling.map(meddle_in_shell).unwrap_or_default());
        let root = step.filter(|index| *index < TOOLCHAINS.len()).map(|index| fixture.root(index));
        let root = root.map(|root| root.display().to_string()).unwrap_or_default();
        let first = if step.is_some() && root.is_empty() { fixture.shims() } else { PathBuf::new() };
        text.push_str(&format!("__cudaman_enter '{root}' '{}' '{}'\n", first.display(), owned.join(":")));
    }
    text.push_str("exec /usr/bin/env -0\n");
    let program = if shell[0] == "busybox" { "/usr/bin/busybox" } else { &format!("/usr/bin/{}", shell[0]) };
    let output = Command::new(program)
        .args(&shell[1..])
        .args(["-c", &text])
        .env_clear()
        .envs(&before.variables)
        .output()
        .expect("a shell");
    assert!(output.status.success() && output.stderr.is_empty(), "{shell:?}: {output:?}");
    let pairs = output.stdout.split(|byte| *byte == 0).filter(|pair| !pair.is_empty());
    let variables: BTreeMap<OsString, OsString> = pairs
        .map(|pair| {
            let end = pair.iter().position(|byte| *byte == b'=').expect("a value");
            (OsString::from_vec(pair[..end].to_vec()), OsString::from_vec(pair[end + 1..].to_vec()))
        })
        // What shells set by themselves.
        .filter(|(name, _)| {
            !["PWD", "OLDPWD", "SHLVL", "_", "PPID", "HOME", "LOGNAME"].contains(&&*name.to_string_lossy())
        })
        .filter(|(name, _)| !name.to_string_lossy().starts_with("A__z"))
        .collect();
    Environment { variables, ..Environment::default() }
}

proptest! {
    #[test]
    fn entering_and_leaving_gives_the_same_bytes(before in users(), steps in steps(), stores in 0..2_usize) {
        let fixture = &shared()[stores];
        let inside = steps.iter().fold(before.clone(), |environment, step| fixture.enter(*step, &environment));
        prop_assert_eq!(fixture.enter(None, &inside), before);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn shells_do_the_same_as_this_module(before in users(), steps in meddled_steps(), stores in 0..2_usize) {
        let fixture = &shared()[stores];
        let mut before = before;
        // Shells give themselves a PATH where there is none, and zsh where it is empty.
        if before.text("PATH").is_none_or(str::is_empty) {
            before.variables.insert("PATH".into(), "/bin".into());
        }
        let step = |environment: Environment, (step, meddling): &Meddled| {
            fixture.enter(*step, &meddle(&environment, *meddling))
        };
        let expected = steps.iter().fold(before.clone(), step);
        for shell in POSIX.iter().filter(|shell| Path::new("/usr/bin").join(shell[0]).exists()) {
            let found = in_shell(shell, fixture, &steps, &before);
            prop_assert_eq!(&found.variables, &expected.variables, "{:?}", shell);
        }
    }
}
