//! Downloads that stop and go on.

use std::time::{Duration, Instant};

use cudaman::fetch::{FetchError, Patience};

use super::{SIZE, Wanted, bytes, client, patience};
use crate::support::{Fault, Mirror};

fn impatient() -> cudaman::fetch::Client {
    client().with_patience(Patience { tries: 1, ..patience() })
}

/// Downloads the first bytes as a process that was then killed.
fn begun(mirror: &Mirror, wanted: &Wanted, length: u64) {
    mirror.fault_times("/a", 1, Fault::CutAfter(length));
    let error = wanted.download(&impatient(), &mirror.at("a")).expect_err("cut");
    assert!(matches!(error, FetchError::Cut { .. }), "{error}");
    assert!(error.hint().is_some_and(|hint| hint.contains("goes on where it stopped")));
    assert_eq!(wanted.held().len() as u64, length);
}

#[test]
fn a_new_process_goes_on_where_the_old_one_stopped() {
    let mirror = Mirror::start();
    mirror.put("a", bytes(1));
    let wanted = Wanted::new(&bytes(1));
    begun(&mirror, &wanted, 100_000);
    wanted.succeed(&client(), &mirror.at("a"));
    let request = &mirror.log()[1];
    assert_eq!(request.range(), Some("bytes=100000-"));
    assert!(request.header("if-range").is_some_and(|version| version.starts_with('"')));
}

#[test]
fn a_connection_may_be_cut_often_while_it_brings_something() {
    let mirror = Mirror::start();
    mirror.put("a", bytes(1));
    mirror.fault_times("/a", 9, Fault::CutAfter(30_000));
    Wanted::new(&bytes(1)).succeed(&client(), &mirror.at("a"));
    let ranges: Vec<_> = mirror.log().iter().map(|request| request.range().map(str::to_owned)).collect();
    assert_eq!(ranges.len(), 10);
    assert_eq!(ranges[9].as_deref(), Some("bytes=270000-"));
}

#[test]
fn a_connection_that_brings_nothing_is_given_up() {
    let mirror = Mirror::start();
    mirror.put("a", bytes(1));
    mirror.fault("/a", Fault::CutAfter(0));
    let wanted = Wanted::new(&bytes(1)).holding(&bytes(1)[..10]);
    assert!(matches!(wanted.download(&client(), &mirror.at("a")), Err(FetchError::Cut { .. })));
    assert_eq!(mirror.log().len(), 4);
    assert_eq!(wanted.held().len(), 10, "what was there stays");
    mirror.clear_faults();
    mirror.fault("/a", Fault::CutAfter(1));
    assert!(wanted.download(&client(), &mirror.at("a")).is_err());
    assert_eq!(mirror.log().len(), 44, "a byte at a time is not for ever");
}

#[test]
fn a_server_that_ignores_ranges_starts_from_zero() {
    let mirror = Mirror::start();
    mirror.put("a", bytes(1));
    mirror.fault("/a", Fault::NoRange);
    let wanted = Wanted::new(&bytes(1));
    begun(&mirror, &wanted, 100_000);
    wanted.succeed(&client(), &mirror.at("a"));
    assert_eq!(mirror.log().len(), 2);
}

#[test]
fn a_file_that_changed_starts_from_zero() {
    let mirror = Mirror::start();
    mirror.put("a", bytes(1));
    let wanted = Wanted::new(&bytes(2));
    begun(&mirror, &wanted, 100_000);
    mirror.put("a", bytes(2));
    wanted.succeed(&client(), &mirror.at("a"));
    assert_eq!(mirror.log().len(), 2, "the server says at once that it has changed");
}

#[test]
fn a_file_that_changes_in_between_starts_from_zero() {
    let mirror = Mirror::start();
    mirror.put("a", bytes(1));
    mirror.fault_times("/a", 1, Fault::CutAfter(100_000));
    mirror.fault_times("/a", 1, Fault::ChangedBetween(bytes(2)));
    Wanted::new(&bytes(2)).succeed(&client(), &mirror.at("a"));
    assert_eq!(mirror.log().len(), 2);
}

#[test]
fn a_change_that_the_server_can_t_tell_costs_one_download() {
    let mirror = Mirror::start();
    mirror.put("a", bytes(1));
    mirror.fault("/a", Fault::NoValidator);
    let wanted = Wanted::new(&bytes(2));
    begun(&mirror, &wanted, 100_000);
    mirror.put("a", bytes(2));
    wanted.succeed(&client(), &mirror.at("a"));
    let ranges: Vec<_> = mirror.log().iter().map(|request| request.range().is_some()).collect();
    assert_eq!(ranges, [false, true, false]);
    assert!(mirror.log()[1].header("if-range").is_none());
}

