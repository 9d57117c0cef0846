//! Version specifiers as Python's packages write them: `==12.4.127.*`, `<14,>=13.4.92`, `~=1.2`.
//!
//! Covers the versions that [`Version`] covers, numbers with an optional post release. Arbitrary
//! equality (`===`) and bounds on pre-releases are refused, not guessed at.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use crate::model::Version;

/// All clauses of a specifier; a version has to satisfy each. None at all means any version.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Specifier {
    clauses: Vec<Clause>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Clause {
    operator: Operator,
    version: Version,
    is_prefix: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Compatible,
    Equal,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
    NotEqual,
    /// Equal but for the post release; no text stands for it.
    SameRelease,
}

/// Longer signs before those that they begin with.
const OPERATORS: &[(&str, Operator)] = &[
    ("~=", Operator::Compatible),
    ("==", Operator::Equal),
    ("!=", Operator::NotEqual),
    (">=", Operator::GreaterOrEqual),
    ("<=", Operator::LessOrEqual),
    (">", Operator::Greater),
    ("<", Operator::Less),
];

/// A text that is not a specifier, or one beyond this module.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a version specifier that can be read")]
pub(super) struct SpecifierError {
    text: String,
}

impl Specifier {
    /// Returns the specifier that a release and its post releases satisfy.
    pub(super) fn release(version: &Version) -> Self {
        let clause = Clause { operator: Operator::SameRelease, version: version.clone(), is_prefix: false };
        Self { clauses: vec![clause] }
    }

    /// Tells whether a version satisfies every clause.
    pub(super) fn allows(&self, version: &Version) -> bool {
        self.clauses.iter().all(|clause| clause.allows(version))
    }

    /// Tells whether one version is named in full: only then may a yanked file be taken.
    pub(super) fn is_exact(&self) -> bool {
        let is_exact = |clause: &Clause| match clause.operator {
            Operator::Equal => !clause.is_prefix,
            Operator::SameRelease => true,
            _ => false,
        };
        self.clauses.iter().any(is_exact)
    }

    /// Tells whether a line of versions is named, and not only bounds.
    pub(super) fn is_pinned(&self) -> bool {
        let pins = [Operator::Compatible, Operator::Equal, Operator::SameRelease];
        self.clauses.iter().any(|clause| pins.contains(&clause.operator))
    }

    /// Adds the clauses of another specifier that aren't here yet.
    pub(super) fn narrow(&mut self, other: Self) {
        for clause in other.clauses {
            if !self.clauses.contains(&clause) {
                self.clauses.push(clause);
            }
        }
    }
}

impl Clause {
    fn allows(&self, version: &Version) -> bool {
        let order = version.compare_padded(&self.version);
        match self.operator {
            Operator::Compatible => {
                let line = self.version.numbers().len().saturating_sub(1);
                order.is_ge() && has_prefix(version, &self.version.truncated(line))
            }
            Operator::Equal if self.is_prefix => has_prefix(version, &self.version),
            Operator::Equal => order.is_eq(),
            Operator::Greater => order.is_gt() && !is_post_of(version, &self.version),
            Operator::GreaterOrEqual => order.is_ge(),
            Operator::Less => order.is_lt(),
            Operator::LessOrEqual => order.is_le(),
            Operator::NotEqual if self.is_prefix => !has_prefix(version, &self.version),
            Operator::NotEqual => order.is_ne(),
            Operator::SameRelease => plain(version).compare_padded(&plain(&self.version)).is_eq(),
        }
    }
}

/// Missing numbers count as zero, so that 13 has the prefix 13.0.
fn has_prefix(version: &Version, prefix: &Version) -> bool {
    let padded = version.numbers().iter().copied().chain(std::iter::repeat(0));
    padded.zip(prefix.numbers()).all(|(number, wanted)| number == *wanted)
}

fn is_post_of(version: &Version, bound: &Version) -> bool {
    bound.post().is_none() && plain(version).compare_padded(&plain(bound)) == Ordering::Equal
}

fn plain(version: &Version) -> Version {
    version.truncated(usize::MAX)
}

impl FromStr for Specifier {
    type Err = SpecifierError;

    fn from_str(text: &str) -> Result<Self, SpecifierError> {
        let text = text.trim();
        let inner = text.strip_prefix('(').and_then(|text| text.strip_suffix(')')).unwrap_or(text);
        let parts = inner.split(',').map(str::trim).filter(|part| !part.is_empty());
        let clauses = parts.map(clause).collect::<Option<_>>();
        let error = || SpecifierError {
            text: text.chars().take(80).collect::<String>().escape_default().to_string(),
        };
        Ok(Self { clauses: clauses.ok_or_else(error)? })
    }
}

