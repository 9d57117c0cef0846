//! From a manifest and a wish to artifacts: which components, which variant, or why not.

use std::collections::BTreeSet;

use url::Url;

use super::manifest::{Archive, Listed, Manifest, ManifestError, Offer};
use super::suggest::nearest;
use crate::model::{Artifact, ComponentName, Format, Profile, Trust};
use crate::packages::TOOLKIT;
use crate::packages::components::{self, Membership};
use crate::sources::Wish;

/// The name that a component got later; a release that lists both has the same files twice.
const RENAMED: (&str, &str) = ("cuda_cccl", "cccl");

/// The licence of the Nsight tools, which may be installed when they are asked for by name.
const TOOL_LICENCE: &str = "NVIDIA SLA";

/// Why nothing was selected.
#[derive(Debug, thiserror::Error)]
pub(super) enum SelectError {
    #[error(transparent)]
    Malformed(#[from] ManifestError),
    #[error("{0}")]
    NotOffered(String),
}

/// Returns the artifacts that a wish comes down to; `directory` is where the manifest lies.
pub(super) fn select(
    manifest: &Manifest,
    wish: &Wish<'_>,
    directory: &Url,
) -> Result<Vec<Artifact>, SelectError> {
    if *wish.kind == TOOLKIT { toolkit(manifest, wish, directory) } else { add_on(manifest, wish, directory) }
}

/// Refuses components that are never installed. Needs no manifest.
pub(super) fn refuse_never(wish: &Wish<'_>) -> Result<(), SelectError> {
    match wish.with.iter().find_map(components::refusal) {
        Some(reason) => Err(SelectError::NotOffered(reason)),
        None => Ok(()),
    }
}

fn toolkit(manifest: &Manifest, wish: &Wish<'_>, directory: &Url) -> Result<Vec<Artifact>, SelectError> {
    refuse_never(wish)?;
    let asked = asked_for(manifest, wish)?;
    let mut artifacts = Vec::new();
    for listed in manifest.components() {
        let is_asked = asked.contains(listed.name);
        if !is_asked && !is_member(listed, wish.profile) {
            continue;
        }
        match listed.offer(wish.platform, wish.cuda)? {
            Offer::Archive(archive) => artifacts.push(artifact(listed, archive, wish, directory)?),
            offer if is_asked => return Err(missing_part(listed, wish, &offer)),
            Offer::NoPlatform | Offer::NoVariant(_) => {}
        }
    }
    let has = |name: &str| artifacts.iter().any(|artifact: &Artifact| artifact.component.as_str() == name);
    let missing = components::missing_essentials(wish.profile, &wish.release.version, has);
    if !missing.is_empty() {
        return Err(missing_essentials(manifest, wish, &missing));
    }
    if has(RENAMED.1) {
        artifacts.retain(|artifact| artifact.component.as_str() != RENAMED.0);
    }
    Ok(artifacts)
}

fn add_on(manifest: &Manifest, wish: &Wish<'_>, directory: &Url) -> Result<Vec<Artifact>, SelectError> {
    let part = |name: &&str| {
        let listed = manifest
            .component(name)
            .ok_or_else(|| SelectError::NotOffered(format!("{} has no component `{name}`", title(wish))))?;
        match listed.offer(wish.platform, wish.cuda)? {
            Offer::Archive(archive) => artifact(listed, archive, wish, directory),
            offer => Err(missing_part(listed, wish, &offer)),
        }
    };
    wish.kind.redist_components.iter().map(part).collect()
}

fn is_member(listed: Listed<'_>, profile: Profile) -> bool {
    match components::membership(listed.name, profile) {
        Membership::Member => true,
        Membership::Never | Membership::Optional => false,
        Membership::Unknown => {
            profile == Profile::Full
                && listed.licence().is_some_and(|text| components::is_toolkit_licence(&text))
        }
    }
}

/// Returns the components that were asked for by name, and what they need of what the release has.
fn asked_for(manifest: &Manifest, wish: &Wish<'_>) -> Result<BTreeSet<ComponentName>, SelectError> {
    let mut asked = BTreeSet::new();
    for name in wish.with {
        let listed = find(manifest, name).ok_or_else(|| unknown(manifest, wish, name))?;
        refuse_stranger(listed, wish)?;
        add_with_needs(manifest, listed.name, wish, &mut asked)?;
    }
    Ok(asked)
}

fn find<'a>(manifest: &'a Manifest, name: &ComponentName) -> Option<Listed<'a>> {
    let other_name = match name.as_str() {
        old if old == RENAMED.0 => RENAMED.1,
        new if new == RENAMED.1 => RENAMED.0,
        same => same,
    };
    manifest.component(name.as_str()).or_else(|| manifest.component(other_name))
}

