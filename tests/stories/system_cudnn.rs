//! A cuDNN that the system's packages brought: found, named, and copied into a toolkit of cudaman's.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use super::link::{state, toolkit};
use crate::support::{Mirror, Release, Sandbox};

const DEB: &str = "usr/lib/x86_64-linux-gnu";
const RPM: &str = "usr/lib64";

/// A root file system with a cuDNN, and the libraries' directory in it.
pub(super) struct Machine {
    pub(super) root: PathBuf,
    libraries: PathBuf,
}

impl Machine {
    pub(super) fn new(sandbox: &Sandbox, name: &str, libraries: &str) -> Self {
        let root = sandbox.path().join(name);
        let libraries = root.join(libraries);
        fs_err::create_dir_all(&libraries).expect("a directory");
        Self { root, libraries }
    }

    /// Puts cuDNN 8.9.7 there as NVIDIA's packages for Debian do.
    fn debian(sandbox: &Sandbox, name: &str) -> Self {
        let machine = Self::new(sandbox, name, DEB);
        machine.libraries("8.9.7");
        machine.alternatives("_v8");
        let info = "var/lib/dpkg/info/libcudnn8:amd64.list";
        machine.file(info, format!("/.\n/{DEB}/libcudnn.so.8\n").as_bytes());
        let status =
            "Package: bash\nVersion: 5\n\nPackage: libcudnn8\nStatus: ok\nVersion: 8.9.7.29-1+cuda12.2\n";
        machine.file("var/lib/dpkg/status", status.as_bytes());
        machine
    }

    pub(super) fn file(&self, path: &str, content: &[u8]) -> PathBuf {
        let path = self.root.join(path);
        fs_err::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        fs_err::write(&path, content).expect("a file");
        path
    }

    pub(super) fn libraries(&self, version: &str) {
        let major = version.split('.').next().expect("a major");
        for stem in ["libcudnn", "libcudnn_ops_infer"] {
            let name = format!("{stem}.so.{version}");
            fs_err::write(self.libraries.join(&name), elf(&name)).expect("a library");
            symlink(&name, self.libraries.join(format!("{stem}.so.{major}"))).expect("a link");
        }
    }

    /// Headers and development links as `update-alternatives` arranges them.
    fn alternatives(&self, suffix: &str) {
        self.header(&format!("usr/include/x86_64-linux-gnu/cudnn_version{suffix}.h"), [8, 9, 7]);
        self.file(
            &format!("usr/include/x86_64-linux-gnu/cudnn{suffix}.h"),
            b"#include \"cudnn_version.h\"\n",
        );
        symlink(format!("x86_64-linux-gnu/cudnn{suffix}.h"), self.root.join("usr/include/cudnn.h"))
            .expect("a link");
        self.file(&format!("{DEB}/libcudnn_static{suffix}.a"), b"static");
        // What is configured elsewhere may lead nowhere, as it does in an image.
        symlink("/nonexistent/alternatives/libcudnn_so", self.libraries.join("libcudnn.so")).expect("a link");
    }

    pub(super) fn header(&self, path: &str, [major, minor, patch]: [u32; 3]) {
        let text = format!(
            "#define CUDNN_MAJOR {major}\n#define CUDNN_MINOR {minor}\n#define CUDNN_PATCHLEVEL {patch}\n"
        );
        self.file(path, text.as_bytes());
    }

    pub(super) fn library(&self, name: &str) -> String {
        self.libraries.join(name).display().to_string()
    }
}

/// The beginning of a shared library, and what tells it from others.
fn elf(name: &str) -> Vec<u8> {
    let mut bytes = b"\x7fELF\x02\x01\x01".to_vec();
    bytes.resize(18, 0);
    bytes.extend([0x3e, 0]);
    bytes.extend(name.bytes());
    bytes
}

pub(super) fn sandbox(mirror: &Mirror) -> Sandbox {
    Release::tiny("12.4.1").serve(mirror);
    Release::tiny("11.8.0").serve(mirror);
    Sandbox::new().with_mirror(mirror)
}

