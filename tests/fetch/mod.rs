//! `cudaman::fetch` against a server that fails in every way that servers do.

mod documents;
mod downloads;
mod files;
mod proxies;
mod resume;
mod speed;
mod split;
mod trust;
mod unreachable;

pub(crate) use unreachable::black_hole;

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::time::Duration;

use cudaman::fetch::{Client, Download, FetchError, Patience, Settings};
use cudaman::model::{Digest, Environment};
use sha2::Digest as _;
use url::Url;

const ACCEPT: &str = "text/html";

/// More than fits into any buffer between the server and us.
const SIZE: usize = 300_000;

fn patience() -> Patience {
    Patience {
        tries: 4,
        pause: Duration::from_millis(2),
        longest_pause: Duration::from_secs(2),
        stall: Duration::from_millis(300),
    }
}

fn settings() -> Settings {
    Settings { connect_timeout: Duration::from_secs(2), ..Settings::default() }
}

fn client() -> Client {
    client_with(&settings(), &[])
}

fn client_with(settings: &Settings, variables: &[(&str, &str)]) -> Client {
    let variables = variables.iter().map(|(name, value)| (name.into(), value.into())).collect();
    let environment = Environment { variables, ..Environment::default() };
    Client::new(settings, &environment).expect("usable settings").with_patience(patience())
}

fn bytes(seed: u8) -> Vec<u8> {
    (0..SIZE).map(|index| (index % 251) as u8 ^ (index / 251) as u8 ^ seed).collect()
}

fn digest(bytes: &[u8]) -> Digest {
    Digest::from_bytes(sha2::Sha256::digest(bytes).into())
}

/// A place to download to, and the wish for certain bytes.
struct Wanted {
    directory: tempfile::TempDir,
    digest: Digest,
    progress: Cell<i64>,
    size: Option<u64>,
}

impl Wanted {
    fn new(bytes: &[u8]) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let size = Some(bytes.len() as u64);
        Self { directory, digest: digest(bytes), progress: Cell::new(0), size }
    }

    fn without_size(bytes: &[u8]) -> Self {
        Self { size: None, ..Self::new(bytes) }
    }

    /// Leaves something behind as an earlier try did.
    fn holding(self, held: &[u8]) -> Self {
        std::fs::write(self.part(), held).expect("written");
        self
    }

    fn part(&self) -> PathBuf {
        self.directory.path().join("a.part")
    }

    fn held(&self) -> Vec<u8> {
        std::fs::read(self.part()).unwrap_or_default()
    }

    fn download(&self, client: &Client, url: &Url) -> Result<(), FetchError> {
        let part = self.part();
        self.progress.set(0);
        let download = Download { url, checksum: &self.digest.into(), size: self.size, part: &part };
        client.download(&download, &|step| self.progress.set(self.progress.get() + step)).map(drop)
    }

    /// Downloads, and checks that everything is as it should be afterwards.
    fn succeed(&self, client: &Client, url: &Url) {
        self.download(client, url).expect("downloaded");
        let held = self.held();
        assert_eq!(digest(&held), self.digest);
        assert_eq!(self.progress.get(), held.len() as i64, "the progress adds up");
        assert_eq!(self.names(), ["a.part"], "nothing is left beside the file");
    }

    fn names(&self) -> Vec<String> {
        names(self.directory.path())
    }
}

fn names(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).expect("a directory");
    entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("text")).collect()
}

/// Checks that an error is one line that keeps a secret.
fn assert_discreet(error: &FetchError, secret: &str) {
    let text = format!("{error} {error:?} {}", error.hint().unwrap_or_default());
    assert!(!text.contains(secret), "{text}");
    assert!(!error.to_string().contains('\n'), "{error}");
}
