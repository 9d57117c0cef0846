//! A pasted text without what steers a terminal, and the looking for words in it.

/// The most letters of a line that are shown.
const SHOWN: usize = 200;

/// The most words that are read from the line on.
const READ: usize = 1_000;

/// The letters that are shown before the word that was looked for.
const BEFORE: usize = 100;

/// A text in lines, without escape sequences and control characters.
pub(super) struct Text {
    lines: Vec<String>,
    /// The same in small letters, byte by byte.
    small: Vec<String>,
}

impl Text {
    /// Takes a text as it was pasted. A bar that is drawn anew is a line each time.
    pub(super) fn new(text: &str) -> Self {
        let lines: Vec<String> =
            text.split(['\n', '\r']).map(plain).filter(|line| !line.is_empty()).collect();
        let small = lines.iter().map(|line| line.to_ascii_lowercase()).collect();
        Self { lines, small }
    }

    /// Returns the lines.
    pub(super) fn lines(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().map(String::as_str)
    }

    /// Finds the first line with any of the words, and returns it with where the word is in it, and with
    /// what follows, joined by spaces: programs break their messages where they like.
    pub(super) fn find(&self, marks: &[&str]) -> Option<(&str, usize, String)> {
        let place = |(index, line): (usize, &String)| {
            let at = marks.iter().filter_map(|mark| line.find(mark)).min()?;
            Some((index, at))
        };
        let (index, at) = self.small.iter().enumerate().find_map(place)?;
        let rest: Vec<&str> =
            self.lines[index..].iter().flat_map(|line| line.split_whitespace()).take(READ).collect();
        Some((&self.lines[index], at, rest.join(" ")))
    }
}

/// Returns what stands between two texts, the first of each.
pub(super) fn between<'t>(text: &'t str, before: &str, after: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(before)?;
    rest.split_once(after).map(|(found, _)| found.trim())
}

/// Returns the digits and dots after a text.
pub(super) fn number_after<'t>(text: &'t str, before: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(before)?;
    let end = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(rest.len());
    Some(rest[..end].trim_matches('.')).filter(|number| !number.is_empty())
}

/// Returns a line as it may be shown, with what is at a place in it.
pub(super) fn shortened(line: &str, at: usize) -> String {
    let before = line[..at].chars().count();
    let skipped = if before + BEFORE > SHOWN { before - BEFORE.min(before) } else { 0 };
    let shown: String = line.chars().skip(skipped).take(SHOWN).collect();
    let is_cut = line.chars().nth(skipped + SHOWN).is_some();
    format!("{}{shown}{}", if skipped > 0 { "…" } else { "" }, if is_cut { "…" } else { "" })
}

/// Leaves out escape sequences, such as colours, and every other control character.
fn plain(line: &str) -> String {
    let mut letters = line.chars();
    let mut plain = String::with_capacity(line.len());
    while let Some(letter) = letters.next() {
        match letter {
            '\u{1b}' if letters.as_str().starts_with('[') => {
                letters.by_ref().skip(1).find(|letter| ('@'..='~').contains(letter));
            }
            '\t' => plain.push(' '),
            control if control.is_control() => {}
            other => plain.push(other),
        }
    }
    plain.trim().to_owned()
}
