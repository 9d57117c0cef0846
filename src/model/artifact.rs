//! An artifact: one file that a source offers, before anything was downloaded.

use serde::Serialize;
use url::Url;

use super::{Checksum, ComponentName, Platform, Trust, Version};

/// One downloadable file that becomes one package.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Artifact {
    /// The component it holds.
    pub component: ComponentName,
    /// The component's own version, as in `cuda_nvcc 12.4.131`.
    pub version: Version,
    /// Where its files run.
    pub platform: Platform,
    /// Where to get it.
    pub url: Url,
    /// What its bytes must hash to.
    pub checksum: Checksum,
    /// Who vouches for that.
    pub trust: Trust,
    /// Its size in bytes, where the source says.
    pub size: Option<u64>,
    /// How it is packed.
    pub format: Format,
    /// The source that offers it: `redist`, `pypi`.
    pub source: &'static str,
    /// The licence as the source names it.
    pub licence: Option<String>,
}

/// The container that an artifact comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// A package of conda: tars in a zip, or in its older form a `.tar.bz2`.
    Conda,
    /// A Debian package, or NVIDIA's local-repository package that holds others.
    Deb,
    /// A directory of this machine.
    Directory,
    /// An RPM package, or NVIDIA's local-repository package that holds others.
    Rpm,
    /// NVIDIA's `.run`: a makeself archive, possibly with others inside.
    Runfile,
    /// A `.tar.bz2` that is no package of conda.
    TarBz2,
    /// A `.tgz`, as cuDNN was up to 8.2.
    TarGz,
    /// A `.tar.xz` of NVIDIA's redist.
    TarXz,
    /// A `.tar.zst`.
    TarZst,
    /// A Python wheel.
    Wheel,
}
