//! Manifests for tests: the trimmed real ones of the repository, and the whole set where it is at hand.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use url::Url;

use super::manifest::Manifest;
use super::select::{SelectError, select};
use crate::model::{Artifact, ComponentName, Platform, Profile, Release, Version};
use crate::packages::{self, PackageKind};
use crate::sources::Wish;

/// Some digest.
pub(super) const DIGEST: &str = "99d77d9e4c75d5e4663e473577f1871e65bca4ea0b9023f544a3556f0c1776c7";

/// The mirror of tests.
pub(super) const MIRROR: &str = "https://mirror.example/nvidia/";

/// One manifest on disk.
pub(super) struct Case {
    pub(super) kind: &'static PackageKind,
    pub(super) release: Release,
    pub(super) bytes: Vec<u8>,
}

pub(super) fn version(text: &str) -> Version {
    text.parse().expect("a version")
}

pub(super) fn release(label: &str) -> Release {
    Release { version: version(label), date: None, label: label.to_owned() }
}

/// Makes a component with an archive for x86_64 and sbsa.
pub(super) fn component(name: &str, version: &str) -> Value {
    let archive = |platform: &str| {
        json!({
            "relative_path": format!("{name}/{platform}/{name}-{platform}-{version}-archive.tar.xz"),
            "sha256": DIGEST, "size": "1000",
        })
    };
    json!({ "version": version, "linux-x86_64": archive("linux-x86_64"), "linux-sbsa": archive("linux-sbsa") })
}

/// Returns a trimmed manifest of the repository.
pub(super) fn fixture(product: &str, label: &str) -> Case {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/manifests");
    read(&directory.join(format!("{product}_redistrib_{label}.json")))
}

/// Returns every trimmed manifest of the repository.
pub(super) fn fixtures() -> Vec<Case> {
    all_in(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/manifests"))
}

/// Returns the directory of tables beside the repository, where there is one.
pub(super) fn facts() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().skip(1);
    let found = beside.map(|directory| directory.join("shared/facts")).find(|facts| facts.is_dir());
    if found.is_none() {
        crate::testing::skip("NVIDIA's whole manifests", "there is no `shared/facts` beside the repository");
    }
    found
}

/// Returns every manifest in a directory.
pub(super) fn all_in(directory: &Path) -> Vec<Case> {
    let mut paths: Vec<_> = std::fs::read_dir(directory)
        .expect("a directory")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    paths.sort();
    paths.iter().map(|path| read(path)).collect()
}

fn read(path: &Path) -> Case {
    let stem = path.file_stem().and_then(|stem| stem.to_str()).expect("a name");
    let (product, label) = stem.split_once("_redistrib_").expect("a product and a label");
    Case {
        kind: packages::kind(product).expect("a kind"),
        release: release(label),
        bytes: std::fs::read(path).expect("a manifest"),
    }
}

impl Case {
    pub(super) fn manifest(&self) -> Manifest {
        Manifest::parse(&self.bytes, self.kind.name, &self.release.version).expect("a manifest")
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).expect("JSON")
    }

    pub(super) fn directory(&self) -> Url {
        Url::parse(&format!("{MIRROR}{}/", self.kind.redist)).expect("a URL")
    }

    /// Selects what a profile of this toolkit comes down to.
    pub(super) fn toolkit(
        &self,
        platform: Platform,
        profile: Profile,
        with: &[&str],
    ) -> Result<Vec<Artifact>, SelectError> {
        self.select(platform, profile, with, &self.release.version.clone())
    }

    /// Selects the add-on for a CUDA release.
    pub(super) fn add_on(&self, platform: Platform, cuda: &str) -> Result<Vec<Artifact>, SelectError> {
        self.select(platform, Profile::Devel, &[], &version(cuda))
    }

    fn select(
        &self,
        platform: Platform,
        profile: Profile,
        with: &[&str],
        cuda: &Version,
    ) -> Result<Vec<Artifact>, SelectError> {
        let with: Vec<ComponentName> = with.iter().map(|name| name.parse().expect("a name")).collect();
        let wish = Wish { kind: self.kind, release: &self.release, cuda, platform, profile, with: &with };
        select(&self.manifest(), &wish, &self.directory())
    }
}
