//! The store that the real stories share, and the ways into its toolkits.
//!
//! Installs run in the tester's own environment, for that is what pip's configuration belongs to; what
//! compiles runs in a clean one, so that no other CUDA on the machine takes part.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Instant;

use crate::support::{CUDAMAN, Run, Sandbox, skip};

/// Two releases whose wheels hold a compiler and whose layouts differ.
pub(super) const OLDER: &str = "13.0";
pub(super) const NEWER: &str = "13.4";

/// A directory for projects, and a store with both toolkits of which the older one is the default.
pub(super) struct Workshop {
    pub(super) sandbox: Sandbox,
}

impl Workshop {
    /// Opens the workshop on the kept store.
    pub(super) fn open() -> Option<Self> {
        static KEPT: OnceLock<Option<PathBuf>> = OnceLock::new();
        let store = KEPT.get_or_init(|| may_run().then(install_kept)).as_ref()?;
        let mut sandbox = Sandbox::new();
        sandbox.set("CUDAMAN_HOME", store);
        Some(Self { sandbox })
    }

    /// Makes a workshop whose store is empty but for the downloads of the kept one.
    pub(super) fn with_empty_home(&self) -> Self {
        let sandbox = Sandbox::new();
        seed(&sandbox.store(), &self.sandbox.store().join("cache"));
        Self { sandbox }
    }

    /// Installs into the store, as the tester would.
    pub(super) fn install(&self, arguments: &[&str]) -> Run {
        timed(&format!("install {}", arguments.join(" ")), || install(&self.sandbox.store(), arguments))
    }

    /// Prepares a program in a directory, with cudaman's shims before the system's programs.
    pub(super) fn through_shims(&self, directory: &Path, program: impl AsRef<OsStr>) -> Command {
        let shims = self.sandbox.store().join("shims/bin");
        let mut command = self.sandbox.command(program);
        command
            .current_dir(directory)
            .env("PATH", format!("{}:/usr/local/bin:/usr/bin:/bin", shims.display()));
        command
    }

    /// Prepares a program in a directory through `cudaman exec`.
    pub(super) fn exec(&self, request: &str, directory: &Path, program: impl AsRef<OsStr>) -> Command {
        let mut command = self.sandbox.cudaman(&["exec", request, "--"]);
        command.arg(program).current_dir(directory);
        command
    }

    /// Returns the root of the only installed toolchain that a request fits.
    pub(super) fn root(&self, request: &str) -> PathBuf {
        let json = self.sandbox.ok(&["env", request, "--format", "json"]);
        let variables: serde_json::Value = serde_json::from_str(&json).expect("JSON");
        PathBuf::from(variables["CUDA_HOME"].as_str().expect("a root"))
    }

    /// Makes a project with the small program, pinned if a pin is given.
    pub(super) fn project(&self, name: &str, pin: Option<&str>) -> PathBuf {
        let project = self.sandbox.project(name, pin);
        fs::write(project.join("small.cu"), include_str!("small.cu")).expect("a source");
        fs::copy(repository().join("examples/vector-add.cu"), project.join("vector-add.cu"))
            .expect("a source");
        project
    }
}

/// Runs a command, which has to succeed, and returns its stdout.
pub(super) fn ok(command: &mut Command) -> String {
    let run = timed(&shown(command), || Run::of(command));
    assert_eq!(run.status, 0, "{command:?}:\n{}\n{}", run.stdout, run.stderr);
    run.stdout
}

/// Runs a step and tells how long it took.
pub(super) fn timed<T>(what: &str, step: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = step();
    eprintln!("real: {:6.1} s  {what}", start.elapsed().as_secs_f64());
    result
}

/// Asserts that a program of ours says which runtime it was linked with.
pub(super) fn assert_runtime(printed: &str, request: &str) {
    let first = printed.lines().next().unwrap_or_default();
    assert_eq!(first.split_whitespace().collect::<Vec<_>>(), ["runtime", request], "{printed}");
}

