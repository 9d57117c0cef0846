//! Installing, listing, and removing again.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

use crate::support::{COMPILER_FILES, Mirror, Release, Run, Sandbox, skip};

fn mirror() -> Mirror {
    let mirror = Mirror::start();
    Release::tiny("12.4.1").serve(&mirror);
    Release::tiny("13.0.2").serve(&mirror);
    mirror
}

#[test]
fn install_works_again_is_a_no_op_and_uninstall_leaves_nothing() {
    let mirror = mirror();
    let sandbox = Sandbox::new().with_mirror(&mirror);
    let run = sandbox.run(&["install", "12.4", "--profile", "minimal"]);
    run.expect(0, &["installed `12.4.1`", "share/licenses"]);
    assert!(!run.stderr.contains("prove"), "{run:?}");
    sandbox.assert_healthy();

    mirror.clear_log();
    sandbox.run(&["install", "12.4"]).expect(0, &["installed already"]);
    assert!(mirror.log().is_empty(), "an installed toolkit needs no network: {:?}", mirror.log());
    assert_eq!(sandbox.ok(&["list"]), "* 12.4.1  minimal from redist  (default)\n");

    sandbox
        .run(&["uninstall", "12.4"])
        .expect(0, &["removed `12.4.1`", "the default `12.4.1+none` is not installed"]);
    assert_eq!(sandbox.ok(&["list"]), "");
    for directory in
        ["versions", "packages", "receipts/packages", "receipts/toolchains", "shims/bin", "tmp", "trash"]
    {
        let left: Vec<_> = std::fs::read_dir(sandbox.store().join(directory)).expect(directory).collect();
        assert!(left.is_empty(), "{directory}: {left:?}");
    }
    sandbox.assert_healthy();
}

#[test]
fn the_layout_is_nvidias() {
    let mirror = mirror();
    let sandbox = Sandbox::new().with_mirror(&mirror);
    for (release, name) in [("12.4", "12.4.1"), ("13.0", "13.0.2")] {
        sandbox.ok(&["install", release, "--profile", "devel"]);
        let root = sandbox.root(name);
        let of_devel = [
            "lib/libcudart_static.a",
            "lib64/stubs/libcuda.so",
            "share/licenses/cuda_nvcc/LICENSE",
            "pkgconfig/cudart-12.4.pc",
            "pkgconfig/cudart.pc",
        ];
        for path in COMPILER_FILES.iter().chain(&of_devel) {
            assert!(root.join(path).exists(), "{name} lacks {path}");
        }
        let link = |path: &str| std::fs::read_link(root.join(path)).expect(path).display().to_string();
        assert_eq!(link("include"), "targets/x86_64-linux/include");
        assert_eq!(link("lib64"), "targets/x86_64-linux/lib");
        let pkgconfig = std::fs::read_to_string(root.join("pkgconfig/cudart-12.4.pc")).expect("a .pc");
        assert!(
            pkgconfig.contains("cudaroot=${pcfiledir}/..") && !pkgconfig.contains("/usr/local"),
            "{pkgconfig}"
        );
        let mode = |path: &str| std::fs::metadata(root.join(path)).expect(path).permissions().mode() & 0o7777;
        assert_eq!((mode("bin/nvcc"), mode("include/cuda.h"), mode("bin")), (0o555, 0o444, 0o755));
    }
    sandbox.assert_healthy();
}

#[test]
fn modes_do_not_depend_on_the_umask() {
    let mirror = mirror();
    for umask in ["077", "000"] {
        let sandbox = Sandbox::new().with_mirror(&mirror);
        let script = format!("umask {umask}; exec \"$0\" install 12.4 --profile minimal");
        Run::of(sandbox.command("sh").args(["-c", &script, crate::support::CUDAMAN])).expect(0, &[]);
        let mode = |path: &str| {
            std::fs::metadata(sandbox.root("12.4.1").join(path)).expect(path).permissions().mode() & 0o7777
        };
        assert_eq!((mode("bin/nvcc"), mode("include/cuda.h"), mode("bin")), (0o555, 0o444, 0o755), "{umask}");
        sandbox.assert_healthy();
    }
}

