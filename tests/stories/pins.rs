//! What takes effect: pins, the default, shims, `exec`, and how each says why.

use crate::support::{Mirror, Release, Sandbox};

fn two_toolkits() -> (Mirror, Sandbox) {
    let mirror = Mirror::start();
    Release::tiny("12.4.1").serve(&mirror);
    Release::tiny("13.0.2").serve(&mirror);
    let sandbox = Sandbox::new().with_mirror(&mirror);
    sandbox.ok(&["install", "12.4", "13.0", "--profile", "minimal"]);
    (mirror, sandbox)
}

#[test]
fn the_nearest_pin_decides_and_current_says_why() {
    let (_mirror, sandbox) = two_toolkits();
    let outer = sandbox.project("outer", Some("# ours\r\n\r\n12.4\r\n"));
    let inner = sandbox.project("outer/inner", Some("cu130 # the new one"));
    let deep = sandbox.project("outer/inner/a/b", None);
    for (directory, version, other) in
        [(&outer, "12.4.1", ""), (&inner, "13.0.2", ""), (&deep, "13.0.2", "inner")]
    {
        let current = sandbox.run_in(directory, &["current"]);
        assert!(current.stdout.starts_with(version), "{current:?}");
        assert!(current.stdout.contains(".cuda-version") && current.stdout.contains(other), "{current:?}");
        let shim = sandbox.shim("nvcc", directory, &["-o", "a b", "x.cu"]);
        let root = sandbox.root(version);
        assert!(shim.stdout.contains(&format!("argv0={}/bin/nvcc", root.display())), "{shim:?}");
        assert!(shim.stdout.contains(&format!("CUDA_HOME={}", root.display())), "{shim:?}");
    }
    let outside = sandbox.run(&["current"]);
    assert!(outside.stdout.starts_with("12.4.1 (") && outside.stdout.contains("default"), "{outside:?}");
    sandbox.assert_healthy();
}

#[test]
fn what_is_pinned_and_not_installed_is_an_error_and_never_another_toolkit() {
    let (_mirror, sandbox) = two_toolkits();
    let project = sandbox.project("project", Some("11.8\n"));
    sandbox.run_in(&project, &["current"]).expect(1, &["`11.8` is not installed", "cudaman install"]);
    let shim = sandbox.shim("nvcc", &project, &["--version"]);
    shim.expect(127, &["11.8", "cudaman install"]);
    assert!(shim.stdout.is_empty(), "{shim:?}");
    sandbox.run_in(&project, &["exec", "--", "true"]).expect(1, &["11.8"]);
    sandbox.run_in(&project, &["which", "nvcc"]).expect(1, &["11.8"]);
}

#[test]
fn one_call_can_ask_for_another_toolkit() {
    let (_mirror, sandbox) = two_toolkits();
    let project = sandbox.project("project", Some("12.4"));
    let shim = sandbox.shim("nvcc", &project, &["+13.0", "x.cu"]);
    assert!(shim.stdout.starts_with("nvcc 13.0.99") && shim.stdout.contains("args=x.cu"), "{shim:?}");
    let range = sandbox.shim("nvcc", &project, &["+>=12.9", "x.cu"]);
    assert!(range.stdout.starts_with("nvcc 13.0.99") && range.stdout.contains("args=x.cu"), "{range:?}");
    sandbox.shim("nvcc", &project, &["+14"]).expect(127, &["`14` is not installed"]);
    sandbox.shim("nvcc", &project, &["+../x"]).expect(127, &["not a request"]);
}

#[test]
fn the_variable_outranks_the_pin() {
    let (_mirror, mut sandbox) = two_toolkits();
    let project = sandbox.project("project", Some("12.4"));
    sandbox.set("CUDAMAN_VERSION", "13");
    assert!(sandbox.run_in(&project, &["current"]).stdout.contains("CUDAMAN_VERSION"));
    assert!(sandbox.shim("nvcc", &project, &["x.cu"]).stdout.starts_with("nvcc 13.0.99"));
}

#[test]
fn a_tool_that_is_missing_names_the_toolkits_that_have_it() {
    let (_mirror, sandbox) = two_toolkits();
    sandbox.ok(&["install", "13.0", "--with", "cuda_cuobjdump"]);
    let project = sandbox.project("project", Some("12.4"));
    sandbox.shim("cuda_cuobjdump-tool", &project, &[]).expect(127, &["12.4.1", "13.0.2"]);
    sandbox.run_in(&project, &["which", "cuda_cuobjdump-tool"]).expect(1, &["13.0.2"]);
    let which = sandbox.run_in(&project, &["which", "ptxas"]);
    assert_eq!(which.stdout.trim(), sandbox.root("12.4.1").join("bin/ptxas").display().to_string());
}

