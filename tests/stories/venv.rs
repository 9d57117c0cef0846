//! Toolkits of virtual environments of Python, and direnv's `use cuda`.

use std::path::{Path, PathBuf};

use super::hooks::sandbox;
use crate::support::{Run, Sandbox, have, skip};

/// Makes an environment by whichever of its makers is there.
fn environments(sandbox: &Sandbox) -> Vec<(&'static str, PathBuf)> {
    let makers: [(&str, &str, &[&str]); 3] = [
        ("venv", "python3", &["-m", "venv", "--without-pip"]),
        ("virtualenv", "virtualenv", &["--quiet", "--no-download", "--without-pip"]),
        ("uv", "uv", &["venv", "--quiet"]),
    ];
    let mut made = Vec::new();
    for (name, program, arguments) in makers {
        let place = sandbox.path().join(format!("{name} env"));
        // Python's tools are where the tests were started, not where a new user's would be.
        let output = std::process::Command::new(program).args(arguments).arg(&place).output();
        if output.is_ok_and(|output| output.status.success()) {
            made.push((name, place));
        } else {
            skip(name, "it is not installed");
        }
    }
    assert!(!made.is_empty(), "python3 can make one");
    made
}

fn tree(root: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    let mut open = vec![root.to_owned()];
    while let Some(directory) = open.pop() {
        for entry in std::fs::read_dir(directory).expect("readable").flatten() {
            let kind = entry.file_type().expect("a kind");
            if kind.is_dir() {
                open.push(entry.path());
            } else if kind.is_file() {
                found.push((entry.path(), std::fs::read(entry.path()).expect("read")));
            }
        }
    }
    found.sort();
    found
}

const SHELLS: &[(&str, &str, &str)] = &[
    ("bash", "activate", "."),
    ("zsh", "activate", "."),
    ("dash", "activate", "."),
    ("fish", "activate.fish", "source"),
    ("tcsh", "activate.csh", "source"),
];

#[test]
fn a_virtual_environment_brings_its_toolkit_and_takes_it_back() {
    let mut sandbox = sandbox();
    sandbox.set("LD_LIBRARY_PATH", "/mine");
    sandbox.set("CUDA_HOME", "/usr/local/cuda");
    let root = sandbox.root("11.8.0").display().to_string();
    for (maker, place) in environments(&sandbox) {
        let untouched = tree(&place);
        let directory = place.display().to_string();
        sandbox
            .run(&["venv", "attach", &directory, "11.8"])
            .expect(0, &["has 11.8.0 from its next activation"]);
        sandbox.run(&["venv", "attach", &directory, "11.8"]).expect(0, &[]);
        assert!(sandbox.ok(&["venv", "list"]).contains(&format!("{directory}  11.8.0\n")));
        for (shell, script, source) in SHELLS.iter().filter(|(shell, ..)| have(shell)) {
            let home = if *shell == "tcsh" { "$HOME:q" } else { "\"$HOME\"" };
            let dump = |name: &str| {
                format!("env | grep -v '^\\(_\\|SHLVL\\|COLUMNS\\|LINES\\)=' | sort > {home}/{name}\n")
            };
            let enter = format!("{source} '{directory}/bin/{script}'\n");
            let text = format!(
                "set prompt = x\n{}{enter}{enter}env | grep '^CUDA_HOME='\nnvcc\ndeactivate\n{}",
                dump("before"),
                dump("after")
            );
            let text = if *shell == "tcsh" { text } else { text.replace("set prompt = x\n", "") };
            let file = sandbox.path().join("script");
            std::fs::write(&file, text).expect("written");
            let mut command = sandbox.command(shell);
            if *shell == "tcsh" {
                command.arg("-f");
            }
            let run = Run::of(command.arg(&file).env("VIRTUAL_ENV_DISABLE_PROMPT", "1"));
            let expected = format!("CUDA_HOME={root}\nnvcc 11.8.99");
            assert!(run.stdout.starts_with(&expected), "{maker} {shell}: {run:?}");
            assert!(run.stderr.is_empty(), "{maker} {shell}: {run:?}");
            let read =
                |name: &str| std::fs::read_to_string(sandbox.home().join(name)).expect("an environment");
            assert_eq!(read("before"), read("after"), "{maker} {shell}");
        }
        sandbox.run(&["venv", "detach", &directory]).expect(0, &["detached"]);
        assert_eq!(tree(&place), untouched, "{maker}: no trace");
        sandbox.run(&["venv", "detach", &directory]).expect(0, &["nothing was attached"]);
    }
    sandbox.assert_healthy();
}

#[test]
fn a_virtual_environment_within_conda_or_a_choice_gives_them_back() {
    let sandbox = sandbox();
    let (_, place) = environments(&sandbox).remove(0);
    sandbox.ok(&["venv", "attach", &place.display().to_string(), "11.8"]);
    let script = format!(
        ". \"$HOME/.cudaman/env.sh\"; cudaman_use 12.4; . '{0}/bin/activate'; echo \"${{CUDA_HOME##*/}}\"\n\
         deactivate; echo \"${{CUDA_HOME##*/}} $CUDAMAN_VERSION\"\n\
         . '{0}/bin/activate'; cudaman_use 12.4; deactivate; echo \"${{CUDA_HOME##*/}}\"",
        place.display()
    );
    let run = Run::of(sandbox.command("bash").args(["-uc", &script]));
    assert_eq!(run.stdout, "11.8.0\n12.4.1 12.4\n12.4.1\n", "{run:?}");
}

