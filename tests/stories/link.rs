//! Toolkits that exist already: linked, used, found, and never changed.

use std::collections::BTreeMap;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use crate::support::{Mirror, Release, Sandbox};

const NVCC: &str = "#!/bin/sh\necho \"nvcc of $0\"\n";

/// Makes a toolkit beside the store.
pub(super) fn toolkit(sandbox: &Sandbox, path: &str, release: &str) -> PathBuf {
    use std::os::unix::fs::PermissionsExt as _;
    let root = sandbox.path().join(path);
    fs_err::create_dir_all(root.join("bin")).expect("a directory");
    fs_err::create_dir_all(root.join("lib64")).expect("a directory");
    fs_err::write(root.join("version.txt"), format!("CUDA Version {release}\n")).expect("a file");
    fs_err::write(root.join("bin/nvcc"), NVCC).expect("a program");
    let executable = std::fs::Permissions::from_mode(0o755);
    fs_err::set_permissions(root.join("bin/nvcc"), executable).expect("a mode");
    root
}

/// Every file of a tree with its size and time: what must not change.
pub(super) fn state(root: &Path) -> BTreeMap<PathBuf, (u64, std::time::SystemTime)> {
    let mut found = BTreeMap::new();
    let mut open = vec![root.to_owned()];
    while let Some(directory) = open.pop() {
        for entry in fs_err::read_dir(&directory).expect("readable").flatten() {
            let metadata = entry.metadata().expect("metadata");
            if metadata.is_dir() {
                open.push(entry.path());
            }
            found.insert(entry.path(), (metadata.len(), metadata.modified().expect("a time")));
        }
    }
    found
}

#[test]
fn a_linked_toolkit_works_as_any_other_and_is_left_alone() {
    let sandbox = Sandbox::with_home_named("me & my home");
    let root = toolkit(&sandbox, "opt/cuda 9.0", "9.0.176");
    let before = state(&root);
    let path = root.to_str().expect("text");
    sandbox.run(&["link", "site-9.0", path]).expect(0, &["linked `site-9.0`", "CUDA 9.0.176"]);
    assert!(sandbox.ok(&["list"]).contains(&format!("-> {path}")));
    sandbox.ok(&["default", "site-9.0"]);
    assert!(sandbox.ok(&["current"]).starts_with("site-9.0 ("));
    let linked = sandbox.root("site-9.0");
    assert_eq!(sandbox.ok(&["which", "nvcc"]).trim(), linked.join("bin/nvcc").display().to_string());
    assert!(sandbox.ok(&["exec", "site-9.0", "--", "nvcc"]).contains("nvcc of"));
    assert!(sandbox.ok(&["env", "site-9.0"]).contains("site-9.0"));
    let project = sandbox.project("project", Some("site-9.0\n"));
    let shim = sandbox.shim("nvcc", &project, &[]);
    assert!(shim.stdout.contains(&linked.join("bin/nvcc").display().to_string()), "{shim:?}");
    sandbox.assert_healthy();

    sandbox.run(&["link", "site-9.0", path]).expect(1, &["already", "cudaman uninstall site-9.0"]);
    sandbox.ok(&["uninstall", "site-9.0"]);
    assert!(!linked.exists() && std::fs::symlink_metadata(&linked).is_err());
    assert_eq!(state(&root), before);
    sandbox.assert_healthy();
}

#[test]
fn what_is_no_toolkit_is_refused_with_what_was_looked_for() {
    let mirror = Mirror::start();
    Release::tiny("12.4.1").serve(&mirror);
    let sandbox = Sandbox::new().with_mirror(&mirror);
    sandbox.ok(&["install", "12.4", "--profile", "minimal"]);
    let root = toolkit(&sandbox, "cuda", "9.0.176");
    let text = |path: &Path| path.to_str().expect("text").to_owned();
    for name in ["9.0", "cuda-9.0", "latest", "system", "cu90", "../x", "a b", "", "12.4.1", "9.0+cudnn7"] {
        sandbox.run(&["link", name, &text(&root)]).expect(2, &["can't name a linked toolkit", "local-11.8"]);
    }
    let empty = sandbox.path().join("empty");
    fs_err::create_dir_all(&empty).expect("a directory");
    sandbox
        .run(&["link", "x", &text(&empty)])
        .expect(1, &["no CUDA toolkit", "version.json", "cudaman discover"]);
    sandbox.run(&["link", "x", "nowhere"]).expect(1, &["is no directory"]);
    sandbox.run(&["link", "x", &text(&root.join("version.txt"))]).expect(1, &["is no directory"]);
    sandbox.run(&["link", "x", &text(&sandbox.root("12.4.1"))]).expect(1, &["own store"]);
    fs_err::create_dir_all(root.join("lib/nvidia-cuda-toolkit")).expect("a directory");
    sandbox.run(&["link", "x", &text(&root)]).expect(1, &["scatter", "--from"]);
    assert_eq!(sandbox.ok(&["list"]).lines().count(), 1);
    sandbox.assert_healthy();
}

