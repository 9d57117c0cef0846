//! Where releases come from: one file each, in the [`SOURCES`] slice, asked in order of preference.

pub mod archive;
pub mod pypi;
pub mod redist;
pub mod runfile;

use url::Url;

use crate::fetch::Client;
use crate::model::{Artifact, ComponentName, Digest, Environment, Platform, Profile, Release, Version};
use crate::packages::PackageKind;

/// Every source, in the order in which they are preferred.
pub const SOURCES: &[&dyn Source] = &[&redist::Redist, &runfile::Runfile, &pypi::Pypi, &archive::Archive];

/// One place that releases come from.
pub trait Source: Sync {
    /// Returns the name that `--source` takes.
    fn name(&self) -> &'static str;

    /// Returns one line for the help text.
    fn summary(&self) -> &'static str;

    /// Lists the releases of a kind for a platform, oldest first.
    ///
    /// # Errors
    /// Returns [`SourceError::Unreachable`] where the source can't be asked and knows no list of
    /// its own, and [`SourceError::Malformed`] where its answer can't be read.
    fn releases(
        &self,
        kind: &PackageKind,
        platform: Platform,
        access: &Access<'_>,
    ) -> Result<Listing, SourceError>;

    /// Returns releases that [`Source::releases`] leaves out: it takes a question to find them, or they
    /// are known and can't be installed, for a reason that [`Source::artifacts`] tells. Asked only where
    /// no listed release will do.
    ///
    /// # Errors
    /// As for [`Source::releases`].
    fn further_releases(
        &self,
        _kind: &PackageKind,
        _platform: Platform,
        _access: &Access<'_>,
        _is_wanted: &dyn Fn(&Release) -> bool,
    ) -> Result<Vec<Release>, SourceError> {
        Ok(Vec::new())
    }

    /// Returns the artifacts that a wish comes down to, without downloading them.
    ///
    /// # Errors
    /// Returns [`SourceError::NotOffered`] where the source lacks a part of what was wished for,
    /// if possible without asking the network; else as for [`Source::releases`].
    fn artifacts(&self, wish: &Wish<'_>, access: &Access<'_>) -> Result<Vec<Artifact>, SourceError>;

    /// Tells whether a release may hold the version that was asked for, where only its artifacts
    /// can tell for sure: an add-on is asked for by its full version, 9.1.1.17, and a source may
    /// list it under a label, 9.1.1.
    fn may_hold(&self, _kind: &PackageKind, release: &Release, wanted: &Version) -> bool {
        release.version.starts_with(wanted) || wanted.starts_with(&release.version)
    }
}

/// Returns the source with this name.
#[must_use]
pub fn source(name: &str) -> Option<&'static dyn Source> {
    SOURCES.iter().copied().find(|source| source.name() == name)
}

/// Returns the sources with these names, in this order.
#[must_use]
pub fn named(names: &[&str]) -> Vec<&'static dyn Source> {
    names.iter().filter_map(|name| source(name)).collect()
}

/// What the program's own tables know of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// NVIDIA's name for it.
    pub name: String,
    /// The version of what it holds.
    pub version: Version,
    /// The CUDA release that it was built for, where it is no toolkit.
    pub built_for: Option<Version>,
}

/// Returns the toolkits that are known without asking, oldest first: those of our own table.
pub fn known_toolkits() -> impl Iterator<Item = &'static Version> {
    runfile::releases()
}

/// Looks a file up in the program's own tables, by its sha256.
#[must_use]
pub fn known(digest: &Digest) -> Option<Known> {
    runfile::known(digest).or_else(|| archive::known(digest))
}

/// What a source needs to be asked.
pub struct Access<'a> {
    /// The only way to the network.
    pub client: &'a Client,
    /// The base that stands for `https://developer.download.nvidia.com/`, with a final slash.
    pub mirror: &'a Url,
    /// The Python package index of the configuration, which outranks the one that pip would use.
    pub pypi_index: Option<&'a Url>,
    /// Variables and directories, where pip's and uv's own settings are found.
    pub environment: &'a Environment,
    /// Takes a line that the user should see once, such as a setting that is ignored.
    pub note: &'a dyn Fn(&str),
}

/// The releases of one kind.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    /// The releases, oldest first.
    pub releases: Vec<Release>,
    /// Why the list is the embedded one and may lack what is newer, if it is.
    pub embedded: Option<String>,
}

impl Listing {
    /// Lists releases that are all there are, oldest first.
    fn complete(releases: impl Iterator<Item = Release>) -> Self {
        Self { releases: releases.collect(), embedded: None }
    }
}

/// What is wished for from a source.
#[derive(Clone, Copy, Debug)]
pub struct Wish<'a> {
    /// The toolkit or an add-on.
    pub kind: &'a PackageKind,
    /// Which release of it.
    pub release: &'a Release,
    /// The CUDA release that it will be composed with; the release itself for the toolkit.
    pub cuda: &'a Version,
    /// Where it will run.
    pub platform: Platform,
    /// How much of it.
    pub profile: Profile,
    /// Components beyond the profile.
    pub with: &'a [ComponentName],
}

/// Why a source can't give what was asked.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// An answer that can't be read or must not be trusted.
    #[error("could not read `{what}`: {reason}")]
    Malformed {
        /// The address or file.
        what: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The source has the release, but not all that was wished for.
    #[error("{0}")]
    NotOffered(String),
    /// The source can't be reached.
    #[error("{reason}")]
    Unreachable {
        /// Why, with the host.
        reason: String,
        /// What to try next, where that is clear.
        hint: Option<String>,
    },
}

impl SourceError {
    /// Returns what to try next, where that is clear.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Unreachable { hint, .. } => hint.clone(),
            Self::Malformed { .. } | Self::NotOffered(_) => None,
        }
    }

    fn unreachable(reason: String) -> Self {
        Self::Unreachable { reason, hint: None }
    }
}
