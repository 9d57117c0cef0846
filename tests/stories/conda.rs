//! Toolkits of conda environments, with scripts run in the order in which conda runs them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::support::{Mirror, Release, Run, Sandbox, have};

/// What conda does, as measured on conda 26.7: PATH is computed before any script runs, and set after the
/// scripts of the environment that is left when another is activated, before them when it is deactivated.
const CONDA: &str = r#"
base_path() { # PATH with $1 in the place of $2, or before all
    case ":$PATH:" in
        *":$2/bin:"*) left=${PATH%%"$2/bin"*}; right=${PATH#*"$2/bin"}; echo "$left$1/bin$right" ;;
        *) echo "$1/bin:$PATH" ;;
    esac
}
run() { if [ -e "$1/etc/conda/$2.d/~~cudaman.sh" ]; then . "$1/etc/conda/$2.d/~~cudaman.sh"; fi; }
activate() {
    if [ "$1" = "${CONDA_PREFIX-}" ]; then
        new=$(base_path "$1" "$1"); run "$1" deactivate; export PATH="$new"; run "$1" activate; return
    fi
    new=$(base_path "$1" "${CONDA_PREFIX-/none}"); left=${CONDA_PREFIX-}; level=${CONDA_SHLVL-0}
    if [ -n "$left" ]; then run "$left" deactivate; eval "export CONDA_PREFIX_$level=\"\$left\""; fi
    export PATH="$new" CONDA_PREFIX="$1" CONDA_SHLVL=$((level + 1))
    run "$1" activate
}
stack() {
    level=$CONDA_SHLVL; eval "export CONDA_PREFIX_$level=\"\$CONDA_PREFIX\" CONDA_STACKED_$((level + 1))=true"
    export PATH="$1/bin:$PATH" CONDA_PREFIX="$1" CONDA_SHLVL=$((level + 1))
    run "$1" activate
}
deactivate() {
    level=$CONDA_SHLVL; left=$CONDA_PREFIX; below=$((level - 1))
    if [ "$below" = 0 ]; then back=; else eval "back=\$CONDA_PREFIX_$below"; fi
    if eval "[ -n \"\${CONDA_STACKED_$level-}\" ]" || [ -z "$back" ]; then
        case ":$PATH:" in *":$left/bin:"*) a=${PATH%%"$left/bin:"*}; new=$a${PATH#*"$left/bin:"} ;; *) new=$PATH ;; esac
    else
        new=$(base_path "$back" "$left")
    fi
    export PATH="$new"
    run "$left" deactivate
    unset "CONDA_STACKED_$level"
    if [ -z "$back" ]; then unset CONDA_PREFIX CONDA_SHLVL; return; fi
    export CONDA_PREFIX="$back" CONDA_SHLVL=$below
    unset "CONDA_PREFIX_$below"
    run "$back" activate
}
show() { home=${CUDA_HOME-}; echo "<$1 ${home##*/} $(command -v nvcc | sed 's|.*/versions/||; s|/bin/nvcc||')>"; }
dump() { env | grep -v '^\(_\|PWD\|OLDPWD\|SHLVL\)=' | sort >"$HOME/$1"; }
"#;

fn sandbox() -> Sandbox {
    let mirror = Mirror::start();
    for version in ["11.0.3", "11.8.0", "12.4.1"] {
        Release::tiny(version).serve(&mirror);
    }
    let mut sandbox = Sandbox::with_home_named("a home").with_mirror(&mirror);
    sandbox.ok(&["install", "11.0", "11.8", "12.4"]);
    sandbox.ok(&["default", "--unset"]);
    let listed = ["a b", "c+d", "plain"].map(|name| environment(&sandbox, name).display().to_string());
    std::fs::create_dir_all(sandbox.home().join(".conda")).expect("made");
    std::fs::write(sandbox.home().join(".conda/environments.txt"), listed.join("\n")).expect("written");
    sandbox.ok(&["conda", "attach", &listed[0], "11.0"]);
    sandbox.ok(&["conda", "attach", &listed[1], "12.4"]);
    for (name, path) in ["A", "B", "C"].into_iter().zip(listed) {
        sandbox.set(name, path);
    }
    sandbox
}

