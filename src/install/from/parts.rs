//! Components that are asked for beyond a profile, `--with cuda_gdb`: taken out of the files that hold a
//! whole toolkit, and missed where no file has them.

use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::Result;

use super::recognise::Found;
use super::staged::Staged;
use crate::error::advised;
use crate::layout;
use crate::model::{ComponentName, Entry, PackageId, Profile, ToolchainReceipt};
use crate::packages::components::{self, Membership};

/// Adds a package for each component that the profile of a whole toolkit leaves out.
pub(super) fn with_parts(found: Vec<Found>, with: &[ComponentName]) -> Vec<Found> {
    let mut parts = Vec::new();
    for whole in &found {
        let Some(profile) = whole.component.toolkit_profile() else { continue };
        parts.extend(with_needs(with, profile).into_iter().map(|component| Found {
            input: Arc::clone(&whole.input),
            component,
            version: whole.version.clone(),
            platform: whole.platform,
            release: whole.release.clone(),
            built_for: None,
            known: whole.known.clone(),
            is_part: true,
        }));
    }
    found.into_iter().chain(parts).collect()
}

/// The components that a profile leaves out, and what they need that it leaves out too.
fn with_needs(with: &[ComponentName], profile: Profile) -> BTreeSet<ComponentName> {
    let mut chosen = BTreeSet::new();
    let mut open: Vec<&ComponentName> = with.iter().collect();
    while let Some(component) = open.pop() {
        let membership = components::membership(component, profile);
        if !matches!(membership, Membership::Optional | Membership::Unknown)
            || !chosen.insert(component.clone())
        {
            continue;
        }
        let row = components::by_name(component.as_str());
        open.extend(row.map(|row| row.needs.as_slice()).unwrap_or_default());
    }
    chosen
}

/// Refuses to leave out what was asked for.
pub(super) fn check(
    with: &[ComponentName],
    staged: &[Staged],
    ids: &[PackageId],
    entries: &[Entry],
) -> Result<()> {
    let is_there = |component: &&ComponentName| {
        let start = format!("{component}-");
        ids.iter().any(|id| id.as_str().starts_with(&start))
            || staged.iter().any(|one| is_in_whole(component, one, entries))
    };
    let missing: Vec<&str> =
        with.iter().filter(|component| !is_there(component)).map(ComponentName::as_str).collect();
    if missing.is_empty() {
        return Ok(());
    }
    if let Some(reason) = with.iter().find_map(components::refusal) {
        return Err(advised(reason, "leave it out of `--with`"));
    }
    let list = missing.join(", ");
    Err(advised(
        format!("`--with` asks for {list}, which the files don't hold"),
        format!(
            "name a file that has it as well, all in one `--from`, or leave out `--with {}`",
            missing.join(",")
        ),
    ))
}

/// Returns the components beyond the profile of a toolchain that grows.
pub(super) fn joined(grown: Option<&ToolchainReceipt>, with: &[ComponentName]) -> Vec<ComponentName> {
    let mut joined = grown.map(|receipt| receipt.with.clone()).unwrap_or_default();
    joined.extend(with.iter().cloned());
    joined.sort();
    joined.dedup();
    joined
}

/// Tells whether a whole toolkit has a component within its profile. Where no rule knows the component's
/// files, the profile's word is taken for it.
fn is_in_whole(component: &ComponentName, whole: &Staged, entries: &[Entry]) -> bool {
    let receipt = &whole.package.receipt;
    let Some(profile) = receipt.component.toolkit_profile() else { return false };
    if components::membership(component, profile) != Membership::Member {
        return false;
    }
    let is_its =
        |entry: &Entry| layout::component_of(&entry.path, receipt.platform).as_ref() == Some(component);
    !layout::is_in_old_runfiles(component) || entries.iter().any(is_its)
}
