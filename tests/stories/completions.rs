//! Completions in real shells: commands, toolkits and environments.

use crate::support::{Mirror, Release, Run, Sandbox, have};

fn sandbox() -> Sandbox {
    let mirror = Mirror::start();
    Release::tiny("11.8.0").serve(&mirror);
    let sandbox = Sandbox::with_home_named("a home").with_mirror(&mirror);
    sandbox.ok(&["install", "11.8"]);
    let prefix = sandbox.home().join("miniconda3/envs/torch");
    std::fs::create_dir_all(prefix.join("conda-meta")).expect("made");
    sandbox
}

/// Returns what bash offers for a line of words, the last of which is being typed.
fn in_bash(sandbox: &Sandbox, words: &[&str]) -> Vec<String> {
    let quoted: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
    let script = format!(
        "PATH=\"$HOME/.cudaman/bin:$PATH\"; eval \"$(cudaman completions bash)\"\nCOMP_WORDS=({}); COMP_CWORD={}; COMP_TYPE=9\n\
         function=$(complete -p cudaman | sed 's/.*-F \\([^ ]*\\).*/\\1/')\n\"$function\" cudaman '{}' ''\n\
         printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        quoted.join(" "),
        words.len() - 1,
        words[words.len() - 1]
    );
    let run = Run::of(sandbox.command("bash").args(["-c", &script]));
    run.expect(0, &[]);
    run.stdout.lines().map(|line| line.trim().to_owned()).collect()
}

#[test]
fn bash_completes_commands_toolkits_and_environments() {
    let sandbox = sandbox();
    assert!(in_bash(&sandbox, &["cudaman", "list"]).contains(&"list-remote".to_owned()));
    assert_eq!(in_bash(&sandbox, &["cudaman", "use", "1"]), ["11.8.0"]);
    assert_eq!(in_bash(&sandbox, &["cudaman", "uninstall", ""]).first().map(String::as_str), Some("11.8.0"));
    let installable = in_bash(&sandbox, &["cudaman", "install", "1"]);
    for known in ["10.0", "11.8", "12.4", "13.0"] {
        assert!(installable.contains(&known.to_owned()), "{installable:?}");
    }
    assert!(in_bash(&sandbox, &["cudaman", "install", "la"]).contains(&"latest".to_owned()));
    assert_eq!(in_bash(&sandbox, &["cudaman", "conda", "attach", "to"]), ["torch"]);
    assert!(in_bash(&sandbox, &["cudaman", "init", "b"]).contains(&"bash".to_owned()));
    sandbox.assert_healthy();
}

#[test]
fn zsh_and_fish_take_theirs() {
    let sandbox = sandbox();
    if have("fish") {
        let script = "set PATH $HOME/.cudaman/bin $PATH; cudaman completions fish | source; complete -C 'cudaman use 1'";
        let run = Run::of(sandbox.command("fish").args(["--no-config", "-c", script]));
        assert!(run.stdout.starts_with("11.8.0\tinstalled"), "{run:?}");
    }
    if have("zsh") {
        let script = "autoload -Uz compinit && compinit -u -D; eval \"$(\"$HOME/.cudaman/bin/cudaman\" completions zsh)\"; \
            echo ${_comps[cudaman]}";
        let run = Run::of(sandbox.command("zsh").args(["-f", "-c", script]));
        run.expect(0, &[]);
        assert!(run.stdout.contains("cudaman"), "{run:?}");
        let ask = "COMPLETE=zsh _CLAP_COMPLETE_INDEX=2 \"$HOME/.cudaman/bin/cudaman\" -- cudaman use 1";
        let run = Run::of(sandbox.command("zsh").args(["-f", "-c", ask]));
        assert!(run.stdout.starts_with("11.8.0:installed"), "{run:?}");
    }
}

#[test]
fn a_broken_store_completes_nothing_and_says_nothing() {
    let sandbox = sandbox();
    std::fs::write(sandbox.store().join("config.toml"), "nonsense").expect("written");
    let ask = "COMPLETE=bash _CLAP_COMPLETE_INDEX=2 _CLAP_COMPLETE_COMP_TYPE=9 \"$HOME/.cudaman/bin/cudaman\" -- cudaman use 1";
    let run = Run::of(sandbox.command("bash").args(["-c", ask]));
    assert!(run.stdout.is_empty() && run.stderr.is_empty(), "{run:?}");
}
