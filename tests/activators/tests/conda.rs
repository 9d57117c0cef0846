//! The scripts of `cudaman conda attach`, run by the activator of pixi and rattler in the order that is its own:
//! deactivation scripts come after CONDA_PREFIX is gone, and ascending as activation scripts do.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use rattler_conda_types::Subdir;
use rattler_shell::activation::{ActivationVariables, Activator, PathModificationBehavior};
use rattler_shell::shell::{Bash, Fish, Shell, Zsh};

struct World {
    directory: tempfile::TempDir,
}

impl World {
    /// Two linked toolkits, and two environments that have them.
    fn new() -> Self {
        let world = Self { directory: tempfile::tempdir().expect("a directory") };
        for (toolkit, environment) in [("old", "a b"), ("new", "b")] {
            let root = world.path(toolkit);
            std::fs::create_dir_all(root.join("bin")).expect("made");
            std::fs::write(root.join("version.txt"), "CUDA Version 11.8.0\n").expect("written");
            let nvcc = root.join("bin/nvcc");
            std::fs::write(&nvcc, "#!/bin/sh\n").expect("written");
            let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
            std::fs::set_permissions(&nvcc, mode).expect("set");
            let meta = world.path(environment).join("conda-meta");
            std::fs::create_dir_all(&meta).expect("made");
            std::fs::write(meta.join("history"), "").expect("written");
            world.cudaman(&["link", toolkit, &root.display().to_string()]);
            world.cudaman(&["conda", "attach", &world.path(environment).display().to_string(), toolkit]);
        }
        world
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn cudaman(&self, arguments: &[&str]) {
        let program = std::env::var("CUDAMAN_PROGRAM").expect("CUDAMAN_PROGRAM names the program under test");
        let output = self.command(&program).args(arguments).output().expect("the program starts");
        assert!(output.status.success(), "{arguments:?}: {output:?}");
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("HOME", self.directory.path()).env("PATH", "/usr/bin:/bin");
        command.current_dir(self.directory.path()).env("CUDA_HOME", "/usr/local/cuda");
        command
    }
}

/// Returns the texts that activate `to`, coming from `from`, and that leave `to` again.
fn texts<T: Shell + Clone + 'static>(shell: T, to: &Path, from: Option<&Path>) -> [String; 2] {
    let activator = Activator::from_path(to, shell, Subdir::Linux64).expect("an activator");
    let variables = |level: &str| ActivationVariables {
        conda_prefix: from.map(Path::to_owned),
        path: None,
        path_modification_behavior: PathModificationBehavior::Prepend,
        current_env: HashMap::from([("CONDA_SHLVL".to_owned(), level.to_owned())]),
    };
    let enter = activator.activation(variables("0")).expect("a script").script;
    let leave = activator.deactivation(variables("1")).expect("a script").script;
    [enter.contents().expect("text"), leave.contents().expect("text")]
}

/// Takes the environments in turns, and returns what was shown at each step.
fn shown<T: Shell + Clone + 'static>(world: &World, program: &str, shell: T) -> Vec<String> {
    let (a, b) = (world.path("a b"), world.path("b"));
    let [enter_a, leave_a] = texts(shell.clone(), &a, None);
    let [switch_to_b, leave_b] = texts(shell.clone(), &b, Some(&a));
    let [again_a, _] = texts(shell, &a, Some(&b));
    let show = "echo \"@$CUDA_HOME\"; command -v nvcc; echo \"@\"\n";
    let steps = [&enter_a, &switch_to_b, &again_a, &leave_a, &enter_a, &switch_to_b, &leave_b];
    let text: String = steps.iter().map(|step| format!("{step}\n{show}")).collect();
    let script = world.path("script");
    std::fs::write(&script, text).expect("written");
    let output = world.command(program).arg(&script).output().expect("a shell");
    assert!(output.stderr.is_empty(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout)
        .replace(&world.path(".cudaman/versions").display().to_string(), "");
    text.split('@').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

fn assert_turns(shown: &[String], program: &str) {
    let of = |toolkit: &str| format!("/{toolkit}\n/{toolkit}/bin/nvcc");
    let expected = [
        of("old"),
        of("new"),
        of("old"),
        "/usr/local/cuda".to_owned(),
        of("old"),
        of("new"),
        "/usr/local/cuda".to_owned(),
    ];
    assert_eq!(shown, expected, "{program}");
}

#[test]
fn bash_zsh_and_fish_switch_and_leave() {
    let world = World::new();
    assert_turns(&shown(&world, "bash", Bash::default()), "bash");
    for (program, is_there) in [("zsh", "/usr/bin/zsh"), ("fish", "/usr/bin/fish")] {
        if !Path::new(is_there).exists() {
            eprintln!("SKIP {program}: it is not installed");
        } else if program == "zsh" {
            assert_turns(&shown(&world, program, Zsh), program);
        } else {
            assert_turns(&shown(&world, program, Fish), program);
        }
    }
}
