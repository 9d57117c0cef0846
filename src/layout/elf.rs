//! What is asked of an ELF file: by which name do programs load it, and which ones does it load?

use std::io::{Read, Seek};

use object::elf::{DT_NEEDED, DT_SONAME, DynamicTag};
use object::read::elf::{Dyn, ElfFile64};
use object::{Endianness, ReadCache};

/// Returns the SONAME of a shared library; nothing if the bytes are no such library or have none.
/// Only a few blocks of it are read: libraries of hundreds of megabytes are normal.
#[must_use]
pub fn soname(content: impl Read + Seek) -> Option<String> {
    strings(content, DT_SONAME)?.into_iter().next()
}

/// Returns the SONAMEs of the libraries that a library or program loads when it is loaded.
#[must_use]
pub fn needed(content: impl Read + Seek) -> Vec<String> {
    strings(content, DT_NEEDED).unwrap_or_default()
}

/// Returns the strings that the entries with a tag name.
fn strings(content: impl Read + Seek, tag: DynamicTag) -> Option<Vec<String>> {
    let content = ReadCache::new(content);
    let file = ElfFile64::<Endianness, _>::parse(&content).ok()?;
    let endian = file.endian();
    let sections = file.elf_section_table();
    let (entries, link) = sections.dynamic(endian, &content).ok()??;
    let strings = sections.strings(endian, &content, link).ok()?;
    let named = entries.iter().filter(|entry| entry.tag(endian) == tag);
    let text = |entry: &_| String::from_utf8(Dyn::string(entry, endian, strings).ok()?.to_vec()).ok();
    Some(named.filter_map(text).collect())
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::layout::samples;
    use proptest::prelude::*;

    /// Counts the bytes that are read.
    struct Counted(Cursor<Vec<u8>>, u64);

    impl Read for Counted {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let count = self.0.read(buffer)?;
            self.1 += count as u64;
            Ok(count)
        }
    }

    impl Seek for Counted {
        fn seek(&mut self, position: std::io::SeekFrom) -> std::io::Result<u64> {
            self.0.seek(position)
        }
    }

    #[test]
    fn a_large_library_is_not_read_whole() {
        let mut library = samples::library("libnvperf_host.so");
        library.resize(8 << 20, 0);
        let mut counted = Counted(Cursor::new(library), 0);
        assert_eq!(soname(&mut counted).as_deref(), Some("libnvperf_host.so"));
        assert!(counted.1 < 64 << 10, "{} bytes", counted.1);
    }

    #[test]
    fn the_soname_is_read() {
        assert_eq!(soname(Cursor::new(samples::library("libnvvm.so.4"))).as_deref(), Some("libnvvm.so.4"));
        assert_eq!(soname(Cursor::new("GROUP ( libcudart.so.12 )")), None);
    }

    proptest! {
        #[test]
        fn damaged_libraries_are_no_trouble(at in 0usize..250, byte: u8, length in 0usize..400) {
            let mut library = samples::library("libcudart.so.11.0");
            if let Some(place) = library.get_mut(at) {
                *place = byte;
            }
            library.truncate(length);
            let _ = soname(Cursor::new(library));
        }
    }
}
