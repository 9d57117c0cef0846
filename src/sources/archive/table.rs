//! The rows of `cudnn.toml`, and which of them fits a CUDA release.

use std::sync::OnceLock;

use serde::Deserialize;

use crate::model::{Digest, Platform, Version};

/// One archive.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Row {
    pub(super) version: Version,
    /// What it was built for: `10.1`, or a major, `12`.
    pub(super) cuda: Version,
    pub(super) platform: Platform,
    /// Below NVIDIA's address or a mirror's.
    pub(super) path: String,
    pub(super) sha256: Digest,
    /// Further digests on record for the same address.
    #[serde(default)]
    pub(super) other: Vec<Digest>,
    pub(super) size: Option<u64>,
    /// Who recorded it.
    #[cfg_attr(not(test), allow(dead_code, reason = "for those who read the table, and its tests"))]
    pub(super) from: Vec<String>,
}

/// How well an archive fits a CUDA release, the better the greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fit {
    /// Built for a later minor of the same major, which its notes say it supports; the nearest is best.
    Later(std::cmp::Reverse<u32>),
    /// Built for every minor of the major.
    Major,
    /// Built for this very minor.
    Minor,
}

impl Row {
    /// Tells how the archive fits, if it does.
    ///
    /// Within CUDA 11, whose minors are compatible with each other, an archive supports the minors
    /// below its own too, from cuDNN 8.1 on: 8.2.2 for 11.4 supports 11.0 to 11.4, 8.4.0 for 11.6
    /// supports 11.0 to 11.6 (cuDNN's support matrices).
    pub(super) fn fit(&self, cuda: &Version) -> Option<Fit> {
        if self.cuda.major() != cuda.major() {
            return None;
        }
        let (Some(built), Some(minor)) = (self.cuda.minor(), cuda.minor()) else { return Some(Fit::Major) };
        if built == minor {
            return Some(Fit::Minor);
        }
        let spans = cuda.major() == 11 && self.version >= Version::from_numbers([8, 1]);
        (spans && minor < built).then_some(Fit::Later(std::cmp::Reverse(built)))
    }
}

/// Returns every row, oldest release first.
pub(super) fn rows() -> &'static [Row] {
    #[derive(Deserialize)]
    struct Table {
        archive: Vec<Row>,
    }
    static TABLE: OnceLock<Vec<Row>> = OnceLock::new();
    TABLE.get_or_init(|| {
        toml::from_str::<Table>(include_str!("cudnn.toml")).expect("the table is tested").archive
    })
}
