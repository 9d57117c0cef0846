//! `env` and `exec`: one environment, in real shells.

use crate::support::{Mirror, Release, Run, Sandbox, file, have, program, serve_files};

fn toolkit() -> (Mirror, Sandbox) {
    let mirror = Mirror::start();
    Release::tiny("12.4.1").serve(&mirror);
    Release::cudnn("9.1.0", "9.1.0.70", &["12"]).serve(&mirror);
    let sandbox = Sandbox::with_home_named("it has spaces").with_mirror(&mirror);
    sandbox.ok(&["install", "12.4+cudnn", "--profile", "minimal"]);
    (mirror, sandbox)
}

const SHELLS: &[(&str, &str)] = &[
    ("bash", "eval \"$(\"$CM\" env 12.4)\"; printf '%s\\n' \"$CUDA_HOME\" \"$CUDNN_PATH\" \"$PATH\""),
    ("dash", "eval \"$(\"$CM\" env 12.4)\"; printf '%s\\n' \"$CUDA_HOME\" \"$CUDNN_PATH\" \"$PATH\""),
    ("zsh", "eval \"$(\"$CM\" env 12.4)\"; printf '%s\\n' \"$CUDA_HOME\" \"$CUDNN_PATH\" \"$PATH\""),
    ("ksh", "eval \"$(\"$CM\" env 12.4)\"; printf '%s\\n' \"$CUDA_HOME\" \"$CUDNN_PATH\" \"$PATH\""),
    (
        "fish",
        "\"$CM\" env 12.4 --format fish | source; printf '%s\\n' $CUDA_HOME $CUDNN_PATH (string join : $PATH)",
    ),
    ("tcsh", "eval `$CM:q env 12.4 -f csh`; printf '%s\\n' \"$CUDA_HOME\" \"$CUDNN_PATH\" \"$PATH\""),
    (
        "tcsh",
        "\"$CM\" env 12.4 -f csh > $HOME/e.csh; source \"$HOME/e.csh\"; printf '%s\\n' \"$CUDA_HOME\" \"$CUDNN_PATH\" \"$PATH\"",
    ),
];

#[test]
fn every_shell_gets_the_same_environment() {
    let (_mirror, sandbox) = toolkit();
    let root = sandbox.root("12.4.1+cudnn9.1.0.70").display().to_string();
    for (shell, script) in SHELLS {
        if !have(shell) {
            continue;
        }
        let script =
            script.replace("\"$HOME/e.csh\"", "$HOME:q/e.csh").replace("> $HOME/e.csh", "> $HOME:q/e.csh");
        let run = Run::of(sandbox.command(shell).env("CM", crate::support::CUDAMAN).args(["-c", &script]));
        let lines: Vec<&str> = run.stdout.lines().collect();
        assert_eq!(lines.first(), Some(&root.as_str()), "{shell}: {run:?}");
        assert_eq!(lines.get(1), Some(&root.as_str()), "{shell}: {run:?}");
        assert!(
            lines.get(2).is_some_and(|path| path.starts_with(&format!("{root}/bin:"))),
            "{shell}: {run:?}"
        );
    }
}

#[test]
fn exec_passes_the_environment_and_the_status() {
    let (_mirror, sandbox) = toolkit();
    let root = sandbox.root("12.4.1+cudnn9.1.0.70").display().to_string();
    let print = "printf '%s\\n' \"$CUDA_HOME\" \"$CUDA_PATH\" \"$CUDACXX\" \"$LD_LIBRARY_PATH\" \"$(command -v nvcc)\"";
    let run = sandbox.run(&["exec", "12.4", "--", "sh", "-c", print]);
    let expected = [
        root.clone(),
        root.clone(),
        format!("{root}/bin/nvcc"),
        format!("{root}/lib64"),
        format!("{root}/bin/nvcc"),
    ];
    let lines: Vec<&str> = run.stdout.lines().collect();
    assert_eq!(lines[..3], expected[..3], "{run:?}");
    assert!(
        lines[3].starts_with(&expected[3]) && !lines[3].contains("stubs") && !lines[3].ends_with(':'),
        "{run:?}"
    );
    assert_eq!(lines[4], expected[4]);
    sandbox.run(&["exec", "--", "sh", "-c", "exit 37"]).expect(37, &[]);
    sandbox.run(&["exec", "--", "sh", "-c", "kill -TERM $$"]).expect(143, &[]);
    sandbox.run(&["exec", "--", "no-such-command"]).expect(127, &["no-such-command"]);
    sandbox.run(&["exec", "--", "/etc/passwd"]).expect(126, &["/etc/passwd"]);
    sandbox.run(&["exec"]).expect(2, &[]);
}

#[test]
fn the_library_path_follows_its_policy() {
    let (_mirror, mut sandbox) = toolkit();
    let print = ["exec", "12.4", "--", "sh", "-c", "echo \"$LD_LIBRARY_PATH\""];
    assert!(sandbox.run(&print).stdout.contains("lib64"));
    let environment = sandbox.project("venv", None);
    std::fs::create_dir_all(environment.join("lib/python3.11/site-packages/nvidia")).expect("a virtualenv");
    sandbox.set("VIRTUAL_ENV", &environment);
    assert_eq!(sandbox.run(&print).stdout, "\n", "auto does not shadow the wheels' own libraries");
    sandbox.set("CUDAMAN_LD_LIBRARY_PATH", "prepend");
    assert!(sandbox.run(&print).stdout.contains("lib64"));
}

