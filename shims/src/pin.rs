//! Pins: the files in which a project says which toolkit it wants.
//!
//! `.cuda-version` holds a request; `.tool-versions` a line `cuda REQUEST` among those of other
//! tools. A pin selects and does nothing else, so it may come from a stranger: whatever does not fit
//! the grammar is refused with its line number, and nothing of it is ever repeated.

use crate::request::{Fault as RequestFault, MAX_LENGTH};
use crate::spelling::Spelling;
use crate::text::{Text, TooLong};

/// The largest file that is read, in bytes.
pub const MAX_SIZE: usize = 4096;

/// What a file asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin {
    /// The request.
    pub request: Spelling,
    /// The line that it stands in, from 1.
    pub line: u32,
}

/// A line that does not belong there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Which line, from 1.
    pub line: u32,
    /// Why, in words that hold nothing of the line.
    pub reason: &'static str,
}

/// A kind of file that pins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PinFile {
    /// cudaman's own.
    CudaVersion,
    /// The one that asdf and mise share among all tools.
    ToolVersions,
}

impl PinFile {
    /// Every kind, the one that wins in a directory first.
    pub const ALL: [Self; 2] = [Self::CudaVersion, Self::ToolVersions];

    /// Returns the name of the file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::CudaVersion => ".cuda-version",
            Self::ToolVersions => ".tool-versions",
        }
    }

    /// Reads the text of such a file. A file that says nothing about CUDA pins nothing, so that the
    /// directories above it are asked.
    ///
    /// # Errors
    /// Returns the first line that is wrong.
    pub fn parse(self, text: &[u8]) -> Result<Option<Pin>, Fault> {
        match self {
            Self::CudaVersion => parse_cuda_version(text),
            Self::ToolVersions => parse_tool_versions(text),
        }
    }
}

/// The first line is the version. Below it, `cudnn=9.1` adds the add-on and further versions are
/// passed over, as pyenv's users know it; anything else is a fault.
fn parse_cuda_version(text: &[u8]) -> Result<Option<Pin>, Fault> {
    let mut lines = lines(text);
    let Some((line, version)) = lines.next() else { return Ok(None) };
    let plain = Spelling::parse(version).map_err(|fault| at(line, fault))?;
    let mut request = None;
    for (line, rest) in lines {
        match cudnn_version(rest) {
            Some(_) if request.is_some() => return Err(at(line, RequestFault::AddOnTwice)),
            Some(version) => request = Some(with_cudnn(&plain, version).map_err(|fault| at(line, fault))?),
            None => _ = Spelling::parse(rest).map_err(|fault| at(line, fault))?,
        }
    }
    Ok(Some(Pin { request: request.unwrap_or(plain), line }))
}

/// The first line for `cuda` counts; lines for other tools are not ours to judge.
fn parse_tool_versions(text: &[u8]) -> Result<Option<Pin>, Fault> {
    let cuda = |line: &(u32, &[u8])| {
        line.1.strip_prefix(b"cuda").is_some_and(|rest| rest.first().is_none_or(is_blank))
    };
    let Some((line, words)) = lines(text).find(cuda) else { return Ok(None) };
    let request = Spelling::parse(&words[b"cuda".len()..]).map_err(|fault| at(line, fault))?;
    Ok(Some(Pin { request, line }))
}

/// Returns the lines that say something, with their numbers and without comments and blanks.
fn lines(text: &[u8]) -> impl Iterator<Item = (u32, &[u8])> {
    const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    (1..).zip(text.split(|byte| *byte == b'\n')).filter_map(|(number, line)| {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let said = line.split(|byte| *byte == b'#').next().unwrap_or_default();
        let said = trimmed(said);
        (!said.is_empty()).then_some((number, said))
    })
}

/// Reads `cudnn=9.1`, as cudup writes it.
fn cudnn_version(line: &[u8]) -> Option<&[u8]> {
    let rest = trimmed(line.strip_prefix(b"cudnn")?);
    rest.strip_prefix(b"=").map(trimmed)
}

fn with_cudnn(plain: &Spelling, version: &[u8]) -> Result<Spelling, RequestFault> {
    let mut whole = Text::<MAX_LENGTH>::new();
    [plain.as_str().as_bytes(), b"+cudnn", version]
        .iter()
        .try_for_each(|part| whole.push(part))
        .map_err(|TooLong| RequestFault::TooLong)?;
    Spelling::parse(whole.as_bytes())
}

