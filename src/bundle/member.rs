//! The tar headers of a bundle. One function makes them for the writer and for the reader, who compares
//! instead of parsing: what another program would read differently can't occur.

use std::io::{self, Read};

use tar::{Builder, EntryType, Header};

use crate::model::{Digest, EntryKind, PackageId};

/// The unit of the tar format.
pub(super) const BLOCK: u64 = 512;

/// The bytes of a header that hold the name.
pub(super) const NAME_LENGTH: u64 = 100;

/// What ends a tar archive.
pub(super) const END: [u8; 2 * BLOCK as usize] = [0; 2 * BLOCK as usize];

/// Returns the path in the bundle of a package's file.
pub(super) fn path(id: &PackageId, path: &str) -> String {
    format!("packages/{id}/{path}")
}

/// Returns everything of an entry that comes before its content.
///
/// # Errors
/// Returns an error for a path that tar can't hold, as an absolute one.
pub(super) fn header(path: &str, kind: &EntryKind) -> io::Result<Vec<u8>> {
    let mut header = Header::new_gnu();
    header.set_mtime(0);
    let mut builder = Builder::new(Vec::new());
    match kind {
        EntryKind::File { size, executable, .. } => {
            header.set_size(*size);
            header.set_mode(if *executable { 0o755 } else { 0o644 });
            // The content is written apart: this writes the header alone.
            builder.append_data(&mut header, path, io::empty())?;
        }
        EntryKind::Link { target } => {
            header.set_entry_type(EntryType::Symlink);
            header.set_size(0);
            header.set_mode(0o777);
            builder.append_link(&mut header, path, target)?;
        }
    }
    Ok(std::mem::take(builder.get_mut()))
}

/// Returns everything of the manifest that comes before its text.
pub(super) fn manifest_header(name: &str, size: u64) -> io::Result<Vec<u8>> {
    header(name, &EntryKind::File { size, digest: Digest::from_bytes([0; 32]), executable: false })
}

/// Returns how many zeros follow a file's content.
pub(super) const fn padding(size: u64) -> u64 {
    (BLOCK - size % BLOCK) % BLOCK
}

/// Returns the bytes that an entry takes in the archive: for progress, so long names may be missing.
pub(super) const fn length(kind: &EntryKind) -> u64 {
    match kind {
        EntryKind::File { size, .. } => BLOCK.saturating_add(*size),
        EntryKind::Link { .. } => BLOCK,
    }
}

/// Reads what must come next, and tells whether it did.
pub(super) fn follows(stream: &mut dyn Read, expected: &[u8]) -> io::Result<bool> {
    let mut found = vec![0; expected.len()];
    stream.read_exact(&mut found)?;
    Ok(found == expected)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(size: u64) -> EntryKind {
        EntryKind::File { size, digest: Digest::from_bytes([0; 32]), executable: true }
    }

    #[test]
    fn headers_are_those_of_tar() {
        let long = "a/".repeat(90) + "file";
        for (path, blocks) in [("packages/x/bin/nvcc", 1), (long.as_str(), 3)] {
            let mut bytes = header(path, &file(3)).expect("a header");
            assert_eq!(bytes.len() as u64, blocks * BLOCK, "{path}");
            bytes.extend_from_slice(b"abc");
            bytes.resize(bytes.len() + usize::try_from(padding(3)).expect("few"), 0);
            bytes.extend(header("link", &EntryKind::Link { target: long.clone() }).expect("a header"));
            bytes.extend(END);
            let mut archive = tar::Archive::new(bytes.as_slice());
            let mut entries = archive.entries().expect("entries");
            let mut first = entries.next().expect("an entry").expect("readable");
            assert_eq!((first.path().expect("a path").to_str(), first.size()), (Some(path), 3));
            let mut content = String::new();
            first.read_to_string(&mut content).expect("content");
            assert_eq!((content.as_str(), first.header().mode().expect("a mode")), ("abc", 0o755));
            let second = entries.next().expect("an entry").expect("readable");
            let target = second.link_name().expect("a target").expect("a target");
            assert_eq!(target.to_str(), Some(long.as_str()));
            assert!(entries.next().is_none());
        }
    }

    #[test]
    fn paths_that_leave_have_no_header() {
        for path in ["/etc/passwd", "../x", "a/../../x"] {
            assert!(header(path, &file(1)).is_err(), "{path}");
        }
    }

    #[test]
    fn padding_fills_the_block() {
        assert_eq!([0, 1, 511, 512, 513].map(padding), [0, 511, 1, 0, 511]);
    }
}
