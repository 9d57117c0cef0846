//! Hooks in real shells on a real terminal: an afternoon of work, after which the environment is what it was.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;

use crate::support::{CUDAMAN, Mirror, Release, Sandbox, have, type_into};

/// A shell, how it is started with nobody's rc files, and the file that it sources.
pub(super) struct Shell {
    pub(super) name: &'static str,
    start: &'static [&'static str],
    pub(super) hook: &'static str,
    pub(super) sees_edits: bool,
}

pub(super) const SHELLS: &[Shell] = &[
    Shell { name: "bash", start: &["bash", "--norc", "-i"], hook: "hook.bash", sees_edits: true },
    Shell { name: "zsh", start: &["zsh", "-f", "-i", "-o", "no_zle"], hook: "hook.zsh", sees_edits: true },
    Shell { name: "dash", start: &["dash", "-i"], hook: "hook.sh", sees_edits: false },
    Shell { name: "ksh", start: &["ksh", "-i"], hook: "hook.ksh", sees_edits: false },
    Shell { name: "mksh", start: &["mksh", "-i"], hook: "hook.ksh", sees_edits: false },
    Shell { name: "busybox", start: &["busybox", "ash", "-i"], hook: "hook.sh", sees_edits: false },
];

pub(super) fn shells() -> impl Iterator<Item = &'static Shell> {
    SHELLS.iter().filter(|shell| have(shell.name))
}

/// Two toolkits, no default, and projects that pin one each, one of them with what isn't installed.
pub(super) fn sandbox() -> Sandbox {
    let mirror = Mirror::start();
    for version in ["11.8.0", "12.4.1"] {
        Release::tiny(version).serve(&mirror);
    }
    let sandbox = Sandbox::with_home_named("a home").with_mirror(&mirror);
    sandbox.ok(&["install", "11.8", "12.4"]);
    sandbox.ok(&["default", "--unset"]);
    sandbox.project("old/src", None);
    std::fs::write(sandbox.path().join("old/.cuda-version"), "11.8  # for torch\n").expect("a pin");
    sandbox.project("new", Some("12.4"));
    sandbox.project("gone", Some("9.0"));
    sandbox
}

/// Sets variables as people do, empty and with empty elements: they are the same after an afternoon.
pub(super) fn set_up_by_hand(sandbox: &mut Sandbox) {
    sandbox.set("LD_LIBRARY_PATH", "");
    sandbox.set("LIBRARY_PATH", ":/mine:");
    sandbox.set("CUDA_HOME", "/usr/local/cuda");
}

/// Types lines into a shell that has loaded its hook; `show` prints the toolkit, `dump NAME` writes the environment.
pub(super) fn session(sandbox: &Sandbox, shell: &Shell, lines: &str) -> String {
    let hook = sandbox.store().join("shell").join(shell.hook);
    let mut command = sandbox.command(shell.start[0]);
    command.args(&shell.start[1..]).env("PS1", "> ").env("HOOK", hook).env("CUDAMAN_TEST", CUDAMAN);
    let prelude = ". \"$HOOK\"\n\
        show() { echo \"<$1:${CUDA_HOME##*/}:${PATH%%:*}>\"; }\n\
        dump() { /usr/bin/env -0 >\"$HOME/$1\"; }\n";
    type_into(&mut command, &format!("{prelude}{lines}exit 0\n"))
}

pub(super) fn environment(sandbox: &Sandbox, name: &str) -> BTreeMap<OsString, OsString> {
    let text = std::fs::read(sandbox.home().join(name)).expect("an environment");
    let pairs = text.split(|byte| *byte == 0).filter(|pair| !pair.is_empty()).map(|pair| {
        let end = pair.iter().position(|byte| *byte == b'=').expect("a value");
        (OsString::from_vec(pair[..end].to_vec()), OsString::from_vec(pair[end + 1..].to_vec()))
    });
    pairs
        .filter(|(name, _)| {
            !["_", "PWD", "OLDPWD", "SHLVL", "A__z", "_AST_FEATURES"].contains(&&*name.to_string_lossy())
        })
        .collect()
}

/// Asserts what `show NAME` has printed.
pub(super) fn assert_shown(screen: &str, sandbox: &Sandbox, name: &str, toolkit: &str) {
    let line = format!("<{name}:{toolkit}:{}>", sandbox.root(toolkit).join("bin").display());
    assert!(screen.contains(&line), "lacks {line}: {screen}");
}

