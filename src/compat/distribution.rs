//! Which system this is, by its os-release file.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::model::Environment;

/// Where systems say which they are, below the root; the variable names another file.
const OS_RELEASE: &str = "etc/os-release";
const OS_RELEASE_VARIABLE: &str = "CUDAMAN_OS_RELEASE";

/// What a system says of itself (freedesktop.org's os-release(5)); what it doesn't say is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Distribution {
    /// `ID`: `debian`.
    pub id: String,
    /// `ID_LIKE`, the nearest first.
    pub like: Vec<String>,
    /// `VERSION_ID`: `12`.
    pub version: String,
    /// `PRETTY_NAME`, for people.
    pub name: String,
}

impl Distribution {
    /// Reads what the system below a root says, or the file that the environment names instead.
    #[must_use]
    pub fn of(root: &Path, environment: &Environment) -> Self {
        let named = environment.path(OS_RELEASE_VARIABLE).map(PathBuf::from);
        let text = fs::read(named.unwrap_or_else(|| root.join(OS_RELEASE))).unwrap_or_default();
        Self::from_text(&String::from_utf8_lossy(&text))
    }

    /// Reads the text of an os-release file.
    ///
    /// ```
    /// let rocky = "ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\nVERSION_ID=\"8.10\"\n";
    /// let rocky = cudaman::compat::Distribution::from_text(rocky);
    /// assert!(rocky.is("rhel") && rocky.is_release("8") && !rocky.is_release("8.1"));
    /// ```
    #[must_use]
    pub fn from_text(text: &str) -> Self {
        let field = |name| field(text, name).unwrap_or_default().to_owned();
        let like = field("ID_LIKE").split_whitespace().map(str::to_owned).collect();
        Self { id: field("ID"), like, version: field("VERSION_ID"), name: field("PRETTY_NAME") }
    }

    /// Tells whether this is a system, or one that is like it.
    #[must_use]
    pub fn is(&self, id: &str) -> bool {
        self.id == id || self.like.iter().any(|like| like == id)
    }

    /// Tells whether this is a release, or a point release of it.
    #[must_use]
    pub fn is_release(&self, release: &str) -> bool {
        let rest = self.version.strip_prefix(release);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }
}

/// Returns a field of an os-release file, without its quotes.
fn field<'f>(text: &'f str, name: &str) -> Option<&'f str> {
    let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='))?;
    Some(value.trim().trim_matches(['"', '\'']))
}
