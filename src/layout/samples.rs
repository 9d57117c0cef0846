//! Small trees shaped like each generation of NVIDIA's archives, for the tests of this layer.

use std::collections::BTreeMap;
use std::io;

use super::{Composed, Content, Placement, fix_ups, placement};
use crate::model::{Artifact, Change, Digest, EntryKind, Format, Platform, Trust, Version};

/// Builds a placement without an artifact at hand.
pub(super) fn placement_of(component: &str, format: Format, platform: Platform) -> Placement {
    placement(&Artifact {
        component: component.parse().expect("a component"),
        version: "1".parse().expect("a version"),
        platform,
        url: "https://developer.download.nvidia.com/x".parse().expect("an address"),
        checksum: Digest::from_bytes([0; 32]).into(),
        trust: Trust::Manifest,
        size: None,
        format,
        source: "redist",
        licence: None,
    })
}

/// A shared library with nothing but a SONAME, as small as the ELF format allows.
pub(super) fn library(soname: &str) -> Vec<u8> {
    let strings = format!("\0{soname}\0");
    let dynamic_at = 64 + strings.len().next_multiple_of(8);
    let sections_at = dynamic_at + 32;
    let mut elf = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\x3e\0\x01\0\0\0".to_vec();
    elf.extend([0u64, 0, sections_at as u64].iter().flat_map(|value| value.to_le_bytes()));
    elf.extend([0u16, 0, 64, 56, 0, 64, 3, 1].iter().flat_map(|value| value.to_le_bytes()));
    elf.extend(strings.bytes());
    elf.resize(dynamic_at, 0);
    elf.extend([14u64, 1, 0, 0].iter().flat_map(|value| value.to_le_bytes()));
    for (kind, link, offset, size, entry) in
        [(0u32, 0u32, 0, 0, 0), (3, 0, 64, strings.len(), 0), (6, 1, dynamic_at, 32, 16)]
    {
        elf.extend(0u32.to_le_bytes());
        elf.extend(kind.to_le_bytes());
        elf.extend([0u64, 0, offset as u64, size as u64].iter().flat_map(|value| value.to_le_bytes()));
        elf.extend([link, 0].iter().flat_map(|value| value.to_le_bytes()));
        elf.extend([8u64, entry].iter().flat_map(|value| value.to_le_bytes()));
    }
    elf
}

/// A toolchain in the making.
pub(super) struct Sample {
    entries: BTreeMap<String, EntryKind>,
    contents: BTreeMap<String, Vec<u8>>,
    components: Vec<(crate::model::ComponentName, Version)>,
    cuda: Version,
    platform: Platform,
    is_lenient: bool,
}

impl Sample {
    pub(super) fn new(cuda: &str) -> Self {
        Self {
            entries: BTreeMap::new(),
            contents: BTreeMap::new(),
            components: Vec::new(),
            cuda: cuda.parse().expect("a version"),
            platform: Platform::LinuxX86_64,
            is_lenient: false,
        }
    }

    /// Lets files be read that were given no content; otherwise reading one is a mistake.
    pub(super) fn lenient(self) -> Self {
        Self { is_lenient: true, ..self }
    }

    pub(super) fn on(self, platform: Platform) -> Self {
        Self { platform, ..self }
    }

    /// Adds an archive of NVIDIA's redist; `name -> target` is a link.
    pub(super) fn archive(self, component: &str, version: &str, entries: &[&str]) -> Self {
        let top = format!("{component}-{}-{version}-archive/", self.platform);
        self.add(component, version, Format::TarXz, &top, entries)
    }

    /// Adds a wheel.
    pub(super) fn wheel(self, component: &str, version: &str, entries: &[&str]) -> Self {
        self.add(component, version, Format::Wheel, "", entries)
    }

    /// Adds a component of a runfile of 11.0 or newer.
    pub(super) fn runfile(self, component: &str, version: &str, entries: &[&str]) -> Self {
        self.add(component, version, Format::Runfile, &format!("builds/{component}/"), entries)
    }

    /// Gives a file of the composed tree a content.
    pub(super) fn content(mut self, path: &str, content: &[u8]) -> Self {
        self.contents.insert(path.to_owned(), content.to_vec());
        self
    }

    #[expect(clippy::too_many_arguments, reason = "all callers say it by their names")]
    fn add(mut self, component: &str, version: &str, format: Format, top: &str, entries: &[&str]) -> Self {
        let placement = placement_of(component, format, self.platform);
        for entry in entries {
            let (path, target) = entry.split_once(" -> ").map_or((*entry, None), |(a, b)| (a, Some(b)));
            let Some(path) = placement.place(&format!("{top}{path}")) else { continue };
            let kind = match target {
                Some(target) => EntryKind::Link { target: target.to_owned() },
                None => EntryKind::File { size: 0, digest: Digest::from_bytes([0; 32]), executable: false },
            };
            assert!(self.entries.insert(path.clone(), kind).is_none(), "two files at {path}");
        }
        let name = component.parse().expect("a component");
        self.components.push((name, version.parse().expect("a version")));
        self
    }

    /// Returns the whole resulting tree, one `path` or `path -> target` a line.
    pub(super) fn tree(&self) -> String {
        let fix_ups = self.fix_ups();
        let mut all: BTreeMap<String, String> =
            self.entries.iter().map(|(path, kind)| (path.clone(), shown(path, kind))).collect();
        for (path, change) in fix_ups {
            let line = match change {
                Change::File { .. } => format!("{path} *"),
                Change::Link { target } => format!("{path} -> {target} *"),
                Change::Renamed { from, .. } => format!("{path} = {from} *"),
            };
            all.insert(path, line);
        }
        all.into_values().map(|line| line + "\n").collect()
    }

    /// Returns what a fix-up wrote at a path.
    pub(super) fn written(&self, path: &str) -> String {
        match self.fix_ups().remove(path) {
            Some(Change::File { content, .. }) => String::from_utf8(content).expect("a text"),
            other => panic!("no file at {path}: {other:?}"),
        }
    }

    pub(super) fn fix_ups(&self) -> BTreeMap<String, Change> {
        let open = |path: &str| {
            let content = self.contents.get(path).cloned().or(self.is_lenient.then(Vec::new));
            let content = content.ok_or_else(|| io::Error::other(format!("{path} was not to be read")))?;
            Ok(Box::new(io::Cursor::new(content)) as Box<dyn Content>)
        };
        let found = fix_ups(&Composed {
            entries: &self.entries,
            open: &open,
            cuda: &self.cuda,
            platform: self.platform,
            components: &self.components,
        })
        .expect("fix-ups");
        let count = found.len();
        let found: BTreeMap<_, _> = found.into_iter().map(|fix_up| (fix_up.path, fix_up.change)).collect();
        assert_eq!(found.len(), count, "a path twice");
        found
    }
}

fn shown(path: &str, kind: &EntryKind) -> String {
    match kind {
        EntryKind::File { .. } => path.to_owned(),
        EntryKind::Link { target } => format!("{path} -> {target}"),
    }
}