#[test]
fn a_build_that_takes_the_shims_parent_for_its_root_never_mixes_two_toolkits() {
    let (_mirror, sandbox) = two_toolkits();
    let shims = sandbox.store().join("shims");
    assert!(shims.join("include/cuda_runtime.h").exists() && shims.join("lib64/libcudart.so").exists());
    let include = format!("-I{}/include", shims.display());
    let default = sandbox.project("default", None);
    assert_eq!(sandbox.shim("nvcc", &default, &[&include, "x.cu"]).status, 0);
    let pinned = sandbox.project("pinned", Some("13.0"));
    sandbox.shim("nvcc", &pinned, &[&include, "x.cu"]).expect(126, &["shims/include", "cudaman exec"]);
    sandbox.ok(&["default", "13.0"]);
    assert_eq!(sandbox.shim("nvcc", &pinned, &[&include, "x.cu"]).status, 0);
}

#[test]
fn local_writes_a_pin_and_default_a_default() {
    let (_mirror, sandbox) = two_toolkits();
    let project = sandbox.project("project", None);
    sandbox.run_in(&project, &["local", "13"]).expect(0, &["pinned `13`"]);
    assert_eq!(std::fs::read_to_string(project.join(".cuda-version")).expect("a pin"), "13\n");
    assert_eq!(sandbox.run_in(&project, &["local"]).stdout, "13\n");
    sandbox.run_in(&project, &["local", "11.8"]).expect(0, &["`11.8` is not installed", "cudaman install"]);
    sandbox.run_in(&project, &["local", "--unset"]).expect(0, &[]);
    sandbox.run_in(&project, &["local"]).expect(1, &["nothing is pinned"]);

    sandbox.run(&["default", "11"]).expect(1, &["not installed"]);
    sandbox.ok(&["global", "13"]);
    assert_eq!(sandbox.ok(&["default"]), "13\n");
    assert_eq!(sandbox.ok(&["current", "--short"]), "13.0.2\n");
    sandbox.run(&["use", "12.4"]).expect(1, &["can't change the shell", "cudaman default '12.4'"]);
    sandbox.assert_healthy();
}

#[test]
fn a_pin_is_never_written_through_a_link() {
    let (_mirror, sandbox) = two_toolkits();
    let project = sandbox.project("project", None);
    let victim = sandbox.path().join("victim");
    std::fs::write(&victim, "precious").expect("a file");
    std::os::unix::fs::symlink(&victim, project.join(".cuda-version")).expect("a link");
    sandbox.run_in(&project, &["current"]).expect(1, &["link"]);
    sandbox.run_in(&project, &["local", "13"]).expect(0, &[]);
    assert_eq!(std::fs::read_to_string(&victim).expect("a file"), "precious");
    assert_eq!(std::fs::read_to_string(project.join(".cuda-version")).expect("a pin"), "13\n");
}

#[test]
fn a_strangers_pin_can_only_select() {
    let (mirror, sandbox) = two_toolkits();
    mirror.clear_log();
    for text in [
        "$(touch pwned)",
        "../../etc/passwd",
        "-rf",
        "12.4; touch pwned",
        "\u{1b}[31m12.4",
        "file:///etc/passwd",
    ] {
        let project = sandbox.project("stranger", Some(text));
        for run in [sandbox.run_in(&project, &["current"]), sandbox.shim("nvcc", &project, &["x.cu"])] {
            assert!(run.status == 1 || run.status == 127, "{text:?}: {run:?}");
            assert!(!run.stderr.contains('\u{1b}') && !run.stderr.contains("passwd"), "{text:?}: {run:?}");
            assert!(!project.join("pwned").exists());
        }
    }
    assert!(mirror.log().is_empty());
    let cudnn = sandbox.project("cudup", Some("12.4\ncudnn=9.1\n"));
    sandbox.run_in(&cudnn, &["current"]).expect(1, &["12.4+cudnn9.1"]);
    let tools = sandbox.project("asdf", None);
    std::fs::write(tools.join(".tool-versions"), "nodejs 20\ncuda 13.0 # x\n").expect("a file");
    assert_eq!(sandbox.run_in(&tools, &["current", "--short"]).stdout, "13.0.2\n");
}

#[test]
fn a_labs_default_serves_where_the_user_has_none_and_all_agree() {
    let (_mirror, lab) = two_toolkits();
    let mut sandbox = Sandbox::new();
    sandbox.set("CUDAMAN_STORES", lab.store());
    assert_eq!(sandbox.ok(&["current", "--short"]), "12.4.1\n");
    let run = sandbox.run(&["exec", "--", "sh", "-c", "echo $CUDA_HOME"]);
    assert_eq!(run.stdout.trim(), lab.root("12.4.1").display().to_string());
    sandbox.set("CUDAMAN_STORES", "");
    assert!(sandbox.run(&["current"]).stdout.contains("there is no default"));
}

#[test]
fn a_plain_toolkit_stays_plain_in_what_exec_starts() {
    let (mirror, sandbox) = two_toolkits();
    Release::cudnn("9.1.0", "9.1.0.70", &["12"]).serve(&mirror);
    sandbox.ok(&["install", "12.4+cudnn", "--profile", "minimal"]);
    let program = crate::support::CUDAMAN;
    let run = sandbox.run(&["exec", "12.4+none", "--", program, "current", "--short"]);
    assert_eq!(run.stdout, "12.4.1\n", "{run:?}");
}
