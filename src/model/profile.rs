//! How much of a release is installed.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A profile. The order is not one of size: `runtime` and `minimal` serve different needs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// Shared libraries, to run programs.
    Runtime,
    /// What compiling, linking and starting a `.cu` file needs.
    Minimal,
    /// What builds with CMake, PyTorch and TensorFlow need.
    #[default]
    Devel,
    /// Everything but drivers.
    Full,
}

/// A text that names no profile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a profile: expected one of runtime, minimal, devel, full")]
pub struct ProfileError {
    text: String,
}

impl Profile {
    /// Every profile.
    pub const ALL: [Self; 4] = [Self::Runtime, Self::Minimal, Self::Devel, Self::Full];

    /// Returns the name that users type.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Runtime => "runtime",
            Self::Minimal => "minimal",
            Self::Devel => "devel",
            Self::Full => "full",
        }
    }

    /// Tells whether the profile holds a compiler.
    #[must_use]
    pub const fn has_compiler(self) -> bool {
        !matches!(self, Self::Runtime)
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Profile {
    type Err = ProfileError;

    fn from_str(text: &str) -> Result<Self, ProfileError> {
        Self::ALL
            .into_iter()
            .find(|profile| profile.name() == text)
            .ok_or_else(|| ProfileError { text: text.escape_default().to_string() })
    }
}
