//! What takes the space: every file counted once, however many names it has.

use std::collections::HashMap;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use serde::Serialize;

use super::Store;
use super::error::StoreError;
use super::files::walk;
use crate::model::ToolchainName;

/// The space that a home takes on disk, in bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Usage {
    /// Each toolchain of the home; adopted ones take none.
    pub toolchains: Vec<ToolchainUsage>,
    /// All packages, most of whose files toolchains share.
    pub packages: u64,
    /// Archives, and parts of them.
    pub cache: u64,
    /// Everything in the home, each file once.
    pub total: u64,
}

/// The space that one toolchain takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ToolchainUsage {
    /// Which.
    pub name: ToolchainName,
    /// All its files.
    pub total: u64,
    /// Those that no other toolchain has: what removing it and collecting garbage would free.
    pub own: u64,
}

type Identity = (u64, u64);

impl Store {
    /// Measures the own home.
    ///
    /// # Errors
    /// Returns an error where a directory can't be read.
    pub fn usage(&self) -> Result<Usage, StoreError> {
        let mut trees = Vec::new();
        for toolchain in
            self.toolchains_of(&self.own)?.into_iter().filter(|toolchain| toolchain.link.is_none())
        {
            trees.push((toolchain.name, measure(&toolchain.root)?));
        }
        let mut users: HashMap<Identity, usize> = HashMap::new();
        for identity in trees.iter().flat_map(|(_, files)| files.keys()) {
            *users.entry(*identity).or_default() += 1;
        }
        let toolchain = |(name, files): (ToolchainName, HashMap<Identity, u64>)| {
            let own =
                files.iter().filter(|(identity, _)| users[*identity] == 1).map(|(_, bytes)| bytes).sum();
            ToolchainUsage { name, total: files.values().sum(), own }
        };
        let sum = |path: &Path| Ok::<u64, StoreError>(measure(path)?.values().sum());
        Ok(Usage {
            packages: sum(&self.own.packages())?,
            cache: sum(&self.own.cache())?,
            total: sum(self.own.root())?,
            toolchains: trees.into_iter().map(toolchain).collect(),
        })
    }
}

/// Returns the bytes on disk of every file below a directory, by identity.
fn measure(root: &Path) -> Result<HashMap<Identity, u64>, StoreError> {
    if !root.is_dir() {
        return Ok(HashMap::new());
    }
    let files = walk(root)?.into_iter().map(|found| found.metadata);
    Ok(files.map(|metadata| ((metadata.dev(), metadata.ino()), metadata.blocks() * 512)).collect())
}

#[cfg(test)]
mod tests {
    use crate::store::testing::{Lab, file, fix_up};

    #[test]
    fn shared_files_are_counted_once() {
        let lab = Lab::new();
        let text: &'static str = "x".repeat(100_000).leak();
        let shared = lab.add("cuda_nvcc", &[file("a", text)]);
        let only = lab.add("cudnn", &[file("b", text)]);
        lab.compose("12.4.1", &[&shared], &[]).expect("composed");
        lab.compose("12.4.1+cudnn9.1", &[&shared, &only], &[fix_up("c", "x")]).expect("composed");
        let usage = lab.store.usage().expect("measured");
        let [plain, full] = usage.toolchains.as_slice() else { panic!("two toolchains") };
        assert!(plain.own < 100_000 && plain.total >= 100_000);
        assert!(full.own >= 100_000 && full.total >= 200_000);
        assert!(usage.packages >= 200_000 && usage.total < 400_000, "{usage:?}");
    }
}
