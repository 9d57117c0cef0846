//! The hooks of the shells that can't read POSIX, in the real shells on a real terminal: an afternoon of work, after
//! which the environment is what it was.

mod session;

use std::ffi::OsString;
use std::path::Path;

use self::session::{Session, program, sandbox, shells};
use super::hooks::set_up_by_hand;
use crate::support::Run;

#[test]
fn an_afternoon_leaves_no_trace() {
    let mut sandbox = sandbox();
    set_up_by_hand(&mut sandbox);
    for (shell, program) in shells() {
        std::fs::write(sandbox.path().join("new/.cuda-version"), "12.4").expect("a pin");
        let mut session = Session::start(&sandbox, shell, &program, sandbox.path());
        session.terminal.types(shell.mine);
        session.load("loaded");
        session.load("twice");
        let before = session.note("", "before");
        session.enter("old/src", "entered", "11.8.0");
        session.enter("new", "changed", "12.4.1");
        std::fs::write(sandbox.path().join("new/.cuda-version"), "11.8\n").expect("a pin");
        session.note("", "noticed");
        session.expect("", "edited", "11.8.0");
        session.expect("cudaman use 12.4", "used", "12.4.1");
        session.enter("old", "outranked", "12.4.1");
        session.expect("cudaman use --unset", "unset", "11.8.0");
        afternoon_of_the_missing(&mut session);
        session.enter("old/src", "again", "11.8.0");
        session.terminal.types(&format!("{} {}", session.program.display(), shell.start[1..].join(" ")));
        session.load("inner");
        session.enter("new", "within", "11.8.0");
        session.terminal.types("exit");
        session.enter("old", "outer", "11.8.0");
        session.note(&format!("cd {}", sandbox.path().display()), "leaving");
        let after = session.note("", "after");
        let screen = session.terminal.screen();
        assert_eq!(before, after, "{}: {screen}", shell.name);
        assert!(screen.contains("<mine>\n") || screen.contains("\n<mine>"), "{}: {screen}", shell.name);
    }
    sandbox.assert_healthy();
}

/// A pin that isn't installed is said once, and nothing else takes its place.
fn afternoon_of_the_missing(session: &mut Session<'_>) {
    let gone = format!("cd {}", session.sandbox.path().join("gone").display());
    session.note(&gone, "gone");
    let found = session.note("", "missing");
    let text = |name: &str| found.get(&OsString::from(name)).cloned().unwrap_or_default();
    assert_eq!(text("CUDA_HOME"), "/usr/local/cuda", "the user's is back");
    let shims = session.sandbox.store().join("versions/../shims/missing");
    assert!(text("PATH").to_string_lossy().starts_with(&*shims.to_string_lossy()), "{found:?}");
    session.note("cd .", "still");
    session.note("", "still-missing");
    let screen = session.terminal.screen();
    assert_eq!(screen.matches("`9.0` is not installed").count(), 1, "{}: {screen}", session.shell.name);
}

#[test]
fn the_status_of_the_last_command_is_kept() {
    let sandbox = sandbox();
    for (shell, program) in shells().filter(|(shell, _)| !shell.status.is_empty()) {
        let mut session = Session::start(&sandbox, shell, &program, sandbox.path());
        session.load("loaded");
        let kept = session.notes.join("kept-7");
        for attempt in 0..5 {
            session.note("", &format!("ready-{attempt}"));
            session.terminal.types("sh -c 'exit 7'");
            std::thread::sleep(std::time::Duration::from_secs(1));
            let line = format!("{} kept-{}", sandbox.path().join("note").display(), shell.status);
            session.terminal.until(&line, &[&kept, &session.notes.join("kept-0")]);
            if kept.exists() {
                break;
            }
            std::fs::remove_file(session.notes.join("kept-0")).expect("removed");
        }
        assert!(kept.exists(), "{}: {}", shell.name, session.terminal.screen());
    }
    sandbox.assert_healthy();
}

#[test]
fn what_others_wrote_is_data() {
    let sandbox = sandbox();
    let names = ["it's \"here\" $(touch pwned) `touch pwned`; touch pwned; !x !! {a,b} * \\", "two\nlines"];
    for (shell, program) in shells() {
        for name in names {
            let directory = sandbox.project(name, Some("11.8"));
            let mut session = Session::start(&sandbox, shell, &program, &directory);
            session.load("loaded");
            session.note("", "looked");
            session.expect("", "active", "11.8.0");
            let before = "\u{1b}]0;evil\u{7}'; touch pwned; '$(touch pwned)`touch pwned`\n!!\n";
            std::fs::write(directory.join(".cuda-version"), before).expect("a pin");
            session.note("cd .", "again");
            session.note("", "once-more");
            assert!(!directory.join("pwned").exists(), "{}: {name}", shell.name);
            let screen = session.terminal.screen();
            assert!(!screen.contains("]0;evil"), "{}: {screen}", shell.name);
        }
    }
    sandbox.assert_healthy();
}

