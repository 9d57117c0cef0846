//! How fast a download is; run by hand in a release build, since a debug build says nothing.

use std::time::Instant;

use sha2::{Digest, Sha256};

use cudaman::fetch::Split;

use super::{Wanted, client};
use crate::support::{Fault, Mirror};

#[test]
#[ignore = "a measurement: cargo test --release --test it speed -- --ignored --nocapture"]
fn a_download_over_loopback_costs_little_more_than_its_hash() {
    let directory = tempfile::tempdir().expect("a directory");
    let bytes: Vec<u8> = (0..500_u32 << 20).map(|index| (index ^ (index >> 11)) as u8).collect();
    std::fs::write(directory.path().join("a"), &bytes).expect("written");
    let mirror = Mirror::start();
    mirror.serve_directory("/", directory.path());
    let start = Instant::now();
    std::hint::black_box(Sha256::digest(&bytes));
    let hash = start.elapsed();
    let mut best = std::time::Duration::MAX;
    for _ in 0..5 {
        let wanted = Wanted::new(&bytes);
        let start = Instant::now();
        wanted.download(&client(), &mirror.at("a")).expect("downloaded");
        best = best.min(start.elapsed());
    }
    let rate = |time: std::time::Duration| bytes.len() as f64 / 1e6 / time.as_secs_f64();
    eprintln!("sha256 alone {:.0} MB/s, download {:.0} MB/s", rate(hash), rate(best));
    assert!(
        best < 4 * hash,
        "reading, hashing and writing took 2.5 times the hash's own time when this was written"
    );
}

#[test]
#[ignore = "a measurement: cargo test --release --test it speed -- --ignored --nocapture"]
fn several_connections_get_more_of_a_line_that_limits_each() {
    let bytes: Vec<u8> = (0..96_u32 << 20).map(|index| (index ^ (index >> 11)) as u8).collect();
    let mirror = Mirror::start();
    mirror.put("a", bytes.clone());
    mirror.fault("/a", Fault::Slow(16 << 20));
    let seconds = |connections| {
        let client = client().with_split(Split { connections, ..Split::default() });
        let wanted = Wanted::new(&bytes);
        let start = Instant::now();
        wanted.download(&client, &mirror.at("a")).expect("downloaded");
        start.elapsed().as_secs_f64()
    };
    let (one, four) = (seconds(1), seconds(4));
    eprintln!("96 MiB at 16 MiB/s a connection: one {one:.1} s, four {four:.1} s, {:.1} times", one / four);
}
