//! What a toolchain has of this machine: everything else of it depends on its packages only, and is the
//! same wherever they are composed.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::Version;

/// How a toolchain was made to suit the machine it stands on. Left behind when it is exported.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Adaptation {
    /// Which compiler was asked for.
    #[serde(skip_serializing_if = "CompilerChoice::is_automatic")]
    pub choice: CompilerChoice,
    /// The compiler that its nvcc starts; none where it takes the `gcc` on PATH.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host_compiler: Option<HostCompiler>,
    /// Whether its mathematical headers were changed to suit glibc 2.41 and later.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub has_glibc_fix: bool,
    /// Older names that were given to its libraries.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<CompatLink>,
}

/// An older name for a library of the same kind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CompatLink {
    /// The name that programs ask for: `libcudart.so.10.1`.
    pub soname: String,
    /// The library that they get: `libcudart.so.11.0`.
    pub target: String,
}

/// Which host compiler a person wants.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum CompilerChoice {
    /// The one on PATH where it suits the toolkit, else the newest on the machine that does.
    #[default]
    Automatic,
    /// The one on PATH, whatever it is.
    Path,
    /// This one: a name such as `gcc-11`, or a path.
    Named(String),
}

/// A compiler for the host's part of a program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostCompiler {
    /// What it is.
    pub kind: CompilerKind,
    /// Its version.
    pub version: Version,
    /// The path of its C compiler.
    pub c: String,
    /// The path of its C++ compiler.
    pub cxx: String,
}

/// The compilers that NVIDIA's toolkits know on Linux and that the same options work for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CompilerKind {
    /// LLVM's.
    Clang,
    /// GNU's.
    Gcc,
}

impl Adaptation {
    /// Tells whether nothing was adapted, and nothing asked for.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

impl CompilerChoice {
    /// Tells whether nobody chose.
    #[must_use]
    pub fn is_automatic(&self) -> bool {
        *self == Self::Automatic
    }
}

impl fmt::Display for CompilerChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Automatic => "auto",
            Self::Path => "path",
            Self::Named(name) => name,
        })
    }
}

impl From<String> for CompilerChoice {
    fn from(text: String) -> Self {
        match text.as_str() {
            "auto" => Self::Automatic,
            "path" => Self::Path,
            _ => Self::Named(text),
        }
    }
}

impl FromStr for CompilerChoice {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(text.to_owned().into())
    }
}

impl From<CompilerChoice> for String {
    fn from(choice: CompilerChoice) -> Self {
        choice.to_string()
    }
}

impl CompilerKind {
    /// The names under which nvcc expects its C and C++ compilers: it knows Clang by them.
    #[must_use]
    pub const fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Clang => ("clang", "clang++"),
            Self::Gcc => ("gcc", "g++"),
        }
    }
}

impl fmt::Display for CompilerKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.names().0)
    }
}

impl fmt::Display for HostCompiler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} (`{}`)", self.kind, self.version, self.cxx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn receipts_say_nothing_of_what_was_not_asked_for() {
        assert_eq!(serde_json::to_string(&Adaptation::default()).expect("written"), "{}");
        let named = Adaptation { choice: "gcc-11".to_owned().into(), ..Adaptation::default() };
        let text = serde_json::to_string(&named).expect("written");
        assert_eq!(text, r#"{"choice":"gcc-11"}"#);
        assert_eq!(serde_json::from_str::<Adaptation>(&text).expect("read"), named);
    }
}
