//! How the texts in `shell/` become files: without what only people read, and with the home filled in.

/// What stands for the home in the texts.
const HOME: &str = "@HOME@";

/// Drops what only people read: a shell reads it at every start, a tenth of the time in bash (measured).
pub(super) fn without_comments(text: &str) -> String {
    let is_code = |line: &&str| !line.trim_start().starts_with('#') && !line.trim().is_empty();
    let lines: String = text.split_inclusive('\n').filter(is_code).collect();
    format!("# Written by cudaman; its source has the comments, in `shell/`.\n{lines}")
}

pub(super) fn filled(text: &str, home: &[u8]) -> Vec<u8> {
    let mut parts = text.split(HOME);
    let mut filled = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        filled.extend_from_slice(home);
        filled.extend_from_slice(part.as_bytes());
    }
    filled
}