#[test]
fn without_cudaman_the_prompt_goes_on_quietly() {
    for (shell, program) in shells() {
        let sandbox = sandbox();
        let mut session = Session::start(&sandbox, shell, &program, sandbox.path());
        session.load("loaded");
        session.enter("old", "entered", "11.8.0");
        let from = session.terminal.screen().len();
        std::fs::remove_file(sandbox.store().join("bin/cudaman")).expect("removed");
        session.note(&format!("cd {}", sandbox.path().join("new").display()), "no-program");
        std::fs::rename(sandbox.store(), sandbox.path().join("vanished")).expect("moved");
        session.note(&format!("cd {}", sandbox.path().join("gone").display()), "no-store");
        session.note("", "end");
        let screen = session.terminal.screen()[from..].to_lowercase();
        for word in ["error", "not found", "no such", "exception", "traceback", "undefined", "removed"] {
            assert!(!screen.contains(word), "{}: {screen}", shell.name);
        }
        let started = Run::of(sandbox.command(&session.program).args(["-c", "echo fine"]));
        assert_eq!((started.stdout.trim(), started.stderr.trim()), ("fine", ""), "{}", shell.name);
    }
}

/// Counts the processes that a shell started, without its threads.
fn processes(trace: &Path) -> usize {
    let trace = std::fs::read_to_string(trace).expect("a trace");
    let starts = ["execve(", "fork(", "vfork(", "clone(", "clone3("];
    let is_start = |line: &&str| {
        starts.iter().any(|call| line.contains(call))
            && !line.contains("CLONE_THREAD")
            && !line.contains("resumed")
    };
    trace.lines().filter(is_start).count()
}

#[test]
fn fish_starts_nothing_at_a_prompt_and_one_process_for_a_change() {
    let (Some(fish), Some(strace)) = (program("fish"), program("strace")) else { return };
    let sandbox = sandbox();
    sandbox.ok(&["setup", "--yes", "--shell", "fish"]);
    let hook = sandbox.store().join("shell/hook.fish");
    let fish_of = |script: &str| {
        let trace = sandbox.path().join("trace");
        let script = format!("source '{}'\ncd old\n__cudaman_check\n{script}", hook.display());
        let mut command = sandbox.command(&strace);
        command.args(["-f", "-o"]).arg(&trace).arg("-etrace=execve,fork,vfork,clone,clone3");
        let run = Run::of(command.arg(&fish).args(["--no-config", "-c", &script]));
        run.expect(0, &[]);
        processes(&trace)
    };
    let none = fish_of("");
    let prompts = "emit fish_prompt\n".repeat(20);
    assert_eq!(fish_of(&prompts), none, "an unchanged prompt starts nothing");
    let one_change = fish_of("cd ../new\nemit fish_prompt\nemit fish_prompt\n");
    let true_too = fish_of("/bin/true\n");
    assert!(true_too > none, "the count sees processes");
    assert_eq!(one_change, true_too, "a change starts one");
}

#[test]
fn use_behind_options_acts_on_nothing_and_says_so() {
    let sandbox = sandbox();
    sandbox.ok(&["default", "12.4"]);
    let before = sandbox.ok(&["default"]);
    for (shell, program) in shells() {
        let mut session = Session::start(&sandbox, shell, &program, sandbox.path());
        session.load("loaded");
        session.terminal.types("cudaman --color never use 11.8");
        session.note("", "asked");
        let screen = session.terminal.screen();
        assert!(screen.contains("where it is the first word"), "{}: {screen}", shell.name);
        assert_eq!(sandbox.ok(&["default"]), before, "{}", shell.name);
    }
    sandbox.assert_healthy();
}

#[test]
fn an_unexported_choice_is_handed_over() {
    let sandbox = sandbox();
    for (shell, program) in shells() {
        let line = match shell.name {
            "fish" => "set -g CUDAMAN_VERSION 12.4",
            "tcsh" => "set CUDAMAN_VERSION=12.4",
            _ => continue,
        };
        let mut session = Session::start(&sandbox, shell, &program, sandbox.path());
        session.load("loaded");
        session.note(line, "set");
        session.expect("", "active", "12.4.1");
        session.expect("cudaman use 11.8", "used", "11.8.0");
    }
    sandbox.assert_healthy();
}

/// direnv keeps the whole PATH of a directory, and brings it back at the prompt after that is left.
#[test]
fn a_path_that_a_later_hook_of_fish_brings_back_is_put_right_at_once() {
    let Some(fish) = program("fish") else { return };
    let sandbox = sandbox();
    let hook = sandbox.store().join("shell/hook.fish");
    let script = format!(
        "source '{}'\nfunction other --on-event fish_prompt\n if set -q kept; set -gx PATH $kept; set -e kept; end\n\
         end\nemit fish_prompt\ncd old; set -g kept $PATH; emit fish_prompt\nset -g kept $PATH; cd ../new\n\
         emit fish_prompt; string match '*/versions/*' -- $PATH\nset -g kept $PATH; cd ..\n\
         emit fish_prompt; string match '*/versions/*' -- $PATH; or echo none\n",
        hook.display()
    );
    let run = Run::of(sandbox.command(&fish).args(["--no-config", "-c", &script]));
    assert_eq!(run.stdout, format!("{}/bin\nnone\n", sandbox.root("12.4.1").display()), "{run:?}");
}
