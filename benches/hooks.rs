//! What the hooks of bash, zsh and dash cost within one live shell, beside those of direnv and mise in the same run:
//! at a prompt where nothing changed, and where `cd` leads to another toolkit; and what loading the hook adds to the
//! start of a shell. Processes are counted by strace.
#![allow(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    reason = "a benchmark prints and looks around"
)]

#[path = "../tests/support/mod.rs"]
mod support;

mod measure;

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use measure::{Cost, Spread, cost};
use support::{Mirror, Release, Sandbox, have, skip};

/// A shell with a clock of its own.
struct Shell {
    name: &'static str,
    flag: &'static str,
    hook: &'static str,
    /// Defines `prompt`, which does what the shell does at one.
    prompt: &'static str,
    /// Runs `action` as often as `$TIMES` says, and prints the nanoseconds that one took.
    timed: &'static str,
}

const SHELLS: &[Shell] = &[
    Shell {
        name: "bash",
        flag: "--norc",
        hook: "hook.bash",
        prompt: "prompt() { local each; for each in \"${PROMPT_COMMAND[@]}\"; do eval \"$each\"; done; }",
        timed: "start=${EPOCHREALTIME//[!0-9]/}; for ((i = 0; i < TIMES; i++)); do ACTION; done; \
            printf '%d\\n' $(((${EPOCHREALTIME//[!0-9]/} - start) * 1000 / TIMES))",
    },
    Shell {
        name: "zsh",
        flag: "-f",
        hook: "hook.zsh",
        prompt: "zmodload zsh/datetime; prompt() { local each; for each in $precmd_functions; do $each; done; }",
        timed: "typeset -F start=$EPOCHREALTIME; for ((i = 0; i < TIMES; i++)); do ACTION; done; \
            printf '%.0f\\n' $(((EPOCHREALTIME - start) * 1e9 / TIMES))",
    },
];

/// From one directory to another and back.
const THERE_AND_BACK: &str = "cd ../new; prompt; cd ../old; prompt";

/// A hook, how it is loaded, and how often it is worth repeating what it does.
struct Hook {
    name: &'static str,
    load: String,
    times: usize,
}

fn main() {
    let sandbox = sandbox();
    let mut peers: Vec<(&str, PathBuf)> = Vec::new();
    if have("direnv") {
        peers.push(("direnv", "/usr/bin/direnv".into()));
    }
    peers.extend(mise().map(|program| ("mise", program)));
    for shell in SHELLS.iter().filter(|shell| have(shell.name)) {
        measure::head(&format!("the hook of {}", shell.name));
        let ours = ours(shell);
        prompts(&sandbox, shell, &ours);
        startup(&sandbox, shell);
        processes(&sandbox, shell, &ours);
        for (name, program) in &peers {
            beside(&sandbox, shell, &ours, &peer(name, program, shell));
        }
    }
    dash(&sandbox);
}

fn ours(shell: &Shell) -> Hook {
    Hook { name: "cudaman", load: format!(". \"$HOME/.cudaman/shell/{}\"", shell.hook), times: 200 }
}

/// Two toolkits, directories that pin them for each tool, and one that pins what isn't installed.
fn sandbox() -> Sandbox {
    let mirror = Mirror::start();
    for version in ["11.8.0", "12.4.1"] {
        Release::tiny(version).serve(&mirror);
    }
    let mut sandbox = Sandbox::new().with_mirror(&mirror);
    sandbox.ok(&["install", "11.8", "12.4"]);
    sandbox.set("MISE_TRUSTED_CONFIG_PATHS", "/");
    sandbox.set("MISE_OFFLINE", "1");
    for (name, version, root) in
        [("old", "11.8", "11.8.0"), ("new", "12.4", "12.4.1"), ("gone/old", "11.8", "11.8.0")]
    {
        let directory = sandbox.project(name, Some(version));
        let root = sandbox.root(root).display().to_string();
        let write = |file: &str, text: String| std::fs::write(directory.join(file), text).expect("a file");
        write(".envrc", format!("export CUDA_HOME={root}\nPATH_add {root}/bin\n"));
        write("mise.toml", format!("[env]\nCUDA_HOME = \"{root}\"\n_.path = [\"{root}/bin\"]\n"));
    }
    sandbox.project("gone/new", Some("9.0"));
    sandbox
}

/// Runs a script in a shell that has loaded a hook, in the directory `old`, and after the work was done once.
fn command(sandbox: &Sandbox, shell: &Shell, hook: &Hook, script: &str) -> Command {
    let mut command = sandbox.command(shell.name);
    let text = format!("{}\n{}\nprompt\n{THERE_AND_BACK}\n{script}\n", hook.load, shell.prompt);
    command.args([shell.flag, "-c", &text]).current_dir(sandbox.path().join("old"));
    command.stdin(Stdio::null()).stderr(Stdio::null());
    command
}

