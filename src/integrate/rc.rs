//! The one marked block in a shell's rc file: put in, renewed, taken out again byte for byte.
//!
//! ```text
//! # >>> cudaman >>>          and in brackets, what the file lacked before
//! # Loads cudaman; `cudaman setup --undo` takes this block away.
//! if [ -r "$HOME/.cudaman/shell/hook.bash" ]; then . "$HOME/.cudaman/shell/hook.bash"; fi
//! # <<< cudaman <<<
//! ```

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

pub(super) const BEGIN: &[u8] = b"# >>> cudaman >>>";
pub(super) const END: &[u8] = b"# <<< cudaman <<<";
const NOTE: &str = "# Loads cudaman; `cudaman setup --undo` takes this block away.\n";
/// Behind the begin: the line above had no end, and ours isn't the user's.
const UNENDED: &[u8] = b" (after a line without an end)";
/// Behind the begin: there was no such file.
const NEW: &[u8] = b" (in a new file)";
/// So many links may lead from one to the other, as in the kernel.
const MAX_LINKS: usize = 40;
/// No rc file is larger; a larger one is something else.
const MAX_SIZE: u64 = 4 << 20;

/// Why an rc file was left alone.
#[derive(Debug, thiserror::Error)]
pub enum RcError {
    /// It can't be read or written.
    #[error("could not {action} `{path}`: {source}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// It isn't a file that a person writes.
    #[error("`{0}` is not a regular file of at most 4 MiB")]
    NotAFile(PathBuf),
    /// The block has lost its end.
    #[error("`{0}` has the beginning of cudaman's block, and not its end")]
    Unended(PathBuf),
}

/// What a file is to become.
#[derive(Debug, PartialEq, Eq)]
pub struct Edit {
    /// The file.
    pub path: PathBuf,
    /// Its text afterwards; none if it is to go.
    pub after: Option<Vec<u8>>,
}

/// Returns how a file gets the block with these lines; none if it has it.
///
/// # Errors
/// Returns an error for a file that can't be edited safely.
pub fn with_block(path: &Path, lines: &str) -> Result<Option<Edit>, RcError> {
    let before = read(path)?;
    let text = before.as_deref().unwrap_or_default();
    let (head, note, tail) = match find(text, path)? {
        Some(found) => (found.head, found.note, found.tail),
        None if before.is_none() => (text, NEW, &[][..]),
        None if text.is_empty() || text.ends_with(b"\n") => (text, &[][..], &[][..]),
        None => (text, UNENDED, &[][..]),
    };
    let end: &[u8] = if note == UNENDED { b"\n" } else { b"" };
    let block = [BEGIN, note, b"\n", NOTE.as_bytes(), lines.as_bytes(), END, b"\n"];
    let after = [head, end, &block.concat(), tail].concat();
    Ok((after != text).then(|| Edit { path: path.to_owned(), after: Some(after) }))
}

/// Returns how a file loses the block, and those that were copied from it; none if it has none, as what isn't
/// a file of text has.
///
/// # Errors
/// Returns an error for a file that can't be edited safely.
pub fn without_block(path: &Path) -> Result<Option<Edit>, RcError> {
    let text = match read(path) {
        Err(RcError::NotAFile(_)) => return Ok(None),
        text => text?,
    };
    let Some(text) = text else { return Ok(None) };
    let mut after = text.clone();
    let mut is_new = false;
    while let Some(found) = find(&after, path)? {
        is_new |= found.note == NEW;
        after = [found.head, found.tail].concat();
    }
    let is_gone = is_new && after.is_empty();
    let edit = Edit { path: path.to_owned(), after: (!is_gone).then_some(after) };
    Ok((edit.after.as_ref() != Some(&text)).then_some(edit))
}

impl Edit {
    /// Carries it out in one step: the file, or what its link leads to, is replaced with its mode kept.
    ///
    /// # Errors
    /// Returns an error where the file or its directory can't be written; the file is as it was then.
    pub fn apply(&self) -> Result<(), RcError> {
        let path = fs::canonicalize(&self.path).unwrap_or_else(|_| target(&self.path));
        match &self.after {
            Some(text) => replace(&path, text),
            None => fs::remove_file(&path),
        }
        .map_err(|source| RcError::Io { action: "write", path: self.path.clone(), source })
    }
}

/// Returns where a link leads that leads to no file yet, as one into a directory of dotfiles may.
fn target(link: &Path) -> PathBuf {
    let mut path = link.to_owned();
    for _ in 0..MAX_LINKS {
        let Ok(next) = fs::read_link(&path) else { return path };
        path = path.parent().unwrap_or(Path::new("/")).join(next);
    }
    link.to_owned()
}

/// A block in a text.
struct Found<'t> {
    head: &'t [u8],
    note: &'static [u8],
    tail: &'t [u8],
}

fn find<'t>(text: &'t [u8], path: &Path) -> Result<Option<Found<'t>>, RcError> {
    let Some(begin) = line_position(text, BEGIN, 0) else { return Ok(None) };
    let unended = || RcError::Unended(path.to_owned());
    let first_end = position(text, b"\n", begin).ok_or_else(unended)?;
    let last = line_position(text, END, first_end).ok_or_else(unended)?;
    // An editor may have left the last line without an end, or given every line that of another system.
    let end = position(text, b"\n", last).map_or(text.len(), |at| at + 1);
    let said = &text[begin + BEGIN.len()..first_end];
    let note = [UNENDED, NEW].into_iter().find(|note| *note == said).unwrap_or_default();
    let head = &text[..begin];
    let head = if note == UNENDED { head.strip_suffix(b"\n").unwrap_or(head) } else { head };
    Ok(Some(Found { head, note, tail: &text[end..] }))
}

