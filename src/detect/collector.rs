//! Collects what files say, within limits: a project is a stranger's, and may be of any size.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Component, Path, PathBuf};

use rustix::fs::OFlags;

use super::evidence::{Evidence, Statement, Strength};

/// A file longer than this is not read: lock files of large projects have a few MiB.
const LONGEST: u64 = 16 << 20;

/// All files together.
const MOST: u64 = 64 << 20;

/// How many files are read, and how many statements are kept.
const MOST_FILES: usize = 256;
const MOST_EVIDENCE: usize = 2_000;

/// What a project says.
#[derive(Debug, Default)]
pub struct Findings {
    /// Every statement, in the order in which it was read.
    pub evidence: Vec<Evidence>,
    /// What was left out, and why.
    pub notes: Vec<String>,
}

/// A file, read as text.
pub(super) struct Document {
    /// As a person would name it.
    pub(super) name: String,
    pub(super) path: PathBuf,
    pub(super) text: String,
    /// Whether it is for the tests, the documentation or the like.
    pub(super) is_optional: bool,
}

/// What was found so far.
pub(super) struct Collector {
    /// No file above it is read.
    root: PathBuf,
    /// Relative to which files are named.
    base: PathBuf,
    seen: BTreeSet<PathBuf>,
    bytes: u64,
    pub(super) findings: Findings,
}

/// A statement's place in a document.
pub(super) struct Place<'d> {
    pub(super) document: &'d Document,
    pub(super) line: Option<usize>,
    pub(super) is_optional: bool,
    pub(super) is_conda: bool,
}

impl Collector {
    pub(super) fn new(root: &Path, base: &Path) -> Self {
        let (root, base) = (root.to_owned(), base.to_owned());
        Self { root, base, seen: BTreeSet::new(), bytes: 0, findings: Findings::default() }
    }

    /// Reads a file, once; none where it is too large, no file, or can't be read.
    pub(super) fn document(&mut self, path: &Path) -> Option<Document> {
        let path = normal(path);
        if self.seen.contains(&path) {
            return None;
        }
        if self.seen.len() >= MOST_FILES || self.bytes >= MOST {
            self.note("more files than are read: the rest was left out".to_owned());
            return None;
        }
        self.seen.insert(path.clone());
        let name = shown(path.strip_prefix(&self.base).unwrap_or(&path));
        match text_of(&path) {
            Ok(Some(text)) => {
                self.bytes += text.len() as u64;
                let is_optional = is_for_developers(&name);
                Some(Document { name, path, text, is_optional })
            }
            Ok(None) => {
                self.note(format!("`{name}` was left out: it is no file of at most {} MiB", LONGEST >> 20));
                None
            }
            Err(error) => {
                self.note(format!("`{name}` was left out: {error}"));
                None
            }
        }
    }

    /// Reads a file that another one names, if it belongs to the project.
    pub(super) fn included(&mut self, from: &Document, name: &str) -> Option<Document> {
        let path = normal(&from.path.parent()?.join(name));
        let reason = if !path.starts_with(&self.root) {
            "it lies outside the project"
        } else if !path.exists() {
            "there is no such file"
        } else {
            return self.document(&path);
        };
        self.note(format!("`{}` of `{}` was left out: {reason}", shown(Path::new(name)), from.name));
        None
    }

    /// Keeps what a place says, as strong as it is by itself.
    pub(super) fn add(&mut self, place: &Place<'_>, text: &str, statement: Statement) {
        let strength = statement.strength();
        self.add_as(place, text, statement, strength);
    }

    /// Keeps what a place says.
    pub(super) fn add_as(&mut self, place: &Place<'_>, text: &str, statement: Statement, strength: Strength) {
        if self.findings.evidence.len() >= MOST_EVIDENCE {
            self.note("more statements than are kept: the rest was left out".to_owned());
            return;
        }
        self.findings.evidence.push(Evidence {
            file: place.document.name.clone(),
            line: place.line,
            text: shortened(text),
            statement,
            strength,
            is_optional: place.is_optional || place.document.is_optional,
            is_conda: place.is_conda,
        });
    }

    /// Keeps a note, once.
    pub(super) fn note(&mut self, note: String) {
        if !self.findings.notes.contains(&note) && self.findings.notes.len() < 50 {
            self.findings.notes.push(note);
        }
    }
}

impl Document {
    /// Returns a place in it.
    pub(super) const fn at(&self, line: Option<usize>) -> Place<'_> {
        Place { document: self, line, is_optional: false, is_conda: false }
    }

    /// Returns its lines with their numbers.
    pub(super) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(index, line)| (index + 1, line))
    }

    /// Returns its logical lines: those that end with a backslash go on.
    pub(super) fn logical_lines(&self) -> Vec<(usize, String)> {
        let mut found: Vec<(usize, String)> = Vec::new();
        let mut goes_on = false;
        for (number, line) in self.lines() {
            let (part, continues) = match line.trim_end().strip_suffix('\\') {
                Some(part) => (part, true),
                None => (line, false),
            };
            match found.last_mut().filter(|_| goes_on) {
                Some((_, text)) => {
                    text.push(' ');
                    text.push_str(part.trim());
                }
                None => found.push((number, part.to_owned())),
            }
            goes_on = continues;
        }
        found
    }
}

impl<'d> Place<'d> {
    pub(super) const fn optional(mut self, is_optional: bool) -> Self {
        self.is_optional = is_optional;
        self
    }

    pub(super) const fn of_conda(mut self, is_conda: bool) -> Self {
        self.is_conda = is_conda;
        self
    }
}

/// Reads a file, if it is one and not too long. Bytes that are no text are replaced.
pub(super) fn text_of(path: &Path) -> std::io::Result<Option<String>> {
    // A pipe would be waited for.
    let nonblocking = i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or_default();
    let file = std::fs::OpenOptions::new().read(true).custom_flags(nonblocking).open(path)?;
    let found = file.metadata()?;
    if !found.is_file() || found.len() > LONGEST {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    file.take(LONGEST).read_to_end(&mut bytes)?;
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    Ok(Some(String::from_utf8_lossy(bytes).into_owned()))
}

/// Resolves `.` and `..` without looking at the disk.
fn normal(path: &Path) -> PathBuf {
    let mut found = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                found.pop();
            }
            other => found.push(other),
        }
    }
    found
}

/// Tells by its name whether a file is for those who work on the project, not for those who use it.
fn is_for_developers(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let words = name.split(|letter: char| !letter.is_ascii_alphanumeric());
    words.into_iter().any(|word| ["dev", "doc", "docs", "lint", "test", "tests"].contains(&word))
}

/// Makes a name one line, however it was chosen.
fn shown(path: &Path) -> String {
    let text = path.to_string_lossy();
    text.chars()
        .flat_map(|letter| {
            if letter.is_control() { letter.escape_default().collect::<Vec<_>>() } else { vec![letter] }
        })
        .collect()
}

/// Shortens a line and makes it one: it is shown beside its place.
pub(super) fn shortened(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = words.join(" ");
    let mut kept: String = line.chars().filter(|letter| !letter.is_control()).take(160).collect();
    if kept.len() < line.len() {
        kept.push('…');
    }
    kept
}
