//! `cudaman module`: trees of modulefiles, which follow every change and spare what is not ours.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::full::Mount;
use super::link::{state, toolkit};
use crate::support::{Mirror, Release, Sandbox};

/// A sandbox that can install two releases, one of them with cuDNN.
pub(super) fn sandbox() -> (Mirror, Sandbox) {
    let mirror = Mirror::start();
    for label in ["11.8.0", "12.4.1"] {
        Release::tiny(label).serve(&mirror);
    }
    Release::cudnn("9.1.0", "9.1.0.70", &["12"]).serve(&mirror);
    let sandbox = Sandbox::with_home_named("a home").with_mirror(&mirror);
    (mirror, sandbox)
}

/// Lists the files below a directory, sorted.
fn files(directory: &Path) -> Vec<String> {
    let is_file = |path: &&PathBuf| path.is_file();
    let below = |path: &PathBuf| path.strip_prefix(directory).expect("below").display().to_string();
    state(directory).keys().filter(is_file).map(below).collect()
}

fn read(directory: &Path, path: &str) -> String {
    fs_err::read_to_string(directory.join(path)).expect("a file")
}

fn text(path: &Path) -> &str {
    path.to_str().expect("text")
}

#[test]
fn a_tree_follows_every_change_and_is_taken_away() {
    let (_mirror, sandbox) = sandbox();
    sandbox.ok(&["install", "11.8", "--profile", "minimal"]);
    let tree = sandbox.path().join("shared modules");
    let told = sandbox.run(&["module", "write", "./shared modules/"]);
    let use_lua = format!("`module use '{}/lua'`", tree.display());
    told.expect(0, &[&use_lua, "Environment Modules: `module use"]);
    assert_eq!(sandbox.ok(&["module", "list"]), format!("{}\n", tree.display()));
    let one = ["lua/cuda/.modulerc.lua", "lua/cuda/11.8.0.lua", "tcl/cuda/.modulerc", "tcl/cuda/11.8.0"];
    assert_eq!(files(&tree), one);

    fs_err::write(tree.join("lua/cuda/.cudaman-123"), "half a mod")
        .expect("left by a process that was killed");
    sandbox.ok(&["install", "12.4+cudnn", "--profile", "minimal"]);
    let root = toolkit(&sandbox, "opt/cuda 9.0", "9.0.176");
    sandbox.ok(&["link", "site", text(&root)]);
    let all = [
        "lua/cuda/.modulerc.lua",
        "lua/cuda/11.8.0.lua",
        "lua/cuda/12.4.1-cudnn9.1.0.70.lua",
        "lua/cuda/site.lua",
        "lua/cudnn/9.1.0.70-cuda12.4.1.lua",
        "tcl/cuda/.modulerc",
        "tcl/cuda/11.8.0",
        "tcl/cuda/12.4.1-cudnn9.1.0.70",
        "tcl/cuda/site",
        "tcl/cudnn/9.1.0.70-cuda12.4.1",
    ];
    assert_eq!(files(&tree), all);
    assert!(read(&tree, "tcl/cuda/.modulerc").ends_with("\nprefer \"cuda/11.8.0\"\n"));
    sandbox.ok(&["default", "12.4"]);
    assert!(read(&tree, "tcl/cuda/.modulerc").ends_with("\nprefer \"cuda/12.4.1-cudnn9.1.0.70\"\n"));
    let before = state(&tree);
    sandbox.ok(&["module", "write", text(&tree)]);
    assert_eq!(state(&tree), before, "what is right is not written again");

    sandbox.ok(&["uninstall", "site", "11.8"]);
    let rc = read(&tree, "lua/cuda/.modulerc.lua");
    assert!(rc.contains("hide(\"cuda/11.8.0\")\nhide(\"cuda/site\")\n"), "{rc}");
    sandbox.ok(&["install", "11.8", "--profile", "minimal"]);
    assert!(!read(&tree, "lua/cuda/.modulerc.lua").contains("hide(\"cuda/11.8.0\")"));
    let report = sandbox.ok(&["module", "list", "--json"]);
    let report: serde_json::Value = serde_json::from_str(&report).expect("JSON");
    assert_eq!(report[0]["current"], true);

    fs_err::write(tree.join("lua/cuda/mine.lua"), "-- mine\n").expect("a file");
    fs_err::write(tree.join("tcl/cuda/.cudaman-123"), "half a mod").expect("a file");
    sandbox.run(&["module", "remove", text(&tree)]).expect(0, &["removed"]);
    assert_eq!(files(&tree), ["lua/cuda/mine.lua"]);
    assert!(!tree.join("tcl").exists() && sandbox.ok(&["module", "list"]).is_empty());
    assert!(!sandbox.store().join("module-trees").exists());
    sandbox.run(&["module", "remove", text(&tree)]).expect(1, &["no modulefiles", "cudaman module list"]);
    sandbox.ok(&["uninstall", "12.4"]);
    assert_eq!(files(&tree), ["lua/cuda/mine.lua"], "what was removed is not written again");
    sandbox.assert_healthy();
}

