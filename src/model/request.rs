//! What a person asked for, owned; the grammar is the shim's.

use std::fmt;
use std::str::FromStr;

use cudaman_shims::request::{self as grammar, Dotted};

use super::{AddOn, ToolchainName, Version};
pub use cudaman_shims::request::Operator;

/// A parsed request for a toolchain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolchainRequest {
    /// Which toolkit.
    pub base: Base,
    /// With which add-ons.
    pub add_ons: AddOns,
}

/// Which toolkit a request asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Base {
    /// The newest there is.
    Latest,
    /// A linked toolkit.
    Name(String),
    /// Every release that begins with these numbers.
    Prefix(Version),
    /// Every release for which all comparators hold.
    Range(Vec<(Operator, Version)>),
    /// Whatever the machine has outside cudaman.
    System,
}

/// Which add-ons a request asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AddOns {
    /// Nothing was said: the most are preferred.
    Any,
    /// The plain toolkit.
    None,
    /// At least these, sorted by kind.
    These(Vec<AddOnRequest>),
}

/// A request for one add-on: `cudnn8.9`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddOnRequest {
    /// Its kind: `cudnn`.
    pub kind: String,
    /// The versions that are wanted, by prefix; none means any.
    pub version: Option<Version>,
}

/// A text that is not a request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a request for a CUDA toolkit: {reason}")]
pub struct RequestError {
    text: String,
    reason: &'static str,
}

impl ToolchainRequest {
    /// Asks for exactly the toolchain of this name.
    #[must_use]
    pub fn exactly(name: &ToolchainName) -> Self {
        match name {
            ToolchainName::Composed { cuda, add_ons } => Self {
                base: Base::Prefix(cuda.clone()),
                add_ons: if add_ons.is_empty() { AddOns::None } else { AddOns::exactly(add_ons) },
            },
            ToolchainName::Linked(name) => Self { base: Base::Name(name.clone()), add_ons: AddOns::Any },
        }
    }

    /// Tells whether a CUDA release is one that was asked for. Links are asked for by name only.
    #[must_use]
    pub fn matches_release(&self, version: &Version) -> bool {
        match &self.base {
            Base::Latest => true,
            Base::Name(_) | Base::System => false,
            Base::Prefix(prefix) => version.starts_with(prefix),
            Base::Range(comparators) => {
                comparators.iter().all(|(operator, bound)| holds(*operator, version, bound))
            }
        }
    }

    /// Tells whether an installed toolchain satisfies the request.
    #[must_use]
    pub fn matches(&self, name: &ToolchainName) -> bool {
        match (&self.base, name) {
            (Base::Name(wanted), ToolchainName::Linked(name)) => wanted == name,
            (_, ToolchainName::Composed { cuda, add_ons }) => {
                self.matches_release(cuda) && self.add_ons.match_all(add_ons)
            }
            _ => false,
        }
    }

    /// Picks the best of the toolchains that match: the exact version first, then the highest CUDA
    /// version, the most add-ons, the highest add-ons (DESIGN.md, 1).
    #[must_use]
    pub fn best<'a>(&self, names: impl IntoIterator<Item = &'a ToolchainName>) -> Option<&'a ToolchainName> {
        let is_exact = |name: &ToolchainName| match &self.base {
            Base::Prefix(prefix) => name.cuda() == Some(prefix),
            _ => false,
        };
        names.into_iter().filter(|name| self.matches(name)).max_by_key(|name| (is_exact(name), *name))
    }
}

impl AddOns {
    fn exactly(add_ons: &[AddOn]) -> Self {
        Self::These(add_ons.iter().map(AddOnRequest::from).collect())
    }

    fn match_all(&self, present: &[AddOn]) -> bool {
        match self {
            Self::Any => true,
            Self::None => present.is_empty(),
            Self::These(wanted) => {
                wanted.iter().all(|wish| present.iter().any(|add_on| wish.matches(add_on)))
            }
        }
    }