#[test]
fn a_weak_tag_is_not_relied_on() {
    let mirror = Mirror::start();
    mirror.put("a", bytes(1));
    mirror.fault("/a", Fault::Header("ETag", "W/\"x\"".to_owned()));
    let wanted = Wanted::new(&bytes(1));
    begun(&mirror, &wanted, 100_000);
    wanted.succeed(&client(), &mirror.at("a"));
    assert!(mirror.log()[1].header("if-range").is_some_and(|version| version.ends_with("GMT")));
}

#[test]
fn garbage_in_a_part_costs_one_download() {
    let mirror = Mirror::start();
    mirror.put("a", bytes(1));
    for garbage in [100, SIZE] {
        let wanted = Wanted::new(&bytes(1)).holding(&bytes(7)[..garbage]);
        wanted.succeed(&client(), &mirror.at("a"));
    }
    Wanted::new(&bytes(1)).holding(&vec![7; SIZE + 1]).succeed(&client(), &mirror.at("a"));
    assert_eq!(mirror.log().len(), 4);
}

#[test]
fn a_wrong_file_is_downloaded_twice_at_most() {
    let mirror = Mirror::start();
    mirror.put("a", bytes(1));
    mirror.fault_times("/a", 3, Fault::CutAfter(100_000));
    let wanted = Wanted::new(&bytes(2));
    let error = wanted.download(&client(), &mirror.at("a")).expect_err("another file");
    assert!(matches!(error, FetchError::Mismatch { .. }), "{error}");
    assert!(mirror.log().len() <= 8);
    assert!(wanted.names().is_empty());
}

#[test]
fn a_range_that_was_not_asked_for_is_not_appended() {
    let mirror = Mirror::start();
    mirror.put("a", bytes(1));
    mirror.fault("/a", Fault::ShiftedRange(5));
    let wanted = Wanted::new(&bytes(1)).holding(&bytes(1)[..1000]);
    wanted.succeed(&client(), &mirror.at("a"));
    assert_eq!(mirror.log()[1].range(), None);
}

#[test]
fn a_file_that_became_shorter_starts_from_zero() {
    let mirror = Mirror::start();
    mirror.put("a", "short");
    let wanted = Wanted::without_size(b"short").holding(&bytes(1)[..1000]);
    wanted.succeed(&client(), &mirror.at("a"));
    assert_eq!(mirror.log().len(), 2, "416, then the whole file");
}

#[test]
fn a_transfer_that_stalls_is_taken_up_again() {
    let mirror = Mirror::start();
    mirror.put("a", bytes(1));
    mirror.fault_times("/a", 1, Fault::Stall(100_000, Duration::from_secs(60)));
    mirror.put("b", bytes(1));
    mirror.fault_times("/b", 1, Fault::StallFirst(Duration::from_secs(60)));
    let client = client();
    let start = Instant::now();
    Wanted::new(&bytes(1)).succeed(&client, &mirror.at("a"));
    assert_eq!(mirror.log()[1].range(), Some("bytes=100000-"));
    Wanted::new(&bytes(1)).succeed(&client, &mirror.at("b"));
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[test]
fn a_server_that_drips_is_given_up() {
    let mirror = Mirror::start();
    mirror.put("a", bytes(1));
    mirror.fault("/a", Fault::Slow(100));
    let wanted = Wanted::new(&bytes(1));
    let client = client().with_patience(Patience { tries: 1, ..patience() });
    let error = wanted.download(&client, &mirror.at("a")).expect_err("too slow");
    assert!(error.to_string().ends_with("hardly a byte came for 0.3 s"), "{error}");
    assert!(!wanted.held().is_empty(), "the little that came is kept");
}

#[test]
fn whatever_came_is_on_disk_when_the_process_is_killed() {
    let mirror = Mirror::start();
    mirror.put("a", bytes(1));
    mirror.fault("/a", Fault::Stall(200_000, Duration::from_secs(60)));
    let wanted = Wanted::new(&bytes(1));
    let (part, digest) = (wanted.part(), wanted.digest);
    let client = client().with_patience(Patience { stall: Duration::from_secs(1), tries: 1, ..patience() });
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let url = mirror.at("a");
            let download =
                cudaman::fetch::Download { url: &url, checksum: &digest.into(), size: None, part: &part };
            client.download(&download, &|_| ()).expect_err("stalled")
        });
        let end = Instant::now() + Duration::from_millis(900);
        let arrived = || part.metadata().is_ok_and(|metadata| metadata.len() == 200_000);
        while !arrived() {
            assert!(Instant::now() < end, "the bytes are held back");
            std::thread::sleep(Duration::from_millis(5));
        }
        assert!(part.with_extension("part.meta").exists(), "the note was there before");
    });
}
