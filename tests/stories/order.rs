//! Which source is asked, in which order, and how long one that doesn't answer is waited for.

use std::time::{Duration, Instant};

use crate::support::{Fault, Form, Mirror, PythonIndex, Release, Sandbox};

/// The promise, and what a busy machine may add.
const PATIENCE: Duration = Duration::from_secs(5 + 25);

/// Nothing listens at the discard port of loopback.
const NOBODY: &str = "http://127.0.0.1:9/";

/// Returns a mirror with CUDA 12.4.1 as archives and an index with 12.4.1, 13.0.2 and others.
fn both() -> (Mirror, Mirror, Sandbox) {
    let (redist, index) = (Mirror::start(), Mirror::start());
    Release::tiny("12.4.1").serve(&redist);
    Release::cudnn("9.1.1", "9.1.1.17", &["12"]).serve(&redist);
    PythonIndex::nvidias().serve(&index, "/", Form::Json);
    let mut sandbox = Sandbox::new();
    sandbox.set("CUDAMAN_MIRROR", redist.url().as_str());
    sandbox.set("CUDAMAN_PYPI_INDEX", index.at("simple/").as_str());
    (redist, index, sandbox)
}

#[test]
fn redist_comes_first_and_pypi_is_asked_for_what_it_lacks() {
    let (_redist, index, sandbox) = both();
    sandbox.run(&["install", "12.4", "--profile", "runtime"]).expect(0, &["12.4.1 (runtime) from redist"]);
    assert!(index.log().is_empty(), "{:?}", index.log());
    let run = sandbox.run(&["install", "13.0", "--profile", "minimal"]);
    run.expect(0, &["13.0.2 (minimal) from pypi"]);
    assert!(!run.stderr.contains("warning"), "a source that lacks a release is no fault: {run:?}");
    sandbox.assert_healthy();
}

#[test]
fn a_source_that_is_down_is_said_once_and_the_next_one_is_used() {
    let (_redist, _index, mut sandbox) = both();
    sandbox.set("CUDAMAN_MIRROR", NOBODY);
    let run = sandbox.run(&["install", "13.0", "--profile", "minimal"]);
    run.expect(0, &["warning: redist, runfile: could not reach `127.0.0.1:9`", "from pypi"]);
    assert_eq!(run.stderr.matches("could not reach").count(), 1, "{run:?}");
    let run = sandbox.run(&["install", "13.0+cudnn", "12.4", "--profile", "runtime"]);
    run.expect(0, &["13.0.2+cudnn9.14.0.64", "12.4.1 (runtime) from pypi"]);
    let run = sandbox.run(&["install", "11.8", "--profile", "devel"]);
    run.expect(
        1,
        &[
            "no source gives CUDA 11.8",
            "\n  redist, runfile: could not reach `127.0.0.1:9`",
            "\n  pypi: ",
            "`CUDAMAN_MIRROR`",
            "hint: get `http://127.0.0.1:9/compute/cuda/11.8.0/local_installers/cuda_11.8.0_520.61.05_linux.run` (sha256 ",
            "`cudaman install --from FILE`",
            "no nvcc",
        ],
    );
    assert_eq!(run.stderr.matches("could not reach").count(), 1, "{run:?}");
    sandbox.assert_healthy();
}

#[test]
fn where_no_source_has_it_each_ones_reason_is_told() {
    let (_redist, _index, sandbox) = both();
    sandbox.run(&["install", "12.9"]).expect(
        1,
        &[
            "no source gives CUDA 12.9",
            "\n  redist: no such release",
            "\n  runfile: the server does not have `",
            "\n  pypi: no such release",
            "hint:",
        ],
    );
    sandbox.run(&["install", "12.4+cudnn8.9", "--profile", "runtime"]).expect(
        1,
        &["no source gives cuDNN 8.9 for CUDA 12.4.1", "\n  pypi: ", "`cudaman list-remote cudnn`"],
    );
}

#[test]
fn the_list_tells_who_has_what() {
    let (_redist, _index, mut sandbox) = both();
    sandbox.ok(&["install", "13.0+cudnn", "--profile", "minimal"]);
    let list = sandbox.ok(&["list-remote"]);
    let expected =
        "11.8.0 runfile, pypi\n12.4.1 redist, runfile, pypi\n* 13.0.2 runfile, pypi\n13.4.3 pypi\n";
    let (runfiles, others): (Vec<String>, Vec<String>) =
        without_dates(&list).into_iter().partition(|line| line.ends_with(" runfile"));
    assert_eq!(others, without_dates(expected));
    assert_eq!(runfiles.first().map(String::as_str), Some("7.5.18 runfile"));
    assert!(runfiles.contains(&"10.0.130 runfile".to_owned()), "{runfiles:?}");
    let list = sandbox.ok(&["list-remote", "cudnn"]);
    let lines = without_dates(&list);
    for line in ["7.6.5.32 archive", "9.1.1.17 redist, pypi, archive", "* 9.14.0.64 pypi, archive"] {
        assert!(lines.contains(&line.to_owned()), "{line}: {lines:?}");
    }
    sandbox.set("CUDAMAN_MIRROR", NOBODY);
    let run = sandbox.run(&["list-remote", "13"]);
    run.expect(0, &["warning: redist: could not reach `127.0.0.1:9`", "known when this cudaman was made"]);
    assert!(run.stdout.contains("13.4.3"), "{run:?}");
}

