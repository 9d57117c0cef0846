//! `install --from`: what the user has on disk becomes a toolchain like any other, and stays marked.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{
    File, GENERATIONS, Mirror, Release, Run, Runfile, Sandbox, component_files, conda, deb, file, link,
    program, tar_xz, tgz, wheel,
};

/// A sandbox with a directory of files.
pub(super) struct Shelf {
    pub(super) sandbox: Sandbox,
    files: Vec<String>,
}

impl Shelf {
    pub(super) fn new() -> Self {
        let mut sandbox = Sandbox::new();
        sandbox.set("CUDAMAN_OFFLINE", "true");
        Self::in_sandbox(sandbox)
    }

    pub(super) fn in_sandbox(sandbox: Sandbox) -> Self {
        std::fs::create_dir_all(sandbox.path().join("files")).expect("a directory");
        Self { sandbox, files: Vec::new() }
    }

    /// Puts a file on the shelf, under a name that says nothing.
    pub(super) fn add(&mut self, bytes: &[u8]) -> String {
        let path = self.sandbox.path().join(format!("files/f{}", self.files.len()));
        std::fs::write(&path, bytes).expect("a file");
        self.files.push(path.display().to_string());
        path.display().to_string()
    }

    /// Puts the archives on the shelf without which nothing compiles.
    pub(super) fn add_components(&mut self, version: &str) {
        for component in COMPONENTS {
            self.add(&redist(component, version));
        }
    }

    pub(super) fn arguments<'a>(&'a self, request: Option<&'a str>) -> Vec<&'a str> {
        let mut arguments = vec!["install"];
        arguments.extend(request);
        arguments.push("--from");
        arguments.extend(self.files.iter().map(String::as_str));
        arguments
    }

    pub(super) fn install(&self, request: Option<&str>) -> Run {
        self.sandbox.run(&self.arguments(request))
    }

    pub(super) fn works(&self, name: &str, version: &str) {
        let run = Run::of(&mut self.sandbox.command(self.sandbox.root(name).join("bin/nvcc")));
        assert!(run.stdout.starts_with(&format!("nvcc {version}")), "{run:?}");
        self.sandbox.assert_healthy();
    }
}

/// The components without which nothing compiles.
pub(super) const COMPONENTS: [&str; 3] = ["cuda_nvcc", "cuda_cudart", "cuda_cccl"];

pub(super) fn redist(component: &str, version: &str) -> Vec<u8> {
    let top = format!("{component}-linux-x86_64-{version}-archive");
    tar_xz(&top, &component_files(component, version))
}

fn below(directory: &str, files: Vec<File>) -> Vec<File> {
    let moved = |item: File| File { path: format!("{directory}/{}", item.path), ..item };
    files.into_iter().map(moved).collect()
}

pub(super) fn cudnn(version: &str) -> Vec<u8> {
    let files = component_files("cudnn", version).into_iter();
    let files = files.map(|item| File { path: item.path.replace("lib/", "lib64/"), ..item });
    tgz("cuda", &files.collect::<Vec<_>>())
}

#[test]
fn redist_archives_make_a_toolchain_that_stays_unverified() {
    let mut shelf = Shelf::new();
    shelf.add_components("12.4.99");
    shelf.install(None).expect(0, &["nobody vouches", "installed `12.4`", "lack cuda_nvrtc, libcublas"]);
    shelf.works("12.4", "12.4.99");
    let list = shelf.sandbox.ok(&["list"]);
    assert!(list.contains("devel from file, unverified"), "{list}");
    assert!(shelf.sandbox.ok(&["list", "--json"]).contains("\"unverified\": true"));
    assert!(shelf.sandbox.ok(&["current"]).contains("(the default; unverified files)"));
    assert!(shelf.sandbox.ok(&["current", "--json"]).contains("\"unverified\": true"));
    shelf.install(None).expect(0, &["`12.4` is installed already"]);
    shelf.install(Some("12.4.1")).expect(0, &["installed `12.4.1`"]);
    shelf.install(Some("11.8")).expect(1, &["of CUDA 12.4, and `11.8` was asked for", "hint:"]);
    shelf.sandbox.assert_healthy();
}

#[test]
fn what_files_are_is_shown_without_a_change() {
    let mut shelf = Shelf::new();
    shelf.add(&redist("cuda_nvcc", "12.4.99"));
    shelf.add(&cudnn("9.1.0"));
    let mut arguments = shelf.arguments(None);
    arguments.push("--dry-run");
    let shown = shelf.sandbox.ok(&arguments);
    assert!(shown.contains("cuda_nvcc 12.4.99  unverified"), "{shown}");
    assert!(shown.contains("cudnn ?  unverified"), "{shown}");
    assert!(!shelf.sandbox.store().exists());
}

