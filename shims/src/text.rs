//! Short texts without an allocator: what is put together from numbers, words and foreign bytes.

use core::fmt;

/// At most `N` bytes, held by value.
#[derive(Clone, Copy)]
pub struct Text<const N: usize> {
    bytes: [u8; N],
    length: usize,
}

/// A text that does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong;

impl<const N: usize> Text<N> {
    /// Returns the empty text.
    #[must_use]
    pub const fn new() -> Self {
        Self { bytes: [0; N], length: 0 }
    }

    /// Appends a part, or leaves the text as it is.
    ///
    /// # Errors
    /// Fails if it doesn't fit.
    pub fn push(&mut self, part: &[u8]) -> Result<(), TooLong> {
        let end = self.length + part.len();
        self.bytes.get_mut(self.length..end).ok_or(TooLong)?.copy_from_slice(part);
        self.length = end;
        Ok(())
    }

    /// Returns the bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

impl<const N: usize> Default for Text<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const N: usize> fmt::Debug for Text<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.as_bytes().escape_ascii())
    }
}

impl<const N: usize> PartialEq for Text<N> {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl<const N: usize> Eq for Text<N> {}

/// A number in decimal digits.
#[derive(Clone, Copy)]
pub struct Digits {
    bytes: [u8; 10],
    start: usize,
}

impl Digits {
    /// Writes a number.
    #[must_use]
    pub fn of(number: u32) -> Self {
        let mut digits = Self { bytes: [b'0'; 10], start: 9 };
        let mut rest = number;
        while rest > 0 {
            digits.bytes[digits.start] = b'0' + (rest % 10) as u8;
            rest /= 10;
            digits.start -= usize::from(rest > 0);
        }
        digits
    }

    /// Returns the digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(&self.bytes[self.start..]).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_refused_whole() {
        let mut text = Text::<3>::new();
        assert_eq!(text.push(b"ab"), Ok(()));
        assert_eq!(text.push(b"cd"), Err(TooLong));
        assert_eq!(text.push(b"c"), Ok(()));
        assert_eq!(text.as_bytes(), b"abc");
    }

    #[test]
    fn numbers_have_digits() {
        for number in [0, 7, 10, 118, 1000, u32::MAX] {
            assert_eq!(Digits::of(number).as_str(), number.to_string());
        }
    }
}
