//! Toolchains that grow, siblings with add-ons, updates.

use std::os::unix::fs::MetadataExt as _;

use crate::support::{Mirror, Release, Sandbox};

fn mirror() -> Mirror {
    let mirror = Mirror::start();
    Release::tiny("12.4.1").serve(&mirror);
    Release::tiny("12.6.3").serve(&mirror);
    Release::cudnn("9.1.0", "9.1.0.70", &["11", "12"]).serve(&mirror);
    Release::cudnn("8.9.7", "8.9.7.29", &["11", "12"]).serve(&mirror);
    Release::cudnn("9.14.0", "9.14.0.64", &["13"]).serve(&mirror);
    mirror
}

#[test]
fn an_add_on_composes_into_a_sibling_and_is_stored_once() {
    let mirror = mirror();
    let sandbox = Sandbox::new().with_mirror(&mirror);
    sandbox.ok(&["install", "12.4", "--profile", "minimal"]);
    sandbox.run(&["install", "12.4+cudnn9.1"]).expect(0, &["installed `12.4.1+cudnn9.1.0.70`"]);
    assert!(sandbox.root("12.4.1+cudnn9.1.0.70").join("include/cudnn_version.h").exists());
    assert!(!sandbox.root("12.4.1").join("include/cudnn.h").exists(), "the plain one stays plain");

    mirror.clear_log();
    sandbox.ok(&["install", "12.6+cudnn9.1", "--profile", "minimal"]);
    assert!(!mirror.log().iter().any(|request| request.path().contains("cudnn-linux")), "{:?}", mirror.log());
    let file =
        |name: &str| std::fs::metadata(sandbox.root(name).join("lib64/libcudnn.so.9.1.0.70")).expect("cuDNN");
    assert_eq!(file("12.6.3+cudnn9.1.0.70").ino(), file("12.4.1+cudnn9.1.0.70").ino(), "links only");

    sandbox.ok(&["uninstall", "12.4.1+cudnn9.1.0.70"]);
    sandbox.assert_healthy();
    assert!(
        sandbox.root("12.6.3+cudnn9.1.0.70").join("lib64/libcudnn.so").exists(),
        "the other one is whole"
    );
    assert!(sandbox.root("12.4.1").exists());
}

#[test]
fn the_newest_cudnn_that_fits_the_cuda_is_chosen() {
    let mirror = mirror();
    let sandbox = Sandbox::new().with_mirror(&mirror);
    sandbox.run(&["install", "12.4+cudnn", "--profile", "minimal"]).expect(0, &["12.4.1+cudnn9.1.0.70"]);
    sandbox.run(&["install", "12.4+cudnn8.9.7.29"]).expect(0, &["12.4.1+cudnn8.9.7.29"]);
    sandbox.run(&["install", "12.4+cudnn9.14"]).expect(1, &["cuDNN 9.14 for CUDA 12.4.1", "13"]);
    sandbox.assert_healthy();
}

#[test]
fn a_component_or_a_larger_profile_makes_a_toolchain_grow_in_place() {
    let mirror = mirror();
    let sandbox = Sandbox::new().with_mirror(&mirror);
    sandbox.ok(&["install", "12.4", "--profile", "minimal"]);
    let before = std::fs::metadata(sandbox.root("12.4.1").join("bin/nvcc")).expect("nvcc").ino();
    assert!(!sandbox.root("12.4.1").join("bin/cuda_cuobjdump-tool").exists());

    mirror.clear_log();
    sandbox.ok(&["install", "12.4", "--with", "cuda_cuobjdump"]);
    assert!(sandbox.root("12.4.1").join("bin/cuda_cuobjdump-tool").exists());
    assert_eq!(std::fs::metadata(sandbox.root("12.4.1").join("bin/nvcc")).expect("nvcc").ino(), before);
    let archives = mirror.log().iter().filter(|request| request.path().ends_with(".tar.xz")).count();
    assert_eq!(archives, 1, "only what was missing: {:?}", mirror.log());

    sandbox.ok(&["install", "12.4", "--profile", "runtime"]);
    assert!(sandbox.root("12.4.1").join("lib64/libcublas.so.1").exists());
    assert!(sandbox.root("12.4.1").join("bin/nvcc").exists(), "growing loses nothing");
    assert!(sandbox.root("12.4.1").join("bin/cuda_cuobjdump-tool").exists(), "nor what was added before");
    assert_eq!(sandbox.ok(&["list"]).lines().count(), 1);
    sandbox.assert_healthy();
}

#[test]
fn outdated_and_upgrade_stay_in_the_line() {
    let mirror = Mirror::start();
    Release::tiny("12.4.0").serve(&mirror);
    let sandbox = Sandbox::new().with_mirror(&mirror);
    sandbox.ok(&["install", "12.4", "--profile", "minimal"]);
    Release::tiny("12.4.1").serve(&mirror);
    Release::tiny("12.5.0").serve(&mirror);
    assert_eq!(sandbox.ok(&["outdated"]), "12.4.0 -> 12.4.1\n");
    sandbox.run(&["upgrade"]).expect(0, &["`12.4.0` -> `12.4.1`"]);
    assert_eq!(sandbox.ok(&["outdated"]), "");
    assert_eq!(sandbox.ok(&["current", "--short"]), "12.4.1\n");
    sandbox.assert_healthy();
}

