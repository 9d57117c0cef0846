//! Hosts that can't be reached: given up in time, once, in one line.

use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use cudaman::fetch::{Client, FetchError, Patience, Settings};
use url::Url;

use super::{ACCEPT, Wanted, bytes, client, client_with, patience, settings};
use crate::support::{Fault, Mirror};

const TIME: Duration = Duration::from_millis(600);

/// What a busy machine may add.
const SLACK: Duration = Duration::from_millis(700);

fn quick() -> Client {
    client_with(&Settings { connect_timeout: TIME, ..settings() }, &[])
}

fn fail(client: &Client, url: &Url) -> FetchError {
    client.document(url, ACCEPT, 1000).expect_err("it can't be reached")
}

/// Returns a socket whose queue is full: whoever connects gets no answer, not even a refusal.
pub(crate) fn black_hole() -> (TcpListener, Vec<TcpStream>) {
    let socket = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = socket.local_addr().expect("bound");
    let mut queue = Vec::new();
    while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_millis(150)) {
        queue.push(stream);
        assert!(queue.len() < 10_000, "the queue has no end");
    }
    (socket, queue)
}

fn url(scheme: &str, socket: &TcpListener) -> Url {
    let port = socket.local_addr().expect("bound").port();
    format!("{scheme}://127.0.0.1:{port}/x").parse().expect("an address")
}

#[test]
fn a_refusal_is_remembered() {
    let socket = TcpListener::bind("127.0.0.1:0").expect("a port");
    let closed = url("http", &socket);
    drop(socket);
    let client = quick();
    let start = Instant::now();
    let error = fail(&client, &closed);
    assert!(start.elapsed() < TIME, "a host that never answered is given up soon");
    let host = format!("127.0.0.1:{}", closed.port().expect("a port"));
    assert_eq!(error.to_string(), format!("could not reach `{host}`: connection refused"));
    assert!(error.is_unreachable() && error.hint().is_some());
    let start = Instant::now();
    for path in 0..100 {
        assert!(fail(&client, &closed.join(&path.to_string()).expect("a path")).is_unreachable());
    }
    assert!(start.elapsed() < Duration::from_millis(100), "it is not tried again");
}

#[test]
fn a_black_hole_takes_its_time_once_for_all_files() {
    let (socket, queue) = black_hole();
    let (client, url) = (quick(), url("http", &socket));
    let start = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let error = fail(&client, &url);
                assert!(error.to_string().ends_with("no answer within 0.6 s"), "{error}");
            });
        }
    });
    let wanted = Wanted::new(&bytes(1));
    assert!(wanted.download(&client, &url).is_err_and(|error| error.is_unreachable()));
    let spent = start.elapsed();
    assert!((TIME..TIME + SLACK).contains(&spent), "{spent:?}");
    assert!(wanted.names().is_empty());
    drop(queue);
}

#[test]
fn a_handshake_that_hangs_counts_as_unreached() {
    let socket = TcpListener::bind("127.0.0.1:0").expect("a port");
    let (client, url) = (quick(), url("https", &socket));
    let start = Instant::now();
    assert!(fail(&client, &url).is_unreachable());
    assert!(start.elapsed() < TIME + SLACK);
}

#[test]
fn a_host_that_takes_connections_and_says_nothing_is_given_up_after_one_stall() {
    let mirror = Mirror::start();
    mirror.fault("*", Fault::StallFirst(Duration::from_secs(60)));
    let (client, start) = (client(), Instant::now());
    assert_eq!(fail(&client, &mirror.at("a")).to_string().split(": ").last(), Some("no answer within 0.3 s"));
    assert!(fail(&client, &mirror.at("b")).is_unreachable());
    assert!(start.elapsed() < patience().stall + SLACK);
    assert_eq!(mirror.log().len(), 1);
}

#[test]
fn the_first_answer_has_no_longer_than_a_connection() {
    let mirror = Mirror::start();
    mirror.put("/quick", "x");
    mirror.fault("/slow*", Fault::StallFirst(TIME * 2));
    let patient = || quick().with_patience(Patience { stall: Duration::from_secs(30), ..patience() });
    let start = Instant::now();
    assert!(fail(&patient(), &mirror.at("slow")).to_string().ends_with("no answer within 0.6 s"));
    assert!(start.elapsed() < TIME + SLACK, "{:?}", start.elapsed());
    mirror.put("/slower", "y");
    let client = patient();
    client.document(&mirror.at("quick"), ACCEPT, 10).expect("it answers");
    client.document(&mirror.at("slower"), ACCEPT, 10).expect("a host that answered before may think");
}

#[test]
fn a_host_that_hangs_up_is_given_up() {
    let mirror = Mirror::start();
    mirror.fault("*", Fault::Hangup);
    let client = client();
    assert!(fail(&client, &mirror.at("a")).is_unreachable());
    assert!(fail(&client, &mirror.at("b")).is_unreachable());
    assert!(mirror.log().len() <= 4);
}

#[test]
fn a_host_that_goes_away_for_a_moment_is_waited_for() {
    let socket = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = url("http", &socket);
    let patience = Patience { pause: Duration::from_millis(60), tries: 5, ..patience() };
    let client = client_with(&Settings { connect_timeout: Duration::from_secs(5), ..settings() }, &[]);
    let client = client.with_patience(patience);
    let serve = |socket: TcpListener| {
        let (stream, _) = socket.accept().expect("a connection");
        std::io::Read::read(&mut &stream, &mut [0; 1000]).expect("a request");
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx";
        std::io::Write::write_all(&mut &stream, answer).expect("answered");
    };
    let address = socket.local_addr().expect("bound");
    std::thread::scope(|scope| {
        scope.spawn(move || serve(socket));
        client.document(&url, ACCEPT, 10).expect("it answers");
    });
    std::thread::scope(|scope| {
        scope.spawn(move || {
            std::thread::sleep(Duration::from_millis(250));
            serve(TcpListener::bind(address).expect("the port is still free"));
        });
        client.document(&url, ACCEPT, 10).expect("it is back");
    });
}
