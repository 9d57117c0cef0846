//! What an error of the network means, in words for a person; decides nothing.

use std::io::{self, ErrorKind};
use std::time::Duration;

use rustls::CertificateError;
use ureq::{Error, Timeout};

use super::hosts::Failure;

/// What went wrong with a request.
#[derive(Debug)]
pub(super) enum Diagnosis {
    /// The connection broke, or nothing came.
    Broken(Failure),
    /// TLS failed, mostly because the certificate is not trusted.
    Certificate(String),
    /// What came is not HTTP.
    Malformed(String),
    /// The proxy does not let us through.
    ProxyRefused(String),
    /// The peer of the connection, a proxy if there is one, can't be reached.
    Unreached(Failure),
    /// The proxy can't reach the host.
    UnreachedBehindProxy(Failure),
}

/// Explains an error; the times are those that a host has for connecting and for being silent.
pub(super) fn diagnose(error: &Error, connect: Duration, stall: Duration) -> Diagnosis {
    match error {
        Error::ConnectProxyFailed(words) => proxy_answer(words),
        Error::HostNotFound => Diagnosis::Unreached(Failure::lasting("its name was not found")),
        Error::ConnectionFailed => Diagnosis::Unreached(Failure::passing("no connection")),
        Error::Io(error) => diagnose_io(error),
        Error::Other(other) => match other.downcast_ref::<Failure>() {
            Some(failure) => Diagnosis::Unreached(failure.clone()),
            None => Diagnosis::Broken(Failure::lasting("the request failed")),
        },
        Error::Rustls(error) => Diagnosis::Certificate(tls_words(error)),
        Error::Tls(_) | Error::TlsRequired | Error::Pem(_) => Diagnosis::Certificate("TLS failed".to_owned()),
        Error::Timeout(Timeout::Connect | Timeout::Resolve) => {
            Diagnosis::Unreached(Failure::passing(format!("no answer within {}", seconds(connect))))
        }
        Error::Timeout(_) => {
            Diagnosis::Broken(Failure::lasting(format!("no answer within {}", seconds(stall))))
        }
        _ => Diagnosis::Malformed("it is not proper HTTP".to_owned()),
    }
}

/// Explains why reading a body failed.
pub(super) fn body_words(error: io::Error, stall: Duration) -> String {
    match Error::from(error) {
        Error::Timeout(_) => stall_words(stall),
        Error::Io(error) if error.kind() == ErrorKind::UnexpectedEof => {
            "the connection was closed before the end".to_owned()
        }
        Error::Io(error) => io_words(&error),
        _ => "the answer is not proper HTTP".to_owned(),
    }
}

/// Says that a transfer stalled.
pub(super) fn stall_words(stall: Duration) -> String {
    format!("hardly a byte came for {}", seconds(stall))
}

/// Returns the pause that a server asks for. A date is not understood: clocks differ.
pub(super) fn retry_after(value: &str) -> Option<Duration> {
    value.parse().ok().map(Duration::from_secs)
}

fn diagnose_io(error: &io::Error) -> Diagnosis {
    if let Some(tls) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        return Diagnosis::Certificate(tls_words(tls));
    }
    match error.kind() {
        ErrorKind::NetworkUnreachable | ErrorKind::AddrNotAvailable => {
            Diagnosis::Unreached(Failure::lasting("there is no network that leads there"))
        }
        ErrorKind::ConnectionRefused | ErrorKind::HostUnreachable | ErrorKind::TimedOut => {
            Diagnosis::Unreached(Failure::passing(io_words(error)))
        }
        ErrorKind::PermissionDenied if error.raw_os_error().is_none() => {
            Diagnosis::ProxyRefused("it wants another user or password".to_owned())
        }
        // What ureq's SOCKS handshake reports: our side found nothing wrong, the proxy said no.
        ErrorKind::Other => {
            let words = error.to_string();
            match words.as_str() {
                "no acceptable auth methods" | "unknown auth method" => {
                    Diagnosis::ProxyRefused("it wants a user and password".to_owned())
                }
                _ => Diagnosis::UnreachedBehindProxy(Failure::passing(format!(
                    "the proxy says: {}",
                    words.escape_default()
                ))),
            }
        }
        _ => Diagnosis::Broken(Failure::passing(io_words(error))),
    }
}

