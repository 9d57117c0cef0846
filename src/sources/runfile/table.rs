//! What is known of runfile installers without asking: the rows of `releases.toml`.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use url::Url;

use crate::model::{Checksum, Digest, Md5Sum, Platform, Version};

/// One row: a release and its installers.
#[derive(Debug, Deserialize)]
pub(super) struct Row {
    pub(super) date: Option<String>,
    #[serde(rename = "linux-x86_64")]
    x86_64: Option<Installer>,
    #[serde(rename = "linux-sbsa")]
    sbsa: Option<Installer>,
    #[serde(rename = "linux-ppc64le")]
    ppc64le: Option<Installer>,
    /// Installers that change an installed release, by the version they lead to.
    #[serde(default, rename = "patch")]
    pub(super) patches: BTreeMap<Version, BTreeMap<Platform, Installer>>,
}

/// One file.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Installer {
    pub(super) url: Url,
    pub(super) sha256: Option<Digest>,
    #[serde(default, deserialize_with = "md5")]
    pub(super) md5: Option<Md5Sum>,
    pub(super) size: Option<u64>,
}

/// Returns every row, by release.
pub(super) fn rows() -> &'static BTreeMap<Version, Row> {
    static TABLE: OnceLock<BTreeMap<Version, Row>> = OnceLock::new();
    TABLE.get_or_init(|| toml::from_str(include_str!("releases.toml")).expect("the table is tested"))
}

/// Returns the release that a patch belongs to.
pub(super) fn patched_by(patch: &Version) -> Option<&'static Version> {
    rows().iter().find(|(_, row)| row.patches.contains_key(patch)).map(|(release, _)| release)
}

impl Installer {
    /// Returns what its bytes must hash to, if anybody knows.
    pub(super) fn checksum(&self) -> Option<Checksum> {
        self.sha256.map(Checksum::Sha256).or(self.md5.map(Checksum::Md5))
    }
}

fn md5<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Md5Sum>, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map(Some).map_err(D::Error::custom)
}

impl Row {
    /// Returns the installer for a platform.
    pub(super) fn installer(&self, platform: Platform) -> Option<&Installer> {
        match platform {
            Platform::LinuxAarch64 => None,
            Platform::LinuxPpc64le => self.ppc64le.as_ref(),
            Platform::LinuxSbsa => self.sbsa.as_ref(),
            Platform::LinuxX86_64 => self.x86_64.as_ref(),
        }
    }

    /// Returns the platforms that the release has an installer for.
    pub(super) fn platforms(&self) -> Vec<Platform> {
        Platform::ALL.into_iter().filter(|platform| self.installer(*platform).is_some()).collect()
    }
}
