//! Quoting: a value for a shell is data, whatever bytes it holds. Each family has its own rules
//! (RELIABILITY.md, finding 9): no one quoting serves POSIX shells, fish and csh alike.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

/// Quotes for sh, bash, zsh, dash, ksh.
#[must_use]
pub fn posix(value: &[u8]) -> Vec<u8> {
    wrap(value, |byte| match byte {
        b'\'' => Some(b"'\\''"),
        _ => None,
    })
}

/// Shows a value or a path as one word of a command that a person types: quoted only where it must be.
#[must_use]
pub fn word(value: impl AsRef<OsStr>) -> String {
    let bytes = value.as_ref().as_bytes();
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"/._-+=@%:,".contains(byte) || *byte >= 0x80;
    if !bytes.is_empty() && bytes.iter().all(is_plain) {
        return String::from_utf8_lossy(bytes).into_owned();
    }
    String::from_utf8_lossy(&posix(bytes)).into_owned()
}

/// Quotes for fish, where a backslash escapes inside single quotes too.
pub(super) fn fish(value: &[u8]) -> Vec<u8> {
    wrap(value, |byte| match byte {
        b'\'' => Some(b"\\'"),
        b'\\' => Some(b"\\\\"),
        _ => None,
    })
}

/// Quotes for csh and tcsh, where history and newlines reach into single quotes.
pub(super) fn csh(value: &[u8]) -> Vec<u8> {
    wrap(value, |byte| match byte {
        b'\'' => Some(b"'\\''"),
        b'!' => Some(b"\\!"),
        b'\n' => Some(b"\\\n"),
        _ => None,
    })
}

/// Quotes for PowerShell, where a quote is doubled.
pub(super) fn powershell(value: &[u8]) -> Vec<u8> {
    wrap(value, |byte| match byte {
        b'\'' => Some(b"''"),
        _ => None,
    })
}

/// Quotes for nushell, between double quotes.
pub(super) fn nushell(value: &[u8]) -> Vec<u8> {
    let single = wrap(value, |byte| match byte {
        b'"' => Some(b"\\\""),
        b'\\' => Some(b"\\\\"),
        _ => None,
    });
    [b"\"", &single[1..single.len() - 1], b"\""].concat()
}

fn wrap(value: &[u8], escape: impl Fn(u8) -> Option<&'static [u8]>) -> Vec<u8> {
    let mut quoted = vec![b'\''];
    for byte in value {
        match escape(*byte) {
            Some(text) => quoted.extend_from_slice(text),
            None => quoted.push(*byte),
        }
    }
    quoted.push(b'\'');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nasty_bytes_are_quoted() {
        assert_eq!(posix(b"a'b$c"), b"'a'\\''b$c'");
        assert_eq!(fish(b"a'b\\"), b"'a\\'b\\\\'");
        assert_eq!(csh(b"a!\n"), b"'a\\!\\\n'");
        assert_eq!(nushell(b"a\"b\\'"), b"\"a\\\"b\\\\'\"");
        assert_eq!(posix(b"\xff"), b"'\xff'");
    }

    #[test]
    fn plain_words_are_shown_as_they_are() {
        assert_eq!(word("/opt/cuda-12.4"), "/opt/cuda-12.4");
        assert_eq!(word("a b's $(c)"), "'a b'\\''s $(c)'");
        assert_eq!((word("").as_str(), word("~").as_str()), ("''", "'~'"));
    }
}
