//! NVIDIA's own manifests, served with tiny archives: every value is as NVIDIA published it, but for
//! the digests and sizes of those archives.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::mirror::Mirror;
use super::toolkit::{serve_archive, serve_manifest};

/// A redist manifest, and the release that it describes.
pub(crate) struct Manifest {
    /// The directory of its kind: `cuda`, `cudnn`.
    pub(crate) product: String,
    /// The release: `12.4.1`.
    pub(crate) label: String,
    pub(crate) json: Value,
}

impl Manifest {
    /// Returns the manifests that are part of the repository.
    pub(crate) fn fixtures() -> Vec<Self> {
        in_directory(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/manifests"))
    }

    /// Returns the complete manifests that lie beside the repository, where they do.
    pub(crate) fn complete() -> Vec<Self> {
        in_directory(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/facts/redist"))
    }

    /// Returns one of those in the repository.
    pub(crate) fn fixture(product: &str, label: &str) -> Self {
        let is_it = |manifest: &Self| manifest.product == product && manifest.label == label;
        Self::fixtures().into_iter().find(is_it).expect("a manifest of the repository")
    }

    /// Returns the parts of the release, by name.
    pub(crate) fn components(&self) -> impl Iterator<Item = (&str, &Value)> {
        let members = self.json.as_object().expect("an object").iter();
        members.filter(|(_, value)| value.is_object()).map(|(name, value)| (name.as_str(), value))
    }

    /// Serves the manifest as it is: enough to plan with.
    pub(crate) fn serve(&self, mirror: &Mirror) {
        serve_manifest(mirror, &self.product, &self.label, &self.json);
    }

    /// Serves the manifest with a tiny archive for each part that exists for a platform.
    pub(crate) fn serve_archives(&self, mirror: &Mirror, platform: &str) {
        let mut json = self.json.clone();
        for (name, _) in self.components() {
            let version = self.json[name]["version"].as_str().unwrap_or("1.0").to_owned();
            let Some(node) = json[name].get_mut(platform) else { continue };
            let leaves: Vec<&mut Value> = match node.get("relative_path") {
                Some(_) => vec![node],
                None => node.as_object_mut().expect("variants").values_mut().collect(),
            };
            for leaf in leaves {
                let path = leaf["relative_path"].as_str().expect("a path").to_owned();
                *leaf = serve_archive(mirror, &self.product, &path, name, &version);
            }
        }
        serve_manifest(mirror, &self.product, &self.label, &json);
    }
}

fn in_directory(directory: &Path) -> Vec<Manifest> {
    let Ok(entries) = directory.read_dir() else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    paths.iter().filter_map(|path| manifest(path)).collect()
}

fn manifest(path: &Path) -> Option<Manifest> {
    let (product, label) = path.file_name()?.to_str()?.strip_suffix(".json")?.split_once("_redistrib_")?;
    let text = std::fs::read(path).expect("a manifest");
    let json = serde_json::from_slice(&text).expect("JSON");
    Some(Manifest { product: product.to_owned(), label: label.to_owned(), json })
}
