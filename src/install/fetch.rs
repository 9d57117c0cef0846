//! Gets the packages of a plan into the store: those that are missing are downloaded and unpacked,
//! then they become durable together.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use anyhow::{Context as _, Result};

use super::line::{Arrival, Line};
use super::{estimate, id_of};
use crate::context::Context;
use crate::error::{Advise as _, advised};
use crate::fetch;
use crate::model::{Artifact, Checksum, Digest, PackageId, Plan};
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
    plan.artifacts.iter().map(installed).collect()
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
    let arrivals: Vec<Arrival<'_>> =
        missing.iter().map(|artifact| Arrival::new(artifact, replaces)).collect();
    let progress = context.ui.progress(missing.iter().map(estimate::download_bytes).sum());
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
    let files: BTreeMap<Digest, Option<u64>> =
        missing.iter().map(|artifact| (artifact.checksum.key(), artifact.size)).collect();
    let is_measured = files.values().all(Option::is_some);
    let bytes = files.values().flatten().sum();
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

/// Refuses to begin what can't end: both the archives and what they unpack to need space.
fn check_space(missing: &[Artifact], context: &Context) -> Result<()> {
    let needed: u64 = missing
        .iter()
        .map(|artifact| estimate::download_bytes(artifact) + estimate::unpacked_bytes(artifact))
        .sum();
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
