//! `detect`, `install --for`, and a framework's name in the place of a toolkit's.

use std::path::Path;

use serde_json::Value;

use super::hooks::{assert_shown, session, shells};
use crate::support::{CUDAMAN, Mirror, Release, Run, Sandbox};

/// A machine whose driver runs all that is asked for here, whatever the machine of the tests has.
fn sandbox() -> (Mirror, Sandbox) {
    let mirror = Mirror::start();
    Release::tiny("12.4.1").serve(&mirror);
    Release::tiny("11.8.0").serve(&mirror);
    Release::cudnn("9.1.0", "9.1.0.70", &["11", "12"]).serve(&mirror);
    let mut sandbox = Sandbox::with_home_named("a home").with_mirror(&mirror);
    sandbox.set("CUDAMAN_DRIVER", "550.54.15");
    sandbox.set("CUDAMAN_GPUS", "8.0");
    (mirror, sandbox)
}

fn write(directory: &Path, name: &str, text: &str) {
    std::fs::write(directory.join(name), text).expect("written");
}

#[test]
fn a_framework_is_looked_up_installed_and_used() {
    let (_mirror, sandbox) = sandbox();
    let run = sandbox.run(&["install", "--for", "torch==2.4.1+cu124"]);
    run.expect(
        0,
        &["torch 2.4.1: CUDA 12.4, cuDNN 9.1.0.70 (", "previous versions of PyTorch", "bring their own CUDA"],
    );
    let name = "12.4.1+cudnn9.1.0.70";
    assert!(sandbox.root(name).join("bin/nvcc").exists(), "{run:?}");
    let again = sandbox.run(&["install", "--for", "torch==2.4.1"]);
    again.expect(0, &[&format!("`{name}` is installed already")]);
    for arguments in [
        ["default", "torch==2.4.1"].as_slice(),
        &["local", "torch==2.4"],
        &["exec", "torch==2.4.1", "--", "true"],
    ] {
        sandbox.run(arguments).expect(0, &["torch 2.4.1: CUDA 12.4"]);
    }
    assert_eq!(
        std::fs::read_to_string(sandbox.path().join(".cuda-version")).expect("a pin"),
        "12.4+cudnn9\n"
    );
    sandbox
        .run(&["use", "torch==2.4.1"])
        .expect(1, &["no hook is loaded", "`cudaman default '12.4+cudnn9'`"]);
    sandbox
        .run(&["use", "tensorflow==1.14.0"])
        .expect(1, &["tensorflow 1.14.0: CUDA 10.0", "`10.0+cudnn7` is not installed"]);
    sandbox.run(&["use", "theano==1.0"]).expect(1, &["which CUDA `theano` needs is not known", "hint: "]);
    sandbox.assert_healthy();
}

#[test]
fn a_shell_uses_what_a_framework_needs() {
    let (_mirror, sandbox) = sandbox();
    sandbox.ok(&["install", "12.4+cudnn", "11.8"]);
    sandbox.ok(&["default", "--unset"]);
    for shell in shells() {
        let screen = session(
            &sandbox,
            shell,
            "cudaman use torch==2.4.1\nshow used\ncudaman use --unset\ncudaman use caffe==1.0; echo \"<status $?>\"\n",
        );
        assert_shown(&screen, &sandbox, "used", "12.4.1+cudnn9.1.0.70");
        assert!(screen.contains("torch 2.4.1: CUDA 12.4") && screen.contains("<status 1>"), "{screen}");
    }
    sandbox.assert_healthy();
}

