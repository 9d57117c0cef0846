//! Large files over several connections, from servers that give parts of them, and from those that don't.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use cudaman::fetch::{Client, FetchError, Split};

use super::{SIZE, Wanted, bytes, client};
use crate::support::{Fault, Mirror};

const PIECE: u64 = 20_000;

fn splitting() -> Client {
    client().with_split(Split { from: 60_000, piece: PIECE, connections: 4, enough: u64::MAX })
}

fn mirror() -> Mirror {
    let mirror = Mirror::start();
    mirror.put("a", bytes(1));
    mirror
}

fn ranges(mirror: &Mirror) -> Vec<String> {
    mirror.log().iter().filter_map(|request| request.range().map(str::to_owned)).collect()
}

#[test]
fn pieces_come_over_several_connections_each_once() {
    let mirror = mirror();
    // Slow enough that one connection can't have done it all.
    mirror.fault("/a", Fault::Slow(400_000));
    for wanted in [Wanted::new(&bytes(1)), Wanted::without_size(&bytes(1))] {
        mirror.clear_log();
        wanted.succeed(&splitting(), &mirror.at("a"));
        let log = mirror.log();
        assert!(log[0].range().is_none(), "the first piece comes from the first answer");
        let asked: BTreeSet<String> = ranges(&mirror).into_iter().collect();
        let starts = (1..).map(|index| index * PIECE).take_while(|start| *start < SIZE as u64);
        let pieces: BTreeSet<String> =
            starts.map(|start| format!("bytes={start}-{}", start + PIECE - 1)).collect();
        assert_eq!((log.len() - 1, &asked), (pieces.len(), &pieces));
        assert!(log[1..].iter().all(|request| request.header("if-range").is_some()));
        let connections: BTreeSet<usize> = log.iter().map(|request| request.connection).collect();
        assert!((3..=5).contains(&connections.len()), "{connections:?}");
    }
}

#[test]
fn a_connection_that_is_fast_enough_needs_no_others() {
    let mirror = mirror();
    let client = client().with_split(Split { from: 60_000, piece: PIECE, connections: 4, enough: 1 });
    Wanted::new(&bytes(1)).succeed(&client, &mirror.at("a"));
    assert_eq!(mirror.log().len(), 1);
}

#[test]
fn a_file_that_is_not_large_and_a_client_without_connections_to_spare_ask_once() {
    let mirror = mirror();
    let large =
        client().with_split(Split { from: SIZE as u64 + 1, piece: PIECE, connections: 4, enough: u64::MAX });
    Wanted::new(&bytes(1)).succeed(&large, &mirror.at("a"));
    let alone = client().with_split(Split { from: 60_000, piece: PIECE, connections: 1, enough: u64::MAX });
    Wanted::new(&bytes(1)).succeed(&alone, &mirror.at("a"));
    assert_eq!(mirror.log().len(), 2);
}

#[test]
fn what_was_received_is_not_asked_for_again() {
    let mirror = mirror();
    mirror.fault_times("/a", 1, Fault::CutAfter(150_000));
    let wanted = Wanted::new(&bytes(1));
    assert!(wanted.download(&client_of_one_try(), &mirror.at("a")).is_err());
    mirror.clear_log();
    wanted.succeed(&splitting(), &mirror.at("a"));
    let asked = ranges(&mirror);
    assert_eq!(asked[0], "bytes=150000-");
    assert!(asked.iter().all(|range| start(range) >= 150_000), "{asked:?}");
    assert!(asked.len() > 2, "{asked:?}");
}

fn client_of_one_try() -> Client {
    client().with_patience(cudaman::fetch::Patience { tries: 1, ..super::patience() })
}

fn start(range: &str) -> u64 {
    let digits: String =
        range.trim_start_matches("bytes=").chars().take_while(char::is_ascii_digit).collect();
    digits.parse().expect("a number")
}

#[test]
fn servers_that_give_no_parts_or_other_ones_are_asked_for_one_stream() {
    for fault in [
        Fault::NoRange,
        Fault::ShiftedRange(1),
        Fault::Header("Content-Range", "bytes 20000-39999/999999".to_owned()),
        Fault::Header("Content-Range", "nonsense".to_owned()),
    ] {
        let mirror = mirror();
        mirror.fault("/a", fault.clone());
        Wanted::new(&bytes(1)).succeed(&splitting(), &mirror.at("a"));
        let requests = mirror.log().len();
        assert!(requests <= 8, "{fault:?}: {requests} requests");
    }
}

#[test]
fn without_a_name_for_its_version_a_file_is_not_taken_apart() {
    let mirror = mirror();
    mirror.fault("/a", Fault::NoValidator);
    Wanted::new(&bytes(1)).succeed(&splitting(), &mirror.at("a"));
    assert_eq!(mirror.log().len(), 1);
}

#[test]
fn a_file_that_changes_in_between_is_downloaded_anew() {
    let mirror = mirror();
    mirror.fault_times("/a", 1, Fault::ChangedBetween(bytes(2)));
    Wanted::new(&bytes(2)).succeed(&splitting(), &mirror.at("a"));
}

