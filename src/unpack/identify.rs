//! What a file is, by its content: names lie, and NVIDIA's runfiles up to 10.0 have no ending at all.

use std::fs::File;
use std::path::Path;

use super::decode::{self, Compression};
use super::{UnpackError, conda, deb, makeself, peek, rpm, wheel, zip_layout};
use crate::model::Format;

const MAGIC: usize = 8;
const ENTRIES: u64 = 400_000;

/// What a package says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackageMetadata {
    /// Its name: `cuda-nvcc-12-4`.
    pub name: String,
    /// Its version, in the spelling of its packaging system.
    pub version: String,
    /// The processor, in the spelling of its packaging system, where it says.
    pub architecture: Option<String>,
}

/// Tells what a file or directory is by its content.
///
/// # Errors
/// Returns an error where it can't be read, or is none of the formats.
pub fn identify(path: &Path) -> Result<Format, UnpackError> {
    let failed = |error| UnpackError::io("read", path.to_owned(), error);
    let metadata = fs_err::metadata(path).map_err(failed)?;
    if metadata.is_dir() {
        return Ok(Format::Directory);
    }
    if !metadata.is_file() {
        return Err(UnpackError::damaged(path, "it is neither a file nor a directory"));
    }
    let mut file = File::open(path).map_err(failed)?;
    let start = decode::start(&mut file, MAGIC).map_err(failed)?;
    match start.as_slice() {
        [b'#', b'!', ..] => makeself::label(path).map(|_| Format::Runfile),
        b"!<arch>\n" => Ok(Format::Deb),
        [0xed, 0xab, 0xee, 0xdb, ..] => Ok(Format::Rpm),
        [b'P', b'K', 3, 4, ..] => zipped(path, &file),
        start => compressed(path, Compression::of(start)),
    }
}

/// Tells whether a file begins as one of the formats does, whatever became of the rest.
#[must_use]
pub fn begins_as_archive(path: &Path) -> bool {
    const SCRIPT: usize = 512;
    let start = File::open(path).and_then(|mut file| decode::start(&mut file, SCRIPT)).unwrap_or_default();
    match start.as_slice() {
        [b'#', b'!', ..] => start.windows(8).any(|word| word == b"Makeself"),
        [b'P', b'K', 3, 4, ..] | [0xed, 0xab, 0xee, 0xdb, ..] => true,
        start => start.starts_with(b"!<arch>\n") || Compression::of(start) != Compression::Plain,
    }
}

/// A compressed file is one of the formats only where a tar is in it.
fn compressed(path: &Path, compression: Compression) -> Result<Format, UnpackError> {
    let format = match compression {
        Compression::Bzip2 if conda::is_package(path) => return Ok(Format::Conda),
        Compression::Bzip2 => Format::TarBz2,
        Compression::Gzip => Format::TarGz,
        Compression::Plain => {
            let known =
                "it is none of: runfile, .tar.xz, .tgz, wheel, .deb, .rpm, .conda, .tar.bz2, .tar.zst";
            return Err(UnpackError::damaged(path, known));
        }
        Compression::Xz => Format::TarXz,
        Compression::Zstd => Format::TarZst,
    };
    peek::first_paths(path, 1)?;
    Ok(format)
}

/// Reads what a package says of itself: nothing for formats that say nothing.
///
/// # Errors
/// Returns an error where the file can't be read or is damaged.
pub fn metadata(path: &Path, format: Format) -> Result<Option<PackageMetadata>, UnpackError> {
    match format {
        Format::Conda => conda::metadata(path).map(Some),
        Format::Deb => deb::metadata(path).map(Some),
        Format::Rpm => rpm::metadata(path).map(Some),
        Format::Wheel => wheel::metadata(path).map(Some),
        Format::Directory
        | Format::Runfile
        | Format::TarBz2
        | Format::TarGz
        | Format::TarXz
        | Format::TarZst => Ok(None),
    }
}

/// Returns what a runfile calls itself.
///
/// # Errors
/// Returns an error where the file can't be read, or is no makeself archive.
pub fn runfile_label(path: &Path) -> Result<String, UnpackError> {
    makeself::label(path)
}

/// Tells whether a runfile patches a toolkit that is installed: NVIDIA's of 8.0 to 10.0 hold `install_patch.pl`,
/// which knows what it changes (nixpkgs and EasyBuild run it).
///
/// # Errors
/// Returns an error where the file can't be read, or is damaged.
pub fn is_patch(path: &Path) -> Result<bool, UnpackError> {
    makeself::holds(path, "install_patch.pl")
}

fn zipped(path: &Path, file: &File) -> Result<Format, UnpackError> {
    let failed = |error| UnpackError::io("read", path.to_owned(), error);
    let size = file.metadata().map_err(failed)?.len();
    let entries =
        zip_layout::read(file, size, ENTRIES).map_err(|(_, fault)| UnpackError::damaged(path, fault))?;
    if entries.iter().any(|entry| entry.name.ends_with(".dist-info/RECORD")) {
        return Ok(Format::Wheel);
    }
    if entries.iter().any(|entry| entry.name.starts_with("pkg-") && entry.name.ends_with(".tar.zst")) {
        return Ok(Format::Conda);
    }
    Err(UnpackError::damaged(path, "it is a zip file, but no wheel and no conda package"))
}
