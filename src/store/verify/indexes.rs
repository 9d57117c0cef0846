//! Verifying what can be rebuilt: indexes, shims, and what killed processes left.

use std::fs;
use std::path::PathBuf;

use super::inspection::Inspection;
use super::{BY_REPAIR, Severity};
use crate::model::ToolchainName;
use crate::store::files::{exists, names};
use crate::store::staging::Stale;
use crate::store::{Store, StoreError};

impl Store {
    pub(super) fn inspect_indexes(&self, inspection: &mut Inspection) -> Result<(), StoreError> {
        // No change of the store's made what a linked toolkit left behind when it vanished.
        let has_lost = self.toolchains_of(&self.own)?.iter().any(|toolchain| toolchain.is_broken);
        let severity = if has_lost { Severity::Notice } else { Severity::Warning };
        let mut stale = |path: PathBuf, what: &str| {
            inspection.add(severity, path, what.to_owned(), BY_REPAIR.to_owned());
        };
        let wanted = self.wanted_index()?;
        for (key, answer) in &wanted {
            if self.answer(key) != Some(format!("{answer}\n").into_bytes()) {
                stale(self.own.resolve().join(key), "the index does not lead to the toolchain");
            }
        }
        for name in names(&self.own.resolve())?.iter().filter(|name| !wanted.contains_key(*name)) {
            stale(self.own.resolve().join(name), "the index is out of date");
        }
        let shims = self.wanted_shims()?;
        for path in
            shims.iter().map(|name| self.own.shims_bin().join(name)).filter(|path| !self.is_shim(path))
        {
            stale(path, "the shim is missing or out of date");
        }
        for name in names(&self.own.shims_bin())?.iter().filter(|name| !shims.contains(*name)) {
            stale(self.own.shims_bin().join(name), "no toolchain has this tool");
        }
        for path in self.absent_refusals() {
            stale(path, "the shim is missing or out of date");
        }
        for (name, target) in self.wanted_links()? {
            let path = self.own.shims().join(name);
            if fs::read_link(&path).ok() != Some(target) {
                stale(path, "the link does not lead to the default toolchain");
            }
        }
        Ok(())
    }

    pub(super) fn inspect_leftovers(&self, inspection: &mut Inspection) -> Result<(), StoreError> {
        let mut left = |path: PathBuf| {
            let what = "a process that was stopped left this".to_owned();
            inspection.add(Severity::Notice, path, what, "cudaman gc".to_owned());
        };
        for path in names(&self.own.tmp())?.iter().map(|name| self.own.tmp().join(name)) {
            if Stale::look(&path).is_some() {
                left(path);
            }
        }
        names(&self.own.trash())?.iter().for_each(|name| left(self.own.trash().join(name)));
        self.packages_without_receipt()?.iter().for_each(|id| left(self.own.package(id)));
        for name in names(&self.own.toolchain_receipts())? {
            let is_orphan =
                match name.strip_suffix(".json").and_then(|name| name.parse::<ToolchainName>().ok()) {
                    Some(name) => !exists(&self.own.toolchain(&name))?,
                    None => true,
                };
            if is_orphan {
                left(self.own.toolchain_receipts().join(name));
            }
        }
        Ok(())
    }
}
