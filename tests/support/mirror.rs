//! A real HTTP/1.1 server on loopback that stands for NVIDIA's, for a Python index or a mirror, and
//! fails as told. It keeps connections alive, knows ranges, `If-Range` and HEAD, and logs each request.

mod answer;
mod connection;
mod content;
mod request;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use url::Url;

use self::content::{Content, Contents};
use super::authority::Identity;
use super::listener::Listener;
pub(crate) use request::Request;
pub(super) use request::{parse, read_head};

/// What goes wrong with an answer. Several may apply to one.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// After this answer the file has other bytes.
    ChangedBetween(Vec<u8>),
    /// The body is sent in chunks, without a length.
    Chunked,
    /// The body has no length and ends with the connection.
    CloseDelimited,
    /// The connection is cut after so many bytes of the body.
    CutAfter(u64),
    /// The body goes on for ever, without a length.
    Endless,
    /// A header is set to a value, whatever belongs there.
    Header(&'static str, String),
    /// The connection is closed without an answer.
    Hangup,
    /// `Content-Length` names another length.
    LyingLength(u64),
    /// Ranges are ignored.
    NoRange,
    /// There is neither `ETag` nor `Last-Modified`.
    NoValidator,
    /// Another address is named.
    Redirect(String),
    /// This status, with `Retry-After` in seconds.
    RetryAfter(u16, u64),
    /// The range that is answered starts so many bytes later than the one that was asked for.
    ShiftedRange(u64),
    /// Another fault, for requests of a range with an end only: what further connections ask for.
    OfPieces(Box<Fault>),
    /// Another fault, for requests of a range only.
    OfRanges(Box<Fault>),
    /// So many bytes of the body per second.
    Slow(u64),
    /// After so many bytes of the body, nothing comes for a time.
    Stall(u64, Duration),
    /// Nothing comes for a time, not even a status.
    StallFirst(Duration),
    /// This status.
    Status(u16),
    /// The byte at this offset of the file is wrong.
    WrongByte(u64),
}

/// The server. It ends when it is dropped.
pub(crate) struct Mirror {
    listener: Listener,
    scheme: &'static str,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    contents: Mutex<Contents>,
    faults: Mutex<Vec<ArmedFault>>,
    log: Mutex<Vec<Request>>,
    logins: Mutex<Vec<(String, String)>>,
}

struct ArmedFault {
    /// A path; with `*` at its end, a prefix.
    pattern: String,
    left: u32,
    fault: Fault,
}

impl Mirror {
    pub(crate) fn start() -> Self {
        Self::start_as(None)
    }

    /// Starts a server that speaks TLS. Its address is that of `localhost`.
    pub(crate) fn start_tls(identity: &Identity) -> Self {
        Self::start_as(Some(identity.clone()))
    }

    fn start_as(identity: Option<Identity>) -> Self {
        let state = Arc::<State>::default();
        let scheme = if identity.is_some() { "https" } else { "http" };
        let served = Arc::clone(&state);
        let connections = AtomicUsize::new(0);
        let listener = Listener::start(move |stream, stop| {
            let number = connections.fetch_add(1, Ordering::SeqCst);
            let Ok(mut connection) = connection::Connection::new(stream, identity.as_ref()) else { return };
            while let Some(mut request) = request::read(&mut connection) {
                request.connection = number;
                lock(&served.log).push(request.clone());
                if !answer::answer(&served, &request, &mut connection, stop) {
                    return;
                }
            }
        });
        Self { listener, scheme, state }
    }

    pub(crate) const fn address(&self) -> SocketAddr {
        self.listener.address()
    }

    /// Returns the address of the root, with a final slash.
    pub(crate) fn url(&self) -> Url {
        let (scheme, port) = (self.scheme, self.address().port());
        let host = if scheme == "https" { "localhost" } else { "127.0.0.1" };
        format!("{scheme}://{host}:{port}/").parse().expect("an address")
    }

    /// Returns the address of a path.
    pub(crate) fn at(&self, path: &str) -> Url {
        self.url().join(path).expect("a path")
    }

