//! A sandbox: a HOME, a store and a clean environment in which the real program runs.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use super::mirror::Mirror;

/// The program under test.
pub(crate) const CUDAMAN: &str = env!("CARGO_BIN_EXE_cudaman");

/// A home directory and the environment of a new user.
pub(crate) struct Sandbox {
    directory: tempfile::TempDir,
    home: PathBuf,
    variables: Vec<(OsString, OsString)>,
}

/// What a run printed, and its exit status; killed by a signal counts as 128 and its number.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Sandbox {
    /// Makes a sandbox whose HOME has a plain name.
    pub(crate) fn new() -> Self {
        Self::with_home_named("home")
    }

    /// Makes a sandbox whose HOME has this name.
    pub(crate) fn with_home_named(name: &str) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let home = directory.path().join(name);
        std::fs::create_dir_all(&home).expect("a home");
        Self { directory, home, variables: Vec::new() }
    }

    /// Points the sandbox at a mirror and away from every other network.
    pub(crate) fn with_mirror(mut self, mirror: &Mirror) -> Self {
        self.set("CUDAMAN_MIRROR", mirror.url().as_str());
        self.set("CUDAMAN_SOURCES", "redist");
        self
    }

    /// Sets a variable for every run.
    pub(crate) fn set(&mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) {
        self.variables.push((name.as_ref().to_owned(), value.as_ref().to_owned()));
    }

    /// Returns the directory that holds the home and whatever the test adds.
    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Returns the user's home.
    pub(crate) fn home(&self) -> &Path {
        &self.home
    }

    /// Returns the store.
    pub(crate) fn store(&self) -> PathBuf {
        let moved = self.variables.iter().rev().find(|(name, _)| name == "CUDAMAN_HOME");
        moved.map_or_else(|| self.home.join(".cudaman"), |(_, path)| PathBuf::from(path))
    }

    /// Returns a toolchain's root.
    pub(crate) fn root(&self, name: &str) -> PathBuf {
        self.store().join("versions").join(name)
    }

    /// Makes a directory below the sandbox, with a pin if one is given.
    pub(crate) fn project(&self, name: &str, pin: Option<&str>) -> PathBuf {
        let path = self.path().join(name);
        std::fs::create_dir_all(&path).expect("a project");
        if let Some(pin) = pin {
            std::fs::write(path.join(".cuda-version"), pin).expect("a pin");
        }
        path
    }

    /// Prepares a program in the sandbox's environment.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("HOME", &self.home)
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("LANG", "C.UTF-8");
        command.env("TMPDIR", self.path()).current_dir(self.path()).stdin(std::process::Stdio::null());
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Prepares cudaman.
    pub(crate) fn cudaman(&self, arguments: &[&str]) -> Command {
        let mut command = self.command(CUDAMAN);
        command.args(arguments);
        command
    }

    /// Runs cudaman.
    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        Run::of(&mut self.cudaman(arguments))
    }

    /// Runs cudaman in a directory.
    pub(crate) fn run_in(&self, directory: &Path, arguments: &[&str]) -> Run {
        Run::of(self.cudaman(arguments).current_dir(directory))
    }

    /// Runs cudaman, which has to succeed, and returns its stdout.
    pub(crate) fn ok(&self, arguments: &[&str]) -> String {
        let run = self.run(arguments);
        assert_eq!(run.status, 0, "cudaman {arguments:?}: {run:?}");
        run.stdout
    }

    /// Runs a shim.
    pub(crate) fn shim(&self, tool: &str, directory: &Path, arguments: &[&str]) -> Run {
        let mut command = self.command(self.store().join("shims/bin").join(tool));
        Run::of(command.args(arguments).current_dir(directory))
    }

    /// Asserts that the store is whole and that nothing is left over.
    pub(crate) fn assert_healthy(&self) {
        let run = self.run(&["verify"]);
        assert_eq!(run.status, 0, "verify: {run:?}");
    }
}

impl Run {
    /// Runs a command to its end.
    pub(crate) fn of(command: &mut Command) -> Self {
        Self::from(command.output().expect("the program starts"))
    }

    /// Asserts the status, and that stderr contains every text.
    pub(crate) fn expect(&self, status: i32, texts: &[&str]) -> &Self {
        assert_eq!(self.status, status, "{self:?}");
        for text in texts {
            assert!(self.stderr.contains(text), "stderr lacks {text:?}: {self:?}");
        }
        assert!(!self.stderr.contains("panicked"), "{self:?}");
        self
    }
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        use std::os::unix::process::ExitStatusExt as _;
        let signalled = output.status.signal().map(|signal| 128 + signal);
        Self {
            status: output.status.code().or(signalled).expect("a status"),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}