/// Returns where downloads other than cudaman's stay between runs.
pub(super) fn downloads() -> PathBuf {
    let directory = repository().join("target/real-cache");
    fs::create_dir_all(&directory).expect("a directory for downloads");
    directory
}

/// Downloads one distribution without its dependencies, by pip as this machine configures it.
pub(super) fn pip_download(requirement: &str, into: &Path, options: &[&str]) -> Result<(), String> {
    let mut command = Command::new("python3");
    command.args(["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--dest"]);
    command.arg(into).args(options).arg(requirement).stdin(std::process::Stdio::null());
    let output = timed(&format!("pip download {requirement}"), || command.output());
    match output {
        Err(error) => Err(format!("python3 can't be started: {error}")),
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => {
            let text = String::from_utf8_lossy(&output.stderr).into_owned();
            Err(text.lines().find(|line| line.contains("ERROR")).unwrap_or("pip failed").to_owned())
        }
    }
}

/// Returns the one file of a directory whose name begins so.
pub(super) fn named(directory: &Path, prefix: &str) -> Option<PathBuf> {
    let mut entries = fs::read_dir(directory).ok()?.filter_map(Result::ok);
    entries.find(|entry| entry.file_name().to_string_lossy().starts_with(prefix)).map(|entry| entry.path())
}

/// Returns the directory of the repository.
pub(super) fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Tells whether real toolkits are asked for and pip reaches its index, which needs no cudaman to
/// be found out: where pip gets through, cudaman has to.
fn may_run() -> bool {
    if std::env::var_os("CUDAMAN_TEST_REAL").is_none_or(|asked| asked != "1") {
        skip("real toolkits", "CUDAMAN_TEST_REAL is not 1");
        return false;
    }
    let scratch = tempfile::tempdir().expect("a directory");
    let probed = pip_download("cuda-toolkit==13.0.2", scratch.path(), &[]);
    if let Err(reason) = &probed {
        skip("real toolkits", &format!("pip can't download a wheel of 2 kB: {reason}"));
    }
    probed.is_ok()
}

fn install_kept() -> PathBuf {
    let store = repository().join("target/real-store");
    keep_archives(&store);
    for request in [OLDER, NEWER] {
        let run = timed(&format!("kept store: {request}"), || {
            install(&store, &[request, "--source", "pypi", "--profile", "minimal"])
        });
        run.expect(0, &[]);
    }
    store
}

fn install(store: &Path, arguments: &[&str]) -> Run {
    let mut command = Command::new(CUDAMAN);
    let is_ours = |name: &str| name.starts_with("CUDA") || name.starts_with("NVCC");
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_str().is_some_and(is_ours)) {
        command.env_remove(name);
    }
    command.env("CUDAMAN_HOME", store).stdin(std::process::Stdio::null());
    Run::of(command.arg("install").args(arguments))
}

fn keep_archives(store: &Path) {
    fs::create_dir_all(store).expect("a store");
    fs::write(store.join("config.toml"), "keep-archives = true\n").expect("settings");
}

/// Gives a new home the downloads of another: archives by their sha256, which is checked again.
fn seed(store: &Path, cache: &Path) {
    keep_archives(store);
    let directory = store.join("cache");
    fs::create_dir_all(&directory).expect("a cache");
    for entry in fs::read_dir(cache).expect("the kept cache").filter_map(Result::ok) {
        let to = directory.join(entry.file_name());
        if entry.path().is_file() && fs::hard_link(entry.path(), &to).is_err() {
            fs::copy(entry.path(), &to).expect("a copy");
        }
    }
}

fn shown(command: &Command) -> String {
    let name = |path: &OsStr| Path::new(path).file_name().unwrap_or(path).to_string_lossy().into_owned();
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let line = words.map(name).collect::<Vec<_>>().join(" ");
    line.lines().next().unwrap_or_default().chars().take(100).collect()
}
