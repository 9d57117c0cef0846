//! The source runfile through the whole program: pins that hold, releases that the table lacks, what is
//! refused and how the file is named that a person can bring by hand.

use cudaman::model::Md5Sum;

use super::injection::is_possible;
use super::runfile::{Workshop, assert_layout};
use crate::support::{CUDAMAN, Fault, GENERATIONS, Mirror, Run, Sandbox, makeself, sha256};

/// NVIDIA's runfile of 10.0, and its digest.
const TEN: &str = "/compute/cuda/10.0/Prod/local_installers/cuda_10.0.130_410.48_linux";
const TEN_SHA256: &str = "92351f0e4346694d0fcb4ea1539856c9eb82060c25654463bfd8574ec35ee39a";

#[test]
fn the_first_example_is_planned_without_a_flag() {
    let (mirror, sandbox) = with_10_0(&[7; 5000]);
    let run = sandbox.run(&["install", "10.0", "--dry-run"]);
    run.expect(0, &["10.0.130 (devel) from runfile for linux-x86_64"]);
    assert_eq!(run.stdout, format!("toolkit_devel 10.0.130  4.88 KiB  {}\n", mirror.at(TEN)));
    let json = sandbox.ok(&["install", "10.0", "--with", "cuda_gdb", "--dry-run", "--json"]);
    let plans: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    let artifacts = plans[0]["artifacts"].as_array().expect("a list");
    let names: Vec<&str> = artifacts.iter().filter_map(|one| one["component"].as_str()).collect();
    assert_eq!(names, ["toolkit_devel", "cuda_gdb"]);
    for artifact in artifacts {
        assert_eq!(artifact["checksum"]["sha256"], TEN_SHA256);
        assert_eq!(artifact["format"], "runfile");
    }
    assert!(!sandbox.store().exists(), "a plan changes nothing");
    assert!(sandbox.ok(&["list-remote", "10"]).contains("  10.0.130                 runfile\n"));
}

/// Serves something in place of NVIDIA's runfile of 10.0.
fn with_10_0(bytes: &[u8]) -> (Mirror, Sandbox) {
    let mirror = Mirror::start();
    let mut sandbox = Sandbox::new().with_mirror(&mirror);
    sandbox.set("CUDAMAN_SOURCES", "redist,runfile");
    mirror.put(TEN, bytes);
    (mirror, sandbox)
}

fn assert_names_the_file(run: &Run, mirror: &Mirror) {
    let url = mirror.at(TEN);
    run.expect(1, &[url.as_str(), TEN_SHA256, "`cudaman install --from FILE`"]);
}

#[test]
fn other_bytes_than_nvidias_are_refused_and_the_file_is_named() {
    for bytes in [b"#!/bin/sh\nexit 1\n".to_vec(), vec![0x1f; 70_000]] {
        let (mirror, sandbox) = with_10_0(&bytes);
        let run = sandbox.run(&["install", "10.0"]);
        assert_names_the_file(&run, &mirror);
        run.expect(1, &["could not verify"]);
        assert!(!sandbox.root("10.0.130").exists());
        sandbox.assert_healthy();
    }
}

#[test]
fn a_file_that_is_not_to_be_had_is_named() {
    let (mirror, sandbox) = with_10_0(b"x");
    mirror.remove(TEN);
    let run = sandbox.run(&["install", "10.0"]);
    assert_names_the_file(&run, &mirror);
    run.expect(1, &["redist: no such release", "runfile: the server does not have"]);
    for fault in [Fault::Status(403), Fault::Header("Content-Type", "text/html".to_owned())] {
        mirror.put(TEN, "login");
        mirror.fault(TEN, fault);
        assert_names_the_file(&sandbox.run(&["install", "10.0"]), &mirror);
        mirror.clear_faults();
    }
    let address = mirror.url();
    drop(mirror);
    let run = sandbox.run(&["install", "10.0"]);
    run.expect(1, &["runfile: could not reach `127.0.0.1:", "`cudaman install --from FILE`"]);
    assert!(run.stderr.contains(address.as_str()), "{run:?}");
    assert!(!sandbox.store().exists());
}

#[test]
fn patches_and_what_cannot_be_checked_say_why() {
    let (_mirror, sandbox) = with_10_0(b"x");
    sandbox
        .run(&["install", "8.0.61.2"])
        .expect(1, &["8.0.61.2 is a patch", "`cudaman install 8.0.61` installs the release itself"]);
    sandbox.run(&["install", "11.0.1"]).expect(1, &["no digest of `", "`cudaman install --from FILE`"]);
    sandbox.run(&["install", "10.0", "--with", "nvidia_driver"]).expect(1, &["never installs"]);
    sandbox.run(&["install", "10.0", "--platform", "linux-ppc64le"]).expect(1, &["it is for linux-x86_64"]);
    let list = sandbox.ok(&["list-remote"]);
    assert!(list.contains("8.0.61 ") && !list.contains("8.0.61.2") && !list.contains("11.0.1 "), "{list}");
}

/// Lists a release that the table lacks, and serves a runfile as its installer.
fn serve_later(mirror: &Mirror, release: &str, listed: &[u8], served: &[u8]) -> String {
    let manifest = format!("<a href='redistrib_{release}.json'>x</a>");
    mirror.put_as("/compute/cuda/redist/", "text/html", manifest);
    let name = format!("cuda_{release}_linux.run");
    let md5 = Md5Sum::of_reader(listed).expect("bytes");
    let list = format!("0a7ffad0f0d2f12592fe333dd3be580e  cuda-repo-{release}.rpm\n{md5}  {name}\n");
    mirror.put(&format!("/compute/cuda/{release}/docs/sidebar/md5sum.txt"), list);
    let path = format!("/compute/cuda/{release}/local_installers/{name}");
    mirror.put(&path, served);
    path
}

