//! cudaman's own state, and what `--fix` mends.

use std::fs;
use std::path::PathBuf;

use super::patient::{Patient, codes};
use super::{Case, examine};

fn fix(patient: &mut Patient) {
    let run = patient.run(&["doctor", "--fix"]);
    assert!(run.stderr.contains("mended "), "{run:?}");
}

/// Makes a conda environment with a toolkit.
fn attached(patient: &mut Patient) -> PathBuf {
    let prefix = patient.sandbox.path().join("envs/a b");
    fs::create_dir_all(prefix.join("conda-meta")).expect("made");
    fs::write(prefix.join("conda-meta/history"), "").expect("written");
    patient.ok(&["conda", "attach", prefix.to_str().expect("text"), "12.4"]);
    prefix
}

pub(super) const CASES: &[Case] = &[
    Case {
        code: "toolkit-incomplete",
        sicken: |patient| {
            let own = patient.sandbox.root("12.4.1").join("bin/ptxas");
            fs::rename(&own, patient.sandbox.path().join("ptxas")).expect("moved");
        },
        heal: |patient| {
            let own = patient.sandbox.root("12.4.1").join("bin/ptxas");
            fs::rename(patient.sandbox.path().join("ptxas"), own).expect("moved");
        },
    },
    Case {
        code: "nothing-active",
        sicken: |patient| patient.choose("9.2"),
        heal: |patient| patient.choose("12.4"),
    },
    Case {
        code: "no-toolkit",
        sicken: |patient| patient.ok(&["uninstall", "12.4.1"]),
        heal: |patient| patient.ok(&["install", "12.4"]),
    },
    Case {
        code: "linked-toolkit-gone",
        sicken: |patient| {
            let root = patient.toolkit("opt/cuda-9.0", "9.0.176");
            patient.ok(&["link", "mine", root.to_str().expect("text")]);
            fs::remove_dir_all(root).expect("removed");
        },
        heal: |patient| patient.ok(&["uninstall", "mine"]),
    },
    Case {
        code: "hooks-stale",
        sicken: |patient| {
            let hook = patient.sandbox.store().join("shell/hook.bash");
            fs::write(hook, "# of an older cudaman\n").expect("written");
        },
        heal: fix,
    },
    Case {
        code: "hook-not-loaded",
        sicken: |patient| patient.ok(&["setup", "--undo", "--yes"]),
        heal: |patient| patient.ok(&["setup", "--yes", "--shell", "bash"]),
    },
    Case {
        code: "attachment-broken",
        sicken: |patient| {
            let prefix = attached(patient);
            let script = prefix.join("etc/conda/deactivate.d/~~cudaman.sh");
            fs::remove_file(script).expect("removed");
        },
        heal: fix,
    },
    Case {
        code: "attachment-without-environment",
        sicken: |patient| {
            let prefix = attached(patient);
            fs::remove_dir_all(prefix).expect("removed");
        },
        heal: fix,
    },
    Case {
        code: "attachment-without-toolkit",
        sicken: |patient| {
            attached(patient);
            patient.run(&["uninstall", "12.4.1"]).expect(0, &[]);
        },
        heal: |patient| patient.ok(&["install", "12.4.1"]),
    },
    Case {
        code: "set-up-by-hand",
        sicken: |patient| {
            let file = patient.sandbox.home().join(".profile");
            fs::write(file, "export PATH=/usr/local/cuda-10.0/bin:$PATH\n").expect("written");
        },
        heal: |patient| patient.ok(&["setup", "--take-over", "--yes"]),
    },
    Case {
        code: "store-damaged",
        sicken: |patient| {
            let file = patient.sandbox.root("12.4.1").join("include/cuda_runtime.h");
            fs::remove_file(file).expect("removed");
        },
        heal: |patient| patient.ok(&["verify", "--repair"]),
    },
    Case {
        code: "compat-link",
        sicken: |patient| patient.ok(&["compat-link", "libcudart.so.11.0", "--in", "12.4", "--force"]),
        heal: |patient| patient.ok(&["compat-link", "libcudart.so.11.0", "--in", "12.4", "--remove"]),
    },
    Case {
        code: "store-indexes-stale",
        sicken: |patient| {
            fs::write(patient.sandbox.store().join("resolve/.stale"), "").expect("written");
        },
        heal: fix,
    },
];

#[test]
fn findings_of_cudamans_own_state() {
    examine(CASES);
}

#[test]
fn fix_mends_what_is_cudamans_own_and_nothing_else() {
    let mut patient = Patient::new();
    attached(&mut patient);
    fs::remove_file(patient.sandbox.path().join("envs/a b/etc/conda/activate.d/~~cudaman.sh"))
        .expect("removed");
    let profile = patient.sandbox.home().join(".profile");
    let line = "export PATH=/usr/local/cuda-10.0/bin:$PATH\n";
    fs::write(&profile, line).expect("written");
    let run = patient.run(&["doctor", "--fix"]);
    run.expect(3, &["mended attachment-broken", "1 warning"]);
    assert_eq!(fs::read_to_string(&profile).expect("read"), line, "a user's file is the user's");
    let report = patient.report();
    assert!(codes(&report).contains("set-up-by-hand") && !codes(&report).contains("attachment-broken"));
    patient.sandbox.assert_healthy();
}

#[test]
fn a_read_only_home_is_examined_and_says_what_keeps_it_from_being_mended() {
    let mut patient = Patient::new();
    patient.sandbox.set("CUDAMAN_HOME", "/proc/nothing-here");
    let report = patient.report();
    assert!(codes(&report).contains("no-toolkit"), "{report:#}");
}
