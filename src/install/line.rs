//! The assembly line: threads that download feed threads that unpack, the longest decode first, so
//! that decoding goes on while other archives still arrive.

use std::collections::{BinaryHeap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use anyhow::{Context as _, Result};

use super::arrival::Arrival;
use super::id_of;
use super::piece::Piece;
use crate::context::Context;
use crate::error::{Advise as _, with_advice};
use crate::fetch::{self, Client, Download, FetchError};
use crate::layout::Placement;
use crate::model::receipt::RECEIPT_FORMAT;
use crate::model::{Artifact, Digest, Entry, Format, PackageReceipt};
use crate::store::{Claim, StagedPackage, Staging, StoreError};
use crate::ui::{ArchiveProgress, Progress};
use crate::unpack::{self, Archive, Limits, Tree, UnpackError};

/// The line, for one set of archives.
pub(super) struct Line<'a> {
    context: &'a Context,
    client: Client,
    staging: &'a Staging,
    progress: &'a Progress<'a>,
    state: Mutex<State<'a>>,
    wake: Condvar,
}

#[derive(Default)]
struct State<'a> {
    downloads: VecDeque<&'a Arrival<'a>>,
    ready: BinaryHeap<Piece<'a>>,
    /// Packages that are not staged yet.
    open: usize,
    staged: Vec<StagedPackage>,
    failure: Option<anyhow::Error>,
}

/// One package of an archive that has arrived. Its pieces share it; whoever lets go of it last stages it.
pub(super) struct Job<'a> {
    artifact: &'a Artifact,
    archive: Box<dyn Archive>,
    tree: Tree<'a>,
    root: PathBuf,
    digest: Digest,
    size: u64,
    progress: Arc<ArchiveProgress<'a>>,
}

