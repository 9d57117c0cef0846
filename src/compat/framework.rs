//! Which CUDA, cuDNN and Python a release of a framework was made for. What isn't in the table is unknown.

pub mod companion;
pub mod request;
mod rows;
mod tags;

use std::fmt;

use serde::Deserialize;

pub(super) use self::rows::Table;
use self::rows::{Cuda, nearest, row_of, rows, table};
use super::gpu;
use crate::model::request::{AddOnRequest, AddOns};
use crate::model::{ToolchainRequest, Version};

/// A framework that the table has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Framework {
    /// CuPy.
    CuPy,
    /// JAX.
    Jax,
    /// Apache MXNet, whose packages carry the CUDA version in their names.
    Mxnet,
    /// TensorFlow.
    TensorFlow,
    /// PyTorch.
    Torch,
}

/// What a release of a framework needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// The framework.
    pub framework: Framework,
    /// The release that the row is of; none where the package's name alone says it.
    pub version: Option<&'static Version>,
    /// What it works with, the preferred first.
    pub choices: Vec<Choice>,
    /// The Python versions, as the source prints them.
    pub python: Option<&'static str>,
    /// What it was compiled with: `GCC 7.3.1`.
    pub compiler: Option<&'static str>,
    /// Whether its packages bring CUDA's libraries.
    pub own_cuda: OwnCuda,
    /// Whether there may be more choices than those here.
    pub partial: bool,
    /// Where that is written.
    pub source: &'static str,
}

/// One way to satisfy a framework.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The toolkits that will do.
    pub cuda: ToolchainRequest,
    /// The oldest cuDNN that will do, and a later one of its major number; none means that it isn't known.
    pub cudnn: Option<Version>,
}

/// Whether a framework's packages bring CUDA's libraries, so that no toolkit is needed to run it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OwnCuda {
    /// They do.
    Always,
    /// They don't.
    Never,
    /// Nobody looked.
    Unknown,
    /// They do when they are installed with this extra: `tensorflow[and-cuda]`.
    WithExtra(&'static str),
}

/// A release that the table doesn't have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Unknown {
    /// The framework.
    pub framework: Framework,
    /// What was asked for.
    pub version: Option<Version>,
    /// The nearest release that is known.
    pub nearest: Option<&'static Version>,
}

/// A package whose name says which CUDA it is for: `cupy-cuda101`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// The framework.
    pub framework: Framework,
    cuda: Cuda,
    /// Where that is written.
    pub source: String,
}

/// Returns the frameworks that the table has, by name.
#[must_use]
pub const fn known() -> &'static [Framework] {
    &[Framework::CuPy, Framework::Jax, Framework::Mxnet, Framework::TensorFlow, Framework::Torch]
}

/// Returns what a release of a framework needs: of the newest that is known, where no version is given, and
/// for `2.4` of the newest 2.4.
///
/// # Errors
/// Says that the release is unknown, and which known one is the nearest.
pub fn requirement(framework: Framework, version: Option<&Version>) -> Result<Requirement, Unknown> {
    let rows = rows(framework);
    let found = match version {
        Some(version) => row_of(rows, version),
        None => rows.last(),
    };
    found.map(|row| row.requirement(framework)).ok_or_else(|| Unknown {
        framework,
        version: version.cloned(),
        nearest: version.and_then(|version| nearest(rows, version)),
    })
}

/// Returns the releases of a framework that have a row, oldest first.
pub fn versions(framework: Framework) -> impl DoubleEndedIterator<Item = &'static Version> {
    rows(framework).iter().map(|row| &row.version)
}

/// Returns what each release of a framework needs, oldest first, and whether a row is of all until the next.
pub fn releases(framework: Framework) -> impl Iterator<Item = (Requirement, bool)> {
    rows(framework).iter().map(move |row| (row.requirement(framework), row.since))
}

/// Says which document a row's source is, where it is one that several rows share.
#[must_use]
pub fn source_words(source: &str) -> String {
    let known = |part: &str| {
        let documents = &table().source;
        documents
            .iter()
            .find(|(name, _)| part.starts_with(name.as_str()))
            .map(|(name, words)| format!("{words}{}", &part[name.len()..]))
    };
    let parts = source.split("; ").map(|part| known(part).unwrap_or_else(|| part.to_owned()));
    parts.collect::<Vec<_>>().join("; ")
}

/// Returns the package of this name, if it is one that says its CUDA.
#[must_use]
pub fn package(name: &str) -> Option<&'static Package> {
    table().package.iter().find(|package| package.name == name)
}

impl Framework {
    /// Returns the name of its package: `tensorflow`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::CuPy => "cupy",
            Self::Jax => "jax",
            Self::Mxnet => "mxnet",
            Self::TensorFlow => "tensorflow",
            Self::Torch => "torch",
        }
    }
}

impl fmt::Display for Framework {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Requirement {
    /// Keeps the choices that a toolkit of this CUDA satisfies: what `+cu121` or `[cuda12]` asks for.
    #[must_use]
    pub fn narrowed(mut self, wanted: &ToolchainRequest) -> Option<Self> {
        self.choices.retain(|choice| {
            gpu::cuda_lines().any(|line| wanted.matches_release(line) && choice.cuda.matches_release(line))
        });
        (!self.choices.is_empty()).then_some(self)
    }
}

impl Choice {
    /// Returns what to ask cudaman for: `10.0+cudnn7`.
    #[must_use]
    pub fn request(&self) -> ToolchainRequest {
        let version = |cudnn: &Version| Some(Version::from_numbers([cudnn.major()]));
        let cudnn = |cudnn: &Version| AddOnRequest { kind: "cudnn".to_owned(), version: version(cudnn) };
        let add_ons = self.cudnn.as_ref().map_or(AddOns::Any, |known| AddOns::These(vec![cudnn(known)]));
        ToolchainRequest { base: self.cuda.base.clone(), add_ons }
    }
}

impl Package {
    /// Returns what the package needs.
    #[must_use]
    pub fn requirement(&'static self) -> Requirement {
        Requirement {
            framework: self.framework,
            version: None,
            choices: vec![Choice { cuda: self.cuda.0.clone(), cudnn: None }],
            python: None,
            compiler: None,
            own_cuda: OwnCuda::Never,
            partial: false,
            source: &self.source,
        }
    }
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "which CUDA {}", self.framework)?;
        self.version.as_ref().map_or(Ok(()), |version| write!(f, " {version}"))?;
        write!(f, " needs is not known")?;
        self.nearest.map_or(Ok(()), |nearest| write!(f, "; the nearest release that is known is {nearest}"))
    }
}

#[cfg(test)]
mod tests;