/// Measures an action within a live shell.
fn timed<'a>(
    sandbox: &'a Sandbox,
    shell: &'a Shell,
    hook: &'a Hook,
    action: &'a str,
) -> impl FnMut() -> Cost + 'a {
    let loop_text = shell.timed.replace("ACTION", action).replace("TIMES", &hook.times.to_string());
    move || {
        let output = command(sandbox, shell, hook, &loop_text).output().expect("the shell starts");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let nanoseconds = text.lines().last().and_then(|line| line.trim().parse().ok());
        let nanoseconds =
            nanoseconds.unwrap_or_else(|| panic!("{} of {}: {output:?}", hook.name, shell.name));
        Cost { time: Duration::from_nanos(nanoseconds), peak: 0 }
    }
}

fn prompts(sandbox: &Sandbox, shell: &Shell, hook: &Hook) {
    let none = Hook { name: "no hook", load: String::new(), times: hook.times };
    let few = Hook { name: "cudaman", load: hook.load.clone(), times: 20 };
    let mut nothing = timed(sandbox, shell, &none, "prompt");
    let mut unchanged = timed(sandbox, shell, hook, "prompt");
    let mut plain = timed(sandbox, shell, &none, "cd ../new; cd ../old");
    let mut changed = timed(sandbox, shell, hook, "cd ../new; cd ../old");
    let mut unsatisfied = timed(sandbox, shell, &few, "cd ../gone/new; cd ../../old");
    let mut subshell = timed(sandbox, shell, &few, "x=$(:)");
    let alternatives: &mut [&mut dyn FnMut() -> Cost; 6] =
        &mut [&mut nothing, &mut unchanged, &mut plain, &mut changed, &mut unsatisfied, &mut subshell];
    let [nothing, unchanged, plain, changed, unsatisfied, subshell] =
        measure::rounds(measure::count(25), alternatives);
    let half = |spread: Spread| spread.scaled(0.5);
    measure::row("unchanged prompt", "60 µs", Spread::added(&unchanged, &nothing), "µs");
    measure::row("changed pin", "300 µs", half(Spread::added(&changed, &plain)), "µs");
    // The goals are times of one machine, on which bash took 353 µs for this.
    measure::row("a subshell that does nothing", "", Spread::seconds(&subshell).scaled(1e6), "µs");
    // The way back is one of the two, and it asks nobody.
    let asked = Spread::of(unsatisfied.iter().zip(&changed).zip(&plain).map(|((asked, changed), plain)| {
        (asked.time.as_secs_f64() - (changed.time + plain.time).as_secs_f64() / 2.0) * 1e6
    }));
    measure::row("pin that is not installed, entered (asks the program)", "", asked, "µs");
}

/// Measures what the hook adds to the start of a shell: the reading of its file, and with it the first prompt, where
/// nothing is wanted, where there is a default, and where there is a pin.
fn startup(sandbox: &Sandbox, shell: &Shell) {
    let start = |text: &str, directory: &str| {
        let mut command = sandbox.command(shell.name);
        command.args([shell.flag, "-c", text]).stdin(Stdio::null());
        command.current_dir(sandbox.path().join(directory));
        move || cost(&mut command)
    };
    let load = ours(shell).load;
    let prompt = format!("{load}; __cudaman_prompt");
    let mut without = start(":", "");
    let mut with = start(&load, "");
    let mut default = start(&prompt, "");
    let mut pin = start(&prompt, "old");
    let alternatives: &mut [&mut dyn FnMut() -> Cost; 4] =
        &mut [&mut without, &mut with, &mut default, &mut pin];
    let [without, with, default, pin] = measure::rounds(measure::count(200), alternatives);
    sandbox.ok(&["default", "--unset"]);
    let mut none = start(":", "");
    let mut idle = start(&prompt, "");
    let [none, idle] = measure::rounds(measure::count(200), &mut [&mut none, &mut idle]);
    sandbox.ok(&["default", "11.8"]);
    measure::row("shell start-up", "500 µs", Spread::added(&with, &without), "µs");
    for (case, costs, beside) in
        [("nothing wanted", &idle, &none), ("a default", &default, &without), ("a pin", &pin, &without)]
    {
        let row = format!("shell start-up and the first prompt, {case}");
        measure::row(&row, "500 µs", Spread::added(costs, beside), "µs");
    }
}