#[test]
fn a_toolkit_and_its_cudnn_come_together() {
    let mut shelf = Shelf::new();
    shelf.add_components("12.4.99");
    shelf.add(&cudnn("9.1.0"));
    shelf.install(Some("12.4+cudnn8")).expect(1, &["no file holds cudnn 8"]);
    shelf.install(Some("12.4.1+cudnn9.1")).expect(0, &["installed `12.4.1+cudnn9.1.0`"]);
    let root = shelf.sandbox.root("12.4.1+cudnn9.1.0");
    assert!(root.join("lib64/libcudnn.so").exists() && root.join("include/cudnn.h").exists());
    shelf.works("12.4.1+cudnn9.1.0", "12.4.99");
}

#[test]
fn an_add_on_alone_joins_an_installed_or_a_downloadable_toolkit() {
    let mirror = Mirror::start();
    Release::tiny("12.4.1").serve(&mirror);
    Release::tiny("13.0.2").serve(&mirror);
    let sandbox = Sandbox::new().with_mirror(&mirror);
    sandbox.ok(&["install", "12.4", "--profile", "minimal"]);
    mirror.clear_log();
    let mut shelf = Shelf::in_sandbox(sandbox);
    shelf.add(&cudnn("9.1.0"));
    shelf
        .install(None)
        .expect(1, &["no request says which toolkit", "`cudaman install 12.4 --from ", "/f0`"]);
    shelf.install(Some("12.4+cudnn")).expect(0, &["installed `12.4.1+cudnn9.1.0`"]);
    assert!(mirror.log().is_empty(), "the network was used");
    assert!(shelf.sandbox.root("12.4.1").exists(), "the plain one stays");
    shelf.install(Some("13.0+cudnn")).expect(0, &["installed `13.0.2+cudnn9.1.0`"]);
    shelf.works("13.0.2+cudnn9.1.0", "13.0.99");
    let list = shelf.sandbox.ok(&["list"]);
    assert!(
        list.contains("from redist, unverified") && list.contains("minimal from redist  (default)\n"),
        "{list}"
    );
}

#[test]
fn a_copied_directory_gets_its_links_back() {
    let mut first = Shelf::new();
    first.add_components("12.4.99");
    first.install(Some("12.4.1")).expect(0, &[]);
    let copy = first.sandbox.path().join("copied");
    let mut command = Command::new("cp");
    Run::of(command.arg("-rL").arg(first.sandbox.root("12.4.1")).arg(&copy)).expect(0, &[]);
    let shelf = Shelf::new();
    let path = copy.display().to_string();
    shelf.sandbox.run(&["install", "--from", &path]).expect(0, &["installed `12.4.1`"]);
    let root = shelf.sandbox.root("12.4.1");
    for (name, target) in [
        ("lib64", "targets/x86_64-linux/lib"),
        ("lib", "lib64"),
        ("lib64/libcudart.so", "libcudart.so.12"),
        ("lib64/libcudart.so.12", "libcudart.so.12.4.99"),
    ] {
        assert_eq!(std::fs::read_link(root.join(name)).ok(), Some(PathBuf::from(target)), "{name}");
    }
    shelf.works("12.4.1", "12.4.99");
    std::os::unix::fs::symlink("/etc/passwd", copy.join("lib64/evil.so")).expect("a link");
    shelf.sandbox.run(&["install", "--from", &path, "--force"]).expect(1, &["evil.so", "link", "hint:"]);
    shelf.works("12.4.1", "12.4.99");
}

#[test]
fn wheels_make_a_toolchain() {
    let mut shelf = Shelf::new();
    for (name, component) in [
        ("nvidia-cuda-nvcc", "cuda_nvcc"),
        ("nvidia-cuda-crt", "cuda_crt"),
        ("nvidia-nvvm", "libnvvm"),
        ("nvidia-cuda-runtime", "cuda_cudart"),
        ("nvidia-cuda-cccl", "cuda_cccl"),
    ] {
        let files = component_files(component, "13.0.99").into_iter().filter(|item| item.link.is_none());
        shelf.add(&wheel(name, "13.0.99", &below("nvidia/cu13", files.collect())));
    }
    shelf.install(None).expect(0, &["installed `13.0`"]);
    shelf.works("13.0", "13.0.99");
}

#[test]
fn conda_packages_make_a_toolchain() {
    let mut shelf = Shelf::new();
    for (name, component) in [
        ("cuda-nvcc-impl", "cuda_nvcc"),
        ("cuda-cudart-dev_linux-64", "cuda_cudart"),
        ("cuda-cccl_linux-64", "cuda_cccl"),
    ] {
        shelf.add(&conda(name, "12.4.99", &component_files(component, "12.4.99")));
    }
    shelf.install(None).expect(0, &["installed `12.4`"]);
    shelf.works("12.4", "12.4.99");
}

