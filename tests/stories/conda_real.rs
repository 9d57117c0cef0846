//! Toolkits of environments that the real conda activates, in real shells: who is in effect at each step, and the
//! environment at the end, byte by byte.

use std::path::PathBuf;

use super::link::toolkit;
use crate::support::{Conda, Run, Sandbox, have, type_into};

/// A person with an installation of conda, whose base has 11.0, and environments with 11.8 and 12.4 and without.
struct Person {
    sandbox: Sandbox,
    conda: Conda,
}

/// A shell, and what has it read a file.
const SHELLS: &[(&str, &[&str])] = &[
    ("bash", &["--norc", "-eu"]),
    ("zsh", &["-feu"]),
    ("dash", &["-eu"]),
    ("busybox", &["ash", "-eu"]),
    ("fish", &["--no-config"]),
    ("tcsh", &["-f"]),
];

impl Person {
    fn new() -> Option<Self> {
        let sandbox = Sandbox::with_home_named("a home");
        let conda = Conda::new(&sandbox, "my conda")?;
        let prefixes = [conda.base.clone(), conda.environment("a b"), conda.environment("c+d")];
        conda.environment("plain");
        for (release, prefix) in ["11.0.3", "11.8.0", "12.4.1"].into_iter().zip(prefixes) {
            let root = toolkit(&sandbox, &format!("opt/cuda-{release}"), release);
            let name = format!("v{release}");
            sandbox.ok(&["link", &name, root.to_str().expect("text")]);
            sandbox.ok(&["conda", "attach", prefix.to_str().expect("text"), &name]);
        }
        sandbox.run(&["default", "--unset"]);
        Some(Self { sandbox, conda })
    }

    /// Writes a file of steps for a shell: names of environments, `stack` and `down`, and whatever the shell knows.
    fn script(&self, shell: &str, steps: &str) -> PathBuf {
        let (show, dump) = (self.sandbox.path().join("show"), self.sandbox.path().join("dump"));
        let nvcc = "$(command -v nvcc | sed 's|.*/versions/||; s|/bin/nvcc||')";
        std::fs::write(&show, format!("echo \"has ${{CUDA_HOME##*/}} {nvcc}\"\n")).expect("written");
        let text = "env -0 | sort -z | grep -zv '^\\(_\\|PWD\\|OLDPWD\\|SHLVL\\)=' >\"$1\"\n";
        std::fs::write(&dump, text).expect("written");
        let line = |step: &str| match step {
            "show" => format!("sh {show:?}\n"),
            "before" | "after" => format!("sh {dump:?} {:?}\n", self.sandbox.path().join(step)),
            "down" => "conda deactivate\n".to_owned(),
            "base" | "a b" | "c+d" | "plain" => format!("conda activate '{step}'\n"),
            _ => step
                .strip_prefix("stack ")
                .map_or_else(|| format!("{step}\n"), |name| format!("conda activate --stack '{name}'\n")),
        };
        let script = self.sandbox.path().join("script");
        let lines: String = steps.split(", ").map(line).collect();
        std::fs::write(&script, self.conda.prelude(shell) + &lines).expect("written");
        script
    }

    fn assert_as_before(&self, what: &str) {
        let read = |name| std::fs::read_to_string(self.sandbox.path().join(name)).expect("dumped");
        assert_eq!(read("after").replace('\0', "\n"), read("before").replace('\0', "\n"), "{what}");
    }
}

/// What `show` printed.
fn shown(screen: &str) -> Vec<&str> {
    screen.lines().filter_map(|line| line.strip_prefix("has ")).collect()
}

#[test]
fn a_real_conda_brings_and_takes_back_toolkits() {
    let Some(person) = Person::new() else { return };
    let (old, mid, new) = ("v11.0.3 v11.0.3", "v11.8.0 v11.8.0", "v12.4.1 v12.4.1");
    let short = (
        "before, base, a b, show, c+d, show, down, show, down, show, down, after",
        &[mid, new, mid, old][..],
    );
    let long = (
        "before, base, show, a b, show, a b, show, c+d, show, a b, show, stack c+d, show, down, show, down, show, \
         down, down, show, down, after",
        &[old, mid, mid, new, mid, new, mid, new, old][..],
    );
    for (shell, flags) in SHELLS.iter().filter(|(shell, _)| have(shell)) {
        // The others read the same scripts, or have them run.
        let (steps, expected) = if *shell == "bash" { long } else { short };
        let script = person.script(shell, steps);
        let run = Run::of(person.sandbox.command(shell).args(*flags).arg(script));
        run.expect(0, &[]);
        assert_eq!(shown(&run.stdout), expected, "{shell}: {run:?}");
        assert!(run.stderr.is_empty(), "{shell}: {run:?}");
        person.assert_as_before(shell);
    }
    person.sandbox.assert_healthy();
}

/// conda sets PATH after the scripts of the environment that is left.
#[test]
fn without_a_hook_the_next_prompt_knows_an_environment_without_scripts() {
    let Some(person) = Person::new() else { return };
    for (shell, flags) in [("bash", "--norc"), ("zsh", "-f"), ("fish", "--no-config")] {
        if !have(shell) {
            continue;
        }
        let script = person.script(shell, "before");
        let (show, dump) = (person.sandbox.path().join("show"), person.sandbox.path().join("dump"));
        let lines = format!(
            ". {script:?}\nconda activate 'a b'\nconda activate plain\nsh {show:?}\nconda deactivate\n\
             sh {show:?}\nconda deactivate\nsh {show:?}\nsh {dump:?} {:?}\nexit\n",
            person.sandbox.path().join("after")
        );
        let screen = type_into(person.sandbox.command(shell).args([flags, "-i"]), &lines);
        assert_eq!(shown(&screen), [" ", "v11.8.0 v11.8.0", " "], "{shell}: {screen}");
        person.assert_as_before(shell);
    }
}