impl<'a> Line<'a> {
    pub(super) fn new(
        arrivals: &'a [Arrival<'a>],
        staging: &'a Staging,
        progress: &'a Progress<'a>,
        context: &'a Context,
    ) -> Result<Self> {
        let open = arrivals.iter().map(|arrival| arrival.packages.len()).sum();
        let state = State { downloads: arrivals.iter().collect(), open, ..State::default() };
        let client = context.client()?;
        Ok(Self { context, client, staging, progress, state: Mutex::new(state), wake: Condvar::new() })
    }

    /// Runs until every package is staged, or one has failed.
    pub(super) fn run(&self) -> Result<Vec<StagedPackage>> {
        let count = self.lock().downloads.len();
        let unpackers = std::thread::available_parallelism().map_or(2, usize::from);
        std::thread::scope(|scope| {
            for _ in 0..self.context.config.jobs.min(count) {
                scope.spawn(|| self.download_all());
            }
            for _ in 0..unpackers {
                scope.spawn(|| self.unpack_all());
            }
        });
        let mut state = self.lock();
        match state.failure.take() {
            Some(failure) => Err(failure),
            None => Ok(std::mem::take(&mut state.staged)),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<'a>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fail(&self, error: anyhow::Error) {
        let mut state = self.lock();
        state.failure.get_or_insert(error);
        state.downloads.clear();
        self.client.cancel();
        self.wake.notify_all();
    }

    fn download_all(&self) {
        loop {
            let next = self.lock().downloads.pop_front();
            let Some(arrival) = next else { return };
            match self.arrive(arrival) {
                Ok(Some(jobs)) => jobs.into_iter().for_each(|job| self.enqueue(Arc::new(job))),
                Ok(None) => arrival.packages.iter().for_each(|_| self.close(None)),
                Err(error) => self.fail(error.context(title(arrival.artifact))),
            }
        }
    }

    fn arrive(&self, arrival: &'a Arrival<'a>) -> Result<Option<Vec<Job<'a>>>> {
        let progress = self.progress.archive(&title(arrival.artifact), arrival.bytes());
        let Some((path, digest)) = self.archive(arrival, &progress)? else { return Ok(None) };
        let size = fs_err::metadata(&path)?.len();
        progress.unpacking();
        let progress = Arc::new(progress);
        let job = |(artifact, placement): &'a (&'a Artifact, Placement)| {
            let archive = unpack::open(&path, artifact.format, Limits::default())
                .hint_from(UnpackError::hint)
                .with_context(|| origin(artifact))
                .map_err(|error| advise_by_hand(error, artifact))?;
            let root = self.staging.directory(id_of(artifact).as_str()).hint_from(StoreError::hint)?;
            let tree =
                Tree::create(&root, &path, placement, Limits::default()).hint_from(UnpackError::hint)?;
            Ok(Job { artifact, archive, tree, root, digest, size, progress: Arc::clone(&progress) })
        };
        arrival.packages.iter().map(job).collect::<Result<_>>().map(Some)
    }

    /// Returns a path of the archive that stays while this install runs, and its sha256; none
    /// if another process has unpacked it into the store meanwhile.
    fn archive(
        &self,
        arrival: &Arrival<'_>,
        progress: &ArchiveProgress<'_>,
    ) -> Result<Option<(PathBuf, Digest)>> {
        let artifact = arrival.artifact;
        let has = |(artifact, _): &(&Artifact, Placement)| self.context.store.has_package(&id_of(artifact));
        let is_there = || !arrival.replaces && arrival.packages.iter().all(has);
        let cache = self.context.store.cache();
        let key = artifact.checksum.key();
        loop {
            let path = match cache.claim(&key).hint_from(StoreError::hint)? {
                Claim::Ready(path) => path,
                Claim::Part(_) if is_there() => return Ok(None),
                Claim::Part(part) => {
                    let digest = self.download(artifact, part.path(), progress)?;
                    let path = part.admit().hint_from(StoreError::hint)?;
                    match self.staging.hold(&path) {
                        Some(held) => return Ok(Some((held, digest))),
                        None => continue,
                    }
                }
            };
            let Some(held) = self.staging.hold(&path) else { continue };
            let digest = Digest::of_reader(fs_err::File::open(&held)?)?;
            if artifact.checksum.mismatch(&digest, || fs_err::File::open(&held))?.is_none() {
                progress.advance(i64::try_from(arrival.bytes()).unwrap_or(i64::MAX));
                return Ok(Some((held, digest)));
            }
            cache.discard(&key).hint_from(StoreError::hint)?;
        }
    }

    fn download(&self, artifact: &Artifact, part: &Path, progress: &ArchiveProgress<'_>) -> Result<Digest> {
        let download =
            Download { url: &artifact.url, checksum: &artifact.checksum, size: artifact.size, part };
        let done =
            self.client.download(&download, &|bytes| progress.advance(bytes)).hint_from(FetchError::hint);
        done.map_err(|error| advise_by_hand(error, artifact))
    }

    fn enqueue(&self, job: Arc<Job<'a>>) {
        let pieces: Vec<Piece<'a>> =
            job.archive.tasks().into_iter().map(|task| Piece { task, job: Arc::clone(&job) }).collect();
        self.lock().ready.extend(pieces);
        self.wake.notify_all();
        self.release(job);
    }

    fn unpack_all(&self) {
        while let Some(Piece { task, job }) = self.next_piece() {
            match job.archive.run(&task, &job.tree).hint_from(UnpackError::hint) {
                Ok(()) => self.release(job),
                Err(error) => self.fail(error.context(origin(job.artifact)).context(title(job.artifact))),
            }
        }
    }

    fn next_piece(&self) -> Option<Piece<'a>> {
        let mut state = self.lock();
        loop {
            if state.failure.is_some() || state.open == 0 {
                return None;
            }
            if let Some(piece) = state.ready.pop() {
                return Some(piece);
            }
            state = self.wake.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Counts an archive as done.
    fn close(&self, staged: Option<StagedPackage>) {
        let mut state = self.lock();
        state.staged.extend(staged);
        state.open -= 1;
        self.wake.notify_all();
    }

    /// Lets go of a job; the last to do so finds every piece done, and stages the tree.
    fn release(&self, job: Arc<Job<'a>>) {
        let Some(job) = Arc::into_inner(job) else { return };
        match job.tree.finish().hint_from(UnpackError::hint) {
            Ok(entries) => {
                job.progress.done();
                let receipt = receipt(job.artifact, job.digest, job.size, entries);
                self.close(Some(StagedPackage { tree: job.root, receipt }));
            }
            Err(error) => self.fail(error.context(origin(job.artifact)).context(title(job.artifact))),
        }
    }
}

fn title(artifact: &Artifact) -> String {
    format!("{} {}", artifact.component, artifact.version)
}

/// Says what was being unpacked: the archive's own path is one in a staging that is gone by then.
fn origin(artifact: &Artifact) -> String {
    format!("could not unpack `{}`", fetch::shown(&artifact.url))
}

/// Says how a large single file that doesn't come by itself can be brought by hand.
fn advise_by_hand(error: anyhow::Error, artifact: &Artifact) -> anyhow::Error {
    if artifact.format != Format::Runfile {
        return error;
    }
    let (url, digest) = (fetch::shown(&artifact.url), &artifact.checksum);
    with_advice(error, format!("get `{url}` ({digest}) in another way, and `cudaman install --from FILE`"))
}

fn receipt(artifact: &Artifact, digest: Digest, size: u64, entries: Vec<Entry>) -> PackageReceipt {
    PackageReceipt {
        format: RECEIPT_FORMAT,
        id: id_of(artifact),
        component: artifact.component.clone(),
        version: artifact.version.clone(),
        platform: artifact.platform,
        source: artifact.source.to_owned(),
        url: fetch::shown(&artifact.url),
        digest,
        size,
        trust: artifact.trust,
        licence: artifact.licence.clone(),
        owner: None,
        entries,
    }
}
