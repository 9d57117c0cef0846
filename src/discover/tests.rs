//! Fake machines.

use std::os::unix::fs::symlink;

use super::*;

struct Machine(tempfile::TempDir);

impl Machine {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a directory"))
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn file(&self, path: &str, content: &str) {
        let path = self.path(path);
        fs_err::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        fs_err::write(path, content).expect("a file");
    }

    fn toolkit(&self, path: &str, release: &str) {
        self.file(&format!("{path}/version.txt"), &format!("CUDA Version {release}\n"));
        self.file(&format!("{path}/bin/nvcc"), "");
    }

    fn found(&self) -> Discovery {
        let environment = Environment { home: self.path("home/me"), ..Environment::default() };
        discover(self.0.path(), &environment)
    }

    fn lines(&self) -> Vec<(String, String)> {
        self.found().toolkits.into_iter().map(|toolkit| (toolkit.name, toolkit.cuda.to_string())).collect()
    }
}

#[test]
fn every_place_is_looked_at_and_each_toolkit_told_once() {
    let machine = Machine::new();
    machine.toolkit("usr/local/cuda-9.0", "9.0.176");
    machine.toolkit("usr/local/cuda-11.8", "11.8.0");
    symlink("cuda-11.8", machine.path("usr/local/cuda")).expect("a link");
    machine.toolkit("opt/nvidia/hpc_sdk/Linux_x86_64/24.3/cuda/12.3", "12.3.0");
    machine.toolkit("home/me/spack/opt/spack/linux/gcc-12/cuda-10.2-abc", "10.2.89");
    machine.toolkit("home/me/miniforge3/envs/my env", "12.4.1");
    machine.file("home/me/miniforge3/envs/my env/conda-meta/history", "");
    machine.toolkit("home/me/.cudup/versions/12.0", "12.0.1");
    machine.file("usr/local/cuda-empty/README", "");
    let names: Vec<String> = machine.lines().into_iter().map(|(name, _)| name).collect();
    assert_eq!(
        names,
        ["local-11.8", "local-9.0", "hpc-12.3", "spack-10.2", "cudup-12.0", "conda-myenv-12.4"]
    );
    let found = machine.found();
    assert_eq!(found.toolkits[0].aliases, [machine.path("usr/local/cuda")]);
    for toolkit in &found.toolkits {
        assert!(toolkit.name.parse::<crate::model::ToolchainName>().is_ok(), "{}", toolkit.name);
    }
}

#[test]
fn the_environment_points_at_toolkits_too() {
    let machine = Machine::new();
    machine.toolkit("data/cuda a", "9.2.148");
    machine.toolkit("data/other", "8.0.61");
    let variables = [
        ("CUDA_HOME".into(), machine.path("data/cuda a").into_os_string()),
        ("PATH".into(), machine.path("data/other/bin").into_os_string()),
    ];
    let environment = Environment { variables: variables.into(), ..Environment::default() };
    let found = discover(machine.0.path(), &environment).toolkits;
    let names: Vec<&str> = found.iter().map(|toolkit| toolkit.name.as_str()).collect();
    assert_eq!(names, ["my-9.2", "my-8.0"]);
}

#[test]
fn two_of_one_release_get_two_names() {
    let machine = Machine::new();
    machine.toolkit("opt/cuda-11.8", "11.8.0");
    machine.toolkit("opt/cuda-11.8-old", "11.8.0");
    assert_eq!(
        machine.lines().iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
        ["opt-11.8", "opt-11.8-2"]
    );
}

#[test]
fn the_package_that_brought_a_toolkit_is_named() {
    let machine = Machine::new();
    machine.toolkit("usr/local/cuda-12.4", "12.4.1");
    machine.file("var/lib/dpkg/info/cuda-nvcc-12-4.list", "/.\n/usr/local/cuda-12.4/bin/nvcc\n");
    machine.file("var/lib/dpkg/info/bash.list", "/usr/local/cuda-12.4/bin/nvcc\n");
    assert_eq!(machine.found().toolkits[0].owner, "the package cuda-nvcc-12-4");
}

#[test]
fn a_cudnn_of_the_system_is_named_with_its_package() {
    let machine = Machine::new();
    machine.file("usr/lib/x86_64-linux-gnu/libcudnn.so.8.9.7", "");
    symlink("libcudnn.so.8.9.7", machine.path("usr/lib/x86_64-linux-gnu/libcudnn.so.8")).expect("a link");
    machine.file(
        "usr/include/x86_64-linux-gnu/cudnn_version.h",
        "#define CUDNN_MAJOR 8\n#define CUDNN_MINOR 9\n#define CUDNN_PATCHLEVEL 7\n",
    );
    machine.file("var/lib/dpkg/info/libcudnn8:amd64.list", "/usr/lib/x86_64-linux-gnu/libcudnn.so.8\n");
    let found = machine.found().cudnn;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].version.as_ref().map(Version::to_string).as_deref(), Some("8.9.7"));
    assert_eq!(found[0].owner.as_deref(), Some("the package libcudnn8"));
}

#[test]
fn loops_and_what_can_not_be_read_are_passed_over() {
    let machine = Machine::new();
    fs_err::create_dir_all(machine.path("usr/local")).expect("a directory");
    symlink("cuda-loop", machine.path("usr/local/cuda-loop")).expect("a link");
    symlink("/nonexistent", machine.path("usr/local/cuda-gone")).expect("a link");
    machine.file("opt/nvidia/hpc_sdk", "a file");
    assert!(machine.found().toolkits.is_empty());
    assert!(discover(Path::new("/nonexistent"), &Environment::default()).toolkits.is_empty());
}
