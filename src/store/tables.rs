//! `tables/`: newer tables of what goes with what, which the user puts there. The store reads them, and only
//! regular files of a sensible size, or links to such; it never writes them.

use std::fs::{self, OpenOptions};
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use super::Store;
use super::error::{At, StoreError};
use super::files::names;

/// More than any table has: the largest of the program has 40 KiB.
const MOST: u64 = 1 << 20;

impl Store {
    /// Returns the files in the own home's `tables/`, by name without the ending `.toml`. What has another
    /// ending is an editor's or a person's own.
    ///
    /// # Errors
    /// Returns an error for a directory that can't be read.
    pub fn tables(&self) -> Result<Vec<(String, PathBuf)>, StoreError> {
        let directory = self.own.tables();
        let own = |file: &String| Some((file.strip_suffix(".toml")?.to_owned(), directory.join(file)));
        Ok(names(&directory)?.iter().filter_map(own).collect())
    }

    /// Reads one of [`Store::tables`]. A link is followed, as that of the settings is.
    ///
    /// # Errors
    /// Returns an error for what is no regular file, or too large, or can't be read.
    pub fn table(&self, path: &Path) -> Result<Vec<u8>, StoreError> {
        let damaged = |reason: String| StoreError::Damaged { path: path.to_owned(), reason };
        let no_file = || damaged("it is not a regular file".to_owned());
        // Opening a device or a pipe can have effects of its own.
        if !fs::metadata(path).at("read", path)?.is_file() {
            return Err(no_file());
        }
        let flags = (OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed();
        let file = OpenOptions::new().read(true).custom_flags(flags).open(path).at("open", path)?;
        if !file.metadata().at("read", path)?.is_file() {
            return Err(no_file());
        }
        let mut bytes = Vec::new();
        file.take(MOST + 1).read_to_end(&mut bytes).at("read", path)?;
        if bytes.len() as u64 > MOST {
            return Err(damaged(format!("it is larger than {MOST} bytes")));
        }
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::Lab;

    #[test]
    fn only_regular_files_of_a_sensible_size_are_read() {
        let lab = Lab::new();
        assert_eq!(lab.store.tables().expect("no directory"), []);
        let directory = lab.path("tables");
        fs::create_dir_all(directory.join("directory.toml")).expect("made");
        fs::write(directory.join("gpus.toml"), "gpus").expect("written");
        fs::write(directory.join("gpus.toml~"), "old").expect("written");
        std::os::unix::fs::symlink("gpus.toml", directory.join("link.toml")).expect("linked");
        std::os::unix::fs::symlink("/dev/zero", directory.join("zero.toml")).expect("linked");
        fs::File::create(directory.join("large.toml")).and_then(|file| file.set_len(2 << 30)).expect("made");
        let tables = lab.store.tables().expect("listed");
        let names: Vec<&str> = tables.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["directory", "gpus", "large", "link", "zero"]);
        let read = |name: &str| lab.store.table(&directory.join(name)).map_err(|error| error.to_string());
        assert_eq!(read("gpus.toml"), Ok(b"gpus".to_vec()));
        assert_eq!(read("link.toml"), Ok(b"gpus".to_vec()));
        for (name, reason) in [
            ("directory.toml", "not a regular file"),
            ("zero.toml", "not a regular file"),
            ("large.toml", "larger than"),
            ("none.toml", "could not read"),
        ] {
            let error = read(name).expect_err(name);
            assert!(error.contains(reason), "{error}");
        }
    }
}
