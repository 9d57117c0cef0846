//! Genuine toolkits of 11.8 and 12.4 from Debian's packages, given as files, beside one of 13.x.
//!
//! Debian redistributes NVIDIA's toolkit unchanged in its non-free part, spread over /usr. The packages
//! are downloaded once (0.9 and 1.1 GB) through private lists, made of the mirror that this machine is
//! configured with; nothing of the system is changed.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::cmake::LISTS;
use super::debian::{apt, run};
use super::workshop::{OLDER, Workshop, assert_runtime, downloads, ok, timed};
use super::{hook, host_compiler};
use crate::support::{have, skip};

const COMPILE: [&str; 4] = ["-arch=sm_75", "-o", "program", "vector-add.cu"];

/// A toolkit of a Debian release, and the packages that a compile needs.
struct Toolkit {
    suite: &'static str,
    release: &'static str,
    /// Its own packages, beside those that are [`SHARED`].
    packages: &'static [&'static str],
    /// The newest host compiler of bookworm that it takes, unless that is the default one.
    host: Option<&'static str>,
}

impl Toolkit {
    /// The release as nvcc names it.
    fn line(&self) -> &'static str {
        self.release.rsplit_once('.').map_or(self.release, |(line, _)| line)
    }
}

/// The packages that have the same name in every release.
const SHARED: &[&str] = &[
    "nvidia-cuda-toolkit",
    "nvidia-cuda-dev",
    "libcupti-dev",
    "libnvvm4",
    "libnvtoolsext1",
    "libnvidia-ml-dev",
    "nvidia-profiler",
    "libcu++-dev",
    "libcub-dev",
    "libthrust-dev",
];

const BOOKWORM: Toolkit = Toolkit {
    suite: "bookworm",
    release: "11.8.0",
    packages: &["libcudart11.0", "libcupti11.8", "libnvrtc11.2", "libnvrtc-builtins11.8"],
    host: Some("g++-11"),
};

const TRIXIE: Toolkit = Toolkit {
    suite: "trixie",
    release: "12.4.1",
    packages: &["libcudart12", "libcupti12", "libnvrtc12", "libnvrtc-builtins12.4", "libnvjitlink12"],
    host: None,
};

#[test]
#[ignore = "installs NVIDIA's toolkits"]
fn debians_packages_given_as_files_are_three_compilers_in_three_directories_with_a_wheels_13() {
    let Some(kept) = Workshop::open() else { return };
    let mut all = Vec::new();
    for toolkit in [BOOKWORM, TRIXIE] {
        if toolkit.host.is_some_and(|host| !have(host)) {
            return;
        }
        match packages(&toolkit) {
            Ok(files) => all.push((toolkit, files)),
            Err(reason) => return skip(&format!("CUDA {} of Debian", toolkit.release), &reason),
        }
    }
    let shop = kept.with_empty_home();
    shop.install(&[OLDER, "--source", "pypi", "--profile", "minimal"]).expect(0, &[]);
    for (toolkit, files) in &all {
        install(&shop, toolkit, files);
    }
    timed("verify", || shop.sandbox.assert_healthy());
    let list = shop.sandbox.ok(&["list"]);
    assert!(list.contains("from file, unverified") && list.contains("minimal from pypi"), "{list}");
    one_shell(&shop);
    for (toolkit, _) in &all {
        compile(&shop, toolkit);
        build(&shop, toolkit);
    }
    hook::one_shell(&shop, &[BOOKWORM.release, OLDER, TRIXIE.release]);
    host_compiler::a_newer_gcc(&shop, TRIXIE.release);
    match glibc_headers() {
        Ok(headers) => host_compiler::a_newer_glibc(&shop, TRIXIE.release, &headers),
        Err(reason) => skip("the headers of glibc 2.41", &reason),
    }
    let newer = shop.project(OLDER, Some(OLDER));
    ok(shop.through_shims(&newer, "nvcc").args(COMPILE));
    assert_runtime(&ok(&mut shop.exec(OLDER, &newer, newer.join("program"))), OLDER);
    shop.sandbox.assert_healthy();
}

fn install(shop: &Workshop, toolkit: &Toolkit, files: &[String]) {
    let mut arguments = vec!["install", toolkit.release, "--offline", "--from"];
    arguments.extend(files.iter().map(String::as_str));
    let installed = format!("installed `{}`", toolkit.release);
    let run = timed(&installed, || shop.sandbox.run(&arguments));
    run.expect(0, &[&installed, "unverified"]);
    if let Some(host) = toolkit.host {
        run.expect(0, &[&format!("(`/usr/bin/{host}`)")]);
    }
}