#[test]
fn a_relative_path_is_taken_from_here() {
    let sandbox = Sandbox::new();
    let root = toolkit(&sandbox, "cuda", "9.0.176");
    sandbox.ok(&["link", "here", "./cuda"]);
    assert_eq!(std::fs::read_link(sandbox.root("here")).expect("a link"), root);
}

#[test]
fn a_toolkit_that_vanished_is_said_and_not_followed() {
    let sandbox = Sandbox::new();
    let root = toolkit(&sandbox, "cuda", "9.0.176");
    sandbox.ok(&["link", "gone", root.to_str().expect("text")]);
    sandbox.ok(&["default", "gone"]);
    fs_err::remove_dir_all(&root).expect("removed");
    let list = sandbox.ok(&["list"]);
    assert!(list.contains("gone") && list.contains("(missing)"), "{list}");
    let verified = sandbox.run(&["verify"]);
    verified.expect(0, &[]);
    assert!(verified.stdout.contains("is gone (hint: `cudaman uninstall gone`)"), "{verified:?}");
    let project = sandbox.project("project", Some("gone\n"));
    sandbox.run_in(&project, &["current"]).expect(1, &["gone"]);
    let report = sandbox.run(&["doctor", "--json"]).stdout;
    assert!(report.contains("linked-toolkit-gone") && !report.contains("store-"), "{report}");
    sandbox.run(&["exec", "gone", "--", "true"]).expect(1, &["gone", "cudaman uninstall gone"]);
    assert_eq!(sandbox.shim("nvcc", &project, &[]).status, 127);
    sandbox.run(&["verify", "--repair"]).expect(0, &[]);
    sandbox.ok(&["uninstall", "gone"]);
    sandbox.assert_healthy();
}

#[test]
fn what_is_found_can_be_adopted_once() {
    let sandbox = Sandbox::new();
    let machine = sandbox.path().join("machine");
    toolkit(&sandbox, "machine/usr/local/cuda-9.0", "9.0.176");
    toolkit(&sandbox, "machine/usr/local/cuda-11.8", "11.8.0");
    symlink("cuda-11.8", machine.join("usr/local/cuda")).expect("a link");
    toolkit(&sandbox, "machine/usr/lib/nvidia-cuda-toolkit", "1.0");
    fs_err::write(machine.join("usr/version.txt"), "CUDA Version 12.4.131\n").expect("a file");
    let before = state(&machine);
    let root = machine.to_str().expect("text");
    let table = sandbox.ok(&["discover", "--root", root]);
    assert!(table.contains("CUDA 11.8.0") && table.contains("also "), "{table}");
    sandbox.run(&["discover", "--root", root, "--adopt"]).expect(0, &["linked `local-11.8`", "scattered"]);
    sandbox.run(&["discover", "--root", root, "--adopt"]).expect(0, &["is `local-9.0` already"]);
    let report: serde_json::Value =
        serde_json::from_str(&sandbox.ok(&["discover", "--root", root, "--json"])).expect("JSON");
    assert_eq!(report["toolkits"][0]["adopted_as"], "local-11.8");
    assert_eq!(sandbox.ok(&["list"]).lines().count(), 2);
    assert_eq!(state(&machine), before);
    sandbox.assert_healthy();
    let nothing = sandbox.path().join("nothing");
    sandbox
        .run(&["discover", "--root", nothing.to_str().expect("text")])
        .expect(0, &["no toolkit was found"]);
}

#[test]
fn a_home_that_can_not_be_written_is_said() {
    let sandbox = Sandbox::new();
    let root = toolkit(&sandbox, "cuda", "9.0.176");
    fs_err::write(sandbox.store(), "in the way").expect("a file");
    sandbox.run(&["link", "x", root.to_str().expect("text")]).expect(1, &[".cudaman"]);
}
