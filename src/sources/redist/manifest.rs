//! One redist manifest: a document of NVIDIA's that lists components and their archives.
//!
//! Liberal where generations differ: unknown keys, missing licences, sizes as numbers or texts,
//! archives nested by CUDA variant or not. Strict where a hostile document could do harm: one unclean
//! path, one doubled key or a label of another release, and the whole manifest is refused; a digest or
//! a size that can't be read, and the component is.

use std::collections::BTreeMap;

use super::tree::{Object, Tree, printable};
use crate::model::{ComponentName, Digest, Platform, Version};

/// The most bytes that a manifest may have; real ones have 60 000.
pub(super) const LIMIT: usize = 16 << 20;

/// The most bytes that an archive may claim; the largest real ones are near 1.5 GB.
const LARGEST_ARCHIVE: u64 = 64 << 30;

const ARCHIVE_SUFFIX: &str = ".tar.xz";

/// A platform of data and scripts, which serves for every processor.
const ANY_PLATFORM: &str = "linux-all";

/// What a manifest lists.
#[derive(Debug)]
pub(super) struct Manifest {
    components: BTreeMap<ComponentName, Object>,
}

/// One component of a manifest.
#[derive(Clone, Copy, Debug)]
pub(super) struct Listed<'a> {
    pub(super) name: &'a ComponentName,
    object: &'a Object,
}

/// What a component has for a platform and a CUDA release.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Offer {
    /// An archive.
    Archive(Archive),
    /// Nothing for the platform.
    NoPlatform,
    /// Something for the platform, but built for these CUDA releases only.
    NoVariant(Vec<Version>),
}

/// An archive of a component.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Archive {
    /// Where it is, relative to the redist directory; known to be clean.
    pub(super) path: String,
    /// The version of what it holds.
    pub(super) version: Version,
    pub(super) digest: Digest,
    pub(super) size: Option<u64>,
}

/// What is wrong with a manifest.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ManifestError {
    #[error("`{component}` has {reason}")]
    Component { component: String, reason: String },
    #[error("it lists no components")]
    Empty,
    #[error("{0}")]
    Json(String),
    #[error("it has {0} bytes, the limit is {LIMIT}")]
    Large(usize),
    #[error("it is the manifest of {key} `{found}`, not of `{expected}`")]
    Other { key: &'static str, found: String, expected: String },
    #[error("the path `{0}` is not a clean path below the redist directory")]
    Path(String),
}

impl Manifest {
    /// Reads the manifest of a product's release.
    pub(super) fn parse(bytes: &[u8], product: &str, label: &Version) -> Result<Self, ManifestError> {
        if bytes.len() > LIMIT {
            return Err(ManifestError::Large(bytes.len()));
        }
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let object: Object =
            serde_json::from_slice(bytes).map_err(|error| ManifestError::Json(error.to_string()))?;
        check_label(&object, label)?;
        check_product(&object, product)?;
        check_paths(&object)?;
        let components: BTreeMap<_, _> = object
            .objects()
            .filter(|(_, members)| platforms(members).next().is_some())
            .filter_map(|(name, members)| Some((name.parse().ok()?, members.clone())))
            .collect();
        if components.is_empty() {
            return Err(ManifestError::Empty);
        }
        Ok(Self { components })
    }

    /// Returns the components, by name.
    pub(super) fn components(&self) -> impl Iterator<Item = Listed<'_>> {
        self.components.iter().map(|(name, object)| Listed { name, object })
    }

    /// Returns one component.
    pub(super) fn component(&self, name: &str) -> Option<Listed<'_>> {
        self.components().find(|listed| listed.name.as_str() == name)
    }
}

impl<'a> Listed<'a> {
    /// Returns the licence as the manifest names it.
    pub(super) fn licence(self) -> Option<String> {
        self.object.text("license").filter(|text| !text.is_empty()).map(printable)
    }

    /// Returns the Linux platforms that it has archives for.
    pub(super) fn linux_platforms(self) -> impl Iterator<Item = &'a str> {
        platforms(self.object).map(|(platform, _)| platform).filter(|platform| platform.starts_with("linux-"))
    }

    /// Returns what it has for a platform and a CUDA release: the variant of exactly this CUDA minor
    /// release, else of its major, else the archive that is no variant.
    pub(super) fn offer(self, platform: Platform, cuda: &Version) -> Result<Offer, ManifestError> {
        let Some(node) =
            [platform.name(), ANY_PLATFORM].into_iter().find_map(|name| self.object.object(name))
        else {
            return Ok(Offer::NoPlatform);
        };
        let variants: BTreeMap<Version, &Object> = variants(node).collect();
        let chosen = [2, 1].into_iter().find_map(|count| variants.get(&cuda.truncated(count)).copied());
        match chosen.or_else(|| node.value("relative_path").map(|_| node)) {
            Some(leaf) => self.archive(leaf).map(Offer::Archive),
            None if variants.is_empty() => Ok(Offer::NoPlatform),
            None => Ok(Offer::NoVariant(variants.into_keys().collect())),
        }
    }

    fn archive(self, leaf: &Object) -> Result<Archive, ManifestError> {
        let wrong = |reason: String| ManifestError::Component { component: self.name.to_string(), reason };
        let path = leaf.text("relative_path").ok_or_else(|| wrong("a path that is no text".to_owned()))?;
        if !path.ends_with(ARCHIVE_SUFFIX) {
            return Err(wrong(format!("an archive that is no `{ARCHIVE_SUFFIX}`: `{path}`")));
        }
        let version = self.object.text("version").ok_or_else(|| wrong("no version".to_owned()))?;
        let version = version.parse().map_err(|error| wrong(format!("a wrong version: {error}")))?;
        let digest = leaf.text("sha256").ok_or_else(|| wrong("no sha256".to_owned()))?;
        let digest = digest.parse().map_err(|error| wrong(format!("a wrong sha256: {error}")))?;
        let size = read_size(leaf).ok_or_else(|| wrong("a size that can't be".to_owned()))?;
        Ok(Archive { path: path.to_owned(), version: version_in_path(path, version), digest, size })
    }
}

