//! Tests of [`super::toolkit`] against an index in memory, in the shapes of the real one.

use super::super::{SourceError, Wish};
use super::choose::Machine;
use super::metadata::tests::metapackage;
use super::shelf::Shelf;
use super::shelf::tests::{Memory, indexes};
use super::toolkit::{Found, artifacts, refuse_early};
use crate::model::{Artifact, ComponentName, Platform, Profile, Release, Version};
use crate::packages::TOOLKIT;

const COMPILER: &[&str] =
    &["nvidia_cuda_nvcc", "nvidia_nvvm", "nvidia_cuda_crt", "nvidia_cuda_runtime", "nvidia_cuda_cccl"];

/// CUDA 13.4.3, complete, and 12.4.1, whose CCCL was withdrawn and mended.
fn index() -> Memory {
    let mut memory = Memory::default();
    let mut lines: Vec<String> = COMPILER.iter().map(|name| pin(name, "13.4.92")).collect();
    lines.push(pin("nvidia-cublas", "13.8.0.4"));
    lines.push(pin("nvidia-cuda-opencl", "13.4.92"));
    lines.push(
        "nvidia-nvjitlink<14,>=13.4.92; (sys_platform == 'linux' or sys_platform == 'win32') and extra == 'cufft'"
            .to_owned(),
    );
    add_metapackage(&mut memory, "13.4.3", &lines);
    for name in COMPILER {
        both(&mut memory, &format!("{name}-13.4.92"));
    }
    both(&mut memory, "nvidia_cublas-13.8.0.4");
    memory.add("nvidia_cuda_opencl-13.4.92-py3-none-manylinux2014_x86_64.whl", b"x", "");
    for version in ["13.4.92", "13.5.25"] {
        both(&mut memory, &format!("nvidia_nvjitlink-{version}"));
    }
    let lines = ["nvcc", "runtime", "cccl"].map(|name| pin(&format!("nvidia-cuda-{name}-cu12"), "12.4.127"));
    add_metapackage(&mut memory, "12.4.1", &lines);
    both(&mut memory, "nvidia_cuda_nvcc_cu12-12.4.127");
    both(&mut memory, "nvidia_cuda_runtime_cu12-12.4.127");
    memory.add(
        "nvidia_cuda_cccl_cu12-12.4.127-py3-none-manylinux2014_x86_64.whl",
        b"x",
        "data-yanked=\"Broken\"",
    );
    both(&mut memory, "nvidia_cuda_cccl_cu12-12.4.127.post1");
    memory
}

fn pin(name: &str, version: &str) -> String {
    format!("{name}=={version}.*; (sys_platform == 'linux' or sys_platform == 'win32') and extra == 'all'")
}

fn add_metapackage(memory: &mut Memory, version: &str, lines: &[String]) {
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let wheel = metapackage(version, &lines);
    memory.add(&format!("cuda_toolkit-{version}-py2.py3-none-any.whl"), &wheel, "");
}

fn both(memory: &mut Memory, name: &str) {
    for machine in ["x86_64", "aarch64"] {
        let file = format!("{name}-py3-none-manylinux2014_{machine}.manylinux_2_17_{machine}.whl");
        memory.add(&file, file.as_bytes(), "data-requires-python=\"&gt;=3\"");
    }
    memory.add(&format!("{name}-py3-none-win_amd64.whl"), b"w", "");
}

struct Case<'a> {
    memory: &'a Memory,
    version: &'a str,
    profile: Profile,
    platform: Platform,
    with: &'a [&'a str],
}

impl Case<'_> {
    fn resolve(&self) -> Result<Found, SourceError> {
        let version: Version = self.version.parse().expect("a version");
        let release = Release::of(version.clone());
        let with: Vec<ComponentName> = self.with.iter().map(|name| name.parse().expect("a name")).collect();
        let wish = Wish {
            kind: &TOOLKIT,
            release: &release,
            cuda: &version,
            platform: self.platform,
            profile: self.profile,
            with: &with,
        };
        refuse_early(&wish)?;
        let indexes = indexes(&[]);
        let machine = Machine { platform: self.platform, glibc: Some((2, 28)) };
        artifacts(&wish, &Shelf { pages: self.memory, indexes: &indexes }, machine)
    }

    fn names(&self) -> Vec<String> {
        let shown = |artifact: &Artifact| format!("{} {}", artifact.component, artifact.version);
        self.resolve().expect("artifacts").artifacts.iter().map(shown).collect()
    }
}

fn case<'a>(memory: &'a Memory, version: &'a str, profile: Profile) -> Case<'a> {
    Case { memory, version, profile, platform: Platform::LinuxX86_64, with: &[] }
}

