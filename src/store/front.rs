//! Fronts of linked toolkits: a tree of links to everything in the toolkit, beside which it has files of its
//! own. So nvcc of a toolkit that is never changed starts the host compiler that suits it.
//!
//! ```text
//! versions/<name>          a link to ../links/<name>.<random>
//! links/<name>.<random>/
//!   .cudaman/toolkit       a link to the toolkit
//!   .cudaman/adaptation    what was chosen for this machine
//!   bin/                   links to each file of the toolkit's, and nvcc as a script
//!   hostcc/                the compilers
//!   include, lib64, …      links to the toolkit's
//! ```
//! A front is made whole before the link in `versions/` leads to it, and is never changed afterwards.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use super::durability::{sync_directory, sync_file_system};
use super::error::{At, StoreError};
use super::files::{make_directory, names, random_name, write_file};
use super::home::Home;
use super::locks::{Key, Mode};
use super::{Store, Toolchain, trash};
use crate::model::{Adaptation, Change, FixUp};

/// The directory of a front's own records.
const RECORDS: &str = ".cudaman";
/// The directories of the toolkit whose entries are linked one by one, since files are added to them.
const OPENED: [&str; 2] = ["", "bin"];
/// What the links in `versions/` to fronts begin with.
const FRONTS: &str = "../links";

impl Store {
    /// Puts files before those of a linked toolkit, which stays as it is; where nothing was chosen for it, the link
    /// leads straight to it.
    ///
    /// # Errors
    /// Returns [`StoreError::Missing`] for a toolchain that is no link of the own home's or leads nowhere, and an
    /// error where the home can't be written.
    pub fn set_front(
        &self,
        toolchain: &Toolchain,
        adaptation: &Adaptation,
        fix_ups: &[FixUp],
    ) -> Result<(), StoreError> {
        let target = toolchain.link.as_deref().filter(|_| toolchain.is_own && !toolchain.is_broken);
        let missing = || StoreError::Missing { what: format!("linked toolkit `{}`", toolchain.name) };
        let target = target.ok_or_else(missing)?;
        let staging = self.stage("front")?;
        let link = staging.free_path();
        let _lock = self.locks.acquire(Key::Store, Mode::Alone)?;
        if *adaptation == Adaptation::default() {
            symlink(target, &link).at("link", &link)?;
        } else {
            let tree = staging.directory("tree")?;
            lay(target, adaptation, fix_ups, &tree)?;
            let name = format!("{}.{}", toolchain.name, random_name());
            make_directory(&self.own.fronts(), 0o755)?;
            let place = self.own.fronts().join(&name);
            fs::rename(&tree, &place).at("rename into place", &place)?;
            sync_directory(&self.own.fronts())?;
            symlink(Path::new(FRONTS).join(name), &link).at("link", &link)?;
        }
        self.faults.checkpoint("front made")?;
        fs::rename(&link, &toolchain.root).at("replace", &toolchain.root)?;
        sync_directory(&self.own.versions())?;
        self.faults.checkpoint("front in effect")?;
        self.drop_fronts()?;
        trash::empty(&self.own)
    }

    /// Reads how a toolchain was made to suit its machine: from its receipt, or from the front of a linked one.
    ///
    /// # Errors
    /// As for [`Store::receipt`].
    pub fn adaptation(&self, toolchain: &Toolchain) -> Result<Adaptation, StoreError> {
        if toolchain.link.is_none() {
            return Ok(self.receipt(toolchain)?.map(|receipt| receipt.adaptation).unwrap_or_default());
        }
        let front = behind(&toolchain.root).map(|_| toolchain.root.join(RECORDS).join("adaptation"));
        let text = front.and_then(|path| fs::read(path).ok()).unwrap_or_default();
        Ok(serde_json::from_slice(&text).unwrap_or_default())
    }

    /// Moves the fronts to which no link leads to the trash. The caller holds the store.
    pub(super) fn drop_fronts(&self) -> Result<(), StoreError> {
        let links = names(&self.own.versions())?.into_iter();
        let links = links.filter_map(|name| fs::read_link(self.own.versions().join(name)).ok());
        let used: BTreeSet<PathBuf> = links.collect();
        for name in names(&self.own.fronts())? {
            if !used.contains(&Path::new(FRONTS).join(&name)) {
                trash::discard(&self.own, &self.own.fronts().join(name))?;
            }
        }
        Ok(())
    }
}

impl Home {
    fn fronts(&self) -> PathBuf {
        self.root().join("links")
    }
}

/// Returns the toolkit behind a front; none where a link in `versions/` leads straight to one.
pub(super) fn behind(link: &Path) -> Option<PathBuf> {
    let is_front = fs::read_link(link).is_ok_and(|target| target.starts_with(FRONTS));
    is_front.then(|| fs::read_link(link.join(RECORDS).join("toolkit")).ok()).flatten()
}

fn lay(target: &Path, adaptation: &Adaptation, fix_ups: &[FixUp], tree: &Path) -> Result<(), StoreError> {
    let mut links: BTreeMap<PathBuf, PathBuf> = BTreeMap::new();
    for directory in OPENED {
        for entry in fs::read_dir(target.join(directory)).at("list", &target.join(directory))? {
            let path = Path::new(directory).join(entry.at("list", target)?.file_name());
            links.insert(path.clone(), target.join(path));
        }
    }
    for directory in OPENED.into_iter().chain([RECORDS]).filter(|directory| !directory.is_empty()) {
        links.remove(Path::new(directory));
        make_directory(&tree.join(directory), 0o755)?;
    }
    links.insert(Path::new(RECORDS).join("toolkit"), target.to_owned());
    for FixUp { path, change } in fix_ups {
        let at = tree.join(path);
        let parent = at.parent().unwrap_or(tree);
        links.remove(Path::new(path).parent().unwrap_or(Path::new("")));
        make_directory(parent, 0o755)?;
        links.remove(Path::new(path));
        match change {
            Change::File { content, executable } => {
                write_file(&at, content, if *executable { 0o555 } else { 0o444 })?;
            }
            Change::Link { target } => symlink(target, &at).at("link", &at)?,
            Change::Renamed { from, .. } => {
                links.insert(path.into(), target.join(path).with_file_name(from));
            }
        }
    }
    for (path, target) in links {
        symlink(target, tree.join(&path)).at("link", &tree.join(path))?;
    }
    let text = serde_json::to_vec(adaptation).expect("an adaptation is text");
    write_file(&tree.join(RECORDS).join("adaptation"), &text, 0o444)?;
    sync_file_system(tree)
}

