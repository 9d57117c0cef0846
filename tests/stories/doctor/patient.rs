//! A machine that is well, to be made ill.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{Mirror, Release, Run, Sandbox};

/// A machine with a GPU, a driver, and CUDA 12.4.1 as its default.
pub(super) struct Patient {
    pub(super) sandbox: Sandbox,
    mirror: Mirror,
    driver: String,
    newest_cuda: String,
    gpu: (String, String),
}

impl Patient {
    pub(super) fn new() -> Self {
        let mirror = Mirror::start();
        Release::tiny("12.4.1").serve(&mirror);
        let mut sandbox = Sandbox::new().with_mirror(&mirror);
        let path = format!("{}:/usr/bin:/bin", sandbox.path().join("bin").display());
        sandbox.set("PATH", path);
        sandbox.set("CUDAMAN_HOST_ROOT", sandbox.path().join("machine"));
        let (driver, newest_cuda) = ("550.54.15".to_owned(), "12.4".to_owned());
        let gpu = ("NVIDIA GeForce RTX 3090".to_owned(), "8.6".to_owned());
        let mut patient = Self { sandbox, mirror, driver, newest_cuda, gpu };
        patient.module(Some("550.54.15"));
        for device in ["nvidiactl", "nvidia-uvm", "nvidia0"] {
            patient.file(&format!("dev/{device}"), "");
        }
        patient.file("etc/os-release", "ID=debian\nVERSION_ID=\"12\"\nPRETTY_NAME=\"Debian GNU/Linux 12\"\n");
        patient.file("proc/sys/kernel/osrelease", "6.1.0-18-amd64\n");
        patient.smi();
        patient.compiler(12, 36);
        patient.sandbox.ok(&["install", "12.4", "--default"]);
        fs::write(patient.sandbox.home().join(".bashrc"), "").expect("written");
        patient.sandbox.ok(&["setup", "--yes", "--shell", "bash"]);
        patient
    }

    /// Serves and installs another release.
    pub(super) fn install(&mut self, release: &str) {
        Release::tiny(release).serve(&self.mirror);
        self.sandbox.ok(&["install", release]);
    }

    /// Writes a file of the machine.
    pub(super) fn file(&mut self, path: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.sandbox.path().join("machine").join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("made");
        fs::write(&path, text).expect("written");
        path
    }

    /// Removes a file or directory of the machine.
    pub(super) fn remove(&mut self, path: &str) {
        let path = self.sandbox.path().join("machine").join(path);
        let _ = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    }

    /// Loads a kernel module, or none.
    pub(super) fn module(&mut self, version: Option<&str>) {
        match version {
            Some(version) => {
                let text = format!("NVRM version: NVIDIA UNIX x86_64 Kernel Module  {version}  Wed\n");
                self.file("proc/driver/nvidia/version", text);
            }
            None => self.remove("proc/driver/nvidia"),
        }
    }

    /// Installs another driver whole.
    pub(super) fn driver(&mut self, version: &str, newest_cuda: &str) {
        self.module(Some(version));
        self.libraries(version, newest_cuda);
    }

    /// Lets the driver's libraries be of a version.
    pub(super) fn libraries(&mut self, version: &str, newest_cuda: &str) {
        (self.driver, self.newest_cuda) = (version.to_owned(), newest_cuda.to_owned());
        self.smi();
    }

    /// Plugs in another GPU.
    pub(super) fn gpu(&mut self, name: &str, capability: &str) {
        self.gpu = (name.to_owned(), capability.to_owned());
        self.smi();
    }

    /// Puts an nvidia-smi on PATH that says what is so.
    pub(super) fn smi(&mut self) {
        let Self { driver, newest_cuda, gpu: (name, capability), .. } = self;
        let script = format!(
            "#!/bin/sh\nif [ $# = 0 ]; then echo '| NVIDIA-SMI {driver}  Driver Version: {driver}  CUDA Version: {newest_cuda} |'; exit; fi\n\
             echo '0, {name}, GPU-5f3c, 00000000:01:00.0, 24576, {driver}, [N/A], {capability}'\n"
        );
        self.program("bin/nvidia-smi", &script);
    }

