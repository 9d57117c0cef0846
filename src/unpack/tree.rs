//! The one writer behind all archive formats: entries come in as data, from several threads, and
//! each is checked, placed, written and hashed in one pass. It refuses what could leave the tree,
//! collide, or surprise: see the rules in [`crate::unpack`].

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::beneath::Beneath;
use super::content::{Stop, pour, preallocate, set_mode};
use super::error::escape;
use super::names::{Names, Node};
use super::path::{check, check_target, parent, relative};
use super::{Limits, Place, Refusal, UnpackError};
use crate::model::{Digest, Entry, EntryKind};

/// A file of an archive, before its bytes.
#[derive(Clone, Copy, Debug)]
pub struct FileEntry<'a> {
    /// Its path in the archive.
    pub path: &'a str,
    /// Whether any execute bit is set.
    pub executable: bool,
    /// Its size in bytes, which must be exact.
    pub size: u64,
    /// The digest that its bytes must have, where the archive tells.
    pub digest: Option<Digest>,
}

/// A tree that grows from the entries of one archive.
pub struct Tree<'a> {
    archive: PathBuf,
    root: PathBuf,
    place: &'a dyn Place,
    limits: Limits,
    beneath: Beneath,
    book: Mutex<Book>,
    written: AtomicU64,
}

/// What came so far.
#[derive(Default)]
struct Book {
    entries: u64,
    bytes: u64,
    /// Every entry, by its path in the archive.
    names: Names,
    /// What was placed, by its place.
    placed: Names,
    files: BTreeMap<String, EntryKind>,
    /// Files that were begun and are not in `files` yet.
    open: u64,
    links: Vec<String>,
}

impl<'a> Tree<'a> {
    /// Starts a tree for the entries of `archive` in `root`, an existing, empty directory.
    ///
    /// # Errors
    /// Returns an error where the directory can't be opened or isn't empty.
    pub fn create(
        root: &Path,
        archive: &Path,
        place: &'a dyn Place,
        limits: Limits,
    ) -> Result<Self, UnpackError> {
        let beneath = Beneath::open(root).map_err(|e| UnpackError::io("open", root.to_owned(), e))?;
        Self::within(beneath, root, archive, (place, limits))
    }