#[test]
fn a_release_newer_than_the_table_installs_in_every_structure() {
    if makeself().is_none() {
        return;
    }
    for structure in GENERATIONS {
        let mut workshop = Workshop::new();
        workshop.sandbox.set("CUDAMAN_SOURCES", "redist,runfile");
        let bytes = workshop.pack(structure).expect("makeself is here");
        let path = serve_later(&workshop.mirror, "14.2.0", &bytes, &bytes);
        let run = workshop.sandbox.run(&["install", "14.2", "--profile", "minimal"]);
        run.expect(
            0,
            &["14.2.0 (minimal) from runfile: 1 archive", "only an md5 is known of `", "installed `14.2.0`"],
        );
        assert_layout(&workshop.sandbox.root("14.2.0"), structure, &["bin/nvcc"], &["lib64/libcublas.so.1"]);
        workshop.sandbox.run(&["install", "14", "--profile", "devel"]).expect(0, &["installed `14.2.0`"]);
        workshop.sandbox.run(&["install", "14", "--with", "cuda_gdb"]).expect(0, &["installed `14.2.0`"]);
        assert_layout(
            &workshop.sandbox.root("14.2.0"),
            structure,
            &["lib64/libcublas.so.1", "include/cupti.h"],
            &[],
        );
        let receipts = workshop.sandbox.store().join("receipts/packages");
        for receipt in receipts.read_dir().expect("receipts") {
            let text = std::fs::read(receipt.expect("an entry").path()).expect("a receipt");
            let receipt: serde_json::Value = serde_json::from_slice(&text).expect("JSON");
            assert_eq!(receipt["digest"], sha256(&bytes).as_str(), "the sha256 of what came");
            assert_eq!(receipt["trust"], "md5");
            assert!(receipt["url"].as_str().is_some_and(|url| url.ends_with(&path)), "{receipt}");
        }
        workshop.sandbox.assert_healthy();
        workshop.sandbox.ok(&["uninstall", "14.2.0"]);
        workshop.sandbox.assert_healthy();
        workshop.assert_nothing_was_run();
    }
}

#[test]
fn a_runfile_with_another_md5_or_without_a_toolkit_is_refused() {
    if makeself().is_none() {
        return;
    }
    let mut workshop = Workshop::new();
    workshop.sandbox.set("CUDAMAN_SOURCES", "redist,runfile");
    let bytes = workshop.pack("12.4.1").expect("makeself is here");
    let path = serve_later(&workshop.mirror, "14.2.0", b"listed", &bytes);
    let url = workshop.mirror.at(&path);
    let run = workshop.sandbox.run(&["install", "14.2"]);
    run.expect(1, &["could not verify", url.as_str(), "expected md5 ", "`cudaman install --from FILE`"]);
    let script = b"#!/bin/sh\nexit 1\n";
    serve_later(&workshop.mirror, "14.2.0", script, script);
    let run = workshop.sandbox.run(&["install", "14.2"]);
    run.expect(1, &["could not unpack", url.as_str(), "(md5 ", "`cudaman install --from FILE`"]);
    workshop.sandbox.assert_healthy();
    assert!(!workshop.sandbox.root("14.2.0").exists());
}

#[test]
fn the_table_answers_without_a_further_question() {
    let (mirror, sandbox) = with_10_0(b"x");
    sandbox.run(&["install", "10.0", "--dry-run"]).expect(0, &[]);
    let asked: Vec<String> = mirror.log().iter().map(|request| request.path().to_owned()).collect();
    assert_eq!(asked, ["/compute/cuda/redist/", TEN]);
}

/// Nothing but cudaman and, for the proof, the compiler that it installed.
#[test]
fn an_install_runs_no_program_of_the_runfile() {
    if makeself().is_none() || !is_possible() {
        return;
    }
    let mut workshop = Workshop::new();
    workshop.sandbox.set("CUDAMAN_SOURCES", "redist,runfile");
    let bytes = workshop.pack("10.0.130").expect("makeself is here");
    serve_later(&workshop.mirror, "14.2.0", &bytes, &bytes);
    let log = workshop.sandbox.path().join("strace.log");
    let mut command = workshop.sandbox.command("strace");
    command.args(["-f", "-qq", "-e", "trace=execve", "-e", "status=successful", "-o"]).arg(&log);
    command.args([CUDAMAN, "install", "14.2", "--profile", "minimal", "--platform", "linux-x86_64"]);
    Run::of(&mut command).expect(0, &["installed `14.2.0`"]);
    let log = std::fs::read_to_string(log).expect("strace's log");
    let nvcc = workshop.sandbox.root("14.2.0").join("bin/nvcc").display().to_string();
    let program = |line: &str| line.split('"').nth(1).expect("a path").to_owned();
    let run: Vec<String> = log.lines().filter(|line| line.contains("execve(")).map(program).collect();
    assert_eq!(run.first().map(String::as_str), Some(CUDAMAN), "{log}");
    let is_expected =
        |path: &&String| path.starts_with("/usr/") || path.starts_with("/bin/") || **path == nvcc;
    assert!(run[1..].iter().all(|path| is_expected(&path)), "{run:?}");
    workshop.assert_nothing_was_run();
}
