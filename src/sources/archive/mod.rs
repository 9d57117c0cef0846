//! The source `archive`: old archives at fixed addresses, by a table of our own. cuDNN from 5.0 on: NVIDIA's
//! redist manifests begin with 8.5. It asks the network nothing but whether the file is there.

mod table;

use std::collections::BTreeSet;

use url::Url;

use super::{Access, Known, Listing, Source, SourceError, Wish};
use crate::fetch::{FetchError, shown};
use crate::model::{Artifact, Checksum, Digest, Format, Platform, Release, Trust, Version};
use crate::packages::{CUDNN, PackageKind};

use table::Row;

const NAME: &str = "archive";
const COMPONENT: &str = "cudnn";

/// Old archives of cuDNN.
pub struct Archive;

/// Finds the archive that has this digest, among all that are on record.
pub(super) fn known(digest: &Digest) -> Option<Known> {
    let is_it = |row: &&Row| row.sha256 == *digest || row.other.contains(digest);
    let row = table::rows().iter().find(is_it)?;
    let name = row.path.rsplit('/').next()?.to_owned();
    Some(Known { name, version: row.version.clone(), built_for: Some(row.cuda.clone()) })
}

/// Returns the newest cuDNN on record for a CUDA release.
#[must_use]
pub fn newest_cudnn(cuda: &Version, platform: Platform) -> Option<Version> {
    rows(platform).filter(|row| row.fit(cuda).is_some()).map(|row| row.version.clone()).max()
}

impl Source for Archive {
    fn name(&self) -> &'static str {
        NAME
    }

    fn summary(&self) -> &'static str {
        "cuDNN 5.0 and newer by a table of NVIDIA's archives"
    }

    fn releases(
        &self,
        kind: &PackageKind,
        platform: Platform,
        _access: &Access<'_>,
    ) -> Result<Listing, SourceError> {
        if *kind != CUDNN {
            return Ok(Listing::default());
        }
        let mut versions: Vec<Version> = rows(platform).map(|row| row.version.clone()).collect();
        versions.sort();
        versions.dedup();
        Ok(Listing::complete(versions.into_iter().map(Release::of)))
    }

    fn artifacts(&self, wish: &Wish<'_>, access: &Access<'_>) -> Result<Vec<Artifact>, SourceError> {
        let mut missing = String::new();
        for mut artifact in select(table::rows(), wish, access.mirror)? {
            match access.client.probe(&artifact.url) {
                Ok(probe) => {
                    artifact.size = artifact.size.or(probe.size);
                    return Ok(vec![artifact]);
                }
                Err(error @ FetchError::NotFound { .. }) => missing = error.to_string(),
                Err(error) => return Err(unreachable(&artifact, &error)),
            }
        }
        Err(SourceError::NotOffered(missing))
    }
}

fn rows(platform: Platform) -> impl Iterator<Item = &'static Row> {
    table::rows().iter().filter(move |row| row.platform == platform)
}

fn unreachable(artifact: &Artifact, error: &FetchError) -> SourceError {
    let (url, checksum) = (shown(&artifact.url), &artifact.checksum);
    let hint = format!("get `{url}` (sha256 {checksum}) elsewhere, then `cudaman install --from FILE`");
    SourceError::Unreachable { reason: error.to_string(), hint: Some(hint) }
}

/// Finds the archive of a release that fits a CUDA release best: at every address that it has.
fn select(rows: &[Row], wish: &Wish<'_>, mirror: &Url) -> Result<Vec<Artifact>, SourceError> {
    let (version, cuda) = (&wish.release.version, wish.cuda);
    let here: Vec<&Row> =
        rows.iter().filter(|row| row.platform == wish.platform && row.version == *version).collect();
    let fits = here.iter().filter_map(|row| row.fit(cuda));
    let Some(best) = fits.max().filter(|_| *wish.kind == CUDNN) else {
        let tags: BTreeSet<&Version> = here.iter().map(|row| &row.cuda).collect();
        let tags: Vec<String> = tags.into_iter().map(Version::to_string).collect();
        let reason = if tags.is_empty() {
            format!("there is no archive of cuDNN {version} for {}", wish.platform)
        } else {
            format!("cuDNN {version} was built for CUDA {}, not for {cuda}", tags.join(", "))
        };
        return Err(SourceError::NotOffered(reason));
    };
    let fitting = here.iter().filter(|row| row.fit(cuda) == Some(best));
    fitting.map(|row| artifact(row, mirror)).collect()
}

fn artifact(row: &Row, mirror: &Url) -> Result<Artifact, SourceError> {
    let malformed = |reason: String| SourceError::Malformed { what: shown(mirror), reason };
    let url = mirror.join(&row.path).map_err(|error| malformed(error.to_string()))?;
    let component =
        COMPONENT.parse().map_err(|_| malformed("the name of a component is wrong".to_owned()))?;
    Ok(Artifact {
        component,
        version: row.version.clone(),
        platform: row.platform,
        url,
        checksum: checksum(row),
        trust: Trust::Pinned,
        size: row.size,
        format: if row.path.ends_with(".tgz") { Format::TarGz } else { Format::TarXz },
        source: NAME,
        licence: Some("cuDNN".to_owned()),
    })
}

fn checksum(row: &Row) -> Checksum {
    if row.other.is_empty() {
        return row.sha256.into();
    }
    Checksum::OneOf(std::iter::once(row.sha256).chain(row.other.iter().copied()).collect())
}

#[cfg(test)]
mod tests;
