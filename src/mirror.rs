//! Mirrors: a directory that any web server, or `file://`, can serve in place of NVIDIA's host.
//!
//! It holds the archives of what was asked for at the paths that they have below the mirror's base, the
//! lists of the sources as they were served, and index pages that name only what is there. Archives
//! with the right digest are left alone, so a mirror grows; a download that was cut goes on.
//!
//! ```text
//! compute/cuda/redist/index.html                  names the manifests beside it
//! compute/cuda/redist/redistrib_12.4.1.json       as it was served
//! compute/cuda/redist/cuda_nvcc/linux-x86_64/…    the archives; <name>.part while they arrive
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::{Component, Path, PathBuf};
use std::sync::Mutex;

use anyhow::{Context as _, Result};
use percent_encoding::percent_decode_str;
use url::Url;

use crate::bundle::Target;
use crate::context::Context;
use crate::error::{Advise as _, advised};
use crate::fetch::{Client, Document, Download, FetchError, shown};
use crate::install::{self, Order};
use crate::model::{Artifact, Digest, Format, Plan};
use crate::ui::{Progress, human_bytes};

/// What became of a mirror.
#[derive(Clone, Copy, Debug, Default)]
pub struct Mirrored {
    /// The archives of what was asked for.
    pub archives: usize,
    /// Those of them that were fetched; the others were there.
    pub fetched: usize,
    /// The bytes of all of them, where their sizes are known.
    pub bytes: u64,
}

/// An archive, and where it belongs.
struct Piece {
    artifact: Artifact,
    path: PathBuf,
}

/// Writes a mirror of what orders come down to, beside what is in the directory already. The lists
/// are written last: what they name is there.
///
/// # Errors
/// Returns what can't be found, fetched or written; what was completed stays.
pub fn mirror(directory: &Path, orders: &[Order], context: &Context) -> Result<Mirrored> {
    let base = &context.config.mirror;
    let client = context.client()?.recording();
    let (mut pieces, mut lists) = (BTreeMap::new(), BTreeMap::new());
    for order in orders {
        let plan = install::resolve_afresh(order, &client, context)?;
        context.ui.say(&format!(
            "{} ({}) from {} for {}",
            plan.toolchain, plan.profile, plan.source, plan.platform
        ));
        lists.extend(used(client.recorded(), base));
        add(&mut pieces, plan, base)?;
    }
    fs_err::create_dir_all(directory)?;
    let pieces: Vec<Piece> = pieces.into_values().collect();
    let (mut missing, mut mirrored) =
        (Vec::new(), Mirrored { archives: pieces.len(), ..Mirrored::default() });
    for piece in &pieces {
        mirrored.bytes += piece.artifact.size.unwrap_or_default();
        if !is_there(&directory.join(&piece.path), piece)? {
            missing.push(piece);
        }
    }
    mirrored.fetched = missing.len();
    fetch(missing, directory, &client, context)?;
    for (path, document) in &lists {
        write(&directory.join(path), &document.body)?;
    }
    for parent in lists.keys().filter_map(|path| path.parent()).collect::<BTreeSet<_>>() {
        write_index(&directory.join(parent))?;
    }
    Ok(mirrored)
}

/// Returns the lists that a search ended with: a source that looks into several releases takes the
/// last one that it reads. Index pages are made anew.
fn used(documents: Vec<Document>, base: &Url) -> Vec<(PathBuf, Document)> {
    let mut last = BTreeMap::new();
    for document in documents {
        if document.url.path().ends_with('/') {
            continue;
        }
        if let Some(path) = below(base, &document.url) {
            last.insert(path.parent().map(Path::to_owned), (path, document));
        }
    }
    last.into_values().collect()
}

fn add(pieces: &mut BTreeMap<PathBuf, Piece>, plan: Plan, base: &Url) -> Result<()> {
    for artifact in plan.artifacts {
        // A wheel belongs to an index, even to one that lies below the base.
        let path = below(base, &artifact.url).filter(|_| artifact.format != Format::Wheel);
        let Some(path) = path else {
            let (component, source, url) = (&artifact.component, artifact.source, shown(&artifact.url));
            return Err(advised(
                format!(
                    "`{component}` comes from {source}, at `{url}`, which is not below the mirror's base"
                ),
                "`--source redist` takes what lies there; wheels are mirrored by the tools of a Python index",
            ));
        };
        pieces.insert(path.clone(), Piece { artifact, path });
    }
    Ok(())
}

/// Returns the path of an address below a base, if it is one that a directory can have.
fn below(base: &Url, url: &Url) -> Option<PathBuf> {
    if url.query().is_some() || url.fragment().is_some() {
        return None;
    }
    let relative = url.as_str().strip_prefix(base.as_str())?;
    let path = PathBuf::from(percent_decode_str(relative).decode_utf8().ok()?.as_ref());
    let is_plain = path.components().all(|part| matches!(part, Component::Normal(_)));
    (is_plain && path.file_name().is_some()).then_some(path)
}