#[test]
fn uninstall_wants_an_unambiguous_name() {
    let mirror = mirror();
    let sandbox = Sandbox::new().with_mirror(&mirror);
    sandbox.ok(&["install", "12.4", "--profile", "minimal"]);
    sandbox.ok(&["install", "12.4+cudnn9.1", "--profile", "minimal"]);
    sandbox.run(&["uninstall", "12.4"]).expect(1, &["could mean any of", "12.4.1+cudnn9.1.0.70"]);
    sandbox.run(&["uninstall", "11"]).expect(1, &["not installed"]);
    sandbox.ok(&["uninstall", "12.4.1"]);
    assert!(!sandbox.root("12.4.1").exists() && sandbox.root("12.4.1+cudnn9.1.0.70").exists());
    sandbox.assert_healthy();
}

#[test]
fn gc_keeps_what_is_used() {
    let mirror = mirror();
    let sandbox = Sandbox::new().with_mirror(&mirror);
    sandbox.ok(&["install", "12.4", "12.6", "--profile", "minimal"]);
    sandbox.ok(&["uninstall", "12.4.1", "--keep-packages"]);
    let would = sandbox.ok(&["gc", "--dry-run"]);
    assert!(would.contains("cuda_nvcc-12.4.99") && !would.contains("12.6.99"), "{would}");
    sandbox.ok(&["gc"]);
    assert_eq!(sandbox.ok(&["gc"]), "");
    sandbox.assert_healthy();
    assert!(sandbox.ok(&["du"]).contains("12.6.3"));
}

#[test]
fn packages_that_were_kept_need_no_second_download() {
    let mirror = mirror();
    let sandbox = Sandbox::new().with_mirror(&mirror);
    sandbox.ok(&["install", "12.4", "--profile", "minimal"]);
    sandbox.ok(&["uninstall", "12.4.1", "--keep-packages"]);
    mirror.clear_log();
    sandbox.ok(&["install", "12.4", "--profile", "minimal"]);
    assert!(!mirror.log().iter().any(|request| request.path().ends_with(".tar.xz")), "{:?}", mirror.log());
    sandbox.assert_healthy();
}

#[test]
fn a_read_only_store_of_the_lab_is_found_after_the_users_own() {
    let mirror = mirror();
    let lab = Sandbox::new().with_mirror(&mirror);
    lab.ok(&["install", "12.6", "--profile", "minimal"]);
    let mut sandbox = Sandbox::new().with_mirror(&mirror);
    sandbox.set("CUDAMAN_STORES", lab.store());
    sandbox.ok(&["install", "12.4", "--profile", "minimal"]);
    let list = sandbox.ok(&["list"]);
    assert!(list.contains("12.4.1") && list.contains("12.6.3"), "{list}");
    let which = sandbox.run(&["exec", "12.6", "--", "sh", "-c", "echo $CUDA_HOME"]);
    assert_eq!(which.stdout.trim(), lab.root("12.6.3").display().to_string(), "{which:?}");
    sandbox.run(&["uninstall", "12.6.3"]).expect(1, &["not installed"]);
    sandbox.assert_healthy();
}

#[test]
fn verify_finds_a_flipped_bit_and_repair_brings_it_back() {
    let mirror = mirror();
    let sandbox = Sandbox::new().with_mirror(&mirror);
    sandbox.ok(&["install", "12.4", "--profile", "minimal"]);
    for path in ["include/cuda.h", "bin/nvcc", "version.json", "pkgconfig/cudart-12.4.pc"] {
        let file = sandbox.root("12.4.1").join(path);
        let before = std::fs::read(&file).expect(path);
        let mut after = before.clone();
        after[0] ^= 1;
        std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o644)).expect("a mode");
        std::fs::write(&file, after).expect("a flipped bit");
        sandbox.run(&["verify"]).expect(1, &["not as it should be", "verify --repair"]);
        sandbox.run(&["verify", "--repair"]).expect(0, &[]);
        assert_eq!(std::fs::read(&file).expect(path), before, "{path}");
        sandbox.assert_healthy();
    }
}

#[test]
fn two_that_make_a_toolchain_grow_at_once_lose_nothing() {
    let mirror = mirror();
    for _ in 0..5 {
        let sandbox = Sandbox::new().with_mirror(&mirror);
        sandbox.ok(&["install", "12.4", "--profile", "minimal"]);
        let grow = |component: &str| {
            let mut command = sandbox.cudaman(&["install", "12.4", "--with", component, "--quiet"]);
            command.spawn().expect("a process")
        };
        for mut child in [grow("cuda_cuobjdump"), grow("libcublas")] {
            assert!(child.wait().expect("a status").success());
        }
        for path in ["bin/cuda_cuobjdump-tool", "lib64/libcublas.so.1", "bin/nvcc"] {
            assert!(sandbox.root("12.4.1").join(path).exists(), "{path} was lost");
        }
        sandbox.assert_healthy();
    }
}