#[test]
fn what_is_not_ours_is_neither_replaced_nor_removed() {
    let (_mirror, sandbox) = sandbox();
    sandbox.ok(&["install", "11.8", "--profile", "minimal"]);
    let tree = sandbox.path().join("tree");
    let theirs = tree.join("tcl/cuda/11.8.0");
    fs_err::create_dir_all(theirs.parent().expect("a directory")).expect("a directory");
    fs_err::write(&theirs, "#%Module\n# the site's\n").expect("a file");
    let refused = sandbox.run(&["module", "write", text(&tree)]);
    refused.expect(1, &[text(&theirs), "in the way", "cudaman has not written it", "hint:"]);
    assert_eq!(files(&tree), ["tcl/cuda/11.8.0"], "nothing was written");
    assert!(sandbox.ok(&["module", "list"]).is_empty());

    fs_err::remove_file(&theirs).expect("removed");
    sandbox.ok(&["module", "write", text(&tree)]);
    let taken = tree.join("lua/cuda/12.4.1.lua");
    std::os::unix::fs::symlink("/nowhere", &taken).expect("a link");
    let warned = sandbox.run(&["install", "12.4", "--profile", "minimal"]);
    warned.expect(
        0,
        &["installed `12.4.1`", "warning:", text(&taken), "no plain file", "cudaman module remove"],
    );
    assert_eq!(fs_err::read_link(&taken).expect("a link"), Path::new("/nowhere"));
    assert!(tree.join("tcl/cuda/12.4.1").exists(), "the rest is written");
    sandbox.run(&["module", "list"]).expect(0, &["not up to date", "cudaman module write"]);

    let mut other = Sandbox::new();
    other.set("CUDAMAN_HOME", other.path().join("other"));
    fs_err::remove_file(&taken).expect("removed");
    let root = toolkit(&other, "cuda", "9.0.176");
    other.ok(&["link", "site", text(&root)]);
    other.ok(&["default", "site"]);
    let home = format!("belongs to the cudaman of `{}`", sandbox.store().display());
    other.run(&["module", "write", text(&tree)]).expect(1, &["in the way", &home]);
    other.run(&["module", "remove", text(&tree)]).expect(1, &["no modulefiles"]);
    sandbox.ok(&["module", "write", text(&tree)]);
    sandbox.assert_healthy();
}

#[test]
fn a_directory_that_can_not_hold_a_tree_is_refused() {
    let sandbox = Sandbox::new();
    let root = toolkit(&sandbox, "cuda", "9.0.176");
    sandbox.ok(&["link", "site", text(&root)]);
    fs_err::write(sandbox.path().join("a file"), "").expect("a file");
    let in_home = sandbox.store().join("modules");
    for (directory, reason) in [
        ("a file", "it is a file"),
        ("a file/below", "could not create"),
        ("a:b", "with a colon"),
        ("a\nb", "control character"),
        ("a\u{1b}[31mb", "control character"),
        (text(&in_home), "in cudaman's home"),
        ("home/../home/.cudaman", "in cudaman's home"),
        ("/proc/nowhere", "could not create `/proc/nowhere`"),
    ] {
        let run = sandbox.run(&["module", "write", directory]);
        run.expect(1, &[reason, "hint:"]);
        assert!(!run.stderr.contains('\u{1b}'), "{run:?}");
    }
    assert!(sandbox.ok(&["module", "list"]).is_empty());
    sandbox.ok(&["module", "write", "home/../$(touch canary) 'x'"]);
    let tree = sandbox.path().join("$(touch canary) 'x'");
    assert_eq!(sandbox.ok(&["module", "list"]), format!("{}\n", tree.display()));
    sandbox.assert_healthy();
}

