//! All wheels of a project, over every index and directory that is to be looked at.

use std::path::Path;

use url::Url;

use super::super::SourceError;
use super::index::{Indexes, project_page};
use super::simple::{self, ACCEPT, Candidate, PAGE_LIMIT, Vouched};
use super::wheel::WheelName;
use crate::fetch::{Client, Document, FetchError, shown};

/// Reads documents; the seam that lets tests do without a network.
pub(super) trait Pages: Sync {
    /// Reads a document of at most `limit` bytes.
    fn read(&self, url: &Url, accept: &str, limit: u64) -> Result<Document, Fault>;
}

/// Why an index could not be asked, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) reason: String,
    pub(super) hint: Option<String>,
}

/// Why a document could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// Anything but the next.
    Failed(Failure),
    /// There is no such document: an index without the project.
    Missing,
}

/// Where wheels are looked for, and how.
pub(super) struct Shelf<'a> {
    /// Reads the pages.
    pub(super) pages: &'a dyn Pages,
    /// Which indexes and directories.
    pub(super) indexes: &'a Indexes,
}

/// The wheels of one project.
#[derive(Clone, Debug, Default)]
pub(super) struct Offer {
    /// Those of the first index first, those of directories last.
    pub(super) candidates: Vec<Candidate>,
    /// Why indexes could not be asked: what is missing may be there.
    pub(super) failures: Vec<Failure>,
}

impl Offer {
    /// Makes one error of all failures, with the first advice that there is.
    pub(super) fn unreachable(&self) -> SourceError {
        let reasons: Vec<&str> = self.failures.iter().map(|failure| failure.reason.as_str()).collect();
        let hint = self.failures.iter().find_map(|failure| failure.hint.clone());
        SourceError::Unreachable { reason: reasons.join("; "), hint }
    }
}

impl From<Failure> for SourceError {
    fn from(failure: Failure) -> Self {
        Self::Unreachable { reason: failure.reason, hint: failure.hint }
    }
}

impl Shelf<'_> {
    /// Returns what the indexes offer of a project; nothing at all if none of them knows it.
    ///
    /// # Errors
    /// Returns an error if a page can't be understood, or if nothing is found and some index could
    /// not be asked.
    pub(super) fn offer(&self, project: &str) -> Result<Offer, SourceError> {
        let mut offer = Offer::default();
        for index in &self.indexes.urls {
            let page = project_page(index, project);
            match self.pages.read(&page, ACCEPT, PAGE_LIMIT) {
                Ok(document) => offer.candidates.extend(read(document, project, &page)?),
                Err(Fault::Missing) => {}
                Err(Fault::Failed(failure)) => offer.failures.push(failure),
            }
        }
        for directory in &self.indexes.directories {
            offer.candidates.extend(in_directory(directory, project));
        }
        if offer.candidates.is_empty() && !offer.failures.is_empty() {
            return Err(offer.unreachable());
        }
        Ok(offer)
    }
}

impl Pages for Client {
    fn read(&self, url: &Url, accept: &str, limit: u64) -> Result<Document, Fault> {
        self.document(url, accept, limit).map_err(|error| fault(&error))
    }
}

/// The one place that tells a missing project from an index that fails.
fn fault(error: &FetchError) -> Fault {
    match error {
        FetchError::NotFound { .. } => Fault::Missing,
        _ => Fault::Failed(Failure { reason: error.to_string(), hint: error.hint() }),
    }
}

fn read(mut document: Document, project: &str, page: &Url) -> Result<Vec<Candidate>, SourceError> {
    // A client may drop the login from the address that it reports; links on the page need it.
    if document.url.origin() == page.origin() && document.url.username().is_empty() {
        let _ = document.url.set_username(page.username());
        let _ = document.url.set_password(page.password());
    }
    simple::candidates(&document, project)
        .map_err(|reason| SourceError::Malformed { what: shown(page), reason })
}

/// A directory that can't be read holds no wheels: find-links often names one that isn't there.
fn in_directory(directory: &Path, project: &str) -> Vec<Candidate> {
    let Ok(entries) = directory.read_dir() else { return Vec::new() };
    let files = entries.flatten().filter_map(|entry| {
        let name = entry.file_name().into_string().ok()?;
        let wheel = WheelName::parse(&name).filter(|wheel| wheel.distribution == project)?;
        Some(Candidate {
            label: wheel.version.to_string(),
            wheel,
            url: Url::from_file_path(entry.path()).ok()?,
            digest: Vouched::Local,
            size: Some(entry.metadata().ok()?.len()),
            is_yanked: false,
            date: None,
        })
    });
    let mut candidates: Vec<Candidate> = files.collect();
    candidates.sort_by(|one, other| one.url.cmp(&other.url));
    candidates
}