fn environment(sandbox: &Sandbox, name: &str) -> PathBuf {
    let prefix = sandbox.path().join("envs").join(name);
    std::fs::create_dir_all(prefix.join("conda-meta")).expect("made");
    std::fs::create_dir_all(prefix.join("bin")).expect("made");
    std::fs::write(prefix.join("conda-meta/history"), "").expect("written");
    prefix
}

fn in_shell(sandbox: &Sandbox, shell: &str, script: &str) -> Run {
    let mut command = sandbox.command(shell);
    if shell == "busybox" {
        command.arg("ash");
    }
    Run::of(command.args(["-euc", &format!("{CONDA}\n{script}")]))
}

fn shown(run: &Run) -> BTreeMap<&str, &str> {
    run.stdout.lines().filter_map(|line| line.strip_prefix('<')?.strip_suffix('>')?.split_once(' ')).collect()
}

#[test]
fn conda_environments_bring_their_toolkit_and_take_it_back() {
    let mut sandbox = sandbox();
    sandbox.set("CUDA_HOME", "/usr/local/cuda");
    sandbox.set("LD_LIBRARY_PATH", "");
    for shell in ["bash", "zsh", "dash", "busybox"].into_iter().filter(|shell| have(shell)) {
        let run = in_shell(
            &sandbox,
            shell,
            "dump before; activate \"$A\"; show a; activate \"$B\"; show b; activate \"$A\"; show a2\n\
             activate \"$A\"; show again; deactivate; show b2; deactivate; show a3; deactivate; show none; dump after\n\
             activate \"$A\"; stack \"$B\"; show stacked; deactivate; show unstacked; deactivate; dump later\n\
             activate \"$C\"; activate \"$A\"; show c_a; deactivate; show c; deactivate; dump last",
        );
        run.expect(0, &[]);
        assert!(run.stderr.is_empty(), "{shell}: {run:?}");
        let shown = shown(&run);
        for name in ["a", "a2", "again", "a3", "unstacked", "c_a"] {
            assert_eq!(shown[name], "11.0.3 11.0.3", "{shell} {name}: {run:?}");
        }
        for name in ["b", "b2", "stacked"] {
            assert_eq!(shown[name], "12.4.1 12.4.1", "{shell} {name}: {run:?}");
        }
        for name in ["none", "c"] {
            assert_eq!(shown[name], "cuda ", "{shell} {name}: {run:?}");
        }
        let before = std::fs::read_to_string(sandbox.home().join("before")).expect("an environment");
        for name in ["after", "later", "last"] {
            let after = std::fs::read_to_string(sandbox.home().join(name)).expect("an environment");
            assert_eq!(after, before, "{shell}: {name}");
        }
    }
    sandbox.assert_healthy();
}

#[test]
fn what_was_active_before_comes_back_with_and_without_a_hook() {
    let sandbox = sandbox();
    for shell in ["bash", "zsh", "dash"].into_iter().filter(|shell| have(shell)) {
        let extension = if shell == "dash" { "sh" } else { shell };
        let hook = format!(". \"$HOME/.cudaman/shell/hook.{extension}\"\n");
        let env = format!("eval \"$({:?} env 11.8)\"\n", crate::support::CUDAMAN);
        for (start, act) in [
            (env.as_str(), "true"),
            (". \"$HOME/.cudaman/env.sh\"\ncudaman_use 11.8\n", "cudaman_use 12.4"),
            (&hook, "cudaman use 12.4"),
        ] {
            let choose = if start == hook { "cudaman use 11.8\n" } else { "" };
            let run = in_shell(
                &sandbox,
                shell,
                &format!(
                    "{start}{choose}show first; activate \"$A\"; show a; deactivate; show back\n\
                     activate \"$A\"; {act}; show later; deactivate; show kept"
                ),
            );
            run.expect(0, &[]);
            let shown = shown(&run);
            assert_eq!((shown["first"], shown["a"]), ("11.8.0 11.8.0", "11.0.3 11.0.3"), "{shell}: {run:?}");
            assert_eq!(shown["back"], "11.8.0 11.8.0", "{shell} {start}: {run:?}");
            let expected = if act == "true" { "11.0.3 11.0.3" } else { "12.4.1 12.4.1" };
            assert_eq!(shown["later"], expected, "{shell} {start}: the later act wins: {run:?}");
            let kept = if act == "true" { "11.8.0 11.8.0" } else { expected };
            assert_eq!(shown["kept"], kept, "{shell} {start}: {run:?}");
        }
    }
}

