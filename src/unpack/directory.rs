//! A directory of this machine as an archive: `/usr/local/cuda-9.0`, or a copy of one. Links are taken
//! as links and never followed.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::decode::Compression;
use super::opened::open_regular;
use super::tree::FileEntry;
use super::{Archive, Limits, Refusal, Task, Tree, UnpackError};

/// A directory on disk.
pub(super) struct Directory {
    path: PathBuf,
    limits: Limits,
}

impl Directory {
    pub(super) fn open(path: &Path, limits: Limits) -> Self {
        Self { path: path.to_owned(), limits }
    }

    fn enter(&self, directory: &Path, prefix: &str, depth: u32, tree: &Tree<'_>) -> Result<(), UnpackError> {
        if depth > self.limits.depth {
            return Err(UnpackError::refused(&self.path, prefix, Refusal::TooDeep));
        }
        let failed = |error| UnpackError::io("read", directory.to_owned(), error);
        let mut entries =
            fs_err::read_dir(directory).and_then(Iterator::collect::<Result<Vec<_>, _>>).map_err(failed)?;
        entries.sort_by_key(fs_err::DirEntry::file_name);
        for entry in entries {
            let name = entry.file_name();
            let Some(name) = name.to_str() else {
                return Err(UnpackError::refused(&self.path, &name.to_string_lossy(), Refusal::NotUtf8));
            };
            let path = if prefix.is_empty() { name.to_owned() } else { format!("{prefix}/{name}") };
            self.deliver(&entry.path(), &path, depth, tree)?;
        }
        Ok(())
    }

    fn deliver(&self, source: &Path, path: &str, depth: u32, tree: &Tree<'_>) -> Result<(), UnpackError> {
        let failed = |error| UnpackError::io("read", source.to_owned(), error);
        let metadata = fs_err::symlink_metadata(source).map_err(failed)?;
        if metadata.is_dir() {
            tree.directory(path)?;
            return self.enter(source, path, depth + 1, tree);
        }
        if metadata.is_symlink() {
            let target = fs_err::read_link(source).map_err(failed)?;
            let Some(target) = target.to_str() else {
                return Err(UnpackError::refused(&self.path, path, Refusal::NotUtf8));
            };
            return tree.link(path, target);
        }
        if !metadata.is_file() {
            return Err(UnpackError::refused(&self.path, path, Refusal::Special("device, FIFO or socket")));
        }
        let executable = metadata.permissions().mode() & 0o111 != 0;
        let mut content = open_regular(source).map_err(failed)?;
        tree.file(FileEntry { path, executable, size: metadata.len(), digest: None }, &mut content)
    }
}

impl Archive for Directory {
    fn tasks(&self) -> Vec<Task> {
        vec![Task::whole(0, Compression::Plain)]
    }

    fn run(&self, _task: &Task, tree: &Tree<'_>) -> Result<(), UnpackError> {
        self.enter(&self.path, "", 1, tree)
    }
}
