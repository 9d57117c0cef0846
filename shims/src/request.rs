//! The grammar of requests: what a person types or a file pins.
//!
//! The one reader of this grammar, used by the shim on every start and by cudaman for everything
//! else, so that the two can't disagree. It borrows from the text, allocates nothing and accepts
//! ASCII only: a request may come from a stranger's `.cuda-version`. It selects, and nothing else:
//! no path, no command, no pattern can be spelled in it.

use crate::list::List;

/// The longest request that is accepted, in bytes.
pub const MAX_LENGTH: usize = 128;
/// The most add-ons that one request may name.
pub const MAX_ADD_ONS: usize = 8;
/// The most comparators that one range may have.
pub const MAX_COMPARATORS: usize = 8;

/// A parsed request, borrowed from its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request<'a> {
    /// Which toolkit.
    pub base: Base<'a>,
    /// With which add-ons.
    pub add_ons: AddOns<'a>,
}

/// Which toolkit a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Base<'a> {
    /// `latest`: the newest there is.
    Latest,
    /// A toolkit linked under a name of the user's choice.
    Name(&'a str),
    /// `12.4`, `cu124`, `cuda-12.4`: every release that begins with these numbers.
    Prefix(Dotted<'a>),
    /// `>=11.8,<12.4`.
    Range(Comparators<'a>),
    /// `system`: whatever the machine has outside cudaman.
    System,
}

/// A dotted version that was checked, not yet compared: digits and dots, no leading zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dotted<'a> {
    /// As it was typed: `12.4.1`.
    Text(&'a str),
    /// From a tag such as `cu118`: major and, if the tag has one, minor.
    Tag(u32, Option<u32>),
}

/// The add-ons that a request names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "there is no allocator to put the list elsewhere")]
pub enum AddOns<'a> {
    /// Nothing was said: any will do, the most are preferred.
    Any,
    /// `+none`: the plain toolkit.
    None,
    /// At least these, sorted by kind, each kind once.
    These(List<AddOn<'a>, MAX_ADD_ONS>),
}

/// One add-on of a request: `cudnn8.9`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddOn<'a> {
    /// Its kind, lower case: `cudnn`.
    pub kind: &'a str,
    /// Its version prefix, if one was given.
    pub version: Option<&'a str>,
}

/// The comparators of a range, all of which must hold.
pub type Comparators<'a> = List<Comparator<'a>, MAX_COMPARATORS>;

/// One comparator of a range: `>=11.8`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comparator<'a> {
    /// How to compare.
    pub operator: Operator,
    /// With which version.
    pub version: &'a str,
}

/// How a comparator compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `==`: begins with these numbers.
    Equal,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `!=`: does not begin with these numbers.
    NotEqual,
}

/// Why a text is not a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// An add-on that is not letters followed by an optional version.
    AddOn,
    /// The same kind of add-on twice, or `+none` beside another.
    AddOnTwice,
    /// Nothing was said.
    Empty,
    /// A byte that no request contains.
    Letter,
    /// A comparator without a version, or a stray comma.
    Range,
    /// A `cu…` tag with a number that stands for no CUDA version.
    Tag,
    /// Longer than [`MAX_LENGTH`], or more parts than fit.
    TooLong,
    /// An empty number, a leading zero, or a number that is too large.
    Version,
}

impl Fault {
    /// Returns the reason in words, to stand after the quoted request.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::AddOn => "an add-on is its name and, if wanted, a version, as in `+cudnn8.9`",
            Self::AddOnTwice => "an add-on can be named once, and `+none` stands alone",
            Self::Empty => "it is empty",
            Self::Letter => "it contains a character that no request has",
            Self::Range => "a range is written as in `>=11.8,<12.4`",
            Self::Tag => "a tag has two or three digits, as in `cu92`, `cu118` or `cu12`",
            Self::TooLong => "it is too long",
            Self::Version => "a version is numbers with dots between them, as in `12.4` or `10.0.130`",
        }
    }
}

/// Parses a request.
///
/// # Errors
/// Returns the [`Fault`] of the first part that does not fit the grammar.
pub fn parse(text: &str) -> Result<Request<'_>, Fault> {
    let text = text.trim_matches([' ', '\t']);
    if text.len() > MAX_LENGTH {
        return Err(Fault::TooLong);
    }
    if !text.bytes().all(is_request_byte) {
        return Err(Fault::Letter);
    }
    let (base, add_ons) = match text.split_once('+') {
        Some((base, rest)) => (base, parse_add_ons(rest)?),
        None => (text, AddOns::Any),
    };
    Ok(Request { base: parse_base(base)?, add_ons })
}

fn is_request_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"._-+,<>=! ".contains(&byte)
}

