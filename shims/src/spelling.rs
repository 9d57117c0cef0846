//! The one spelling of a request: what stands in the resolve index and in messages.

use core::fmt;

use crate::request::{AddOns, Base, Dotted, Fault, MAX_LENGTH, Operator, Request};
use crate::text::{Digits, Text, TooLong};

/// A request in its canonical spelling: `cu118` is `11.8`, add-ons are sorted, words are lower case.
///
/// Has no slash and begins with neither a dot nor a dash, so it can be the name of a file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Spelling(Text<MAX_LENGTH>);

impl Spelling {
    /// Spells a request.
    ///
    /// # Errors
    /// Fails if the request was not made by the parser and is longer than it accepts.
    pub fn of(request: &Request<'_>) -> Result<Self, Fault> {
        let mut spelling = Self(Text::new());
        spelling.base(&request.base).and_then(|()| spelling.add_ons(&request.add_ons)).map_err(
            // Never seen for a parsed request: no canonical form is longer than what was typed.
            |TooLong| Fault::TooLong,
        )?;
        Ok(spelling)
    }

    /// Parses a text and spells it.
    ///
    /// # Errors
    /// Returns the fault of a text that is not a request.
    pub fn parse(text: &[u8]) -> Result<Self, Fault> {
        let text = core::str::from_utf8(text).map_err(|_| Fault::Letter)?;
        Self::of(&crate::request::parse(text)?)
    }

    /// Returns the text, which is ASCII.
    #[must_use]
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(self.0.as_bytes()).unwrap_or_default()
    }

    /// Tells whether this is a range, which the index never holds.
    #[must_use]
    pub fn is_range(&self) -> bool {
        self.0.as_bytes().first().is_some_and(|first| b"<>=!".contains(first))
    }

    /// Tells whether this is `system`, which is never in a store.
    #[must_use]
    pub fn is_system(&self) -> bool {
        self.0.as_bytes() == b"system"
    }

    fn base(&mut self, base: &Base<'_>) -> Result<(), TooLong> {
        match *base {
            Base::Latest => self.push("latest"),
            Base::Name(name) => self.push(name),
            Base::Prefix(Dotted::Text(text)) => self.push(text),
            Base::Prefix(Dotted::Tag(major, minor)) => {
                self.number(major)?;
                minor.map_or(Ok(()), |minor| self.push(".").and_then(|()| self.number(minor)))
            }
            Base::Range(comparators) => comparators.iter().enumerate().try_for_each(|(index, item)| {
                self.push(if index == 0 { "" } else { "," })?;
                self.push(item.operator.sign())?;
                self.push(item.version)
            }),
            Base::System => self.push("system"),
        }
    }

    fn add_ons(&mut self, add_ons: &AddOns<'_>) -> Result<(), TooLong> {
        match add_ons {
            AddOns::Any => Ok(()),
            AddOns::None => self.push("+none"),
            AddOns::These(list) => list.iter().try_for_each(|add_on| {
                self.push("+")?;
                self.push(add_on.kind)?;
                self.push(add_on.version.unwrap_or(""))
            }),
        }
    }

    fn push(&mut self, part: &str) -> Result<(), TooLong> {
        self.0.push(part.as_bytes())
    }

    fn number(&mut self, number: u32) -> Result<(), TooLong> {
        self.push(Digits::of(number).as_str())
    }
}

impl fmt::Debug for Spelling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for Spelling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Operator {
    /// Returns how it is written.
    #[must_use]
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::NotEqual => "!=",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_has_one_spelling() {
        for (typed, canonical) in [
            ("cu118", "11.8"),
            ("cu12", "12"),
            ("cu92+cudnn7", "9.2+cudnn7"),
            ("CUDA-10.0.130", "10.0.130"),
            (" LATEST ", "latest"),
            ("System", "system"),
            ("12.4+nccl2.21+cudnn", "12.4+cudnn+nccl2.21"),
            (">=11.8, < 12.4", ">=11.8,<12.4"),
            ("!=12,==12.4,>1,<=9", "!=12,==12.4,>1,<=9"),
            ("12.4+none", "12.4+none"),
            ("My-Link_1", "My-Link_1"),
        ] {
            let spelling = Spelling::parse(typed.as_bytes()).expect(typed);
            assert_eq!(spelling.as_str(), canonical);
            assert_eq!(Spelling::parse(canonical.as_bytes()), Ok(spelling), "{canonical} is stable");
        }
    }

    #[test]
    fn ranges_and_system_are_told_apart() {
        let spelling = |text: &str| Spelling::parse(text.as_bytes()).expect(text);
        assert!(spelling(">=11.8").is_range() && !spelling("11.8").is_range());
        assert!(spelling("SYSTEM").is_system() && !spelling("system+cudnn").is_system());
    }

    #[test]
    fn a_request_of_the_greatest_length_is_spelled() {
        let longest = format!("x{}", "-".repeat(MAX_LENGTH - 1));
        assert_eq!(Spelling::parse(longest.as_bytes()).expect("a name").as_str(), longest);
        assert_eq!(Spelling::parse(b"\xff"), Err(Fault::Letter));
    }
}
