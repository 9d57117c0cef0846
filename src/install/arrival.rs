//! A file that an install needs, and what becomes of it.

use crate::layout::{self, Placement};
use crate::model::Artifact;
use crate::unpack::Place;

use super::estimate;

/// A file to get, and the packages that are made of it.
pub(super) struct Arrival<'a> {
    /// One of the packages, which stands for the file.
    pub(super) artifact: &'a Artifact,
    /// Each package, and where its files go.
    pub(super) packages: Vec<(&'a Artifact, Placement)>,
    /// Whether they take the place of damaged packages.
    pub(super) replaces: bool,
}

impl<'a> Arrival<'a> {
    /// Groups artifacts by the file that they come from, in their order.
    pub(super) fn group(artifacts: &'a [Artifact], replaces: bool) -> Vec<Self> {
        let mut arrivals: Vec<Self> = Vec::new();
        for artifact in artifacts {
            let package = (artifact, layout::placement(artifact));
            match arrivals.iter_mut().find(|arrival| arrival.artifact.checksum == artifact.checksum) {
                Some(arrival) => arrival.packages.push(package),
                None => arrivals.push(Self { artifact, packages: vec![package], replaces }),
            }
        }
        arrivals
    }

    /// Returns the bytes to download.
    pub(super) fn bytes(&self) -> u64 {
        estimate::download_bytes(self.artifact)
    }
}

impl Place for Placement {
    fn place(&self, path: &str) -> Option<String> {
        Self::place(self, path)
    }

    fn opens(&self, path: &str) -> bool {
        Self::opens(self, path)
    }

    fn repeats(&self, _path: &str) -> bool {
        self.may_repeat()
    }
}