    /// Serves bytes at a path, in place of what was there.
    pub(crate) fn put(&self, path: &str, bytes: impl Into<Vec<u8>>) {
        lock(&self.state.contents).put(path, Content::bytes(bytes.into()));
    }

    /// Serves bytes at a path, with a media type.
    pub(crate) fn put_as(&self, path: &str, media_type: &str, bytes: impl Into<Vec<u8>>) {
        lock(&self.state.contents).put(path, Content::bytes(bytes.into()).typed(media_type));
    }

    /// Takes away what is served at a path.
    pub(crate) fn remove(&self, path: &str) {
        lock(&self.state.contents).remove(path);
    }

    /// Serves a directory below a prefix, its listings included; large files are streamed.
    pub(crate) fn serve_directory(&self, prefix: &str, directory: &Path) {
        lock(&self.state.contents).mount(prefix, directory);
    }

    /// Fails every answer for a path, or for a prefix that ends with `*`.
    pub(crate) fn fault(&self, pattern: &str, fault: Fault) {
        self.fault_times(pattern, u32::MAX, fault);
    }

    /// Fails so many answers. Faults of one path count down together, if they are to act together.
    pub(crate) fn fault_times(&self, pattern: &str, times: u32, fault: Fault) {
        lock(&self.state.faults).push(ArmedFault { pattern: pattern.to_owned(), left: times, fault });
    }

    pub(crate) fn clear_faults(&self) {
        lock(&self.state.faults).clear();
    }

    /// Answers 401 below a prefix unless the user and password are sent.
    pub(crate) fn require_login(&self, prefix: &str, user: &str, password: &str) {
        let header = format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{password}")));
        lock(&self.state.logins).push((prefix.to_owned(), header));
    }

    /// Returns the paths that bytes are served at.
    pub(crate) fn paths(&self) -> Vec<String> {
        lock(&self.state.contents).paths()
    }

    /// Returns what is served at a path.
    pub(crate) fn bytes(&self, path: &str) -> Vec<u8> {
        lock(&self.state.contents).bytes_at(path).expect("it is served")
    }

    /// Forgets the requests so far.
    pub(crate) fn clear_log(&self) {
        lock(&self.state.log).clear();
    }

    /// Writes what is served at paths below a directory, as a mirror on disk has it.
    pub(crate) fn write_to(&self, directory: &Path) {
        for path in self.paths() {
            let bytes = lock(&self.state.contents).bytes_at(&path).expect("it is served");
            let name = if path.ends_with('/') { format!("{path}index.html") } else { path };
            let file = directory.join(name.trim_start_matches('/'));
            std::fs::create_dir_all(file.parent().expect("a parent")).expect("a directory");
            std::fs::write(file, bytes).expect("a file");
        }
    }

    /// Returns every request so far.
    pub(crate) fn log(&self) -> Vec<Request> {
        lock(&self.state.log).clone()
    }

    /// Returns the requests for a path so far.
    pub(crate) fn requests(&self, path: &str) -> Vec<Request> {
        self.log().into_iter().filter(|request| request.path() == path).collect()
    }
}

impl State {
    fn take_faults(&self, path: &str) -> Vec<Fault> {
        let mut taken = Vec::new();
        for armed in lock(&self.faults).iter_mut().filter(|armed| armed.left > 0) {
            let matches = match armed.pattern.strip_suffix('*') {
                Some(prefix) => path.starts_with(prefix),
                None => path == armed.pattern,
            };
            if matches {
                armed.left = armed.left.saturating_sub(u32::from(armed.left != u32::MAX));
                taken.push(armed.fault.clone());
            }
        }
        taken
    }

    fn may_see(&self, request: &Request) -> bool {
        let logins = lock(&self.logins);
        let mut needed = logins.iter().filter(|(prefix, _)| request.path().starts_with(prefix.as_str()));
        needed.all(|(_, header)| request.header("authorization") == Some(header))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("no thread panics with it")
}
