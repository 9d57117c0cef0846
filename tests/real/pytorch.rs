//! PyTorch's own look-up for CUDA, taken out of one of its wheels.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::workshop::{NEWER, OLDER, Workshop, assert_runtime, downloads, named, ok, pip_download};
use crate::support::{Run, skip};

/// The smallest wheels of PyTorch are those for macOS; the file is the same in all.
const WHEEL: &str = "torch==2.4.1";
const WHEEL_OPTIONS: &[&str] = &["--platform", "macosx_11_0_arm64", "--python-version", "3.11"];

#[test]
#[ignore = "installs NVIDIA's toolkits"]
fn pytorch_finds_the_real_root_or_shims_that_never_mix() {
    let Some(shop) = Workshop::open() else { return };
    let script = match cpp_extension() {
        Ok(script) => script,
        Err(reason) => return skip("PyTorch's look-up", &reason),
    };
    for request in [OLDER, NEWER] {
        let project = shop.project(&format!("torch-{request}"), None);
        let found = look_up(&mut shop.exec(request, &project, python()), &script);
        assert_is_root(&found, &shop.root(request));
        build(&found, &mut shop.exec(request, &project, found["nvcc"].as_str().expect("a path")));
        assert_runtime(&ok(&mut shop.exec(request, &project, project.join("program"))), request);
    }

    let shims = shop.sandbox.store().join("shims");
    let project = shop.project("torch-shims", None);
    let found = look_up(&mut shop.through_shims(&project, python()), &script);
    assert_is_root(&found, &shims);
    build(&found, &mut shop.through_shims(&project, found["nvcc"].as_str().expect("a path")));
    let mut program = shop.sandbox.command(project.join("program"));
    assert_runtime(&ok(program.env("LD_LIBRARY_PATH", shims.join("lib64"))), OLDER);

    let pinned = shop.project("torch-pinned", Some(NEWER));
    let found = look_up(&mut shop.through_shims(&pinned, python()), &script);
    assert_is_root(&found, &shims);
    let mut command = shop.through_shims(&pinned, found["nvcc"].as_str().expect("a path"));
    let refused = Run::of(command.args(arguments(&found)));
    refused.expect(126, &["shims/include", "cudaman exec"]);
    assert!(!pinned.join("program").exists());
    shop.sandbox.assert_healthy();
}

fn look_up(command: &mut Command, script: &Path) -> Value {
    let printed = ok(command.args(["-c", include_str!("pytorch_lookup.py")]).arg(script));
    serde_json::from_str(&printed).unwrap_or_else(|error| panic!("{error}: {printed}"))
}

fn assert_is_root(found: &Value, root: &Path) {
    let root = root.to_str().expect("a plain path");
    assert_eq!(found["found"], root, "{found}");
    assert_eq!(found["home"], root, "{found}");
    assert_eq!(found["nvcc"], format!("{root}/bin/nvcc"), "{found}");
    assert_eq!(found["include"], format!("{root}/include"), "{found}");
    assert_eq!(found["lib"], format!("{root}/lib64"), "{found}");
    for key in ["nvcc", "include", "lib"] {
        assert!(Path::new(found[key].as_str().expect("a path")).exists(), "{key} of {found}");
    }
}

fn arguments(found: &Value) -> Vec<String> {
    let text = |key: &str| found[key].as_str().expect("a path").to_owned();
    let (include, lib) = (format!("-I{}", text("include")), format!("-L{}", text("lib")));
    let fixed = ["-arch=sm_75", "-cudart", "shared", "-o", "program", "small.cu"].map(str::to_owned);
    [include, lib].into_iter().chain(fixed).collect()
}

fn build(found: &Value, command: &mut Command) {
    ok(command.args(arguments(found)));
}

/// Returns the path of the interpreter itself: a version manager's stand-in needs its environment.
fn python() -> String {
    let output = Command::new("python3").args(["-c", "import sys; print(sys.executable)"]).output();
    String::from_utf8(output.expect("python3 starts").stdout).expect("a path").trim().to_owned()
}

fn cpp_extension() -> Result<PathBuf, String> {
    let script = downloads().join("cpp_extension.py");
    if script.exists() {
        return Ok(script);
    }
    let scratch = tempfile::tempdir().expect("a directory");
    pip_download(WHEEL, scratch.path(), WHEEL_OPTIONS)?;
    let wheel = named(scratch.path(), "torch-").ok_or("pip left no wheel")?;
    let mut archive = zip::ZipArchive::new(fs::File::open(wheel).expect("the wheel")).expect("a wheel");
    let mut text = String::new();
    let mut file = archive.by_name("torch/utils/cpp_extension.py").map_err(|error| error.to_string())?;
    file.read_to_string(&mut text).map_err(|error| error.to_string())?;
    fs::write(&script, text).expect("a script");
    Ok(script)
}
