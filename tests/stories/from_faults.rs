//! `install --from` when something is wrong: with the files, with what they make, with the machine.

use super::bench::Bench;
use super::from::{COMPONENTS, Shelf, redist};
use super::injection::{Injected, interrupt, is_possible, strace};
use crate::support::{Run, Runfile, component_files, deb, file, link, tar_xz};

/// Expects files to be refused, and the store to be none the worse for it.
fn refuses(files: &[&[u8]], request: Option<&str>, texts: &[&str]) {
    let mut shelf = Shelf::new();
    for bytes in files {
        shelf.add(bytes);
    }
    shelf.install(request).expect(1, texts).expect(1, &["hint:"]);
    assert!(shelf.sandbox.ok(&["list"]).is_empty());
    shelf.sandbox.assert_healthy();
}

#[test]
fn what_is_no_part_of_a_toolkit_is_refused() {
    let nvcc = redist("cuda_nvcc", "12.4.99");
    refuses(&[b"a letter to my aunt\n"], None, &["it is none of"]);
    refuses(&[b"#!/bin/sh\necho hello\n"], None, &["f0"]);
    refuses(&[&nvcc[..nvcc.len() / 2]], None, &["f0"]);
    let whole = deb("cuda-nvcc-12-4", "12.4.99-1", &[file("usr/local/cuda-12.4/bin/nvcc", vec![7; 9000])]);
    refuses(&[&whole[..whole.len() - 40]], None, &["f0"]);
    refuses(
        &[&deb("bash", "5.2-1", &[file("usr/bin/bash", "x")])],
        None,
        &["`bash`, which belongs to no CUDA"],
    );
    refuses(&[&deb("cuda-toolkit-12-4", "12.4.1-1", &[])], None, &["hold nothing of a CUDA toolkit"]);
    let outside = link("usr/local/cuda-12.4/bin/x", "../../../../../../etc/passwd");
    refuses(&[&deb("cuda-nvcc-12-4", "12.4.99-1", &[outside])], None, &["f0", "outside of the archive"]);
}

#[test]
fn a_file_that_was_cut_off_is_told_from_one_of_another_kind() {
    let runfile =
        b"#!/bin/sh\n# This script was generated using Makeself 2.4.5\nfilesizes=\"9\"\nskip=\"4\"\n1234";
    let wheel = b"PK\x03\x04 of which the end is missing";
    let archive = redist("cuda_nvcc", "12.4.99");
    for cut in [&runfile[..], &runfile[..70], wheel, &archive[..30]] {
        refuses(&[cut], None, &["could not read", "copy it again"]);
    }
    refuses(&[b""], None, &["is empty", "copy it again"]);
    for other in [&b"a letter"[..], b"#!/bin/sh\necho hello\n"] {
        refuses(&[other], None, &["could not read", "`--from` takes NVIDIA's runfiles", "`cudaman export`"]);
    }
}

#[test]
fn patches_are_told_from_toolkits() {
    let directory = tempfile::tempdir().expect("a directory");
    let canary = directory.path().join("canary");
    let runfile = Runfile { release: "8.0.61", target: "x86_64-linux", canary: &canary };
    let (Some(base), Some(patch)) = (runfile.pack(), runfile.patch()) else { return };
    let texts = ["is a patch that NVIDIA's own installer applies", "leave it out: `cudaman install --from`"];
    refuses(&[&patch], None, &texts);
    refuses(&[&base, &patch], None, &texts);
    assert!(!canary.exists(), "something of a runfile was executed");
}

#[test]
fn files_that_do_not_belong_together_are_refused() {
    let all = |version: &str| COMPONENTS.map(|component| redist(component, version));
    let (older, newer) = (all("11.8.89"), all("12.4.99"));
    refuses(&[&older[0], &newer[1], &newer[2]], None, &["is of CUDA 11.8", "of CUDA 12.4"]);
    refuses(&[&newer[0]], None, &["in the profile devel", "lack cuda_cudart, cuda_cccl"]);
    let top = "cudnn-linux-x86_64-9.1.0.70_cuda11-archive";
    let cudnn = tar_xz(top, &component_files("cudnn", "9.1.0.70"));
    refuses(
        &[&newer[0], &newer[1], &newer[2], &cudnn],
        None,
        &["built for CUDA 11, and the toolkit is 12.4"],
    );
    let foreign = tar_xz("cuda_nvcc-linux-sbsa-12.4.99-archive", &component_files("cuda_nvcc", "12.4.99"));
    refuses(&[&foreign], None, &["is for linux-sbsa, not for linux-x86_64", "--platform linux-sbsa"]);
}

#[test]
fn paths_that_lead_nowhere_are_said() {
    let shelf = Shelf::new();
    shelf
        .sandbox
        .run(&["install", "--from", "/nonexistent/cuda.run"])
        .expect(1, &["there is no file or directory `/nonexistent/cuda.run`", "hint:"]);
    let link = shelf.sandbox.path().join("link.run");
    std::os::unix::fs::symlink("/nonexistent/cuda.run", &link).expect("a link");
    let link = link.to_str().expect("text");
    shelf.sandbox.run(&["install", "--from", link]).expect(1, &["is a link to what isn't there", "hint:"]);
    let empty = shelf.sandbox.project("empty", None).display().to_string();
    shelf.sandbox.run(&["install", "--from", &empty]).expect(1, &["is no CUDA toolkit", "hint:"]);
    assert!(!shelf.sandbox.store().exists());
}