/// Counts the processes of twenty prompts and forty changes of directory.
fn processes(sandbox: &Sandbox, shell: &Shell, hook: &Hook) {
    if !have("strace") {
        return;
    }
    let count = |script: &str| {
        let inner = command(sandbox, shell, hook, script);
        let log = sandbox.path().join("strace");
        let mut strace = sandbox.command("strace");
        strace.args(["-f", "-qq", "-e", "trace=execve,fork,vfork,clone,clone3", "-o"]).arg(&log);
        strace.arg(inner.get_program()).args(inner.get_args()).current_dir(sandbox.path().join("old"));
        let status = strace.stdout(Stdio::null()).stderr(Stdio::null()).status();
        assert!(status.is_ok_and(|status| status.success()), "strace of {}", shell.name);
        let log = std::fs::read_to_string(log).expect("what strace wrote");
        log.lines().filter(|line| line.contains('(')).count() as f64
    };
    let before = count(":");
    let prompts = count("for i in 1 2 3 4 5 6 7 8 9 10; do prompt; prompt; done");
    let changes =
        count(&format!("for i in 1 2 3 4 5 6 7 8 9 10; do {THERE_AND_BACK}; {THERE_AND_BACK}; done"));
    measure::row("forks and execs, 20 unchanged prompts", "0", Spread::of([prompts - before]), "");
    measure::row("forks and execs, 40 changed pins", "0", Spread::of([changes - before]), "");
    let asked = count("cd ../gone/new; prompt; prompt");
    measure::row("forks and execs, a pin that is not installed", "", Spread::of([asked - before]), "");
}

fn peer(name: &'static str, program: &std::path::Path, shell: &Shell) -> Hook {
    let verb = if name == "mise" { "activate" } else { "hook" };
    let program = program.display();
    // What direnv doesn't know it doesn't run.
    let allow = if name == "mise" { "" } else { "direnv allow ../old; direnv allow ../new; " };
    Hook { name, load: format!("{allow}eval \"$({program} {verb} {})\"", shell.name), times: 10 }
}

/// Measures ours and a peer's in turn.
fn beside(sandbox: &Sandbox, shell: &Shell, ours: &Hook, peer: &Hook) {
    let check = command(sandbox, shell, peer, "cd ../new; prompt; printf '%s\\n' \"${CUDA_HOME-}\"").output();
    let check = check.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    if !check.as_ref().is_ok_and(|root| root.ends_with("12.4.1")) {
        return skip(
            &format!("beside {} in {}", peer.name, shell.name),
            &format!("it set nothing: {check:?}"),
        );
    }
    let mut our_prompt = timed(sandbox, shell, ours, "prompt");
    let mut their_prompt = timed(sandbox, shell, peer, "prompt");
    let mut our_change = timed(sandbox, shell, ours, THERE_AND_BACK);
    let mut their_change = timed(sandbox, shell, peer, THERE_AND_BACK);
    let alternatives: &mut [&mut dyn FnMut() -> Cost; 4] =
        &mut [&mut our_prompt, &mut their_prompt, &mut our_change, &mut their_change];
    let [our_prompt, their_prompt, our_change, their_change] =
        measure::rounds(measure::count(7), alternatives);
    let micros = |costs: &[Cost]| Spread::seconds(costs).scaled(1e6);
    let name = peer.name;
    measure::row(&format!("{name}: unchanged prompt"), "", micros(&their_prompt), "µs");
    measure::row(
        &format!("{name} ÷ cudaman, unchanged prompt"),
        "",
        Spread::ratio(&their_prompt, &our_prompt),
        "×",
    );
    measure::row(&format!("{name}: cd and prompt"), "", micros(&their_change).scaled(0.5), "µs");
    measure::row(
        &format!("{name} ÷ cudaman, cd and prompt"),
        "",
        Spread::ratio(&their_change, &our_change),
        "×",
    );
}

/// Finds mise, or gets it from npm's registry once.
fn mise() -> Option<PathBuf> {
    if let Ok(found) = which::which("mise") {
        return Some(found);
    }
    let directory = measure::kept("bench-mise");
    let program = directory.join("node_modules/.bin/mise");
    if !program.exists() {
        let mut npm = Command::new("npm");
        npm.args(["install", "--silent", "--no-audit", "--no-fund", "--prefix"]).arg(&directory);
        if !npm.arg("@jdxcode/mise").status().is_ok_and(|status| status.success()) {
            skip("beside mise", "it is not installed, and npm could not get it");
            return None;
        }
    }
    Some(program)
}

/// dash has no clock and no prompt hook: the whole of a shell that changes directory is timed.
fn dash(sandbox: &Sandbox) {
    if !have("dash") {
        return;
    }
    const TIMES: usize = 500;
    let shell = |load: &str| {
        let mut command = sandbox.command("dash");
        let text =
            format!("{load}\ni=0\nwhile [ $i -lt {TIMES} ]; do cd ../new; cd ../old; i=$((i + 1)); done");
        command.args(["-c", &text]).current_dir(sandbox.path().join("old")).stdin(Stdio::null());
        move || cost(&mut command)
    };
    let mut plain = shell(":");
    let mut changed = shell(". \"$HOME/.cudaman/shell/hook.sh\"");
    let [plain, changed] = measure::rounds(measure::count(15), &mut [&mut plain, &mut changed]);
    measure::head("the hook of dash");
    let each = Spread::added(&changed, &plain).scaled(0.5 / TIMES as f64);
    measure::row("cd to another pin", "3000 µs", each, "µs");
}
