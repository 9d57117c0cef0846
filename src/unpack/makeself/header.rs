//! The script in front of a makeself archive, read as text. What it says about its payloads stands in
//! assignments at the start of lines; how the offset is written depends on the version:
//!
//! | makeself | the number of lines before the payload |
//! |---|---|
//! | 2.1.4 to 2.4.0 | ``offset=`head -n 401 "$1" | wc -c …` `` (an earlier line `offset=$2` means nothing) |
//! | 2.4.2 and newer | `skip="715"` |
//! | NVIDIA's 1.5 and 1.6 of drivers | `skip=402`, the number of the first line *behind* |
//! | all before 2.2 | `OLDSKIP=402` in what `--dumpconf` would print, likewise |
//!
//! Source: makeself's own history (2.1.4 to 2.7.1), and headers that it made.

use crate::unpack::error::escape;

/// No version writes more than 800 lines.
const LINES: usize = 20_000;
const PAYLOADS: usize = 64;

/// What the script says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// How the archive calls itself.
    pub(super) label: String,
    /// The bytes of the script: the first payload begins behind them.
    pub(super) length: usize,
    pub(super) payloads: Vec<Payload>,
}

/// One compressed tar.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Payload {
    pub(super) size: u64,
    /// The sum of POSIX `cksum`; none where the script was told not to keep one.
    pub(super) crc: Option<u32>,
    /// In hexadecimal digits.
    pub(super) md5: Option<String>,
    /// In hexadecimal digits.
    pub(super) sha256: Option<String>,
}

impl Header {
    /// Reads the script at the beginning of `start`, which may end behind it or within.
    pub(super) fn parse(start: &[u8]) -> Result<Self, String> {
        if !start.starts_with(b"#!") {
            return Err("it does not begin as a makeself archive does, with `#!`".to_owned());
        }
        let text: Vec<&[u8]> = start.split_inclusive(|byte| *byte == b'\n').take(LINES).collect();
        if !text.iter().take(10).any(|line| contains(line, b"Makeself")) {
            return Err("it is a script, but none that makeself made".to_owned());
        }
        let count = line_count(&text).ok_or("its script does not say where the archive begins")?;
        if count > text.len() || !text[count - 1].ends_with(b"\n") {
            return Err(format!("its script is cut off: {count} lines are announced"));
        }
        let script = &text[..count];
        let field = |name: &str| script.iter().find_map(|line| assigned(line, name));
        if field("ENCRYPT").is_some_and(|value| value == "y") {
            return Err("it is encrypted".to_owned());
        }
        let payloads = payloads(&field)?;
        let length = script.iter().map(|line| line.len()).sum();
        Ok(Self { label: field("label").unwrap_or_default(), length, payloads })
    }
}

fn payloads(field: &dyn Fn(&str) -> Option<String>) -> Result<Vec<Payload>, String> {
    let sizes = field("filesizes").ok_or("its script does not say how long the archive is")?;
    let words = |name: &str| -> Vec<String> {
        field(name).unwrap_or_default().split_ascii_whitespace().map(str::to_owned).collect()
    };
    let (crcs, md5s, shas) = (words("CRCsum"), words("MD5"), words("SHA"));
    let sizes: Vec<&str> = sizes.split_ascii_whitespace().collect();
    if sizes.is_empty() || sizes.len() > PAYLOADS {
        return Err(format!("its script announces {} archives", sizes.len()));
    }
    let payload = |(index, size): (usize, &&str)| {
        let size = size.parse::<u64>().ok().filter(|size| *size < 1 << 40);
        Ok(Payload {
            size: size.ok_or("its script announces a size that is none")?,
            crc: sum("CRCsum", crcs.get(index), |text| text.parse().ok())?,
            md5: sum("MD5", md5s.get(index), |text| hexadecimal(text, 32))?,
            sha256: sum("SHA", shas.get(index), |text| hexadecimal(text, 64))?,
        })
    };
    sizes.iter().enumerate().map(payload).collect()
}

/// A sum that the script keeps; zeros stand for one that was not made. What can't be read is no less
/// than a sum that is wrong.
fn sum<T>(name: &str, text: Option<&String>, read: impl Fn(&str) -> Option<T>) -> Result<Option<T>, String> {
    let Some(text) = text.filter(|text| text.bytes().any(|byte| byte != b'0')) else { return Ok(None) };
    let wrong = || format!("its script keeps a sum that is none: {name} `{}`", escape(text));
    read(text).map(Some).ok_or_else(wrong)
}

fn hexadecimal(text: &str, length: usize) -> Option<String> {
    let is_sum = text.len() == length && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_sum.then(|| text.to_ascii_lowercase())
}

/// The number of lines of the script.
fn line_count(text: &[&[u8]]) -> Option<usize> {
    let counts = text.iter().enumerate().filter_map(|(index, line)| {
        let count = counted(line)?;
        (index < count && count <= LINES).then_some(count)
    });
    let mut counts = counts;
    counts.next().or_else(|| {
        let behind =
            text.iter().find_map(|line| number(line.strip_prefix(b"echo OLDSKIP=".as_slice())?)).or_else(
                || text.iter().find_map(|line| number(trimmed(line).strip_prefix(b"OLDSKIP=".as_slice())?)),
            )?;
        behind.checked_sub(1).filter(|count| (1..=LINES).contains(count))
    })
}

/// The number of lines that one line announces.
fn counted(line: &[u8]) -> Option<usize> {
    if let Some(rest) = line.strip_prefix(b"skip=".as_slice()) {
        return match rest.strip_prefix(b"\"".as_slice()) {
            Some(quoted) => number(quoted),
            None => number(rest)?.checked_sub(1),
        };
    }
    let rest = trimmed(line).strip_prefix(b"offset=`head -n ".as_slice())?;
    number(rest)
}

fn trimmed(line: &[u8]) -> &[u8] {
    line.trim_ascii_start()
}

/// The number at the beginning of a text, if it is a plain positive one.
fn number(text: &[u8]) -> Option<usize> {
    let end = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    let digits = std::str::from_utf8(&text[..end.min(8)]).ok()?;
    digits.parse().ok().filter(|number| *number > 0)
}

/// The value of `name="value"` at the start of a line, without what shells would expand.
fn assigned(line: &[u8], name: &str) -> Option<String> {
    let rest = line.strip_prefix(name.as_bytes())?.strip_prefix(b"=")?.trim_ascii_end();
    let value = std::str::from_utf8(rest).ok()?;
    let value = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value);
    let is_plain = !value.contains(['$', '`', '"', '\\']) && value.len() < 8192;
    is_plain.then(|| value.to_owned())
}

fn contains(line: &[u8], word: &[u8]) -> bool {
    line.windows(word.len()).any(|window| window == word)
}
