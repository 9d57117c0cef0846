//! The source pypi: NVIDIA's wheels from an index on loopback, through the whole program.

use std::os::unix::fs::symlink;
use std::path::PathBuf;

use serde_json::Value;

use crate::support::{COMPILER_FILES, Form, Mirror, PythonIndex, Release, Run, Sandbox, Stated, file};

/// Returns a sandbox that asks pypi only, where neither pip nor uv is installed or configured.
fn sandbox() -> Sandbox {
    let mut sandbox = Sandbox::new();
    let programs = sandbox.project("programs", None);
    for name in ["sh", "dirname", "getconf", "env"] {
        let found = ["/usr/bin", "/bin"].map(|path| PathBuf::from(path).join(name));
        if let Some(path) = found.iter().find(|path| path.exists()) {
            symlink(path, programs.join(name)).expect("a link");
        }
    }
    sandbox.set("PATH", programs);
    sandbox.set("CUDAMAN_SOURCES", "pypi");
    sandbox.set("PIP_CONFIG_FILE", "/dev/null");
    sandbox.set("UV_CONFIG_FILE", "/nonexistent/uv.toml");
    sandbox
}

fn served(index: &PythonIndex, form: Form) -> (Mirror, Sandbox) {
    let mirror = Mirror::start();
    index.serve(&mirror, "/", form);
    let mut sandbox = sandbox();
    sandbox.set("CUDAMAN_PYPI_INDEX", mirror.at("simple/").as_str());
    (mirror, sandbox)
}

/// Returns `component version` of everything in a plan.
fn planned(sandbox: &Sandbox, arguments: &[&str]) -> Vec<String> {
    let all: Vec<&str> =
        ["install", "--dry-run", "--json"].into_iter().chain(arguments.iter().copied()).collect();
    let plans: Value = serde_json::from_str(&sandbox.ok(&all)).expect("JSON");
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let artifact = |one: &Value| format!("{} {}", text(&one["component"]), text(&one["version"]));
    plans[0]["artifacts"].as_array().expect("a list").iter().map(artifact).collect()
}

#[test]
fn a_complete_toolkit_of_13_from_either_form_of_index() {
    for form in [Form::Html, Form::Json] {
        let (_mirror, sandbox) = served(&PythonIndex::nvidias(), form);
        sandbox
            .run(&["install", "13.0", "--source", "pypi", "--profile", "minimal"])
            .expect(0, &["installed `13.0.2`", "from pypi"]);
        let root = sandbox.root("13.0.2");
        for path in COMPILER_FILES {
            assert!(root.join(path).exists(), "{form:?}: 13.0.2 lacks {path}");
        }
        assert!(!root.join("lib64/libcublas.so.1").exists());
        let run = sandbox.shim("nvcc", sandbox.path(), &["--version"]);
        assert!(run.expect(0, &[]).stdout.contains("release 13.0"), "{run:?}");
        sandbox.run(&["install", "13.0", "--profile", "devel"]).expect(0, &["cuda_cuobjdump", "installed"]);
        assert!(root.join("lib64/libcublas.so.1").exists() && root.join("extras/CUPTI/include").exists());
        sandbox.run(&["install", "13.0+cudnn", "--profile", "minimal"]).expect(0, &["13.0.2+cudnn9.14.0.64"]);
        assert!(sandbox.root("13.0.2+cudnn9.14.0.64").join("lib64/libcudnn.so").exists());
        sandbox.assert_healthy();
    }
}

