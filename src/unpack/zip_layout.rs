//! The byte layout of a zip file, held against its central directory. The crate `zip` reads the
//! directory; here the end record and every local header are read a second time, and a file is
//! refused where the two differ, where entries overlap or leave gaps, or where bytes stand before
//! the first or behind the end: all that readers are known to see differently.

use std::fs::File;
use std::io::{BufReader, Seek};

use zip::CompressionMethod;
use zip::read::{ArchiveOffset, Config, ZipArchive};

use super::zip_end::{CENTRAL, End, Fault, bytes, exact, u16_at, u32_at, u64_at, whole};

/// One entry, checked against its local header.
#[derive(Clone, Debug)]
pub(super) struct ZipEntry {
    pub(super) name: String,
    pub(super) deflated: bool,
    pub(super) crc: u32,
    pub(super) compressed: u64,
    pub(super) size: u64,
    /// Where its data starts in the file.
    pub(super) start: u64,
    /// Unix mode bits, where the packer's system has them.
    pub(super) mode: Option<u32>,
    header: u64,
    flags: u16,
}

const LOCAL: usize = 30;
const ENCRYPTED: u16 = 1 | 1 << 6 | 1 << 13;
const DESCRIPTOR: u16 = 1 << 3;
const NAME_BYTES: usize = 4096;

/// Reads and checks the layout of a zip file of `size` bytes, with at most `limit` entries.
pub(super) fn read(file: &File, size: u64, limit: u64) -> Result<Vec<ZipEntry>, Fault> {
    let end = End::read(file, size)?;
    if end.entries > limit {
        return whole(format!("it exceeds the limit of {limit} entries"));
    }
    let mut entries = central_directory(file, &end)?;
    let mut order: Vec<usize> = (0..entries.len()).collect();
    order.sort_by_key(|index| entries[*index].header);
    let mut position = 0;
    for (index, entry) in order.iter().copied().enumerate() {
        let next = order.get(index + 1).map_or(end.directory, |next| entries[*next].header);
        let entry = &mut entries[entry];
        if entry.header != position {
            return fault(entry, "its local header does not follow the entry before it");
        }
        check_local(file, entry)?;
        check_extent(file, entry, next)?;
        position = next;
    }
    if position != end.directory {
        return whole("there are bytes before the central directory");
    }
    Ok(entries)
}

fn central_directory(file: &File, end: &End) -> Result<Vec<ZipEntry>, Fault> {
    let mut input = BufReader::new(file);
    input.rewind().map_err(|error| (None, error.to_string()))?;
    let config = Config { archive_offset: ArchiveOffset::Known(0) };
    let archive = ZipArchive::with_config(config, input).map_err(|error| (None, error.to_string()))?;
    if archive.len() as u64 != end.entries || archive.central_directory_start() != end.directory {
        return whole("its central directory holds a name twice, or is not where the end record says");
    }
    let mut entries = Vec::with_capacity(archive.len());
    let mut position = end.directory;
    for index in 0..archive.len() {
        let entry = archive.by_index_data(index).map_err(|error| (None, error.to_string()))?;
        let name = String::from_utf8(entry.name_raw().to_vec()).map_err(|error| {
            let name = String::from_utf8_lossy(error.as_bytes()).into_owned();
            (Some(name), "its name is not UTF-8".to_owned())
        })?;
        if entry.central_header_start() != position {
            return whole("its central directory has gaps");
        }
        position = central_end(file, position)?;
        let deflated = match entry.compression() {
            CompressionMethod::Stored => false,
            CompressionMethod::Deflated => true,
            _ => return Err((Some(name), "its compression method is not supported".to_owned())),
        };
        let on_unix = entry.system() == zip::System::Unix;
        entries.push(ZipEntry {
            name,
            deflated,
            crc: entry.crc32(),
            compressed: entry.compressed_size(),
            size: entry.size(),
            start: 0,
            mode: on_unix.then(|| entry.external_attributes() >> 16),
            header: entry.header_start(),
            flags: entry.flags().as_u16(),
        });
    }
    if position != end.directory_end {
        return whole("its central directory has gaps");
    }
    Ok(entries)
}

/// Returns where a header of the central directory ends.
fn central_end(file: &File, start: u64) -> Result<u64, Fault> {
    let header = bytes::<{ CENTRAL as usize }>(file, start)?;
    let lengths = [28, 30, 32].map(|at| u64::from(u16_at(&header, at)));
    Ok(start + CENTRAL + lengths.iter().sum::<u64>())
}

