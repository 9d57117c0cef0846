//! Verifying: every byte in the store against the receipts. Reads only; repairing is next door.

mod indexes;
pub(super) mod inspection;

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Serialize;

use inspection::{Extent, Inspection, Owner, expected};

use super::files::names;
use super::locks::{Key, Mode};
use super::{InstalledPackage, Lock, Store, StoreError, Toolchain, receipts};
use crate::model::{PackageId, ToolchainName};

/// How bad a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Nothing is lost: leftovers, files that are not ours.
    Notice,
    /// Something may not be found or not be as it should, and can be rebuilt here.
    Warning,
    /// Something that was installed is damaged or gone.
    Error,
}

impl Severity {
    /// Returns the word that stands before a problem.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Notice => "notice",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// One thing that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// How bad it is.
    pub severity: Severity,
    /// Where.
    pub path: PathBuf,
    /// What is wrong there.
    pub what: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// Whether it was mended.
    pub is_repaired: bool,
}

/// What [`Store::verify`] found.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// Every problem, mended ones included.
    pub problems: Vec<Problem>,
    /// How many files were hashed.
    pub files: usize,
    /// How many bytes were hashed.
    pub bytes: u64,
    /// Toolchains that only a new installation mends, with the packages that it has to replace.
    pub reinstall: BTreeMap<ToolchainName, Vec<PackageId>>,
}

impl Report {
    /// Tells whether something is still wrong.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        let is_wrong = |problem: &Problem| problem.severity > Severity::Notice && !problem.is_repaired;
        !self.problems.iter().any(is_wrong)
    }
}

/// Whether [`Store::verify`] may change anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repair {
    /// Only look.
    No,
    /// Mend what can be mended from what is in the store.
    Yes,
}

/// How closely files are looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Depth {
    /// Every byte is read.
    Bytes,
    /// What directories tell of them is enough.
    Entries,
}

const BY_REPAIR: &str = "`cudaman verify --repair`";

impl Store {
    /// Checks everything in the own home: each file's type, size, mode and digest, on all cores,
    /// and that indexes and shims are complete. With [`Repair::Yes`], mends what the store itself
    /// can mend; what has to be downloaded again is in [`Report::reinstall`], and stays until then.
    ///
    /// # Errors
    /// Returns an error where the home can't be read, or, to be repaired, not be written.
    pub fn verify(&self, repair: Repair) -> Result<Report, StoreError> {
        if repair == Repair::Yes {
            return self.repair();
        }
        let first = self.inspect().map(|inspection| inspection.report);
        if first.as_ref().is_ok_and(Report::is_healthy) {
            return first;
        }
        // A change in the middle of the look is taken for damage, or makes a tree vanish under it:
        // look again while nothing changes. A home that can't be written has no locks, and no changes.
        let Ok(_still) = self.hold_still() else { return first };
        Ok(self.inspect()?.report)
    }

    /// Checks all but the bytes: each file's type, size and mode, indexes and shims.
    ///
    /// # Errors
    /// Returns an error where the home can't be read.
    pub fn look(&self) -> Result<Report, StoreError> {
        let look = || Ok(self.inspect_to(Depth::Entries)?.report);
        let first: Result<Report, StoreError> = look();
        if first.as_ref().is_ok_and(Report::is_healthy) {
            return first;
        }
        let Ok(_still) = self.hold_still() else { return first };
        look()
    }

    fn hold_still(&self) -> Result<[Lock; 3], StoreError> {
        let in_use = self.keep_packages()?;
        let packages = self.locks.acquire(Key::NewPackages, Mode::Alone)?;
        Ok([self.locks.acquire(Key::Store, Mode::Alone)?, packages, in_use])
    }

    pub(super) fn inspect(&self) -> Result<Inspection, StoreError> {
        self.inspect_to(Depth::Bytes)
    }

    fn inspect_to(&self, depth: Depth) -> Result<Inspection, StoreError> {
        let mut inspection = Inspection::default();
        let mut packages = BTreeMap::new();
        self.inspect_packages(&mut inspection, &mut packages)?;
        for toolchain in self.toolchains_of(&self.own)? {
            self.inspect_toolchain(&toolchain, &packages, &mut inspection)?;
        }
        if depth == Depth::Bytes {
            inspection.hash();
        }
        self.inspect_indexes(&mut inspection)?;
        self.inspect_leftovers(&mut inspection)?;
        self.collect_reinstalls(&mut inspection)?;
        Ok(inspection)
    }

