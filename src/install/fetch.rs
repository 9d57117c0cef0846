//! Gets the packages of a plan into the store: those that are missing are downloaded and unpacked,
//! then they become durable together.

use std::collections::BTreeSet;
use std::sync::Mutex;

use anyhow::{Context as _, Result, bail};

use super::arrival::Arrival;
use super::line::Line;
use super::{estimate, id_of};
use crate::context::Context;
use crate::error::{Advise as _, advised};
use crate::fetch;
use crate::model::{Artifact, Checksum, PackageId, PackageReceipt, Plan};
use crate::store::{InstalledPackage, StoreError};
use crate::ui::human_bytes;

/// How many servers' answers are waited for at once.
const QUESTIONS: usize = 8;

/// Returns the packages of a plan, in its order, after getting those that are missing or `damaged`.
pub(super) fn packages(
    plan: &Plan,
    damaged: &BTreeSet<PackageId>,
    context: &Context,
) -> Result<Vec<InstalledPackage>> {
    let is_missing = |artifact: &&Artifact| {
        let id = id_of(artifact);
        damaged.contains(&id) || !context.store.has_package(&id)
    };
    let mut missing: Vec<Artifact> = plan.artifacts.iter().filter(is_missing).cloned().collect();
    measure(&mut missing, context)?;
    missing.sort_by_key(id_of);
    missing.dedup_by_key(|artifact| id_of(artifact));
    missing.sort_by_key(|artifact| std::cmp::Reverse(estimate::decode_cost(artifact)));
    announce(plan, &missing, context);
    if !missing.is_empty() {
        check_space(&missing, context)?;
        fetch(&missing, !damaged.is_empty(), context)?;
    }
    // All of the plan: a process that was killed may have left the archives of packages that it made.
    drop_archives(&plan.artifacts, context);
    let installed = |artifact: &Artifact| {
        let id = id_of(artifact);
        context.store.package(&id).with_context(|| format!("the package `{id}` vanished from the store"))
    };
    let packages: Vec<InstalledPackage> = plan.artifacts.iter().map(installed).collect::<Result<_>>()?;
    packages.iter().try_for_each(|package| refuse_empty(package, plan))?;
    Ok(packages)
}

/// Refuses a package that holds nothing of what was asked for: only the archive could tell.
fn refuse_empty(package: &InstalledPackage, plan: &Plan) -> Result<()> {
    let PackageReceipt { component, url, entries, .. } = &package.receipt;
    let is_asked = component.toolkit_profile().is_some() || plan.with.contains(component);
    if is_asked && entries.is_empty() {
        bail!("`{url}` holds nothing of `{component}`");
    }
    Ok(())
}

/// Asks servers for the sizes that their source doesn't tell: the order of downloads, the progress
/// and the look at the free space go by them.
fn measure(artifacts: &mut [Artifact], context: &Context) -> Result<()> {
    let unknown: Vec<&mut Artifact> =
        artifacts.iter_mut().filter(|artifact| artifact.size.is_none()).collect();
    if unknown.is_empty() {
        return Ok(());
    }
    let client = context.client()?;
    let workers = unknown.len().min(QUESTIONS);
    let queue = Mutex::new(unknown);
    let next = || queue.lock().ok()?.pop();
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(artifact) = next() {
                    artifact.size = client.size(&artifact.url);
                }
            });
        }
    });
    Ok(())
}

fn fetch(missing: &[Artifact], replaces: bool, context: &Context) -> Result<()> {
    let staging = context.store.stage("install").hint_from(StoreError::hint)?;
    let arrivals = Arrival::group(missing, replaces);
    let progress = context.ui.progress(arrivals.iter().map(Arrival::bytes).sum());
    let staged = Line::new(&arrivals, &staging, &progress, context)?.run()?;
    // Before the sync, which would write them out first: gigabytes that nobody needs any more.
    staging.let_go();
    drop_archives(missing, context);
    if replaces {
        context.store.replace_packages(staged).hint_from(StoreError::hint)?;
    } else {
        context.store.commit_packages(staged).hint_from(StoreError::hint)?;
    }
    Ok(())
}

fn announce(plan: &Plan, missing: &[Artifact], context: &Context) {
    let files = files(missing);
    let is_measured = files.iter().all(|artifact| artifact.size.is_some());
    let bytes = files.iter().filter_map(|artifact| artifact.size).sum();
    let size = format!("{}{}", if is_measured { "" } else { "at least " }, human_bytes(bytes));
    let there = plan.artifacts.len() - missing.len();
    let reused = if there == 0 { String::new() } else { format!(", {there} in the store already") };
    let (name, profile, source) = (&plan.toolchain, plan.profile, plan.source);
    let archives = if files.len() == 1 { "archive" } else { "archives" };
    context.ui.say(&format!("{name} ({profile}) from {source}: {} {archives}, {size}{reused}", files.len()));
    missing
        .iter()
        .filter_map(reservation)
        .collect::<BTreeSet<_>>()
        .iter()
        .for_each(|text| context.ui.say(text));
}

/// Says where the bytes are known less well than by one sha256.
fn reservation(artifact: &Artifact) -> Option<String> {
    let url = fetch::shown(&artifact.url);
    match &artifact.checksum {
        Checksum::Md5(_) => Some(format!(
            "only an md5 is known of `{url}`: what comes must have it, and its sha256 is recorded"
        )),
        Checksum::OneOf(_) => Some(format!(
            "records of `{url}` disagree about its sha256: what comes must have one of those recorded"
        )),
        Checksum::Sha256(_) => None,
    }
}

/// Returns an artifact for each file: several packages may be made of one.
fn files(artifacts: &[Artifact]) -> Vec<&Artifact> {
    let mut seen = BTreeSet::new();
    artifacts.iter().filter(|artifact| seen.insert(artifact.checksum.key())).collect()
}

/// Refuses to begin what can't end: both the archives and what they unpack to need space.
fn check_space(missing: &[Artifact], context: &Context) -> Result<()> {
    let downloads: u64 = files(missing).into_iter().map(estimate::download_bytes).sum();
    let needed = downloads + missing.iter().map(estimate::unpacked_bytes).sum::<u64>();
    let Some(free) = context.store.free_bytes() else { return Ok(()) };
    if free >= needed {
        return Ok(());
    }
    let home = context.store.home().display();
    Err(advised(
        format!("about {} are needed in `{home}`, and {} are free", human_bytes(needed), human_bytes(free)),
        "free some space (`cudaman gc`, `cudaman cache clear`), or set CUDAMAN_HOME to a larger disk",
    ))
}

/// Removes archives that are no longer needed. One that can't be removed costs space only.
fn drop_archives(artifacts: &[Artifact], context: &Context) {
    if context.config.keep_archives {
        return;
    }
    for artifact in artifacts {
        if let Err(error) = context.store.cache().discard(&artifact.checksum.key()) {
            context.ui.warn(&error.to_string());
        }
    }
}
