//! Unpacks the files into staging, on all cores, from where they lie.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context as _, Result};
use url::Url;

use super::add_ons;
use super::recognise::Found;
use super::{SOURCE, evidence, input, is_empty};
use crate::context::Context;
use crate::error::{Advise as _, advised};
use crate::fetch;
use crate::layout::{self, Placement};
use crate::model::receipt::RECEIPT_FORMAT;
use crate::model::{Artifact, Entry, PackageId, PackageReceipt, Version};
use crate::store::{StagedPackage, Staging, StoreError};
use crate::unpack::{self, Archive, Limits, Refusal, Task, Tree, UnpackError};

/// A file that is unpacked, and what it turned out to be.
pub(super) struct Staged {
    pub(super) package: StagedPackage,
    /// The CUDA release that it belongs to, as exactly as it says.
    pub(super) release: Option<Version>,
    /// The CUDA major that an add-on was built for.
    pub(super) built_for: Option<u32>,
    /// The user's file.
    pub(super) path: PathBuf,
}

/// A file on its way.
struct Job<'a> {
    found: &'a Found,
    archive: Option<Box<dyn Archive>>,
    tree: Tree<'a>,
    root: PathBuf,
}

/// Unpacks all files. Packages that hold nothing, as those do that only name others, are left out.
pub(super) fn unpack(found: &[Found], staging: &Staging, context: &Context) -> Result<Vec<Staged>> {
    let placements: Vec<Placement> = found.iter().map(placement).collect::<Result<_>>()?;
    let progress = context.ui.progress(found.iter().map(|one| one.input.size).sum());
    let mut jobs = Vec::new();
    for (index, (found, placement)) in found.iter().zip(&placements).enumerate() {
        let root = staging.directory(&format!("file{index}")).hint_from(StoreError::hint)?;
        let (path, format) = (&found.input.path, found.input.format);
        let archive = match found.input.listing {
            Some(_) => None,
            None => Some(unpack::open(path, format, limits(found)).hint(advice())?),
        };
        let tree = Tree::create(&root, path, placement, limits(found)).hint_from(UnpackError::hint)?;
        jobs.push(Job { found, archive, tree, root });
    }
    run(&jobs)?;
    let mut staged = Vec::new();
    for job in jobs {
        let size = job.found.input.size;
        let done = progress.archive(job.found.component.as_str(), size);
        done.advance(i64::try_from(size).unwrap_or(i64::MAX));
        let one = job.finish(&staged)?;
        done.done();
        if !is_empty(&one.package.receipt) {
            staged.push(one);
        }
    }
    Ok(staged)
}

/// Does the pieces of all jobs, the longest first.
fn run(jobs: &[Job<'_>]) -> Result<()> {
    let mut pieces: Vec<(&Job<'_>, Option<Task>)> = Vec::new();
    for job in jobs {
        match &job.archive {
            Some(archive) => pieces.extend(archive.tasks().into_iter().map(|task| (job, Some(task)))),
            None => pieces.push((job, None)),
        }
    }
    pieces.sort_by_key(|(_, task)| task.as_ref().map(|task| task.cost));
    let workers = std::thread::available_parallelism().map_or(2, usize::from).min(pieces.len());
    let queue = Mutex::new((pieces, None));
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().unwrap_or_else(PoisonError::into_inner).0.pop();
                    let Some((job, task)) = next else { return };
                    if let Err(error) = job.run(task.as_ref()) {
                        let mut queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
                        queue.0.clear();
                        queue.1.get_or_insert(error);
                    }
                }
            });
        }
    });
    match queue.into_inner().unwrap_or_else(PoisonError::into_inner).1 {
        Some(error) => Err(error),
        None => Ok(()),
    }
}

impl Job<'_> {
    fn run(&self, task: Option<&Task>) -> Result<()> {
        let result = match (&self.archive, task, &self.found.input.listing) {
            (Some(archive), Some(task), _) => archive.run(task, &self.tree),
            (_, _, Some(listing)) => listing.unpack(self.found.platform.target(), &self.tree),
            _ => Ok(()),
        };
        result.map_err(|error| self.advise(error)).with_context(|| self.failure())
    }

    fn finish(self, before: &[Staged]) -> Result<Staged> {
        let (path, failure) = (self.found.input.path.clone(), self.failure());
        let entries = self.tree.finish().map_err(advise).context(failure)?;
        self.found.input.check_unchanged()?;
        let found = self.found;
        let whole =
            before.iter().find(|one| found.is_part && one.package.receipt.digest == found.input.digest);
        let release = match whole {
            Some(whole) => whole.release.clone(),
            None => release(found, &self.root, &entries),
        };
        let version = version(found, release.as_ref(), &self.root)?;
        let package = StagedPackage { tree: self.root, receipt: receipt(found, version, entries)? };
        Ok(Staged { package, release, built_for: found.built_for, path })
    }

    /// What a directory holds is read twice, and has to be the same the second time.
    fn advise(&self, error: UnpackError) -> anyhow::Error {
        let is_changed = matches!(
            &error,
            UnpackError::Refused { refusal: Refusal::Digest { .. } | Refusal::Size { .. }, .. }
        );
        if is_changed && self.found.input.listing.is_some() {
            return input::changed(&self.found.input.path, Some(&error));
        }
        advise(error)
    }

    fn failure(&self) -> String {
        format!("could not install from `{}`", self.found.input.path.display())
    }
}

