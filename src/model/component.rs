//! Names of components: `cuda_nvcc`, `libcublas`, `cudnn`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::Profile;

/// How the components begin that are a whole toolkit.
const TOOLKIT: &str = "toolkit_";

/// A component's name as redist manifests spell it: lower-case letters, digits and underscores.
///
/// Names come from servers and become parts of file names, hence the narrow grammar.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ComponentName(String);

/// A text that can't name a component.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is not a component: expected lower-case letters, digits and underscores, as in `cuda_nvcc`"
)]
pub struct ComponentNameError {
    text: String,
}

impl ComponentName {
    /// Names what a profile takes from a file that holds more than one component, such as a runfile:
    /// `toolkit_devel`.
    #[must_use]
    pub fn toolkit(profile: Profile) -> Self {
        Self(format!("{TOOLKIT}{profile}"))
    }

    /// Returns the profile of a whole toolkit; none for a component in the usual sense.
    #[must_use]
    pub fn toolkit_profile(&self) -> Option<Profile> {
        self.0.strip_prefix(TOOLKIT)?.parse().ok()
    }

    /// Returns the name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ComponentName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ComponentName {
    type Err = ComponentNameError;

    fn from_str(text: &str) -> Result<Self, ComponentNameError> {
        let is_name = (1..=64).contains(&text.len())
            && text.as_bytes()[0].is_ascii_lowercase()
            && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        if is_name {
            return Ok(Self(text.to_owned()));
        }
        Err(ComponentNameError {
            text: text.chars().take(80).collect::<String>().escape_default().to_string(),
        })
    }
}

impl TryFrom<String> for ComponentName {
    type Error = ComponentNameError;

    fn try_from(text: String) -> Result<Self, ComponentNameError> {
        text.parse()
    }
}

impl From<ComponentName> for String {
    fn from(name: ComponentName) -> Self {
        name.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_toolkit_is_named_after_its_profile() {
        for profile in Profile::ALL {
            let name = ComponentName::toolkit(profile);
            assert_eq!(name.as_str().parse(), Ok(name.clone()));
            assert_eq!(name.toolkit_profile(), Some(profile));
        }
        for name in ["toolkit_", "toolkit_huge", "cuda_nvcc"] {
            assert_eq!(name.parse::<ComponentName>().expect(name).toolkit_profile(), None, "{name}");
        }
    }

    #[test]
    fn names_are_narrow() {
        assert!("cuda_nvcc".parse::<ComponentName>().is_ok());
        for text in ["", "../x", "cuda nvcc", "Cuda", "9x", "a/b", "a\n"] {
            assert!(text.parse::<ComponentName>().is_err(), "{text:?}");
        }
    }
}