#[test]
fn an_afternoon_leaves_no_trace() {
    let mut sandbox = sandbox();
    set_up_by_hand(&mut sandbox);
    for shell in shells() {
        std::fs::write(sandbox.path().join("new/.cuda-version"), "12.4").expect("a pin");
        let refresh = if shell.sees_edits { "" } else { "cd .\n" };
        let screen = session(
            &sandbox,
            shell,
            &format!(
                "dump before\n\
                 cd old/src && show entered\n\
                 cd ../../new && show changed\n\
                 echo 11.8 >.cuda-version\n{refresh}show edited\n\
                 cudaman use 12.4\nshow used\ncd ../old\nshow outranked\ncudaman use --unset\nshow unset\n\
                 cd ../gone\nshow missing\nnvcc; echo \"<status $?>\"\ncd .\ncudaman list\n:\n\
                 cd ../new/../old/src\nshow again\necho 12.4 >../../new/.cuda-version\n(cd ../../new && show inner)\nshow outer\n\
                 cd ../..\nshow left\nno() {{ return 7; }}\nno\necho \"<kept $?>\"\ncd /nonexistent\necho \"<failed $?>\"\n\
                 dump after\n"
            ),
        );
        for name in ["entered", "edited", "unset", "again", "outer"] {
            assert_shown(&screen, &sandbox, name, "11.8.0");
        }
        for name in ["changed", "used", "outranked", "inner"] {
            assert_shown(&screen, &sandbox, name, "12.4.1");
        }
        let shims = sandbox.store().join("versions/../shims/missing");
        let missing = format!("<missing:cuda:{}>", shims.display());
        assert!(screen.contains(&missing), "the user's CUDA_HOME is back: {screen}");
        assert!(screen.contains("<status 127>"), "{screen}");
        let told = screen.matches("`9.0` is not installed").count();
        assert_eq!(told, 2, "{}: once by the hook, once by the shim: {screen}", shell.name);
        assert_eq!(screen.matches("which goes before `11.8`").count(), 1, "{}: {screen}", shell.name);
        assert!(screen.contains("<kept 7>") && !screen.contains("<failed 0>"), "{}: {screen}", shell.name);
        assert_eq!(environment(&sandbox, "before"), environment(&sandbox, "after"), "{}", shell.name);
    }
    sandbox.assert_healthy();
}

/// Counts the processes that a shell starts: not the threads of the test's own tools.
fn processes(trace: &str) -> usize {
    let starts = ["execve(", "fork(", "vfork(", "clone(", "clone3("];
    trace.lines().filter(|line| starts.iter().any(|call| line.contains(call))).count()
}

#[test]
fn bash_and_zsh_start_no_process() {
    if !have("strace") {
        return;
    }
    let sandbox = sandbox();
    for shell in shells().filter(|shell| shell.sees_edits) {
        let mut counts = Vec::new();
        for work in ["", "cd old/src\n:\n:\ncd ../../new\n:\necho 11.8 >.cuda-version\n:\ncd ..\n:\n"] {
            let trace = sandbox.path().join("trace");
            let hook = sandbox.store().join("shell").join(shell.hook);
            let mut command = sandbox.command("strace");
            command
                .args(["-f", "-qq", "-e", "trace=execve,fork,vfork,clone,clone3", "-o"])
                .arg(&trace)
                .args(shell.start)
                .env("PS1", "> ")
                .env("HOOK", hook);
            let lines = format!(". \"$HOOK\"\n{work}echo \"<${{CUDA_HOME-}}>\"\nexit 0\n");
            let screen = type_into(&mut command, &lines);
            assert!(screen.contains("<>"), "{screen}");
            counts.push(processes(&std::fs::read_to_string(&trace).expect("a trace")));
        }
        assert_eq!(counts[0], counts[1], "{}", shell.name);
        assert_eq!(counts[0], 1, "{}: the shell itself", shell.name);
    }
}

