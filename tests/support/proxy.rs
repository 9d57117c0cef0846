//! A proxy that leads every host to one server and writes down what it was asked for. It speaks
//! CONNECT, plain HTTP with absolute addresses, and SOCKS5, whichever comes.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use super::listener::Listener;
use super::mirror::{Mirror, Request, parse, read_head};

/// The proxy. It ends when it is dropped.
pub(crate) struct RecordingProxy {
    listener: Listener,
    state: Arc<State>,
}

struct State {
    asked: Mutex<Vec<String>>,
    heads: Mutex<Vec<Request>>,
    login: Option<(String, String)>,
    refusal: Option<u16>,
    target: SocketAddr,
}

impl RecordingProxy {
    /// Starts a proxy whose every way leads to a server.
    pub(crate) fn to(mirror: &Mirror) -> Self {
        Self::start(mirror, None, None)
    }

    /// Starts a SOCKS5 proxy that wants a user and password.
    pub(crate) fn with_login(mirror: &Mirror, user: &str, password: &str) -> Self {
        Self::start(mirror, Some((user.to_owned(), password.to_owned())), None)
    }

    /// Starts a proxy that answers each CONNECT with a status.
    pub(crate) fn refusing(mirror: &Mirror, status: u16) -> Self {
        Self::start(mirror, None, Some(status))
    }

    fn start(mirror: &Mirror, login: Option<(String, String)>, refusal: Option<u16>) -> Self {
        let target = mirror.address();
        let state =
            Arc::new(State { asked: Mutex::default(), heads: Mutex::default(), login, refusal, target });
        let served = Arc::clone(&state);
        let listener = Listener::start(move |stream, _| {
            let _ = served.serve(stream);
        });
        Self { listener, state }
    }

    pub(crate) const fn address(&self) -> SocketAddr {
        self.listener.address()
    }

    /// Returns each `host:port` that was asked for.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.state.asked.lock().expect("no thread panics with it").clone()
    }

    /// Returns the heads of the requests to the proxy itself.
    pub(crate) fn heads(&self) -> Vec<Request> {
        self.state.heads.lock().expect("no thread panics with it").clone()
    }
}

impl State {
    fn serve(&self, mut stream: TcpStream) -> io::Result<()> {
        let mut first = [0];
        stream.peek(&mut first)?;
        if first[0] == 5 {
            return self.serve_socks(stream);
        }
        let head = read_head(&mut stream).ok_or(io::ErrorKind::UnexpectedEof)?;
        let request = parse(&head).ok_or(io::ErrorKind::InvalidData)?;
        self.heads.lock().expect("no thread panics with it").push(request.clone());
        if let Some(status) = self.refusal {
            return write!(stream, "HTTP/1.1 {status} No\r\nContent-Length: 0\r\n\r\n");
        }
        if request.method == "CONNECT" {
            self.note(request.target);
            stream.write_all(b"HTTP/1.1 200 Connected\r\n\r\n")?;
            return self.tunnel(stream, b"");
        }
        let (_, rest) = request.target.split_once("://").ok_or(io::ErrorKind::InvalidData)?;
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        self.note(host.to_owned());
        self.tunnel(stream, head.replacen(&request.target, &format!("/{path}"), 1).as_bytes())
    }

    fn serve_socks(&self, mut stream: TcpStream) -> io::Result<()> {
        let methods = usize::from(take::<2>(&mut stream)?[1]);
        let mut offered = vec![0; methods];
        stream.read_exact(&mut offered)?;
        let wanted = if self.login.is_some() { 2 } else { 0 };
        if !offered.contains(&wanted) {
            return stream.write_all(&[5, 0xff]);
        }
        stream.write_all(&[5, wanted])?;
        if let Some((user, password)) = &self.login {
            take::<1>(&mut stream)?;
            let given = (take_text(&mut stream)?, take_text(&mut stream)?);
            let right = given == (user.clone(), password.clone());
            stream.write_all(&[1, u8::from(!right)])?;
            if !right {
                return Ok(());
            }
        }
        let host = match take::<4>(&mut stream)?[3] {
            1 => std::net::Ipv4Addr::from(take::<4>(&mut stream)?).to_string(),
            _ => take_text(&mut stream)?,
        };
        let port = u16::from_be_bytes(take::<2>(&mut stream)?);
        self.note(format!("{host}:{port}"));
        let reply = if self.refusal.is_some() { 4 } else { 0 };
        stream.write_all(&[5, reply, 0, 1, 0, 0, 0, 0, 0, 0])?;
        if reply == 0 { self.tunnel(stream, b"") } else { Ok(()) }
    }

    fn note(&self, host: String) {
        self.asked.lock().expect("no thread panics with it").push(host);
    }

    fn tunnel(&self, client: TcpStream, head: &[u8]) -> io::Result<()> {
        let mut server = TcpStream::connect(self.target)?;
        server.write_all(head)?;
        let (mut from_client, mut to_server) = (client.try_clone()?, server.try_clone()?);
        let upwards = thread::spawn(move || {
            let _ = io::copy(&mut from_client, &mut to_server);
            let _ = to_server.shutdown(Shutdown::Both);
        });
        let _ = io::copy(&mut server, &mut &client);
        let _ = client.shutdown(Shutdown::Both);
        upwards.join().map_err(|_| io::ErrorKind::Other.into())
    }
}

fn take<const N: usize>(stream: &mut TcpStream) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    stream.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn take_text(stream: &mut TcpStream) -> io::Result<String> {
    let mut text = vec![0; usize::from(take::<1>(stream)?[0])];
    stream.read_exact(&mut text)?;
    String::from_utf8(text).map_err(|_| io::ErrorKind::InvalidData.into())
}