#[test]
fn the_hook_and_current_know_who_chose() {
    let sandbox = sandbox();
    let project = sandbox.project("old", Some("11.8"));
    let script = format!(
        ". \"$HOME/.cudaman/shell/hook.bash\"\ncd {project:?}; show pin; activate \"$A\"; __cudaman_prompt; show a\n\
         cudaman current; activate \"$C\"; __cudaman_prompt; show healed; deactivate; __cudaman_prompt; show a2\n\
         deactivate; __cudaman_prompt; show pin2"
    );
    let run = in_shell(&sandbox, "bash", &script);
    run.expect(0, &[]);
    let shown = shown(&run);
    assert_eq!((shown["pin"], shown["pin2"]), ("11.8.0 11.8.0", "11.8.0 11.8.0"), "{run:?}");
    assert_eq!((shown["a"], shown["a2"]), ("11.0.3 11.0.3", "11.0.3 11.0.3"), "{run:?}");
    assert_eq!(shown["healed"], "11.8.0 11.8.0", "an environment without scripts: {run:?}");
    assert!(run.stdout.contains("by conda `") && run.stdout.contains("a b`"), "{run:?}");
}

/// In conda's order: the PATH that it sets between the scripts of two environments is from before both.
#[test]
fn fish_and_tcsh_get_the_same() {
    let sandbox = sandbox();
    let conda = |name: &str| format!("{}/etc/conda", sandbox.path().join("envs").join(name).display());
    let (a, b) = (conda("a b"), conda("c+d"));
    let fish = format!(
        "env | sort > $HOME/before\nsource '{a}/activate.d/~~cudaman.fish'; echo $CUDA_HOME; echo $PATH[1]\n\
         set kept $PATH; source '{a}/deactivate.d/~~cudaman.fish'; set -gx PATH $kept\n\
         source '{b}/activate.d/~~cudaman.fish'; echo $CUDA_HOME; echo $PATH[1]\n\
         source '{b}/deactivate.d/~~cudaman.fish'; env | sort > $HOME/after"
    );
    let tcsh = format!(
        "env | sort > $HOME:q/before\nsource '{a}/activate.d/~~cudaman.csh'; echo $CUDA_HOME:q; echo $path[1]:q\n\
         set kept = ( $path:q ); source '{a}/deactivate.d/~~cudaman.csh'; set path = ( $kept:q )\n\
         source '{b}/activate.d/~~cudaman.csh'; echo $CUDA_HOME:q; echo $path[1]:q\n\
         source '{b}/deactivate.d/~~cudaman.csh'; env | sort > $HOME:q/after"
    );
    for (shell, flag, script) in [("fish", "--no-config", fish), ("tcsh", "-f", tcsh)] {
        if !have(shell) {
            continue;
        }
        let file = sandbox.path().join("script");
        std::fs::write(&file, script).expect("written");
        let run = Run::of(sandbox.command(shell).arg(flag).arg(&file));
        let (old, new) = (sandbox.root("11.0.3"), sandbox.root("12.4.1"));
        let expected = format!("{0}\n{0}/bin\n{1}\n{1}/bin\n", old.display(), new.display());
        assert_eq!(run.stdout, expected, "{shell}: {run:?}");
        assert!(run.stderr.is_empty(), "{shell}: {run:?}");
        let read = |name: &str| std::fs::read_to_string(sandbox.home().join(name)).expect("an environment");
        assert_eq!(read("before"), read("after"), "{shell}");
    }
}