/// Refuses a manifest of another release. A label may be longer or shorter than what was asked for,
/// as `redistrib_8.9.7.29.json` says `8.9.7`; before 12.2 there is none.
fn check_label(object: &Object, asked: &Version) -> Result<(), ManifestError> {
    let Some(found) = label_text(object, "release_label") else { return Ok(()) };
    let is_same =
        found.parse::<Version>().is_ok_and(|label| label.starts_with(asked) || asked.starts_with(&label));
    if is_same {
        return Ok(());
    }
    Err(ManifestError::Other { key: "release", found: printable(&found), expected: asked.to_string() })
}

fn check_product(object: &Object, product: &str) -> Result<(), ManifestError> {
    let Some(found) = label_text(object, "release_product") else { return Ok(()) };
    if found.eq_ignore_ascii_case(product) {
        return Ok(());
    }
    Err(ManifestError::Other { key: "product", found: printable(&found), expected: product.to_owned() })
}

/// Returns a member that should be a text; what is no text can't be the expected one either.
fn label_text(object: &Object, key: &str) -> Option<String> {
    match object.value(key)? {
        Tree::Text(text) if text.is_empty() => None,
        Tree::Text(text) => Some(text.clone()),
        _ => Some("something that is no text".to_owned()),
    }
}

fn check_paths(object: &Object) -> Result<(), ManifestError> {
    if let Some(path) = object.text("relative_path")
        && !is_clean(path)
    {
        return Err(ManifestError::Path(printable(path)));
    }
    object.objects().try_for_each(|(_, members)| check_paths(members))
}

/// Tells whether a path is made of plain names only, so that it means the same in a URL and on disk.
fn is_clean(path: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-+~".contains(&byte);
    path.len() <= 512
        && path
            .split('/')
            .all(|name| !name.is_empty() && name != "." && name != ".." && name.bytes().all(is_plain))
}

/// Returns the members that hold archives: those with a path, and those with variants.
fn platforms(component: &Object) -> impl Iterator<Item = (&str, &Object)> {
    component
        .objects()
        .filter(|(_, node)| node.value("relative_path").is_some() || variants(node).next().is_some())
}

/// Returns the archives for single CUDA releases, `cuda12` and `cuda13.1`.
fn variants(node: &Object) -> impl Iterator<Item = (Version, &Object)> {
    node.objects().filter_map(|(key, leaf)| {
        leaf.value("relative_path")?;
        Some((key.strip_prefix("cuda")?.parse().ok()?, leaf))
    })
}

/// Returns the size, `None` inside where the manifest has none, and `None` where it is absurd.
fn read_size(leaf: &Object) -> Option<Option<u64>> {
    let size = match leaf.value("size") {
        None => return Some(None),
        Some(Tree::Number(size)) => *size,
        Some(Tree::Text(text)) if text.bytes().all(|byte| byte.is_ascii_digit()) => text.parse().ok()?,
        Some(_) => return None,
    };
    (1..=LARGEST_ARCHIVE).contains(&size).then_some(Some(size))
}

/// Returns the version that the file is named after, where it is a sibling of the component's: cuDNN
/// 9.15.0 is 9.15.0.57 for CUDA 12 and 9.15.0.58 for CUDA 13.
fn version_in_path(path: &str, version: Version) -> Version {
    let name = path.rsplit('/').next().unwrap_or_default();
    let stem = name.strip_suffix(ARCHIVE_SUFFIX).unwrap_or(name);
    let stem = stem.strip_suffix("-archive").unwrap_or(stem);
    let named = stem.rsplit('-').next().and_then(|last| last.split('_').next()?.parse::<Version>().ok());
    let is_sibling = |named: &Version| {
        named.numbers().len() == version.numbers().len() && named.starts_with(&version.truncated(3))
    };
    named.filter(|named| version.numbers().len() > 3 && is_sibling(named)).unwrap_or(version)
}

#[cfg(test)]
#[path = "manifest_tests.rs"]
mod tests;
