//! A listener on loopback with one thread per connection, a bounded number of them, all of which end
//! when it is dropped.

use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

const MOST_CONNECTIONS: usize = 128;

/// Runs a function for each connection until it is dropped.
pub(super) struct Listener {
    address: SocketAddr,
    connections: Arc<Mutex<Vec<Open>>>,
    acceptor: Option<JoinHandle<()>>,
    stop: Stop,
}

/// A connection and the thread that serves it.
struct Open {
    stream: TcpStream,
    thread: JoinHandle<()>,
}

/// Tells threads that the listener was dropped.
#[derive(Clone, Default)]
pub(super) struct Stop(Arc<AtomicBool>);

impl Stop {
    pub(super) fn is_set(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }

    /// Sleeps, but not longer than the listener lives.
    pub(super) fn sleep(&self, time: Duration) {
        let end = Instant::now() + time;
        while !self.is_set() && Instant::now() < end {
            thread::sleep(Duration::from_millis(5).min(end.saturating_duration_since(Instant::now())));
        }
    }
}

impl Listener {
    pub(super) fn start(handle: impl Fn(TcpStream, &Stop) + Send + Sync + 'static) -> Self {
        let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port on loopback");
        let address = socket.local_addr().expect("a bound socket has an address");
        let (connections, stop) = (Arc::default(), Stop::default());
        let acceptor = thread::spawn({
            let (connections, stop) = (Arc::clone(&connections), stop.clone());
            let handle = Arc::new(handle);
            move || accept(&socket, &connections, &stop, &handle)
        });
        Self { address, connections, acceptor: Some(acceptor), stop }
    }

    pub(super) const fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.stop.0.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        if let Some(acceptor) = self.acceptor.take() {
            let _ = acceptor.join();
        }
        let connections = std::mem::take(&mut *self.connections.lock().expect("no thread panics with it"));
        for Open { stream, .. } in &connections {
            let _ = stream.shutdown(Shutdown::Both);
        }
        for Open { thread, .. } in connections {
            let _ = thread.join();
        }
    }
}

fn accept<F>(socket: &TcpListener, connections: &Mutex<Vec<Open>>, stop: &Stop, handle: &Arc<F>)
where
    F: Fn(TcpStream, &Stop) + Send + Sync + 'static,
{
    for stream in socket.incoming() {
        if stop.is_set() {
            return;
        }
        let Ok(stream) = stream else { continue };
        let Ok(twin) = stream.try_clone() else { continue };
        let mut connections = connections.lock().expect("no thread panics with it");
        connections.retain(|open| !open.thread.is_finished());
        if connections.len() >= MOST_CONNECTIONS {
            continue;
        }
        let (handle, stop) = (Arc::clone(handle), stop.clone());
        let thread = thread::spawn(move || {
            let twin = stream.try_clone();
            handle(stream, &stop);
            // The list of connections holds another descriptor, so a drop alone would not close it.
            if let Ok(twin) = twin {
                let _ = twin.shutdown(Shutdown::Both);
            }
        });
        connections.push(Open { stream: twin, thread });
    }
}
