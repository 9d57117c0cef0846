//! Receipts: what was done, from where, and every file of it.

use serde::{Deserialize, Serialize};

use super::{
    Adaptation, AddOn, ComponentName, Digest, PackageId, Platform, Profile, ToolchainName, Trust, Version,
};

/// The version of the receipts' own format.
pub const RECEIPT_FORMAT: u32 = 1;

/// The record of one package: where it came from and what its tree holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackageReceipt {
    /// [`RECEIPT_FORMAT`] at the time of writing.
    pub format: u32,
    /// The package's name in the store.
    pub id: PackageId,
    /// The component.
    pub component: ComponentName,
    /// The component's version.
    pub version: Version,
    /// Where it runs.
    pub platform: Platform,
    /// The source that gave it.
    pub source: String,
    /// The archive's address, without credentials.
    pub url: String,
    /// The archive's digest.
    pub digest: Digest,
    /// The archive's size in bytes.
    pub size: u64,
    /// How the digest came to be known.
    pub trust: Trust,
    /// The licence as the source names it.
    pub licence: Option<String>,
    /// Who had brought the files that the user named, where that is known: `the package libcudnn8`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Every file and link of the tree, sorted by path.
    pub entries: Vec<Entry>,
}

/// The record of one toolchain. Small on purpose: `list` reads one for every toolchain, so the
/// files stand in the receipts of the packages, and here only what the composition added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolchainReceipt {
    /// [`RECEIPT_FORMAT`] at the time of writing.
    pub format: u32,
    /// The toolchain's name.
    pub name: ToolchainName,
    /// The CUDA release.
    pub cuda: Version,
    /// Its add-ons.
    pub add_ons: Vec<AddOn>,
    /// Where it runs.
    pub platform: Platform,
    /// How much of the release.
    pub profile: Profile,
    /// Components asked for beyond the profile.
    pub with: Vec<ComponentName>,
    /// The source of the toolkit.
    pub source: String,
    /// The packages it is composed of, in the order in which they were laid.
    pub packages: Vec<PackageId>,
    /// Those of them that nobody vouches for: they were made of files that the user brought.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unverified: Vec<PackageId>,
    /// What was done to suit this machine.
    #[serde(default, skip_serializing_if = "Adaptation::is_none")]
    pub adaptation: Adaptation,
    /// Links and files that the composition added or replaced, sorted by path.
    pub fix_ups: Vec<Entry>,
}

/// What a list shows of a toolchain: the head of its [`ToolchainReceipt`], read without the rest.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ToolchainSummary {
    /// The format of the receipt.
    pub format: u32,
    /// The toolchain's name.
    pub name: ToolchainName,
    /// Where it runs.
    pub platform: Platform,
    /// How much of the release.
    pub profile: Profile,
    /// The source of the toolkit.
    pub source: String,
    /// Packages that nobody vouches for.
    #[serde(default)]
    pub unverified: Vec<PackageId>,
}

/// One file or link of a tree, by its path below the tree's root.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Entry {
    /// The path below the root, with `/` between its parts.
    pub path: String,
    /// What stands there.
    #[serde(flatten)]
    pub kind: EntryKind,
}

/// What stands at a path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum EntryKind {
    /// A regular file.
    File {
        /// Its size in bytes.
        size: u64,
        /// The digest of its content.
        digest: Digest,
        /// Whether it may be executed: 0555 rather than 0444.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        executable: bool,
    },
    /// A symbolic link.
    Link {
        /// Its target, relative to the directory it stands in.
        target: String,
    },
}