#[test]
fn homes_with_spaces_and_letters_of_all_kinds() {
    let mirror = mirror();
    let sandbox = Sandbox::with_home_named("häuschen mit Leerzeichen 家").with_mirror(&mirror);
    sandbox.ok(&["install", "12.4"]);
    let project = sandbox.project("ein projekt", Some("12.4\n"));
    let run = sandbox.shim("nvcc", &project, &["x.cu"]);
    assert!(run.expect(0, &[]).stdout.contains("args=x.cu"), "{run:?}");
    sandbox.assert_healthy();
}

#[test]
fn homes_that_would_break_shells_are_refused() {
    for name in ["it's", "a:b", "a$b", "a\"b", "a*b"] {
        let sandbox = Sandbox::with_home_named(name);
        sandbox.run(&["list"]).expect(1, &["hint:", "CUDAMAN_HOME"]);
    }
    let mut sandbox = Sandbox::new();
    sandbox.set("CUDAMAN_HOME", "relative/home");
    sandbox.run(&["list"]).expect(1, &["relative"]);
}

#[test]
fn a_dry_run_changes_nothing() {
    let mirror = mirror();
    let sandbox = Sandbox::new().with_mirror(&mirror);
    let shown = sandbox.ok(&["install", "12.4", "--profile", "minimal", "--dry-run"]);
    assert!(shown.contains("cuda_nvcc 12.4.99"), "{shown}");
    assert!(!sandbox.store().exists());
    let json = sandbox.ok(&[
        "install",
        "12.4",
        "--profile",
        "runtime",
        "--platform",
        "linux-sbsa",
        "--dry-run",
        "--json",
    ]);
    let plans: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    let plan = &plans[0];
    assert_eq!(plan["platform"], "linux-sbsa");
    let names: Vec<&str> = plan["artifacts"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|one| one["component"].as_str())
        .collect();
    assert!(names.contains(&"libcublas") && !names.contains(&"cuda_nvcc"), "{names:?}");
}

#[test]
fn another_machines_toolkit_has_its_own_target_directory() {
    let mirror = mirror();
    let sandbox = Sandbox::new().with_mirror(&mirror);
    sandbox.ok(&["install", "12.4", "--profile", "minimal", "--platform", "linux-sbsa"]);
    assert!(sandbox.root("12.4.1").join("targets/sbsa-linux/include/cuda.h").exists());
    sandbox
        .run(&["install", "12.4", "--platform", "linux-x86_64"])
        .expect(1, &["installed for linux-sbsa", "hint:"]);
    sandbox.run(&["install", "12.4"]).expect(1, &["installed for linux-sbsa", "cudaman uninstall 12.4.1"]);
    assert!(!sandbox.ok(&["list"]).contains("(default)"), "it can't run here");
    sandbox.assert_healthy();
}

#[test]
fn what_does_not_exist_is_said_before_anything_is_written() {
    let mirror = mirror();
    let sandbox = Sandbox::new().with_mirror(&mirror);
    sandbox.run(&["install", "12.9"]).expect(1, &["no source gives CUDA 12.9", "list-remote"]);
    sandbox.run(&["install", "notarelease"]).expect(1, &["there is no CUDA release `notarelease`"]);
    sandbox.run(&["install", "system"]).expect(2, &["can't be installed"]);
    sandbox.run(&["install", "12..4"]).expect(2, &["12..4"]);
    sandbox.run(&["install", "12.4+nosuch"]).expect(1, &["there is no add-on `nosuch`"]);
    sandbox.run(&["install", "12.4", "--with", "nvidia_driver"]).expect(1, &["nvidia_driver"]);
    sandbox.run(&["install"]).expect(1, &["no `.cuda-version`"]);
    sandbox.assert_healthy();
}

#[test]
fn list_remote_shows_what_exists_newest_last() {
    let mirror = mirror();
    Release::tiny("9.9.0").serve(&mirror);
    Release::cudnn("9.1.0", "9.1.0.70", &["12"]).serve(&mirror);
    let sandbox = Sandbox::new().with_mirror(&mirror);
    sandbox.ok(&["install", "12.4", "--profile", "minimal"]);
    let lines = sandbox.ok(&["list-remote"]);
    let versions: Vec<&str> =
        lines.lines().map(|line| line[2..].split(' ').next().unwrap_or_default()).collect();
    assert_eq!(versions, ["9.9.0", "12.4.1", "13.0.2"]);
    assert!(lines.lines().any(|line| line.starts_with("* 12.4.1")), "{lines}");
    assert!(sandbox.ok(&["list-remote", "13"]).lines().count() == 1);
    assert!(sandbox.ok(&["list-remote", "cudnn"]).contains("9.1.0"));
    let json: serde_json::Value =
        serde_json::from_str(&sandbox.ok(&["list-remote", "--json"])).expect("JSON");
    assert_eq!(json[1]["installed"], true);
}

