//! What is known of GPUs: which toolkits compile for them, and which driver branch is their last.

mod code;
mod name;

use std::fmt;
use std::str::FromStr;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

pub use self::code::{Code, OF_TEGRA, code_for};
use super::table::{self, ascending, require};
use crate::model::Version;

/// What a GPU can do, in NVIDIA's two numbers: 8.6, which compilers write `sm_86`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct ComputeCapability {
    /// The first number.
    pub major: u32,
    /// The second number, of one digit.
    pub minor: u32,
}

/// A text that is not a compute capability.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a compute capability: expected one like `8.6` or `sm_86`")]
pub struct CapabilityError {
    text: String,
}

/// A generation of GPUs.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Architecture {
    /// NVIDIA's name: Kepler.
    pub name: String,
    /// The compute capabilities of its GPUs.
    pub capabilities: Vec<ComputeCapability>,
    /// The driver branch that was the last one for it; none means that newer ones still have it.
    pub last_driver_branch: Option<u32>,
    /// Where that is written.
    pub source: String,
}

/// What is known of a compute capability.
#[derive(Debug)]
pub struct Support {
    /// Its generation, where NVIDIA names one.
    pub architecture: Option<&'static Architecture>,
    /// The first CUDA line that compiles for it, of 7.5 and newer.
    pub first_cuda: &'static Version,
    /// The last CUDA line that compiles for it; none means that the newest known one does.
    pub last_cuda: Option<&'static Version>,
}

/// A GPU that the table has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gpu {
    /// The name in the table.
    pub name: &'static str,
    /// What it can do.
    pub capability: ComputeCapability,
    /// Where that is written.
    pub source: &'static str,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    architecture: Vec<Architecture>,
    release: Vec<Release>,
    gpu: Vec<Group>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Release {
    cuda: Version,
    capabilities: Vec<ComputeCapability>,
    #[serde(rename = "source")]
    _source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    capability: ComputeCapability,
    names: Vec<String>,
    source: String,
}

impl table::Table for Table {
    const NAME: &'static str = "gpus";
    const BUILT_IN: &'static str = include_str!("tables/gpus.toml");

    fn check(&self) -> Result<(), String> {
        require(!self.release.is_empty(), || "it has no releases".to_owned())?;
        ascending("release", &self.release, |row| &row.cuda)?;
        self.release.iter().try_for_each(|row| {
            require(!row.capabilities.is_empty(), || format!("release {} compiles for nothing", row.cuda))?;
            ascending(&format!("release {}: capability", row.cuda), &row.capabilities, |capability| {
                capability
            })
        })?;
        self.architecture.iter().try_for_each(|row| {
            require(!row.capabilities.is_empty(), || format!("`{}` has no capabilities", row.name))
        })
    }
}

/// Returns the GPU that a driver, or a person, calls by a name: `Tesla V100-SXM2-32GB`.
#[must_use]
pub fn by_name(name: &str) -> Option<Gpu> {
    let matches = |gpu: &Gpu| name::is_of(name, gpu.name);
    gpus().filter(matches).max_by_key(|gpu| name::words(gpu.name).len())
}

/// Returns what is known of a compute capability; none means that no known toolkit compiles for it.
#[must_use]
pub fn by_compute_capability(capability: ComputeCapability) -> Option<Support> {
    let rows = &table().release;
    let compiles = |row: &&Release| row.capabilities.contains(&capability);
    let last = &rows.iter().rfind(compiles)?.cuda;
    Some(Support {
        architecture: table().architecture.iter().find(|row| row.capabilities.contains(&capability)),
        first_cuda: &rows.iter().find(compiles)?.cuda,
        last_cuda: (rows.last().map(|row| &row.cuda) != Some(last)).then_some(last),
    })
}

/// Returns what the toolkits of a CUDA line compile for, oldest first; none means that nobody looked.
#[must_use]
pub fn architectures(cuda: &Version) -> Option<&'static [ComputeCapability]> {
    let line = cuda.truncated(2);
    table().release.iter().find(|row| row.cuda == line).map(|row| row.capabilities.as_slice())
}

/// Returns the generations of GPUs, oldest first.
#[must_use]
pub fn generations() -> &'static [Architecture] {
    &table().architecture
}

/// Returns the CUDA lines that the tables know, oldest first.
pub fn cuda_lines() -> impl DoubleEndedIterator<Item = &'static Version> {
    table().release.iter().map(|row| &row.cuda)
}

impl ComputeCapability {
    /// Returns the name that compilers use: `sm_86`.
    #[must_use]
    pub fn sm(self) -> String {
        format!("sm_{}{}", self.major, self.minor)
    }
}

impl fmt::Display for ComputeCapability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl FromStr for ComputeCapability {
    type Err = CapabilityError;

    /// Reads `8.6`, `sm_86`, `compute_86`, and `sm_90a` as what it is a variant of.
    fn from_str(text: &str) -> Result<Self, CapabilityError> {
        let error = || CapabilityError { text: text.escape_default().to_string() };
        let tag = text.strip_prefix("sm_").or_else(|| text.strip_prefix("compute_"));
        let (major, minor) = match tag {
            Some(tag) => {
                let digits = tag.strip_suffix(['a', 'f']).unwrap_or(tag);
                digits.split_at_checked(digits.len().saturating_sub(1)).ok_or_else(error)?
            }
            None => text.split_once('.').ok_or_else(error)?,
        };
        let is_short = |part: &str, most: usize| {
            (1..=most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
        };
        if !is_short(major, 2) || !is_short(minor, 1) {
            return Err(error());
        }
        let number = |part: &str| part.parse().map_err(|_| error());
        Ok(Self { major: number(major)?, minor: number(minor)? })
    }
}

impl TryFrom<String> for ComputeCapability {
    type Error = CapabilityError;

    fn try_from(text: String) -> Result<Self, CapabilityError> {
        text.parse()
    }
}

impl From<ComputeCapability> for String {
    fn from(capability: ComputeCapability) -> Self {
        capability.to_string()
    }
}

/// Returns every GPU that the table has.
pub fn gpus() -> impl Iterator<Item = Gpu> {
    table().gpu.iter().flat_map(|group| {
        group.names.iter().map(|name| Gpu { name, capability: group.capability, source: &group.source })
    })
}

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(table::load)
}

#[cfg(test)]
mod tests;
