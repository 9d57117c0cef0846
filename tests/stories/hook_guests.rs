//! Hooks among what else lives in a shell: other programs' hooks, options, aliases, and functions.

use super::hooks::{SHELLS, Shell, assert_shown, environment, sandbox, session, shells};
use crate::support::Sandbox;

/// What a shell shows that reads its hook in once more, after the first lines were typed.
fn after(first: &str, sandbox: &Sandbox, shell: &Shell, lines: &str) -> String {
    session(sandbox, shell, &format!("{first}\n. \"$HOOK\"\n{lines}"))
}

fn shell(name: &str) -> impl Iterator<Item = &'static Shell> {
    shells().filter(move |shell| shell.name == name)
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

#[test]
fn options_about_patterns_and_words_change_nothing() {
    let mut sandbox = sandbox();
    sandbox.set("CUDA_HOME", "/usr/local/cuda");
    std::fs::create_dir_all(sandbox.path().join("bare/lib")).expect("an environment");
    std::fs::create_dir_all(sandbox.path().join("wheels/lib/python3.11/site-packages/nvidia"))
        .expect("another");
    for (name, options) in [
        ("bash", "shopt -s failglob"),
        ("bash", "set -f; IFS=exprt"),
        ("zsh", "setopt ksh_arrays no_glob err_return; IFS=exprt"),
        ("dash", "set -f; IFS=exprt"),
    ] {
        for shell in shell(name) {
            let lines = "dump before\nexport VIRTUAL_ENV=\"$PWD/bare\"\ncd old\nshow bare\n\
                cd ..\nexport VIRTUAL_ENV=\"$PWD/wheels\"\ncd new\nshow wheels\necho \"<library ${LD_LIBRARY_PATH-none}>\"\n\
                unset VIRTUAL_ENV\ncd ..\ndump after\n";
            let screen = after(options, &sandbox, shell, lines);
            assert_shown(&screen, &sandbox, "bare", "11.8.0");
            assert_shown(&screen, &sandbox, "wheels", "12.4.1");
            assert!(screen.contains("<library none>"), "{name}: {screen}");
            assert_eq!(environment(&sandbox, "before"), environment(&sandbox, "after"), "{name} {options}");
        }
    }
}

#[test]
fn other_hooks_stay_under_ksh_arrays() {
    let sandbox = sandbox();
    for shell in shell("zsh") {
        let first = "setopt ksh_arrays warn_create_global\none() { :; }\ntwo() { echo '<two>'; }\n\
            precmd_functions=(one two) chpwd_functions=(one)";
        let lines = "echo \"<all ${precmd_functions[@]}>\"\ncd old\nshow old\ncudaman use 11.8\n";
        let screen = after(first, &sandbox, shell, lines);
        assert!(screen.contains("<all one two __cudaman_prompt>"), "{screen}");
        assert!(!screen.contains("created globally"), "{screen}");
        assert_shown(&screen, &sandbox, "old", "11.8.0");
    }
}

#[test]
fn aliases_of_what_the_hook_defines_do_not_stop_it() {
    let sandbox = sandbox();
    for shell in shells() {
        let first = "alias cudaman='echo no' cd='cd -P'";
        let screen = after(first, &sandbox, shell, "cd old\nshow old\nalias\ncudaman use 12.4\nshow used\n");
        assert_shown(&screen, &sandbox, "old", "11.8.0");
        assert_shown(&screen, &sandbox, "used", "12.4.1");
        assert!(screen.contains("\ncd='cd -P'") || screen.contains("\nalias cd='cd -P'"), "{screen}");
    }
}