fn parse_base(text: &str) -> Result<Base<'_>, Fault> {
    let first = *text.as_bytes().first().ok_or(Fault::Empty)?;
    if first.is_ascii_digit() {
        return Ok(Base::Prefix(Dotted::Text(parse_dotted(text)?)));
    }
    if b"<>=!".contains(&first) {
        return parse_range(text).map(Base::Range);
    }
    parse_word(text)
}

fn parse_word(text: &str) -> Result<Base<'_>, Fault> {
    if text.eq_ignore_ascii_case("latest") {
        return Ok(Base::Latest);
    }
    if text.eq_ignore_ascii_case("system") {
        return Ok(Base::System);
    }
    let lower = |prefix: &str| {
        let head = text.get(..prefix.len())?;
        head.eq_ignore_ascii_case(prefix).then(|| &text[prefix.len()..])
    };
    if let Some(version) = lower("cuda-").or_else(|| lower("cuda").filter(|rest| starts_with_digit(rest))) {
        return Ok(Base::Prefix(Dotted::Text(parse_dotted(version)?)));
    }
    if let Some(digits) = lower("cu").filter(|rest| starts_with_digit(rest)) {
        return parse_tag(digits).map(Base::Prefix);
    }
    let is_name = text.as_bytes()[0].is_ascii_alphabetic()
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
        && !text.eq_ignore_ascii_case("default")
        && !text.eq_ignore_ascii_case("none");
    if is_name { Ok(Base::Name(text)) } else { Err(Fault::Letter) }
}

fn starts_with_digit(text: &str) -> bool {
    text.as_bytes().first().is_some_and(u8::is_ascii_digit)
}

/// `cu75` to `cu92` are 7.5 to 9.2, other two digits a major, three digits major and minor.
fn parse_tag(digits: &str) -> Result<Dotted<'_>, Fault> {
    let number: u32 = match digits.len() {
        2 | 3 if !digits.starts_with('0') => digits.parse().map_err(|_| Fault::Tag)?,
        _ => return Err(Fault::Tag),
    };
    if digits.len() == 2 && number < 75 {
        return Ok(Dotted::Tag(number, None));
    }
    Ok(Dotted::Tag(number / 10, Some(number % 10)))
}

fn parse_dotted(text: &str) -> Result<&str, Fault> {
    let is_number = |part: &str| {
        let digits = (1..=9).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        digits && (part.len() == 1 || !part.starts_with('0'))
    };
    if text.split('.').all(is_number) { Ok(text) } else { Err(Fault::Version) }
}

fn parse_range(text: &str) -> Result<Comparators<'_>, Fault> {
    let mut comparators = List::new();
    for part in text.split(',') {
        comparators.push(parse_comparator(part.trim_matches(' '))?).ok_or(Fault::TooLong)?;
    }
    Ok(comparators)
}

fn parse_comparator(text: &str) -> Result<Comparator<'_>, Fault> {
    // Longer signs before those that they begin with.
    const OPERATORS: [Operator; 6] = [
        Operator::GreaterOrEqual,
        Operator::LessOrEqual,
        Operator::Equal,
        Operator::NotEqual,
        Operator::Greater,
        Operator::Less,
    ];
    OPERATORS
        .iter()
        .find_map(|operator| Some((text.strip_prefix(operator.sign())?, *operator)))
        .ok_or(Fault::Range)
        .and_then(|(version, operator)| {
            let version = parse_dotted(version.trim_matches(' ')).map_err(|_| Fault::Range)?;
            Ok(Comparator { operator, version })
        })
}

fn parse_add_ons(text: &str) -> Result<AddOns<'_>, Fault> {
    if text == "none" {
        return Ok(AddOns::None);
    }
    let mut sorted = List::new();
    let mut after: Option<&str> = None;
    // Selection in order of kind: the list is tiny, and a request has one spelling afterwards.
    for _ in text.split('+') {
        let mut next: Option<AddOn<'_>> = None;
        for part in text.split('+') {
            let add_on = parse_add_on(part)?;
            let is_behind = after.is_none_or(|kind| add_on.kind > kind);
            if is_behind && next.is_none_or(|best| add_on.kind < best.kind) {
                next = Some(add_on);
            }
        }
        let next = next.ok_or(Fault::AddOnTwice)?;
        after = Some(next.kind);
        sorted.push(next).ok_or(Fault::TooLong)?;
    }
    Ok(AddOns::These(sorted))
}

fn parse_add_on(text: &str) -> Result<AddOn<'_>, Fault> {
    let end = text.bytes().position(|byte| !byte.is_ascii_lowercase()).unwrap_or(text.len());
    let (kind, version) = text.split_at(end);
    if kind.is_empty() || kind == "none" {
        return Err(if kind.is_empty() { Fault::AddOn } else { Fault::AddOnTwice });
    }
    let version = match version {
        "" => None,
        version => Some(parse_dotted(version).map_err(|_| Fault::AddOn)?),
    };
    Ok(AddOn { kind, version })
}

#[cfg(test)]
mod tests;
