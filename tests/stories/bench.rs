//! What every fault story shares: a mirror, a store with a toolkit that must survive, and the checks
//! that follow every fault.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::support::{Mirror, Release, Run, Sandbox};

/// Where a mirror has the archives of the toolkit that the stories install.
pub(super) const REDIST: &str = "/compute/cuda/redist/";

/// The install that the stories disturb.
pub(super) const INSTALL: &[&str] = &["install", "12.4", "--profile", "minimal"];

/// A mirror, and a store in which 13.0.2 is installed: the sentinel.
pub(super) struct Bench {
    pub(super) mirror: Mirror,
    pub(super) sandbox: Sandbox,
    sentinel: BTreeMap<PathBuf, (u32, Vec<u8>)>,
}

impl Bench {
    pub(super) fn new() -> Self {
        Self::in_sandbox(Sandbox::new())
    }

    pub(super) fn in_sandbox(sandbox: Sandbox) -> Self {
        let mirror = Mirror::start();
        Release::tiny("12.4.1").serve(&mirror);
        Release::tiny("13.0.2").serve(&mirror);
        let sandbox = sandbox.with_mirror(&mirror);
        sandbox.ok(&["install", "13.0", "--profile", "minimal"]);
        let sentinel = tree(&sandbox.root("13.0.2"));
        mirror.clear_log();
        Self { mirror, sandbox, sentinel }
    }

    /// Runs a command that has to fail with words, and asserts that it did no harm.
    pub(super) fn fail(&self, arguments: &[&str], texts: &[&str]) -> Run {
        let run = self.sandbox.run(arguments);
        assert_ne!(run.status, 0, "{arguments:?} should fail with {texts:?}: {run:?}");
        self.assert_refused(&run, texts);
        run
    }

    /// Asserts that a run failed with words, and did no harm.
    pub(super) fn assert_refused(&self, run: &Run, texts: &[&str]) {
        run.expect(1, texts);
        assert!(run.stderr.contains("hint:"), "no hint: {run:?}");
        assert!(!run.stderr.contains("RUST_BACKTRACE"), "{run:?}");
        self.assert_unharmed();
        assert!(!self.sandbox.root("12.4.1").exists(), "half a toolchain");
    }

    /// Asserts that the sentinel is as it was and runs, and that the store is healthy.
    pub(super) fn assert_unharmed(&self) {
        self.assert_sentinel();
        let run = self.sandbox.shim("nvcc", self.sandbox.path(), &["+13.0", "x.cu"]);
        assert!(run.stdout.starts_with("nvcc 13.0.99"), "{run:?}");
        self.sandbox.assert_healthy();
    }

    pub(super) fn assert_sentinel(&self) {
        assert_eq!(tree(&self.sandbox.root("13.0.2")), self.sentinel, "the sentinel changed");
    }

    /// Asserts that the same command works without the fault, and leaves nothing over.
    pub(super) fn assert_recovers(&self, arguments: &[&str]) {
        self.mirror.clear_faults();
        self.sandbox.ok(arguments);
        self.assert_unharmed();
        self.assert_tidy();
    }

    /// Asserts that nothing temporary is left.
    pub(super) fn assert_tidy(&self) {
        assert_tidy(&self.sandbox);
    }

    /// Returns the path of an archive of the toolkit on the mirror.
    pub(super) fn archive(&self, component: &str) -> String {
        archive(component)
    }
}

/// Returns the path of an archive of CUDA 12.4.1 on a mirror.
pub(super) fn archive(component: &str) -> String {
    format!("{REDIST}{component}/linux-x86_64/{component}-linux-x86_64-12.4.99-archive.tar.xz")
}

/// Asserts that a store holds nothing temporary.
pub(super) fn assert_tidy(sandbox: &Sandbox) {
    for directory in ["tmp", "trash", "cache/parts", "cache"] {
        let path = sandbox.store().join(directory);
        let mut names: Vec<_> = std::fs::read_dir(path)
            .expect(directory)
            .map(|entry| entry.expect("an entry").file_name())
            .collect();
        names.retain(|name| name != "parts");
        assert!(names.is_empty(), "{directory}: {names:?}");
    }
}

/// Reads a tree: path, mode, and content or target.
pub(super) fn tree(root: &Path) -> BTreeMap<PathBuf, (u32, Vec<u8>)> {
    let mut found = BTreeMap::new();
    let mut open = vec![root.to_owned()];
    while let Some(directory) = open.pop() {
        for entry in std::fs::read_dir(&directory).expect("a directory") {
            let path = entry.expect("an entry").path();
            let metadata = std::fs::symlink_metadata(&path).expect("an entry");
            let content = if metadata.is_dir() {
                open.push(path.clone());
                Vec::new()
            } else if metadata.is_symlink() {
                std::fs::read_link(&path).expect("a link").into_os_string().into_encoded_bytes()
            } else {
                std::fs::read(&path).expect("a file")
            };
            found.insert(path, (metadata.permissions().mode(), content));
        }
    }
    found
}