/// Finds what begins a line.
fn line_position(text: &[u8], wanted: &[u8], from: usize) -> Option<usize> {
    let mut from = from;
    loop {
        let found = position(text, wanted, from)?;
        if found == 0 || text[found - 1] == b'\n' {
            return Some(found);
        }
        from = found + 1;
    }
}

fn position(text: &[u8], wanted: &[u8], from: usize) -> Option<usize> {
    let found = text.get(from..)?.windows(wanted.len()).position(|window| window == wanted)?;
    Some(from + found)
}

/// Reads a file; none where there is none.
pub(super) fn read(path: &Path) -> Result<Option<Vec<u8>>, RcError> {
    match fs::metadata(path) {
        Ok(metadata) if !metadata.is_file() || metadata.len() > MAX_SIZE => {
            return Err(RcError::NotAFile(path.to_owned()));
        }
        _ => {}
    }
    match fs::read(path) {
        Ok(text) => Ok(Some(text)),
        // A link that leads nowhere yet is a file that isn't there yet.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(RcError::Io { action: "read", path: path.to_owned(), source }),
    }
}

/// Puts a text in the place of a file by one rename.
fn replace(path: &Path, text: &[u8]) -> io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("/"));
    fs::create_dir_all(directory)?;
    let mut file = tempfile::Builder::new().prefix(".cudaman-").tempfile_in(directory)?;
    file.write_all(text)?;
    let before = fs::metadata(path);
    let mode = before.as_ref().map_or(0o644, |metadata| metadata.mode() & 0o7777);
    file.as_file().set_permissions(fs::Permissions::from_mode(mode))?;
    if let Ok(metadata) = before {
        // Root edits another user's file: it stays theirs. Where that isn't allowed, it is our own anyway.
        let _ = std::os::unix::fs::chown(file.path(), Some(metadata.uid()), Some(metadata.gid()));
    }
    file.as_file().sync_all()?;
    file.persist(path).map(|_| ()).map_err(|error| error.error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn round(path: &Path, lines: &str) -> Option<Vec<u8>> {
        let edit = with_block(path, lines).expect("a file").expect("a change");
        edit.apply().expect("applied");
        assert_eq!(with_block(path, lines).expect("a file"), None, "a second time changes nothing");
        let edit = with_block(path, "other\n").expect("a file").expect("a change");
        edit.apply().expect("applied");
        let text = fs::read_to_string(path).map(|text| text.matches(">>> cudaman >>>").count());
        assert!(text.is_ok_and(|count| count == 1));
        without_block(path).expect("a file").expect("a change").apply().expect("applied");
        fs::read(path).ok()
    }

    proptest! {
        #[test]
        fn what_was_there_comes_back(before in prop::option::of("(a|\n|# >>>|é|\r){0,12}")) {
            let directory = tempfile::tempdir().expect("a directory");
            let path = directory.path().join("deep/.rc");
            if let Some(text) = &before {
                fs::create_dir_all(path.parent().expect("a parent")).expect("made");
                fs::write(&path, text).expect("written");
            }
            prop_assert_eq!(round(&path, "line\n"), before.map(String::into_bytes));
        }
    }

    #[test]
    fn what_was_added_below_stays() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join(".rc");
        fs::write(&path, "above").expect("written");
        with_block(&path, "line\n").expect("a file").expect("a change").apply().expect("applied");
        let text = [fs::read(&path).expect("read"), b"below\n".to_vec()].concat();
        fs::write(&path, text).expect("written");
        without_block(&path).expect("a file").expect("a change").apply().expect("applied");
        assert_eq!(fs::read_to_string(&path).expect("read"), "abovebelow\n");
    }

    #[test]
    fn a_link_is_followed_and_modes_are_kept() {
        let directory = tempfile::tempdir().expect("a directory");
        let (target, link) = (directory.path().join("dotfile"), directory.path().join(".rc"));
        fs::write(&target, "x\n").expect("written");
        fs::set_permissions(&target, fs::Permissions::from_mode(0o600)).expect("set");
        std::os::unix::fs::symlink("dotfile", &link).expect("linked");
        with_block(&link, "line\n").expect("a file").expect("a change").apply().expect("applied");
        assert!(fs::symlink_metadata(&link).expect("there").is_symlink());
        assert_eq!(fs::metadata(&target).expect("there").mode() & 0o777, 0o600);
        assert!(fs::read_to_string(&target).expect("read").contains("line\n"));
    }

    #[test]
    fn what_is_not_an_rc_file_is_refused() {
        let directory = tempfile::tempdir().expect("a directory");
        assert!(matches!(with_block(directory.path(), ""), Err(RcError::NotAFile(_))));
        let path = directory.path().join(".rc");
        fs::write(&path, "# >>> cudaman >>>\nx\n").expect("written");
        assert!(matches!(with_block(&path, ""), Err(RcError::Unended(_))));
        assert!(matches!(without_block(&path), Err(RcError::Unended(_))));
    }
}
