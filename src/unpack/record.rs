//! A wheel's `RECORD`: the digest and size of every file in it, as comma-separated values.

use std::collections::HashMap;

use crate::model::Digest;

/// What `RECORD` says about one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) digest: Digest,
    pub(super) size: u64,
}

/// Parses a `RECORD`; the only file that may stand without a digest is `own`, the record itself.
pub(super) fn parse(text: &str, own: &str) -> Result<HashMap<String, Listed>, String> {
    let mut listed = HashMap::new();
    for line in text.lines().filter(|line| !line.is_empty()) {
        let malformed = || format!("a line of RECORD is malformed: {line:?}");
        let [path, digest, size] = fields(line).ok_or_else(malformed)?;
        if path == own {
            continue;
        }
        let entry = Listed {
            digest: digest.strip_prefix("sha256=").and_then(decode).ok_or_else(malformed)?,
            size: size.parse().map_err(|_| malformed())?,
        };
        if listed.insert(path.clone(), entry).is_some() {
            return Err(format!("RECORD lists {path:?} twice"));
        }
    }
    Ok(listed)
}

/// Splits a line into its three values; one in quotes may hold commas and doubled quotes.
fn fields(line: &str) -> Option<[String; 3]> {
    let mut values = Vec::new();
    let mut rest = line;
    loop {
        let (value, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted_value(quoted)?,
            None => {
                let end = rest.find(',').unwrap_or(rest.len());
                (rest[..end].to_owned(), &rest[end..])
            }
        };
        if value.contains('"') && !rest.starts_with('"') {
            return None;
        }
        values.push(value);
        if after.is_empty() {
            return values.try_into().ok();
        }
        rest = after.strip_prefix(',')?;
    }
}

fn quoted_value(mut rest: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    loop {
        let (part, after) = rest.split_once('"')?;
        value.push_str(part);
        let Some(further) = after.strip_prefix('"') else { return Some((value, after)) };
        value.push('"');
        rest = further;
    }
}

/// Decodes the 43 digits of a sha256 in URL-safe base64 without padding.
fn decode(text: &str) -> Option<Digest> {
    if text.len() != 43 {
        return None;
    }
    let (mut bytes, mut length) = ([0; 32], 0);
    let (mut bits, mut held) = (0_u32, 0);
    for digit in text.bytes() {
        bits = bits << 6 | u32::from(value(digit)?);
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes[length] = (bits >> held & 0xff) as u8;
            length += 1;
        }
    }
    // The last digit carries two bits too many, which must be zero to have one spelling only.
    (bits & 0b11 == 0).then(|| Digest::from_bytes(bytes))
}

const fn value(digit: u8) -> Option<u8> {
    Some(match digit {
        b'A'..=b'Z' => digit - b'A',
        b'a'..=b'z' => digit - b'a' + 26,
        b'0'..=b'9' => digit - b'0' + 52,
        b'-' => 62,
        b'_' => 63,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &str = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU";

    #[test]
    fn lines() {
        let text =
            format!("a/b.h,sha256={EMPTY},0\r\n\"x,\"\"y\"\"\",sha256={EMPTY},12\n\nx.dist-info/RECORD,,\n");
        let listed = parse(&text, "x.dist-info/RECORD").expect("a record");
        assert_eq!(listed.len(), 2);
        assert_eq!(listed["x,\"y\""].size, 12);
        assert_eq!(
            listed["a/b.h"].digest.to_string(),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
    }

    #[test]
    fn malformed_lines() {
        for bad in [
            "a,,",
            "a,sha256=47DEQ,0",
            "a",
            "a,b,c,d",
            "\"a,b,c",
            "a\"b,,",
            &format!("a,sha256={EMPTY},-1"),
            &format!("a,md5={EMPTY},1"),
            &format!("a,sha256={}V,1", &EMPTY[..42]),
            &format!("a,sha256={EMPTY},1\na,sha256={EMPTY},1"),
        ] {
            assert!(parse(bad, "RECORD").is_err(), "{bad:?}");
        }
    }
}
