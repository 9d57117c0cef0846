//! Listing and finding toolchains: a look at names, no receipt is read.

use std::fs;
use std::path::PathBuf;

use super::error::At;
use super::files::names;
use super::home::{Home, is_absent};
use super::{Store, StoreError, front, receipts};
use crate::model::{ToolchainName, ToolchainReceipt, ToolchainRequest, ToolchainSummary};

/// A toolchain in one of the stores.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toolchain {
    /// Its name.
    pub name: ToolchainName,
    /// What `CUDA_HOME` points at: the path under `versions/`, links not resolved.
    pub root: PathBuf,
    /// The home that holds it.
    pub store: PathBuf,
    /// Whether that is our own home, which we may change.
    pub is_own: bool,
    /// Where the link of an adopted one leads.
    pub link: Option<PathBuf>,
    /// Whether that is gone.
    pub is_broken: bool,
}

impl Store {
    /// Lists all toolchains, those of the own home first, each home's oldest release first.
    /// What can't be read is left out.
    #[must_use]
    pub fn toolchains(&self) -> Vec<Toolchain> {
        self.homes().flat_map(|home| self.toolchains_of(home).unwrap_or_default()).collect()
    }

    /// Finds the best toolchain for a request: the own home's if there is one, then that of the first
    /// further store which has one. Adopted ones whose toolkit is gone don't count.
    #[must_use]
    pub fn find(&self, request: &ToolchainRequest) -> Option<Toolchain> {
        self.homes().find_map(|home| self.find_in(home, request))
    }

    /// Looks at the best name first, and at another only where nothing stands there.
    fn find_in(&self, home: &Home, request: &ToolchainRequest) -> Option<Toolchain> {
        let mut names = names_of(home).unwrap_or_default();
        loop {
            let best = request.best(&names)?.clone();
            match self.toolchain_of(home, &best) {
                Ok(Some(toolchain)) if !toolchain.is_broken => return Some(toolchain),
                _ => names.retain(|name| *name != best),
            }
        }
    }

    /// Reads a toolchain's receipt; adopted ones have none.
    ///
    /// # Errors
    /// Returns [`StoreError::Damaged`] for a receipt that can't be read; `verify` rebuilds it.
    pub fn receipt(&self, toolchain: &Toolchain) -> Result<Option<ToolchainReceipt>, StoreError> {
        if toolchain.link.is_some() {
            return Ok(None);
        }
        receipts::toolchain(&Home::new(&toolchain.store)?, &toolchain.name)
    }

    /// Reads what a list shows of a toolchain's receipt; adopted ones have none.
    ///
    /// # Errors
    /// As for [`Store::receipt`].
    pub fn summary(&self, toolchain: &Toolchain) -> Result<Option<ToolchainSummary>, StoreError> {
        if toolchain.link.is_some() {
            return Ok(None);
        }
        receipts::summary(&Home::new(&toolchain.store)?, &toolchain.name)
    }

    pub(super) fn own_toolchain(&self, name: &ToolchainName) -> Option<Toolchain> {
        self.toolchain_of(&self.own, name).ok().flatten()
    }

    /// Lists the toolchains of one home, or fails: gc must not take what it can't read for nothing.
    pub(super) fn toolchains_of(&self, home: &Home) -> Result<Vec<Toolchain>, StoreError> {
        let mut names = names_of(home)?;
        names.sort();
        let found = names.iter().map(|name| self.toolchain_of(home, name));
        found.filter_map(Result::transpose).collect()
    }

    pub(super) fn present_toolchains_of(&self, home: &Home) -> Result<Vec<Toolchain>, StoreError> {
        let all = self.toolchains_of(home)?;
        Ok(all.into_iter().filter(|toolchain| !toolchain.is_broken).collect())
    }

