//! The trees of `cudaman module` in the real Lmod and the real Environment Modules, in real shells.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::link::toolkit;
use super::module_trees::sandbox;
use crate::support::{CUDAMAN, Run, Sandbox, Variables, programs, settings};

/// Returns what an environment becomes by `cudaman env`, asked in that environment.
fn expected(sandbox: &Sandbox, request: &str, exactly: &str, before: &Variables) -> Variables {
    let mut command = sandbox.command(CUDAMAN);
    let run = Run::of(command.env_clear().envs(before).args(["env", request, "--format", "json"]));
    let changes: BTreeMap<String, Option<String>> = serde_json::from_str(&run.stdout).expect("JSON");
    // What shells keep to bring back the user's values; the programs have ways of their own.
    let changes = changes.into_iter().filter(|(name, _)| !name.starts_with("__CUDAMAN_"));
    let mut after = before.clone();
    for (name, value) in changes {
        match value {
            Some(value) => after.insert(name, value),
            None => after.remove(&name),
        };
    }
    after.insert("CUDAMAN_VERSION".to_owned(), exactly.to_owned());
    after
}

/// A sandbox with 11.8.0, 12.4.1 with cuDNN, a linked toolkit with manual pages, and a tree.
fn furnished() -> (Sandbox, PathBuf) {
    let (_mirror, sandbox) = sandbox();
    for request in ["11.8", "12.4+cudnn"] {
        sandbox.ok(&["install", request, "--profile", "minimal"]);
    }
    let root = toolkit(&sandbox, "opt/cuda 9.0", "9.0.176");
    fs_err::create_dir_all(root.join("share/man")).expect("a directory");
    sandbox.ok(&["link", "site", root.to_str().expect("text")]);
    sandbox.ok(&["module", "write", "my modules"]);
    let tree = sandbox.path().join("my modules");
    (sandbox, tree)
}

const WITH_CUDNN: &str = "12.4.1+cudnn9.1.0.70";

/// Empty elements in the middle stay. Lmod 8.6 rewrites lists of its own accord, whichever module adds to
/// them: it doubles an empty last element, and drops doubled ones and final slashes.
#[test]
fn a_module_sets_what_env_sets_and_unloading_restores_every_byte() {
    let (mut sandbox, tree) = furnished();
    for (name, value) in [("LD_LIBRARY_PATH", "/x::/y"), ("CUDA_HOME", "/m'i ne"), ("MANPATH", "/man")] {
        sandbox.set(name, value);
    }
    for program in programs() {
        let is_csh = program.shell == "tcsh";
        let change = if is_csh { "setenv CUDA_HOME /other" } else { "export CUDA_HOME=/other" };
        let steps = [
            "module load cuda",
            "module load cuda/12.4.1-cudnn9.1.0.70",
            "module swap cuda cuda/site",
            "module unload cuda",
            change,
            "module load cuda/11.8.0",
            "module purge",
        ];
        let session = program.session(&sandbox, &tree, &steps);
        let [before, first, second, third, after, changed, again, purged] = session.environments.as_slice()
        else {
            panic!("there is one environment for each step");
        };
        assert_eq!(before["CUDA_HOME"], "/m'i ne");
        assert_eq!(
            settings(first),
            expected(&sandbox, "11.8", "11.8.0+none", before),
            "{program:?}: {}",
            session.said
        );
        assert_eq!(
            settings(second),
            expected(&sandbox, "12.4", WITH_CUDNN, before),
            "{program:?}: {}",
            session.said
        );
        assert_eq!(
            settings(third),
            expected(&sandbox, "site", "site", before),
            "{program:?}: {}",
            session.said
        );
        assert!(third["MANPATH"].ends_with("versions/site/share/man:/man"), "{third:?}");
        assert_eq!(after, before, "{program:?}: {}", session.said);
        assert_eq!(settings(again), expected(&sandbox, "11.8", "11.8.0+none", changed), "{program:?}");
        assert_eq!(purged, changed, "{program:?}: {}", session.said);
    }
    sandbox.assert_healthy();
}

#[test]
fn what_was_unset_is_unset_again() {
    let (sandbox, tree) = furnished();
    for program in programs() {
        let steps = ["module load cuda/site", "module load cuda/11.8.0", "module unload cuda"];
        let session = program.session(&sandbox, &tree, &steps);
        let [before, site, other, after] = session.environments.as_slice() else { panic!("four") };
        assert!(!before.contains_key("LD_LIBRARY_PATH") && !before.contains_key("MANPATH"));
        for (loaded, name, exactly) in [(site, "site", "site"), (other, "11.8", "11.8.0+none")] {
            assert_eq!(
                settings(loaded),
                expected(&sandbox, name, exactly, before),
                "{program:?}: {}",
                session.said
            );
            assert!(!loaded.contains_key("MANPATH"), "it would hide the system's pages: {loaded:?}");
        }
        assert_eq!(after, before, "{program:?}: {}", session.said);
    }
    sandbox.assert_healthy();
}

