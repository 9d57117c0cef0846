//! Composing: packages and fix-ups become a toolchain.

use sha2::{Digest as _, Sha256};

use super::lay::Layer;
use super::tree::Tree;
use super::{InstalledPackage, Store, StoreError, Toolchain};
use crate::model::{Change, Digest, Entry, EntryKind, FixUp, PackageId, ToolchainReceipt, Trust};

/// What a toolchain is to be made of.
#[derive(Clone, Debug)]
pub struct Composition {
    /// Its receipt; the fix-ups in it are filled in by [`Store::compose`].
    pub receipt: ToolchainReceipt,
    /// What it adds to or replaces in the files of its packages.
    pub fix_ups: Vec<FixUp>,
}

impl Composition {
    /// Returns the fix-ups as the receipt will have them, sorted by path.
    #[must_use]
    pub fn entries(&self) -> Vec<Entry> {
        let mut entries: Vec<Entry> = self.fix_ups.iter().map(entry).collect();
        entries.sort();
        entries.dedup();
        entries
    }
}

impl Store {
    /// Makes a toolchain of packages in the store, in place of one of the same name if there is one.
    /// Durable afterwards, with the indexes up to date.
    ///
    /// # Errors
    /// Returns [`StoreError::Conflict`] where packages disagree about a path, [`StoreError::Missing`]
    /// for a package that isn't there, [`StoreError::Damaged`] for one that lacks a file. The old
    /// toolchain is untouched then.
    pub fn compose(&self, composition: &Composition) -> Result<Toolchain, StoreError> {
        let _in_use = self.keep_packages()?;
        let packages = self.packages_of(&composition.receipt)?;
        let tree = Tree::merge(&packages, &composition.fix_ups)?;
        let staging = self.stage("compose")?;
        let root = staging.directory("tree")?;
        self.faults.checkpoint("compose begun")?;
        let mut layer = Layer::new(&packages, self.abilities);
        layer.lay(&tree, &root)?;
        self.faults.checkpoint("tree laid")?;
        layer.sync(&tree, &root)?;
        self.faults.checkpoint("tree synced")?;
        let mut receipt = composition.receipt.clone();
        receipt.fix_ups = composition.entries();
        receipt.unverified = unverified(&packages);
        self.publish(&staging, &root, &receipt)?;
        self.own_toolchain(&receipt.name)
            .ok_or_else(|| StoreError::Missing { what: format!("toolchain `{}`", receipt.name) })
    }

    /// Finds all packages of a receipt.
    pub(super) fn packages_of(
        &self,
        receipt: &ToolchainReceipt,
    ) -> Result<Vec<InstalledPackage>, StoreError> {
        let find =
            |id| self.package(id).ok_or_else(|| StoreError::Missing { what: format!("package `{id}`") });
        receipt.packages.iter().map(find).collect()
    }
}

/// Names those packages that nobody vouches for.
pub(super) fn unverified(packages: &[InstalledPackage]) -> Vec<PackageId> {
    let is_unverified = |package: &&InstalledPackage| package.receipt.trust == Trust::Unverified;
    packages.iter().filter(is_unverified).map(|package| package.id.clone()).collect()
}

fn entry(fix_up: &FixUp) -> Entry {
    let kind = match &fix_up.change {
        Change::File { content, executable } => EntryKind::File {
            size: content.len() as u64,
            digest: Digest::from_bytes(Sha256::digest(content).into()),
            executable: *executable,
        },
        Change::Link { target } => EntryKind::Link { target: target.clone() },
        Change::Renamed { kind, .. } => kind.clone(),
    };
    Entry { path: fix_up.path.clone(), kind }
}

#[cfg(test)]
mod tests;
