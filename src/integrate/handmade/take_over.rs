//! Makes comments of lines, and lines of those comments again.
//!
//! A line is only taken where the file stays a valid script that does everything else it did. What can't
//! be taken so is left as it is, with the reason.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use super::edges::Edges;
use super::lines::{Line, lines, split};
use super::{HandMade, files};
use crate::integrate::rc::{self, Edit, RcError};
use crate::integrate::read_small;

/// What is written before a line, in a form that every shell takes for a comment.
const MARK: &str = "# cudaman took this over: ";

/// Why a line was left.
#[derive(Debug, thiserror::Error)]
pub enum Left {
    /// An `if` without a command would be no valid script.
    #[error("it is all that its `if`, loop or function does")]
    Body,
    /// The file has changed.
    #[error("the line has changed since it was found")]
    Changed,
    /// The file could not be changed.
    #[error("{0}")]
    Failed(Arc<RcError>),
    /// The line does something else too.
    #[error("it does more than set up CUDA")]
    Mixed,
    /// The line can't be understood without its neighbours.
    #[error("it is part of a longer command")]
    Part,
    /// `/etc/environment`.
    #[error("the file belongs to the system: an administrator may change it")]
    System,
}

/// What became of the lines that were to be taken over.
#[derive(Debug, Default)]
pub struct TakeOver<'a> {
    /// Those that are comments now.
    pub taken: Vec<&'a HandMade>,
    /// Those that are as they were.
    pub left: Vec<(&'a HandMade, Left)>,
}

/// Makes comments of lines that were found. Each file changes in one step, or not at all.
#[must_use]
pub fn comment_out(found: &[HandMade]) -> TakeOver<'_> {
    let mut result = TakeOver::default();
    for of_file in found.chunk_by(|one, other| one.file == other.file) {
        in_one_file(&of_file[0].file, of_file, &mut result);
    }
    result
}

/// Makes lines again of the comments in a file; returns how many there were.
///
/// # Errors
/// Returns an error where the file can't be read or replaced; it is then as it was.
pub fn restore(file: &Path) -> Result<usize, RcError> {
    let bytes = match rc::read(file) {
        // Nothing in it was ever taken over.
        Err(RcError::NotAFile(_)) => return Ok(0),
        bytes => bytes?.unwrap_or_default(),
    };
    let mut count = 0;
    let mut restored = Vec::with_capacity(bytes.len());
    for line in split(&bytes) {
        let original = line.strip_prefix(MARK.as_bytes());
        count += usize::from(original.is_some());
        restored.extend_from_slice(original.unwrap_or(line));
    }
    if count > 0 {
        Edit { path: file.to_owned(), after: Some(restored) }.apply()?;
    }
    Ok(count)
}

fn in_one_file<'a>(file: &Path, found: &'a [HandMade], result: &mut TakeOver<'a>) {
    let bytes = read_small(file).unwrap_or_default();
    let lines = lines(&bytes, files::dialect(file)).unwrap_or_default();
    let is_system = file.ends_with(files::SYSTEM_ENVIRONMENT);
    let alone = |one| if is_system { Some(Left::System) } else { alone(one, &lines) };
    let mut judged: Vec<(&HandMade, Option<Left>)> = found.iter().map(|one| (one, alone(one))).collect();
    let mut kept = needed(&taken(&judged), &lines);
    for (one, left) in &mut judged {
        *left = left.take().or_else(|| kept.remove(&index(one)));
    }
    let failure = write(file, &bytes, &taken(&judged)).err().map(Arc::new);
    for (one, left) in judged {
        match left.or_else(|| failure.clone().map(Left::Failed)) {
            None => result.taken.push(one),
            Some(left) => result.left.push((one, left)),
        }
    }
}

fn index(one: &HandMade) -> usize {
    one.line as usize - 1
}

fn taken(judged: &[(&HandMade, Option<Left>)]) -> BTreeSet<usize> {
    judged.iter().filter(|(_, left)| left.is_none()).map(|(one, _)| index(one)).collect()
}

/// Returns what is against taking a line, whatever stands around it.
fn alone(one: &HandMade, lines: &[Line]) -> Option<Left> {
    let line = lines.get(index(one)).filter(|line| line.text == one.text);
    let Some((line, found)) = line.and_then(|line| Some((line, line.found.as_ref()?))) else {
        return Some(Left::Changed);
    };
    if !line.is_whole || !line.edges.is_balanced {
        return Some(Left::Part);
    }
    found.is_mixed.then_some(Left::Mixed)
}

/// Returns those of the chosen lines that must stay because of what stands around them. Lines beside each
/// other stay together: half of a body would not be what anyone wants.
fn needed(chosen: &BTreeSet<usize>, lines: &[Line]) -> BTreeMap<usize, Left> {
    let mut kept = BTreeMap::new();
    let mut run = Vec::new();
    let mut before = Edges::default();
    let code = lines.iter().enumerate().filter(|(_, line)| line.is_code);
    for (at, line) in code {
        if chosen.contains(&at) {
            run.push(at);
            continue;
        }
        kept.extend(between(before, line.edges, &run));
        run.clear();
        before = line.edges;
    }
    kept.extend(between(before, Edges::default(), &run));
    kept
}

fn between(before: Edges, after: Edges, run: &[usize]) -> Vec<(usize, Left)> {
    let reason: fn() -> Left = match () {
        () if before.joins || after.follows => || Left::Part,
        () if before.opens && after.closes => || Left::Body,
        () => return Vec::new(),
    };
    run.iter().map(|at| (*at, reason())).collect()
}

fn write(file: &Path, bytes: &[u8], taken: &BTreeSet<usize>) -> Result<(), RcError> {
    if taken.is_empty() {
        return Ok(());
    }
    let mut marked = Vec::with_capacity(bytes.len() + taken.len() * MARK.len());
    for (at, line) in split(bytes).enumerate() {
        if taken.contains(&at) {
            marked.extend_from_slice(MARK.as_bytes());
        }
        marked.extend_from_slice(line);
    }
    Edit { path: file.to_owned(), after: Some(marked) }.apply()
}