#[test]
fn a_saved_collection_keeps_its_version() {
    let (sandbox, tree) = furnished();
    for program in programs() {
        let steps = ["module load cuda/site", "module save mine", "module purge", "module restore mine"];
        let session = program.session(&sandbox, &tree, &steps);
        let restored = session.environments.last().expect("five");
        assert_eq!(restored["CUDAMAN_VERSION"], "site", "{program:?}: {}", session.said);
    }
}

/// Lmod 8.6 takes an empty variable for an unset one; Environment Modules can be told.
#[test]
fn what_was_empty_is_empty_again_where_the_program_can() {
    let (mut sandbox, tree) = furnished();
    sandbox.set("CUDA_PATH", "");
    for program in programs().into_iter().filter(|program| program.tree == "tcl") {
        let steps = ["module load cuda/11.8.0", "module load cuda/site", "module unload cuda"];
        let session = program.session(&sandbox, &tree, &steps);
        let [before, .., after] = session.environments.as_slice() else { panic!("four") };
        assert_eq!(before["CUDA_PATH"], "");
        assert_eq!(after, before, "{program:?}: {}", session.said);
    }
}

#[test]
fn cudnn_brings_its_cuda_and_goes_with_it() {
    let (sandbox, tree) = furnished();
    for program in programs() {
        let steps = [
            "module load cuda/11.8.0",
            "module load cudnn",
            "module load cuda/11.8.0",
            "module list",
            "module purge",
        ];
        let session = program.session(&sandbox, &tree, &steps);
        let [before, _, cudnn, other, _, after] = session.environments.as_slice() else { panic!("six") };
        assert_eq!(
            settings(cudnn),
            expected(&sandbox, "12.4", WITH_CUDNN, before),
            "{program:?}: {}",
            session.said
        );
        assert_eq!(cudnn["CUDNN_PATH"], cudnn["CUDA_HOME"]);
        assert_eq!(
            settings(other),
            expected(&sandbox, "11.8", "11.8.0+none", before),
            "{program:?}: {}",
            session.said
        );
        let listed = session.said.rsplit("Loaded Modul").next().expect("a list");
        assert!(listed.contains("cuda/11.8.0") && !listed.contains("cudnn"), "{program:?}: {}", session.said);
        assert_eq!(after, before, "{program:?}: {}", session.said);
    }
    sandbox.assert_healthy();
}

#[test]
fn a_sites_own_modules_of_these_names_live_beside_ours() {
    let (sandbox, tree) = furnished();
    for (path, text) in [
        ("lua/cudnn/site.lua", "setenv(\"SITE_CUDNN\", \"1\")\n"),
        ("lua/cuda/of-the-site.lua", "family(\"cuda\")\nsetenv(\"SITE_CUDA\", \"1\")\n"),
        ("tcl/cudnn/site", "#%Module\nsetenv SITE_CUDNN 1\n"),
        ("tcl/cuda/of-the-site", "#%Module\nconflict cuda\nsetenv SITE_CUDA 1\n"),
    ] {
        fs_err::write(tree.join(path), text).expect("a modulefile");
    }
    for program in programs() {
        let steps = [
            "module load cudnn/site cuda/of-the-site",
            "module load cuda/11.8.0",
            "module load cudnn/9.1.0.70-cuda12.4.1",
            "module purge",
        ];
        let session = program.session(&sandbox, &tree, &steps);
        let [before, theirs, ours, cudnn, after] = session.environments.as_slice() else { panic!("five") };
        assert_eq!((&*theirs["SITE_CUDA"], &*theirs["SITE_CUDNN"]), ("1", "1"), "{}", session.said);
        assert_eq!(ours["CUDAMAN_VERSION"], "11.8.0+none", "{program:?}: {}", session.said);
        assert!(!ours.contains_key("SITE_CUDA") && ours.contains_key("SITE_CUDNN"), "{program:?}: {ours:?}");
        assert!(!cudnn.contains_key("SITE_CUDNN"), "{program:?}: {}", session.said);
        assert_eq!(cudnn["CUDAMAN_VERSION"], WITH_CUDNN, "{program:?}: {}", session.said);
        assert_eq!(after, before, "{program:?}: {}", session.said);
    }
    sandbox.assert_healthy();
}