#[test]
fn pieces_that_are_cut_stall_or_are_refused_for_a_time_come_later() {
    for fault in [
        Fault::CutAfter(5_000),
        Fault::CutAfter(0),
        Fault::Hangup,
        Fault::Stall(1_000, Duration::from_millis(900)),
        Fault::RetryAfter(503, 0),
    ] {
        let mirror = mirror();
        mirror.fault_times("/a", 3, fault);
        Wanted::new(&bytes(1)).succeed(&splitting(), &mirror.at("a"));
    }
}

#[test]
fn what_is_refused_to_further_connections_comes_over_one() {
    for fault in [Fault::Status(403), Fault::Status(404), Fault::Status(416), Fault::RetryAfter(503, 60)] {
        let mirror = mirror();
        mirror.fault("/a", Fault::OfPieces(Box::new(fault)));
        Wanted::new(&bytes(1)).succeed(&splitting(), &mirror.at("a"));
    }
}

#[test]
fn a_file_of_two_versions_is_downloaded_anew_in_one_stream() {
    let mirror = mirror();
    mirror.fault_times("/a", 16, Fault::OfRanges(Box::new(Fault::WrongByte(200_000))));
    Wanted::new(&bytes(1)).succeed(&splitting(), &mirror.at("a"));
    assert!(mirror.log().last().is_some_and(|request| request.range().is_none()));
    // A server that doesn't heed If-Range still names another version.
    let other = mirror_of_another_version();
    Wanted::new(&bytes(1)).succeed(&splitting(), &other.at("a"));
}

fn mirror_of_another_version() -> Mirror {
    let mirror = mirror();
    let header = Fault::Header("ETag", "\"another\"".to_owned());
    mirror.fault("/a", Fault::OfPieces(Box::new(header)));
    mirror
}

#[test]
fn a_wrong_byte_is_found() {
    let mirror = mirror();
    mirror.fault("/a", Fault::WrongByte(200_000));
    let wanted = Wanted::new(&bytes(1));
    let error = wanted.download(&splitting(), &mirror.at("a")).expect_err("another digest");
    assert!(matches!(error, FetchError::Mismatch { .. }), "{error}");
    mirror.clear_faults();
    wanted.succeed(&splitting(), &mirror.at("a"));
}

#[test]
fn a_server_that_fails_for_good_fails_the_download_and_what_came_stays() {
    let mirror = mirror();
    mirror.fault("/a", Fault::CutAfter(30_000));
    let wanted = Wanted::new(&bytes(1));
    let impatient = client_of_one_try().with_split(Split {
        from: 60_000,
        piece: 50_000,
        connections: 4,
        enough: u64::MAX,
    });
    assert!(wanted.download(&impatient, &mirror.at("a")).is_err());
    let held = wanted.held();
    assert!(!held.is_empty() && bytes(1).starts_with(&held), "{} bytes", held.len());
}

#[test]
fn who_waits_for_a_silent_server_is_woken_by_a_cancellation() {
    for fault in [
        Fault::StallFirst(Duration::from_secs(20)),
        Fault::Stall(10_000, Duration::from_secs(20)),
        Fault::OfRanges(Box::new(Fault::Stall(1_000, Duration::from_secs(20)))),
    ] {
        let patient = || cudaman::fetch::Patience { stall: Duration::from_secs(30), ..super::patience() };
        let client = splitting().with_patience(patient());
        let mirror = mirror();
        // The host is known by then to answer.
        Wanted::new(&bytes(1)).succeed(&client, &mirror.at("a"));
        mirror.fault("/a", fault.clone());
        let begun = Instant::now();
        let error = std::thread::scope(|scope| {
            scope.spawn(|| {
                std::thread::sleep(Duration::from_millis(300));
                client.cancel();
            });
            Wanted::new(&bytes(1)).download(&client, &mirror.at("a")).expect_err("cancelled")
        });
        assert!(matches!(error, FetchError::Cancelled { .. }), "{fault:?}: {error}");
        assert!(begun.elapsed() < Duration::from_secs(5), "{fault:?}: {:?}", begun.elapsed());
    }
}

#[test]
fn a_cancelled_client_ends_its_downloads_and_keeps_what_came() {
    for client in [client(), splitting()] {
        let mirror = mirror();
        mirror.fault("/a", Fault::Slow(50_000));
        let wanted = Wanted::new(&bytes(1));
        let begun = Instant::now();
        let error = std::thread::scope(|scope| {
            scope.spawn(|| {
                std::thread::sleep(Duration::from_millis(500));
                client.cancel();
            });
            wanted.download(&client, &mirror.at("a")).expect_err("cancelled")
        });
        assert!(matches!(error, FetchError::Cancelled { .. }), "{error}");
        assert!(begun.elapsed() < Duration::from_secs(4), "the whole file takes six seconds");
        let held = wanted.held();
        assert!(!held.is_empty() && bytes(1).starts_with(&held), "{} bytes", held.len());
        assert!(wanted.download(&client, &mirror.at("a")).is_err(), "it is of no use any more");
    }
}