/// Dates of releases are facts of other tests.
fn without_dates(list: &str) -> Vec<String> {
    let line = |line: &str| {
        line.split_whitespace().filter(|word| !word.starts_with("20")).collect::<Vec<_>>().join(" ")
    };
    list.lines().map(line).collect()
}

#[test]
fn a_forced_source_is_the_only_one() {
    let (redist, index, sandbox) = both();
    sandbox.run(&["install", "13.0", "--source", "redist"]).expect(1, &["redist: no such release"]);
    assert!(index.log().is_empty(), "{:?}", index.log());
    redist.clear_log();
    sandbox.run(&["install", "12.4", "--source", "pypi"]).expect(1, &["pypi: ", "no nvcc"]);
    let run = sandbox.run(&["install", "13.0", "--source", "pypi", "--profile", "minimal"]);
    run.expect(0, &["from pypi"]);
    sandbox.ok(&["list-remote", "--source", "pypi"]);
    assert!(redist.log().is_empty(), "{:?}", redist.log());
    sandbox.run(&["install", "13.0", "--source", "apt"]).expect(2, &["redist", "pypi"]);
}

#[test]
fn the_setting_sources_chooses_and_orders() {
    let (redist, index, mut sandbox) = both();
    sandbox.ok(&["config", "set", "sources", "pypi,redist"]);
    sandbox.run(&["install", "12.4", "--profile", "runtime"]).expect(0, &["12.4.1 (runtime) from pypi"]);
    assert!(redist.log().is_empty(), "{:?}", redist.log());
    index.clear_log();
    sandbox.set("CUDAMAN_SOURCES", "redist");
    sandbox.run(&["install", "13.0"]).expect(1, &["redist: no such release"]);
    assert!(index.log().is_empty(), "{:?}", index.log());
}

#[test]
fn a_toolchain_grows_from_its_own_source() {
    let (_redist, _index, sandbox) = both();
    sandbox.ok(&["install", "12.4", "--profile", "runtime", "--source", "pypi"]);
    sandbox.run(&["install", "12.4", "--profile", "devel"]).expect(1, &["no nvcc"]);
    sandbox
        .run(&["install", "12.4", "--profile", "devel", "--source", "redist"])
        .expect(1, &["grows from its own source", "hint: `cudaman uninstall 12.4.1`"]);
    sandbox
        .run(&["install", "12.4", "--profile", "devel", "--source", "redist", "--force"])
        .expect(0, &["installed `12.4.1`"]);
    assert!(sandbox.root("12.4.1").join("bin/nvcc").exists());
    sandbox.assert_healthy();
}

#[test]
fn offline_asks_nobody() {
    let (redist, index, mut sandbox) = both();
    sandbox.run(&["install", "13.0", "--offline"]).expect(1, &["redist: ", "pypi: ", "offline"]);
    sandbox.ok(&["install", "12.4", "--profile", "minimal"]);
    redist.clear_log();
    sandbox.run(&["install", "12.4", "--offline"]).expect(0, &["installed already"]);
    sandbox.run(&["list-remote", "--offline"]).expect(0, &["known when this cudaman was made"]);
    assert!(redist.log().is_empty() && index.log().is_empty(), "{:?} {:?}", redist.log(), index.log());

    let copy = sandbox.path().join("copy");
    index.write_to(&copy);
    sandbox.set("CUDAMAN_PYPI_INDEX", format!("file://{}/simple/", copy.display()));
    sandbox.run(&["install", "13.0", "--profile", "minimal", "--offline"]).expect(0, &["from pypi"]);
    assert!(index.log().is_empty(), "{:?}", index.log());
    sandbox.assert_healthy();
}

#[test]
fn a_host_that_accepts_and_never_answers_is_given_up_in_time() {
    let (redist, index, sandbox) = both();
    let never = || Fault::StallFirst(Duration::from_secs(120));
    redist.fault("*", never());
    let start = Instant::now();
    let run = sandbox.run(&["install", "13.0", "--profile", "minimal"]);
    run.expect(0, &["warning: redist, runfile: ", "from pypi"]);
    assert!(start.elapsed() < PATIENCE, "{:?}: {run:?}", start.elapsed());
    index.fault("*", never());
    let start = Instant::now();
    let run = sandbox.run(&["install", "13.4"]);
    run.expect(1, &["redist, runfile: ", "pypi: "]);
    assert!(start.elapsed() < 2 * PATIENCE, "{:?}: {run:?}", start.elapsed());
}

#[test]
fn an_index_that_can_not_be_asked_says_what_to_do() {
    let mirror = Mirror::start();
    PythonIndex::nvidias().serve(&mirror, "/", Form::Html);
    let mut sandbox = Sandbox::new();
    sandbox.set("CUDAMAN_PYPI_INDEX", mirror.at("simple/").as_str());
    sandbox.set("CUDAMAN_SOURCES", "pypi");
    sandbox.ok(&["install", "13.0", "--profile", "minimal"]);
    let advice = "hint: unset `CUDAMAN_OFFLINE`, or drop `--offline`";
    sandbox.run(&["install", "13.1", "--offline"]).expect(1, &[advice]);
    sandbox.run(&["list-remote", "--offline"]).expect(1, &["no source could be asked", advice]);
    sandbox.run(&["outdated", "--offline"]).expect(0, &["warning: pypi: ", advice]);
}
