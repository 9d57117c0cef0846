//! NVIDIA's redist manifests and component archives.
//!
//! The index page of a redist directory says which releases there are, a manifest which archives a
//! release has. Both come from a server and are believed only as far as `index` and `manifest` say.
//! People ask for add-ons by the manifest's label (`9.1.1`) or by the component's version
//! (`9.1.1.17`): [`may_hold`] tells which releases come into question.

#[cfg(test)]
mod fixtures;
mod index;
mod known;
mod manifest;
mod select;
mod suggest;
mod tree;

use std::collections::BTreeSet;

use sha2::{Digest as _, Sha256};
use url::Url;

use self::manifest::Manifest;
use self::select::SelectError;
use super::{Access, Listing, Source, SourceError, Wish};
use crate::fetch::{FetchError, shown};
use crate::model::{Artifact, Digest, Platform, Release, Version};
use crate::packages::{PackageKind, TOOLKIT};

use known::{built_for, component_version, may_hold};

const NAME: &str = "redist";

/// The most bytes that an index page may have; NVIDIA's has a few thousand.
const INDEX_LIMIT: u64 = 4 << 20;

/// The first toolkit with a manifest.
const FIRST_TOOLKIT: [u32; 3] = [11, 0, 3];

/// The source `redist`.
pub struct Redist;

impl Source for Redist {
    fn name(&self) -> &'static str {
        NAME
    }

    fn summary(&self) -> &'static str {
        "NVIDIA's component archives, CUDA 11.0.3 and newer"
    }

    /// Lists what the index page names. Where there is no such page, the embedded list serves and says
    /// so; where the host can't be reached it does too, and [`Source::artifacts`] will fail.
    fn releases(
        &self,
        kind: &PackageKind,
        platform: Platform,
        access: &Access<'_>,
    ) -> Result<Listing, SourceError> {
        if kind.redist.is_empty() {
            return Ok(Listing::default());
        }
        let url = directory(kind, access.mirror)?;
        let page = page(&url, access).map_err(|error| error.to_string());
        Ok(listing(kind, platform, &url, page))
    }

    fn artifacts(&self, wish: &Wish<'_>, access: &Access<'_>) -> Result<Vec<Artifact>, SourceError> {
        refuse_unasked(wish)?;
        let directory = directory(wish.kind, access.mirror)?;
        let url = manifest_url(wish.release, &directory)?;
        let document = access
            .client
            .document(&url, "application/json", manifest::LIMIT as u64)
            .map_err(|error| refused(&url, wish, &error))?;
        if is_changed(wish, &document.body) {
            // Without the manifest's name: the line is said once for a mirror.
            (access.note)(&format!(
                "manifests of `{}` are not those on record: issued anew, or its own; `--mirror` names another",
                shown(access.mirror)
            ));
        }
        let malformed = |reason: String| SourceError::Malformed { what: shown(&url), reason };
        let manifest = Manifest::parse(&document.body, wish.kind.name, &wish.release.version)
            .map_err(|error| malformed(error.to_string()))?;
        select::select(&manifest, wish, &directory).map_err(|error| match error {
            SelectError::Malformed(error) => malformed(error.to_string()),
            SelectError::NotOffered(reason) => SourceError::NotOffered(reason),
        })
    }

    fn may_hold(&self, kind: &PackageKind, release: &Release, wanted: &Version) -> bool {
        may_hold(kind, release, wanted)
    }
}

/// Returns the labels of the toolkits that the live index page lists; none where there is no page.
pub(super) fn published_toolkits(access: &Access<'_>) -> Result<Vec<Version>, SourceError> {
    let url = directory(&TOOLKIT, access.mirror)?;
    match page(&url, access) {
        Ok(page) => Ok(index::labels(&page)),
        Err(error) if error.is_unreachable() => {
            Err(SourceError::Unreachable { reason: error.to_string(), hint: error.hint() })
        }
        Err(_) => Ok(Vec::new()),
    }
}

fn page(url: &Url, access: &Access<'_>) -> Result<Vec<u8>, FetchError> {
    let document = access.client.document(url, "text/html, */*;q=0.5", INDEX_LIMIT)?;
    Ok(document.body)
}

/// Returns the address of a kind's manifests, with a final slash.
fn directory(kind: &PackageKind, mirror: &Url) -> Result<Url, SourceError> {
    mirror
        .join(&format!("{}/", kind.redist))
        .map_err(|error| SourceError::Malformed { what: shown(mirror), reason: error.to_string() })
}

