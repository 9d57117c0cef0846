//! `install --from` with more than the profile: components by `--with`, and another cuDNN than before.

use super::from::{COMPONENTS, Shelf, cudnn, redist};
use crate::support::{
    File, Mirror, Release, Run, Runfile, Sandbox, component_files, deb, file, program, tgz,
};

const GDB: &str = "bin/cuda-gdb";

impl Shelf {
    fn install_with(&self, request: Option<&str>, components: &str) -> Run {
        let mut arguments = self.arguments(request);
        arguments.extend(["--with", components]);
        self.sandbox.run(&arguments)
    }
}

/// A toolkit as it stands in /usr/local, with a debugger.
fn toolkit(release: &str) -> Vec<File> {
    let mut files =
        vec![file("version.txt", format!("CUDA Version {release}\n")), program(GDB, "#!/bin/sh\n")];
    for component in COMPONENTS {
        files.extend(component_files(component, release).into_iter().filter(|item| item.path != "LICENSE"));
    }
    // Up to 10.0 `lib` is for 32 bits.
    for item in files.iter_mut().filter(|item| item.path.starts_with("lib/")) {
        item.path = item.path.replacen("lib/", "lib64/", 1);
    }
    files
}

#[test]
fn a_component_beyond_the_profile_comes_out_of_a_runfile_a_directory_or_a_tar() {
    for (release, tool) in [("10.1.243", GDB), ("12.4.1", "bin/cuda_gdb-tool")] {
        let mut shelf = Shelf::new();
        let canary = shelf.sandbox.path().join("canary");
        let Some(bytes) = (Runfile { release, target: "x86_64-linux", canary: &canary }).pack() else {
            return;
        };
        shelf.add(&bytes);
        grows_a_debugger(&shelf, release, tool);
    }
    let mut shelf = Shelf::new();
    shelf.add(&tgz("cuda-9.0", &toolkit("9.0.176")));
    grows_a_debugger(&shelf, "9.0.176", GDB);
    let unpacked = shelf.sandbox.project("unpacked", None);
    let mut tar = shelf.sandbox.command("tar");
    Run::of(tar.arg("-xzf").arg(shelf.sandbox.path().join("files/f0")).arg("-C").arg(&unpacked))
        .expect(0, &[]);
    let path = unpacked.join("cuda-9.0").display().to_string();
    let second = Shelf::new();
    second.sandbox.ok(&["install", "--with", "cuda_gdb", "--from", &path]);
    assert!(second.sandbox.root("9.0.176").join(GDB).exists());
    second.sandbox.assert_healthy();
}

/// Installs the shelf without its debugger, then with it.
fn grows_a_debugger(shelf: &Shelf, release: &str, tool: &str) {
    shelf.install(Some(release)).expect(0, &[&format!("installed `{release}`")]);
    let root = shelf.sandbox.root(release);
    assert!(!root.join(tool).exists(), "{release}: the profile has no debugger");
    shelf.install_with(Some(release), "cuda_gdb").expect(0, &[&format!("installed `{release}`")]);
    assert!(root.join(tool).exists() && root.join("bin/nvcc").exists(), "{release}");
    shelf.sandbox.assert_healthy();
    shelf.install_with(Some(release), "cuda_gdb").expect(0, &["is installed already"]);
    let refused = shelf.install_with(Some(release), "cuda_gdb,cuda_wonder");
    refused.expect(1, &["`--with` asks for cuda_wonder, which the files don't hold", "hint:"]);
    assert!(root.join(tool).exists(), "{release}");
    shelf.sandbox.assert_healthy();
}

#[test]
fn what_a_component_needs_comes_with_it() {
    let mut shelf = Shelf::new();
    let libraries = ["libcublas", "libcusolver", "libcusparse", "libcufft"];
    let library = |name| file(&format!("lib64/{name}.so.9.0"), name);
    shelf.add(&tgz(
        "cuda-9.0",
        &toolkit("9.0.176").into_iter().chain(libraries.map(library)).collect::<Vec<_>>(),
    ));
    let mut arguments = shelf.arguments(None);
    arguments.extend(["--profile", "minimal", "--with", "libcusolver"]);
    shelf.sandbox.run(&arguments).expect(0, &["installed `9.0.176`"]);
    let is_there = |name: &str| shelf.sandbox.root("9.0.176").join(format!("lib64/{name}.so.9.0")).exists();
    assert_eq!(libraries.map(is_there), [true, true, true, false]);
    shelf.install_with(None, "nvidia_driver").expect(1, &["never installs `nvidia_driver`", "hint:"]);
    shelf.sandbox.assert_healthy();
}