/// Adds what a component needs, but only where the platform has it: a need that was split out later
/// is part of the component in this release.
fn add_with_needs(
    manifest: &Manifest,
    name: &ComponentName,
    wish: &Wish<'_>,
    asked: &mut BTreeSet<ComponentName>,
) -> Result<(), SelectError> {
    if !asked.insert(name.clone()) {
        return Ok(());
    }
    let needs = components::by_name(name.as_str()).map(|row| row.needs.as_slice()).unwrap_or_default();
    for need in needs {
        if let Some(listed) = manifest.component(need.as_str())
            && matches!(listed.offer(wish.platform, wish.cuda)?, Offer::Archive(_))
        {
            add_with_needs(manifest, need, wish, asked)?;
        }
    }
    Ok(())
}

/// Refuses a component that the table doesn't know unless its licence shows that it is no driver.
fn refuse_stranger(listed: Listed<'_>, wish: &Wish<'_>) -> Result<(), SelectError> {
    if components::membership(listed.name, wish.profile) != Membership::Unknown {
        return Ok(());
    }
    let licence = listed.licence().unwrap_or_default();
    if components::is_toolkit_licence(&licence) || licence == TOOL_LICENCE {
        return Ok(());
    }
    Err(SelectError::NotOffered(format!(
        "cudaman doesn't know `{}`, and its licence, `{licence}`, is not the toolkit's: it may belong to the \
         driver",
        listed.name
    )))
}

fn unknown(manifest: &Manifest, wish: &Wish<'_>, name: &ComponentName) -> SelectError {
    let offered = manifest
        .components()
        .filter(|listed| components::membership(listed.name, wish.profile) != Membership::Never)
        .map(|listed| listed.name.as_str());
    let near = nearest(name.as_str(), offered);
    let near = if near.is_empty() { String::new() } else { format!("; it has {}", quoted(&near)) };
    SelectError::NotOffered(format!("{} has no component `{name}`{near}", title(wish)))
}

fn missing_part(listed: Listed<'_>, wish: &Wish<'_>, offer: &Offer) -> SelectError {
    let part =
        if *wish.kind == TOOLKIT { format!("`{}` of {}", listed.name, title(wish)) } else { title(wish) };
    let built: Vec<_> = match offer {
        Offer::NoVariant(built) => built.iter().map(ToString::to_string).collect(),
        Offer::Archive(_) | Offer::NoPlatform => Vec::new(),
    };
    if !built.is_empty() {
        let (platform, built) = (wish.platform, built.join(" and "));
        return SelectError::NotOffered(format!(
            "{part} is built for CUDA {built} on {platform}, not for CUDA {}",
            wish.cuda
        ));
    }
    let platforms: Vec<_> = listed.linux_platforms().collect();
    let there = if platforms.is_empty() { "not on Linux".to_owned() } else { platforms.join(", ") };
    SelectError::NotOffered(format!("{part} is not there for {}: it is for {there}", wish.platform))
}

fn missing_essentials(manifest: &Manifest, wish: &Wish<'_>, missing: &[&str]) -> SelectError {
    let platforms: BTreeSet<_> = missing
        .iter()
        .filter_map(|name| manifest.component(name))
        .flat_map(Listed::linux_platforms)
        .collect();
    let platforms: Vec<_> = platforms.into_iter().collect();
    let there = match platforms.join(", ") {
        none if none.is_empty() => "for no Linux platform".to_owned(),
        some => format!("for {some}"),
    };
    SelectError::NotOffered(format!(
        "{} for {} lacks {} without which the profile `{}` is of no use; redist has them {there}",
        title(wish),
        wish.platform,
        quoted(missing),
        wish.profile
    ))
}

fn artifact(
    listed: Listed<'_>,
    archive: Archive,
    wish: &Wish<'_>,
    directory: &Url,
) -> Result<Artifact, SelectError> {
    let outside = || ManifestError::Path(archive.path.clone());
    let url = directory.join(&archive.path).map_err(|_| outside())?;
    // The path is clean already; this holds even if that should ever change.
    if !url.as_str().starts_with(directory.as_str()) {
        return Err(outside().into());
    }
    Ok(Artifact {
        component: listed.name.clone(),
        version: archive.version,
        platform: wish.platform,
        url,
        checksum: archive.digest.into(),
        trust: Trust::Manifest,
        size: archive.size,
        format: Format::TarXz,
        source: super::NAME,
        licence: listed.licence(),
    })
}

fn title(wish: &Wish<'_>) -> String {
    format!("{} {}", wish.kind.title, wish.release.version)
}

fn quoted(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
#[path = "select_tests.rs"]
mod tests;