fn proxy_answer(words: &str) -> Diagnosis {
    let status = words.rsplit(' ').next().and_then(|last| last.split('/').next());
    match status.and_then(|status| status.parse::<u16>().ok()) {
        Some(407) => Diagnosis::ProxyRefused("it wants a user and password (407)".to_owned()),
        Some(status @ (502..=504)) => Diagnosis::UnreachedBehindProxy(Failure::passing(format!(
            "the proxy can't reach it either ({status})"
        ))),
        Some(status) => Diagnosis::ProxyRefused(format!("it answered {status}")),
        None => Diagnosis::ProxyRefused("it did not answer".to_owned()),
    }
}

fn io_words(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::ConnectionRefused => "connection refused".to_owned(),
        ErrorKind::ConnectionReset | ErrorKind::BrokenPipe | ErrorKind::ConnectionAborted => {
            "the connection was cut".to_owned()
        }
        ErrorKind::HostUnreachable => "no route to it".to_owned(),
        ErrorKind::TimedOut => "no answer".to_owned(),
        ErrorKind::UnexpectedEof => "the connection was closed without an answer".to_owned(),
        _ => error.to_string().to_lowercase().escape_default().to_string(),
    }
}

fn tls_words(error: &rustls::Error) -> String {
    let rustls::Error::InvalidCertificate(certificate) = error else {
        return format!("TLS failed ({})", error.to_string().escape_default());
    };
    match certificate {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "its certificate has expired, or this machine's clock is wrong"
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "its certificate is not valid yet: this machine's clock is probably wrong"
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "its certificate is for another name"
        }
        CertificateError::UnknownIssuer => "its certificate comes from an authority that is not trusted here",
        CertificateError::Revoked => "its certificate was revoked",
        _ => "its certificate is not valid",
    }
    .to_owned()
}

fn seconds(time: Duration) -> String {
    format!("{} s", time.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIME: Duration = Duration::from_secs(5);

    #[test]
    fn a_proxy_that_refuses_differs_from_one_that_can_t_reach() {
        let answer = |status| {
            diagnose(
                &Error::ConnectProxyFailed(format!("proxy server responded {status}/{status}")),
                TIME,
                TIME,
            )
        };
        assert!(matches!(answer(407), Diagnosis::ProxyRefused(words) if words.contains("password")));
        assert!(matches!(answer(403), Diagnosis::ProxyRefused(words) if words.contains("403")));
        assert!(matches!(answer(503), Diagnosis::UnreachedBehindProxy(_)));
    }

    #[test]
    fn a_wrong_clock_is_named() {
        let error = rustls::Error::InvalidCertificate(CertificateError::NotValidYet);
        let wrapped = Error::Io(io::Error::new(ErrorKind::InvalidData, error));
        assert!(
            matches!(diagnose(&wrapped, TIME, TIME), Diagnosis::Certificate(words) if words.contains("clock"))
        );
    }

    #[test]
    fn times_read_well() {
        let words = diagnose(&Error::Timeout(Timeout::Connect), TIME, TIME);
        assert!(matches!(words, Diagnosis::Unreached(failure) if failure.reason == "no answer within 5 s"));
    }

    #[test]
    fn only_seconds_are_taken_for_a_pause() {
        assert_eq!(retry_after("3"), Some(Duration::from_secs(3)));
        assert_eq!(retry_after("Fri, 31 Dec 1999 23:59:59 GMT"), None);
        assert_eq!(retry_after("-1"), None);
    }
}
