//! Downloads that are large enough to come over several connections, and downloads that nobody needs any more.

use std::time::{Duration, Instant};

use super::bench::{Bench, INSTALL};
use super::together::{end, part_bytes, start, wait_until};
use crate::support::{Fault, component_files, file, serve_files};

/// A multiple of what the program fetches in one piece, and more than it takes for several connections.
const LARGE: usize = 80 << 20;

/// Bytes that the compressor of these archives doesn't make smaller: it doesn't see as far back.
fn noise() -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    let block: Vec<u8> = (0..(1 << 20) / 8).flat_map(|_| next()).collect();
    block.repeat(LARGE >> 20)
}

#[test]
fn a_large_archive_that_was_killed_in_the_middle_goes_on_where_it_stopped() {
    let bench = Bench::new();
    let mut files = component_files("cuda_cccl", "12.4.99");
    files.push(file("include/large.bin", noise()));
    serve_files(&bench.mirror, "12.4.1", "cuda_cccl", &files);
    let path = bench.archive("cuda_cccl");
    bench.mirror.fault(&path, Fault::Slow(8 << 20));
    let mut child = start(&bench.sandbox, INSTALL);
    wait_until("some of it", || part_bytes(&bench.sandbox) >= 12 << 20);
    child.kill().expect("killed");
    drop(end(child));
    let connections = bench.mirror.requests(&path).iter().filter(|request| request.range().is_some()).count();
    assert!(connections >= 3, "{connections} pieces were asked for");
    let held = part_bytes(&bench.sandbox);
    bench.mirror.clear_log();
    bench.assert_recovers(INSTALL);
    let starts = bench.mirror.requests(&path);
    let starts = starts.iter().map(|request| {
        let range =
            request.range().and_then(|range| range.strip_prefix("bytes=")?.split('-').next()?.parse().ok());
        range.unwrap_or(0_u64)
    });
    assert_eq!(starts.min(), Some(held), "nothing is downloaded twice");
    let installed = bench.sandbox.root("12.4.1").join("include/large.bin");
    assert!(std::fs::read(installed).expect("a file") == noise(), "every byte is right");
}

#[test]
fn where_one_archive_is_wrong_the_install_does_not_wait_for_another() {
    let bench = Bench::new();
    let slow = bench.archive("cuda_cccl");
    bench.mirror.fault(&slow, Fault::Stall(100, Duration::from_secs(60)));
    let wrong = bench.archive("cuda_nvcc");
    bench.mirror.fault(&wrong, Fault::WrongByte(100));
    // The other one has begun by then.
    bench.mirror.fault(&wrong, Fault::StallFirst(Duration::from_millis(700)));
    let begun = Instant::now();
    let run = bench.fail(INSTALL, &["could not verify", "cuda_nvcc"]);
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    assert!(!run.stderr.contains("stopped fetching"), "{run:?}");
    assert_eq!(part_bytes(&bench.sandbox), 100, "what came is kept");
    bench.mirror.clear_log();
    bench.assert_recovers(INSTALL);
    let requests = bench.mirror.requests(&slow);
    assert!(requests.iter().any(|request| request.range() == Some("bytes=100-")), "{requests:?}");
}
