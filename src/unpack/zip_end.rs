//! The end record of a zip file and positional reads of its numbers. The record must stand at the
//! very end and without a comment, so that no reader can find another one.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// The fixed part of a header in the central directory.
pub(super) const CENTRAL: u64 = 46;
const END: u64 = 22;
const END_64: u64 = 56;
const LOCATOR_64: u64 = 20;

/// What a refusal says: the entry's name where it is about one, and the reason.
pub(super) type Fault = (Option<String>, String);

/// The end record, which stands at the very end.
pub(super) struct End {
    pub(super) entries: u64,
    pub(super) directory: u64,
    pub(super) directory_end: u64,
}

impl End {
    pub(super) fn read(file: &File, size: u64) -> Result<Self, Fault> {
        let start =
            size.checked_sub(END).ok_or_else(|| (None, "it is too short for a zip file".to_owned()))?;
        let record = bytes::<{ END as usize }>(file, start)?;
        if record[..4] != *b"PK\x05\x06" || record[20..22] != [0, 0] {
            return whole("it has no end record at its end");
        }
        let (disks, entries) = (u32_at(&record, 4), u64::from(u16_at(&record, 10)));
        let (length, directory) = (u64::from(u32_at(&record, 12)), u64::from(u32_at(&record, 16)));
        if disks != 0 || u64::from(u16_at(&record, 8)) != entries {
            return whole("it is a part of a split zip file");
        }
        let locator = start.checked_sub(LOCATOR_64).map(|at| Ok::<_, Fault>((at, bytes::<20>(file, at)?)));
        if let Some((at, locator)) = locator.transpose()?
            && locator[..4] == *b"PK\x06\x07"
        {
            let narrow = (entries, length, directory);
            return Self::read_64(file, at, &locator, narrow);
        }
        Self::checked(entries, (directory, length), start)
    }

    /// The 64-bit end record, which must agree with the narrow one wherever that is not saturated.
    fn read_64(
        file: &File,
        locator_start: u64,
        locator: &[u8; 20],
        narrow: (u64, u64, u64),
    ) -> Result<Self, Fault> {
        let start = u64_at(locator, 8);
        if start.checked_add(END_64) != Some(locator_start)
            || u32_at(locator, 16) > 1
            || u32_at(locator, 4) != 0
        {
            return whole("its 64-bit end record is misplaced");
        }
        let record = bytes::<{ END_64 as usize }>(file, start)?;
        let wide = (u64_at(&record, 32), u64_at(&record, 40), u64_at(&record, 48));
        let agree = |narrow: u64, wide: u64, full: u64| narrow == full || narrow == wide;
        if record[..4] != *b"PK\x06\x06"
            || u64_at(&record, 4) != END_64 - 12
            || u64_at(&record, 24) != wide.0
            || u64_at(&record, 16) != 0
            || !agree(narrow.0, wide.0, u64::from(u16::MAX))
            || !agree(narrow.1, wide.1, u64::from(u32::MAX))
            || !agree(narrow.2, wide.2, u64::from(u32::MAX))
        {
            return whole("its two end records disagree");
        }
        Self::checked(wide.0, (wide.2, wide.1), start)
    }

    fn checked(entries: u64, (directory, length): (u64, u64), end: u64) -> Result<Self, Fault> {
        if directory.checked_add(length) != Some(end) || length < entries.saturating_mul(CENTRAL) {
            return whole("its central directory does not end at the end record");
        }
        Ok(Self { entries, directory, directory_end: end })
    }
}

pub(super) fn whole<T>(reason: impl Into<String>) -> Result<T, Fault> {
    Err((None, reason.into()))
}

pub(super) fn bytes<const N: usize>(file: &File, position: u64) -> Result<[u8; N], Fault> {
    let mut buffer = [0; N];
    exact(file, &mut buffer, position).map(|()| buffer)
}

pub(super) fn exact(file: &File, buffer: &mut [u8], position: u64) -> Result<(), Fault> {
    file.read_exact_at(buffer, position).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => (None, "the zip file is cut off".to_owned()),
        _ => (None, error.to_string()),
    })
}

pub(super) fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from(u16_at(bytes, at)) | u32::from(u16_at(bytes, at + 2)) << 16
}

pub(super) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from(u32_at(bytes, at)) | u64::from(u32_at(bytes, at + 4)) << 32
}