#[test]
fn strict_shells_and_other_hooks_are_untouched() {
    let sandbox = sandbox();
    let bash = &SHELLS[0];
    let screen = session(
        &sandbox,
        bash,
        "PROMPT_COMMAND=(\"${PROMPT_COMMAND[@]}\" 'echo \"<other $?>\"')\n. \"$HOOK\"\n\
         set -eu\ncd old\nshow strict\ntrue && ! true || echo \"<after $?>\"\nset +e\n(exit 5)\n\
         echo \"<hooks ${#PROMPT_COMMAND[@]}>\"\ncd() { builtin cd \"$@\"; }\ncd ../new\nshow prompt\n",
    );
    assert_shown(&screen, &sandbox, "strict", "11.8.0");
    assert_shown(&screen, &sandbox, "prompt", "12.4.1");
    assert!(screen.contains("<hooks 2>") && screen.contains("<other 5>"), "{screen}");
    let mut command = sandbox.command("bash");
    command.args(["--norc", "-i"]).env("PS1", "> ").env("HOOK", sandbox.store().join("shell/hook.bash"));
    let screen = type_into(
        &mut command,
        "cd() { echo \"<mine $1>\"; builtin cd \"$@\"; }\nPROMPT_COMMAND='echo \"<old $?>\"'\n. \"$HOOK\"\n\
         cd old\necho \"<${CUDA_HOME##*/}>\"\n(exit 6)\nexit 0\n",
    );
    for text in ["<mine old>", "<11.8.0>", "<old 6>"] {
        assert!(screen.contains(text), "lacks {text}: {screen}");
    }
    if !have("zsh") {
        return;
    }
    let screen = session(
        &sandbox,
        &SHELLS[1],
        "setopt ksh_arrays null_glob no_unset warn_create_global err_return\nprecmd() { echo \"<zsh $?>\"; }\n\
         cd old\nshow strict\n(exit 4)\npushd ../new\nshow pushed\n",
    );
    assert_shown(&screen, &sandbox, "strict", "11.8.0");
    assert_shown(&screen, &sandbox, "pushed", "12.4.1");
    assert!(screen.contains("<zsh 4>") && !screen.contains("created globally"), "{screen}");
}

#[test]
fn half_restored_environments_heal() {
    let sandbox = sandbox();
    let hook = |name: &str| sandbox.store().join("shell").join(name).display().to_string();
    for shell in shells().filter(|shell| shell.sees_edits) {
        // A virtual environment keeps a copy of PATH and brings it back when it is left.
        let lines = format!(
            "dump before\nsaved=$PATH\ncd old\nPATH=\"$PATH:/more\"\nshow more\nPATH=$saved\nshow lost\n\
             inside=$PATH\ncd ..\nPATH=$inside\nshow stale\nenv CUDA_HOME= {} -c 'echo nested'\n\
             cd new\nCUDA_HOME=/by/hand\nshow hand\ncd ../new\nshow stays\ncd ..\nunset CUDA_HOME\n\
             exec env LD_LIBRARY_PATH=\"{}/11.8.0/lib64\" {}\n. \"$HOOK\"\n\
             echo \"<other:${{LD_LIBRARY_PATH-none}}>\"\n/usr/bin/env -0 >\"$HOME/after\"\n",
            shell.name,
            sandbox.store().join("versions").display(),
            shell.start.join(" ")
        );
        let screen = session(&sandbox, shell, &lines);
        assert_shown(&screen, &sandbox, "more", "11.8.0");
        assert_shown(&screen, &sandbox, "lost", "11.8.0");
        let shims = sandbox.store().join("shims/bin").display().to_string();
        assert!(screen.contains(&format!("<stale::{shims}>")), "{screen}");
        assert!(screen.contains("<hand:hand:") && screen.contains("<stays:hand:"), "{screen}");
        assert!(screen.contains("<other:none>"), "{}: {screen}", hook(shell.hook));
        assert_eq!(environment(&sandbox, "before"), environment(&sandbox, "after"), "{}", shell.name);
    }
}