    /// Lets nvidia-smi fail with a text; none removes it.
    pub(super) fn smi_fails(&mut self, text: Option<&str>) {
        match text {
            Some(text) => self.program("bin/nvidia-smi", &format!("#!/bin/sh\necho '{text}'\nexit 9\n")),
            None => fs::remove_file(self.sandbox.path().join("bin/nvidia-smi")).expect("removed"),
        }
    }

    /// Puts a gcc on PATH, with the headers of a glibc.
    pub(super) fn compiler(&mut self, major: u32, glibc: u32) {
        let text = format!(
            "#!/bin/sh\necho '#define __GNUC__ {major}'\necho '#define __GNUC_MINOR__ 2'\n\
             echo '#define __GNUC_PATCHLEVEL__ 0'\necho '#define __GLIBC__ 2'\necho '#define __GLIBC_MINOR__ {glibc}'\n"
        );
        for name in ["gcc", "g++"] {
            self.program(&format!("bin/{name}"), &text);
        }
    }

    /// Writes a program of the sandbox.
    pub(super) fn program(&self, path: &str, text: &str) {
        let path = self.sandbox.path().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("made");
        fs::write(&path, text).expect("written");
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("a mode");
    }

    /// Makes a toolkit beside the store.
    pub(super) fn toolkit(&mut self, path: &str, release: &str) -> PathBuf {
        super::super::link::toolkit(&self.sandbox, path, release)
    }

    /// Makes a virtual environment with these packages, and activates it.
    pub(super) fn venv(&mut self, packages: &[&str]) -> PathBuf {
        let prefix = self.sandbox.path().join("venv");
        let site = prefix.join("lib/python3.11/site-packages");
        fs::create_dir_all(&site).expect("made");
        for package in packages {
            fs::create_dir_all(site.join(format!("{package}.dist-info"))).expect("made");
        }
        self.sandbox.set("VIRTUAL_ENV", &prefix);
        site
    }

    /// Puts directories before PATH's.
    pub(super) fn path_with(&mut self, directories: &[&Path]) {
        let own = [self.sandbox.path().join("bin"), "/usr/bin".into(), "/bin".into()];
        let all = directories.iter().map(|path| (*path).to_owned()).chain(own);
        self.sandbox.set("PATH", std::env::join_paths(all).expect("a path"));
    }

    /// Lets a toolkit be the one in effect here.
    pub(super) fn choose(&mut self, request: &str) {
        self.sandbox.set("CUDAMAN_VERSION", request);
    }

    /// Links a toolkit with a cuDNN beside the store as `mine`, and chooses it.
    pub(super) fn choose_linked(&mut self, path: &str, release: &str, cudnn: [u32; 3]) {
        let root = self.toolkit(path, release);
        self.sandbox.ok(&["link", "mine", root.to_str().expect("text")]);
        self.choose("mine");
        self.cudnn(cudnn);
    }

    /// Lets the toolkit `mine` have this cuDNN and no other.
    pub(super) fn cudnn(&mut self, [major, minor, patch]: [u32; 3]) {
        let include = self.sandbox.root("mine").join("include");
        fs::create_dir_all(&include).expect("made");
        let header = format!(
            "#define CUDNN_MAJOR {major}\n#define CUDNN_MINOR {minor}\n#define CUDNN_PATCHLEVEL {patch}\n"
        );
        let (name, other) =
            if major < 8 { ("cudnn.h", "cudnn_version.h") } else { ("cudnn_version.h", "cudnn.h") };
        fs::write(include.join(name), header).expect("written");
        let _ = fs::remove_file(include.join(other));
    }

    /// Runs cudaman, which succeeds.
    pub(super) fn ok(&mut self, arguments: &[&str]) {
        self.sandbox.ok(arguments);
    }

    pub(super) fn run(&self, arguments: &[&str]) -> Run {
        self.sandbox.run(arguments)
    }

    /// Returns what `doctor --json` says.
    pub(super) fn report(&self) -> Value {
        let run = self.run(&["doctor", "--json"]);
        assert!(matches!(run.status, 0 | 1 | 3), "{run:?}");
        serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run:?}"))
    }
}

/// Returns the codes of a report.
pub(super) fn codes(report: &Value) -> BTreeSet<&str> {
    let findings = report["findings"].as_array().expect("a list");
    findings.iter().map(|finding| finding["code"].as_str().expect("a code")).collect()
}
