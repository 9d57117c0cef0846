//! Names of toolchains and packages, as they stand in the store.

use std::fmt;
use std::str::FromStr;

use cudaman_shims::request::{self, AddOns, Base, Dotted, Fault};
use serde::{Deserialize, Serialize};

use super::{ComponentName, Digest, Platform, Version};

/// One add-on of a toolchain: `cudnn9.1.0.70`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AddOn {
    /// Its kind: `cudnn`.
    pub kind: String,
    /// Its full version.
    pub version: Version,
}

impl fmt::Display for AddOn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.kind, self.version)
    }
}

/// The name of a toolchain, which is its directory's name under `versions/`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum ToolchainName {
    /// `12.4.1+cudnn9.1.0.70`: a release, with its add-ons sorted by kind.
    Composed {
        /// The CUDA release.
        cuda: Version,
        /// Its add-ons, sorted by kind.
        add_ons: Vec<AddOn>,
    },
    /// A toolkit linked under a name of the user's choice.
    Linked(String),
}

/// A text that names no toolchain.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not the name of a toolchain: {reason}")]
pub struct ToolchainNameError {
    text: String,
    reason: &'static str,
}

impl ToolchainName {
    /// Builds the name of a composed toolchain.
    #[must_use]
    pub fn composed(cuda: Version, mut add_ons: Vec<AddOn>) -> Self {
        add_ons.sort();
        Self::Composed { cuda, add_ons }
    }

    /// Returns the CUDA release, unless the toolchain was linked under a name.
    #[must_use]
    pub fn cuda(&self) -> Option<&Version> {
        match self {
            Self::Composed { cuda, .. } => Some(cuda),
            Self::Linked(_) => None,
        }
    }

    /// Returns the add-ons, sorted by kind.
    #[must_use]
    pub fn add_ons(&self) -> &[AddOn] {
        match self {
            Self::Composed { add_ons, .. } => add_ons,
            Self::Linked(_) => &[],
        }
    }
}

impl fmt::Display for ToolchainName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Composed { cuda, add_ons } => {
                write!(f, "{cuda}")?;
                add_ons.iter().try_for_each(|add_on| write!(f, "+{add_on}"))
            }
            Self::Linked(name) => f.write_str(name),
        }
    }
}

impl FromStr for ToolchainName {
    type Err = ToolchainNameError;

    fn from_str(text: &str) -> Result<Self, ToolchainNameError> {
        let error = |reason| ToolchainNameError { text: text.escape_default().to_string(), reason };
        let parsed = request::parse(text).map_err(|fault| error(fault.reason()))?;
        let version = |text: &str| text.parse().map_err(|_| error(Fault::Version.reason()));
        match (parsed.base, parsed.add_ons) {
            (Base::Name(name), AddOns::Any) => Ok(Self::Linked(name.to_owned())),
            (Base::Prefix(Dotted::Text(cuda)), AddOns::Any) => Ok(Self::composed(version(cuda)?, Vec::new())),
            (Base::Prefix(Dotted::Text(cuda)), AddOns::These(list)) => {
                let add_on = |item: request::AddOn<'_>| {
                    let full = item.version.ok_or_else(|| error("each add-on needs its version"))?;
                    Ok(AddOn { kind: item.kind.to_owned(), version: version(full)? })
                };
                Ok(Self::composed(version(cuda)?, list.iter().map(add_on).collect::<Result<_, _>>()?))
            }
            _ => Err(error("it is a request for one")),
        }
    }
}

impl TryFrom<String> for ToolchainName {
    type Error = ToolchainNameError;

    fn try_from(text: String) -> Result<Self, ToolchainNameError> {
        text.parse()
    }
}

impl From<ToolchainName> for String {
    fn from(name: ToolchainName) -> Self {
        name.to_string()
    }
}

impl PartialOrd for ToolchainName {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// Oldest release first, fewer add-ons before more, older add-ons before newer; links last, by name.
impl Ord for ToolchainName {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let key = |name: &Self| match name {
            Self::Composed { cuda, add_ons } => {
                (false, Some(cuda.clone()), add_ons.len(), add_ons.clone(), None)
            }
            Self::Linked(name) => (true, None, 0, Vec::new(), Some(name.clone())),
        };
        key(self).cmp(&key(other))
    }
}

/// The name of a package in the store: `cuda_nvcc-12.4.131-linux-x86_64-99d77d9e`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PackageId(String);

impl PackageId {
    /// Names the package that an archive with this digest becomes.
    #[must_use]
    pub fn new(component: &ComponentName, version: &Version, platform: Platform, digest: &Digest) -> Self {
        Self(format!("{component}-{version}-{platform}-{}", digest.short()))
    }

    /// Takes a directory's name for a package's, if it may be one.
    #[must_use]
    pub fn from_directory(name: &str) -> Option<Self> {
        let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
        let is_id = !name.is_empty() && !name.starts_with('.') && name.bytes().all(is_token);
        is_id.then(|| Self(name.to_owned()))
    }

    /// Returns the name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PackageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip_in_one_spelling() {
        for text in ["12.4.1", "12.4.1+cudnn9.1.0.70", "12.4.1+cudnn9.1.0+nccl2.21.5", "spack-11"] {
            let name: ToolchainName = text.parse().expect(text);
            assert_eq!(name.to_string(), text);
        }
        let swapped: ToolchainName = "12.4.1+nccl2.21.5+cudnn9.1.0".parse().expect("a name");
        assert_eq!(swapped.to_string(), "12.4.1+cudnn9.1.0+nccl2.21.5");
    }

    #[test]
    fn requests_are_not_names() {
        for text in ["latest", ">=12", "cu118", "12.4+cudnn", "12.4+none", "../x"] {
            assert!(text.parse::<ToolchainName>().is_err(), "{text}");
        }
    }

    #[test]
    fn order_is_numeric() {
        let name = |text: &str| text.parse::<ToolchainName>().expect(text);
        assert!(name("9.9") < name("9.23"));
        assert!(name("12.4.1") < name("12.4.1+cudnn9.1.0"));
        assert!(name("12.4.1+cudnn9.9.0") < name("12.4.1+cudnn9.23.0"));
        assert!(name("13.0.2") < name("spack"));
    }
}