#[test]
fn before_13_there_is_a_runtime_and_a_compiler_is_refused_before_any_download() {
    let (mirror, sandbox) = served(&PythonIndex::nvidias(), Form::Json);
    for profile in ["minimal", "devel", "full"] {
        sandbox
            .run(&["install", "12.4", "--profile", profile])
            .expect(1, &["hold no nvcc", "`--source redist`", "`--profile runtime`", "13.0"]);
    }
    assert!(!mirror.log().iter().any(|request| request.path().ends_with(".whl")), "{:?}", mirror.log());
    for (release, name) in [("12.4", "12.4.1"), ("11.8", "11.8.0")] {
        sandbox
            .run(&["install", release, "--profile", "runtime"])
            .expect(0, &[&format!("installed `{name}`")]);
        let lib = sandbox.root(name).join("lib64");
        assert!(lib.join("libcudart.so").is_symlink(), "{name} has no link to link with");
        assert!(lib.join("libcublas.so.1").exists());
        assert!(!sandbox.root(name).join("bin/nvcc").exists());
    }
    sandbox.run(&["install", "12.4+cudnn9.1"]).expect(0, &["12.4.1+cudnn9.1.1.17"]);
    sandbox.assert_healthy();
}

#[test]
fn add_ons_that_exist_as_wheels_only_compose_too() {
    let mut index = PythonIndex::nvidias();
    index.add_both("nvidia-nccl-cu13", "2.28.9", &[file("nvidia/nccl/include/nccl.h", "/* nccl */\n")]);
    index.add_both("cutensor-cu13", "2.3.1", &[file("cutensor/include/cutensor.h", "/* cutensor */\n")]);
    let (_mirror, sandbox) = served(&index, Form::Json);
    sandbox
        .run(&["install", "13.0+nccl+cutensor2", "--profile", "minimal"])
        .expect(0, &["13.0.2+cutensor2.3.1+nccl2.28.9"]);
    let include = sandbox.root("13.0.2+cutensor2.3.1+nccl2.28.9").join("include");
    assert!(include.join("nccl.h").exists() && include.join("cutensor.h").exists());
    sandbox.assert_healthy();
}

#[test]
fn arm_servers_get_their_own_wheels() {
    let (mirror, sandbox) = served(&PythonIndex::nvidias(), Form::Html);
    sandbox.ok(&["install", "13.4", "--profile", "devel", "--platform", "linux-sbsa"]);
    let files: Vec<_> =
        mirror.log().into_iter().filter(|request| request.path().contains("-none-manylinux")).collect();
    assert!(!files.is_empty() && files.iter().all(|file| file.path().ends_with("_aarch64.whl")), "{files:?}");
    assert!(sandbox.root("13.4.3").join("targets/sbsa-linux/lib/libcublas.so.1").exists());
    sandbox.assert_healthy();
}

#[test]
fn a_range_of_nvjitlink_gives_what_the_release_came_with() {
    let (_mirror, sandbox) = served(&PythonIndex::nvidias(), Form::Html);
    let parts = planned(&sandbox, &["13.4", "--profile", "runtime"]);
    assert!(parts.contains(&"libnvjitlink 13.4.92".to_owned()), "{parts:?}");
}

#[test]
fn yanked_wheels_give_way_to_their_post_releases() {
    let mut index = PythonIndex::nvidias();
    index.yank("nvidia_cuda_cccl-13.0.85");
    index.add_both("nvidia-cuda-cccl", "13.0.85.post1", &[]);
    let (_mirror, sandbox) = served(&index, Form::Json);
    let parts = planned(&sandbox, &["13.0", "--profile", "minimal"]);
    assert!(parts.contains(&"cuda_cccl 13.0.85.post1".to_owned()), "{parts:?}");
    index.yank("cuda_toolkit-13.0.2");
    let (_mirror, sandbox) = served(&index, Form::Html);
    assert!(!sandbox.ok(&["list-remote"]).contains("13.0.2"), "a withdrawn release is not offered");
}

