//! `bundle.json`: what a bundle holds. It comes from another machine, so it is believed only where it is
//! in keeping with itself; that the files are what it says, their digests tell.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::model::receipt::RECEIPT_FORMAT;
use crate::model::{PackageId, PackageReceipt, ToolchainName, ToolchainReceipt};

/// Its name in the bundle, which is also how a bundle is known.
pub(super) const NAME: &str = "bundle.json";

/// The format that this program writes, and the newest that it reads.
pub(super) const FORMAT: u32 = 1;

/// The most bytes that it may have: ten full toolkits have a tenth of it.
pub(super) const LIMIT: u64 = 64 << 20;

/// What a bundle holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Manifest {
    /// [`FORMAT`] at the time of writing.
    pub(super) format: u32,
    /// The version of the cudaman that wrote it.
    pub(super) cudaman: String,
    /// The toolchains, oldest release first. Their fix-ups are those of the layout alone, without what
    /// belonged to the machine.
    pub(super) toolchains: Vec<ToolchainReceipt>,
    /// Their packages, in the order in which their files follow, each once.
    pub(super) packages: Vec<PackageReceipt>,
}

/// Why a manifest is refused.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It has a newer format.
    Newer(u32),
    /// It makes no sense.
    Wrong(String),
}

/// The one part that every format has.
#[derive(Deserialize)]
struct Head {
    format: u32,
}

impl Manifest {
    /// Reads a manifest and checks that it is in keeping with itself.
    pub(super) fn parse(text: &[u8]) -> Result<Self, Fault> {
        let wrong = |error: serde_json::Error| Fault::Wrong(format!("`{NAME}`: {error}"));
        let head: Head = serde_json::from_slice(text).map_err(wrong)?;
        if head.format > FORMAT {
            return Err(Fault::Newer(head.format));
        }
        let manifest: Self = serde_json::from_slice(text).map_err(wrong)?;
        manifest.check().map_err(|reason| Fault::Wrong(format!("`{NAME}` contradicts itself: {reason}")))?;
        Ok(manifest)
    }

    /// Returns a package of the bundle.
    pub(super) fn package(&self, id: &PackageId) -> Option<&PackageReceipt> {
        self.packages.iter().find(|package| package.id == *id)
    }

    fn check(&self) -> Result<(), String> {
        let mut ids = BTreeSet::new();
        for package in &self.packages {
            check_package(package)?;
            if !ids.insert(&package.id) {
                return Err(format!("the package `{}` is there twice", package.id));
            }
        }
        let mut names = BTreeSet::new();
        let mut used = BTreeSet::new();
        for toolchain in &self.toolchains {
            self.check_toolchain(toolchain)?;
            if !names.insert(&toolchain.name) {
                return Err(format!("the toolchain `{}` is there twice", toolchain.name));
            }
            used.extend(&toolchain.packages);
        }
        match ids.difference(&used).next() {
            Some(id) => Err(format!("no toolchain needs the package `{id}`")),
            None => Ok(()),
        }
    }

    fn check_toolchain(&self, receipt: &ToolchainReceipt) -> Result<(), String> {
        let name = &receipt.name;
        check_format(receipt.format)?;
        if *name != ToolchainName::composed(receipt.cuda.clone(), receipt.add_ons.clone()) {
            return Err(format!("`{name}` is not the name of its release and add-ons"));
        }
        let mut seen = BTreeSet::new();
        for id in &receipt.packages {
            let package = self.package(id).ok_or_else(|| format!("`{name}` lacks its package `{id}`"))?;
            if package.platform != receipt.platform || !seen.insert(id) {
                return Err(format!("`{name}` can't be composed of `{id}`"));
            }
        }
        if seen.is_empty() { Err(format!("`{name}` has no packages")) } else { Ok(()) }
    }
}

