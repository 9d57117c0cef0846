//! What can be installed: the toolkit and its add-ons, one const each in [`PACKAGES`].

pub mod components;
mod kinds;
pub mod system;

pub use kinds::{CUDNN, CUDSS, CUSPARSELT, CUTENSOR, NCCL, NVCOMP, PACKAGES, TOOLKIT};

/// A kind of package: data only, so a new one is a const and a line in the slice.
#[derive(Debug, PartialEq, Eq)]
pub struct PackageKind {
    /// The name in requests: `cudnn`. The toolkit itself is `cuda`.
    pub name: &'static str,
    /// The name in messages: `cuDNN`.
    pub title: &'static str,
    /// The directory of its redist manifests below the mirror: `compute/cudnn/redist`; empty where
    /// NVIDIA publishes none.
    pub redist: &'static str,
    /// Its components in those manifests; empty for the toolkit, whose profile decides.
    pub redist_components: &'static [&'static str],
    /// The stem of its distribution in a Python package index (`nvidia-cudnn`), where there is one.
    pub wheel: Option<&'static str>,
    /// Variables that point at the toolchain's root for tools that look for this add-on.
    pub root_variables: &'static [&'static str],
}

/// Returns the kind with this name.
#[must_use]
pub fn kind(name: &str) -> Option<&'static PackageKind> {
    PACKAGES.iter().copied().find(|kind| kind.name == name)
}

/// Returns the kinds that can be added to a toolkit.
pub fn add_ons() -> impl Iterator<Item = &'static PackageKind> {
    PACKAGES.iter().copied().filter(|kind| **kind != TOOLKIT)
}
