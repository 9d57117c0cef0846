//! Hooks among what else lives in a shell: other programs' hooks, options, aliases, and functions.

use super::hooks::{SHELLS, Shell, assert_shown, sandbox, session, shells};
use crate::support::Sandbox;

/// What a shell shows that reads its hook in once more, after the first lines were typed.
fn after(first: &str, sandbox: &Sandbox, shell: &Shell, lines: &str) -> String {
    session(sandbox, shell, &format!("{first}\n. \"$HOOK\"\n{lines}"))
}

#[test]
fn a_path_that_another_hook_brings_back_is_put_right_at_once() {
    let sandbox = sandbox();
    for shell in shells().filter(|shell| shell.sees_edits) {
        let list =
            if shell.name == "zsh" { "chpwd_functions=(other); precmd_functions" } else { "PROMPT_COMMAND" };
        for hooks in ["other", "(other)"].iter().skip(usize::from(shell.name == "zsh")) {
            // direnv keeps the whole PATH of the directory, and brings it back when that is left.
            let first = format!(
                "other() {{ if [ -n \"${{kept-}}\" ]; then PATH=$kept; kept=; fi; }}\n{list}={hooks}"
            );
            let lines = "cd old\nkept=$PATH\ncd ../new\nshow left\nkept=$PATH\ncd ..\nshow none\n";
            let screen = after(&first, &sandbox, shell, lines);
            assert_shown(&screen, &sandbox, "left", "12.4.1");
            assert!(screen.contains(&format!("<none::{}", sandbox.store().display())), "{screen}");
            assert!(!screen.contains(&format!("<none::{}", sandbox.root("").display())), "{screen}");
        }
    }
}

#[test]
fn a_function_that_takes_the_place_of_cd_is_followed_when_the_hook_is_read_again() {
    let sandbox = sandbox();
    let first = "cd() { echo \"<mine $1>\"; builtin cd \"$@\"; }";
    let screen =
        after(first, &sandbox, &SHELLS[0], "cd old && show mine\n. \"$HOOK\"\ncd ../new && show again\n");
    assert!(screen.contains("<mine old>") && screen.contains("<mine ../new>"), "{screen}");
    assert_shown(&screen, &sandbox, "mine", "11.8.0");
    assert_shown(&screen, &sandbox, "again", "12.4.1");
}

#[test]
fn a_hook_read_under_errexit_ends_no_shell() {
    let sandbox = sandbox();
    let lines = "cd old\nrm .cuda-version\n:\necho \"<none ${CUDA_HOME-}>\"\ncd ../new\nshow alive\n";
    let screen = after("set -eu", &sandbox, &SHELLS[0], lines);
    assert!(screen.contains("<none >"), "{screen}");
    assert_shown(&screen, &sandbox, "alive", "12.4.1");
}