#[test]
fn a_digest_that_is_wrong_or_missing_is_a_refusal() {
    for form in [Form::Html, Form::Json] {
        let mut index = PythonIndex::nvidias();
        index.state("nvidia_cuda_runtime-13.0.96", Stated::Wrong);
        let (_mirror, sandbox) = served(&index, form);
        sandbox
            .run(&["install", "13.0", "--profile", "minimal"])
            .expect(1, &["could not verify", "nvidia_cuda_runtime-13.0.96", "expected 000000"]);
        assert!(!sandbox.root("13.0.2").exists());
        index.state("nvidia_cuda_runtime-13.0.96", Stated::Nothing);
        let (mirror, sandbox) = served(&index, form);
        sandbox
            .run(&["install", "13.0", "--profile", "minimal"])
            .expect(1, &["nvidia-cuda-runtime ==13.0.96.*", "states no sha256"]);
        let wheels = mirror.log().iter().filter(|request| request.path().contains("-none-manylinux")).count();
        assert_eq!(wheels, 0, "{:?}", mirror.log());
        sandbox.assert_healthy();
    }
}

#[test]
fn the_index_is_found_where_pip_and_uv_find_theirs() {
    let mirror = Mirror::start();
    PythonIndex::nvidias().serve(&mirror, "/", Form::Html);
    let url = mirror.at("simple").to_string();
    let asks = |sandbox: &Sandbox, options: &[&str]| {
        mirror.clear_log();
        let arguments: Vec<&str> = ["list-remote"].into_iter().chain(options.iter().copied()).collect();
        let run = sandbox.run(&arguments);
        assert!(run.expect(0, &[]).stdout.contains("13.0.2"), "{run:?}");
        assert_eq!(mirror.requests("/simple/cuda-toolkit/").len(), 1);
    };
    asks(&sandbox(), &["--pypi-index", &url]);
    for variable in ["CUDAMAN_PYPI_INDEX", "PIP_INDEX_URL", "UV_INDEX_URL", "UV_DEFAULT_INDEX"] {
        let mut sandbox = sandbox();
        sandbox.set(variable, &url);
        asks(&sandbox, &[]);
    }
    let mut named = sandbox();
    let file = named.path().join("my-pip.conf");
    std::fs::write(&file, format!("[global]\nindex-url = {url}\n")).expect("a file");
    named.set("PIP_CONFIG_FILE", &file);
    named.set("PIP_FIND_LINKS", "/nonexistent/wheels");
    asks(&named, &[]);
    for (path, text) in [
        (".config/pip/pip.conf", format!("[global]\nindex-url = {url}\nextra-index-url = {url}2\n")),
        (".config/uv/uv.toml", format!("[[index]]\nurl = \"{url}\"\ndefault = true\n")),
    ] {
        let mut users = sandbox();
        users.set("PIP_CONFIG_FILE", "");
        users.set("UV_CONFIG_FILE", "");
        users.set("PIP_EXTRA_INDEX_URL", mirror.at("none").as_str());
        let file = users.home().join(path);
        std::fs::create_dir_all(file.parent().expect("a parent")).expect("a directory");
        std::fs::write(&file, text).expect("a file");
        asks(&users, &[]);
    }
}

