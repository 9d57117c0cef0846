//! The files that were named: what each is, by its content, and the digest of all its bytes.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use anyhow::{Context as _, Result};

use super::directory::Listing;
use super::library::{self, Library};
use crate::error::{Advise as _, advised};
use crate::model::{Digest, Format};
use crate::unpack::{self, UnpackError};

/// One file or directory of the user's.
pub(super) struct Input {
    /// Where it is, absolute.
    pub(super) path: PathBuf,
    /// What it is.
    pub(super) format: Format,
    /// The sha256 of its bytes; of its listing for a directory.
    pub(super) digest: Digest,
    /// How large it is.
    pub(super) size: u64,
    /// What a directory holds.
    pub(super) listing: Option<Listing>,
    /// What a cuDNN is whose files lie among those of the system.
    pub(super) library: Option<Library>,
    stamp: Stamp,
}

/// By what a file is seen to have changed.
#[derive(PartialEq, Eq)]
struct Stamp {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
}

/// Reads all files, several at once. One that was named twice counts once.
pub(super) fn read(paths: &[PathBuf]) -> Result<Vec<Input>> {
    let workers = std::thread::available_parallelism().map_or(2, usize::from).min(paths.len());
    let queue = Mutex::new(paths.iter().enumerate());
    let done = Mutex::new(Vec::new());
    let next = || queue.lock().ok()?.next();
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some((index, path)) = next() {
                    let input = Input::read(path);
                    if let Ok(mut done) = done.lock() {
                        done.push((index, input));
                    }
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_default();
    done.sort_by_key(|(index, _)| *index);
    let mut inputs: Vec<Input> = Vec::new();
    for (_, input) in done {
        let input = input?;
        if !inputs.iter().any(|other| other.digest == input.digest) {
            inputs.push(input);
        }
    }
    Ok(inputs)
}

impl Input {
    fn read(path: &Path) -> Result<Self> {
        let shown = path.display();
        if let Some((library, listing)) = library::find(path)? {
            let (path, stamp) = (library.path.clone(), Stamp::of(&library.path)?);
            let (format, library) = (Format::Directory, Some(library));
            let (digest, size) = (listing.digest(), listing.size());
            return Ok(Self { path, format, digest, size, listing: Some(listing), library, stamp });
        }
        let path = std::fs::canonicalize(path).map_err(|error| unreachable(path, &error))?;
        let stamp = Stamp::of(&path)?;
        if stamp.size == 0 && path.is_file() {
            return Err(advised(format!("`{shown}` is empty"), AGAIN));
        }
        let identified = unpack::identify(&path);
        let is_damaged = matches!(identified, Err(UnpackError::Damaged { .. }));
        let format =
            identified.hint(if is_damaged && unpack::begins_as_archive(&path) { AGAIN } else { FORMATS })?;
        if format == Format::Directory {
            refuse_the_system(&path)?;
            let listing = Listing::read(&path).with_context(|| format!("could not read `{shown}`"))?;
            let (digest, size) = (listing.digest(), listing.size());
            return Ok(Self { path, format, digest, size, listing: Some(listing), library: None, stamp });
        }
        let digest = Digest::of_reader(fs_err::File::open(&path)?)
            .with_context(|| format!("could not read `{shown}`"))?;
        Ok(Self { format, digest, size: stamp.size, listing: None, library: None, stamp, path })
    }

    /// Refuses a file that is not the one any more that was hashed.
    pub(super) fn check_unchanged(&self) -> Result<()> {
        if self.format == Format::Directory || Stamp::of(&self.path)? == self.stamp {
            return Ok(());
        }
        Err(changed(&self.path, None))
    }
}

fn unreachable(path: &Path, error: &std::io::Error) -> anyhow::Error {
    let shown = path.display();
    let what = match error.kind() {
        std::io::ErrorKind::NotFound if path.is_symlink() => {
            format!("`{shown}` is a link to what isn't there")
        }
        std::io::ErrorKind::NotFound => format!("there is no file or directory `{shown}`"),
        _ => format!("could not read `{shown}`: {error}"),
    };
    advised(what, "`--from` takes paths of files and directories; `ls -l` shows what is where")
}

const AGAIN: &str = "compare its size with that of the original, and copy it again: `--from` takes whole runfiles, \
                     archives, wheels and packages";
const FORMATS: &str = "`--from` takes NVIDIA's runfiles and archives, wheels, packages of Debian, RPM and conda, directories, and bundles of `cudaman export`";

/// What is said of a file that isn't any more what it was.
pub(super) fn changed(path: &Path, error: Option<&UnpackError>) -> anyhow::Error {
    let what = error.map(|error| format!(": {error}")).unwrap_or_default();
    advised(
        format!("`{}` was changed while it was read{what}", path.display()),
        "run the command again when nothing writes to it",
    )
}

/// Directories that belong to everything: to read all of them takes long, and tells nothing.
const SYSTEM: &[&str] = &[
    "/",
    "/opt",
    "/usr",
    "/usr/lib",
    "/usr/lib/aarch64-linux-gnu",
    "/usr/lib/x86_64-linux-gnu",
    "/usr/lib64",
    "/usr/local",
];

fn refuse_the_system(path: &Path) -> Result<()> {
    if !SYSTEM.iter().any(|system| path == Path::new(system)) {
        return Ok(());
    }
    Err(advised(
        format!("`{}` holds the whole system's files, and no cuDNN by itself", path.display()),
        "`cudaman discover` shows the toolkits and cuDNNs of this machine, and how to take each of them",
    ))
}

impl Stamp {
    fn of(path: &Path) -> Result<Self> {
        let metadata = fs_err::metadata(path)?;
        Ok(Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
        })
    }
}