#[test]
fn use_after_options_acts_on_the_shell_and_not_on_the_default() {
    let sandbox = sandbox();
    for shell in shells() {
        let lines = "cudaman -q use 12.4\nshow quiet\ncudaman --color never use 11.8\nshow colour\n\
            cudaman --offline --mirror=file:///x use --unset\ncudaman use\necho \"<unset ${CUDA_HOME-}>\"\n";
        let screen = session(&sandbox, shell, lines);
        assert_shown(&screen, &sandbox, "quiet", "12.4.1");
        assert_shown(&screen, &sandbox, "colour", "11.8.0");
        assert!(screen.contains("<unset >"), "{}: {screen}", shell.name);
        assert!(sandbox.ok(&["current"]).contains("no default"), "{}", shell.name);
    }
    sandbox.assert_healthy();
}

#[test]
fn a_large_pin_of_zeros_is_not_read_to_its_end() {
    let sandbox = sandbox();
    let zeros = std::fs::File::create(sandbox.project("zeros", None).join(".cuda-version")).expect("a pin");
    zeros.set_len(1 << 30).expect("a size");
    sandbox.project("zero", Some("11\0.8\n"));
    for shell in shells() {
        let started = std::time::Instant::now();
        let screen =
            session(&sandbox, shell, "cd zeros\nshow zeros\ncd ../zero\nshow zero\ncd ../new\nshow new\n");
        assert!(started.elapsed().as_secs() < 10, "{}: {:?}", shell.name, started.elapsed());
        assert!(screen.contains("it is too large"), "{}: {screen}", shell.name);
        // Those without a `read` of their own pass over a NUL between letters.
        for name in ["zeros", "zero"].into_iter().filter(|name| *name == "zeros" || shell.sees_edits) {
            assert!(screen.contains(&format!("<{name}::{}", sandbox.root("..").display())), "{screen}");
        }
        assert_shown(&screen, &sandbox, "new", "12.4.1");
    }
}

#[test]
fn a_home_that_is_relative_and_letters_of_either_case_do_no_harm() {
    let sandbox = sandbox();
    for shell in shells() {
        let lines = "CUDAMAN_HOME=../evil\ncd old\nshow own\ncd ..\nunset CUDAMAN_HOME\n";
        assert_shown(&session(&sandbox, shell, lines), &sandbox, "own", "11.8.0");
    }
    let other = sandbox.store().join("versions").display().to_string().to_uppercase();
    let lines = format!(
        "shopt -s nocasematch\nPATH=\"$PATH:{other}/11.8.0/bin\"\ncd old\nshow own\ncd ..\nshow left\n"
    );
    let screen = session(&sandbox, &SHELLS[0], &lines);
    assert_shown(&screen, &sandbox, "own", "11.8.0");
    assert!(screen.contains("<left::"), "{screen}");
}

#[test]
fn a_pin_that_could_not_be_read_is_missed_when_it_goes() {
    let sandbox = sandbox();
    for shell in shells() {
        let link = sandbox.path().join("old/src/.cuda-version");
        std::os::unix::fs::symlink("../../new/.cuda-version", &link).expect("a link");
        let lines = "cd old/src\nshow link\nrm .cuda-version\ncd .\nshow above\n";
        let screen = session(&sandbox, shell, lines);
        assert!(screen.contains(&format!("<link::{}", sandbox.root("..").display())), "{screen}");
        assert_shown(&screen, &sandbox, "above", "11.8.0");
    }
}

#[test]
fn stores_that_are_named_and_forgotten_count_at_once() {
    let sandbox = sandbox();
    let other = super::hooks::sandbox();
    sandbox.ok(&["uninstall", "11.8"]);
    for shell in shells().filter(|shell| shell.sees_edits) {
        let lines = format!(
            "cd old\nexport CUDAMAN_STORES='{}'\n\
             echo \"<other $CUDA_HOME>\"\nunset CUDAMAN_STORES\necho \"<gone ${{CUDA_HOME-}}>\"\n",
            other.store().display()
        );
        let screen = session(&sandbox, shell, &lines);
        assert!(screen.contains(&format!("<other {}>", other.root("11.8.0").display())), "{screen}");
        assert!(screen.contains("<gone >"), "{screen}");
    }
    sandbox.assert_healthy();
}