#[test]
fn a_compiler_from_13_on() {
    let memory = index();
    assert_eq!(
        case(&memory, "13.4.3", Profile::Minimal).names(),
        [
            "cuda_cccl 13.4.92",
            "cuda_crt 13.4.92",
            "cuda_cudart 13.4.92",
            "cuda_nvcc 13.4.92",
            "libnvvm 13.4.92"
        ]
    );
    let devel = case(&memory, "13.4.3", Profile::Devel).resolve().expect("artifacts");
    assert_eq!(devel.artifacts.len(), 8);
    assert!(devel.notes.iter().any(|note| note.contains("cuda_nvprune")), "{:?}", devel.notes);
    let jitlink = devel.artifacts.iter().find(|artifact| artifact.component.as_str() == "libnvjitlink");
    assert_eq!(jitlink.map(|artifact| artifact.version.to_string()).as_deref(), Some("13.4.92"));
    assert!(devel.artifacts.iter().all(|artifact| artifact.url.path().ends_with("_x86_64.whl")));
}

#[test]
fn arm_servers_and_jetson_share_wheels_from_13_on() {
    let memory = index();
    for platform in [Platform::LinuxSbsa, Platform::LinuxAarch64] {
        let found =
            Case { platform, ..case(&memory, "13.4.3", Profile::Devel) }.resolve().expect("artifacts");
        assert_eq!(found.artifacts.len(), 7, "no OpenCL");
        assert!(found.artifacts.iter().all(|artifact| artifact.url.path().ends_with("_aarch64.whl")));
        assert!(found.notes.iter().any(|note| note.contains("cuda_opencl")), "{:?}", found.notes);
    }
    let jetson = Case { platform: Platform::LinuxAarch64, ..case(&memory, "12.4.1", Profile::Runtime) };
    assert!(matches!(jetson.resolve(), Err(SourceError::NotOffered(_))));
}

#[test]
fn a_runtime_before_13_with_parts_on_request() {
    let memory = index();
    assert_eq!(case(&memory, "12.4.1", Profile::Runtime).names(), ["cuda_cudart 12.4.127"]);
    let with = Case { with: &["cuda_nvcc", "cccl"], ..case(&memory, "12.4.1", Profile::Runtime) };
    assert_eq!(with.names(), ["cuda_cccl 12.4.127.post1", "cuda_cudart 12.4.127", "cuda_nvcc 12.4.127"]);
}

#[test]
fn a_compiler_before_13_is_refused_without_asking_anyone() {
    let memory = Memory::broken("https://");
    for profile in [Profile::Minimal, Profile::Devel, Profile::Full] {
        let Err(SourceError::NotOffered(text)) = case(&memory, "12.4.1", profile).resolve() else {
            panic!("{profile} was not refused");
        };
        for part in ["no nvcc", "--source redist", "--profile runtime", "13.0"] {
            assert!(text.contains(part), "{text}");
        }
    }
    let Err(SourceError::NotOffered(text)) = case(&memory, "13.4.3", Profile::Full).resolve() else {
        panic!("full was not refused");
    };
    assert!(text.contains("cuda-gdb") && text.contains("`--profile devel`"), "{text}");
}

#[test]
fn what_no_wheel_holds_is_refused_by_name() {
    let memory = index();
    let error = Case { with: &["cuda_gdb"], ..case(&memory, "13.4.3", Profile::Minimal) }.resolve();
    assert!(error.expect_err("no wheel").to_string().contains("hold no `cuda_gdb`"));
    let mut partial = Memory::default();
    add_metapackage(&mut partial, "13.0.0", &[pin("nvidia-cuda-nvcc", "13.0.48")]);
    let error = case(&partial, "13.0.0", Profile::Minimal).resolve().expect_err("essentials");
    assert!(error.to_string().contains("`libnvvm`"), "{error}");
}

#[test]
fn a_mirror_that_lacks_a_wheel_is_said() {
    let mut memory = Memory::default();
    let lines: Vec<String> = COMPILER.iter().map(|name| pin(name, "13.0.48")).collect();
    add_metapackage(&mut memory, "13.0.0", &lines);
    for name in &COMPILER[1..] {
        both(&mut memory, &format!("{name}-13.0.48"));
    }
    let error = case(&memory, "13.0.0", Profile::Minimal).resolve().expect_err("no nvcc");
    assert!(error.to_string().contains("nvidia-cuda-nvcc ==13.0.48.*"), "{error}");
    let error = case(&memory, "13.1.0", Profile::Minimal).resolve().expect_err("no release");
    assert!(error.to_string().contains("13.0.0"), "{error}");
}

#[test]
fn a_metapackage_that_was_tampered_with_is_not_read() {
    let mut memory = index();
    let wheel = metapackage("13.4.3", &["nvidia-evil==1"]);
    memory.put("https://i.example/files/cuda_toolkit-13.4.3-py2.py3-none-any.whl", &wheel);
    let error = case(&memory, "13.4.3", Profile::Minimal).resolve().expect_err("another digest");
    assert!(error.to_string().contains("sha256"), "{error}");
}