    fn inspect_packages(
        &self,
        inspection: &mut Inspection,
        packages: &mut BTreeMap<PackageId, InstalledPackage>,
    ) -> Result<(), StoreError> {
        let receipts = names(&self.own.package_receipts())?;
        for id in receipts.iter().filter_map(|name| PackageId::from_directory(name.strip_suffix(".json")?)) {
            let root = self.own.package(&id);
            let receipt = match receipts::package(&self.own, &id) {
                Ok(Some(receipt)) if root.is_dir() => receipt,
                Ok(_) => {
                    inspection.damaged(&Owner::Package(id), root, "the package is missing");
                    continue;
                }
                Err(error) => {
                    inspection.damaged(
                        &Owner::Package(id.clone()),
                        self.own.package_receipt(&id),
                        &error.to_string(),
                    );
                    continue;
                }
            };
            let expected =
                receipt.entries.iter().map(|entry| (entry.path.as_str(), (&entry.kind, None))).collect();
            inspection.compare(&Owner::Package(id.clone()), &root, expected, Extent::Whole)?;
            packages.insert(id.clone(), InstalledPackage { id, root, receipt, is_own: true });
        }
        Ok(())
    }

    fn inspect_toolchain(
        &self,
        toolchain: &Toolchain,
        packages: &BTreeMap<PackageId, InstalledPackage>,
        inspection: &mut Inspection,
    ) -> Result<(), StoreError> {
        if let Some(link) = &toolchain.link {
            if toolchain.is_broken {
                let what = format!("the toolkit at `{}` is gone", link.display());
                let hint = format!("`cudaman uninstall {}`", toolchain.name);
                inspection.add(Severity::Notice, toolchain.root.clone(), what, hint);
            }
            return Ok(());
        }
        let receipt = match self.receipt(toolchain) {
            Ok(Some(receipt)) => receipt,
            lost => {
                let what =
                    lost.err().map_or_else(|| "the receipt is missing".to_owned(), |error| error.to_string());
                let path = self.own.toolchain_receipt(&toolchain.name);
                inspection.add(Severity::Error, path, what, BY_REPAIR.to_owned());
                inspection.lost_receipts.insert(toolchain.name.clone());
                return Ok(());
            }
        };
        let known = |id: &PackageId| packages.get(id).cloned().or_else(|| self.package(id));
        let parts: Vec<InstalledPackage> = receipt.packages.iter().filter_map(known).collect();
        let owner = Owner::Toolchain(toolchain.name.clone());
        // Where a package is missing, nothing says what the rest should be.
        let is_known = parts.len() == receipt.packages.len();
        let extent = if is_known { Extent::Whole } else { Extent::Known };
        inspection.compare(&owner, &toolchain.root, expected(&receipt, &parts), extent)
    }

    fn collect_reinstalls(&self, inspection: &mut Inspection) -> Result<(), StoreError> {
        for toolchain in self.toolchains_of(&self.own)? {
            let Ok(Some(receipt)) = self.receipt(&toolchain) else { continue };
            let is_lost = |id: &&PackageId| inspection.damaged_packages.contains(id) || !self.has_package(id);
            let lost: Vec<PackageId> = receipt.packages.iter().filter(is_lost).cloned().collect();
            if lost.is_empty() {
                continue;
            }
            for id in lost.iter().filter(|id| !inspection.damaged_packages.contains(*id)) {
                let what = format!("`{}` was made of this package, and it is missing", toolchain.name);
                let hint = format!("{BY_REPAIR}, which downloads it again");
                inspection.report.add(Severity::Error, self.own.package(id), what, hint);
            }
            inspection.report.reinstall.insert(toolchain.name, lost);
        }
        Ok(())
    }
}

impl Report {
    fn add(&mut self, severity: Severity, path: PathBuf, what: String, hint: String) {
        self.problems.push(Problem { severity, path, what, hint: Some(hint), is_repaired: false });
    }
}

#[cfg(test)]
mod tests;