#[test]
fn attachments_are_listed_renewed_and_taken_away() {
    let sandbox = sandbox();
    let prefix = sandbox.path().join("envs/a b");
    let script = prefix.join("etc/conda/activate.d/~~cudaman.sh");
    let list = sandbox.ok(&["conda", "list"]);
    assert!(list.contains("11.0.3") && list.contains("plain") && !list.contains("broken"), "{list}");
    let text = std::fs::read(&script).expect("a script");
    std::fs::write(&script, "an older one").expect("written");
    assert!(sandbox.ok(&["conda", "list"]).contains("have changed"));
    sandbox.ok(&["default", "11.8"]);
    assert_eq!(std::fs::read(&script).expect("a script"), text, "renewed with the next change");
    sandbox.run(&["uninstall", "11.0.3"]).expect(0, &["has 11.0.3 attached", "cudaman conda detach"]);
    assert!(sandbox.ok(&["conda", "list"]).contains("broken: the toolkit is not installed"));
    let run = in_shell(&sandbox, "dash", "activate \"$A\"; show gone; deactivate; show left");
    run.expect(0, &["`11.0.3`, attached to this environment, is not installed"]);
    assert_eq!(shown(&run)["left"].trim(), "", "{run:?}");
    sandbox.run(&["conda", "detach", &prefix.display().to_string()]).expect(0, &["detached"]);
    assert!(!prefix.join("etc").exists(), "no trace");
    sandbox.run(&["conda", "detach", &prefix.display().to_string()]).expect(0, &["nothing was attached"]);
    sandbox.assert_healthy();
}

#[test]
fn what_cannot_be_attached_is_said() {
    let sandbox = sandbox();
    sandbox
        .run(&["conda", "attach", "nobody", "11.8"])
        .expect(1, &["no conda environment `nobody`", "hint:"]);
    let plain = sandbox.path().join("envs/plain").display().to_string();
    sandbox
        .run(&["conda", "attach", &plain, "9.0"])
        .expect(1, &["`9.0` is not installed", "cudaman install"]);
    sandbox.run(&["conda", "attach", &plain, "system"]).expect(1, &["system's toolkit", "hint:"]);
    let odd = environment(&sandbox, "it's $(touch ran)\n");
    let run = Run::of(sandbox.cudaman(&["conda", "attach"]).arg(&odd).arg("11.8"));
    run.expect(1, &["can't bear", "conda create"]);
    std::fs::write(Path::new(&plain).join("etc"), "a file").expect("written");
    sandbox.run(&["conda", "attach", &plain, "11.8"]).expect(1, &["could not write", "hint:"]);
    assert!(!sandbox.ok(&["conda", "list"]).contains("11.8.0"));
    std::fs::remove_file(Path::new(&plain).join("etc")).expect("removed");
    std::fs::write(Path::new(&plain).join("conda-meta/cuda-nvcc-12.4.131-0.json"), "{}").expect("written");
    std::fs::create_dir_all(Path::new(&plain).join("etc/conda/activate.d")).expect("made");
    let by_hand = Path::new(&plain).join("etc/conda/activate.d/env_vars.sh");
    let text = "export X=1\nexport LD_LIBRARY_PATH=/usr/local/cuda-10.0/lib64:$LD_LIBRARY_PATH\n";
    std::fs::write(&by_hand, text).expect("written");
    let run = sandbox.run(&["conda", "attach", &plain, "11.8"]);
    run.expect(0, &["brings CUDA of its own (cuda-nvcc 12.4.131)", "env_vars.sh:2", "--take-over"]);
    sandbox
        .run(&["conda", "attach", &plain, "11.8", "--take-over"])
        .expect(0, &["env_vars.sh:2 is a comment now"]);
    assert_ne!(std::fs::read_to_string(&by_hand).expect("read"), text);
    sandbox.ok(&["conda", "detach", &plain]);
    assert_eq!(std::fs::read_to_string(&by_hand).expect("read"), text);
    sandbox.assert_healthy();
}

#[test]
fn an_environment_without_python_is_entered_under_failglob() {
    let sandbox = sandbox();
    std::fs::create_dir_all(sandbox.path().join("envs/a b/lib")).expect("made");
    let script = "dump before; shopt -s failglob; set -f; activate \"$A\"; show a; shopt failglob; echo \"$-\"\n\
        deactivate; show none; dump after";
    let run = in_shell(&sandbox, "bash", script);
    run.expect(0, &[]);
    assert!(run.stderr.is_empty(), "{run:?}");
    assert_eq!(shown(&run)["a"], "11.0.3 11.0.3", "{run:?}");
    assert!(
        run.stdout.contains("on\n")
            && run.stdout.lines().any(|line| line.contains('f') && line.contains('B'))
    );
    let read = |name: &str| std::fs::read_to_string(sandbox.home().join(name)).expect("an environment");
    assert_eq!(read("before"), read("after"));
}