#[test]
fn what_no_file_holds_is_named() {
    let mut shelf = Shelf::new();
    shelf.add_components("12.4.99");
    shelf.install_with(None, "cuda_gdb").expect(1, &["asks for cuda_gdb, which the files don't hold"]);
    assert!(shelf.sandbox.ok(&["list"]).is_empty());
    shelf.add(&redist("cuda_gdb", "12.4.99"));
    shelf.install_with(Some("12.4.1"), "cuda_gdb").expect(0, &["installed `12.4.1`"]);
    // It is remembered: the toolchain has what the order asks for.
    let again = shelf.sandbox.run(&["install", "12.4.1", "--with", "cuda_gdb"]);
    again.expect(0, &["is installed already"]);
    shelf.sandbox.assert_healthy();
}

#[test]
fn a_local_repository_gives_the_component_alone() {
    let package = |component: &str| {
        let name = format!("{}-12-4", component.replace('_', "-"));
        let inside = component_files(component, "12.4.99").into_iter();
        let files: Vec<File> =
            inside.map(|item| File { path: format!("usr/local/cuda-12.4/{}", item.path), ..item }).collect();
        let bytes = deb(&name, "12.4.99-1", &files);
        file(&format!("var/cuda-repo-debian12-12-4-local/{name}_12.4.99-1_amd64.deb"), bytes)
    };
    let names = COMPONENTS.into_iter().chain(["cuda_gdb", "nsight_compute"]);
    let mut shelf = Shelf::new();
    shelf.add(&deb(
        "cuda-repo-debian12-12-4-local",
        "12.4.1-550.1-1",
        &names.map(package).collect::<Vec<_>>(),
    ));
    grows_a_debugger(&shelf, "12.4.1", "bin/cuda_gdb-tool");
    assert!(!shelf.sandbox.root("12.4.1").join("bin/nsight_compute-tool").exists());
}

#[test]
fn another_cudnn_makes_a_sibling_of_a_toolchain_of_files() {
    let mirror = Mirror::start();
    Release::cudnn("9.3.0", "9.3.0.75", &["12"]).serve(&mirror);
    let mut shelf = Shelf::in_sandbox(Sandbox::new().with_mirror(&mirror));
    shelf.add_components("12.4.99");
    shelf.add(&cudnn("9.1.0"));
    shelf.install(Some("12.4.1")).expect(0, &["installed `12.4.1+cudnn9.1.0`"]);
    let second = shelf.sandbox.path().join("second.tgz").display().to_string();
    std::fs::write(&second, cudnn("9.2.0")).expect("a file");
    shelf.sandbox.run(&["install", "12.4", "--from", &second]).expect(0, &["installed `12.4.1+cudnn9.2.0`"]);
    shelf.sandbox.run(&["install", "12.4+cudnn9.3"]).expect(0, &["installed `12.4.1+cudnn9.3.0.75`"]);
    for (name, version) in [("12.4.1+cudnn9.1.0", "9.1.0"), ("12.4.1+cudnn9.2.0", "9.2.0")] {
        only_holds(&shelf, name, version);
    }
    only_holds(&shelf, "12.4.1+cudnn9.3.0.75", "9.3.0.75");
    shelf.sandbox.assert_healthy();
}

/// Asserts that a toolchain has the compiler, and one cuDNN with its own header.
fn only_holds(shelf: &Shelf, name: &str, version: &str) {
    let root = shelf.sandbox.root(name);
    assert!(root.join("bin/nvcc").exists(), "{name}");
    let libraries = std::fs::read_dir(root.join("lib64")).expect("libraries").flatten();
    let names: Vec<String> =
        libraries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    let long = |name: &&String| name.starts_with("libcudnn.so.9.");
    assert_eq!(names.iter().filter(long).collect::<Vec<_>>(), [&format!("libcudnn.so.{version}")], "{name}");
    let header = std::fs::read_to_string(root.join("include/cudnn_version.h")).expect("a header");
    let minor = version.split('.').nth(1).expect("a minor");
    assert!(header.contains(&format!("CUDNN_MINOR {minor}\n")), "{name}: {header}");
}