#[test]
fn it_becomes_an_add_on_and_stays_where_it_is() {
    let mirror = Mirror::start();
    let sandbox = sandbox(&mirror);
    sandbox.ok(&["install", "12.4", "--profile", "minimal"]);
    let machine = Machine::debian(&sandbox, "machine");
    let before = state(&machine.root);
    let library = machine.library("libcudnn.so.8");
    let found = sandbox.run(&["discover", "--root", machine.root.to_str().expect("text")]);
    assert!(found.stdout.contains("cuDNN 8.9.7 of the system  (the package libcudnn8)"), "{found:?}");
    let command = format!("cudaman install 12.4+cudnn --from {library}");
    found.expect(0, &[&command]);

    let words: Vec<&str> = command.split(' ').skip(1).collect();
    mirror.clear_log();
    sandbox
        .run(&words)
        .expect(0, &["of the package libcudnn8 is copied", "unverified", "installed `12.4.1+cudnn8.9.7`"]);
    assert!(mirror.log().is_empty(), "the network was used");
    let root = sandbox.root("12.4.1+cudnn8.9.7");
    for path in [
        "include/cudnn.h",
        "include/cudnn_version.h",
        "lib64/libcudnn.so",
        "lib64/libcudnn.so.8",
        "lib64/libcudnn_ops_infer.so",
        "lib64/libcudnn_static.a",
    ] {
        assert!(root.join(path).is_file(), "{path}");
    }
    assert_eq!(std::fs::read(root.join("lib64/libcudnn.so")).expect("a library"), elf("libcudnn.so.8.9.7"));
    sandbox.ok(&["default", "12.4+cudnn"]);
    assert!(
        sandbox.ok(&["current"]).contains("12.4.1+cudnn8.9.7 (the default; cuDNN 8.9.7; unverified files)")
    );
    let receipt = receipt_of_cudnn(&sandbox);
    assert_eq!(receipt["owner"], "the package libcudnn8");
    assert_eq!((&receipt["source"], &receipt["trust"]), (&"file".into(), &"unverified".into()));
    assert_eq!(receipt["url"], format!("file://{library}"));
    sandbox.run(&words).expect(0, &["is installed already"]);
    sandbox.assert_healthy();

    sandbox.ok(&["uninstall", "12.4.1+cudnn8.9.7"]);
    assert!(!root.exists() && sandbox.root("12.4.1").exists());
    assert_eq!(state(&machine.root), before);
    sandbox.assert_healthy();
}

pub(super) fn receipt_of_cudnn(sandbox: &Sandbox) -> serde_json::Value {
    let receipts = fs_err::read_dir(sandbox.store().join("receipts/packages")).expect("receipts").flatten();
    let path = receipts.map(|entry| entry.path()).find(|path| path.to_string_lossy().contains("/cudnn-"));
    serde_json::from_slice(&fs_err::read(path.expect("cuDNN's receipt")).expect("a receipt")).expect("JSON")
}

#[test]
fn an_rpms_is_named_by_its_directory_or_any_of_its_libraries() {
    let mirror = Mirror::start();
    let sandbox = sandbox(&mirror);
    let machine = Machine::new(&sandbox, "machine", RPM);
    machine.libraries("8.9.7");
    machine.header("usr/include/cudnn_version.h", [8, 9, 7]);
    machine.file("usr/include/cudnn.h", b"#include \"cudnn_version.h\"\n");
    machine.file("usr/lib64/libc.so.6", b"not cuDNN's");
    let directory = machine.libraries.display().to_string();
    sandbox
        .run(&["install", "11.8+cudnn8.9", "--from", &directory])
        .expect(0, &["installed `11.8.0+cudnn8.9.7`"]);
    let root = sandbox.root("11.8.0+cudnn8.9.7");
    assert!(root.join("include/cudnn.h").exists() && !root.join("lib64/libc.so.6").exists());
    let libraries = ["libcudnn.so.8", "libcudnn.so.8.9.7", "libcudnn_ops_infer.so.8"];
    let mut arguments = vec!["install", "11.8+cudnn", "--from"];
    let paths = libraries.map(|name| machine.library(name));
    arguments.extend(paths.iter().map(String::as_str));
    sandbox.run(&arguments).expect(0, &["is installed already"]);
    sandbox.assert_healthy();
}

#[test]
fn one_for_several_cudas_is_taken_from_where_its_links_lead() {
    let mirror = Mirror::start();
    let sandbox = sandbox(&mirror);
    let machine = Machine::new(&sandbox, "machine", &format!("{DEB}/libcudnn/12"));
    machine.libraries("9.1.0");
    for major in [11, 12] {
        let headers = format!("usr/include/x86_64-linux-gnu/libcudnn/{major}");
        machine.header(&format!("{headers}/cudnn_version.h"), [9, 12 - major, 0]);
        machine.file(&format!("{headers}/cudnn.h"), b"#include \"cudnn_version.h\"\n");
    }
    let main = machine.root.join(DEB).join("libcudnn.so.9");
    machine.file("etc/alternatives/README", b"");
    let alternative = machine.root.join("etc/alternatives/libcudnn_so_9");
    symlink(machine.library("libcudnn.so.9"), &alternative).expect("a link");
    symlink(&alternative, &main).expect("a link");
    // The headers are those of its own CUDA, and so is what it was built for.
    let text = main.to_str().expect("text");
    let refused = sandbox.run(&["install", "12.4+cudnn", "--from", text]);
    refused.expect(1, &["is cuDNN 9.1.0", "libcudnn/12/cudnn_version.h` is of 9.0.0"]);
    machine.header("usr/include/x86_64-linux-gnu/libcudnn/12/cudnn_version.h", [9, 1, 0]);
    sandbox.run(&["install", "11.8+cudnn", "--from", text]).expect(1, &["was built for CUDA 12"]);
    sandbox.run(&["install", "12.4+cudnn", "--from", text]).expect(0, &["installed `12.4.1+cudnn9.1.0`"]);
    let root = sandbox.root("12.4.1+cudnn9.1.0");
    for name in ["libcudnn.so.9", "libcudnn_ops_infer.so.9", "libcudnn_ops_infer.so"] {
        assert!(root.join("lib64").join(name).is_file(), "{name}");
    }
    sandbox.assert_healthy();
}

