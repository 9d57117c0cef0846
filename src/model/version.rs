//! Dotted versions of any length, compared by their numbers: 9.23 comes after 9.9.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A version such as `12.4.1`, `10.0.130`, `8.9.7.29` or `12.4.127.post1`.
///
/// Not semantic versioning: NVIDIA's versions have two to five numbers. A missing number counts
/// as smaller than a zero, so `12.4` sorts before `12.4.0`; use [`Version::starts_with`] to ask
/// whether a release belongs to a line.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Version {
    numbers: Vec<u32>,
    post: Option<u32>,
}

/// A text that is not a version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a version: expected numbers with dots between them, as in `12.4.1`")]
pub struct VersionError {
    text: String,
}

impl Version {
    /// Builds a version from its numbers.
    #[must_use]
    pub fn from_numbers(numbers: impl IntoIterator<Item = u32>) -> Self {
        Self { numbers: numbers.into_iter().collect(), post: None }
    }

    /// Returns the first number.
    #[must_use]
    pub fn major(&self) -> u32 {
        self.numbers.first().copied().unwrap_or(0)
    }

    /// Returns the second number, if there is one.
    #[must_use]
    pub fn minor(&self) -> Option<u32> {
        self.numbers.get(1).copied()
    }

    /// Returns the numbers before any `.post` part.
    #[must_use]
    pub fn numbers(&self) -> &[u32] {
        &self.numbers
    }

    /// Returns the number of the post release, as in `12.4.127.post1`.
    #[must_use]
    pub fn post(&self) -> Option<u32> {
        self.post
    }

    /// Returns the first `count` numbers as a version of their own.
    #[must_use]
    pub fn truncated(&self, count: usize) -> Self {
        Self::from_numbers(self.numbers.iter().copied().take(count))
    }

    /// Tells whether this version begins with all numbers of `prefix`.
    #[must_use]
    pub fn starts_with(&self, prefix: &Self) -> bool {
        self.numbers.starts_with(&prefix.numbers) && (prefix.post.is_none() || prefix.post == self.post)
    }

    /// Compares as a range does: missing numbers count as zero, so `12.4` equals `12.4.0`.
    #[must_use]
    pub fn compare_padded(&self, other: &Self) -> Ordering {
        let length = self.numbers.len().max(other.numbers.len());
        let at = |version: &Self, index: usize| version.numbers.get(index).copied().unwrap_or(0);
        (0..length)
            .map(|index| at(self, index).cmp(&at(other, index)))
            .find(|order| order.is_ne())
            .unwrap_or_else(|| self.post.cmp(&other.post))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, number) in self.numbers.iter().enumerate() {
            write!(f, "{}{number}", if index == 0 { "" } else { "." })?;
        }
        self.post.map_or(Ok(()), |post| write!(f, ".post{post}"))
    }
}

impl FromStr for Version {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, VersionError> {
        let error = || VersionError { text: text.escape_default().to_string() };
        let (dotted, post) = match text.split_once(".post") {
            Some((dotted, post)) => (dotted, Some(parse_number(post).ok_or_else(error)?)),
            None => (text, None),
        };
        let numbers = dotted.split('.').map(parse_number).collect::<Option<Vec<_>>>().ok_or_else(error)?;
        Ok(Self { numbers, post })
    }
}

fn parse_number(text: &str) -> Option<u32> {
    let is_number = (1..=9).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        self.numbers.cmp(&other.numbers).then(self.post.cmp(&other.post))
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl TryFrom<String> for Version {
    type Error = VersionError;

    fn try_from(text: String) -> Result<Self, VersionError> {
        text.parse()
    }
}

impl From<Version> for String {
    fn from(version: Version) -> Self {
        version.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn version(text: &str) -> Version {
        text.parse().expect("a version")
    }

    #[test]
    fn numbers_compare_as_numbers() {
        assert!(version("9.23") > version("9.9"));
        assert!(version("12.4.127.post1") > version("12.4.127"));
        assert!(version("12.4") < version("12.4.0"));
        assert_eq!(version("12.4").compare_padded(&version("12.4.0")), Ordering::Equal);
    }

    #[test]
    fn prefixes_end_at_dots() {
        assert!(version("12.4.1").starts_with(&version("12.4")));
        assert!(!version("12.40").starts_with(&version("12.4")));
        assert!(!version("12").starts_with(&version("12.4")));
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", ".", "1.", "1..2", "a", "1.2rc1", "-1", "1.9999999999", "1.2.post", " 1"] {
            assert!(text.parse::<Version>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn text_form_round_trips(numbers in prop::collection::vec(0u32..999_999_999, 1..6), post in prop::option::of(0u32..99)) {
            let version = Version { numbers, post };
            prop_assert_eq!(version.to_string().parse::<Version>(), Ok(version));
        }

        #[test]
        fn order_is_that_of_the_numbers(a in prop::collection::vec(0u32..30, 1..5), b in prop::collection::vec(0u32..30, 1..5)) {
            prop_assert_eq!(Version::from_numbers(a.clone()).cmp(&Version::from_numbers(b.clone())), a.cmp(&b));
        }
    }
}