#[test]
fn packages_of_nvidia_make_a_toolchain_and_a_local_repository_is_opened() {
    let packages: Vec<(String, Vec<u8>)> = COMPONENTS
        .into_iter()
        .map(|component| {
            let name = format!("{}-12-4", component.replace('_', "-"));
            let files = below("usr/local/cuda-12.4", component_files(component, "12.4.99"));
            (format!("{name}_12.4.99-1_amd64.deb"), deb(&name, "12.4.99-1", &files))
        })
        .collect();
    let mut shelf = Shelf::new();
    for (_, bytes) in &packages {
        shelf.add(bytes);
    }
    shelf.install(None).expect(0, &["installed `12.4`"]);
    shelf.works("12.4", "12.4.99");

    let mut shelf = Shelf::new();
    let driver = deb("nvidia-driver-550", "550.1-1", &[program("usr/bin/nvidia-smi", "#!/bin/sh\n")]);
    let inner = packages.into_iter().chain([("nvidia-driver-550_550.1-1_amd64.deb".to_owned(), driver)]);
    let files: Vec<File> = inner
        .map(|(name, bytes)| file(&format!("var/cuda-repo-debian12-12-4-local/{name}"), bytes))
        .collect();
    shelf.add(&deb("cuda-repo-debian12-12-4-local", "12.4.1-550.1-1", &files));
    shelf.install(Some("12.4.1")).expect(0, &["installed `12.4.1`"]);
    shelf.works("12.4.1", "12.4.99");
    assert!(!shelf.sandbox.root("12.4.1").join("bin/nvidia-smi").exists());
    assert!(!Path::new("/tmp/canary").exists(), "a script of a package was executed");
}

#[test]
fn packages_of_debian_are_laid_out_as_nvidia_does() {
    let mut shelf = Shelf::new();
    let version = "11.8.89~11.8.0-5~deb12u1";
    let place = |item: File| {
        let path = match item.path.as_str() {
            "bin/nvcc" => "usr/lib/nvidia-cuda-toolkit/bin/nvcc".to_owned(),
            "bin/nvcc.profile" => "etc/nvcc.profile".to_owned(),
            "nvvm/bin/cicc" => "usr/lib/nvidia-cuda-toolkit/bin/cicc".to_owned(),
            path if path.starts_with("lib/") => path.replace("lib/", "usr/lib/x86_64-linux-gnu/"),
            path => match path.strip_prefix("nvvm/libdevice/") {
                Some(rest) => format!("usr/lib/nvidia-cuda-toolkit/libdevice/{rest}"),
                None => format!("usr/{path}"),
            },
        };
        File { path, ..item }
    };
    let spread = |component: &str| {
        component_files(component, "11.8.89").into_iter().map(place).filter(|item| {
            !["usr/nvvm", "usr/LICENSE", "usr/pkg-config"].iter().any(|start| item.path.starts_with(start))
        })
    };
    let mut toolkit: Vec<File> = spread("cuda_nvcc").collect();
    toolkit.push(link("usr/lib/nvidia-cuda-toolkit/bin/nvcc.profile", "/etc/nvcc.profile"));
    toolkit.push(program("usr/bin/nvcc", "#!/bin/sh\nexec /usr/lib/nvidia-cuda-toolkit/bin/nvcc \"$@\"\n"));
    shelf.add(&deb("nvidia-cuda-toolkit", version, &toolkit));
    shelf.add(&deb("nvidia-cuda-dev", version, &spread("cuda_cudart").collect::<Vec<_>>()));
    shelf.add(&deb("libcu++-dev", "1.8.1-2", &spread("cuda_cccl").collect::<Vec<_>>()));
    shelf.install(Some("11.8")).expect(0, &["installed `11.8.0`"]);
    shelf.works("11.8.0", "11.8.89");
    let profile = std::fs::read_to_string(shelf.sandbox.root("11.8.0").join("bin/nvcc.profile"));
    assert!(profile.is_ok_and(|text| text.contains("TOP") && !text.contains("/usr/lib")));
}

#[test]
fn runfiles_of_every_generation_are_toolkits() {
    for release in GENERATIONS {
        let mut shelf = Shelf::new();
        let canary = shelf.sandbox.path().join("canary");
        let runfile = Runfile { release, target: "x86_64-linux", canary: &canary };
        let Some(bytes) = runfile.pack() else { return };
        shelf.add(&bytes);
        let run = shelf.install(Some(release));
        run.expect(0, &[&format!("installed `{release}`"), "nobody vouches"]);
        assert!(shelf.sandbox.root(release).join("bin/nvcc").exists(), "{release}");
        shelf.sandbox.assert_healthy();
        assert!(!canary.exists(), "{release}: something of the runfile was executed");
    }
}