    pub(super) fn within(
        beneath: Beneath,
        root: &Path,
        archive: &Path,
        (place, limits): (&'a dyn Place, Limits),
    ) -> Result<Self, UnpackError> {
        let failed = |error| UnpackError::io("unpack into", root.to_owned(), error);
        if !beneath.is_empty().map_err(failed)? {
            return Err(failed(io::ErrorKind::DirectoryNotEmpty.into()));
        }
        Ok(Self {
            archive: archive.to_owned(),
            root: root.to_owned(),
            place,
            limits,
            beneath,
            book: Mutex::default(),
            written: AtomicU64::new(0),
        })
    }

    /// Returns how many bytes were written so far, for a progress bar.
    #[must_use]
    pub fn written(&self) -> u64 {
        self.written.load(Ordering::Relaxed)
    }

    /// Writes a file. What is placed nowhere is not read: the caller skips it.
    ///
    /// # Errors
    /// Returns an error where a rule is broken, the content isn't what was promised, or the
    /// system refuses. The tree is useless then.
    pub fn file(&self, file: FileEntry<'_>, content: &mut dyn Read) -> Result<(), UnpackError> {
        let Some(place) = self.begin_file(&file)? else { return Ok(()) };
        let digest = self.write(&file, &place, content)?;
        if let Some(expected) = file.digest.filter(|expected| *expected != digest) {
            let refusal = Refusal::Digest { expected: expected.to_string(), actual: digest.to_string() };
            return Err(self.refused(file.path, refusal));
        }
        let kind = EntryKind::File { size: file.size, digest, executable: file.executable };
        let mut book = self.book();
        book.open -= 1;
        book.files.insert(place, kind);
        Ok(())
    }

    /// Notes a directory. It is made only when a file comes to stand in it: receipts know no
    /// directories, so an empty one would be a stranger in the tree.
    ///
    /// # Errors
    /// Returns an error where a rule is broken.
    pub fn directory(&self, path: &str) -> Result<(), UnpackError> {
        self.admit(path, 0, Node::Directory, &mut self.book())
    }

    /// Notes a symbolic link; it is made by [`Tree::finish`].
    ///
    /// # Errors
    /// Returns an error where a rule is broken.
    pub fn link(&self, path: &str, target: &str) -> Result<(), UnpackError> {
        let mut book = self.book();
        if let Err(refusal) = check_target(target) {
            // Samples and drivers hold such links. Left out it harms nobody, and nothing leads through it.
            self.admit(path, 0, Node::File, &mut book)?;
            return self.place(path)?.map_or(Ok(()), |_| Err(self.refused(path, refusal)));
        }
        self.admit(path, 0, Node::Link(target.to_owned()), &mut book)?;
        book.links.push(path.to_owned());
        Ok(())
    }

    /// Gives an already written file of the archive a second path.
    ///
    /// # Errors
    /// Returns an error where a rule is broken or the file doesn't exist.
    pub fn hard_link(&self, path: &str, target: &str) -> Result<(), UnpackError> {
        let missing = || self.refused(path, Refusal::HardLink(escape(target)));
        check(target, self.limits.depth).map_err(|_| missing())?;
        let mut book = self.book();
        self.admit(path, 0, Node::File, &mut book)?;
        let Some(place) = self.free_place(path, &book)? else { return Ok(()) };
        let source = self.place(target)?.ok_or_else(missing)?;
        let kind = book.files.get(&source).cloned().ok_or_else(missing)?;
        self.occupy(path, &place, Node::File, &mut book)?;
        if self.beneath.make_hard_link(&source, &place).is_err() {
            self.copy(&source, &place, &kind).map_err(|e| self.failed("copy to", &place, e))?;
        }
        book.files.insert(place, kind);
        Ok(())
    }

    /// Tells whether an entry that is an archive itself is to be opened.
    pub(super) fn opens(&self, path: &str) -> bool {
        self.place.opens(path)
    }

    /// Makes the links, and returns what the tree holds, sorted by path.
    ///
    /// # Errors
    /// Returns an error where a link is refused, or a file was begun and never completed.
    pub fn finish(self) -> Result<Vec<Entry>, UnpackError> {
        let mut book = std::mem::take(&mut *self.book());
        if book.open > 0 {
            return Err(UnpackError::damaged(&self.archive, "a file was not completed"));
        }
        let mut made = Vec::new();
        for path in std::mem::take(&mut book.links) {
            let Some((place, target)) = self.lead(&path, &book)? else { continue };
            self.occupy(&path, &place, Node::Link(target.clone()), &mut book)?;
            made.push((place, target));
        }
        for (place, target) in made {
            // The same check once more, on what will really stand there.
            book.placed.follow(&place).map_err(|refusal| self.refused(&place, refusal))?;
            self.beneath.make_link(&target, &place).map_err(|e| self.failed("link", &place, e))?;
            book.files.insert(place, EntryKind::Link { target });
        }
        Ok(book.files.into_iter().map(|(path, kind)| Entry { path, kind }).collect())
    }

    /// Decides where a link stands and where it points there; none where either end is left out.
    fn lead(&self, path: &str, book: &Book) -> Result<Option<(String, String)>, UnpackError> {
        let Some(place) = self.free_place(path, book)? else { return Ok(None) };
        let destination = book.names.follow(path).map_err(|refusal| self.refused(path, refusal))?;
        let Some(last) = self.place_target(&destination.last)? else { return Ok(None) };
        let target = self.place_target(&destination.next)?.unwrap_or(last);
        // Where both ends fall together, as `lib64 -> lib` may, the link has become the thing.
        if place == target {
            return Ok(None);
        }
        let target = relative(parent(&place), &target);
        Ok(Some((place, target)))
    }

    fn begin_file(&self, file: &FileEntry<'_>) -> Result<Option<String>, UnpackError> {
        let mut book = self.book();
        self.admit(file.path, file.size, Node::File, &mut book)?;
        let Some(place) = self.free_place(file.path, &book)? else { return Ok(None) };
        self.occupy(file.path, &place, Node::File, &mut book)?;
        book.open += 1;
        Ok(Some(place))
    }

    /// Checks an entry against the rules and those that came before.
    fn admit(&self, path: &str, size: u64, node: Node, book: &mut Book) -> Result<(), UnpackError> {
        check(path, self.limits.depth).map_err(|refusal| self.refused(path, refusal))?;
        book.entries += 1;
        if book.entries > self.limits.entries {
            return Err(UnpackError::too_large(
                &self.archive,
                format_args!("{} entries", self.limits.entries),
            ));
        }
        book.bytes = book.bytes.saturating_add(size);
        if book.bytes > self.limits.bytes {
            return Err(UnpackError::too_large(&self.archive, format_args!("{} bytes", self.limits.bytes)));
        }
        book.names.add(path, node).map_err(|refusal| self.refused(path, refusal))?;
        Ok(())
    }

    /// Takes a place in the tree and makes the directories above it.
    fn occupy(&self, path: &str, place: &str, node: Node, book: &mut Book) -> Result<(), UnpackError> {
        let directories = book.placed.add(place, node).map_err(|refusal| self.refused(path, refusal))?;
        for directory in directories {
            self.beneath
                .make_directory(&directory)
                .map_err(|error| self.failed("create", &directory, error))?;
        }
        Ok(())
    }

    /// As [`Tree::place`], but nowhere for what only repeats an entry that came before.
    fn free_place(&self, path: &str, book: &Book) -> Result<Option<String>, UnpackError> {
        Ok(self.place(path)?.filter(|place| !book.placed.is_taken(place) || !self.place.repeats(path)))
    }

    fn place(&self, path: &str) -> Result<Option<String>, UnpackError> {
        let Some(place) = self.place.place(path) else { return Ok(None) };
        check(&place, self.limits.depth).map_err(|_| self.refused(path, Refusal::Place(escape(&place))))?;
        Ok(Some(place))
    }

    /// As [`Tree::place`], but a link may also lead to the root itself.
    fn place_target(&self, path: &str) -> Result<Option<String>, UnpackError> {
        match self.place.place(path) {
            Some(place) if place.is_empty() => Ok(Some(place)),
            _ => self.place(path),
        }
    }

    fn write(
        &self,
        file: &FileEntry<'_>,
        place: &str,
        content: &mut dyn Read,
    ) -> Result<Digest, UnpackError> {
        let failed = |error| self.failed("write", place, error);
        let mut output = self.beneath.create(place).map_err(|error| self.failed("create", place, error))?;
        preallocate(&output, file.size).map_err(failed)?;
        let digest = pour(content, &mut output, file.size, &self.written).map_err(|stop| match stop {
            Stop::Read(error) => UnpackError::damaged(&self.archive, error),
            Stop::Size(actual) => self.refused(file.path, Refusal::Size { expected: file.size, actual }),
            Stop::Write(error) => failed(error),
        })?;
        set_mode(&output, file.executable).map_err(failed)?;
        Ok(digest)
    }

    /// What stands in for a hard link where the file system refuses one.
    pub(super) fn copy(&self, source: &str, place: &str, kind: &EntryKind) -> io::Result<()> {
        let mut output = self.beneath.create(place)?;
        io::copy(&mut self.beneath.read(source)?, &mut output)?;
        set_mode(&output, matches!(kind, EntryKind::File { executable: true, .. }))
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn refused(&self, path: &str, refusal: Refusal) -> UnpackError {
        UnpackError::refused(&self.archive, path, refusal)
    }

    fn failed(&self, action: &'static str, place: &str, error: io::Error) -> UnpackError {
        UnpackError::io(action, self.root.join(place), error)
    }
}
