//! Python wheels: zip files whose `RECORD` lists the sha256 of every file. Entries are inflated
//! by several threads. It refuses links, and files that `RECORD` doesn't list or lists in vain.

use std::collections::HashMap;
use std::io::{self, BufReader, Read};
use std::path::Path;
use std::time::Duration;

use flate2::Crc;
use flate2::bufread::DeflateDecoder;
use sha2::{Digest as _, Sha256};

use super::opened::Opened;
use super::record::{self, Listed};
use super::tree::FileEntry;
use super::window::Window;
use super::zip_layout::{self, ZipEntry};
use super::{Archive, Limits, PackageMetadata, Refusal, Task, Tree, UnpackError};
use crate::model::Digest;

const BUFFER: usize = 256 << 10;
/// Entries below this are done together.
const BATCH: u64 = 8 << 20;
/// Unpacked bytes per microsecond on one core: inflate, hash and write.
const RATE: u64 = 300;
/// Making a file costs as much as so many bytes.
const FILE: u64 = 16 << 10;
const RECORD_BYTES: u64 = 32 << 20;
const TYPE_BITS: u32 = 0o170_000;
const EXECUTABLE_BITS: u32 = 0o111;

pub(super) struct Wheel {
    opened: Opened,
    members: Vec<Member>,
}

struct Member {
    entry: ZipEntry,
    /// None for a directory.
    digest: Option<Digest>,
}

impl Wheel {
    pub(super) fn open(path: &Path, limits: Limits) -> Result<Self, UnpackError> {
        let opened = Opened::open(path, limits)?;
        let entries = zip_layout::read(&opened.file, opened.size, limits.entries).map_err(
            |(name, reason)| match name {
                Some(name) => UnpackError::refused(path, &name, Refusal::Header(reason)),
                None => UnpackError::damaged(path, reason),
            },
        )?;
        let mut wheel = Self { opened, members: Vec::new() };
        wheel.check_types(&entries, limits)?;
        wheel.members = wheel.listed(entries)?;
        Ok(wheel)
    }

    fn check_types(&self, entries: &[ZipEntry], limits: Limits) -> Result<(), UnpackError> {
        let mut bytes = 0_u64;
        for entry in entries {
            let directory = entry.name.ends_with('/');
            match entry.mode.map_or(0, |mode| mode & TYPE_BITS) {
                0 => {}
                0o100_000 if !directory => {}
                0o040_000 if directory => {}
                0o120_000 => return Err(self.refused(entry, Refusal::Special("symbolic link in a wheel"))),
                _ => return Err(self.refused(entry, Refusal::Special("special entry"))),
            }
            if directory && entry.size + entry.compressed > 0 {
                return Err(self.refused(entry, Refusal::Header("only a file may have content".to_owned())));
            }
            bytes = bytes.saturating_add(entry.size);
        }
        if bytes > limits.bytes {
            return Err(UnpackError::too_large(&self.opened.path, format_args!("{} bytes", limits.bytes)));
        }
        Ok(())
    }

    /// Gives every file its digest from `RECORD`.
    fn listed(&self, entries: Vec<ZipEntry>) -> Result<Vec<Member>, UnpackError> {
        let mut records = entries.iter().filter(|entry| is_record(&entry.name));
        let (Some(record), None) = (records.next(), records.next()) else {
            return Err(self.damaged("a wheel must hold exactly one `*.dist-info/RECORD`"));
        };
        let own = record.name.clone();
        let text = self.read_record(record)?;
        let mut listed = record::parse(&text, &own).map_err(|fault| self.damaged(fault))?;
        let mut members = Vec::with_capacity(entries.len());
        for entry in entries {
            let digest = if entry.name == own {
                Some(Digest::from_bytes(Sha256::digest(&text).into()))
            } else if entry.name.ends_with('/') {
                None
            } else {
                Some(self.take(&entry, &mut listed)?)
            };
            members.push(Member { entry, digest });
        }
        match listed.keys().min() {
            None => Ok(members),
            Some(missing) => Err(UnpackError::refused(
                &self.opened.path,
                missing,
                Refusal::Header("RECORD lists it, but the wheel doesn't hold it".to_owned()),
            )),
        }
    }

    fn take(&self, entry: &ZipEntry, listed: &mut HashMap<String, Listed>) -> Result<Digest, UnpackError> {
        let refuse = |reason: &str| self.refused(entry, Refusal::Header(reason.to_owned()));
        let Listed { digest, size } =
            listed.remove(&entry.name).ok_or_else(|| refuse("RECORD does not list it"))?;
        if size != entry.size {
            return Err(refuse("RECORD and the zip file disagree on its size"));
        }
        Ok(digest)
    }

