//! CMake, an old and a current one, with both of its usual generators.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::workshop::{NEWER, OLDER, Workshop, assert_runtime, ok, repository};
use crate::support::skip;

/// With a policy minimum of 3.25 or more, FindCUDAToolkit of CMake 3.25.1 fails on its own.
pub(super) const LISTS: &str = r#"cmake_minimum_required(VERSION 3.18)
project(story LANGUAGES CXX CUDA)
find_package(CUDAToolkit REQUIRED)
message(STATUS "story: ${CUDAToolkit_VERSION} in ${CUDAToolkit_BIN_DIR}")
add_executable(program ${SOURCE})
set_target_properties(program PROPERTIES CUDA_RUNTIME_LIBRARY Shared)
target_link_libraries(program PRIVATE CUDA::cudart)
"#;

/// One build: by which toolkit, how it is asked for, and of what.
struct Build {
    request: &'static str,
    is_pinned: bool,
    generator: &'static str,
    source: &'static str,
}

const MAKEFILES: &str = "Unix Makefiles";

#[test]
#[ignore = "installs NVIDIA's toolkits"]
fn cmake_of_the_distribution_builds_with_each_toolkit() {
    story(
        "the distribution's CMake",
        Path::new("/usr/bin/cmake"),
        &[
            Build { request: OLDER, is_pinned: false, generator: MAKEFILES, source: "vector-add.cu" },
            Build { request: NEWER, is_pinned: true, generator: "Ninja", source: "small.cu" },
            Build { request: NEWER, is_pinned: false, generator: MAKEFILES, source: "small.cu" },
        ],
    );
}

#[test]
#[ignore = "installs NVIDIA's toolkits"]
fn current_cmake_builds_with_each_toolkit() {
    story(
        "a current CMake",
        &repository().join("target/test-tools/bin/cmake"),
        &[
            Build { request: NEWER, is_pinned: false, generator: "Ninja", source: "vector-add.cu" },
            Build { request: OLDER, is_pinned: true, generator: MAKEFILES, source: "small.cu" },
            Build { request: OLDER, is_pinned: false, generator: "Ninja", source: "small.cu" },
        ],
    );
}

fn story(what: &str, cmake: &Path, builds: &[Build]) {
    let Some(shop) = Workshop::open() else { return };
    if !cmake.exists() {
        return skip(what, &format!("there is no `{}`", cmake.display()));
    }
    for (number, build) in builds.iter().enumerate() {
        match generator(build.generator) {
            Some(program) => run(&shop, cmake, &program, (number, build)),
            None => skip(&format!("{what} with {}", build.generator), "it is not installed"),
        }
    }
    shop.sandbox.assert_healthy();
}

fn run(shop: &Workshop, cmake: &Path, generator: &Path, (number, build): (usize, &Build)) {
    let pin = build.is_pinned.then_some(build.request);
    let project = shop.project(&format!("cmake-{number}"), pin);
    fs::write(project.join("CMakeLists.txt"), LISTS).expect("a project");
    let command = || -> Command {
        if build.is_pinned {
            return shop.through_shims(&project, cmake);
        }
        shop.exec(build.request, &project, cmake)
    };
    let source = format!("-DSOURCE={}", build.source);
    let program = format!("-DCMAKE_MAKE_PROGRAM={}", generator.display());
    let arguments = ["-S.", "-Bbuild", "-G", build.generator, "-DCMAKE_CUDA_ARCHITECTURES=75"];
    let said = ok(command().args(arguments).args([&source, &program]));
    let found = said.lines().find(|line| line.contains("story: ")).unwrap_or_default();
    let root = shop.root(build.request);
    assert!(found.contains(&format!("story: {}.", build.request)), "{said}");
    assert!(found.ends_with(&format!("in {}", root.join("bin").display())), "{said}");
    let cache = fs::read_to_string(project.join("build/CMakeCache.txt")).expect("a cache");
    let compiler =
        if build.is_pinned { shop.sandbox.store().join("shims/bin/nvcc") } else { root.join("bin/nvcc") };
    assert!(
        cache.lines().any(|line| line.starts_with("CMAKE_CUDA_COMPILER:")
            && line.ends_with(&format!("={}", compiler.display()))),
        "{cache}"
    );
    ok(command().args(["--build", "build"]));
    // CMake takes the toolkit's directory for one that the loader knows, and leaves no RUNPATH.
    let program = project.join("build/program");
    assert_runtime(&ok(&mut shop.exec(build.request, &project, program)), build.request);
}

fn generator(name: &str) -> Option<PathBuf> {
    let program = if name == "Ninja" { "ninja" } else { "make" };
    let tools = repository().join("target/test-tools/bin");
    let directories = [Path::new("/usr/local/bin"), Path::new("/usr/bin"), &tools];
    directories.iter().map(|directory| directory.join(program)).find(|path| path.exists())
}