fn is_there(path: &Path, piece: &Piece) -> Result<bool> {
    let Ok(metadata) = path.metadata() else { return Ok(false) };
    if !metadata.is_file() || piece.artifact.size.is_some_and(|size| size != metadata.len()) {
        return Ok(false);
    }
    let digest = Digest::of_reader(fs_err::File::open(path)?)?;
    Ok(piece.artifact.checksum.mismatch(&digest, || fs_err::File::open(path))?.is_none())
}

/// Fetches archives, several at once. The first failure ends it.
fn fetch(missing: Vec<&Piece>, directory: &Path, client: &Client, context: &Context) -> Result<()> {
    let progress = context.ui.progress(missing.iter().filter_map(|piece| piece.artifact.size).sum());
    let workers = context.config.jobs.min(missing.len());
    let queue = Mutex::new(missing);
    let failure = Mutex::new(None);
    let next = || queue.lock().ok().and_then(|mut queue| queue.pop());
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(piece) = next() {
                    let Err(error) = fetch_one(piece, directory, client, &progress) else { continue };
                    if let (Ok(mut queue), Ok(mut failure)) = (queue.lock(), failure.lock()) {
                        queue.clear();
                        failure.get_or_insert(error);
                    }
                    client.cancel();
                }
            });
        }
    });
    match failure.into_inner() {
        Ok(Some(error)) => Err(error),
        _ => Ok(()),
    }
}

fn fetch_one(piece: &Piece, directory: &Path, client: &Client, progress: &Progress<'_>) -> Result<()> {
    let artifact = &piece.artifact;
    let title = format!("{} {}", artifact.component, artifact.version);
    let progress = progress.archive(&title, artifact.size.unwrap_or_default());
    let path = directory.join(&piece.path);
    let parent = path.parent().with_context(|| format!("`{}` has no directory", path.display()))?;
    fs_err::create_dir_all(parent)?;
    let mut part = path.clone().into_os_string();
    part.push(".part");
    let part = PathBuf::from(part);
    let download =
        Download { url: &artifact.url, checksum: &artifact.checksum, size: artifact.size, part: &part };
    client.download(&download, &|bytes| progress.advance(bytes)).hint_from(FetchError::hint)?;
    fs_err::File::open(&part)?.sync_all()?;
    fs_err::rename(&part, &path)?;
    fs_err::File::open(parent)?.sync_all()?;
    progress.done();
    Ok(())
}

/// Writes a page that links to every manifest in a directory.
fn write_index(directory: &Path) -> Result<()> {
    let mut names = BTreeSet::new();
    for entry in fs_err::read_dir(directory)? {
        let name = entry?.file_name().into_string().unwrap_or_default();
        if name.ends_with(".json") && !name.contains(['"', '<', '&']) {
            names.insert(name);
        }
    }
    let rows: String = names.iter().map(|name| format!("<a href=\"{name}\">{name}</a>\n")).collect();
    let page = format!("<!DOCTYPE html>\n<html><body>\n{rows}</body></html>\n");
    write(&directory.join("index.html"), page.as_bytes())
}

fn write(path: &Path, content: &[u8]) -> Result<()> {
    if fs_err::read(path).is_ok_and(|there| there == content) {
        return Ok(());
    }
    fs_err::create_dir_all(path.parent().unwrap_or(path))?;
    let target = Target::create(path, true)?;
    (&target).write_all(content).with_context(|| format!("could not write `{}`", path.display()))?;
    target.commit(0o644)
}

impl Mirrored {
    /// Says it in a line.
    #[must_use]
    pub fn summary(&self) -> String {
        let there = self.archives - self.fetched;
        let (archives, size) = (self.archives, human_bytes(self.bytes));
        format!("{archives} archives, {size}: {} fetched, {there} there already", self.fetched)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(base: &str, url: &str) -> Option<String> {
        let below = below(&base.parse().expect("a base"), &url.parse().expect("an address"))?;
        Some(below.to_str().expect("text").to_owned())
    }

    #[test]
    fn addresses_become_paths_below_the_directory_or_none() {
        let base = "https://a.example/base/";
        assert_eq!(path(base, "https://a.example/base/x/y.tar.xz").as_deref(), Some("x/y.tar.xz"));
        assert_eq!(path(base, "https://a.example/base/a%2Bb").as_deref(), Some("a+b"));
        for outside in [
            "https://b.example/base/x",
            "https://a.example/other/x",
            "https://a.example/base/",
            "https://a.example/base/x?token=1",
            "https://a.example/base/%2e%2e/x",
            "https://a.example/base/..%2F..%2Fx",
            "https://a.example/base/%2Fetc",
        ] {
            assert_eq!(path(base, outside), None, "{outside}");
        }
    }
}
