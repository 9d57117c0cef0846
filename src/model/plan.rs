//! A plan: what an install will do, decided before anything is downloaded.

use serde::Serialize;

use super::{AddOn, Artifact, Platform, Profile, ToolchainName, Version};

/// All that makes up one toolchain.
#[derive(Clone, Debug, Serialize)]
pub struct Plan {
    /// The toolchain that will exist afterwards.
    pub toolchain: ToolchainName,
    /// The CUDA release.
    pub cuda: Version,
    /// Add-ons, sorted by kind.
    pub add_ons: Vec<AddOn>,
    /// Where it will run.
    pub platform: Platform,
    /// How much of the release.
    pub profile: Profile,
    /// Components asked for beyond the profile.
    pub with: Vec<super::ComponentName>,
    /// The source that gives the toolkit.
    pub source: &'static str,
    /// Everything that is composed into it, whether in the store already or not.
    pub artifacts: Vec<Artifact>,
}
