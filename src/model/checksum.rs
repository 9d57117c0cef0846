//! What the bytes of an artifact must hash to, as far as its source knows.

use std::fmt;
use std::io::{self, Read};
use std::str::FromStr;

use md5::Md5;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::Digest;

/// What is known of an artifact's bytes before they come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Checksum {
    /// Only an md5: it tells damage, and a forger could get around it.
    Md5(Md5Sum),
    /// Two or more sha256 that trusted records disagree about: each of them will do.
    OneOf(Vec<Digest>),
    /// The sha256.
    Sha256(Digest),
}

/// An md5 sum.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(into = "String")]
pub struct Md5Sum([u8; 16]);

impl Checksum {
    /// Returns the name under which the cache and the store keep these bytes: the sha256 where it is
    /// known, else one that stands for what is known.
    #[must_use]
    pub fn key(&self) -> Digest {
        match self {
            Self::Md5(sum) => Digest::from_bytes(Sha256::digest(format!("md5:{sum}")).into()),
            Self::OneOf(digests) => digests.first().copied().unwrap_or(Digest::from_bytes([0; 32])),
            Self::Sha256(digest) => *digest,
        }
    }

    /// Says what is wrong with bytes whose sha256 is `digest`, if anything is: what they should hash
    /// to and what they do. `content` reads them again, where the sha256 alone can't tell.
    ///
    /// # Errors
    /// Returns the reader's error.
    pub fn mismatch<R: Read>(
        &self,
        digest: &Digest,
        content: impl FnOnce() -> io::Result<R>,
    ) -> io::Result<Option<(String, String)>> {
        let differs = match self {
            Self::Md5(expected) => {
                let got = Md5Sum::of_reader(content()?)?;
                return Ok((got != *expected).then(|| (format!("md5 {expected}"), format!("md5 {got}"))));
            }
            Self::OneOf(digests) => !digests.contains(digest),
            Self::Sha256(expected) => expected != digest,
        };
        Ok(differs.then(|| (self.to_string(), digest.to_string())))
    }
}

impl From<Digest> for Checksum {
    fn from(digest: Digest) -> Self {
        Self::Sha256(digest)
    }
}

impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Md5(sum) => write!(f, "md5 {sum}"),
            Self::OneOf(digests) => {
                let texts: Vec<String> = digests.iter().map(Digest::to_string).collect();
                f.write_str(&texts.join(" or "))
            }
            Self::Sha256(digest) => digest.fmt(f),
        }
    }
}

impl Md5Sum {
    /// Computes the sum of all that a reader gives.
    ///
    /// # Errors
    /// Returns the reader's error.
    pub fn of_reader(mut reader: impl Read) -> io::Result<Self> {
        let mut hasher = Md5::new();
        let mut buffer = vec![0; 256 << 10];
        loop {
            match reader.read(&mut buffer)? {
                0 => return Ok(Self(hasher.finalize().into())),
                count => hasher.update(&buffer[..count]),
            }
        }
    }
}

impl fmt::Display for Md5Sum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Md5Sum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<Md5Sum> for String {
    fn from(sum: Md5Sum) -> Self {
        sum.to_string()
    }
}

/// A text that is no md5 sum.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not an md5 sum: expected 32 hexadecimal digits")]
pub struct Md5Error {
    text: String,
}

impl FromStr for Md5Sum {
    type Err = Md5Error;

    fn from_str(text: &str) -> Result<Self, Md5Error> {
        let error =
            || Md5Error { text: text.chars().take(80).collect::<String>().escape_default().to_string() };
        if text.len() != 32 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(error());
        }
        u128::from_str_radix(text, 16).map(|number| Self(number.to_be_bytes())).map_err(|_| error())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(bytes: &[u8]) -> Digest {
        Digest::of_reader(bytes).expect("memory")
    }

    fn mismatch(checksum: &Checksum, bytes: &'static [u8]) -> Option<(String, String)> {
        checksum.mismatch(&digest(bytes), || Ok(bytes)).expect("memory")
    }

    #[test]
    fn an_md5_is_held_against_the_bytes() {
        let sum: Md5Sum = "900150983cd24fb0d6963f7d28e17f72".parse().expect("RFC 1321's sum of abc");
        let checksum = Checksum::Md5(sum);
        assert_eq!(mismatch(&checksum, b"abc"), None);
        let (expected, got) = mismatch(&checksum, b"abd").expect("another sum");
        assert!(expected == "md5 900150983cd24fb0d6963f7d28e17f72" && got.starts_with("md5 "));
        assert_ne!(checksum.key(), digest(b"abc"));
        for text in [
            "",
            "900150983cd24fb0d6963f7d28e17f7",
            "900150983cd24fb0d6963f7d28e17fxx",
            "+00150983cd24fb0d6963f7d28e17f72",
        ] {
            assert!(text.parse::<Md5Sum>().is_err(), "{text}");
        }
    }

    #[test]
    fn one_of_several_digests_will_do() {
        let checksum = Checksum::OneOf(vec![digest(b"a"), digest(b"b")]);
        assert_eq!((mismatch(&checksum, b"a"), mismatch(&checksum, b"b")), (None, None));
        let (expected, got) = mismatch(&checksum, b"c").expect("neither");
        assert!(expected.contains(" or ") && got == digest(b"c").to_string());
        assert_eq!(checksum.key(), digest(b"a"));
        assert!(mismatch(&Checksum::OneOf(Vec::new()), b"a").is_some());
    }
}