#[test]
fn a_failed_cudaman_use_says_so_each_time() {
    let sandbox = sandbox();
    let script = ". \"$HOME/.cudaman/env.sh\"; cudaman_use 9.0; cudaman_use 9.0";
    let run = crate::support::Run::of(sandbox.command("dash").args(["-uc", script]));
    assert_eq!(run.stderr.matches("`9.0` is not installed").count(), 2, "{run:?}");
}

#[test]
fn an_idle_shell_reads_the_first_part_alone() {
    let sandbox = sandbox();
    for shell in shells().filter(|shell| shell.sees_edits) {
        let rest = sandbox.store().join("shell").join(shell.hook.replace("hook", "common"));
        let text = std::fs::read(&rest).expect("the next part of the hook");
        // A file that lacks what it should have ends no shell, and is not read for ever.
        std::fs::write(&rest, "echo '<'read'>'\n").expect("written");
        let lines = "cd gone/..\n:\necho '<'idle'>'\ncd old\n:\ncd ..\ncudaman --version\necho '<'alive'>'\n";
        let screen = session(&sandbox, shell, lines);
        assert_eq!(screen.matches("<read>").count(), 1, "{}: {screen}", shell.name);
        let at = |word: &str| screen.find(word).unwrap_or_else(|| panic!("lacks {word}: {screen}"));
        assert!(at("<idle>") < at("<read>") && at("<read>") < at("<alive>"), "{}: {screen}", shell.name);
        std::fs::write(&rest, text).expect("written");
    }
    sandbox.assert_healthy();
}

#[test]
fn plain_pins_and_a_default_read_no_more_than_the_common_part() {
    let sandbox = sandbox();
    sandbox.ok(&["default", "11.8"]);
    for shell in shells().filter(|shell| shell.sees_edits) {
        let lines = "show default\ncd new\nshow pin\ncd ..\nshow again\n\
            type __cudaman_find_pin >/dev/null 2>&1 && echo '<'all'>'\ntype __cudaman_seek\n";
        let screen = session(&sandbox, shell, lines);
        for (word, version) in [("default", "11.8.0"), ("pin", "12.4.1"), ("again", "11.8.0")] {
            assert_shown(&screen, &sandbox, word, version);
        }
        assert!(
            !screen.contains("<all>") && screen.contains("__cudaman_seek is a"),
            "{}: {screen}",
            shell.name
        );
    }
    sandbox.assert_healthy();
}

#[test]
fn every_reason_to_read_more_of_the_hook_is_seen() {
    let sandbox = sandbox();
    let stale = sandbox.root("11.8.0").display().to_string();
    for shell in shells().filter(|shell| shell.sees_edits) {
        for reason in [
            "export CUDAMAN_VERSION=12.4".to_owned(),
            "ln -s nowhere .cuda-version".to_owned(),
            format!("LD_LIBRARY_PATH='{stale}/lib64'"),
            format!("CUDACXX='{stale}/bin/nvcc'"),
            "CUDAMAN_STORES=/nowhere".to_owned(),
            "CUDAMAN_HOME=/nowhere".to_owned(),
            "echo 12.4.1 >\"$HOME/.cudaman/resolve/default\"".to_owned(),
            "echo cuda 12.4 >.tool-versions".to_owned(),
        ] {
            let lines = format!("{reason}\n:\ntype __cudaman_seek\nrm -f .cuda-version .tool-versions\n");
            let screen = session(&sandbox, shell, &lines);
            assert!(screen.contains("__cudaman_seek is a"), "{}: {reason}: {screen}", shell.name);
            let _ = std::fs::remove_file(sandbox.store().join("resolve/default"));
        }
        let screen = session(&sandbox, shell, "alias export='echo no' unset='echo no'\ncd old\nshow alias\n");
        assert_shown(&screen, &sandbox, "alias", "11.8.0");
    }
    sandbox.assert_healthy();
}