#[test]
fn a_second_index_and_a_program_that_knows_one_serve_too() {
    let mirror = Mirror::start();
    PythonIndex::nvidias().serve(&mirror, "/second/", Form::Json);
    let mut two = sandbox();
    two.set("PIP_INDEX_URL", mirror.at("first/simple/").as_str());
    two.set("PIP_EXTRA_INDEX_URL", mirror.at("second/simple/").as_str());
    two.run(&["install", "13.0", "--profile", "minimal"]).expect(0, &["installed `13.0.2`"]);
    let asked = sandbox();
    let help = format!(
        "#!/bin/sh\necho '  -i, --index-url <url>  Base URL (default {})'\n",
        mirror.at("second/simple")
    );
    let pip = asked.path().join("programs/pip");
    std::fs::write(&pip, help).expect("a program");
    std::fs::set_permissions(&pip, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("a mode");
    assert!(asked.ok(&["list-remote"]).contains("13.0.2"));
}

#[test]
fn what_lies_in_the_working_directory_names_no_index() {
    let mirror = Mirror::start();
    let sandbox = sandbox();
    let project = sandbox.project("hostile", Some("13.0\n"));
    let url = mirror.at("simple");
    std::fs::write(project.join("pip.conf"), format!("[global]\nindex-url = {url}\n")).expect("a file");
    std::fs::write(project.join("uv.toml"), format!("index-url = \"{url}\"\n")).expect("a file");
    std::fs::write(project.join("config.toml"), format!("pypi-index = \"{url}\"\n")).expect("a file");
    sandbox
        .run_in(&project, &["install"])
        .expect(1, &["no Python package index is known", "`--pypi-index URL`"]);
    assert!(mirror.log().is_empty(), "{:?}", mirror.log());
}

#[test]
fn without_any_index_the_way_to_one_is_said() {
    let mut sandbox = sandbox();
    sandbox.run(&["install", "13.0"]).expect(1, &["no Python package index is known", "`--pypi-index URL`"]);
    sandbox.run(&["list-remote"]).expect(1, &["`--pypi-index URL`", "hint:"]);
    sandbox.set("PIP_INDEX_URL", "http://127.0.0.1:9/simple");
    sandbox.set("PIP_NO_INDEX", "1");
    sandbox.run(&["install", "13.0"]).expect(1, &["`no-index`", "`--pypi-index URL`"]);
}

#[test]
fn a_login_is_used_and_neither_printed_nor_stored() {
    for form in [Form::Html, Form::Json] {
        let mirror = Mirror::start();
        PythonIndex::nvidias().serve(&mirror, "/", form);
        mirror.require_login("/", "reader", "s3cr3t");
        let mut url = mirror.at("simple/");
        url.set_username("reader").expect("a name");
        url.set_password(Some("s3cr3t")).expect("a password");
        let mut sandbox = sandbox();
        sandbox.set("PIP_INDEX_URL", url.as_str());
        for arguments in [
            ["install", "13.0", "--profile", "minimal", "--dry-run", "--json"].as_slice(),
            &["install", "13.0", "--profile", "minimal", "--dry-run"],
            &["install", "13.0", "--profile", "minimal", "--json"],
            &["list", "--json"],
            &["list-remote", "--json"],
            &["config", "list", "--json", "--pypi-index", url.as_str()],
            &["verify", "--json"],
        ] {
            let run = sandbox.run(arguments);
            run.expect(0, &[]);
            assert!(!format!("{run:?}").contains("s3cr3t"), "{arguments:?}: {run:?}");
        }
        mirror.remove("/simple/cuda-toolkit/");
        let run = sandbox.run(&["install", "13.4"]);
        assert!(run.status == 1 && !run.stderr.contains("s3cr3t"), "{run:?}");
        let run = Run::of(sandbox.command("/bin/grep").arg("-r").arg("s3cr3t").arg(sandbox.store()));
        run.expect(1, &[]);
    }
}

#[test]
fn an_add_on_may_come_from_another_source_than_its_toolkit_also_later() {
    let mut index = PythonIndex::nvidias();
    index.add_both("nvidia-nccl-cu13", "2.28.9", &[file("nvidia/nccl/include/nccl.h", "/* nccl */\n")]);
    let (mirror, mut sandbox) = served(&index, Form::Html);
    Release::tiny("13.0.1").serve(&mirror);
    sandbox.set("CUDAMAN_SOURCES", "redist,pypi");
    sandbox.set("CUDAMAN_MIRROR", mirror.url().as_str());
    sandbox.run(&["install", "13.0.1", "--profile", "minimal"]).expect(0, &["13.0.1 (minimal) from redist"]);
    sandbox.run(&["install", "13.0.1+nccl"]).expect(0, &["installed `13.0.1+nccl2.28.9`"]);
    Release::tiny("13.0.2").serve(&mirror);
    sandbox.run(&["upgrade", "13.0.1+nccl2.28.9"]).expect(0, &["`13.0.2+nccl2.28.9`"]);
    sandbox
        .run(&["install", "13.0.1+nccl", "--force", "--source", "redist"])
        .expect(1, &["no source gives NCCL"]);
    sandbox.assert_healthy();
}
