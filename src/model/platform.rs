//! The machines a toolkit runs on, by the names that NVIDIA's redist archives use.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A platform of NVIDIA's Linux toolkits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Platform {
    /// Jetson: `linux-aarch64`, which is not the server platform of the same processor.
    LinuxAarch64,
    /// IBM Power, up to CUDA 12.4.
    LinuxPpc64le,
    /// Arm servers (SBSA), the usual meaning of aarch64.
    LinuxSbsa,
    /// The common PC and server.
    LinuxX86_64,
}

/// A text that names no platform.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a platform: expected one of linux-x86_64, linux-sbsa, linux-aarch64, linux-ppc64le")]
pub struct PlatformError {
    text: String,
}

impl Platform {
    /// Every platform, by name.
    pub const ALL: [Self; 4] = [Self::LinuxAarch64, Self::LinuxPpc64le, Self::LinuxSbsa, Self::LinuxX86_64];

    /// Returns the platform for a processor as `uname -m` names it, `is_jetson` deciding between
    /// the two kinds of aarch64.
    #[must_use]
    pub fn of_machine(machine: &str, is_jetson: bool) -> Option<Self> {
        match machine {
            "aarch64" if is_jetson => Some(Self::LinuxAarch64),
            "aarch64" => Some(Self::LinuxSbsa),
            "ppc64le" | "powerpc64" => Some(Self::LinuxPpc64le),
            "x86_64" => Some(Self::LinuxX86_64),
            _ => None,
        }
    }

    /// Returns the name in redist manifests: `linux-x86_64`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::LinuxAarch64 => "linux-aarch64",
            Self::LinuxPpc64le => "linux-ppc64le",
            Self::LinuxSbsa => "linux-sbsa",
            Self::LinuxX86_64 => "linux-x86_64",
        }
    }

    /// Returns the directory under `targets/` that holds headers and libraries.
    #[must_use]
    pub const fn target(self) -> &'static str {
        match self {
            Self::LinuxAarch64 => "aarch64-linux",
            Self::LinuxPpc64le => "ppc64le-linux",
            Self::LinuxSbsa => "sbsa-linux",
            Self::LinuxX86_64 => "x86_64-linux",
        }
    }

    /// Returns the processor as `uname -m` and wheel tags name it.
    #[must_use]
    pub const fn machine(self) -> &'static str {
        match self {
            Self::LinuxAarch64 | Self::LinuxSbsa => "aarch64",
            Self::LinuxPpc64le => "ppc64le",
            Self::LinuxX86_64 => "x86_64",
        }
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Platform {
    type Err = PlatformError;

    fn from_str(text: &str) -> Result<Self, PlatformError> {
        Self::ALL
            .into_iter()
            .find(|platform| platform.name() == text)
            .ok_or_else(|| PlatformError { text: text.escape_default().to_string() })
    }
}

impl TryFrom<String> for Platform {
    type Error = PlatformError;

    fn try_from(text: String) -> Result<Self, PlatformError> {
        text.parse()
    }
}

impl From<Platform> for String {
    fn from(platform: Platform) -> Self {
        platform.name().to_owned()
    }
}