    /// Returns the add-ons that were named.
    #[must_use]
    pub fn named(&self) -> &[AddOnRequest] {
        match self {
            Self::These(wanted) => wanted,
            Self::Any | Self::None => &[],
        }
    }
}

impl From<&AddOn> for AddOnRequest {
    fn from(add_on: &AddOn) -> Self {
        Self { kind: add_on.kind.clone(), version: Some(add_on.version.clone()) }
    }
}

impl AddOnRequest {
    fn matches(&self, add_on: &AddOn) -> bool {
        self.kind == add_on.kind
            && self.version.as_ref().is_none_or(|prefix| add_on.version.starts_with(prefix))
    }
}

fn holds(operator: Operator, version: &Version, bound: &Version) -> bool {
    let order = version.compare_padded(bound);
    match operator {
        Operator::Equal => version.starts_with(bound),
        Operator::Greater => order.is_gt() && !version.starts_with(bound),
        Operator::GreaterOrEqual => order.is_ge(),
        Operator::Less => order.is_lt(),
        Operator::LessOrEqual => order.is_le() || version.starts_with(bound),
        Operator::NotEqual => !version.starts_with(bound),
    }
}

impl FromStr for ToolchainRequest {
    type Err = RequestError;

    fn from_str(text: &str) -> Result<Self, RequestError> {
        let error = |reason| {
            let shown: String = text.chars().take(80).collect();
            RequestError { text: shown.escape_default().to_string(), reason }
        };
        let parsed = grammar::parse(text).map_err(|fault| error(fault.reason()))?;
        let version =
            |text: &str| text.parse::<Version>().map_err(|_| error(grammar::Fault::Version.reason()));
        let base = match parsed.base {
            grammar::Base::Latest => Base::Latest,
            grammar::Base::Name(name) => Base::Name(name.to_owned()),
            grammar::Base::Prefix(Dotted::Text(text)) => Base::Prefix(version(text)?),
            grammar::Base::Prefix(Dotted::Tag(major, minor)) => {
                Base::Prefix(Version::from_numbers([Some(major), minor].into_iter().flatten()))
            }
            grammar::Base::Range(list) => {
                let compare = |item: grammar::Comparator<'_>| Ok((item.operator, version(item.version)?));
                Base::Range(list.iter().map(compare).collect::<Result<_, _>>()?)
            }
            grammar::Base::System => Base::System,
        };
        let add_ons = match parsed.add_ons {
            grammar::AddOns::Any => AddOns::Any,
            grammar::AddOns::None => AddOns::None,
            grammar::AddOns::These(list) => {
                let add_on = |item: grammar::AddOn<'_>| {
                    Ok(AddOnRequest {
                        kind: item.kind.to_owned(),
                        version: item.version.map(version).transpose()?,
                    })
                };
                AddOns::These(list.iter().map(add_on).collect::<Result<_, _>>()?)
            }
        };
        Ok(Self { base, add_ons })
    }
}

/// Prints the one canonical spelling, which is also the key in the resolve index.
impl fmt::Display for ToolchainRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.base {
            Base::Latest => f.write_str("latest")?,
            Base::Name(name) => f.write_str(name)?,
            Base::Prefix(version) => write!(f, "{version}")?,
            Base::Range(comparators) => {
                for (index, (operator, version)) in comparators.iter().enumerate() {
                    write!(f, "{}{}{version}", if index == 0 { "" } else { "," }, operator.sign())?;
                }
            }
            Base::System => f.write_str("system")?,
        }
        match &self.add_ons {
            AddOns::Any => Ok(()),
            AddOns::None => f.write_str("+none"),
            AddOns::These(wanted) => wanted.iter().try_for_each(|wish| {
                write!(f, "+{}", wish.kind)?;
                wish.version.as_ref().map_or(Ok(()), |version| write!(f, "{version}"))
            }),
        }
    }
}

#[cfg(test)]
mod tests;