/// Homes on a cluster are links: conda says one path, and cudaman another.
#[test]
fn a_conda_environment_below_is_known_by_any_of_its_paths() {
    let sandbox = sandbox();
    let (_, place) = environments(&sandbox).remove(0);
    sandbox.ok(&["venv", "attach", &place.display().to_string(), "11.8"]);
    let prefix = sandbox.project("gpfs/env", None);
    std::fs::create_dir_all(prefix.join("conda-meta")).expect("made");
    std::fs::create_dir_all(sandbox.path().join("elsewhere")).expect("made");
    std::os::unix::fs::symlink(sandbox.path().join("gpfs"), sandbox.path().join("link")).expect("linked");
    sandbox.ok(&["conda", "attach", &prefix.display().to_string(), "12.4"]);
    for (left_for, expected) in [("link/env", "12.4.1"), ("elsewhere", "")] {
        let script = format!(
            "export CONDA_PREFIX=\"$PWD/link/env\"; . \"$CONDA_PREFIX/etc/conda/activate.d/~~cudaman.sh\"\n\
             . '{}/bin/activate'; CONDA_PREFIX=\"$PWD/{left_for}\"; deactivate; echo \"${{CUDA_HOME##*/}}\"",
            place.display()
        );
        for shell in ["bash", "dash", "zsh", "busybox"].into_iter().filter(|shell| have(shell)) {
            let mut command = sandbox.command(shell);
            if shell == "busybox" {
                command.arg("ash");
            }
            let run = Run::of(command.args(["-c", &script]));
            assert_eq!(run.stdout, format!("{expected}\n"), "{shell} {left_for}: {run:?}");
        }
    }
}

#[test]
fn what_is_no_virtual_environment_is_refused() {
    let sandbox = sandbox();
    let place = sandbox.project("nothing", None).display().to_string();
    sandbox
        .run(&["venv", "attach", &place, "11.8"])
        .expect(1, &["no virtual environment", "python3 -m venv"]);
    std::fs::create_dir_all(Path::new(&place).join("bin")).expect("made");
    std::fs::write(Path::new(&place).join("bin/activate"), "echo of my own\n").expect("written");
    sandbox.run(&["venv", "attach", &place, "11.8"]).expect(1, &["has no `deactivate`", "cudaman_use"]);
    assert!(!Path::new(&place).join("cudaman").exists(), "nothing was changed");
    sandbox.run(&["venv", "attach", &place, "9.0"]).expect(1, &["`9.0` is not installed"]);
    let odd = sandbox.project("it's", None).display().to_string();
    sandbox.run(&["venv", "attach", &odd, "11.8"]).expect(1, &["not every shell can bear"]);
    assert!(sandbox.ok(&["venv", "list"]).is_empty());
}

#[test]
fn direnv_uses_cuda_and_undoes_it() {
    let sandbox = sandbox();
    sandbox.run(&["direnv"]).expect(0, &["direnv allow"]);
    sandbox.run(&["direnv"]).expect(0, &["nothing to do"]);
    let file = sandbox.home().join(".config/direnv/lib/cudaman.sh");
    assert!(file.exists());
    if have("direnv") {
        let project = sandbox.project("wild", Some("12.4"));
        std::fs::write(project.join(".envrc"), "use cuda 11.8\n").expect("written");
        let pinned = sandbox.project("pinned", Some("12.4"));
        std::fs::write(pinned.join(".envrc"), "use cuda\n").expect("written");
        let gone = sandbox.project("gone", None);
        std::fs::write(gone.join(".envrc"), "use cuda 9.0\n").expect("written");
        let script = "allow() { direnv allow \"$1\" 2>/dev/null; }; step() { cd \"$1\"; eval \"$(direnv export bash 2>>\"$HOME/err\")\"; \
            echo \"<${CUDA_HOME-none} $CUDA_VERSION_SEEN>\"; }\n\
            CUDA_VERSION_SEEN=; for d in wild pinned gone; do allow $d; done\n\
            env | sort | grep -v '^_=' >before; step wild; cudaman current; step ../pinned; step ../gone; step ..; \
            env | sort | grep -v '^\\(_\\|OLDPWD\\)=' >after; diff before after && echo same; cat \"$HOME/err\"";
        let mut command = sandbox.command("bash");
        let path = format!("{}:/usr/bin:/bin", sandbox.store().join("bin").display());
        let run = Run::of(command.args(["-c", script]).env("PATH", path));
        let root = |name: &str| sandbox.root(name).display().to_string();
        let mut lines = run.stdout.lines();
        assert_eq!(lines.next(), Some(format!("<{} >", root("11.8.0")).as_str()), "{run:?}");
        assert!(lines.next().is_some_and(|line| line.contains("by direnv")), "{run:?}");
        assert_eq!(lines.next(), Some(format!("<{} >", root("12.4.1")).as_str()), "{run:?}");
        assert_eq!(lines.next(), Some("<none >"), "{run:?}");
        assert_eq!(lines.next(), Some("<none >"), "{run:?}");
        assert!(run.stdout.contains("\nsame\n") && run.stdout.contains("`9.0` is not installed"), "{run:?}");
    }
    sandbox.run(&["direnv", "--undo"]).expect(0, &["no longer knows"]);
    assert!(!file.exists());
    sandbox.run(&["direnv", "--undo"]).expect(0, &["nothing to do"]);
    sandbox.assert_healthy();
}