/// Finds out the CUDA release: what the package says, if that is all of it, else what its files say.
/// Add-ons have none.
fn release(found: &Found, root: &Path, entries: &[Entry]) -> Option<Version> {
    if add_ons::kind_of(&found.component).is_some() {
        return None;
    }
    let said = found.release.clone();
    if said.as_ref().is_some_and(|release| release.numbers().len() > 2) {
        return said;
    }
    evidence::cuda_release(root, entries).or(said).or_else(|| release_of(found))
}

/// The compiler's and the runtime's own version begins with that of the release.
fn release_of(found: &Found) -> Option<Version> {
    let tells = ["cuda_cudart", "cuda_nvcc", "cuda_nvrtc"].contains(&found.component.as_str());
    found.version.as_ref().filter(|_| tells).map(|version| version.truncated(2))
}

fn version(found: &Found, release: Option<&Version>, root: &Path) -> Result<Version> {
    let of_content = || match found.component.as_str() {
        "cudnn" => layout::cudnn_version(root),
        _ => release.cloned(),
    };
    found.version.clone().or_else(of_content).ok_or_else(|| {
        advised(
            format!("`{}` says nowhere which version it is", found.input.path.display()),
            "a toolkit has `version.json`, `version.txt` or `include/cuda.h`",
        )
    })
}

fn receipt(found: &Found, version: Version, entries: Vec<Entry>) -> Result<PackageReceipt> {
    let digest = found.input.digest;
    Ok(PackageReceipt {
        format: RECEIPT_FORMAT,
        id: PackageId::new(&found.component, &version, found.platform, &digest),
        component: found.component.clone(),
        version,
        platform: found.platform,
        source: SOURCE.to_owned(),
        url: fetch::shown(&url(found)?),
        digest,
        size: found.input.size,
        trust: found.trust(),
        licence: None,
        owner: found.owner().map(str::to_owned),
        entries,
    })
}

/// NVIDIA's files unpack to two or three times their size. What announces a hundredfold holds nothing
/// that anybody wants, and it would fill the disk before that shows.
fn limits(found: &Found) -> Limits {
    const RATIO: u64 = 100;
    const LEAST: u64 = 2 << 30;
    let most = Limits::default();
    let size = &found.input.size;
    Limits { bytes: size.saturating_mul(RATIO).max(LEAST).min(most.bytes), ..most }
}

fn placement(found: &Found) -> Result<Placement> {
    let placement = layout::placement(&artifact(found)?);
    Ok(if found.is_part { placement.out_of_toolkit() } else { placement })
}

/// The file as the layout sees it: its version and digest decide nothing there.
fn artifact(found: &Found) -> Result<Artifact> {
    Ok(Artifact {
        component: found.component.clone(),
        version: found.version.clone().unwrap_or_else(|| Version::from_numbers([0])),
        platform: found.platform,
        url: url(found)?,
        checksum: found.input.digest.into(),
        trust: found.trust(),
        size: Some(found.input.size),
        format: found.input.format,
        source: SOURCE,
        licence: None,
    })
}

fn url(found: &Found) -> Result<Url> {
    let path = &found.input.path;
    Url::from_file_path(path).map_err(|()| anyhow::anyhow!("`{}` is no absolute path", path.display()))
}

fn advise(error: UnpackError) -> anyhow::Error {
    let result: Result<(), UnpackError> = Err(error);
    let is_disk =
        |error: &UnpackError| matches!(error, UnpackError::DiskFull { .. } | UnpackError::Io { .. });
    let hint = |error: &UnpackError| if is_disk(error) { error.hint() } else { Some(advice()) };
    result.hint_from(hint).expect_err("an error")
}

fn advice() -> String {
    "compare the file's size and sha256 with those of the original, and copy it again".to_owned()
}
