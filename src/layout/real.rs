//! The layout on real wheels: composes CUDA 13.0 from `target/wheels`, lets it prove itself, and
//! compiles, links and starts a program with Thrust. Nothing is downloaded here.
//!
//! ```text
//! pip download --no-deps --only-binary=:all: -d target/wheels nvidia-cuda-nvcc==13.0.88 \
//!     nvidia-nvvm==13.0.88 nvidia-cuda-crt==13.0.88 nvidia-cuda-runtime==13.0.96 nvidia-cuda-cccl==13.0.85
//! cargo test --lib layout::real -- --ignored
//! ```

use std::collections::BTreeMap;
use std::io::Read;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Composed, Content, fix_ups, prove, samples};
use crate::model::{
    Change, ComponentName, Digest, EntryKind, Environment, FixUp, Format, Platform, Profile, Version,
};
use crate::testing::toolchain_receipt;

const WHEELS: &[(&str, &str, &str)] = &[
    ("cuda_cccl", "nvidia_cuda_cccl", "13.0.85"),
    ("cuda_crt", "nvidia_cuda_crt", "13.0.88"),
    ("cuda_cudart", "nvidia_cuda_runtime", "13.0.96"),
    ("cuda_nvcc", "nvidia_cuda_nvcc", "13.0.88"),
    ("libnvvm", "nvidia_nvvm", "13.0.88"),
];

const PROGRAM: &str = r#"
#include <cstdio>
#include <cuda_fp16.h>
#include <thrust/device_vector.h>
#include <thrust/reduce.h>

__global__ void twice(int *values) { values[threadIdx.x] *= 2; }

int main() {
  int count = 0;
  cudaError_t error = cudaGetDeviceCount(&count);
  if (error != cudaSuccess) { std::printf("no device: %d\n", error); return 0; }
  thrust::device_vector<int> values(32, 1);
  twice<<<1, 32>>>(thrust::raw_pointer_cast(values.data()));
  std::printf("sum: %d\n", thrust::reduce(values.begin(), values.end()));
}
"#;

fn wheels() -> Option<Vec<(&'static str, &'static str, PathBuf)>> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/wheels");
    let names: Vec<PathBuf> = fs_err::read_dir(directory).ok()?.flatten().map(|entry| entry.path()).collect();
    let find = |stem: &str, version: &str| {
        let start = format!("{stem}-{version}-");
        names
            .iter()
            .find(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&start)))
    };
    WHEELS
        .iter()
        .map(|(component, stem, version)| Some((*component, *version, find(stem, version)?.clone())))
        .collect()
}

fn unpack(wheel: &Path, component: &str, root: &Path, entries: &mut BTreeMap<String, EntryKind>) {
    let placement = samples::placement_of(component, Format::Wheel, Platform::LinuxX86_64);
    let mut archive = zip::ZipArchive::new(fs_err::File::open(wheel).expect("a wheel")).expect("a zip");
    for index in 0..archive.len() {
        let mut file = archive.by_index(index).expect("an entry");
        let name = file.name().expect("a name").into_owned();
        let Some(place) = placement.place(&name).filter(|_| file.is_file()) else { continue };
        let mode = if file.unix_mode().is_some_and(|mode| mode & 0o100 != 0) { 0o555 } else { 0o444 };
        let mut content = Vec::new();
        file.read_to_end(&mut content).expect("a file's content");
        write(&root.join(&place), &content, mode);
        let kind = EntryKind::File {
            size: file.size(),
            digest: Digest::from_bytes([0; 32]),
            executable: mode == 0o555,
        };
        assert!(entries.insert(place.clone(), kind).is_none(), "two files at {place}");
    }
}

fn write(path: &Path, content: &[u8], mode: u32) {
    fs_err::create_dir_all(path.parent().expect("a parent")).expect("a directory");
    fs_err::write(path, content).expect("a file");
    fs_err::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("a mode");
}

fn apply(fix_up: &FixUp, root: &Path) {
    let path = root.join(&fix_up.path);
    match &fix_up.change {
        Change::File { content, .. } => write(&path, content, 0o444),
        Change::Link { target } => {
            fs_err::create_dir_all(path.parent().expect("a parent")).expect("a directory");
            symlink(target, &path).expect("a link");
        }
        Change::Renamed { from, .. } => {
            fs_err::hard_link(path.with_file_name(from), &path).expect("a second name");
        }
    }
}

fn compose(root: &Path, wheels: &[(&str, &str, PathBuf)]) {
    let mut entries = BTreeMap::new();
    let mut components: Vec<(ComponentName, Version)> = Vec::new();
    for (component, version, wheel) in wheels {
        unpack(wheel, component, root, &mut entries);
        components.push((component.parse().expect("a component"), version.parse().expect("a version")));
    }
    let composed = Composed {
        entries: &entries,
        open: &|path| fs_err::File::open(root.join(path)).map(|file| Box::new(file) as Box<dyn Content>),
        cuda: &"13.0.2".parse().expect("a version"),
        platform: Platform::LinuxX86_64,
        components: &components,
    };
    let found = fix_ups(&composed).expect("fix-ups");
    found.iter().for_each(|fix_up| apply(fix_up, root));
    for fix_up in &found {
        assert!(root.join(&fix_up.path).exists(), "{fix_up:?} dangles");
    }
}

fn run(command: &mut Command) -> String {
    let output = command.output().expect("a program that starts");
    let text =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {text}");
    text
}

#[test]
#[ignore = "needs 104 MB of wheels in target/wheels, gcc, and half a minute"]
fn real_wheels_become_a_toolchain_that_compiles() {
    let Some(wheels) = wheels() else {
        panic!("target/wheels lacks wheels: see the head of this file");
    };
    let directory = tempfile::tempdir().expect("a temporary directory");
    let root = directory.path().join("a root+with blanks");
    compose(&root, &wheels);

    let variables = [("PATH".into(), "/usr/bin:/bin".into())].into();
    let environment = Environment { variables, directory: "/".into(), ..Environment::default() };
    assert_eq!(prove(&root, &toolchain_receipt("13.0.2", Profile::Minimal), &environment), []);

    let source = directory.path().join("twice.cu");
    fs_err::write(&source, PROGRAM).expect("a source");
    for (runtime, name) in [("static", "twice-static"), ("shared", "twice-shared")] {
        let program = directory.path().join(name);
        let mut nvcc = Command::new(root.join("bin/nvcc"));
        run(nvcc.arg("-o").arg(&program).args(["-arch=sm_90", "-cudart", runtime]).arg(&source));
        let told = run(Command::new(&program).env("LD_LIBRARY_PATH", root.join("lib64")));
        assert!(told == "sum: 64\n" || told.starts_with("no device: "), "{told}");
    }
    let mut package = Command::new("pkg-config");
    let flags = package.env("PKG_CONFIG_PATH", root.join("pkgconfig")).args(["--libs", "cudart"]).output();
    if let Ok(output) = flags {
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(text.contains("targets/x86_64-linux/lib") && text.contains("-lcudart"), "{text}");
    }
}
