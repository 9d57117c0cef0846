//! Environments that a shell inherits from elsewhere: tmux, another user's shell, environment modules.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::support::{Mirror, Release, Run, Sandbox, have};

fn sandbox() -> Sandbox {
    let mirror = Mirror::start();
    for version in ["11.8.0", "12.4.1"] {
        Release::tiny(version).serve(&mirror);
    }
    let sandbox = Sandbox::new().with_mirror(&mirror);
    sandbox.ok(&["install", "11.8", "12.4"]);
    sandbox.ok(&["default", "--unset"]);
    sandbox.project("old", Some("11.8"));
    sandbox
}

/// Ends the server of a test, whatever becomes of the test.
struct Server<'a>(&'a Sandbox);

impl Server<'_> {
    /// Runs tmux, from a shell in which a project's toolkit is in effect if `is_active`.
    fn tmux(&self, is_active: bool, arguments: &str) {
        // `builtin cd` goes back without the hook: the environment is the project's still.
        let enter = if is_active { "cd old; __cudaman_prompt; builtin cd ..; " } else { "" };
        let script = format!(". \"$HOME/.cudaman/shell/hook.bash\"; {enter}{arguments}");
        let run = Run::of(self.0.command("bash").args(["-c", &script]).env("TMUX_TMPDIR", self.0.path()));
        run.expect(0, &[]);
    }
}

impl Drop for Server<'_> {
    fn drop(&mut self) {
        let mut command = self.0.command("tmux");
        let _ = command.args(["-L", "test", "kill-server"]).env("TMUX_TMPDIR", self.0.path()).output();
    }
}

fn wait_for(path: &Path) -> String {
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(20) {
        if let Ok(text) = std::fs::read_to_string(path)
            && text.ends_with("done\n")
        {
            return text;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("`{}` was not written", path.display());
}

#[test]
fn windows_of_tmux_heal_at_their_first_prompt() {
    if !have("tmux") {
        return;
    }
    for is_server_active in [false, true] {
        let sandbox = sandbox();
        let server = Server(&sandbox);
        // The hook, and after the first prompt what it has made of the environment.
        let rc = ". \"$HOME/.cudaman/shell/hook.bash\"\nenv >\"$HOME/before\"\n\
            PROMPT_COMMAND=\"$PROMPT_COMMAND\"$'\\n''env >\"$HOME/after\"; echo done >>\"$HOME/after\"'\n";
        std::fs::write(sandbox.home().join("rc"), rc).expect("written");
        let shell = "bash --rcfile $HOME/rc -i";
        server.tmux(is_server_active, "tmux -L test -f /dev/null new-session -d sleep 60");
        server.tmux(!is_server_active, &format!("tmux -L test new-window \"{shell}\""));
        let after = wait_for(&sandbox.home().join("after"));
        let before = std::fs::read_to_string(sandbox.home().join("before")).expect("an environment");
        assert!(is_server_active == before.contains("CUDA_HOME="), "tmux passes on what it has: {before}");
        for stale in ["versions/", "CUDA_HOME", "__CUDAMAN_OWNED"] {
            assert!(!after.contains(stale), "{stale} is left, server active {is_server_active}: {after}");
        }
    }
}

#[test]
fn another_users_shell_heals_too() {
    let sandbox = sandbox();
    let other = sandbox.path().join("other");
    std::fs::create_dir_all(&other).expect("made");
    let store = sandbox.store();
    // `su` keeps everything, `sudo -E` all but PATH and LD_LIBRARY_PATH: HOME is another's, and so is the store.
    for lost in ["", "PATH=/usr/bin:/bin; unset LD_LIBRARY_PATH;"] {
        let script = format!(
            ". \"$HOME/.cudaman/shell/hook.bash\"; cd old; __cudaman_prompt; {lost} export HOME='{}'; \
             exec bash --norc -c '. {}/shell/hook.bash; CUDAMAN_HOME=$HOME/.cudaman; cd ..; __cudaman_prompt; env'",
            other.display(),
            store.display()
        );
        let run = Run::of(sandbox.command("bash").args(["-c", &script]));
        run.expect(0, &[]);
        assert!(!run.stdout.contains("versions/1") && !run.stdout.contains("CUDA_HOME="), "{lost}: {run:?}");
    }
}

#[test]
fn the_hook_and_environment_modules_agree() {
    let sandbox = sandbox();
    sandbox.ok(&["module", "write", "tree"]);
    for program in crate::support::programs().into_iter().filter(|program| program.shell == "bash") {
        let script = format!(
            "{}. \"$HOME/.cudaman/shell/hook.bash\"\nshow() {{ __cudaman_prompt; echo \"<$1 ${{CUDA_HOME##*/}} $(nvcc)>\"; }}\n\
             module use \"$PWD/tree/{}\"\ncd old; show pin; module load cuda/12.4.1; show loaded; cd ..; show outside\n\
             module swap cuda cuda/11.8.0; show swapped; module unload cuda; show unloaded; cd old; show pinned\n\
             module load cuda/12.4.1; show again; module purge; show purged",
            program.prelude, program.tree
        );
        let run = Run::of(sandbox.command("bash").args(["-c", &script]));
        for (name, toolkit) in [
            ("pin", "11.8.0"),
            ("loaded", "12.4.1"),
            ("outside", "12.4.1"),
            ("swapped", "11.8.0"),
            ("pinned", "11.8.0"),
            ("again", "12.4.1"),
            ("purged", "11.8.0"),
        ] {
            let release = toolkit.rsplit_once('.').map_or("", |(release, _)| release);
            let line = format!("<{name} {toolkit} nvcc {release}");
            assert!(run.stdout.contains(&line), "{program:?} lacks {line}: {run:?}");
        }
        assert!(run.stdout.contains("<unloaded  >"), "{program:?}: {run:?}");
    }
    sandbox.assert_healthy();
}

/// dash and zsh end, or leave the function, at a variable that can't be set.
#[test]
fn what_is_readonly_stays_and_nothing_is_said() {
    let sandbox = sandbox();
    sandbox.project("new", Some("12.4"));
    for shell in ["bash", "zsh", "dash", "busybox", "ksh93", "mksh"].into_iter().filter(|shell| have(shell)) {
        let extension = match shell {
            "bash" | "zsh" => shell,
            _ => "sh",
        };
        let script = format!(
            ". \"$HOME/.cudaman/shell/hook.{extension}\"\nCUDA_HOME=/mine; readonly CUDA_HOME\n\
             cd old; echo \"$CUDA_HOME ${{CUDA_PATH##*/}} $(command -v nvcc)\"\n\
             cd ../new; echo \"$CUDA_HOME ${{CUDA_PATH##*/}} $(command -v nvcc)\"\n\
             cd ..; echo \"$CUDA_HOME ${{CUDA_PATH-none}} ${{__CUDAMAN_ORIG_CUDA_HOME-none}}\"\n"
        );
        let mut command = sandbox.command(shell);
        if shell == "busybox" {
            command.arg("ash");
        }
        let run = Run::of(command.args(["-euc", &script]));
        let root = |name: &str| format!("/mine {name} {}/bin/nvcc\n", sandbox.root(name).display());
        assert_eq!(
            run.stdout,
            [root("11.8.0"), root("12.4.1"), "/mine none none\n".to_owned()].concat(),
            "{shell}: {run:?}"
        );
        assert!(run.stderr.is_empty() && run.status == 0, "{shell}: {run:?}");
    }
}
