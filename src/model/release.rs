//! A release: something NVIDIA published under a version.

use serde::Serialize;

use super::Version;

/// A release of one kind of package (`cuda`, `cudnn`, …) as a source lists it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Release {
    /// The version by which people ask for it: `12.4.1`, `9.1.0`.
    pub version: Version,
    /// The day it was published, `2024-04-03`, where the source knows.
    pub date: Option<String>,
    /// The spelling that the source needs to find it again, where that differs from the version
    /// (`13.0.3.0` for 13.0.3 in the Python package index).
    pub label: String,
}

impl Release {
    /// Returns the release that its version alone tells of.
    #[must_use]
    pub fn of(version: Version) -> Self {
        Self { label: version.to_string(), version, date: None }
    }
}