#[test]
fn a_toolchain_of_files_grows_by_files_and_says_so() {
    let mut shelf = Shelf::new();
    shelf.add_components("12.4.99");
    shelf.install(None).expect(0, &[]);
    let asked = shelf.sandbox.run(&["install", "12.4", "--with", "cuda_gdb"]);
    asked.expect(1, &["`12.4` was made of files", "--from '/"]);
    shelf.add(&redist("cuda_gdb", "12.4.99"));
    shelf.install(None).expect(0, &["installed `12.4`"]);
    let root = shelf.sandbox.root("12.4");
    assert!(root.join("bin/cuda_gdb-tool").exists() && root.join("bin/nvcc").exists());
    shelf.sandbox.assert_healthy();

    let damaged = std::fs::read_dir(shelf.sandbox.store().join("packages")).expect("packages");
    let package = damaged.flatten().find(|entry| entry.file_name().to_string_lossy().starts_with("cuda_gdb"));
    let tool = package.expect("a package").path().join("bin/cuda_gdb-tool");
    std::fs::remove_file(&tool).expect("removed");
    shelf.sandbox.run(&["verify", "--repair"]).expect(1, &["only files can mend it", "--force --from '/"]);
    let mut again = shelf.arguments(None);
    again.push("--force");
    shelf.sandbox.ok(&again);
    shelf.sandbox.assert_healthy();
}

#[test]
fn killed_or_without_room_the_store_is_whole_and_the_command_works_again() {
    if !is_possible() {
        return;
    }
    let bench = Bench::new();
    let mut paths = Vec::new();
    for component in COMPONENTS {
        let path = bench.sandbox.path().join(component);
        std::fs::write(&path, redist(component, "12.4.99")).expect("a file");
        paths.push(path.display().to_string());
    }
    let mut arguments = vec!["install", "12.4.1", "--from"];
    arguments.extend(paths.iter().map(String::as_str));
    let saved = bench.save();
    let mut faults = 0;
    for (call, fault) in [
        ("write", "error=ENOSPC:when=5"),
        ("write", "error=EDQUOT:when=20"),
        ("mkdirat", "error=ENOSPC:when=3"),
        ("openat", "signal=KILL:when=120"),
        ("renameat2", "signal=KILL:when=2"),
        ("renameat2", "signal=KILL:when=4"),
        ("linkat", "signal=KILL:when=10"),
        ("syncfs", "signal=KILL:when=1"),
    ] {
        let Injected { run, log } = strace(&bench, &arguments, call, fault);
        let is_hit = log.contains("(INJECTED)") || log.contains("killed by SIGKILL");
        faults += u32::from(is_hit && run.status != 0);
        bench.sandbox.assert_healthy();
        bench.assert_sentinel();
        bench.sandbox.ok(&arguments);
        bench.assert_unharmed();
        bench.assert_tidy();
        bench.restore(&saved);
    }
    assert!(faults >= 5, "only {faults} of the faults took place");
}

#[test]
fn what_changes_while_it_is_read_is_refused() {
    if !is_possible() {
        return;
    }
    let mut shelf = Shelf::new();
    shelf.add_components("12.4.99");
    shelf.install(Some("12.4.1")).expect(0, &[]);
    let copy = shelf.sandbox.path().join("copied");
    let mut command = std::process::Command::new("cp");
    Run::of(command.arg("-r").arg(shelf.sandbox.root("12.4.1")).arg(&copy)).expect(0, &[]);
    shelf.sandbox.ok(&["uninstall", "12.4.1"]);
    let unharmed = || {
        assert!(shelf.sandbox.ok(&["list"]).is_empty());
        shelf.sandbox.assert_healthy();
    };

    // Another whole archive takes the place of one that was hashed.
    let (file, other) = (shelf.sandbox.path().join("files/f0"), shelf.sandbox.path().join("other"));
    std::fs::write(&other, redist("cuda_nvcc", "12.4.98")).expect("a file");
    let replace = || std::fs::rename(&other, &file).expect("replaced");
    let run = interrupt(&shelf.sandbox, &shelf.arguments(Some("12.4.1")), "file0", &replace);
    run.expect(1, &["f0` was changed while it was read", "hint: run the command again"]);
    unharmed();

    let directory = copy.display().to_string();
    let tool = copy.join("bin/ptxas");
    for content in ["#!/bin/sh\necho ptxas 66.6.66\n", "longer than it was before, and something else\n"] {
        let before = std::fs::read(&tool).expect("a tool");
        let write = || {
            std::fs::remove_file(&tool).expect("removed");
            std::fs::write(&tool, content).expect("changed");
        };
        let run = interrupt(&shelf.sandbox, &["install", "--from", &directory], "file0", &write);
        run.expect(1, &["was changed while it was read", "bin/ptxas", "hint: run the command again"]);
        unharmed();
        std::fs::write(&tool, before).expect("changed back");
    }
    shelf.sandbox.run(&["install", "--from", &directory]).expect(0, &["installed `12.4.1`"]);
    shelf.sandbox.assert_healthy();
}