    /// Reads `RECORD`, the one file that only its CRC vouches for.
    fn read_record(&self, entry: &ZipEntry) -> Result<String, UnpackError> {
        if entry.size > RECORD_BYTES {
            return Err(UnpackError::too_large(
                &self.opened.path,
                format_args!("{RECORD_BYTES} bytes for RECORD"),
            ));
        }
        let mut text = Vec::new();
        self.content(entry)
            .take(RECORD_BYTES + 1)
            .read_to_end(&mut text)
            .map_err(|error| self.damaged(error))?;
        let mut crc = Crc::new();
        crc.update(&text);
        if text.len() as u64 != entry.size || crc.sum() != entry.crc {
            return Err(self.refused(entry, Refusal::Header("its checksum is wrong".to_owned())));
        }
        String::from_utf8(text).map_err(|_| self.damaged("RECORD is not UTF-8"))
    }

    fn content(&self, entry: &ZipEntry) -> Content<'_> {
        let data = Window::new(&self.opened.file, entry.start, entry.start + entry.compressed);
        if !entry.deflated {
            return Content::Stored(data);
        }
        let capacity = BUFFER.min(usize::try_from(entry.compressed).unwrap_or(BUFFER)).max(64);
        let decoder = DeflateDecoder::new(BufReader::with_capacity(capacity, data));
        Content::Deflated { decoder, compressed: entry.compressed }
    }

    fn refused(&self, entry: &ZipEntry, refusal: Refusal) -> UnpackError {
        UnpackError::refused(&self.opened.path, &entry.name, refusal)
    }

    fn damaged(&self, fault: impl ToString) -> UnpackError {
        UnpackError::damaged(&self.opened.path, fault)
    }
}

/// Reads what a wheel says of itself, by the name of its `*.dist-info`.
pub(super) fn metadata(path: &Path) -> Result<PackageMetadata, UnpackError> {
    let wheel = Wheel::open(path, Limits::default())?;
    let names = wheel.members.iter().map(|member| member.entry.name.as_str());
    let info =
        names.filter_map(|name| name.strip_suffix(".dist-info/RECORD")).find(|name| !name.contains('/'));
    match info.and_then(|info| info.split_once('-')) {
        Some((name, version)) => Ok(PackageMetadata {
            name: name.replace('_', "-"),
            version: version.to_owned(),
            architecture: None,
        }),
        None => Err(wheel.damaged("its `*.dist-info` has no version")),
    }
}

impl Archive for Wheel {
    fn tasks(&self) -> Vec<Task> {
        let task = |members: Vec<usize>, bytes| Task { cost: Duration::from_micros(bytes / RATE), members };
        let mut tasks = Vec::new();
        let (mut batch, mut batched) = (Vec::new(), 0);
        for (index, Member { entry, .. }) in self.members.iter().enumerate() {
            let cost = entry.size + FILE;
            if entry.size >= BATCH {
                tasks.push(task(vec![index], cost));
                continue;
            }
            batch.push(index);
            batched += cost;
            if batched >= BATCH {
                tasks.push(task(std::mem::take(&mut batch), std::mem::take(&mut batched)));
            }
        }
        if !batch.is_empty() {
            tasks.push(task(batch, batched));
        }
        tasks.sort_by_key(|task| std::cmp::Reverse(task.cost));
        tasks
    }

    fn run(&self, task: &Task, tree: &Tree<'_>) -> Result<(), UnpackError> {
        for member in task.members.iter().filter_map(|index| self.members.get(*index)) {
            let entry = &member.entry;
            if let Some(directory) = entry.name.strip_suffix('/') {
                tree.directory(directory)?;
                continue;
            }
            let file = FileEntry {
                path: &entry.name,
                executable: entry.mode.is_some_and(|mode| mode & EXECUTABLE_BITS != 0),
                size: entry.size,
                digest: member.digest,
            };
            tree.file(file, &mut self.content(entry))?;
        }
        Ok(())
    }
}

fn is_record(name: &str) -> bool {
    name.strip_suffix(".dist-info/RECORD").is_some_and(|stem| !stem.is_empty() && !stem.contains('/'))
}

/// The bytes of an entry. A deflate stream that ends early would hide bytes behind it.
enum Content<'a> {
    Deflated { decoder: DeflateDecoder<BufReader<Window<'a>>>, compressed: u64 },
    Stored(Window<'a>),
}

impl Read for Content<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Stored(data) => data.read(buffer),
            Self::Deflated { decoder, compressed } => {
                let count = decoder.read(buffer)?;
                if count == 0 && !buffer.is_empty() && decoder.total_in() != *compressed {
                    return Err(io::Error::new(
                        io::ErrorKind::InvalidData,
                        "a deflate stream is shorter than its entry",
                    ));
                }
                Ok(count)
            }
        }
    }
}
