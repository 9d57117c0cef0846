//! `setup` and `init`: the hook in new shells, and its way out.

use std::os::unix::fs::PermissionsExt as _;

use crate::support::{Mirror, Release, Run, Sandbox, type_into};

fn sandbox() -> Sandbox {
    let mirror = Mirror::start();
    Release::tiny("11.8.0").serve(&mirror);
    let mut sandbox = Sandbox::with_home_named("a home").with_mirror(&mirror);
    sandbox.set("SHELL", "/bin/bash");
    sandbox.ok(&["install", "11.8"]);
    sandbox.ok(&["default", "--unset"]);
    sandbox.project("old", Some("11.8"));
    sandbox
}

#[test]
fn setup_loads_the_hook_and_undo_leaves_no_byte() {
    let sandbox = sandbox();
    let rc = sandbox.home().join(".bashrc");
    let profile = sandbox.home().join(".profile");
    std::fs::write(&rc, "alias x=y\n# no end").expect("written");
    std::fs::write(&profile, "umask 022\n").expect("written");
    std::fs::set_permissions(&rc, std::fs::Permissions::from_mode(0o600)).expect("set");
    sandbox.run(&["setup"]).expect(1, &["nobody can be asked", "cudaman setup --yes", ".bashrc"]);
    assert_eq!(std::fs::read_to_string(&rc).expect("read"), "alias x=y\n# no end");
    sandbox.run(&["setup", "--yes"]).expect(0, &["hook.bash", "env.sh", "exec $SHELL"]);
    sandbox.run(&["setup", "--yes"]).expect(0, &["everything is set up already"]);
    assert_eq!(std::fs::metadata(&rc).expect("there").permissions().mode() & 0o777, 0o600);

    let mut bash = sandbox.command("bash");
    bash.arg("-i").env("PS1", "> ");
    let screen = type_into(&mut bash, "cd old && echo \"<$CUDA_HOME>\"\ntype -t cudaman\nexit 0\n");
    let root = sandbox.root("11.8.0").display().to_string();
    assert!(screen.contains(&format!("<{root}>")) && screen.contains("function"), "{screen}");
    let run = Run::of(sandbox.command("dash").args(["-lc", "cudaman_use 11.8 && echo $CUDA_HOME; umask"]));
    assert_eq!(run.stdout, format!("{root}\n0022\n"), "{run:?}");

    sandbox.run(&["setup", "--undo", "--yes"]).expect(0, &["take cudaman's block away"]);
    assert_eq!(std::fs::read_to_string(&rc).expect("read"), "alias x=y\n# no end");
    assert_eq!(std::fs::read_to_string(&profile).expect("read"), "umask 022\n");
    sandbox.run(&["setup", "--undo"]).expect(0, &["no block of cudaman's"]);
    sandbox.assert_healthy();
}

#[test]
fn a_shell_without_rc_files_gets_one_and_loses_it() {
    let sandbox = sandbox();
    sandbox.run(&["setup", "--yes"]).expect(0, &[]);
    let rc = sandbox.home().join(".bashrc");
    assert!(rc.exists() && !sandbox.home().join(".zshrc").exists());
    sandbox.run(&["setup", "--yes", "--shell", "zsh"]).expect(0, &[".zshrc"]);
    sandbox.run(&["setup", "--undo", "--yes"]).expect(0, &["remove, cudaman made it"]);
    assert!(!rc.exists() && !sandbox.home().join(".zshrc").exists());
    sandbox.run(&["setup", "--shell", "cmd.exe"]).expect(2, &["possible values"]);
}

#[test]
fn a_person_is_asked() {
    let sandbox = sandbox();
    let mut cudaman = sandbox.cudaman(&["setup"]);
    let screen = type_into(&mut cudaman, "n\n");
    assert!(screen.contains("change these files?") && screen.contains("nothing was changed"), "{screen}");
    assert!(!sandbox.home().join(".bashrc").exists());
    type_into(&mut sandbox.cudaman(&["setup"]), "\n");
    assert!(sandbox.home().join(".bashrc").exists());
}

#[test]
fn what_cannot_be_edited_is_named_with_the_lines_to_add() {
    let sandbox = sandbox();
    std::fs::create_dir(sandbox.home().join(".bashrc")).expect("made");
    std::fs::write(sandbox.home().join(".profile"), "x\n").expect("written");
    let run = sandbox.run(&["setup", "--yes"]);
    run.expect(1, &["is not a regular file", "add by hand: if [ -r", "hook.bash"]);
    let profile = std::fs::read_to_string(sandbox.home().join(".profile")).expect("read");
    assert!(profile.contains("env.sh"), "the other file is done: {profile}");
    std::fs::write(sandbox.home().join(".profile"), "# >>> cudaman >>>\nx\n").expect("written");
    sandbox.run(&["setup", "--undo", "--yes"]).expect(1, &["not its end", "by hand"]);
}

