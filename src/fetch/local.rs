//! `file://` addresses, so that a directory can stand for a server: a mirror on a disk, an index of
//! wheels. A directory answers with its `index.html`, or with a page of links made from its names.

use std::fmt::Write as _;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use url::Url;

use super::address::shown;
use super::error::FetchError;
use super::part::{BUFFER, Part};
use super::{Document, Download, Probe};
use crate::model::Digest;

/// What can't stand for itself in a link between double quotes.
const IN_LINK: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'&')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'\'')
    .add(b':');

/// Reads a document from the disk.
pub(super) fn document(url: &Url, limit: u64) -> Result<Document, FetchError> {
    let path = path(url)?;
    if path.is_dir() {
        return directory(url, &path, limit);
    }
    // Without its slash a directory's name would be taken for a file's in a file's place.
    if url.path().ends_with('/') {
        return Err(FetchError::NotFound { url: shown(url) });
    }
    let body = read(url, &path, limit)?;
    Ok(Document { body, media_type: media_type(&path), url: url.clone() })
}

/// Copies a file into its part. A copy costs less than finding out what of it is there already.
pub(super) fn download(
    download: &Download<'_>,
    advance: &dyn Fn(i64),
    may_go_on: &dyn Fn() -> Result<(), FetchError>,
) -> Result<Digest, FetchError> {
    let source = path(download.url)?;
    let mut file = std::fs::File::open(&source).map_err(|error| absent(download.url, &source, error))?;
    let metadata = file.metadata().map_err(|error| FetchError::file(&source, error))?;
    if metadata.is_dir() {
        return Err(FetchError::NotFound { url: shown(download.url) });
    }
    let length = metadata.len();
    if let Some(size) = download.size
        && size != length
    {
        return Err(FetchError::mismatch(download.url, format!("{size} bytes"), format!("{length} bytes")));
    }
    let mut part = Part::open(download.part, 0, advance)?;
    let mut buffer = vec![0; BUFFER];
    loop {
        may_go_on()?;
        match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => part.append(&buffer[..count])?,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(FetchError::file(&source, error)),
        }
    }
    let got = part.digest();
    if let Some((expected, got)) = download.mismatch(&got)? {
        part.discard();
        return Err(FetchError::mismatch(download.url, expected, got));
    }
    part.forget();
    Ok(got)
}

/// Looks whether a file is there.
pub(super) fn probe(url: &Url) -> Result<Probe, FetchError> {
    let source = path(url)?;
    let metadata = std::fs::metadata(&source).map_err(|error| absent(url, &source, error))?;
    if metadata.is_dir() {
        return Err(FetchError::NotFound { url: shown(url) });
    }
    Ok(Probe { size: Some(metadata.len()), media_type: None })
}

/// Returns the size of a file.
pub(super) fn size(url: &Url) -> Option<u64> {
    Some(std::fs::metadata(path(url).ok()?).ok()?.len())
}

fn path(url: &Url) -> Result<PathBuf, FetchError> {
    url.to_file_path().map_err(|()| FetchError::refused(url, "it is no path of this machine"))
}

fn directory(url: &Url, path: &Path, limit: u64) -> Result<Document, FetchError> {
    let mut url = url.clone();
    if !url.path().ends_with('/') {
        url.set_path(&format!("{}/", url.path()));
    }
    let index = path.join("index.html");
    let body = if index.is_file() { read(&url, &index, limit)? } else { listing(path)?.into_bytes() };
    Ok(Document { body, media_type: Some("text/html".to_owned()), url })
}

fn listing(path: &Path) -> Result<String, FetchError> {
    let failed = |error| FetchError::file(path, error);
    let mut names = Vec::new();
    for entry in std::fs::read_dir(path).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        // A name that is no text can't be in an index.
        let Ok(name) = entry.file_name().into_string() else { continue };
        names.push(if entry.path().is_dir() { name + "/" } else { name });
    }
    names.sort_unstable();
    let mut page = String::from("<!DOCTYPE html>\n<html><body>\n");
    for name in &names {
        let link = utf8_percent_encode(name, IN_LINK);
        let text = name.replace('&', "&amp;").replace('<', "&lt;");
        let _ = writeln!(page, "<a href=\"{link}\">{text}</a>");
    }
    page.push_str("</body></html>\n");
    Ok(page)
}

fn read(url: &Url, path: &Path, limit: u64) -> Result<Vec<u8>, FetchError> {
    let file = std::fs::File::open(path).map_err(|error| absent(url, path, error))?;
    let mut body = Vec::new();
    file.take(limit.saturating_add(1))
        .read_to_end(&mut body)
        .map_err(|error| FetchError::file(path, error))?;
    if body.len() as u64 > limit {
        return Err(FetchError::TooLarge { url: shown(url), limit });
    }
    Ok(body)
}

fn absent(url: &Url, path: &Path, error: std::io::Error) -> FetchError {
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => FetchError::NotFound { url: shown(url) },
        _ => FetchError::file(path, error),
    }
}

fn media_type(path: &Path) -> Option<String> {
    let kind = match path.extension()?.to_str()? {
        "html" | "htm" => "text/html",
        "json" => "application/json",
        "txt" | "md5" | "sha256" => "text/plain",
        _ => return None,
    };
    Some(kind.to_owned())
}