#[test]
fn a_project_is_read_pinned_and_installed() {
    let (_mirror, sandbox) = sandbox();
    let project = sandbox.project("seg/src", None);
    let root = sandbox.path().join("seg");
    std::fs::create_dir(root.join(".git")).expect("a directory");
    write(
        &root,
        "requirements.txt",
        "numpy\ntorch==2.4.1\n--extra-index-url https://download.example.org/whl/cu118\n",
    );
    let run = sandbox.run_in(&project, &["detect"]);
    run.expect(0, &["hint: `cudaman install '11.8+cudnn9'`"]);
    for line in [
        "wanted: 11.8+cudnn9, for torch 2.4.1\n",
        "fits this machine: yes\n",
        "requirements.txt:2: torch==2.4.1\n",
        "no toolkit is needed to run it",
    ] {
        assert!(run.stdout.contains(line), "{line}: {run:?}");
    }
    let report: Value =
        serde_json::from_str(&sandbox.run_in(&project, &["detect", "--json"]).stdout).expect("JSON");
    assert_eq!((&report["request"], &report["fits"]), (&"11.8+cudnn9".into(), &"yes".into()));
    assert!(
        report["facts"].as_array().is_some_and(|facts| facts.iter().all(|fact| fact["source"] != "")),
        "{report}"
    );
    assert_eq!(
        sandbox.run_in(&root, &["detect", "requirements.txt"]).stdout.lines().next(),
        Some("wanted: 11.8+cudnn9, for torch 2.4.1")
    );
    sandbox.run_in(&project, &["install", "--for"]).expect(0, &["installed `11.8.0+cudnn9.1.0.70`"]);
    sandbox.run(&["detect", "seg", "--write"]).expect(0, &["pinned `11.8+cudnn9`"]);
    assert_eq!(std::fs::read_to_string(root.join(".cuda-version")).expect("a pin"), "11.8+cudnn9\n");
    assert_eq!(sandbox.run_in(&project, &["current", "--short"]).stdout, "11.8.0+cudnn9.1.0.70\n");
    sandbox.assert_healthy();
}

#[test]
fn another_machine_is_planned_for() {
    let (_mirror, sandbox) = sandbox();
    let host =
        r#"{"driver": {"module": "470.256.02"}, "gpus": [{"name": "Tesla K80", "capability": "3.7"}]}"#;
    write(sandbox.path(), "k80.json", host);
    let mut command = sandbox.command(CUDAMAN);
    command.env_remove("CUDAMAN_DRIVER").env_remove("CUDAMAN_GPUS");
    let run = Run::of(command.args(["detect", "torch==2.4.1", "--host", "k80.json"]));
    assert!(
        run.stdout.contains("wanted: 11.8+cudnn9") && run.stdout.contains("fits this machine: limited"),
        "{run:?}"
    );
    assert!(run.stdout.contains("CUDA 11.8 was the last to know"), "{run:?}");
    sandbox.run(&["detect", "torch", "--host", "missing.json"]).expect(1, &["missing.json", "hint: "]);
}

#[test]
fn nothing_is_taken_for_a_framework_that_is_none() {
    let (_mirror, sandbox) = sandbox();
    let empty = sandbox.project("empty", None);
    sandbox
        .run_in(&empty, &["detect"])
        .expect(1, &["nothing here says which CUDA is wanted", "hint: `cudaman detect torch==2.4.1`"]);
    sandbox.run_in(&empty, &["install", "--for"]).expect(1, &["nothing here says which CUDA is wanted"]);
    sandbox.run(&["install", "12.4", "--for", "torch"]).expect(2, &["--for"]);
    sandbox.run(&["detect", "torch==99.0"]).expect(1, &["the nearest release that is known is", "hint: "]);
    for text in [
        "'; touch ran #",
        "$(touch ran)",
        "torch==2\n.4",
        "\u{1b}[2Jtorch==1",
        "../../nowhere",
        "--",
        "torch==2.4`touch ran`",
    ] {
        let run = sandbox.run(&["detect", "--", text]);
        assert!([1, 2].contains(&run.status) && !run.stderr.contains('\u{1b}'), "{text}: {run:?}");
    }
    assert!(!sandbox.path().join("ran").exists());
    let toolkit = sandbox.project("cuda", None);
    let path = toolkit.display().to_string();
    for name in ["torch", "tensorflow-gpu", "cupy-cuda101"] {
        sandbox.run(&["link", name, &path]).expect(2, &["reads as a request or a framework"]);
    }
    assert_eq!(std::fs::read_dir(&empty).expect("a directory").count(), 0, "looking writes nothing");
}
