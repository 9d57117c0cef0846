//! A look at the first names in an archive, before anything is decided about it.

use std::io::BufReader;
use std::path::Path;

use super::{Limits, UnpackError, decode};

const BUFFER: usize = 256 << 10;

/// Returns the paths of the first entries of a compressed tar, `count` at most.
///
/// # Errors
/// Returns an error where the file can't be read or is no tar.
pub fn first_paths(archive: &Path, count: usize) -> Result<Vec<String>, UnpackError> {
    let file =
        std::fs::File::open(archive).map_err(|error| UnpackError::io("open", archive.to_owned(), error))?;
    let damaged = |fault: std::io::Error| {
        UnpackError::damaged(
            archive,
            format_args!("what is compressed in it is cut off, or no tar archive: {fault}"),
        )
    };
    let stream =
        decode::decode(BufReader::with_capacity(BUFFER, file), Limits::default()).map_err(damaged)?;
    let mut tar = ::tar::Archive::new(stream);
    let mut paths = Vec::new();
    for entry in tar.entries().map_err(damaged)?.take(count) {
        let entry = entry.map_err(damaged)?;
        let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        paths.push(path.trim_start_matches("./").to_owned());
    }
    if paths.is_empty() {
        return Err(UnpackError::damaged(
            archive,
            "what is compressed in it is no tar archive, or an empty one",
        ));
    }
    Ok(paths)
}