/// Returns the address of a release's manifest. The label may come from another place than our own
/// list, hence the check before it becomes part of an address.
fn manifest_url(release: &Release, directory: &Url) -> Result<Url, SourceError> {
    let label: Version = release.label.parse().unwrap_or_else(|_| release.version.clone());
    directory
        .join(&format!("redistrib_{label}.json"))
        .map_err(|error| SourceError::Malformed { what: shown(directory), reason: error.to_string() })
}

fn refused(url: &Url, wish: &Wish<'_>, error: &FetchError) -> SourceError {
    match error {
        FetchError::NotFound { .. } => {
            let (title, version) = (wish.kind.title, &wish.release.version);
            SourceError::NotOffered(format!("there is no manifest of {title} {version}: {error}"))
        }
        FetchError::Malformed { .. } | FetchError::TooLarge { .. } => {
            SourceError::Malformed { what: shown(url), reason: error.to_string() }
        }
        _ => SourceError::Unreachable { reason: error.to_string(), hint: error.hint() },
    }
}

/// Refuses what can be refused without the network.
fn refuse_unasked(wish: &Wish<'_>) -> Result<(), SourceError> {
    let (title, version) = (wish.kind.title, &wish.release.version);
    let not_offered = |reason: String| Err(SourceError::NotOffered(reason));
    if wish.kind.redist.is_empty() {
        return not_offered(format!("NVIDIA publishes no redist archives of {title}"));
    }
    if *wish.kind == TOOLKIT && *version < Version::from_numbers(FIRST_TOOLKIT) {
        return not_offered(format!(
            "redist archives begin with CUDA 11.0.3, so there are none of {version}"
        ));
    }
    if known::exists_for(wish.kind, version, wish.platform) == Some(false) {
        let known = known::releases(wish.kind).get(version).and_then(|known| known.platforms.as_ref());
        let names: Vec<_> = known.into_iter().flatten().map(|platform| platform.name()).collect();
        let there =
            if names.is_empty() { String::new() } else { format!(": it is for {}", names.join(", ")) };
        return not_offered(format!("{title} {version} is not there for {}{there}", wish.platform));
    }
    if built_for(wish.kind, version, wish.cuda) == Some(false) {
        return not_offered(format!("{title} {version} is not built for CUDA {}", wish.cuda));
    }
    if *wish.kind == TOOLKIT {
        select::refuse_never(wish).map_err(|error| SourceError::NotOffered(error.to_string()))?;
    }
    Ok(())
}

/// Tells whether a manifest is another one than the one on record.
///
/// That is worth a line and not a refusal: NVIDIA issued manifests anew (all of cuDNN 8 on one day of
/// 2024), mirrors re-serialise them, and tests serve their own. What the check could add, a mirror
/// that swaps archives along with their digests, is said by that line; who wants more names the host.
fn is_changed(wish: &Wish<'_>, body: &[u8]) -> bool {
    let known = known::releases(wish.kind).get(&wish.release.version).and_then(|known| known.sha256);
    known.is_some_and(|expected| Digest::from_bytes(Sha256::digest(body).into()) != expected)
}

/// Makes a listing of an index page, or of the embedded list where there is no usable page.
fn listing(kind: &PackageKind, platform: Platform, url: &Url, page: Result<Vec<u8>, String>) -> Listing {
    let (labels, embedded) = match page.map(|page| index::labels(&page)) {
        Ok(labels) if labels.is_empty() => (Vec::new(), Some(format!("`{}` lists no manifests", shown(url)))),
        Ok(labels) => (labels, None),
        Err(reason) => (Vec::new(), Some(reason)),
    };
    let labels = match embedded {
        Some(_) => known::releases(kind).keys().cloned().collect(),
        None => labels,
    };
    let labels: BTreeSet<_> = labels.into_iter().collect();
    let releases = labels
        .iter()
        .filter(|label| !is_second_name(kind, label, &labels))
        .filter(|label| known::exists_for(kind, label, platform) != Some(false))
        .map(|label| release(kind, label))
        .collect();
    Listing { releases, embedded }
}

/// Tells whether a label is only the long form of another: `8.9.7.29` beside `8.9.7`.
fn is_second_name(kind: &PackageKind, label: &Version, labels: &BTreeSet<Version>) -> bool {
    let short = label.truncated(3);
    short != *label && labels.contains(&short) && component_version(kind, &short) == Some(label)
}

fn release(kind: &PackageKind, label: &Version) -> Release {
    let date = known::releases(kind).get(label).and_then(|known| known.date.clone());
    Release { date, ..Release::of(label.clone()) }
}

#[cfg(test)]
#[path = "source_tests.rs"]
mod tests;