fn check_package(receipt: &PackageReceipt) -> Result<(), String> {
    check_format(receipt.format)?;
    let id = &receipt.id;
    let prefix = format!("{}-{}-{}-", receipt.component, receipt.version, receipt.platform);
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    let is_hash = |rest: &str| rest.len() == 8 && rest.bytes().all(is_digit);
    if !id.as_str().strip_prefix(&prefix).is_some_and(is_hash)
        || PackageId::from_directory(id.as_str()).is_none()
    {
        return Err(format!("`{id}` is not the name of its package"));
    }
    let paths: BTreeSet<_> = receipt.entries.iter().map(|entry| &entry.path).collect();
    if paths.len() < receipt.entries.len() {
        return Err(format!("`{id}` has a path twice"));
    }
    Ok(())
}

fn check_format(format: u32) -> Result<(), String> {
    if format > RECEIPT_FORMAT { Err(format!("a receipt has the unknown format {format}")) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    const ID: &str = "cuda_nvcc-12.4.99-linux-x86_64-0a1b2c3d";

    fn manifest() -> Value {
        let package = json!({
            "format": 1, "id": ID, "component": "cuda_nvcc", "version": "12.4.99", "platform": "linux-x86_64",
            "source": "redist", "url": "https://a.example/x", "digest": "0".repeat(64), "size": 7,
            "trust": "manifest", "licence": null,
            "entries": [{ "path": "bin/nvcc", "type": "file", "size": 4, "digest": "1".repeat(64) }],
        });
        let toolchain = json!({
            "format": 1, "name": "12.4.1", "cuda": "12.4.1", "add_ons": [], "platform": "linux-x86_64",
            "profile": "minimal", "with": [], "source": "redist", "packages": [ID], "fix_ups": [],
        });
        json!({ "format": 1, "cudaman": "0.1.0", "toolchains": [toolchain], "packages": [package] })
    }

    fn parse(manifest: &Value) -> Result<Manifest, Fault> {
        Manifest::parse(&serde_json::to_vec(manifest).expect("JSON"))
    }

    #[test]
    fn what_is_in_keeping_with_itself_is_read_and_written_alike() {
        let parsed = parse(&manifest()).expect("a manifest");
        let text = serde_json::to_vec(&parsed).expect("JSON");
        assert_eq!(Manifest::parse(&text), Ok(parsed));
    }

    #[test]
    fn a_newer_format_is_told_from_nonsense_whatever_else_it_holds() {
        assert_eq!(parse(&json!({ "format": 2, "new": [] })), Err(Fault::Newer(2)));
        assert!(matches!(parse(&json!({ "format": "2" })), Err(Fault::Wrong(_))));
    }

    #[test]
    fn a_path_twice_is_refused() {
        let mut twice = manifest();
        let entry = twice["packages"][0]["entries"][0].clone();
        twice["packages"][0]["entries"].as_array_mut().expect("a list").push(entry);
        assert!(matches!(parse(&twice), Err(Fault::Wrong(reason)) if reason.contains("a path twice")));
    }

    #[test]
    fn ids_are_names_of_directories() {
        for id in
            ["cuda_nvcc-12.4.99-linux-x86_64-0a1b2c3", "cuda_nvcc-12.4.99-linux-x86_64-0A1B2C3D", "../x"]
        {
            let text = serde_json::to_string(&manifest()).expect("JSON").replace(ID, id);
            assert!(matches!(Manifest::parse(text.as_bytes()), Err(Fault::Wrong(_))), "{id}");
        }
    }

    proptest! {
        #[test]
        fn no_manifest_is_too_strange(at in 0usize..900, byte: u8, noise in prop::collection::vec(any::<u8>(), 0..80)) {
            let mut text = serde_json::to_vec(&manifest()).expect("JSON");
            if let Some(place) = text.get_mut(at) {
                *place = byte;
            }
            let _ = Manifest::parse(&text);
            let _ = Manifest::parse(&noise);
        }
    }
}