const fn at(line: u32, fault: RequestFault) -> Fault {
    Fault { line, reason: fault.reason() }
}

fn trimmed(mut text: &[u8]) -> &[u8] {
    while let [first, rest @ ..] = text
        && is_blank(first)
    {
        text = rest;
    }
    while let [rest @ .., last] = text
        && is_blank(last)
    {
        text = rest;
    }
    text
}

const fn is_blank(byte: &u8) -> bool {
    matches!(*byte, b' ' | b'\t')
}

#[cfg(test)]
mod tests {
    use super::PinFile::{CudaVersion, ToolVersions};
    use super::*;

    fn pinned(file: PinFile, text: &[u8]) -> Option<String> {
        file.parse(text).expect("a pin or nothing").map(|pin| pin.request.to_string())
    }

    fn faulty_line(file: PinFile, text: &[u8]) -> u32 {
        file.parse(text).expect_err("a fault").line
    }

    #[test]
    fn the_first_line_is_the_version() {
        for text in [
            "11.8",
            "11.8\n",
            "cu118\r\n",
            "\u{feff}11.8\r\n",
            "# project\n\n \t\n 11.8\t# for torch\n12.4\n",
            "cuda-11.8#comment",
        ] {
            assert_eq!(pinned(CudaVersion, text.as_bytes()).as_deref(), Some("11.8"), "{text:?}");
        }
        assert_eq!(pinned(CudaVersion, b">=11.8, <12.4\n").as_deref(), Some(">=11.8,<12.4"));
    }

    #[test]
    fn a_cudnn_line_adds_the_add_on() {
        assert_eq!(pinned(CudaVersion, b"11.8\ncudnn=9.1\n").as_deref(), Some("11.8+cudnn9.1"));
        assert_eq!(
            pinned(CudaVersion, b"11.8+nccl2\r\ncudnn = 9.1 # x\r\n").as_deref(),
            Some("11.8+cudnn9.1+nccl2")
        );
        assert_eq!(faulty_line(CudaVersion, b"11.8\ncudnn=9.1\ncudnn=8.9\n"), 3);
        assert_eq!(faulty_line(CudaVersion, b"11.8+cudnn8\n\ncudnn=9.1\n"), 3);
        assert_eq!(faulty_line(CudaVersion, b"11.8+none\ncudnn=9.1\n"), 2);
        assert_eq!(faulty_line(CudaVersion, b"cudnn=9.1\n11.8\n"), 1);
    }

    #[test]
    fn a_file_that_says_nothing_pins_nothing() {
        for text in ["", "\n", "\u{feff}", "# 11.8\n\r\n"] {
            assert_eq!(pinned(CudaVersion, text.as_bytes()), None, "{text:?}");
            assert_eq!(pinned(ToolVersions, text.as_bytes()), None, "{text:?}");
        }
    }

    #[test]
    fn whatever_is_not_a_request_is_refused_with_its_line() {
        for text in [
            &b"../../evil"[..],
            b"/tmp/evil",
            b"./x",
            b"12.4/../../evil",
            b"12.4$(touch x)",
            b"`id`",
            b"--help",
            b"path:/tmp/evil",
            b"12.4\0",
            b"1\x002\x00.\x004\x00",
            b"\xff\xfe1\x002\x00",
            b"\x1b]0;x\x07",
            b"12\r.4",
            "12.4\u{202e}".as_bytes(),
        ] {
            assert_eq!(faulty_line(CudaVersion, text), 1, "{}", text.escape_ascii());
            let below = [b"#\n12.4\n", text].concat();
            assert_eq!(faulty_line(CudaVersion, &below), 3, "{}", text.escape_ascii());
        }
    }

    #[test]
    fn tool_versions_lists_cuda_among_others() {
        let text = b"python 3.12\ncudax 9\n\xff\xfe\ncuda\t 11.8 # comment\r\ncuda 12.4\n";
        assert_eq!(ToolVersions.parse(text).map(|pin| pin.map(|pin| pin.line)), Ok(Some(4)));
        assert_eq!(pinned(ToolVersions, text).as_deref(), Some("11.8"));
        assert_eq!(pinned(ToolVersions, b"nodejs 20\n"), None);
        assert_eq!(faulty_line(ToolVersions, b"#\ncuda 11.8 12.4\n"), 2);
        assert_eq!(faulty_line(ToolVersions, b"cuda\n"), 1);
        assert_eq!(faulty_line(ToolVersions, b"cuda path:/tmp/evil\n"), 1);
    }
}
