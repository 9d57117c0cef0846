//! NVIDIA's runfile installers: every toolkit from 7.5 on, as one file each, read and never executed.
//!
//! The releases are those of our own table; one that is newer is found through the list of checksums
//! that NVIDIA publishes beside each. What a profile takes from the file is for the layout to say:
//! a plan names one package for the profile, and one for each component beyond it. A file of which no
//! digest is known is not offered but named, and neither are patches: how they change a toolkit is
//! known to their installers only.

mod later;
mod select;
mod table;

use std::fmt;

use url::Url;

use self::table::{Installer, Row};
use super::redist::published_toolkits;
use super::{Access, Known, Listing, Source, SourceError, Wish};
use crate::fetch::{FetchError, shown};
use crate::model::{Artifact, Checksum, Digest, Platform, Release, Version};
use crate::packages::{PackageKind, TOOLKIT};

const NAME: &str = "runfile";

/// The host that a mirror stands for.
const NVIDIA: &str = "developer.download.nvidia.com";

/// The first release whose installer has a directory for each component.
const FIRST_WITH_COMPONENTS: [u32; 1] = [11];

/// The source `runfile`.
pub struct Runfile;

/// Returns the releases of the table.
pub(super) fn releases() -> impl Iterator<Item = &'static Version> {
    table::rows().keys()
}

/// Finds the installer that has this digest. Of some, no sha256 is known.
pub(super) fn known(digest: &Digest) -> Option<Known> {
    table::rows().iter().find_map(|(release, row)| {
        let mut installers = Platform::ALL.into_iter().filter_map(|platform| row.installer(platform));
        let installer = installers.find(|installer| installer.sha256 == Some(*digest))?;
        let name = installer.url.path_segments()?.next_back()?.to_owned();
        Some(Known { name, version: release.clone(), built_for: None })
    })
}

impl Source for Runfile {
    fn name(&self) -> &'static str {
        NAME
    }

    fn summary(&self) -> &'static str {
        "NVIDIA's runfile installers read as archives, CUDA 7.5 and newer"
    }

    /// Lists the table, which needs no network.
    fn releases(
        &self,
        kind: &PackageKind,
        platform: Platform,
        _access: &Access<'_>,
    ) -> Result<Listing, SourceError> {
        if *kind != TOOLKIT {
            return Ok(Listing::default());
        }
        let is_offered =
            |row: &Row| row.installer(platform).is_some_and(|installer| installer.checksum().is_some());
        let rows = table::rows().iter().filter(|(_, row)| is_offered(row));
        Ok(Listing::complete(rows.map(|(version, row)| release(version, row.date.clone()))))
    }

    /// Returns what the table has and can't offer; if none of it is wanted, what is newer than it.
    fn further_releases(
        &self,
        kind: &PackageKind,
        _platform: Platform,
        access: &Access<'_>,
        is_wanted: &dyn Fn(&Release) -> bool,
    ) -> Result<Vec<Release>, SourceError> {
        if *kind != TOOLKIT {
            return Ok(Vec::new());
        }
        let wanted = |versions: &mut dyn Iterator<Item = &Version>| -> Vec<Release> {
            versions.map(|version| release(version, None)).filter(is_wanted).collect()
        };
        let known = wanted(&mut table::rows().keys());
        if !known.is_empty() {
            return Ok(known);
        }
        let patches = wanted(&mut table::rows().values().flat_map(|row| row.patches.keys()));
        if !patches.is_empty() {
            return Ok(patches);
        }
        Ok(wanted(&mut published_toolkits(access)?.iter()))
    }

    fn artifacts(&self, wish: &Wish<'_>, access: &Access<'_>) -> Result<Vec<Artifact>, SourceError> {
        let components = select::components(wish).map_err(SourceError::NotOffered)?;
        let (installer, checksum) = installer(wish, access)?;
        let url = address(&installer.url, access.mirror);
        let size = reach(&installer, &url, access)?;
        let installer = Installer { url, size, ..installer };
        Ok(select::artifacts(components, wish, &installer, &checksum))
    }
}

impl fmt::Display for Installer {
    /// Names the file so that a person can get it: its address and what it must hash to.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", shown(&self.url))?;
        match (&self.sha256, &self.md5) {
            (Some(sha256), _) => write!(f, " (sha256 {sha256})"),
            (None, Some(md5)) => write!(f, " (md5 {md5})"),
            (None, None) => Ok(()),
        }
    }
}

fn release(version: &Version, date: Option<String>) -> Release {
    Release { date, ..Release::of(version.clone()) }
}

/// Finds the installer of a release, and tells why there is none.
fn installer(wish: &Wish<'_>, access: &Access<'_>) -> Result<(Installer, Checksum), SourceError> {
    let (version, platform) = (&wish.release.version, wish.platform);
    let not_offered = |reason: String| Err(SourceError::NotOffered(reason));
    if let Some(patched) = table::patched_by(version) {
        return not_offered(format!(
            "{version} is a patch that NVIDIA's own installer applies to CUDA {patched}, and what it changes \
             isn't known without running it; `cudaman install {patched}` installs the release itself"
        ));
    }
    let installer = match table::rows().get(version) {
        None => later::installer(version, platform, access)?,
        Some(row) => row.installer(platform).cloned().ok_or_else(|| {
            let platforms: Vec<_> = row.platforms().into_iter().map(Platform::name).collect();
            let there = platforms.join(", ");
            SourceError::NotOffered(format!(
                "no runfile of CUDA {version} is known for {platform}: it is for {there}"
            ))
        })?,
    };
    match installer.checksum() {
        Some(checksum) => Ok((installer, checksum)),
        None => not_offered(format!(
            "no digest of {installer} is known, so what comes could not be checked; if you have the file and \
             trust it, `cudaman install --from FILE`"
        )),
    }
}

/// Returns where a file is asked for: a mirror has NVIDIA's paths, whichever host NVIDIA serves them from.
fn address(url: &Url, mirror: &Url) -> Url {
    if mirror.host_str() == Some(NVIDIA) {
        return url.clone();
    }
    mirror.join(url.path().trim_start_matches('/')).unwrap_or_else(|_| url.clone())
}

/// Asks whether the file can be had, and how large it is: if it can't, another source may give the
/// release, and a download of gigabytes would find out too late.
fn reach(installer: &Installer, url: &Url, access: &Access<'_>) -> Result<Option<u64>, SourceError> {
    let asked = Installer { url: url.clone(), ..installer.clone() };
    let by_hand = || Some(format!("get {asked} in another way, and `cudaman install --from FILE`"));
    let probe = access.client.probe(url).map_err(|error| match error {
        FetchError::NotFound { .. } => SourceError::NotOffered(format!(
            "the server does not have {asked}; if you have the file, `cudaman install --from FILE`"
        )),
        _ => SourceError::Unreachable { reason: error.to_string(), hint: by_hand() },
    })?;
    if probe.media_type.as_deref() == Some("text/html") {
        let reason = format!("`{}` answers with a web page, as for a login", shown(url));
        return Err(SourceError::Unreachable { reason, hint: by_hand() });
    }
    Ok(installer.size.or(probe.size))
}

#[cfg(test)]
mod tests;