fn clause(text: &str) -> Option<Clause> {
    let (operator, rest) =
        OPERATORS.iter().find_map(|(sign, operator)| Some((*operator, text.strip_prefix(sign)?.trim())))?;
    let (dotted, is_prefix) = match rest.strip_suffix(".*") {
        Some(dotted) => (dotted, true),
        None => (rest, false),
    };
    let version: Version = dotted.parse().ok()?;
    let is_sound = match operator {
        Operator::Equal | Operator::NotEqual => !is_prefix || version.post().is_none(),
        Operator::Compatible => !is_prefix && version.numbers().len() > 1,
        _ => !is_prefix,
    };
    is_sound.then_some(Clause { operator, version, is_prefix })
}

impl fmt::Display for Specifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, clause) in self.clauses.iter().enumerate() {
            let sign = OPERATORS.iter().find(|(_, operator)| *operator == clause.operator);
            let sign = sign.map_or("", |(sign, _)| sign);
            let star = if clause.is_prefix { ".*" } else { "" };
            write!(f, "{}{sign}{}{star}", if index == 0 { "" } else { "," }, clause.version)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn allows(specifier: &str, version: &str) -> bool {
        let specifier: Specifier = specifier.parse().expect(specifier);
        specifier.allows(&version.parse().expect(version))
    }

    #[test]
    fn a_prefix_takes_post_releases_and_ends_at_dots() {
        assert!(allows("==12.4.127.*", "12.4.127"));
        assert!(allows("==12.4.127.*", "12.4.127.post1"));
        assert!(allows("==12.4.127.*", "12.4.127.3"));
        assert!(!allows("==12.4.127.*", "12.4.1270"));
        assert!(!allows("==12.4.127", "12.4.127.post1"));
        assert!(allows("==12.4.127.post1", "12.4.127.post1"));
        assert!(!allows("!=12.4.*", "12.4.127"));
    }

    #[test]
    fn trailing_zeros_do_not_count() {
        assert!(allows("==13.0.3", "13.0.3.0"));
        assert!(allows("==13.0.3.0", "13.0.3"));
        assert!(allows("==13.0.*", "13"));
        assert!(!allows("!=13.0.3", "13.0.3.0"));
    }

    #[test]
    fn a_release_is_its_post_releases_too() {
        let release = Specifier::release(&"13.0.3".parse().expect("a version"));
        for (version, is_allowed) in [("13.0.3.0", true), ("13.0.3.post1", true), ("13.0.3.1", false)] {
            assert_eq!(release.allows(&version.parse().expect(version)), is_allowed, "{version}");
        }
        assert!(release.is_exact() && release.is_pinned());
    }

    #[test]
    fn ranges_compare_numbers() {
        assert!(allows("<14,>=13.4.92", "13.4.92"));
        assert!(allows("<14,>=13.4.92", "13.10.1"));
        assert!(!allows("<14,>=13.4.92", "14.0.1"));
        assert!(!allows(" ( <14 , >=13.4.92 ) ", "13.4.49"));
        assert!(allows("~=12.4.1", "12.4.9") && !allows("~=12.4.1", "12.5"));
        assert!(!allows(">12.4", "12.4.post1") && allows(">12.4.post1", "12.4.post2"));
        assert!(allows(">12.4", "12.4.1") && allows("", "1"));
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        for text in ["===1", "==1.2rc1", "12.4", "==", ">=1.*", "~=1", "==1.post1.*", "==1;x", "== "] {
            assert!(text.parse::<Specifier>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_and_text_round_trips(text in "[=<>!~0-9.*, post()]{0,30}") {
            if let Ok(specifier) = text.parse::<Specifier>() {
                prop_assert_eq!(specifier.to_string().parse::<Specifier>(), Ok(specifier));
            }
        }

        #[test]
        fn equal_and_not_equal_are_opposites(a in "[0-3](\\.[0-3]){0,3}", b in "[0-3](\\.[0-3]){0,3}") {
            prop_assert_ne!(allows(&format!("=={a}"), &b), allows(&format!("!={a}"), &b));
            prop_assert_ne!(allows(&format!("<{a}"), &b), allows(&format!(">={a}"), &b));
        }
    }
}
