//! `shims/missing/`: the names of all CUDA tools, installed or not. Hooks put it on PATH where a pin isn't
//! installed, so that the shim says so and nothing that the machine has answers in its place.
//!
//! ```text
//! shims/missing/<tool> -> ../../bin/cudaman-shim
//! ```

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use super::durability::sync_directory;
use super::error::{At, StoreError};
use super::shims::TOOLS;
use super::{Staging, Store};

/// The shim's program, from there.
const PROGRAM: &str = "../../bin/cudaman-shim";

impl Store {
    /// The caller holds the lock of the store.
    pub(super) fn rebuild_refusals(&self, staging: &Staging) -> Result<(), StoreError> {
        let absent = self.absent_refusals();
        for path in &absent {
            let link = staging.free_path();
            symlink(PROGRAM, &link).at("link", &link)?;
            fs::rename(&link, path).at("replace", path)?;
        }
        if absent.is_empty() { Ok(()) } else { sync_directory(&self.own.shims_missing()) }
    }

    /// Returns the links that aren't as they should be; none before the shim is installed, nor in a home that
    /// an older cudaman has made: its next change makes them.
    pub(super) fn absent_refusals(&self) -> Vec<PathBuf> {
        if self.shim_program().is_none() || !self.own.shims_missing().is_dir() {
            return Vec::new();
        }
        let paths = TOOLS.iter().map(|tool| self.own.shims_missing().join(tool));
        paths.filter(|path| fs::read_link(path).map_or(true, |found| found != Path::new(PROGRAM))).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::store::testing::Lab;

    #[test]
    fn every_cuda_tool_can_be_refused() {
        let lab = Lab::new();
        lab.store.prepare().expect("prepared");
        lab.store.install_shim_program(b"shim").expect("installed");
        assert_eq!(lab.read("shims/missing/nvcc"), "shim");
        std::fs::remove_file(lab.path("shims/missing/ptxas")).expect("removed");
        lab.store.rebuild_indexes().expect("rebuilt");
        assert_eq!(lab.read("shims/missing/ptxas"), "shim");
        lab.assert_healthy("rebuilt");
        std::fs::remove_dir_all(lab.path("shims/missing")).expect("removed");
        lab.assert_healthy("of an older cudaman");
        lab.store.prepare().expect("prepared");
        lab.store.rebuild_indexes().expect("rebuilt");
        assert_eq!(lab.read("shims/missing/nvcc"), "shim");
    }
}
