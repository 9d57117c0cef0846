//! PAX records: `<length> <key>=<value>\n`, read by their lengths as GNU tar does. It refuses
//! what another reader could see differently: a repeated key, a length that doesn't fit.

/// The records that change how an entry is unpacked; all others are ignored.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Records {
    pub(super) path: Option<Vec<u8>>,
    pub(super) link_path: Option<Vec<u8>>,
    pub(super) size: Option<u64>,
}

impl Records {
    pub(super) fn parse(mut data: &[u8]) -> Result<Self, &'static str> {
        const MALFORMED: &str = "a PAX record is malformed";
        let mut records = Self::default();
        while !data.is_empty() {
            let (record, rest) = split(data).ok_or(MALFORMED)?;
            let at = record.iter().position(|byte| *byte == b'=').ok_or(MALFORMED)?;
            let (key, value) = (&record[..at], &record[at + 1..]);
            let fresh = match key {
                b"path" => records.path.replace(value.to_owned()).is_none(),
                b"linkpath" => records.link_path.replace(value.to_owned()).is_none(),
                b"size" => records.size.replace(number(value).ok_or(MALFORMED)?).is_none(),
                _ if key.starts_with(b"GNU.sparse.") => return Err("a sparse file is not supported"),
                _ => true,
            };
            if !fresh {
                return Err("a PAX record stands twice");
            }
            data = rest;
        }
        Ok(records)
    }

    /// Tells whether nothing here changes an entry, as in the global header of `git archive`.
    pub(super) fn is_idle(&self) -> bool {
        *self == Self::default()
    }
}

/// Splits the first record from the others, without its length and newline.
fn split(data: &[u8]) -> Option<(&[u8], &[u8])> {
    let digits = data.iter().position(|byte| *byte == b' ')?;
    let length = usize::try_from(number(&data[..digits])?).ok()?;
    if length > data.len() || length < digits + 2 || data[length - 1] != b'\n' {
        return None;
    }
    Some((&data[digits + 1..length - 1], &data[length..]))
}

fn number(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || digits.len() > 18 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_by_length() {
        let records = Records::parse(b"20 comment=a\n9 x=y\n\n12 path=a/b\n").expect("records");
        assert_eq!(records, Records { path: Some(b"a/b".to_vec()), ..Records::default() });
        assert!(Records::parse(b"18 comment=a\nb=c\n\n").expect("records").is_idle());
        for bad in [
            "11 path=a/b\n",
            "13 path=a/b\n",
            "x path=a\n",
            "5 ab\n",
            "\n",
            "0 \n",
            "12 path=a/b\n12 path=a/b\n",
            "11 size=-1\n",
            "20 GNU.sparse.map=1\n",
        ] {
            assert!(Records::parse(bad.as_bytes()).is_err(), "{bad:?}");
        }
    }
}
