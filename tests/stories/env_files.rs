//! `cudaman env --format`: files for programs that no shell starts.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::support::{Mirror, Release, Run, Sandbox, have};

const ASSIGNMENTS: [&str; 6] = ["dotenv", "github", "gitlab", "docker", "systemd", "slurm"];

fn sandbox() -> Sandbox {
    let mirror = Mirror::start();
    Release::tiny("12.4.1").serve(&mirror);
    Release::cudnn("9.1.0", "9.1.0.70", &["12"]).serve(&mirror);
    let sandbox = Sandbox::with_home_named("a home").with_mirror(&mirror);
    sandbox.ok(&["install", "12.4+cudnn"]);
    sandbox
}

fn root(sandbox: &Sandbox) -> String {
    sandbox.root("12.4.1+cudnn9.1.0.70").display().to_string()
}

/// Reads a file of assignments as the program does that it is for.
fn read(format: &str, text: &str) -> BTreeMap<String, String> {
    let separator = if format == "slurm" { '\0' } else { '\n' };
    let lines = text.split(separator).filter(|line| !line.is_empty());
    let quotes: &[char] = match format {
        "dotenv" => &['\''],
        "systemd" => &['"'],
        _ => &[],
    };
    let pair = |line: &str| {
        let (name, value) = line.split_once('=').expect("an assignment");
        (name.to_owned(), value.trim_matches(quotes).to_owned())
    };
    lines.map(pair).collect()
}

#[test]
fn a_file_has_every_variable_even_where_they_are_set_already() {
    let mut sandbox = sandbox();
    let root = root(&sandbox);
    for is_active in [false, true] {
        for format in ASSIGNMENTS {
            let variables = read(format, &sandbox.ok(&["env", "12.4", "--format", format]));
            for name in ["CUDA_HOME", "CUDA_PATH", "CUDNN_PATH"] {
                assert_eq!(variables.get(name), Some(&root), "{format}, active: {is_active}");
            }
            let path = &variables["PATH"];
            assert!(path.starts_with(&format!("{root}/bin:")), "{format}: {path}");
            assert_eq!(path.matches("/versions/").count(), 1, "{format}: {path}");
        }
        let variables = read("gitlab", &sandbox.ok(&["env", "12.4", "--format", "gitlab"]));
        variables.iter().for_each(|(name, value)| sandbox.set(name, value));
    }
    sandbox.assert_healthy();
}

#[test]
fn tools_get_files_of_their_own_without_this_shells_environment() {
    let mut sandbox = sandbox();
    sandbox.set("LD_LIBRARY_PATH", "/secret/of/this/shell");
    let root = root(&sandbox);
    for format in ["cmake", "vscode", "jupyter", "clangd"] {
        let text = sandbox.ok(&["env", "12.4", "--format", format]);
        assert!(text.contains(&root) && !text.contains("secret"), "{format}: {text}");
        assert!(!text.contains("::") && !text.contains(":\""), "{format}: an empty element: {text}");
        if format != "clangd" {
            serde_json::from_str::<Value>(&text).expect("JSON");
        }
        sandbox.run(&["env", "system", "--format", format]).expect(1, &["no toolkit of cudaman's", "hint:"]);
    }
    let kernel: Value = serde_json::from_str(&sandbox.ok(&["env", "--format", "jupyter"])).expect("JSON");
    assert_eq!(kernel["env"]["PATH"], format!("{root}/bin:${{PATH}}"));
    assert_eq!(kernel["argv"][4], "{connection_file}");
}

#[test]
fn cmake_takes_the_preset() {
    if !have("cmake") {
        return;
    }
    let sandbox = sandbox();
    let project = sandbox.project("preset", None);
    let write = |name: &str, text: &str| std::fs::write(project.join(name), text).expect("written");
    write("CMakeUserPresets.json", &sandbox.ok(&["env", "12.4", "--format", "cmake"]));
    // Without a language: the stand-in for nvcc compiles nothing.
    write(
        "CMakeLists.txt",
        "cmake_minimum_required(VERSION 3.21)\nproject(p NONE)\nmessage(\"HOME=$ENV{CUDA_HOME}\")\n",
    );
    let mut command = sandbox.command("cmake");
    let run = Run::of(command.args(["--preset", "cuda-12.4.1+cudnn9.1.0.70"]).current_dir(&project));
    run.expect(0, &[&format!("HOME={}", root(&sandbox))]);
    let cache = std::fs::read_to_string(project.join("build/cuda-12.4.1+cudnn9.1.0.70/CMakeCache.txt"));
    assert!(cache.expect("a cache").contains(&format!("{}/bin/nvcc", root(&sandbox))));
    assert!(Path::new(&root(&sandbox)).join("bin/nvcc").exists());
}