/// One shell goes through three directories, each with its pin.
fn one_shell(shop: &Workshop) {
    let mut script = String::from("set -e\n");
    for release in [BOOKWORM.release, OLDER, TRIXIE.release] {
        let project = shop.project(release, Some(release));
        writeln!(script, "cd '{}'; nvcc --version", project.display()).expect("memory");
    }
    let said = ok(shop.through_shims(shop.sandbox.path(), "sh").args(["-c", &script]));
    let releases: Vec<&str> =
        said.lines().filter_map(|line| line.split("release ").nth(1)?.split(',').next()).collect();
    assert_eq!(releases, ["11.8", OLDER, "12.4"], "{said}");
}

/// With the g++ that suits: of 11.8, bookworm's own is not.
fn compile(shop: &Workshop, toolkit: &Toolkit) {
    let project = shop.project(toolkit.release, Some(toolkit.release));
    ok(shop.through_shims(&project, "nvcc").args(COMPILE));
    let printed = ok(&mut shop.exec(toolkit.release, &project, project.join("program")));
    assert_runtime(&printed, toolkit.line());
}

fn build(shop: &Workshop, toolkit: &Toolkit) {
    if !have("cmake") {
        return;
    }
    let project = shop.project(&format!("cmake-{}", toolkit.release), Some(toolkit.release));
    fs::write(project.join("CMakeLists.txt"), LISTS).expect("a project");
    let mut configure = shop.through_shims(&project, "cmake");
    configure.args(["-S.", "-Bbuild", "-DCMAKE_CUDA_ARCHITECTURES=75", "-DSOURCE=vector-add.cu"]);
    let said = ok(&mut configure);
    assert!(said.contains(&format!("story: {}", toolkit.line())), "{said}");
    ok(shop.through_shims(&project, "cmake").args(["--build", "build"]));
    let printed = ok(&mut shop.exec(toolkit.release, &project, project.join("build/program")));
    assert_runtime(&printed, toolkit.line());
}

/// Returns the packages' files, which are downloaded if they are not there.
fn packages(toolkit: &Toolkit) -> Result<Vec<String>, String> {
    let directory = downloads().join(format!("debian-{}", toolkit.suite));
    if !directory.join("whole").exists() {
        download(toolkit, &directory)?;
    }
    let entries = fs::read_dir(&directory).map_err(|error| error.to_string())?;
    let paths = entries.flatten().map(|entry| entry.path());
    let is_package = |path: &PathBuf| path.extension().is_some_and(|end| end == "deb");
    let mut files: Vec<String> = paths.filter(is_package).map(|path| path.display().to_string()).collect();
    files.sort();
    Ok(files)
}

/// Returns the directory of the headers of trixie's C library, unpacked and not installed.
fn glibc_headers() -> Result<PathBuf, String> {
    let lists = downloads().join(format!("debian-{}", TRIXIE.suite));
    let headers = downloads().join("glibc-2.41");
    if !headers.join("usr").exists() {
        let fresh = lists.join("glibc");
        fs::create_dir_all(&fresh).map_err(|error| error.to_string())?;
        apt(&lists, &lists, &["update"])?;
        apt(&lists, &fresh, &["download", "libc6-dev"])?;
        let package = fs::read_dir(&fresh).map_err(|error| error.to_string())?.flatten().next();
        let package = package.ok_or("apt-get brought no file")?.path();
        run(Command::new("dpkg").arg("-x").arg(package).arg(&headers))?;
    }
    Ok(headers)
}

fn download(toolkit: &Toolkit, into: &Path) -> Result<(), String> {
    let configured = fs::read_to_string("/etc/apt/sources.list.d/debian.sources")
        .map_err(|_| "there is no `/etc/apt/sources.list.d/debian.sources`".to_owned())?;
    // The first paragraph is that of the release itself; updates and security follow it.
    let first = configured.split("\n\n").next().unwrap_or_default();
    let widen = |line: &str| match line.split_once(':') {
        Some(("Components", _)) => "Components: main non-free".to_owned(),
        Some(("Suites", _)) => format!("Suites: {}", toolkit.suite),
        _ => line.to_owned(),
    };
    let private: Vec<String> = first.lines().map(widen).collect();
    fs::create_dir_all(into.join("lists/partial")).map_err(|error| error.to_string())?;
    fs::write(into.join("private.sources"), private.join("\n") + "\n").map_err(|error| error.to_string())?;
    apt(into, into, &["update"])?;
    let arguments = [&["download"][..], SHARED, toolkit.packages].concat();
    apt(into, into, &arguments)?;
    run(Command::new("touch").arg(into.join("whole")))?;
    Ok(())
}