#[test]
fn a_toolkit_that_is_uninstalled_while_it_is_loaded_can_be_unloaded_and_not_loaded_again() {
    let (_mirror, mut sandbox) = sandbox();
    sandbox.set("CUDA_HOME", "/mine");
    let tree = sandbox.path().join("tree");
    for program in programs() {
        for request in ["11.8", "12.4+cudnn"] {
            sandbox.ok(&["install", request, "--profile", "minimal"]);
        }
        sandbox.ok(&["module", "write", "tree"]);
        let steps = [
            "module load cudnn",
            "\"$CUDAMAN\" uninstall 12.4",
            "module unload cudnn",
            "module load cuda/12.4.1-cudnn9.1.0.70",
            "module load cudnn/9.1.0.70-cuda12.4.1",
            "module load cuda/11.8.0",
            "module load cuda/12.4.1-cudnn9.1.0.70",
            "module -t avail",
            "module purge",
        ];
        let session = program.session(&sandbox, &tree, &steps);
        let [before, loaded, _, unloaded, missing, missing_too, other, still, _, after] =
            session.environments.as_slice()
        else {
            panic!("ten");
        };
        assert_eq!(loaded["CUDAMAN_VERSION"], WITH_CUDNN);
        for environment in [unloaded, missing, missing_too, after] {
            assert_eq!(environment, before, "{program:?}: {}", session.said);
        }
        assert_eq!(other["CUDAMAN_VERSION"], "11.8.0+none");
        assert_eq!(still, other, "{program:?}: {}", session.said);
        let hint = format!("hint: `cudaman install '{WITH_CUDNN}'` installs it");
        for text in ["is not installed any more", &hint] {
            assert!(session.said.contains(text), "{program:?}: {}", session.said);
        }
        let available = session.said.rsplit("cuda/11.8.0").next().expect("the end of the list");
        assert!(!available.contains("cudnn9"), "{program:?}: {}", session.said);
    }
    sandbox.assert_healthy();
}

#[test]
fn hook_and_shims_agree_with_the_module() {
    let (sandbox, tree) = furnished();
    let project = sandbox.project("project", Some("11.8\n"));
    for program in programs() {
        let enter = format!("cd \"{}\"", project.display());
        let shim = format!("\"{}\" --version > inside", sandbox.store().join("shims/bin/nvcc").display());
        let steps = ["module load cuda/site", &enter, "\"$CUDAMAN\" current > current", &shim];
        program.session(&sandbox, &tree, &steps);
        let read = |name: &str| fs_err::read_to_string(project.join(name)).expect("a file");
        assert!(read("current").starts_with("site ("), "{program:?}: {}", read("current"));
        assert!(read("inside").contains("versions/site/bin/nvcc"), "{program:?}: {}", read("inside"));
    }
}

#[test]
fn a_hostile_target_of_a_link_is_shown_and_not_run() {
    let (_mirror, sandbox) = sandbox();
    let name = "cuda \"]]$(touch canary)[exec touch canary]{`touch canary`}\\";
    let root = toolkit(&sandbox, name, "9.0.176");
    sandbox.ok(&["link", "site", root.to_str().expect("text")]);
    let escape = toolkit(&sandbox, "cuda\u{1b}]0;title\u{7}\nexec touch canary\n", "9.0.176");
    sandbox.ok(&["link", "other", escape.to_str().expect("text")]);
    sandbox.ok(&["module", "write", "$(touch canary) 'my' tree"]);
    let tree = sandbox.path().join("$(touch canary) 'my' tree");
    for program in programs() {
        let steps = [
            "module load cuda/other",
            "module swap cuda cuda/site",
            "module help cuda/site",
            "module help cuda/other",
            "module whatis cuda/other",
            "module unload cuda",
        ];
        let session = program.session(&sandbox, &tree, &steps);
        let [before, other, site, .., after] = session.environments.as_slice() else { panic!("seven") };
        assert_eq!(other["CUDAMAN_VERSION"], "other", "{program:?}: {}", session.said);
        assert_eq!(site["CUDAMAN_VERSION"], "site", "{program:?}: {}", session.said);
        assert!(session.said.contains("$(touch canary)[exec touch canary]"), "{program:?}: {}", session.said);
        assert!(!session.said.contains(['\u{1b}', '\u{7}']), "{program:?}: {}", session.said);
        assert_eq!(after, before);
    }
    assert!(!sandbox.path().join("canary").exists() && !sandbox.home().join("canary").exists());
    sandbox.assert_healthy();
}
