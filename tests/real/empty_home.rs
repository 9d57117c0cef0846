//! From an empty home to two toolkits that compile side by side.

use std::path::Path;

use super::workshop::{NEWER, OLDER, Workshop, assert_runtime, ok};
use crate::support::Run;

#[test]
#[ignore = "installs NVIDIA's toolkits"]
fn two_toolkits_from_an_empty_home_compile_side_by_side() {
    let Some(kept) = Workshop::open() else { return };
    let shop = kept.with_empty_home();
    for request in [OLDER, NEWER] {
        let arguments = [request, "--source", "pypi", "--profile", "minimal"];
        shop.install(&arguments).expect(0, &[&format!("installed `{request}."), "share/licenses"]);
        shop.install(&arguments).expect(0, &["installed already"]);
    }
    let listed = shop.sandbox.ok(&["list"]);
    assert_eq!(listed.lines().count(), 2, "{listed}");
    assert!(listed.lines().any(|line| line.starts_with("* 13.0.") && line.contains("(default)")), "{listed}");
    shop.sandbox.assert_healthy();

    for request in [OLDER, NEWER] {
        let project = shop.project(request, Some(request));
        ok(shop.through_shims(&project, "nvcc").args(["-arch=sm_75", "-o", "by-pin", "vector-add.cu"]));
        assert_runtime(&ok(&mut shop.sandbox.command(project.join("by-pin"))), request);
        links_the_shared_runtime_of_its_own_toolkit(&shop, request);
        the_kernel_of_doctor_is_compiled_and_started(&shop, request);
    }
    // The default answers where nothing is pinned.
    let elsewhere = shop.project("elsewhere", None);
    let version = ok(shop.through_shims(&elsewhere, "nvcc").arg("--version"));
    assert!(version.contains("release 13.0"), "{version}");
    shop.sandbox.assert_healthy();
}

fn links_the_shared_runtime_of_its_own_toolkit(shop: &Workshop, request: &str) {
    let project = shop.project(&format!("exec-{request}"), None);
    let arguments = ["-arch=sm_75", "-cudart", "shared", "-o", "shared", "vector-add.cu"];
    ok(shop.exec(request, &project, "nvcc").args(arguments));
    let program = project.join("shared");
    let needed = ok(shop.sandbox.command("readelf").arg("-d").arg(&program));
    assert!(needed.contains("Shared library: [libcudart.so.13]"), "{needed}");
    assert_runtime(&ok(&mut shop.exec(request, &project, &program)), request);
    let resolved = ok(shop.exec(request, &project, "ldd").arg(&program));
    let cudart = resolved.lines().find(|line| line.contains("libcudart")).unwrap_or_default();
    let path = cudart.split("=> ").nth(1).and_then(|rest| rest.split(" (").next()).unwrap_or_default();
    assert!(Path::new(path).starts_with(shop.root(request)), "{resolved}");
    // Outside of the environment nothing else on the machine takes its place.
    let bare = Run::of(&mut shop.sandbox.command(&program));
    bare.expect(127, &["libcudart.so.13"]);
}

/// Where a GPU is, the kernel runs on it; else its own words say that there is no driver.
fn the_kernel_of_doctor_is_compiled_and_started(shop: &Workshop, request: &str) {
    let run = Run::of(shop.sandbox.cudaman(&["doctor", "--run"]).env("CUDAMAN_VERSION", request));
    assert!(run.stdout.starts_with(&format!("CUDA runtime {request}")), "{run:?}");
    let has_driver = Path::new("/proc/driver/nvidia/version").exists();
    let expected = if has_driver { "the kernel ran and added right" } else { "Found no NVIDIA driver" };
    assert!(run.stdout.contains(expected), "{run:?}");
}
