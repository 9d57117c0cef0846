//! What is known of redist releases without asking: the rows of `known.toml`.
//!
//! The table serves where a mirror has no index page, adds dates and full versions to what the page
//! lists, and spares questions whose answer is known. What it doesn't hold is unknown, never absent.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

use crate::model::{Digest, Platform, Release, Version};
use crate::packages::{PackageKind, TOOLKIT};

/// One row: a release that has a manifest.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Known {
    pub(super) date: Option<String>,
    /// The component's own version, longer than the label: `9.1.1.17` for 9.1.1.
    pub(super) version: Option<Version>,
    /// The CUDA majors that an add-on is built for.
    pub(super) cuda: Option<Vec<u32>>,
    pub(super) platforms: Option<Vec<Platform>>,
    /// The digest of the manifest as NVIDIA serves it.
    pub(super) sha256: Option<Digest>,
}

/// The last toolkit line for IBM Power.
const LAST_POWER: [u32; 2] = [12, 4];

/// Returns the known releases of a kind, by label.
pub(super) fn releases(kind: &PackageKind) -> &'static BTreeMap<Version, Known> {
    static TABLE: OnceLock<BTreeMap<String, BTreeMap<Version, Known>>> = OnceLock::new();
    static NONE: BTreeMap<Version, Known> = BTreeMap::new();
    TABLE
        .get_or_init(|| toml::from_str(include_str!("known.toml")).expect("the table is tested"))
        .get(kind.name)
        .unwrap_or(&NONE)
}

/// Returns the version that the component of an add-on's release has, where it is known: `9.1.1.17` for
/// the label `9.1.1`. It is the one that toolchains are named after.
#[must_use]
pub(super) fn component_version(kind: &PackageKind, label: &Version) -> Option<&'static Version> {
    releases(kind).get(label)?.version.as_ref()
}

/// Tells whether an add-on's release is built for a CUDA release; `None` where it isn't known. It
/// spares callers a manifest when they look for the newest cuDNN of CUDA 11.
#[must_use]
pub(super) fn built_for(kind: &PackageKind, label: &Version, cuda: &Version) -> Option<bool> {
    let majors = releases(kind).get(label)?.cuda.as_ref()?;
    Some(majors.contains(&cuda.major()))
}

/// Tells whether a release may hold what was asked for by prefix: `9.1`, `9.1.1` and `9.1.1.17` all
/// lead to the label `9.1.1`. Where the full version isn't known the answer is yes, and the caller
/// must compare with the version of the artifact.
#[must_use]
pub(super) fn may_hold(kind: &PackageKind, release: &Release, wanted: &Version) -> bool {
    if release.version.starts_with(wanted) {
        return true;
    }
    component_version(kind, &release.version)
        .map_or_else(|| wanted.starts_with(&release.version), |full| full.starts_with(wanted))
}

/// Tells whether a release exists for a platform; `None` where it isn't known.
pub(super) fn exists_for(kind: &PackageKind, label: &Version, platform: Platform) -> Option<bool> {
    let last_power = Version::from_numbers(LAST_POWER);
    if *kind == TOOLKIT && platform == Platform::LinuxPpc64le && label.truncated(2) > last_power {
        return Some(false);
    }
    Some(releases(kind).get(label)?.platforms.as_ref()?.contains(&platform))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packages::{CUDNN, CUTENSOR, NCCL, PACKAGES};

    fn version(text: &str) -> Version {
        text.parse().expect("a version")
    }

    fn release(label: &str) -> Release {
        Release { version: version(label), date: None, label: label.to_owned() }
    }

    #[test]
    fn the_table_is_whole() {
        assert_eq!(releases(&TOOLKIT).len(), 59);
        assert_eq!(releases(&CUDNN).len(), 53);
        assert!(releases(&NCCL).is_empty());
        for kind in PACKAGES {
            assert_eq!(releases(kind).is_empty(), kind.redist.is_empty(), "{}", kind.name);
            for (label, known) in releases(kind) {
                let is_date = |date: &String| date.len() == 10 && date.starts_with("20");
                assert!(known.date.as_ref().is_none_or(is_date), "{label}");
                assert!(known.platforms.as_ref().is_none_or(|all| !all.is_empty()), "{label}");
                let stem = label.truncated(3);
                assert!(known.version.as_ref().is_none_or(|full| full.starts_with(&stem)), "{label}");
            }
        }
    }

    #[test]
    fn labels_and_full_versions_lead_to_each_other() {
        assert_eq!(component_version(&CUDNN, &version("9.1.1")), Some(&version("9.1.1.17")));
        for wanted in ["9", "9.1", "9.1.1", "9.1.1.17"] {
            assert!(may_hold(&CUDNN, &release("9.1.1"), &version(wanted)), "{wanted}");
        }
        assert!(!may_hold(&CUDNN, &release("9.1.1"), &version("9.1.1.18")));
        assert!(!may_hold(&CUDNN, &release("9.1.1"), &version("9.10")));
        assert!(may_hold(&CUDNN, &release("10.1.0"), &version("10.1.0.7")), "unknown, so perhaps");
        assert!(may_hold(&CUTENSOR, &release("2.0.2.1"), &version("2.0.2.5")));
        assert!(!may_hold(&CUTENSOR, &release("2.0.2"), &version("2.0.2.5")));
    }

    #[test]
    fn builds_and_platforms_are_known_or_left_open() {
        assert_eq!(built_for(&CUDNN, &version("9.10.2"), &version("11.8")), Some(true));
        assert_eq!(built_for(&CUDNN, &version("9.11.0"), &version("11.8")), Some(false));
        assert_eq!(built_for(&CUDNN, &version("9.99.0"), &version("11.8")), None);
        let power = |label| exists_for(&TOOLKIT, &version(label), Platform::LinuxPpc64le);
        assert_eq!(power("12.4.1"), Some(true));
        assert_eq!(power("12.5.0"), Some(false));
        assert_eq!(power("14.0.0"), Some(false));
        assert_eq!(power("11.3.1"), None);
        assert_eq!(exists_for(&TOOLKIT, &version("13.0.2"), Platform::LinuxAarch64), Some(false));
    }
}