/// Compares the local header with the central one, and notes where the data starts.
fn check_local(file: &File, entry: &mut ZipEntry) -> Result<(), Fault> {
    let header = bytes::<LOCAL>(file, entry.header)?;
    let (name, extra) = (usize::from(u16_at(&header, 26)), usize::from(u16_at(&header, 28)));
    if header[..4] != *b"PK\x03\x04" {
        return fault(entry, "it has no local header");
    }
    if entry.flags & ENCRYPTED != 0 {
        return fault(entry, "it is encrypted");
    }
    if u16_at(&header, 6) != entry.flags {
        return fault(entry, "the flags of its two headers differ");
    }
    if u16_at(&header, 8) != if entry.deflated { 8 } else { 0 } {
        return fault(entry, "the compression methods of its two headers differ");
    }
    if name != entry.name.len() || name > NAME_BYTES {
        return fault(entry, "the names in its two headers differ");
    }
    let mut rest = vec![0; name + extra];
    exact(file, &mut rest, entry.header + LOCAL as u64)?;
    if rest[..name] != *entry.name.as_bytes() {
        return fault(entry, "the names in its two headers differ");
    }
    entry.start = entry.header + (LOCAL + name + extra) as u64;
    check_local_sizes(entry, &header, &rest[name..])
}

fn check_local_sizes(entry: &ZipEntry, header: &[u8; LOCAL], extra: &[u8]) -> Result<(), Fault> {
    if !entry.deflated && entry.compressed != entry.size {
        return fault(entry, "it is stored, and its two sizes differ");
    }
    let crc = u32_at(header, 14);
    let mut sizes = (u64::from(u32_at(header, 18)), u64::from(u32_at(header, 22)));
    if sizes.0 == u64::from(u32::MAX) || sizes.1 == u64::from(u32::MAX) {
        let Some(wide) = wide_sizes(extra) else { return fault(entry, "its 64-bit sizes are missing") };
        sizes = wide;
    }
    // With a data descriptor the header may say zero; what follows the data is checked then.
    if entry.flags & DESCRIPTOR != 0 && crc == 0 && sizes == (0, 0) {
        return Ok(());
    }
    if crc != entry.crc || sizes != (entry.compressed, entry.size) {
        return fault(entry, "the sizes or checksums of its two headers differ");
    }
    Ok(())
}

/// Finds compressed and full size in the extra fields of a local header, which holds both.
fn wide_sizes(mut extra: &[u8]) -> Option<(u64, u64)> {
    while extra.len() >= 4 {
        let (kind, length) = (u16_at(extra, 0), usize::from(u16_at(extra, 2)));
        let field = extra.get(4..4 + length)?;
        if kind == 1 {
            return (length == 16).then(|| (u64_at(field, 8), u64_at(field, 0)));
        }
        extra = &extra[4 + length..];
    }
    None
}

/// Checks that the data and its descriptor fill the room up to the next header exactly.
fn check_extent(file: &File, entry: &ZipEntry, next: u64) -> Result<(), Fault> {
    let Some(after) = entry.start.checked_add(entry.compressed) else {
        return fault(entry, "its size is out of range");
    };
    match next.checked_sub(after) {
        None => fault(entry, "it overlaps the entry behind it"),
        Some(0) if entry.flags & DESCRIPTOR == 0 => Ok(()),
        Some(room) if entry.flags & DESCRIPTOR != 0 => check_descriptor(file, entry, after, room),
        Some(_) => fault(entry, "there are bytes behind it that belong to no entry"),
    }
}

fn check_descriptor(file: &File, entry: &ZipEntry, start: u64, room: u64) -> Result<(), Fault> {
    let mut data = vec![0; usize::try_from(room.min(24)).unwrap_or(24)];
    exact(file, &mut data, start)?;
    let fields = if matches!(room, 16 | 24) { data.strip_prefix(b"PK\x07\x08") } else { Some(&data[..]) };
    let sizes = fields.and_then(|fields| match fields.len() {
        12 => Some((u64::from(u32_at(fields, 4)), u64::from(u32_at(fields, 8)))),
        20 => Some((u64_at(fields, 4), u64_at(fields, 12))),
        _ => None,
    });
    let crc = fields.filter(|fields| fields.len() >= 4).map(|fields| u32_at(fields, 0));
    if room > 24 || crc != Some(entry.crc) || sizes != Some((entry.compressed, entry.size)) {
        return fault(entry, "its data descriptor is missing or differs from its header");
    }
    Ok(())
}

fn fault<T>(entry: &ZipEntry, reason: &str) -> Result<T, Fault> {
    Err((Some(entry.name.clone()), reason.to_owned()))
}
