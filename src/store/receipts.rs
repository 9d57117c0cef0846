//! Receipts on disk: reading them with suspicion, writing them whole.
//!
//! ```text
//! receipts/
//!   packages/<package>.json        makes the package exist
//!   toolchains/<toolchain>.json
//!   toolchains/<toolchain>.pending the receipt of a tree that is about to be published
//! ```
//! A toolchain's tree and receipt can't change in one step. So the receipt comes first, as pending,
//! with the inode of the tree that it describes: from the moment that this tree stands in
//! `versions/`, the pending receipt is the valid one, whether or not it has its final name yet.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::durability::sync_directory;
use super::error::{At, StoreError};
use super::files::{read_limited, remove_file};
use super::home::{Home, is_absent};
use super::staging::Staging;
use crate::model::receipt::RECEIPT_FORMAT;
use crate::model::{Entry, PackageId, PackageReceipt, ToolchainName, ToolchainReceipt, ToolchainSummary};

/// The largest receipt that is read: a hundred times the largest that was seen.
const LIMIT: u64 = 256 << 20;

/// A toolchain's receipt on its way.
#[derive(Serialize, Deserialize)]
struct Pending<T> {
    /// The inode of the tree's root. Where the live tree is changed file by file it never matches,
    /// and the old receipt holds until the last file is in place.
    root: u64,
    receipt: T,
}

/// Reads a package's receipt.
pub(super) fn package(home: &Home, id: &PackageId) -> Result<Option<PackageReceipt>, StoreError> {
    let path = home.package_receipt(id);
    let Some(receipt) = read::<PackageReceipt>(&path)? else { return Ok(None) };
    check(&path, receipt.format, receipt.id == *id, &receipt.entries)?;
    Ok(Some(receipt))
}

/// Reads the receipt of the toolchain that stands in `versions/`.
pub(super) fn toolchain(home: &Home, name: &ToolchainName) -> Result<Option<ToolchainReceipt>, StoreError> {
    let Some(receipt) = standing::<ToolchainReceipt>(home, name)? else { return Ok(None) };
    check(&home.toolchain_receipt(name), receipt.format, receipt.name == *name, &receipt.fix_ups)?;
    Ok(Some(receipt))
}

/// Reads the head of that receipt: most of a receipt are files, which a list doesn't show.
pub(super) fn summary(home: &Home, name: &ToolchainName) -> Result<Option<ToolchainSummary>, StoreError> {
    let Some(summary) = standing::<ToolchainSummary>(home, name)? else { return Ok(None) };
    check(&home.toolchain_receipt(name), summary.format, summary.name == *name, &[])?;
    Ok(Some(summary))
}

/// Announces the receipt of a tree, before the tree is published. Durable afterwards.
pub(super) fn announce(
    home: &Home,
    staging: &Staging,
    tree: &Path,
    receipt: &ToolchainReceipt,
) -> Result<(), StoreError> {
    let root = fs::metadata(tree).at("read", tree)?.ino();
    let pending = Pending { root, receipt: receipt.clone() };
    staging.replace(&home.pending_receipt(&receipt.name), &to_json(&pending), 0o644)?;
    sync_directory(&home.toolchain_receipts())
}

/// Gives an announced receipt its final name. Durable afterwards.
pub(super) fn settle(home: &Home, staging: &Staging, receipt: &ToolchainReceipt) -> Result<(), StoreError> {
    staging.replace(&home.toolchain_receipt(&receipt.name), &to_json(receipt), 0o644)?;
    remove_file(&home.pending_receipt(&receipt.name))?;
    sync_directory(&home.toolchain_receipts())
}

/// Ends what a killed process left pending: settles it if its tree was published, else forgets it.
/// The caller holds the lock of the store.
pub(super) fn recover(home: &Home, staging: &Staging, name: &ToolchainName) -> Result<(), StoreError> {
    match read_pending::<ToolchainReceipt>(home, name)? {
        Some(pending) if is_current(home, name, pending.root)? => settle(home, staging, &pending.receipt),
        _ => remove_file(&home.pending_receipt(name)),
    }
}

/// Removes a toolchain's receipts. Durable afterwards.
pub(super) fn forget(home: &Home, name: &ToolchainName) -> Result<(), StoreError> {
    remove_file(&home.toolchain_receipt(name))?;
    remove_file(&home.pending_receipt(name))?;
    sync_directory(&home.toolchain_receipts())
}

/// Returns a receipt's text, one object and a line feed.
pub(super) fn to_json(receipt: &impl Serialize) -> Vec<u8> {
    let mut text = serde_json::to_vec(receipt).expect("receipts hold nothing that JSON lacks");
    text.push(b'\n');
    text
}

/// Tells whether a path stays below the root that it is meant for.
pub(super) fn is_plain_path(path: &str) -> bool {
    let is_plain = |part: &str| !part.is_empty() && part != "." && part != ".." && !part.contains('\0');
    path.split('/').all(is_plain)
}

/// Reads the receipt that describes what stands in `versions/`, the pending one or the settled one.
fn standing<T: DeserializeOwned>(home: &Home, name: &ToolchainName) -> Result<Option<T>, StoreError> {
    let settled = read(&home.toolchain_receipt(name));
    match read_pending(home, name)? {
        Some(pending) if is_current(home, name, pending.root)? => Ok(Some(pending.receipt)),
        _ => settled,
    }
}

/// One that makes no sense was never announced in full, and describes nothing that stands.
fn read_pending<T: DeserializeOwned>(
    home: &Home,
    name: &ToolchainName,
) -> Result<Option<Pending<T>>, StoreError> {
    match read(&home.pending_receipt(name)) {
        Err(StoreError::Damaged { .. }) => Ok(None),
        pending => pending,
    }
}

fn is_current(home: &Home, name: &ToolchainName, root: u64) -> Result<bool, StoreError> {
    let tree = home.toolchain(name);
    match fs::symlink_metadata(&tree) {
        Err(error) if is_absent(&error) => Ok(false),
        metadata => metadata.at("read", &tree).map(|metadata| metadata.ino() == root),
    }
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, StoreError> {
    let Some(bytes) = read_limited(path, LIMIT)? else { return Ok(None) };
    let damaged =
        |error: serde_json::Error| StoreError::Damaged { path: path.to_owned(), reason: error.to_string() };
    serde_json::from_slice(&bytes).map(Some).map_err(damaged)
}

fn check(path: &Path, format: u32, is_its_own: bool, entries: &[Entry]) -> Result<(), StoreError> {
    let damaged = |reason: String| Err(StoreError::Damaged { path: path.to_owned(), reason });
    if format > RECEIPT_FORMAT {
        return damaged(format!("its format {format} needs a newer cudaman"));
    }
    if !is_its_own {
        return damaged("it is the receipt of something else".to_owned());
    }
    match entries.iter().find(|entry| !is_plain_path(&entry.path)) {
        Some(entry) => damaged(format!("the path {:?} leads out of its tree", entry.path)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_below_the_root() {
        assert!(is_plain_path("bin/nvcc") && is_plain_path("a") && is_plain_path("a/..b/c"));
        for path in ["", "/", "/etc", "a//b", "a/", "./a", "a/..", "../a", "a/\0"] {
            assert!(!is_plain_path(path), "{path:?}");
        }
    }
}
