//! A store in a temporary directory, and packages of a few bytes, for the tests of this module.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use sha2::{Digest as _, Sha256};

use super::seam::Abilities;
use super::{Composition, StagedPackage, Staging, Store, StoreError, Toolchain};
use crate::model::receipt::RECEIPT_FORMAT;
use crate::model::{
    Change, Digest, Entry, EntryKind, FixUp, PackageId, PackageReceipt, Platform, Profile, ToolchainName,
    ToolchainReceipt, Trust,
};
use crate::testing::toolchain_receipt;

/// A store that vanishes with its directory.
pub(super) struct Lab {
    pub(super) store: Store,
    directory: Option<tempfile::TempDir>,
}

/// A file or link of a package to be.
pub(super) struct Piece {
    path: &'static str,
    text: &'static str,
    is_executable: bool,
    is_link: bool,
}

pub(super) fn file(path: &'static str, text: &'static str) -> Piece {
    Piece { path, text, is_executable: false, is_link: false }
}

pub(super) fn executable(path: &'static str, text: &'static str) -> Piece {
    Piece { is_executable: true, ..file(path, text) }
}

pub(super) fn link(path: &'static str, target: &'static str) -> Piece {
    Piece { is_link: true, ..file(path, target) }
}

pub(super) fn fix_up(path: &str, content: &str) -> FixUp {
    FixUp { path: path.to_owned(), change: Change::File { content: content.into(), executable: false } }
}

pub(super) fn digest_of(bytes: &[u8]) -> Digest {
    Digest::from_bytes(Sha256::digest(bytes).into())
}

pub(super) fn name(text: &str) -> ToolchainName {
    text.parse().expect(text)
}

/// A directory in memory where there is one: these tests sync thousands of times, and what they
/// test is the order of steps.
pub(super) fn directory() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("a directory")
}

/// Waits for something that another test may delay: a process that it forks holds our locks too,
/// until it executes its program.
pub(super) fn eventually(is_so: impl Fn() -> bool) -> bool {
    (0..400).any(|_| {
        is_so() || {
            std::thread::sleep(std::time::Duration::from_millis(5));
            false
        }
    })
}

impl Lab {
    pub(super) fn new() -> Self {
        Self::beside(&[])
    }

    /// A store that knows further ones.
    pub(super) fn beside(further: &[PathBuf]) -> Self {
        let directory = directory();
        let store = Store::open(&directory.path().join("home"), further).expect("opened");
        store.prepare().expect("prepared");
        Self { store, directory: Some(directory) }
    }

    /// A store that stays.
    pub(super) fn at(home: &std::path::Path) -> Self {
        let store = Store::open(home, &[]).expect("opened");
        store.prepare().expect("prepared");
        Self { store, directory: None }
    }

    /// Takes abilities of the file system away.
    pub(super) fn with_abilities(mut self, exchange: bool, hard_links: bool) -> Self {
        self.store.abilities = Abilities { exchange, hard_links };
        self
    }

    /// The same store as the next process opens it.
    pub(super) fn reopen(&self) -> Store {
        let mut store = Store::open(self.store.home(), &[]).expect("opened");
        store.abilities = self.store.abilities;
        store
    }

    pub(super) fn with(self, store: Store) -> Self {
        Self { store, ..self }
    }

    pub(super) fn path(&self, path: &str) -> PathBuf {
        self.store.home().join(path)
    }

    pub(super) fn outside(&self, path: &str) -> PathBuf {
        self.directory.as_ref().expect("a directory of its own").path().join(path)
    }

    pub(super) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).expect(path)
    }

    pub(super) fn inode(&self, path: &str) -> u64 {
        fs::symlink_metadata(self.path(path)).expect(path).ino()
    }

    pub(super) fn staged(&self, staging: &Staging, component: &str, pieces: &[Piece]) -> StagedPackage {
        let tree = staging.directory(component).expect("a tree");
        let mut entries: Vec<Entry> = pieces.iter().map(|piece| write(&tree, piece)).collect();
        entries.sort();
        let version = "1.0".parse().expect("a version");
        let digest = digest_of(format!("{component}{entries:?}").as_bytes());
        let component = component.parse().expect(component);
        let receipt = PackageReceipt {
            format: RECEIPT_FORMAT,
            id: PackageId::new(&component, &version, Platform::LinuxX86_64, &digest),
            component,
            version,
            platform: Platform::LinuxX86_64,
            source: "redist".to_owned(),
            url: "https://example.invalid/x".to_owned(),
            digest,
            size: 1,
            trust: Trust::Manifest,
            licence: None,
            owner: None,
            entries,
        };
        StagedPackage { tree, receipt }
    }

    /// Installs a package.
    pub(super) fn add(&self, component: &str, pieces: &[Piece]) -> PackageId {
        let staging = self.store.stage("test").expect("staged");
        let staged = self.staged(&staging, component, pieces);
        let id = staged.receipt.id.clone();
        self.store.commit_packages(vec![staged]).expect("committed");
        id
    }

    pub(super) fn draft(&self, toolchain: &str, packages: &[&PackageId], fix_ups: &[FixUp]) -> Composition {
        let receipt = ToolchainReceipt {
            packages: packages.iter().map(|id| (*id).clone()).collect(),
            ..toolchain_receipt(toolchain, Profile::Devel)
        };
        Composition { receipt, fix_ups: fix_ups.to_vec() }
    }

    pub(super) fn compose(
        &self,
        toolchain: &str,
        packages: &[&PackageId],
        fix_ups: &[FixUp],
    ) -> Result<Toolchain, StoreError> {
        self.store.compose(&self.draft(toolchain, packages, fix_ups))
    }

    /// Installs a toolchain of one small package.
    pub(super) fn install(&self, toolchain: &str) -> Toolchain {
        let id = self.add("cuda_nvcc", &[executable("bin/nvcc", "nvcc"), file("version.json", "{}")]);
        self.compose(toolchain, &[&id], &[]).expect("composed")
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.store.toolchains().iter().map(|toolchain| toolchain.name.to_string()).collect()
    }

    /// Prepares the store, as the next command does, until nothing is left over. A process that
    /// another test starts holds our locks from its fork to its exec: a staging looks alive then.
    pub(super) fn prepare(&self) {
        let is_clean = || {
            self.store.prepare().expect("prepared");
            let report = self.store.verify(super::Repair::No).expect("verified");
            let is_swept = fs::read_dir(self.path("tmp")).expect("listed").next().is_none();
            is_swept && report.problems.iter().all(|problem| !problem.what.contains("was stopped"))
        };
        assert!(eventually(is_clean), "leftovers stay");
    }

    /// Asserts that the store is healthy, and that nothing is left over.
    pub(super) fn assert_healthy(&self, context: &str) {
        let report = self.store.verify(super::Repair::No).expect("verified");
        assert!(report.problems.is_empty(), "{context}: {:#?}", report.problems);
    }
}

fn write(tree: &std::path::Path, piece: &Piece) -> Entry {
    let path = tree.join(piece.path);
    fs::create_dir_all(path.parent().expect("a parent")).expect("made");
    let kind = if piece.is_link {
        std::os::unix::fs::symlink(piece.text, path).expect("linked");
        EntryKind::Link { target: piece.text.to_owned() }
    } else {
        fs::write(path, piece.text).expect("written");
        let digest = digest_of(piece.text.as_bytes());
        EntryKind::File { size: piece.text.len() as u64, digest, executable: piece.is_executable }
    };
    Entry { path: piece.path.to_owned(), kind }
}
