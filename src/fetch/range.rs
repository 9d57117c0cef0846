//! The header that says which bytes of a file an answer holds.

/// A `Content-Range` of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ContentRange {
    first: u64,
    last: u64,
    /// The size of the whole file, if the server knows it.
    pub(super) total: Option<u64>,
}

impl ContentRange {
    pub(super) fn parse(value: &str) -> Option<Self> {
        let (range, total) = value.strip_prefix("bytes ")?.trim().split_once('/')?;
        let (first, last) = range.split_once('-')?;
        let total = if total == "*" { None } else { Some(number(total)?) };
        let range = Self { first: number(first)?, last: number(last)?, total };
        (range.first <= range.last && range.total.is_none_or(|total| range.last < total)).then_some(range)
    }

    /// Tells whether this is exactly what is missing from `start` on, of a file of `size` bytes.
    pub(super) fn is_rest_from(&self, start: u64, size: Option<u64>) -> bool {
        let end = self.last + 1;
        let whole = match (size, self.total) {
            (Some(size), Some(total)) => size == total && end == size,
            (Some(size), None) => end == size,
            (None, Some(total)) => end == total,
            (None, None) => false,
        };
        self.first == start && whole
    }

    /// Tells whether this is a file's bytes from `start` to before `end`, of `size` in all.
    pub(super) fn is_exactly(&self, start: u64, end: u64, size: u64) -> bool {
        self.first == start && self.last + 1 == end && self.total.is_none_or(|total| total == size)
    }
}

/// Parses digits alone: `parse` would take a sign.
fn number(text: &str) -> Option<u64> {
    text.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| text.parse().ok())?
        .filter(|number| *number < u64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_the_exact_rest_is_taken() {
        let fits =
            |value: &str, size| ContentRange::parse(value).is_some_and(|range| range.is_rest_from(10, size));
        assert!(fits("bytes 10-99/100", Some(100)));
        assert!(fits("bytes 10-99/*", Some(100)));
        assert!(fits("bytes 10-99/100", None));
        for wrong in
            ["bytes 9-99/100", "bytes 10-98/100", "bytes 10-99/101", "bytes 11-99/100", "bytes */100"]
        {
            assert!(!fits(wrong, Some(100)), "{wrong}");
        }
        assert!(!fits("bytes 10-99/*", None), "the end can't be known");
    }

    #[test]
    fn a_piece_is_exactly_what_was_asked_for() {
        let fits =
            |value: &str| ContentRange::parse(value).is_some_and(|range| range.is_exactly(10, 20, 100));
        assert!(fits("bytes 10-19/100") && fits("bytes 10-19/*"));
        for wrong in ["bytes 10-20/100", "bytes 11-19/100", "bytes 10-19/99", "bytes 10-99/100"] {
            assert!(!fits(wrong), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn no_header_is_too_odd(value in "(bytes )?[-+*/ 0-9]{0,40}|\\PC{0,40}") {
            if let Some(range) = ContentRange::parse(&value) {
                prop_assert!(range.first <= range.last);
                range.is_rest_from(0, Some(1));
            }
        }
    }
}