    pub(super) fn toolchain_of(
        &self,
        home: &Home,
        name: &ToolchainName,
    ) -> Result<Option<Toolchain>, StoreError> {
        let root = home.toolchain(name);
        let metadata = match fs::symlink_metadata(&root) {
            Err(error) if is_absent(&error) => return Ok(None),
            metadata => metadata.at("read", &root)?,
        };
        let (link, is_broken) = if metadata.is_symlink() {
            let (target, is_broken) = front::read(&root)?;
            (Some(target), is_broken)
        } else {
            (None, false)
        };
        if link.is_none() && !metadata.is_dir() {
            return Ok(None);
        }
        let store = home.root().to_owned();
        Ok(Some(Toolchain { name: name.clone(), root, store, is_own: *home == self.own, link, is_broken }))
    }
}

/// Lists the names that toolchains have in a home, in no order of releases.
fn names_of(home: &Home) -> Result<Vec<ToolchainName>, StoreError> {
    // Other spellings of a name, as `cuda-12.4`, are not ours: a reader would not find them.
    let parse = |text: &String| text.parse().ok().filter(|name: &ToolchainName| name.to_string() == *text);
    Ok(names(&home.versions())?.iter().filter_map(parse).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::Lab;

    fn find(lab: &Lab, request: &str) -> Option<Toolchain> {
        lab.store.find(&request.parse().expect("a request"))
    }

    #[test]
    fn the_own_home_is_asked_first() {
        let site = Lab::new();
        site.install("12.4.1");
        site.install("12.6.0");
        let lab = Lab::beside(&[site.store.home().to_owned(), "/none".into(), "relative".into()]);
        lab.install("12.4.1");
        assert_eq!(lab.store.ignored().len(), 1);
        assert!(find(&lab, "12").is_some_and(|found| found.is_own && found.name.to_string() == "12.4.1"));
        assert!(find(&lab, "12.6").is_some_and(|found| !found.is_own && found.store == site.store.home()));
        assert!(find(&lab, "11").is_none());
        assert_eq!(lab.names(), ["12.4.1", "12.4.1", "12.6.0"]);
        let theirs = find(&lab, "12.6").expect("found");
        assert!(lab.store.receipt(&theirs).expect("read").is_some());
    }

    #[test]
    fn what_is_gone_gives_way_to_the_next_best() {
        let lab = Lab::new();
        lab.install("12.4.1");
        let foreign = lab.outside("cuda-12.6");
        fs::create_dir(&foreign).expect("made");
        lab.store.adopt(&"12.6.0".parse().expect("a name"), &foreign).expect("adopted");
        assert!(find(&lab, "12").is_some_and(|found| found.name.to_string() == "12.6.0"));
        fs::remove_dir(&foreign).expect("removed");
        assert!(find(&lab, "12").is_some_and(|found| found.name.to_string() == "12.4.1"));
    }

    #[test]
    fn a_summary_says_what_the_receipt_says() {
        let lab = Lab::new();
        lab.install("12.4.1");
        let toolchain = find(&lab, "12").expect("found");
        let receipt = lab.store.receipt(&toolchain).expect("read").expect("a receipt");
        let summary = lab.store.summary(&toolchain).expect("read").expect("a summary");
        assert_eq!((summary.name, summary.platform), (receipt.name, receipt.platform));
        assert_eq!((summary.profile, summary.source), (receipt.profile, receipt.source));
        let path = lab.path("receipts/toolchains/12.4.1.json");
        let other = lab.read("receipts/toolchains/12.4.1.json").replace("12.4.1", "12.4.2");
        fs::write(path, other).expect("written");
        assert!(matches!(lab.store.summary(&toolchain), Err(StoreError::Damaged { .. })));
    }

    #[test]
    fn what_is_not_ours_is_not_listed() {
        let lab = Lab::new();
        lab.install("9.9");
        for directory in ["cuda-12.4", "latest", "x y", ".hidden", "12.4+cudnn"] {
            fs::create_dir(lab.path("versions").join(directory)).expect("made");
        }
        fs::write(lab.path("versions/11.8.0"), "a file").expect("written");
        lab.install("10.0.130");
        assert_eq!(lab.names(), ["9.9", "10.0.130"]);
    }
}