#[test]
fn a_host_that_is_down_is_given_up_in_time_and_the_embedded_list_serves() {
    let mut sandbox = Sandbox::new();
    // The discard port on loopback: nothing listens there.
    sandbox.set("CUDAMAN_MIRROR", "http://127.0.0.1:9/");
    sandbox.set("CUDAMAN_SOURCES", "redist");
    let start = std::time::Instant::now();
    let run = sandbox.run(&["install", "12.4"]);
    run.expect(1, &["127.0.0.1"]);
    assert!(start.elapsed().as_secs() < 10, "{:?}", start.elapsed());
    assert!(sandbox.ok(&["list-remote"]).contains("12.4.1"));
    sandbox.run(&["list-remote", "--offline"]).expect(0, &["known when this cudaman was made"]);
}

#[test]
fn a_mirror_can_be_a_directory() {
    let mirror = mirror();
    let mut sandbox = Sandbox::new();
    let copy = sandbox.path().join("mirror");
    mirror.write_to(&copy);
    sandbox.set("CUDAMAN_MIRROR", format!("file://{}", copy.display()));
    sandbox.set("CUDAMAN_SOURCES", "redist");
    sandbox.ok(&["install", "12.4", "--offline"]);
    sandbox.assert_healthy();
}

#[test]
fn a_second_file_system_and_a_first_without_links_serve_too() {
    let mirror = mirror();
    let Ok(directory) = tempfile::tempdir_in("/dev/shm") else {
        skip("a second file system", "there is none at /dev/shm");
        return;
    };
    let mut sandbox = Sandbox::new().with_mirror(&mirror);
    sandbox.set("CUDAMAN_HOME", directory.path().join("store"));
    sandbox.ok(&["install", "12.4", "--profile", "minimal"]);
    let metadata = std::fs::metadata(sandbox.root("12.4.1").join("bin/nvcc")).expect("nvcc");
    assert_eq!(metadata.nlink(), 2, "the toolchain shares the package's file");
    sandbox.assert_healthy();
}

#[test]
fn a_pin_on_the_system_needs_nothing_and_a_dry_run_knows_what_is_there() {
    let mirror = mirror();
    let sandbox = Sandbox::new().with_mirror(&mirror);
    let project = sandbox.project("project", Some("system\n"));
    sandbox.run_in(&project, &["install"]).expect(0, &["nothing to install"]);
    sandbox.ok(&["install", "12.4", "--profile", "minimal"]);
    mirror.clear_log();
    let run = sandbox.run(&["install", "12.4", "--dry-run", "--json"]);
    run.expect(0, &["`12.4.1` is installed already"]);
    assert_eq!(run.stdout.trim(), "[]");
    assert!(mirror.log().is_empty(), "{:?}", mirror.log());
    sandbox.run_in(&project, &["local", "--unset"]).expect(0, &[]);
    sandbox.run_in(&project, &["local", "--unset"]).expect(1, &["nothing is pinned in"]);
}

#[test]
fn no_default_stays_no_default() {
    let mirror = mirror();
    let sandbox = Sandbox::new().with_mirror(&mirror);
    sandbox.ok(&["install", "12.4", "--profile", "minimal"]);
    assert_eq!(sandbox.ok(&["current", "--short"]), "12.4.1\n");
    sandbox.ok(&["default", "--unset"]);
    for arguments in [["install", "12.4"].as_slice(), &["install", "12.4", "--force"]] {
        sandbox.ok(arguments);
        sandbox.run(&["default"]).expect(1, &["there is no default"]);
    }
    sandbox.ok(&["install", "12.4", "--default"]);
    assert_eq!(sandbox.ok(&["current", "--short"]), "12.4.1\n");
    sandbox.assert_healthy();
}