#[test]
fn what_is_not_whole_or_does_not_fit_is_refused() {
    let mirror = Mirror::start();
    let sandbox = sandbox(&mirror);
    sandbox.ok(&["install", "12.4", "--profile", "minimal"]);
    let refused = |machine: &Machine, request: &str, path: &str, texts: &[&str]| {
        let before = state(&machine.root);
        sandbox.run(&["install", request, "--from", path]).expect(1, texts).expect(1, &["hint:"]);
        assert_eq!(state(&machine.root), before);
        assert_eq!(sandbox.ok(&["list"]).lines().count(), 1);
        sandbox.assert_healthy();
    };
    let main = "libcudnn.so.8";

    let machine = Machine::new(&sandbox, "headless", RPM);
    machine.libraries("8.9.7");
    refused(&machine, "12.4+cudnn", &machine.library(main), &["has no headers", "libcudnn8-dev"]);
    machine.header("usr/include/cudnn_version.h", [8, 9, 2]);
    refused(&machine, "12.4+cudnn", &machine.library(main), &["is cuDNN 8.9.7", "is of 8.9.2"]);
    machine.header("usr/include/cudnn_version.h", [9, 1, 0]);
    refused(&machine, "12.4+cudnn", &machine.library(main), &["is cuDNN 8.9.7", "is of 9.1.0"]);
    machine.libraries("9.1.0");
    let directory = machine.libraries.display().to_string();
    refused(&machine, "12.4+cudnn", &directory, &["more than one cuDNN: 8, 9", "--from /"]);

    let machine = Machine::debian(&sandbox, "broken");
    fs_err::remove_file(machine.libraries.join("libcudnn_ops_infer.so.8.9.7")).expect("removed");
    refused(&machine, "12.4+cudnn", &machine.library(main), &["libcudnn_ops_infer.so.8", "where no file is"]);
    fs_err::remove_file(machine.libraries.join("libcudnn.so.8.9.7")).expect("removed");
    refused(
        &machine,
        "12.4+cudnn",
        &machine.library(main),
        &["libcudnn.so.8` is a link to", "where no file is"],
    );
    refused(
        &machine,
        "12.4+cudnn",
        &machine.library("libcudnn.so.7"),
        &["there is no file or directory", "libcudnn.so.7"],
    );
    fs_err::write(machine.libraries.join("libcudnn.so.8.9.7"), "a letter").expect("a file");
    refused(&machine, "12.4+cudnn", &machine.library(main), &["is no shared library"]);

    let machine = Machine::debian(&sandbox, "fine");
    refused(&machine, "11.8+cudnn", &machine.library(main), &["was built for CUDA 12", "toolkit is 11.8"]);
    refused(&machine, "12.4+cudnn9", &machine.library(main), &["no file holds cudnn 9"]);
    symlink("libcudnn_adv.so.8.9.2", machine.libraries.join("libcudnn_adv.so.8")).expect("a link");
    fs_err::write(machine.libraries.join("libcudnn_adv.so.8.9.2"), elf("adv")).expect("a file");
    refused(&machine, "12.4+cudnn", &machine.library(main), &["is of cuDNN 8.9.2"]);
}

#[test]
fn nothing_is_added_to_a_linked_toolkit_and_no_system_is_read_whole() {
    let mirror = Mirror::start();
    let sandbox = sandbox(&mirror);
    let machine = Machine::debian(&sandbox, "machine");
    let root = toolkit(&sandbox, "opt/cuda-12.4", "12.4.1");
    fs_err::create_dir_all(root.join("include")).expect("a directory");
    sandbox.ok(&["link", "site", root.to_str().expect("text")]);
    let library = machine.library("libcudnn.so.8");
    let command = format!("cudaman install --from {} {library}", root.display());
    sandbox.run(&["install", "site+cudnn", "--from", &library]).expect(1, &["is a link to", &command]);
    let refused = sandbox.run(&["install", "site+cudnn"]);
    refused.expect(1, &["is a link to", "nothing can be added", "`cudaman install 12.4+cudnn`"]);
    sandbox.run(&["install", "site"]).expect(0, &["`site` is installed already"]);
    let header = "#define CUDNN_MAJOR 9\n#define CUDNN_MINOR 1\n#define CUDNN_PATCHLEVEL 0\n";
    fs_err::write(root.join("include/cudnn_version.h"), header).expect("a header");
    sandbox.run(&["install", "site+cudnn9.1"]).expect(0, &["`site` is installed already"]);
    sandbox.run(&["install", "site+cudnn8"]).expect(1, &["nothing can be added"]);
    sandbox.run(&["install", "11.8", "--from", "/usr"]).expect(1, &["whole system", "cudaman discover"]);
    assert!(Path::new(&root).join("version.txt").exists());
    sandbox.assert_healthy();
}
