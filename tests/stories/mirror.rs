//! Mirrors: written here, served from a directory or by any web server elsewhere.

use std::path::{Path, PathBuf};

use super::bench::archive;
use crate::support::{Fault, Form, Mirror, PythonIndex, Release, Sandbox, sha256};

fn upstream() -> Mirror {
    let mirror = Mirror::start();
    for release in ["12.4.1", "13.0.2"] {
        Release::tiny(release).serve(&mirror);
    }
    Release::cudnn("9.1.0", "9.1.0.70", &["12", "13"]).serve(&mirror);
    mirror
}

/// A home that writes mirrors, and the directory of one.
struct Desk {
    sandbox: Sandbox,
    directory: PathBuf,
}

impl Desk {
    fn new(upstream: &Mirror) -> Self {
        let sandbox = Sandbox::new().with_mirror(upstream);
        let directory = sandbox.path().join("a mirror");
        Self { sandbox, directory }
    }

    fn arguments<'a>(&'a self, arguments: &[&'a str]) -> Vec<&'a str> {
        [&["mirror", self.directory.to_str().expect("a path")], arguments].concat()
    }

    /// Makes a home that knows only the directory.
    fn reader(&self) -> Sandbox {
        let mut reader = Sandbox::new();
        reader
            .set("CUDAMAN_MIRROR", url::Url::from_directory_path(&self.directory).expect("a path").as_str());
        reader.set("CUDAMAN_SOURCES", "redist");
        reader
    }
}

fn files(directory: &Path) -> Vec<PathBuf> {
    super::bench::tree(directory).into_keys().filter(|path| path.is_file()).collect()
}

#[test]
fn a_directory_serves_what_was_asked_for_and_needs_no_network() {
    let upstream = upstream();
    let desk = Desk::new(&upstream);
    let run = desk.sandbox.run(&desk.arguments(&["12.4+cudnn", "--profile", "minimal"]));
    run.expect(
        0,
        &["12.4.1+cudnn9.1.0.70 (minimal) from redist", "0 there already", "CUDAMAN_MIRROR=file:///"],
    );
    assert!(!desk.sandbox.store().exists(), "a mirror is nothing of the store");
    drop(upstream);
    let reader = desk.reader();
    assert_eq!(reader.ok(&["list-remote", "--offline"]).lines().count(), 1);
    reader.ok(&["install", "12.4+cudnn", "--profile", "minimal", "--offline"]);
    assert!(reader.root("12.4.1+cudnn9.1.0.70").join("include/cudnn.h").exists());
    reader.assert_healthy();
    reader.run(&["install", "13.0", "--offline"]).expect(1, &["no source gives CUDA 13.0"]);
    reader.assert_healthy();
}

#[test]
fn a_web_server_can_serve_it_as_it_is() {
    let upstream = upstream();
    let desk = Desk::new(&upstream);
    desk.sandbox.ok(&desk.arguments(&["12.4", "13.0", "--profile", "minimal"]));
    let server = Mirror::start();
    for file in files(&desk.directory) {
        let path = file.strip_prefix(&desk.directory).expect("below").to_str().expect("text");
        let path = path.strip_suffix("index.html").unwrap_or(path);
        server.put(&format!("/{path}"), std::fs::read(&file).expect("a file"));
    }
    let reader = Sandbox::new().with_mirror(&server);
    assert_eq!(reader.ok(&["list-remote"]).lines().count(), 2);
    reader.ok(&["install", "latest", "--profile", "minimal"]);
    assert!(reader.root("13.0.2").exists());
    reader.assert_healthy();
}

#[test]
fn what_is_there_is_not_fetched_again_and_what_is_wrong_is() {
    let upstream = upstream();
    let desk = Desk::new(&upstream);
    desk.sandbox.ok(&desk.arguments(&["12.4", "--profile", "minimal"]));
    upstream.clear_log();
    desk.sandbox.run(&desk.arguments(&["12.4", "--profile", "minimal"])).expect(0, &[" 0 fetched"]);
    assert!(upstream.requests(&archive("cuda_nvcc")).is_empty());

    let nvcc = desk.directory.join(archive("cuda_nvcc").trim_start_matches('/'));
    let good = std::fs::read(&nvcc).expect("an archive");
    let mut bad = good.clone();
    bad[20] ^= 1;
    std::fs::write(&nvcc, bad).expect("written");
    desk.sandbox.run(&desk.arguments(&["12.4", "13.0", "--profile", "minimal"])).expect(0, &[]);
    assert!(std::fs::read(&nvcc).expect("an archive") == good);
    let manifest = "compute/cuda/redist/redistrib_12.4.1.json";
    let served = upstream.bytes(&format!("/{manifest}"));
    assert_eq!(sha256(&std::fs::read(desk.directory.join(manifest)).expect("a manifest")), sha256(&served));
    assert_eq!(desk.reader().ok(&["list-remote"]).lines().count(), 2);
}

#[test]
fn what_was_cut_goes_on_and_no_list_names_what_is_missing() {
    let upstream = upstream();
    let desk = Desk::new(&upstream);
    let path = archive("cuda_nvcc");
    upstream.fault(&path, Fault::CutAfter(100));
    upstream.fault(&path, Fault::NoRange);
    let mut arguments = desk.arguments(&["12.4", "--profile", "minimal"]);
    let run = desk.sandbox.run(&arguments);
    run.expect(1, &["127.0.0.1"]);
    let there = files(&desk.directory);
    assert!(!there.iter().any(|path| path.to_string_lossy().ends_with(".json")), "{there:?}");
    let nvcc = desk.directory.join(path.trim_start_matches('/'));
    assert!(!nvcc.exists());
    upstream.clear_faults();
    upstream.clear_log();
    desk.sandbox.ok(&arguments);
    assert!(
        upstream.requests(&path).iter().any(|request| request.header("range").is_some()),
        "it was resumed"
    );
    assert!(files(&desk.directory).iter().all(|path| !path.to_string_lossy().ends_with(".part")));

    upstream.fault(&path, Fault::WrongByte(30));
    std::fs::remove_file(&nvcc).expect("removed");
    desk.sandbox.run(&arguments).expect(1, &["could not verify", "expected "]);
    assert!(!nvcc.exists());
    arguments.push("--json");
    upstream.clear_faults();
    assert!(desk.sandbox.ok(&arguments).contains("\"fetched\": 1"));
}

#[test]
fn another_machines_archives_can_be_mirrored_whatever_is_installed_here() {
    let upstream = upstream();
    let desk = Desk::new(&upstream);
    desk.sandbox.ok(&["install", "12.4", "--profile", "minimal"]);
    desk.sandbox.ok(&desk.arguments(&["12.4", "--profile", "minimal", "--platform", "linux-sbsa"]));
    let names = files(&desk.directory);
    let archives = names.iter().filter(|path| path.to_string_lossy().ends_with(".tar.xz"));
    assert!(
        archives.clone().count() > 0
            && archives.clone().all(|path| path.to_string_lossy().contains("linux-sbsa"))
    );
    let reader = desk.reader();
    reader.ok(&["install", "12.4", "--profile", "minimal", "--platform", "linux-sbsa", "--offline"]);
    assert!(reader.root("12.4.1").join("targets/sbsa-linux/include/cuda.h").exists());
    reader.assert_healthy();
    desk.sandbox.assert_healthy();
}

#[test]
fn wheels_are_left_to_the_tools_of_an_index() {
    let upstream = upstream();
    PythonIndex::nvidias().serve(&upstream, "/", Form::Json);
    let mut desk = Desk::new(&upstream);
    desk.sandbox.set("CUDAMAN_SOURCES", "pypi");
    desk.sandbox.set("PIP_CONFIG_FILE", "/dev/null");
    desk.sandbox.set("UV_CONFIG_FILE", "/nonexistent/uv.toml");
    desk.sandbox.set("CUDAMAN_PYPI_INDEX", upstream.at("simple/").as_str());
    desk.sandbox.run(&desk.arguments(&["13.0"])).expect(1, &["comes from pypi", "--source redist"]);
    assert!(!desk.directory.exists());
}

#[test]
fn what_can_not_be_mirrored_is_said_first() {
    let upstream = upstream();
    let desk = Desk::new(&upstream);
    desk.sandbox.run(&desk.arguments(&["12.9"])).expect(1, &["no source gives CUDA 12.9"]);
    desk.sandbox.run(&desk.arguments(&["system"])).expect(2, &["can't be installed"]);
    desk.sandbox.run(&desk.arguments(&[])).expect(2, &[]);
    assert!(!desk.directory.exists());
    std::fs::write(&desk.directory, "a file").expect("written");
    desk.sandbox.run(&desk.arguments(&["12.4"])).expect(1, &["a mirror"]);
}