#[cfg(test)]
pub(super) mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// An index in memory: documents by address.
    #[derive(Default)]
    pub(in crate::sources::pypi) struct Memory {
        documents: BTreeMap<String, Vec<u8>>,
        broken: Option<&'static str>,
    }

    impl Memory {
        /// Makes an index of which no address that begins so can be reached.
        pub(in crate::sources::pypi) fn broken(prefix: &'static str) -> Self {
            Self { broken: Some(prefix), ..Self::default() }
        }

        /// Adds a file and its anchor on the page of its project. `note` goes into the anchor.
        pub(in crate::sources::pypi) fn add(&mut self, file: &str, body: &[u8], note: &str) {
            use sha2::Digest as _;
            let digest = crate::model::Digest::from_bytes(sha2::Sha256::digest(body).into());
            let project = super::super::wheel::normalised(file.split('-').next().expect("a name"));
            let page = self.documents.entry(format!("https://i.example/simple/{project}/")).or_default();
            let anchor = format!("<a href=\"/files/{file}#sha256={digest}\" {note}>{file}</a><br/>\n");
            page.extend_from_slice(anchor.as_bytes());
            self.documents.insert(format!("https://i.example/files/{file}"), body.to_vec());
        }

        /// Puts a document under an address.
        pub(in crate::sources::pypi) fn put(&mut self, url: &str, body: &[u8]) {
            self.documents.insert(url.to_owned(), body.to_vec());
        }
    }

    impl Pages for Memory {
        fn read(&self, url: &Url, _: &str, limit: u64) -> Result<Document, Fault> {
            if self.broken.is_some_and(|broken| url.as_str().starts_with(broken)) {
                let reason = format!("could not reach `{}`: it is down", shown(url));
                return Err(Fault::Failed(Failure { reason, hint: Some("wait".to_owned()) }));
            }
            let body = self.documents.get(url.as_str()).ok_or(Fault::Missing)?.clone();
            assert!(body.len() as u64 <= limit);
            Ok(Document { body, media_type: Some("text/html".to_owned()), url: url.clone() })
        }
    }

    /// Indexes at `https://i.example/simple/` and further ones.
    pub(in crate::sources::pypi) fn indexes(further: &[&str]) -> Indexes {
        let urls = std::iter::once(&"https://i.example/simple/").chain(further);
        Indexes { urls: urls.map(|url| url.parse().expect(url)).collect(), ..Indexes::default() }
    }

    const WHEEL: &str = "nvidia_x-1.0-py3-none-any.whl";

    #[test]
    fn an_index_that_fails_hides_nothing_that_another_has() {
        let mut memory = Memory::broken("https://j.example/");
        memory.add(WHEEL, b"x", "");
        let indexes = indexes(&["https://j.example/"]);
        let shelf = Shelf { pages: &memory, indexes: &indexes };
        let offer = shelf.offer("nvidia-x").expect("an offer");
        assert_eq!((offer.candidates.len(), offer.failures.len()), (1, 1));
        let error = shelf.offer("nvidia-y").expect_err("nothing is left");
        assert!(matches!(error, SourceError::Unreachable { .. }) && error.hint().as_deref() == Some("wait"));
    }

    #[test]
    fn unknown_projects_are_empty_offers_and_broken_pages_errors() {
        let mut memory = Memory::default();
        memory.put("https://i.example/simple/nvidia-x/", b"{\"meta\": 1}");
        let indexes = indexes(&[]);
        let shelf = Shelf { pages: &memory, indexes: &indexes };
        assert!(shelf.offer("nvidia-y").expect("empty").candidates.is_empty());
        assert!(matches!(shelf.offer("nvidia-x"), Err(SourceError::Malformed { .. })));
    }

    #[test]
    fn directories_of_wheels_are_looked_into() {
        let directory = tempfile::tempdir().expect("a directory");
        fs_err::write(directory.path().join(WHEEL), b"x").expect("a file");
        fs_err::write(directory.path().join("other-1.0-py3-none-any.whl"), b"x").expect("a file");
        let directories = vec![directory.path().to_owned(), "/nonexistent/wheels".into()];
        let indexes = Indexes { directories, ..Indexes::default() };
        let shelf = Shelf { pages: &Memory::default(), indexes: &indexes };
        let found = shelf.offer("nvidia-x").expect("an offer").candidates;
        assert_eq!((found.len(), found[0].digest, found[0].size), (1, Vouched::Local, Some(1)));
    }
}