/// Reads a link in `versions/`: where it leads, behind a front too, and whether that is gone.
pub(super) fn read(link: &Path) -> Result<(PathBuf, bool), StoreError> {
    let target = match behind(link) {
        Some(toolkit) => toolkit,
        None => fs::read_link(link).at("read", link)?,
    };
    let is_broken = !link.is_dir() || target.starts_with(FRONTS) || target.is_absolute() && !target.is_dir();
    Ok((target, is_broken))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::CompilerChoice;
    use crate::store::testing::{Lab, name};

    fn chosen() -> (Adaptation, Vec<FixUp>) {
        let choice = CompilerChoice::Named("gcc-11".to_owned());
        let file = |content: &str| Change::File { content: content.into(), executable: true };
        let fix_up = |path: &str, change| FixUp { path: path.to_owned(), change };
        let kind = crate::model::EntryKind::Link { target: "x".to_owned() };
        let fix_ups = vec![
            fix_up("hostcc/g++", file("compiler")),
            fix_up("bin/nvcc", file("script")),
            fix_up("bin/nvcc.real", Change::Renamed { from: "nvcc".to_owned(), kind }),
        ];
        (Adaptation { choice, ..Adaptation::default() }, fix_ups)
    }

    fn linked(lab: &Lab) -> (PathBuf, Toolchain) {
        let foreign = lab.outside("cuda-11.8");
        fs::create_dir_all(foreign.join("bin")).expect("made");
        fs::create_dir_all(foreign.join("hostcc")).expect("made");
        fs::write(foreign.join("bin/nvcc"), "theirs").expect("written");
        fs::write(foreign.join("bin/ptxas"), "ptxas").expect("written");
        fs::write(foreign.join("version.txt"), "11.8").expect("written");
        let toolchain = lab.store.adopt(&name("site"), &foreign).expect("adopted");
        (foreign, toolchain)
    }

    fn fronts(lab: &Lab) -> usize {
        names(&lab.path("links")).expect("listed").len()
    }

    #[test]
    fn a_front_stands_before_a_toolkit_that_stays_as_it_is() {
        let lab = Lab::new();
        let (foreign, toolchain) = linked(&lab);
        let (adaptation, fix_ups) = chosen();
        for _ in 0..2 {
            lab.store.set_front(&toolchain, &adaptation, &fix_ups).expect("set");
            let text = |path: &str| fs::read_to_string(toolchain.root.join(path)).expect(path);
            assert_eq!([text("bin/nvcc"), text("bin/nvcc.real")], ["script", "theirs"]);
            assert_eq!([text("bin/ptxas"), text("version.txt")], ["ptxas", "11.8"]);
            let found = lab.store.toolchains().remove(0);
            assert_eq!((found.link.as_deref(), found.is_broken), (Some(foreign.as_path()), false));
            assert_eq!(lab.store.adaptation(&found).expect("read"), adaptation);
            assert_eq!(fronts(&lab), 1);
        }
        assert_eq!(fs::read_dir(&foreign).expect("listed").count(), 3);
        assert_eq!(fs::read_dir(foreign.join("hostcc")).expect("listed").count(), 0);
        lab.assert_healthy("a front");
        lab.store.set_front(&toolchain, &Adaptation::default(), &[]).expect("set");
        assert_eq!(fs::read_link(&toolchain.root).expect("a link"), foreign);
        assert_eq!(
            (fronts(&lab), lab.store.adaptation(&toolchain).expect("read")),
            (0, Adaptation::default())
        );
    }

    #[test]
    fn it_goes_with_its_link_and_tells_of_a_toolkit_that_vanished() {
        let lab = Lab::new();
        let (foreign, toolchain) = linked(&lab);
        let (adaptation, fix_ups) = chosen();
        lab.store.set_front(&toolchain, &adaptation, &fix_ups).expect("set");
        fs::remove_dir_all(&foreign).expect("removed");
        let found = lab.store.toolchains().remove(0);
        assert_eq!((found.link.as_deref(), found.is_broken), (Some(foreign.as_path()), true));
        assert!(lab.store.find(&"site".parse().expect("a request")).is_none());
        assert!(lab.store.set_front(&found, &adaptation, &fix_ups).is_err());
        lab.store.remove(&name("site")).expect("removed");
        assert_eq!((lab.names().len(), fronts(&lab)), (0, 0));
        lab.assert_healthy("removed");
    }

    #[test]
    fn one_to_which_nothing_leads_is_collected() {
        let lab = Lab::new();
        let (_, toolchain) = linked(&lab);
        let (adaptation, fix_ups) = chosen();
        lab.store.set_front(&toolchain, &adaptation, &fix_ups).expect("set");
        fs::create_dir(lab.path("links/site.left")).expect("made");
        lab.store.gc(false).expect("collected");
        assert_eq!(fronts(&lab), 1);
        assert!(toolchain.root.join("bin/nvcc").exists());
    }
}
