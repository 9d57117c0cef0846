//! What the server has: bytes by path, and directories below prefixes.

use std::collections::BTreeMap;
use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use percent_encoding::percent_decode_str;

#[derive(Clone)]
pub(super) struct Content {
    source: Source,
    pub(super) length: u64,
    pub(super) media_type: String,
    version: u64,
}

#[derive(Clone)]
enum Source {
    Bytes(Arc<Vec<u8>>),
    File(PathBuf),
}

#[derive(Default)]
pub(super) struct Contents {
    bytes: BTreeMap<String, Content>,
    mounts: Vec<(String, PathBuf)>,
}

/// What is found at a path.
pub(super) enum Found {
    Content(Content),
    /// A directory whose address lacks its slash.
    Directory,
    Nothing,
}

impl Content {
    pub(super) fn bytes(bytes: Vec<u8>) -> Self {
        let mut hasher = DefaultHasher::new();
        bytes.hash(&mut hasher);
        let length = bytes.len() as u64;
        let media_type = "application/octet-stream".to_owned();
        Self { source: Source::Bytes(Arc::new(bytes)), length, media_type, version: hasher.finish() }
    }

    fn file(path: PathBuf) -> io::Result<Self> {
        let metadata = path.metadata()?;
        let media_type = guess(&path).to_owned();
        let version = metadata.mtime_nsec().cast_unsigned() ^ metadata.mtime().cast_unsigned();
        Ok(Self { length: metadata.len(), media_type, version, source: Source::File(path) })
    }

    pub(super) fn typed(mut self, media_type: &str) -> Self {
        media_type.clone_into(&mut self.media_type);
        self
    }

    pub(super) fn etag(&self) -> String {
        format!("\"{:x}-{:x}\"", self.length, self.version)
    }

    /// Returns a date that differs between versions.
    pub(super) fn last_modified(&self) -> String {
        let (minutes, seconds) = (self.version / 60 % 60, self.version % 60);
        format!("Mon, 01 Jan 2024 00:{minutes:02}:{seconds:02} GMT")
    }

    /// Returns the file at an offset, if this is one.
    pub(super) fn open_file(&self, offset: u64) -> Option<File> {
        let Source::File(path) = &self.source else { return None };
        let mut file = File::open(path).ok()?;
        file.seek(SeekFrom::Start(offset)).ok()?;
        Some(file)
    }

    /// Returns the bytes from an offset on.
    pub(super) fn reader(&self, offset: u64) -> Box<dyn Read + '_> {
        match &self.source {
            Source::Bytes(bytes) => Box::new(&bytes[usize::try_from(offset).expect("it is in memory")..]),
            Source::File(_) => match self.open_file(offset) {
                Some(file) => Box::new(file),
                None => Box::new(io::empty()),
            },
        }
    }
}

impl Contents {
    pub(super) fn paths(&self) -> Vec<String> {
        self.bytes.keys().cloned().collect()
    }

    pub(super) fn bytes_at(&self, path: &str) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        self.bytes.get(path)?.reader(0).read_to_end(&mut bytes).ok()?;
        Some(bytes)
    }

    pub(super) fn put(&mut self, path: &str, content: Content) {
        self.bytes.insert(absolute(path), content);
    }

    pub(super) fn remove(&mut self, path: &str) {
        self.bytes.remove(&absolute(path));
    }

    pub(super) fn mount(&mut self, prefix: &str, directory: &Path) {
        let prefix = format!("{}/", absolute(prefix).trim_end_matches('/'));
        self.mounts.push((prefix, directory.to_owned()));
    }

    pub(super) fn find(&self, path: &str) -> Found {
        if let Some(content) = self.bytes.get(path) {
            return Found::Content(content.clone());
        }
        let decoded = percent_decode_str(path).decode_utf8_lossy();
        if decoded.split('/').any(|name| name == "..") {
            return Found::Nothing;
        }
        let mounted = self.mounts.iter().find_map(|(prefix, directory)| {
            let rest = decoded.strip_prefix(prefix.as_str())?;
            Some(directory.join(rest))
        });
        mounted.map_or(Found::Nothing, |file| on_disk(&file, decoded.ends_with('/')))
    }
}

fn on_disk(path: &Path, with_slash: bool) -> Found {
    if !path.is_dir() {
        return Content::file(path.to_owned()).map_or(Found::Nothing, Found::Content);
    }
    if !with_slash {
        return Found::Directory;
    }
    match Content::file(path.join("index.html")) {
        Ok(index) => Found::Content(index),
        Err(_) => Found::Content(Content::bytes(listing(path).into_bytes()).typed("text/html")),
    }
}

fn listing(path: &Path) -> String {
    let mut names: Vec<_> = std::fs::read_dir(path)
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let name = entry.file_name().into_string().ok()?;
            Some(if entry.path().is_dir() { name + "/" } else { name })
        })
        .collect();
    names.sort_unstable();
    let links: String = names.iter().map(|name| format!("<a href=\"{name}\">{name}</a>\n")).collect();
    format!("<!DOCTYPE html>\n<html><body>\n{links}</body></html>\n")
}

fn absolute(path: &str) -> String {
    format!("/{}", path.trim_start_matches('/'))
}

fn guess(path: &Path) -> &'static str {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html",
        Some("json") => "application/json",
        Some("txt") => "text/plain",
        _ => "application/octet-stream",
    }
}