#[test]
fn a_tree_that_can_not_be_written_keeps_nothing_from_being_installed() {
    let (_mirror, sandbox) = sandbox();
    sandbox.ok(&["install", "11.8", "--profile", "minimal"]);
    let (frozen, gone) = (sandbox.path().join("frozen"), sandbox.path().join("gone"));
    for tree in [&frozen, &gone] {
        sandbox.ok(&["module", "write", text(tree)]);
    }
    fs_err::remove_dir_all(&gone).expect("removed");
    let mount = Mount::new(&frozen, &["--bind", text(&frozen)]);
    if mount.is_some() {
        let status = Command::new("mount").args(["-o", "remount,bind,ro"]).arg(&frozen).status();
        assert!(status.is_ok_and(|status| status.success()));
        sandbox.run(&["module", "write", text(&frozen)]).expect(0, &[]);
        sandbox.run(&["module", "remove", text(&frozen)]).expect(1, &["could not remove", "Read-only"]);
    }
    let run = sandbox.run(&["install", "12.4", "--profile", "minimal"]);
    run.expect(0, &["installed `12.4.1`", "could not find", text(&gone), "cudaman module remove"]);
    assert!(!gone.exists(), "it may be on a disk that is not mounted");
    if mount.is_some() {
        run.expect(0, &["could not write", "Read-only", text(&frozen)]);
    }
    drop(mount);
    sandbox.ok(&["default", "12.4"]);
    assert!(frozen.join("lua/cuda/12.4.1.lua").exists());
    sandbox.run(&["module", "remove", text(&gone)]).expect(0, &["removed 0 files"]);
    assert_eq!(sandbox.ok(&["module", "list"]), format!("{}\n", frozen.display()));
    sandbox.assert_healthy();
}

#[test]
fn further_stores_and_the_policy_count() {
    let (_mirror, site) = sandbox();
    site.ok(&["install", "11.8", "--profile", "minimal"]);
    let (_mirror, mut sandbox) = sandbox();
    sandbox.set("CUDAMAN_STORES", site.store());
    sandbox.ok(&["install", "12.4", "--profile", "minimal"]);
    sandbox.ok(&["module", "write", "tree"]);
    let tree = sandbox.path().join("tree");
    let module = read(&tree, "lua/cuda/11.8.0.lua");
    assert!(module.contains(text(&site.root("11.8.0"))) && module.contains("LD_LIBRARY_PATH"), "{module}");
    sandbox.ok(&["config", "set", "ld-library-path", "never"]);
    assert!(!read(&tree, "lua/cuda/11.8.0.lua").contains("LD_LIBRARY_PATH"));
    sandbox.assert_healthy();
}

/// Starts cudaman, and says nothing of it.
fn quiet(sandbox: &Sandbox, arguments: &[&str]) -> std::process::Child {
    sandbox.cudaman(arguments).stderr(std::process::Stdio::null()).spawn().expect("a process")
}

#[test]
fn processes_side_by_side_leave_every_toolkit_in_the_tree() {
    let sandbox = Sandbox::new();
    let root = toolkit(&sandbox, "cuda", "9.0.176");
    sandbox.ok(&["link", "first", text(&root)]);
    sandbox.ok(&["module", "write", "tree"]);
    let names = ["a1", "b2", "c3", "d4", "e5", "f6"];
    for mut process in names.map(|name| quiet(&sandbox, &["link", name, text(&root)])) {
        assert!(process.wait().expect("its end").success());
    }
    let found = files(&sandbox.path().join("tree/tcl"));
    assert_eq!(found, ["cuda/a1", "cuda/b2", "cuda/c3", "cuda/d4", "cuda/e5", "cuda/f6", "cuda/first"]);
    sandbox.assert_healthy();
}

#[test]
fn a_writer_that_is_killed_leaves_whole_files() {
    let sandbox = Sandbox::new();
    let root = toolkit(&sandbox, "cuda", "9.0.176");
    for name in ["a1", "b2", "c3", "d4", "e5", "f6"] {
        sandbox.ok(&["link", name, text(&root)]);
    }
    let (whole, tree) = (sandbox.path().join("whole"), sandbox.path().join("tree"));
    sandbox.ok(&["module", "write", text(&whole)]);
    // By name only: a file may be renamed while it is looked at.
    let names = |tree: &Path| ["lua/cuda", "tcl/cuda"].map(|below| tree.join(below).read_dir());
    let count = |tree: &Path| names(tree).into_iter().flatten().flatten().count();
    for moment in 0..count(&whole) {
        let mut process = quiet(&sandbox, &["module", "write", text(&tree)]);
        while count(&tree) < moment && process.try_wait().expect("a state").is_none() {}
        process.kill().and_then(|()| process.wait()).expect("its end");
        let found = if tree.exists() { files(&tree) } else { Vec::new() };
        for path in found.iter().filter(|path| !path.contains("/.cudaman-")) {
            assert_eq!(read(&tree, path), read(&whole, path), "killed at {moment}");
        }
        if tree.exists() {
            fs_err::remove_dir_all(&tree).expect("removed");
        }
    }
    sandbox.ok(&["module", "write", text(&tree)]);
    assert_eq!(files(&tree), files(&whole));
    sandbox.assert_healthy();
}
