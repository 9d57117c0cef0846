//! Why something could not be fetched, in one line each. No text in here ever holds a credential:
//! addresses come in through [`super::shown`], and words of a server are not repeated.

use std::io;
use std::path::{Path, PathBuf};

use url::Url;

use super::address::shown;

/// Why something could not be fetched.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// It was given up, since something else failed that it was needed for.
    #[error("stopped fetching `{url}`")]
    Cancelled {
        /// The address, as [`super::shown`].
        url: String,
    },
    /// The server's certificate is not trusted, or TLS failed otherwise.
    #[error("could not trust `{host}`: {reason}")]
    Certificate {
        /// The host's name.
        host: String,
        /// Why.
        reason: String,
    },
    /// The transfer broke or stalled, more often than is worth trying again.
    #[error("could not finish `{url}`: {reason}")]
    Cut {
        /// The address, as [`super::shown`].
        url: String,
        /// What happened last.
        reason: String,
    },
    /// The disk or the quota is full.
    #[error("could not write `{}`: the disk or the quota is full", path.display())]
    DiskFull {
        /// The file that could not grow.
        path: PathBuf,
    },
    /// A file can't be read or written.
    #[error("could not use `{}`: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The answer can't be understood.
    #[error("could not understand the answer for `{url}`: {reason}")]
    Malformed {
        /// The address, as [`super::shown`].
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The bytes are not the promised ones.
    #[error("could not verify `{url}`: expected {expected}, got {got}")]
    Mismatch {
        /// The address, as [`super::shown`].
        url: String,
        /// The promised digest or size.
        expected: String,
        /// The digest or size of what came.
        got: String,
    },
    /// There is nothing at this address.
    #[error("could not find `{url}`: the server has no such file")]
    NotFound {
        /// The address, as [`super::shown`].
        url: String,
    },
    /// The network is switched off by a setting.
    #[error("could not fetch `{url}`: cudaman is set to work offline")]
    Offline {
        /// The address, as [`super::shown`].
        url: String,
    },
    /// The proxy does not let us through.
    #[error("could not pass the proxy `{proxy}` of `{variable}`: {reason}")]
    Proxy {
        /// The proxy's host and port.
        proxy: String,
        /// The environment variable that names it.
        variable: &'static str,
        /// What it answered.
        reason: String,
    },
    /// An address that the rules forbid to use.
    #[error("refused to fetch `{url}`: {reason}")]
    Refused {
        /// The address, as [`super::shown`].
        url: String,
        /// The rule.
        reason: &'static str,
    },
    /// A setting or an environment variable that can't be used. Its value is not shown: it may
    /// hold a password.
    #[error("could not use `{name}`: {reason}")]
    Setting {
        /// The setting or variable.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The server answered with an error.
    #[error("could not fetch `{url}`: the server answered {status}{}", status_words(*status))]
    Status {
        /// The address, as [`super::shown`].
        url: String,
        /// The HTTP status.
        status: u16,
    },
    /// A document is longer than a document of its kind can be.
    #[error("could not read `{url}`: it is longer than {limit} bytes")]
    TooLarge {
        /// The address, as [`super::shown`].
        url: String,
        /// The longest that is accepted.
        limit: u64,
    },
    /// The host can't be reached.
    #[error("could not reach `{host}`: {reason}")]
    Unreachable {
        /// The host's name.
        host: String,
        /// Why.
        reason: String,
    },
}

impl FetchError {
    /// Tells whether the way to the host is missing, so that another source may still be asked.
    #[must_use]
    pub const fn is_unreachable(&self) -> bool {
        matches!(self, Self::Offline { .. } | Self::Proxy { .. } | Self::Unreachable { .. })
    }

    /// Returns what to try next, where that is clear.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Certificate { reason, .. } if reason.contains("clock") => "set the system's clock",
            Self::Certificate { .. } => {
                "if your network has its own certificate authority, name its file in `CUDAMAN_CA_FILE`"
            }
            Self::Cut { .. } => "run the command again: it goes on where it stopped",
            Self::DiskFull { .. } => {
                "free some space, for example with `cudaman gc`, and run the command again: it goes on where it stopped"
            }
            Self::Io { source, .. } if source.kind() == io::ErrorKind::FileTooLarge => {
                "raise the limit on the size of files: `ulimit -f unlimited`"
            }
            Self::Malformed { .. } => {
                "use another mirror with `CUDAMAN_MIRROR`, or another source with `--source`"
            }
            Self::Mismatch { got, .. } if got.contains("html") => {
                "a login page or a proxy seems to answer in the server's place"
            }
            Self::Mismatch { .. } => "run the command again; if it fails the same way, use another mirror",
            Self::NotFound { .. } => {
                "use another mirror with `CUDAMAN_MIRROR`, or see with `cudaman list-remote` what this one has"
            }
            Self::Offline { .. } => "unset `CUDAMAN_OFFLINE`, or drop `--offline`",
            Self::Proxy { .. } => {
                "check the proxy's address and password, or exempt the host with `NO_PROXY`"
            }
            Self::Refused { reason, .. } if *reason == super::address::PLAIN_HTTP => {
                "use an https address, or set `allow-http`"
            }
            Self::Status { status: 401 | 403, .. } => {
                "put the user and password into the mirror's address, or use another mirror with `CUDAMAN_MIRROR`"
            }
            Self::Setting { name, .. } => return Some(format!("correct or unset `{name}`")),
            Self::Status { .. } => "try again later, or use another mirror with `CUDAMAN_MIRROR`",
            Self::Unreachable { .. } => {
                "check the network, name a proxy in `HTTPS_PROXY`, or a mirror in `CUDAMAN_MIRROR`"
            }
            _ => return None,
        };
        Some(hint.to_owned())
    }

    pub(super) fn cut(url: &Url, reason: impl Into<String>) -> Self {
        Self::Cut { url: shown(url), reason: reason.into() }
    }

    pub(super) fn malformed(url: &Url, reason: impl Into<String>) -> Self {
        Self::Malformed { url: shown(url), reason: reason.into() }
    }

    pub(super) fn mismatch(url: &Url, expected: impl ToString, got: impl ToString) -> Self {
        Self::Mismatch { url: shown(url), expected: expected.to_string(), got: got.to_string() }
    }

    pub(super) fn refused(url: &Url, reason: &'static str) -> Self {
        Self::Refused { url: shown(url), reason }
    }

    pub(super) fn status(url: &Url, status: u16) -> Self {
        match status {
            404 | 410 => Self::NotFound { url: shown(url) },
            _ => Self::Status { url: shown(url), status },
        }
    }

    /// Returns the error of a file operation, setting a full disk apart.
    pub(super) fn file(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull { path },
            _ => Self::Io { path, source },
        }
    }
}

const fn status_words(status: u16) -> &'static str {
    match status {
        401 => " (a login is needed)",
        403 => " (it wants a login, or a firewall blocks this mirror)",
        407 => " (the proxy wants a login)",
        408 | 504 => " (it took too long)",
        429 => " (too many requests)",
        500 => " (an error of the server)",
        502 | 503 => " (it is not available now)",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_told_apart() {
        for code in [rustix::io::Errno::NOSPC, rustix::io::Errno::DQUOT] {
            let error = FetchError::file(Path::new("/part"), io::Error::from(code));
            assert_eq!(error.to_string(), "could not write `/part`: the disk or the quota is full");
            assert!(error.hint().is_some_and(|hint| hint.contains("cudaman gc")));
        }
    }

    #[test]
    fn statuses_speak() {
        let url: Url = "https://user:secret@a.example/x?sig=secret".parse().expect("an address");
        let forbidden = FetchError::status(&url, 403);
        assert!(forbidden.to_string().contains("403 (it wants a login"), "{forbidden}");
        assert!(!forbidden.to_string().contains("secret"));
        assert!(matches!(FetchError::status(&url, 404), FetchError::NotFound { .. }));
    }
}
