//! The genuine compiler of CUDA 11.8 beside one of 13.x, through the source `redist`.
//!
//! Debian redistributes NVIDIA's compiler unchanged in its non-free part, and NVIDIA's wheels have the
//! rest that a program needs: 107 MB, laid out here as NVIDIA's archives and served on loopback.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;

use super::workshop::{
    OLDER, Workshop, assert_runtime, downloads, named, ok, pip_download, repository, timed,
};
use crate::support::{Mirror, Run, serve_manifest, sha256, skip};

const WHEELS: &[&str] = &[
    "nvidia-cuda-nvcc-cu11==11.8.89",
    "nvidia-cuda-runtime-cu11==11.8.89",
    "nvidia-cuda-cccl-cu11==11.8.89.post1",
];
const COMPONENTS: &[&str] = &["cuda_cccl", "cuda_cudart", "cuda_nvcc"];

#[test]
#[ignore = "installs NVIDIA's toolkits"]
fn the_compiler_of_11_8_works_beside_13() {
    let Some(kept) = Workshop::open() else { return };
    let archives = match archives() {
        Ok(archives) => archives,
        Err(reason) => return skip("the compiler of 11.8", &reason),
    };
    let mirror = serve(&archives);
    let mut shop = kept.with_empty_home();
    shop.install(&[OLDER, "--source", "pypi", "--profile", "minimal"]).expect(0, &[]);
    shop.sandbox.set("CUDAMAN_MIRROR", mirror.url().as_str());
    let arguments = ["install", "11.8", "--source", "redist", "--profile", "minimal"];
    timed("install 11.8", || shop.sandbox.run(&arguments)).expect(0, &["installed `11.8.0`"]);
    shop.sandbox.assert_healthy();

    let project = shop.project("old", Some("11.8\n"));
    let version = ok(shop.through_shims(&project, "nvcc").arg("--version"));
    assert!(version.contains("release 11.8, V11.8.89"), "{version}");
    // No g++ after 11 is accepted unasked, and the wheels have no static runtime.
    let host = ["-allow-unsupported-compiler", "-cudart", "shared", "-arch=sm_75"];
    ok(shop.through_shims(&project, "nvcc").args(host).args(["-o", "program", "vector-add.cu"]));
    assert_runtime(&ok(&mut shop.exec("11.8", &project, project.join("program"))), "11.8");
    let newer = shop.project("new", Some(OLDER));
    ok(shop.through_shims(&newer, "nvcc").args([
        "-cudart",
        "shared",
        "-arch=sm_75",
        "-o",
        "program",
        "small.cu",
    ]));
    assert_runtime(&ok(&mut shop.exec(OLDER, &newer, newer.join("program"))), OLDER);
    // A program runs with its own toolkit's runtime, or not at all.
    Run::of(&mut shop.exec(OLDER, &project, project.join("program"))).expect(127, &["libcudart.so.11.0"]);
    shop.sandbox.assert_healthy();
}

fn serve(archives: &Path) -> Mirror {
    let mirror = Mirror::start();
    let mut manifest =
        json!({ "release_date": "2022-10-03", "release_label": "11.8.0", "release_product": "cuda" });
    for component in COMPONENTS {
        let name = format!("{component}-linux-x86_64-11.8.89-archive.tar.xz");
        let bytes = fs::read(archives.join(&name)).expect("an archive");
        let path = format!("{component}/linux-x86_64/{name}");
        manifest[component] = json!({
            "name": component, "license": "CUDA Toolkit", "version": "11.8.89",
            "linux-x86_64": { "relative_path": path, "sha256": sha256(&bytes), "md5": "", "size": bytes.len().to_string() },
        });
        mirror.put(&format!("/compute/cuda/redist/{path}"), bytes);
    }
    serve_manifest(&mirror, "cuda", "11.8.0", &manifest);
    mirror
}

/// Returns the directory of the archives, which are made if they are not there.
fn archives() -> Result<PathBuf, String> {
    let archives = downloads().join("redist-11.8");
    if archives.exists() {
        return Ok(archives);
    }
    let parts = downloads().join("debian-11.8");
    fs::create_dir_all(&parts).expect("a directory");
    let deb = debian_package(&parts)?;
    for requirement in WHEELS {
        pip_download(requirement, &parts, &[])?;
    }
    let made = tempfile::tempdir_in(downloads()).expect("a directory");
    let mut script = Command::new("sh");
    script.arg(repository().join("tests/real/redist_from_debian.sh")).args([&deb, &parts]).arg(made.path());
    run(&mut script)?;
    fs::rename(made.keep(), &archives).expect("the archives in place");
    Ok(archives)
}

/// Downloads the package from the mirror that this machine is configured with, whose non-free part
/// is known to a private list only.
fn debian_package(into: &Path) -> Result<PathBuf, String> {
    if let Some(deb) = named(into, "nvidia-cuda-toolkit_11.8.89") {
        return Ok(deb);
    }
    let configured = fs::read_to_string("/etc/apt/sources.list.d/debian.sources")
        .map_err(|_| "there is no `/etc/apt/sources.list.d/debian.sources`".to_owned())?;
    if !configured.contains("bookworm") {
        return Err("the configured Debian is not bookworm, which has it".to_owned());
    }
    let widen = |line: &str| {
        if line.starts_with("Components:") { "Components: non-free".into() } else { line.to_owned() }
    };
    let private: Vec<String> = configured.lines().map(widen).collect();
    let list = into.join("private.sources");
    fs::write(&list, private.join("\n") + "\n").expect("a list");
    fs::create_dir_all(into.join("lists/partial")).expect("a directory");
    apt(into, into, &["update"])?;
    apt(into, into, &["download", "nvidia-cuda-toolkit"])?;
    named(into, "nvidia-cuda-toolkit_11.8.89").ok_or_else(|| "apt-get left no such package".to_owned())
}

/// Runs apt-get with the private lists of a directory, in another.
pub(super) fn apt(lists: &Path, directory: &Path, arguments: &[&str]) -> Result<(), String> {
    let shown = lists.display();
    let mut command = Command::new("apt-get");
    for option in [
        format!("Dir::Etc::sourcelist={shown}/private.sources"),
        "Dir::Etc::sourceparts=-".to_owned(),
        format!("Dir::State::lists={shown}/lists"),
        format!("Dir::Cache={shown}"),
        "APT::Sandbox::User=root".to_owned(),
    ] {
        command.args(["-o", &option]);
    }
    run(command.arg("-qq").args(arguments).current_dir(directory))
}

pub(super) fn run(command: &mut Command) -> Result<(), String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output =
        timed(&format!("{program} for 11.8"), || command.stdin(std::process::Stdio::null()).output());
    let output = output.map_err(|error| format!("{program} can't be started: {error}"))?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let reason = text.lines().last().unwrap_or("it failed");
    if output.status.success() { Ok(()) } else { Err(format!("{program}: {reason}")) }
}
