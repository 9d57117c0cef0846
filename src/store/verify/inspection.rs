//! One pass over the store: trees compared with receipts, and files hashed on all cores.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use sha2::{Digest as _, Sha256};

use super::{BY_REPAIR, Report, Severity};
use crate::model::{Digest, EntryKind, PackageId, ToolchainName, ToolchainReceipt};
use crate::store::files::walk;
use crate::store::packages::{matches, mode_of};
use crate::store::{InstalledPackage, StoreError};

/// What one pass found, with what repairing needs to know.
#[derive(Default)]
pub(in crate::store) struct Inspection {
    pub(in crate::store) report: Report,
    pub(in crate::store) damaged_packages: BTreeSet<PackageId>,
    pub(in crate::store) damaged_toolchains: BTreeSet<ToolchainName>,
    pub(in crate::store) lost_receipts: BTreeSet<ToolchainName>,
    pub(in crate::store) wrong_modes: Vec<(PathBuf, u32)>,
    /// What is still to be hashed.
    jobs: Vec<Job>,
}

/// Whose file it is.
#[derive(Clone)]
pub(super) enum Owner {
    Package(PackageId),
    Toolchain(ToolchainName),
}

/// Whether it is known what all of a tree should be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    Known,
    Whole,
}

/// A file as it was found.
struct Found<'a> {
    path: PathBuf,
    metadata: &'a Metadata,
}

/// A file to be hashed.
struct Job {
    path: PathBuf,
    digest: Digest,
    owner: Owner,
}