#[test]
fn init_prints_what_setup_loads() {
    let mut sandbox = sandbox();
    sandbox.set("EXTRA", "");
    for (shell, files) in [
        ("bash", &["rest.bash", "common.bash", "install.bash"][..]),
        ("zsh", &["rest.zsh", "common.zsh"]),
        ("sh", &["hook.sh"]),
        ("ksh", &["hook.ksh"]),
    ] {
        // What is printed stands for itself: it is in one piece, and reads no file of the home.
        let printed = sandbox.ok(&["init", shell]);
        for file in files {
            let file = sandbox.store().join("shell").join(file);
            let text = std::fs::read_to_string(file).expect("a hook");
            let functions = text.lines().filter(|line| line.ends_with("() {") && !line.contains("_load"));
            let lacks: Vec<_> = functions.filter(|line| !printed.contains(line)).collect();
            assert!(lacks.is_empty() && printed.lines().next() == text.lines().next(), "{shell}: {lacks:?}");
        }
        assert!(!printed.contains("__cudaman_load"), "{shell}: {printed}");
    }
    let run = Run::of(
        sandbox
            .command("bash")
            .arg("-c")
            .arg("eval \"$(\"$CM\" init bash)\"; cd old; echo $CUDA_HOME")
            .env("CM", crate::support::CUDAMAN),
    );
    assert_eq!(run.stdout, format!("{}\n", sandbox.root("11.8.0").display()), "{run:?}");
}

#[test]
fn a_newer_program_refreshes_the_hooks_and_settings_reach_them() {
    let sandbox = sandbox();
    let hook = sandbox.store().join("shell/hook.bash");
    let text = std::fs::read_to_string(&hook).expect("a hook");
    std::fs::write(&hook, "an older one").expect("written");
    std::fs::write(sandbox.store().join("config.toml"), "ld-library-path = \"never\"\n").expect("written");
    sandbox.ok(&["default", "11.8"]);
    assert_eq!(std::fs::read_to_string(&hook).expect("a hook"), text);
    let script =
        ". \"$HOME/.cudaman/shell/hook.bash\"; __cudaman_prompt; echo \"${LD_LIBRARY_PATH-none} $CUDA_HOME\"";
    let run = Run::of(sandbox.command("bash").args(["-c", script]));
    assert_eq!(run.stdout, format!("none {}\n", sandbox.root("11.8.0").display()), "{run:?}");
    let run = Run::of(sandbox.command("bash").args(["-c", script]).env("CUDAMAN_LD_LIBRARY_PATH", "prepend"));
    assert!(run.stdout.contains("lib64"), "{run:?}");
}

#[test]
fn undo_finds_every_block_wherever_it_was_put() {
    let sandbox = sandbox();
    let [rc, profile, login] =
        [".bashrc", ".bash_profile", ".bash_login"].map(|name| sandbox.home().join(name));
    std::fs::write(&rc, "alias x=y\n").expect("written");
    std::fs::write(&login, "umask 022\n").expect("written");
    sandbox.run(&["setup", "--yes"]).expect(0, &[".bash_login"]);
    // Now another file goes before that one.
    std::fs::write(&profile, "umask 027\n").expect("written");
    sandbox.run(&["setup", "--yes"]).expect(0, &[".bash_profile"]);
    // Now it leads to `.bashrc`, in which the block is twice, and has lost its last line break.
    let text = std::fs::read_to_string(&profile).expect("read");
    std::fs::write(&profile, format!("{text}. ~/.bashrc\n")).expect("written");
    let text = std::fs::read_to_string(&rc).expect("read");
    std::fs::write(&rc, format!("{text}{}", text.trim_end())).expect("written");
    sandbox.run(&["setup", "--yes"]).expect(0, &["set up already"]);
    sandbox.run(&["setup", "--undo", "--yes"]).expect(0, &[".bashrc", ".bash_profile", ".bash_login"]);
    let read = |path| std::fs::read_to_string(path).expect("read");
    assert_eq!(read(&rc), "alias x=y\nalias x=y\n");
    assert_eq!(read(&profile), "umask 027\n. ~/.bashrc\n");
    assert_eq!(read(&login), "umask 022\n");
    sandbox.assert_healthy();
}

#[test]
fn a_link_to_a_file_that_is_missing_stays_one() {
    let sandbox = sandbox();
    let rc = sandbox.home().join(".bashrc");
    std::os::unix::fs::symlink("dotfiles/bashrc", &rc).expect("linked");
    sandbox.ok(&["setup", "--yes"]);
    let target = sandbox.home().join("dotfiles/bashrc");
    assert!(std::fs::read_to_string(&target).is_ok_and(|text| text.contains("hook.bash")));
    assert!(rc.is_symlink());
    sandbox.ok(&["setup", "--undo", "--yes"]);
    assert!(rc.is_symlink() && !target.exists());
}

#[test]
fn a_pipe_in_the_place_of_an_rc_file_is_not_waited_for() {
    let sandbox = sandbox();
    std::fs::write(sandbox.home().join(".bashrc"), "").expect("written");
    for name in [".bash_profile", ".profile"] {
        let made = Run::of(sandbox.command("mkfifo").arg(sandbox.home().join(name)));
        made.expect(0, &[]);
    }
    let mut command = sandbox.command("timeout");
    let run = Run::of(command.args(["20", crate::support::CUDAMAN, "setup", "--yes"]));
    run.expect(
        1,
        &[".bash_profile` is not a regular file", ".profile` is not a regular file", "add by hand"],
    );
    sandbox.run(&["setup", "--undo", "--yes"]).expect(0, &[".bashrc"]);
}
