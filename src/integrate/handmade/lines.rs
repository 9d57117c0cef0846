//! A start-up file as lines, each with what it does and how it stands among the others.

use super::edges::{Edges, edges};
use super::recognise::{Recognised, recognise};
use super::words::{Dialect, Reader, Words};
use crate::integrate::rc;

/// So often the reading begins anew behind a quote that seems never to be closed.
const ATTEMPTS: usize = 16;

/// A line of a file.
#[derive(Debug)]
pub(super) struct Line {
    /// Its bytes as text, without the line break.
    pub(super) text: String,
    /// Whether it has words: it is neither blank, nor a comment, nor a here-document's.
    pub(super) is_code: bool,
    /// Whether it begins and ends where nothing is open.
    pub(super) is_whole: bool,
    /// What it has at its ends.
    pub(super) edges: Edges,
    /// What of CUDA it sets up.
    pub(super) found: Option<Recognised>,
}

/// Reads a file. None for what is no text.
pub(super) fn lines(bytes: &[u8], dialect: Dialect) -> Option<Vec<Line>> {
    if bytes.contains(&0) {
        return None;
    }
    let texts: Vec<String> = split(bytes).map(shown).collect();
    let words = words(&texts, dialect);
    let is_own = own_lines(&texts);
    let line = |((text, words), is_own): ((String, Words), bool)| {
        let found = recognise(&words.tokens, dialect).filter(|_| !is_own && begins_anew(&words));
        let (is_code, edges) = (!words.tokens.is_empty(), edges(&words.tokens, dialect));
        Line { text, is_code, is_whole: words.is_whole, edges, found }
    };
    Some(texts.into_iter().zip(words).zip(is_own).map(line).collect())
}

/// The lines with their line breaks.
pub(super) fn split(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split_inclusive(|byte| *byte == b'\n')
}

fn shown(line: &[u8]) -> String {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(line)).into_owned()
}

/// The text of a quote or of a document sets nothing.
fn begins_anew(words: &Words) -> bool {
    !words.tokens.is_empty() && words.begins_whole
}

/// Reads every line. A quote that is open at the end of the file was none: what follows it is read anew.
fn words(texts: &[String], dialect: Dialect) -> Vec<Words> {
    let mut words: Vec<Words> = Vec::with_capacity(texts.len());
    for attempt in 1..=ATTEMPTS {
        let mut reader = Reader::new(dialect);
        let mut opened_at = words.len();
        for text in &texts[words.len()..] {
            if !reader.is_open() {
                opened_at = words.len();
            }
            words.push(reader.line(text));
        }
        if !reader.is_open() || attempt == ATTEMPTS {
            break;
        }
        words.truncate(opened_at + 1);
    }
    words
}

/// Tells of each line whether it stands in the block that `cudaman setup` writes.
fn own_lines(texts: &[String]) -> Vec<bool> {
    let mut own = vec![false; texts.len()];
    let mut start = None;
    for (at, text) in texts.iter().enumerate() {
        if text.as_bytes().starts_with(rc::BEGIN) {
            start = Some(at);
        }
        if text.as_bytes() == rc::END {
            own[start.take().unwrap_or(at)..=at].fill(true);
        }
    }
    own
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<usize> {
        let lines = lines(text.as_bytes(), Dialect::Sh).expect("text");
        (1..).zip(lines).filter(|(_, line)| line.found.is_some()).map(|(number, _)| number).collect()
    }

    #[test]
    fn own_blocks_quotes_and_documents_are_passed_over() {
        let line = "export CUDA_HOME=/usr/local/cuda";
        let begin = "# >>> cudaman >>> (in a new file)";
        assert_eq!(found(&format!("{begin}\n{line}\n# <<< cudaman <<<\n{line}\n")), [4]);
        assert_eq!(found(&format!("# >>> cudaman >>>\n{line}\n")), [2], "a block without its end is none");
        assert_eq!(found(&format!("cat <<X\n{line}\nX\n{line}")), [4]);
        assert_eq!(found(&format!("a='\n{line}\n'\n{line}")), [4]);
        assert_eq!(found(&format!("{line} \\\n  A=b\n")), [1]);
    }

    #[test]
    fn a_quote_without_end_hides_nothing() {
        let line = "export CUDA_HOME=/usr/local/cuda";
        assert_eq!(found(&format!("echo it's\n{line}\n")), [2]);
        assert_eq!(found(&format!("a=$((1<<b))\n((c<<d))\n{line}\n")), [3]);
        assert_eq!(found(&"echo \"\n'\n".repeat(99)), [] as [usize; 0]);
    }

    #[test]
    fn what_is_no_text_is_no_file() {
        assert!(lines(b"export CUDA_HOME=/usr/local/cuda\n\0", Dialect::Sh).is_none());
        assert!(lines(b"# caf\xe9\n", Dialect::Sh).is_some());
    }
}
