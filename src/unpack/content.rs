//! The way of a file's bytes: read, hashed and written in one pass, never more than was announced.

use std::fs::{File, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::fs::{Advice, FallocateFlags};
use rustix::io::Errno;
use sha2::{Digest as _, Sha256};

use crate::model::Digest;

const BUFFER: usize = 256 << 10;
/// Below this, preallocation costs more than an early "disk full" is worth.
const PREALLOCATED: u64 = 1 << 20;

/// After so many bytes the disk may begin with them.
const STRIDE: u64 = 8 << 20;

/// Why the bytes stopped.
pub(super) enum Stop {
    Read(io::Error),
    /// So many came, at least, which is not what was announced.
    Size(u64),
    Write(io::Error),
}

/// Moves exactly `size` bytes and returns their digest.
pub(super) fn pour(
    content: &mut dyn Read,
    output: &mut File,
    size: u64,
    progress: &AtomicU64,
) -> Result<Digest, Stop> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; BUFFER.min(usize::try_from(size).unwrap_or(BUFFER)).max(1)];
    let (mut total, mut begun) = (0, 0);
    loop {
        let filled = fill(content, &mut buffer).map_err(Stop::Read)?;
        total += filled as u64;
        if total > size || (filled < buffer.len() && total != size) {
            return Err(Stop::Size(total));
        }
        hash.update(&buffer[..filled]);
        output.write_all(&buffer[..filled]).map_err(Stop::Write)?;
        progress.fetch_add(filled as u64, Ordering::Relaxed);
        if total - begun >= STRIDE {
            begin_writing(output, begun, total - begun);
            begun = total;
        }
        if filled < buffer.len() {
            return Ok(Digest::from_bytes(hash.finalize().into()));
        }
    }
}

/// Sets 0555 or 0444, whatever the umask.
pub(super) fn set_mode(file: &File, executable: bool) -> io::Result<()> {
    file.set_permissions(Permissions::from_mode(if executable { 0o555 } else { 0o444 }))
}

/// Reserves the room for a large file, so that a full disk is found before the work.
pub(super) fn preallocate(file: &File, size: u64) -> io::Result<()> {
    if size < PREALLOCATED {
        return Ok(());
    }
    match rustix::fs::fallocate(file, FallocateFlags::empty(), 0, size) {
        Err(error @ (Errno::NOSPC | Errno::DQUOT | Errno::FBIG)) => Err(error.into()),
        _ => Ok(()),
    }
}

/// Lets the kernel begin to write a range to the disk, and doesn't wait: the sync at the end finds
/// most of it done, while the processors went on decoding. For pages that are not on the disk yet
/// the advice to drop them does nothing but that.
fn begin_writing(file: &File, offset: u64, length: u64) {
    // An advice: where it is not taken, the sync takes longer.
    let _ = rustix::fs::fadvise(file, offset, std::num::NonZeroU64::new(length), Advice::DontNeed);
}

/// Reads until the buffer is full or the content ends.
fn fill(content: &mut dyn Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match content.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}