#[test]
fn settings_are_kept_and_shown() {
    let sandbox = Sandbox::new();
    sandbox.ok(&["config", "set", "profile", "runtime"]);
    sandbox.ok(&["config", "set", "stores", "/opt/a:/opt/b"]);
    assert_eq!(sandbox.ok(&["config", "get", "profile"]), "runtime\n");
    assert_eq!(sandbox.ok(&["config", "get", "stores"]), "/opt/a:/opt/b\n");
    let text = std::fs::read_to_string(sandbox.store().join("config.toml")).expect("a file");
    assert_eq!(text, "profile = \"runtime\"\nstores = [\"/opt/a\", \"/opt/b\"]\n");
    sandbox.ok(&["config", "unset", "profile"]);
    assert_eq!(sandbox.ok(&["config", "get", "profile"]), "devel\n");
    for key in ["mirror", "pypi-index"] {
        let run = sandbox.run(&["config", "set", key, "http://mirror.example/"]);
        run.expect(1, &["plain http", "`cudaman config set allow-http true`"]);
        sandbox.ok(&["config", "set", key, "http://127.0.0.1/"]);
        sandbox.ok(&["config", "unset", key]);
    }
    sandbox.ok(&["config", "set", "allow-http", "true"]);
    sandbox.ok(&["config", "set", "mirror", "http://mirror.example/"]);
    sandbox.ok(&["config", "unset", "mirror"]);
    sandbox.run(&["config", "set", "profile", "huge"]).expect(1, &["huge", "runtime, minimal, devel, full"]);
    sandbox.run(&["config", "set", "colour", "red"]).expect(1, &["not a setting"]);
    std::fs::write(sandbox.store().join("config.toml"), "profil = 1\n").expect("a file");
    sandbox.run(&["list"]).expect(1, &["`profil` is not a setting", "config.toml"]);
}

#[test]
fn help_and_completions_cover_every_command() {
    let sandbox = Sandbox::new();
    let help = sandbox.ok(&["--help"]);
    for command in ["install", "list-remote", "upgrade", "verify", "completions"] {
        assert!(help.contains(command), "{help}");
    }
    assert!(sandbox.ok(&["--version"]).starts_with("cudaman "));
    sandbox.run(&["no-such-command"]).expect(2, &[]);
    assert!(!sandbox.store().exists(), "looking changes nothing");
}

#[test]
fn a_tool_that_is_missing_names_what_brings_it() {
    let mirror = Mirror::start();
    Release::tiny("12.4.1").serve(&mirror);
    let files = [file("LICENSE", "licence\n"), program("bin/cuobjdump", "#!/bin/sh\n")];
    serve_files(&mirror, "12.4.1", "cuda_cuobjdump", &files);
    let mut sandbox = Sandbox::new().with_mirror(&mirror);
    sandbox.ok(&["install", "12.4", "--profile", "runtime"]);
    sandbox.set("CUDAMAN_VERSION", "12.4");
    let way = "hint: `cudaman install '12.4' --profile minimal`";
    sandbox.run(&["which", "nvcc"]).expect(1, &["`12.4.1` has no `nvcc`", way]);
    sandbox.ok(&["uninstall", "12.4"]);
    sandbox.ok(&["install", "12.4", "--profile", "minimal"]);
    sandbox.ok(&["which", "nvcc"]);
    let way = "hint: `cudaman install '12.4' --with cuda_cuobjdump`";
    sandbox.run(&["which", "cuobjdump"]).expect(1, &["`12.4.1` has no `cuobjdump`", way]);
    sandbox.ok(&["install", "12.4", "--with", "cuda_cuobjdump"]);
    sandbox.ok(&["which", "cuobjdump"]);
    sandbox.run(&["which", "no-such-tool"]).expect(1, &["hint: `ls '", "/bin'` shows"]);
}

#[test]
fn cmake_takes_the_libraries_for_no_part_of_the_system() {
    if !have("cmake") || !have("g++") || !have("make") {
        return;
    }
    let mirror = Mirror::start();
    Release::tiny("12.4.1").serve(&mirror);
    // CMake itself splits what gcc says at spaces: the home has none.
    let sandbox = Sandbox::new().with_mirror(&mirror);
    sandbox.ok(&["install", "12.4", "--profile", "minimal"]);
    let project = sandbox.project("cmake", None);
    let show = "message(\"implicit: ${CMAKE_CXX_IMPLICIT_LINK_DIRECTORIES}\")";
    let script = format!("cmake_minimum_required(VERSION 3.18)\nproject(p CXX)\n{show}\n");
    std::fs::write(project.join("CMakeLists.txt"), script).expect("a script");
    let run = sandbox.run_in(&project, &["exec", "12.4", "--", "cmake", "-B", "build"]);
    run.expect(0, &["implicit: ", "lib64/stubs"]);
    let line = run.stderr.lines().find_map(|line| line.strip_prefix("implicit: ")).expect("the line");
    let root = std::fs::canonicalize(sandbox.root("12.4.1")).expect("a root");
    let has_ours = line.split(';').any(|directory| {
        std::fs::canonicalize(directory).is_ok_and(|real| real.starts_with(&root) && !real.ends_with("stubs"))
    });
    assert!(!has_ours, "{line}");
}
