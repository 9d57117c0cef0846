//! The file that a download grows in: its bytes, their running hash, and beside it a note of which
//! version of the file on the server they belong to.
//!
//! A kill at any line leaves something to resume: bytes go to the file as they come, and the note is
//! written before the first of them. A wrong note costs a second download, never a wrong file: the
//! digest decides.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::error::FetchError;
use crate::model::Digest;

/// Measured with sha256 in the same thread: 16 to 256 KiB make no difference beyond the noise.
pub(super) const BUFFER: usize = 128 << 10;

const LONGEST_NOTE: u64 = 1024;

/// A download in progress.
pub(super) struct Part<'a> {
    advance: &'a dyn Fn(i64),
    file: File,
    hasher: Sha256,
    length: u64,
    path: &'a Path,
}

impl<'a> Part<'a> {
    /// Opens the file, creating it if it is absent, and hashes what it holds. A file of more than
    /// `most` bytes can't be a part and is emptied.
    pub(super) fn open(path: &'a Path, most: u64, advance: &'a dyn Fn(i64)) -> Result<Self, FetchError> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed())
            .open(path)
            .map_err(|error| FetchError::file(path, error))?;
        let mut part = Self { advance, file, hasher: Sha256::new(), length: 0, path };
        let held = part.file.metadata().map_err(|error| FetchError::file(path, error))?.len();
        if held > most {
            part.restart()?;
        } else {
            part.hash_held().map_err(|error| FetchError::file(path, error))?;
        }
        Ok(part)
    }

    /// Returns the number of bytes.
    pub(super) const fn length(&self) -> u64 {
        self.length
    }

    /// Returns the digest of the bytes.
    pub(super) fn digest(&self) -> Digest {
        Digest::from_bytes(self.hasher.clone().finalize().into())
    }

    /// Adds bytes at the end.
    pub(super) fn append(&mut self, bytes: &[u8]) -> Result<(), FetchError> {
        self.file.write_all(bytes).map_err(|error| FetchError::file(self.path, error))?;
        self.count(bytes);
        Ok(())
    }

    /// Drops all bytes and the note.
    pub(super) fn restart(&mut self) -> Result<(), FetchError> {
        self.forget();
        self.file
            .set_len(0)
            .and_then(|()| self.file.rewind())
            .map_err(|error| FetchError::file(self.path, error))?;
        (self.advance)(-self.length.cast_signed());
        self.hasher = Sha256::new();
        self.length = 0;
        Ok(())
    }

    /// Removes the file, whose bytes are known to be wrong.
    pub(super) fn discard(self) {
        self.forget();
        (self.advance)(-self.length.cast_signed());
        // If it can't be removed, the next download finds the wrong digest again and starts anew.
        let _ = std::fs::remove_file(self.path);
    }

    /// Notes the version of the server's file, as an `If-Range` header will name it.
    pub(super) fn note(&self, validator: Option<&str>) -> Result<(), FetchError> {
        let note = note_path(self.path);
        let Some(validator) = validator else {
            self.forget();
            return Ok(());
        };
        OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed())
            .open(&note)
            .and_then(|mut file| file.write_all(validator.as_bytes()))
            .map_err(|error| FetchError::file(&note, error))
    }

    /// Returns the noted version, if there is one that fits into a header.
    pub(super) fn noted(&self) -> Option<String> {
        let mut text = String::new();
        File::open(note_path(self.path)).ok()?.take(LONGEST_NOTE).read_to_string(&mut text).ok()?;
        let fits = !text.is_empty() && text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        fits.then_some(text)
    }

    /// Removes the note.
    pub(super) fn forget(&self) {
        // A note that stays is harmless, see above.
        let _ = std::fs::remove_file(note_path(self.path));
    }

    fn hash_held(&mut self) -> io::Result<()> {
        let mut buffer = vec![0; BUFFER];
        loop {
            match self.file.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(count) => self.count(&buffer[..count]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn count(&mut self, bytes: &[u8]) {
        self.hasher.update(bytes);
        self.length += bytes.len() as u64;
        (self.advance)(bytes.len() as i64);
    }
}

fn note_path(part: &Path) -> PathBuf {
    let mut name = part.as_os_str().to_owned();
    name.push(".meta");
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_part_goes_on_where_it_stopped() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("a.part");
        let progress = Cell::new(0);
        let advance = |step| progress.set(progress.get() + step);
        let mut part = Part::open(&path, 10, &advance).expect("opened");
        part.note(Some("\"v1\"")).expect("noted");
        part.append(b"hello").expect("written");
        drop(part);
        progress.set(0);
        let mut part = Part::open(&path, 10, &advance).expect("opened");
        assert_eq!((part.length(), progress.get(), part.noted().as_deref()), (5, 5, Some("\"v1\"")));
        part.append(b" you").expect("written");
        assert_eq!(part.digest().as_bytes(), Sha256::digest(b"hello you").as_slice());
        assert_eq!(path.metadata().expect("there").permissions().mode() & 0o777, 0o600);
        part.restart().expect("emptied");
        assert_eq!((part.length(), progress.get(), part.noted()), (0, 0, None));
        part.append(b"x").expect("written");
        assert_eq!(std::fs::read(&path).expect("read"), b"x");
        part.discard();
        assert!(!path.exists());
    }

    #[test]
    fn a_part_that_is_too_long_is_emptied() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("a.part");
        std::fs::write(&path, "too long").expect("written");
        assert_eq!(Part::open(&path, 7, &|_| ()).expect("opened").length(), 0);
    }

    #[test]
    fn a_link_is_not_followed() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("a.part");
        std::os::unix::fs::symlink("elsewhere", &path).expect("linked");
        assert!(matches!(Part::open(&path, 7, &|_| ()), Err(FetchError::Io { .. })));
    }

    #[test]
    fn a_damaged_note_is_no_note() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("a.part");
        let part = Part::open(&path, 7, &|_| ()).expect("opened");
        for note in ["", "\"a\"\r\nX: y", "é"] {
            std::fs::write(note_path(&path), note).expect("written");
            assert_eq!(part.noted(), None, "{note:?}");
        }
    }
}