/// What should stand where, with the package's own file where there is one.
pub(super) type Expected<'a> = BTreeMap<&'a str, (&'a EntryKind, Option<PathBuf>)>;

/// Returns what a composed tree should hold.
pub(super) fn expected<'a>(receipt: &'a ToolchainReceipt, packages: &'a [InstalledPackage]) -> Expected<'a> {
    let fix_ups = receipt.fix_ups.iter().map(|entry| (entry.path.as_str(), (&entry.kind, None)));
    let mut expected: Expected<'a> = fix_ups.collect();
    for package in packages {
        for entry in &package.receipt.entries {
            let source = || (&entry.kind, Some(package.root.join(&entry.path)));
            expected.entry(&entry.path).or_insert_with(source);
        }
    }
    expected
}

impl Inspection {
    pub(super) fn add(&mut self, severity: Severity, path: PathBuf, what: String, hint: String) {
        self.report.add(severity, path, what, hint);
    }

    pub(super) fn damaged(&mut self, owner: &Owner, path: PathBuf, what: &str) {
        let hint = match owner {
            Owner::Package(id) => {
                self.damaged_packages.insert(id.clone());
                "`cudaman install --force` with the toolchains that use it".to_owned()
            }
            Owner::Toolchain(name) => {
                self.damaged_toolchains.insert(name.clone());
                BY_REPAIR.to_owned()
            }
        };
        self.add(Severity::Error, path, what.to_owned(), hint);
    }

    /// Compares a tree with what it should hold; content that has to be hashed becomes a job.
    pub(super) fn compare(
        &mut self,
        owner: &Owner,
        root: &Path,
        mut expected: Expected<'_>,
        extent: Extent,
    ) -> Result<(), StoreError> {
        self.check_mode(root, &fs::symlink_metadata(root).map_err(|error| unreadable(root, error))?, 0o755);
        for found in walk(root)? {
            let path = root.join(&found.path);
            if found.metadata.is_dir() {
                self.check_mode(&path, &found.metadata, 0o755);
                continue;
            }
            match found.path.to_str().and_then(|path| expected.remove(path)) {
                Some((kind, source)) => {
                    let file = Found { path, metadata: &found.metadata };
                    let job = self.compare_file(owner, file, kind, source.as_deref());
                    self.jobs.extend(job);
                }
                None if extent == Extent::Whole => self.surplus(owner, path),
                None => (),
            }
        }
        expected.keys().for_each(|path| self.damaged(owner, root.join(path), "it is missing"));
        Ok(())
    }

    fn compare_file(
        &mut self,
        owner: &Owner,
        Found { path, metadata }: Found<'_>,
        kind: &EntryKind,
        source: Option<&Path>,
    ) -> Option<Job> {
        if !matches(kind, &path, metadata) {
            self.damaged(owner, path, "its type, size or target is not that of the receipt");
            return None;
        }
        let EntryKind::File { digest, .. } = kind else { return None };
        // Another name of the package's file: what is wrong with it is said there.
        let is_same = |source: Metadata| (source.dev(), source.ino()) == (metadata.dev(), metadata.ino());
        if source.and_then(|source| fs::symlink_metadata(source).ok()).is_some_and(is_same) {
            return None;
        }
        self.check_mode(&path, metadata, mode_of(kind));
        Some(Job { path, digest: *digest, owner: owner.clone() })
    }

    /// A file that nobody installed. In a package it would get into no toolchain; in a toolchain it
    /// may be the user's, and goes with the toolchain.
    fn surplus(&mut self, owner: &Owner, path: PathBuf) {
        let hint = match owner {
            Owner::Package(_) => "remove it".to_owned(),
            Owner::Toolchain(_) => "move it elsewhere: it is lost when the toolchain changes".to_owned(),
        };
        self.add(Severity::Notice, path, "cudaman did not install this file".to_owned(), hint);
    }

    fn check_mode(&mut self, path: &Path, metadata: &Metadata, mode: u32) {
        if metadata.permissions().mode() & 0o7777 != mode {
            let what = format!("its mode is not {mode:04o}");
            self.add(Severity::Warning, path.to_owned(), what, BY_REPAIR.to_owned());
            self.wrong_modes.push((path.to_owned(), mode));
        }
    }

    /// Hashes files on all cores. The largest come first, so that no core is left with one at the end.
    pub(super) fn hash(&mut self) {
        let jobs = std::mem::take(&mut self.jobs);
        let size = |job: &Job| fs::metadata(&job.path).map_or(0, |metadata| metadata.len());
        let mut queue: Vec<(u64, &Job)> = jobs.iter().map(|job| (size(job), job)).collect();
        queue.sort_by_key(|(size, _)| std::cmp::Reverse(*size));
        self.report.files += queue.len();
        self.report.bytes += queue.iter().map(|(size, _)| size).sum::<u64>();
        let next = AtomicUsize::new(0);
        let wrong = Mutex::new(Vec::new());
        let work = || {
            while let Some((_, job)) = queue.get(next.fetch_add(1, Ordering::Relaxed)) {
                if let Some(what) = check_content(job) {
                    wrong.lock().expect("no thread panics while it holds the list").push((*job, what));
                }
            }
        };
        std::thread::scope(|scope| {
            let count = std::thread::available_parallelism().map_or(1, usize::from).min(queue.len());
            (1..count).for_each(|_| drop(scope.spawn(work)));
            work();
        });
        let mut wrong = wrong.into_inner().expect("no thread panics while it holds the list");
        wrong.sort_by(|(one, _), (other, _)| one.path.cmp(&other.path));
        let mut said = HashSet::new();
        for (job, what) in wrong.iter().filter(|(job, _)| said.insert(&job.path)) {
            self.damaged(&job.owner, job.path.clone(), what);
        }
    }
}

/// Says what is wrong with a file's content, if anything.
fn check_content(job: &Job) -> Option<String> {
    match hash_file(&job.path) {
        Ok(digest) if digest == job.digest => None,
        Ok(digest) => Some(format!("its content has changed: expected sha256 {}, got {digest}", job.digest)),
        Err(error) => Some(format!("it can't be read: {error}")),
    }
}

/// Hashes a file.
pub(in crate::store) fn hash_file(path: &Path) -> io::Result<Digest> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 256 << 10];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(Digest::from_bytes(hash.finalize().into())),
            length => hash.update(&buffer[..length]),
        }
    }
}

fn unreadable(path: &Path, error: io::Error) -> StoreError {
    StoreError::Io { action: "read", path: path.to_owned(), source: error }
}