#[test]
fn a_strangers_directory_runs_and_prints_nothing() {
    let sandbox = sandbox();
    let name = "x\u{1b}]0;evil\u{7}$(touch ran)`touch ran`';touch ran;'\n\"";
    let directory = sandbox.project(name, Some("$(touch ran)\u{1b}[2J`touch ran`"));
    for shell in shells() {
        let lines = format!("ln -sfn \"$DIRECTORY\" link\ncd link\n:\nshow hostile\ncd {}\n", "../..");
        let mut command = sandbox.command(shell.start[0]);
        let hook = sandbox.store().join("shell").join(shell.hook);
        command.args(&shell.start[1..]).env("PS1", "> ").env("HOOK", hook).env("DIRECTORY", &directory);
        let screen = type_into(
            &mut command,
            &format!(". \"$HOOK\"\nshow() {{ echo \"<$1:${{PATH%%:*}}>\"; }}\n{lines}exit 0\n"),
        );
        assert!(screen.contains("versions/../shims/missing>"), "{}: {screen}", shell.name);
        assert!(screen.contains("pins no toolkit"), "{}: {screen}", shell.name);
        assert!(!screen.contains("\u{1b}]0") && !screen.contains("\u{1b}[2J"), "{}: {screen:?}", shell.name);
        for place in [sandbox.path(), &directory, sandbox.home()] {
            assert!(!place.join("ran").exists(), "{}: something was executed", shell.name);
        }
    }
}

#[test]
fn the_prompt_goes_on_without_a_program_or_a_store() {
    let sandbox = sandbox();
    for shell in shells() {
        let bin = sandbox.store().join("bin/cudaman");
        let kept = sandbox.path().join("kept");
        let lines = "mv \"$HOME/.cudaman/bin/cudaman\" kept\ncd gone\nshow quiet\ncd ../old\nshow works\ncd ..\n\
            mv kept \"$HOME/.cudaman/bin/cudaman\"\nmv \"$HOME/.cudaman\" away\n:\ncd old\n:\nshow vanished\ncd ..\n\
            mv away \"$HOME/.cudaman\"\ncd old\nshow back\ncd ..\n";
        let screen = session(&sandbox, shell, lines);
        assert!(bin.exists() && !kept.exists());
        assert_shown(&screen, &sandbox, "works", "11.8.0");
        assert_shown(&screen, &sandbox, "back", "11.8.0");
        assert!(screen.contains("<quiet::") && screen.contains("<vanished::"), "{}: {screen}", shell.name);
        for noise in ["not found", "No such file", "cudaman:", "error"] {
            assert!(!screen.contains(noise), "{} says {noise}: {screen}", shell.name);
        }
    }
    sandbox.assert_healthy();
}

#[test]
fn a_login_under_dash_needs_no_rc_file() {
    let sandbox = sandbox();
    let script = ". \"$HOME/.cudaman/env.sh\" && cudaman_use 11.8 && echo \"$CUDA_HOME\" && nvcc && cudaman_use && \
        echo \"<${CUDA_HOME-none}>\"; cudaman_use 9.0 || echo \"<failed ${CUDA_HOME-none}>\"";
    let run = crate::support::Run::of(sandbox.command("dash").args(["-euc", script]));
    let root = sandbox.root("11.8.0").display().to_string();
    assert!(run.stdout.starts_with(&format!("{root}\nnvcc 11.8.99")), "{run:?}");
    assert!(run.stdout.ends_with("<none>\n<failed none>\n"), "{run:?}");
    run.expect(0, &["`9.0` is not installed", "cudaman install"]);
    std::fs::remove_file(sandbox.store().join("bin/cudaman")).expect("removed");
    let run = crate::support::Run::of(sandbox.command("dash").args(["-euc", script]));
    assert!(run.stdout.ends_with("<none>\n<failed none>\n"), "{run:?}");
    run.expect(0, &["`9.0` is not installed", "hint: `ls "]);
}

#[test]
fn a_machines_own_nvcc_does_not_answer_for_what_is_missing() {
    let sandbox = Sandbox::new();
    sandbox.run(&["setup", "--yes", "--shell", "bash"]).expect(0, &[]);
    let bin = sandbox.project("usr/local/cuda/bin", None);
    let nvcc = bin.join("nvcc");
    std::fs::write(&nvcc, "#!/bin/sh\necho the machine\n").expect("written");
    std::fs::set_permissions(&nvcc, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("set");
    sandbox.project("gone", Some("9.0"));
    let script =
        ". \"$HOME/.cudaman/shell/hook.bash\"; PATH=$BIN:$PATH; nvcc; cd gone; nvcc; echo $?; cd ..; nvcc";
    let run = crate::support::Run::of(sandbox.command("bash").args(["-c", script]).env("BIN", &bin));
    assert_eq!(run.stdout, "the machine\n127\nthe machine\n", "{run:?}");
    assert_eq!(run.stderr.matches("`9.0` is not installed").count(), 2, "the hook, and the shim: {run:?}");
}
