//! The only module that opens sockets: documents and large files over HTTP, or from `file://`.
//!
//! It refuses plain http beyond this machine, redirects that lead there, bytes whose size or digest
//! is not the promised one, and to wait for ever: a host that can't be reached is given up within
//! [`Settings::connect_timeout`], once for all of its files. It never prints a login ([`shown`]).

mod address;
mod body;
mod diagnosis;
mod document;
mod download;
mod error;
mod exchange;
mod hosts;
mod local;
mod part;
mod patience;
mod proxies;
mod range;
mod split;
mod trust;

use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use url::Url;

pub use self::address::{check, public, shown};
pub use self::error::FetchError;
pub use self::patience::Patience;
pub use self::split::Split;

use self::exchange::Exchange;
use crate::model::{Checksum, Digest, Environment};

/// How to reach the network.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Certificates to trust beside the system's.
    pub ca_file: Option<std::path::PathBuf>,
    /// How long a host may take, in all, before it is given up.
    pub connect_timeout: Duration,
    /// Plain http to hosts that are not loopback.
    pub allow_http: bool,
    /// Refuse everything but `file://`.
    pub offline: bool,
    /// How many connections downloads may use together, beyond one for each.
    pub connections: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            ca_file: None,
            connect_timeout: Duration::from_secs(5),
            allow_http: false,
            offline: false,
            connections: Split::default().connections,
        }
    }
}

/// A client that remembers which hosts can't be reached, and keeps connections for the next request.
/// It may be shared by threads.
pub struct Client {
    exchange: Exchange,
    /// The documents that were read, where they are kept.
    record: Option<Mutex<Vec<Document>>>,
}

/// A small document, read whole.
#[derive(Clone, Debug)]
pub struct Document {
    /// The body.
    pub body: Vec<u8>,
    /// The media type without parameters, if the server named one.
    pub media_type: Option<String>,
    /// Where it came from after redirects, for relative links in it.
    pub url: Url,
}

/// What a server tells of a file without sending it.
#[derive(Clone, Debug)]
pub struct Probe {
    /// Its size in bytes, if the server named it.
    pub size: Option<u64>,
    /// The media type without parameters, if the server named one.
    pub media_type: Option<String>,
}

/// A large file to download.
#[derive(Clone, Copy, Debug)]
pub struct Download<'a> {
    /// Where from.
    pub url: &'a Url,
    /// What its bytes must hash to.
    pub checksum: &'a Checksum,
    /// Its size in bytes, where it is known.
    pub size: Option<u64>,
    /// The file that grows: what it holds already is resumed.
    pub part: &'a Path,
}

impl Download<'_> {
    /// Says what is wrong with a part whose sha256 is `digest`: what was expected, and what came.
    fn mismatch(&self, digest: &Digest) -> Result<Option<(String, String)>, FetchError> {
        let content = || std::fs::File::open(self.part);
        self.checksum.mismatch(digest, content).map_err(|error| FetchError::file(self.part, error))
    }
}

impl Client {
    /// Prepares a client; proxies are taken from the environment.
    ///
    /// # Errors
    /// Returns an error where the CA file or a proxy's address can't be read.
    pub fn new(settings: &Settings, environment: &Environment) -> Result<Self, FetchError> {
        Ok(Self { exchange: Exchange::new(settings, environment)?, record: None })
    }

    /// Changes how often and how long things are tried again.
    #[must_use]
    pub fn with_patience(mut self, patience: Patience) -> Self {
        self.exchange.patience = patience;
        self
    }

    /// Changes when and how large files are downloaded over several connections.
    #[must_use]
    pub fn with_split(mut self, split: Split) -> Self {
        self.exchange.split = split;
        self
    }

    /// Ends every download of this client with [`FetchError::Cancelled`], also those that wait for a silent
    /// server. What was received stays for the next try.
    pub fn cancel(&self) {
        self.exchange.cancel();
    }

    /// Keeps a copy of every document that is read from now on, for whoever makes a mirror of them.
    #[must_use]
    pub fn recording(mut self) -> Self {
        self.record = Some(Mutex::default());
        self
    }

    /// Takes the documents that were read since the last time, in their order.
    #[must_use]
    pub fn recorded(&self) -> Vec<Document> {
        let record = self.record.as_ref().map(|record| record.lock().unwrap_or_else(PoisonError::into_inner));
        record.map(|mut record| std::mem::take(&mut *record)).unwrap_or_default()
    }

    /// Reads a small document, at most `limit` bytes, asking for the media types in `accept`. A
    /// directory under `file://` is read as its `index.html`, or as a page of links to its entries.
    ///
    /// # Errors
    /// Returns a [`FetchError`] after retries, at once for a host that was given up before, and
    /// [`FetchError::NotFound`] where there is nothing.
    pub fn document(&self, url: &Url, accept: &str, limit: u64) -> Result<Document, FetchError> {
        self.exchange.check(url)?;
        let document = match url.scheme() {
            "file" => local::document(url, limit),
            _ => document::document(&self.exchange, url, accept, limit),
        }?;
        if let Some(record) = &self.record {
            // Under the address that was asked for: a redirect's is not part of the mirror.
            let kept = Document { url: url.clone(), ..document.clone() };
            record.lock().unwrap_or_else(PoisonError::into_inner).push(kept);
        }
        Ok(document)
    }

    /// Returns the size of a file, where its server tells it without sending the file. Asked once:
    /// whoever needs the file learns from [`Client::download`] why it can't be had.
    #[must_use]
    pub fn size(&self, url: &Url) -> Option<u64> {
        self.exchange.check(url).ok()?;
        match url.scheme() {
            "file" => local::size(url),
            _ => document::size(&self.exchange, url),
        }
    }

    /// Asks whether a file can be had, and what its server tells of it, without its content.
    ///
    /// # Errors
    /// Returns a [`FetchError`] as [`Client::document`] does.
    pub fn probe(&self, url: &Url) -> Result<Probe, FetchError> {
        self.exchange.check(url)?;
        match url.scheme() {
            "file" => local::probe(url),
            _ => document::probe(&self.exchange, url),
        }
    }

    /// Downloads a file, resuming what is there, and checks its size and digest. `advance` is told
    /// the number of bytes that each step added, what the part held already included; a restart is
    /// told as a negative number. In the end the part is the whole file, not yet synced, and its
    /// sha256 is returned.
    ///
    /// # Errors
    /// Returns a [`FetchError`]; what was received stays in the part for the next try, unless its
    /// digest was wrong.
    pub fn download(&self, download: &Download<'_>, advance: &dyn Fn(i64)) -> Result<Digest, FetchError> {
        self.exchange.check(download.url)?;
        match download.url.scheme() {
            "file" => local::download(download, advance, &|| self.exchange.fail_if_cancelled(download.url)),
            _ => download::download(&self.exchange, download, advance),
        }
    }
}
