//! A connection, plain or with TLS.

use std::fs::File;
use std::io::{self, Read, Write};
use std::net::TcpStream;

use rustls::{ServerConnection, StreamOwned};

use crate::support::authority::Identity;

pub(super) enum Connection {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ServerConnection, TcpStream>>),
}

impl Connection {
    pub(super) fn new(stream: TcpStream, identity: Option<&Identity>) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        let Some(identity) = identity else { return Ok(Self::Plain(stream)) };
        let session = ServerConnection::new(identity.0.clone()).map_err(io::Error::other)?;
        Ok(Self::Tls(Box::new(StreamOwned::new(session, stream))))
    }

    /// Sends a part of a file; over a plain connection the kernel copies it.
    pub(super) fn send_file(&mut self, file: File, length: u64) -> io::Result<u64> {
        let mut file = file.take(length);
        match self {
            Self::Plain(stream) => io::copy(&mut file, stream),
            Self::Tls(stream) => io::copy(&mut file, stream),
        }
    }
}

impl Read for Connection {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.read(buffer),
            Self::Tls(stream) => stream.read(buffer),
        }
    }
}

impl Write for Connection {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.write(bytes),
            Self::Tls(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(stream) => stream.flush(),
            Self::Tls(stream) => stream.flush(),
        }
    }
}
