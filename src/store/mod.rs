//! The store: owner of the home directory, and of nothing outside it.
//!
//! It never downloads, never asks and never prints. Kill it at any instruction: every package and
//! toolchain is whole or absent, and the next command works.
//!
//! ```text
//! ~/.cudaman/
//!   layout                  layout number
//!   default                 the request that is the default, as it was typed
//!   stores                  further stores, one path a line, for shims and hooks
//!   attachments             environments that have a toolkit, one a line
//!   env.sh shell/           what shells source
//!   library-path            the policy for LD_LIBRARY_PATH, for hooks
//!   module-trees            directories of modulefiles to keep in step, one path a line
//!   tables/<table>.toml     newer tables that the user put there; only read
//!   bin/cudaman-shim
//!   shims/bin/<tool>        hard links to the shim
//!   shims/missing/<tool>    links to the shim for all tools there are
//!   shims/{include,…}       links to the default toolchain
//!   resolve/<request>       one line: the toolchain it leads to
//!   packages/<package>/     immutable trees
//!   versions/<toolchain>    trees of hard links into packages; adopted toolkits are links
//!   receipts/               what every tree holds, outside the trees
//!   cache/<sha256>          whole archives; cache/parts/<sha256>.part those on their way
//!   tmp/<staging>/          what is in the making, with a lock for as long as its maker lives
//!   trash/                  what is being deleted
//!   locks/
//! ```
//!
//! # How a change becomes visible
//!
//! | | package | toolchain |
//! |---|---|---|
//! | 1 | staged tree and receipt, sealed | staged tree of links |
//! | 2 | `syncfs` | its new files and directories are synced |
//! | 3 | tree renamed into `packages/`, synced | receipt announced: `<name>.pending` with the tree's inode, synced |
//! | 4 | **receipt renamed into place**, synced | **tree renamed or exchanged into `versions/`**, synced |
//! | 5 | | receipt settled: `<name>.json`; indexes; the old tree deleted |
//!
//! The step in bold is the one that counts: before it the old state holds, after it the new one.
//! Stopped before, the rest is swept by the next [`Store::prepare`]; stopped after, it is completed.
//! Removing is one rename to `trash/`. Where a file system can't exchange trees, missing files are
//! renamed into the live tree one by one and the receipt follows; nothing is deleted to make room.
//! While the indexes are behind, `resolve/.stale` stands, and `prepare` brings them up to date.

mod adopt;
mod attachments;
mod cache;
mod compose;
mod default;
mod durability;
mod error;
mod files;
mod front;
mod gc;
mod home;
mod hooks;
mod keys;
mod lay;
mod locks;
mod module_trees;
mod packages;
mod prepare;
mod publish;
mod receipts;
mod refusals;
mod remove;
mod repair;
mod resolve;
mod seam;
mod selection;
mod settings;
mod shims;
mod staging;
mod stores;
mod tables;
#[cfg(test)]
mod testing;
mod toolchains;
mod trash;
mod tree;
mod usage;
mod verify;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

pub use attachments::Attachment;
pub use cache::{Cache, Cached, Claim, PartFile};
pub use compose::Composition;
pub use error::StoreError;
pub use gc::Garbage;
pub use locks::{Lock, Waiting};
pub use packages::{InstalledPackage, StagedPackage};
pub use selection::HostSystem;
pub use staging::Staging;
pub use toolchains::Toolchain;
pub use usage::{ToolchainUsage, Usage};
pub use verify::{Problem, Repair, Report, Severity};

use home::Home;
use locks::{Key, Locks, Mode};
use seam::{Abilities, Faults};

use crate::model::ToolchainName;

/// One home of our own, and further stores that are only read.
pub struct Store {
    own: Home,
    further: Vec<Home>,
    ignored: Vec<StoreError>,
    locks: Locks,
    abilities: Abilities,
    faults: Arc<Faults>,
    is_prepared: AtomicBool,
}

impl Store {
    /// Opens a home without touching it: it need not exist, and may be read-only. Further stores
    /// that can't be used are left out; [`Store::ignored`] says why.
    ///
    /// # Errors
    /// Returns an error for a path that can't be a home, and for a home of a newer cudaman.
    pub fn open(home: &Path, further: &[PathBuf]) -> Result<Self, StoreError> {
        let own = Home::new(home)?;
        own.check_layout()?;
        let mut store = Self {
            locks: Locks::new(own.locks(), Waiting::default()),
            own,
            further: Vec::new(),
            ignored: Vec::new(),
            abilities: Abilities::ALL,
            faults: Arc::default(),
            is_prepared: AtomicBool::new(false),
        };
        for path in further {
            match Home::new(path).and_then(|home| home.check_layout().map(|()| home)) {
                Ok(home) if home == store.own || store.further.contains(&home) => (),
                Ok(home) => store.further.push(home),
                Err(error) => store.ignored.push(error),
            }
        }
        Ok(store)
    }

    /// Sets how long to wait for other processes, and whom to tell.
    #[must_use]
    pub fn waiting(mut self, waiting: Waiting) -> Self {
        self.locks.waiting = waiting;
        self
    }

    /// Returns the home's path.
    #[must_use]
    pub fn home(&self) -> &Path {
        self.own.root()
    }

    /// Returns why further stores were left out.
    #[must_use]
    pub fn ignored(&self) -> &[StoreError] {
        &self.ignored
    }

    /// Makes a staging directory, in a prepared home. The purpose becomes part of its name.
    ///
    /// # Errors
    /// Returns an error where it can't be made.
    pub fn stage(&self, purpose: &str) -> Result<Staging, StoreError> {
        Staging::new(&self.own, purpose, &self.faults)
    }

    /// Keeps other commands from changing this toolchain until dropped. For the whole of an install
    /// or uninstall: look again for what there is once it is held.
    ///
    /// # Errors
    /// Returns [`StoreError::Locked`] with the holder if it is not free in time.
    pub fn lock_toolchain(&self, name: &ToolchainName) -> Result<Lock, StoreError> {
        self.locks.acquire(Key::Toolchain(name), Mode::Alone)
    }

    /// Keeps packages and archives from being collected until dropped: to be held from the first
    /// look at [`Store::package`] to the end of the composition. Any number of processes hold it
    /// together. To be taken after [`Store::lock_toolchain`].
    ///
    /// # Errors
    /// Returns [`StoreError::Locked`] with the holder if a collection takes too long.
    pub fn keep_packages(&self) -> Result<Lock, StoreError> {
        self.locks.acquire(Key::InUse, Mode::Shared)
    }

    /// The own home and the further ones, in the order in which they are asked.
    fn homes(&self) -> impl Iterator<Item = &Home> {
        std::iter::once(&self.own).chain(&self.further)
    }
}
