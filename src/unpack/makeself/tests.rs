//! Headers of every generation, honest and hostile. The scripts are written here after the facts in
//! `header.rs`; archives that genuine makeself made are tried in `tests/`.

use md5::{Digest as _, Md5};
use proptest::prelude::*;

use super::header::Header;
use crate::model::Format;
use crate::unpack::testing::{TarBuilder, Yard, bzip2, gzip, paths, xz, zstd};
use crate::unpack::{Limits, Place, UnpackError};

/// How a generation of makeself writes its script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Generation {
    /// 1.5 to 1.6, for drivers.
    Driver,
    /// 2.1.4 to 2.1.5.
    Old,
    /// 2.1.6 to 2.4.0.
    Middle,
    /// 2.4.2 and newer.
    New,
}

const GENERATIONS: [Generation; 4] =
    [Generation::Driver, Generation::Old, Generation::Middle, Generation::New];

fn md5(data: &[u8]) -> String {
    Md5::digest(data).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Makes the script for payloads with these sums and sizes.
fn script(generation: Generation, md5s: &str, sizes: &str) -> String {
    let lines = 30;
    let mut text =
        vec!["#!/bin/sh".to_owned(), "# This script was generated using Makeself 2.1.5".to_owned()];
    let place = match generation {
        Generation::Driver => format!("skip={}", lines + 1),
        Generation::New => format!("skip=\"{lines}\""),
        Generation::Middle | Generation::Old => {
            format!("offset=`head -n {lines} \"$1\" | wc -c | tr -d \" \"`")
        }
    };
    text.push("CRCsum=\"0\"".to_owned());
    text.push(format!("MD5=\"{md5s}\""));
    text.push("label=\"CUDA Toolkit\"".to_owned());
    text.push(format!("filesizes=\"{sizes}\""));
    if generation == Generation::Middle {
        text.push("offset=$2".to_owned());
        text.push("    offset=$2".to_owned());
    }
    if generation == Generation::New {
        text.insert(2, place);
    } else {
        text.push(place);
    }
    text.push("touch /tmp/canary-of-cudaman".to_owned());
    text.resize(lines - 1, "#".to_owned());
    text.push("eval $finish; exit $res".to_owned());
    text.join("\n") + "\n"
}

fn runfile(generation: Generation, tars: &[Vec<u8>]) -> Vec<u8> {
    let payloads: Vec<Vec<u8>> = tars.iter().map(|tar| gzip(tar)).collect();
    let sums: Vec<String> = payloads.iter().map(|payload| md5(payload)).collect();
    let sizes: Vec<String> = payloads.iter().map(|payload| payload.len().to_string()).collect();
    [script(generation, &sums.join(" "), &sizes.join(" ")).into_bytes(), payloads.concat()].concat()
}

fn tool() -> Vec<u8> {
    TarBuilder::default().executable("./bin/nvcc", 0o755, b"nvcc").link("./lib64/a.so", "a.so.1").end()
}

#[track_caller]
fn fault(bytes: &[u8]) -> String {
    match Yard::new().unpack(bytes, Format::Runfile) {
        Err(UnpackError::Damaged { fault, .. }) => fault,
        other => panic!("expected damage, got {other:?}"),
    }
}

/// Opens what NVIDIA's runfiles up to 10.0 hold.
struct Nested;

impl Place for Nested {
    fn place(&self, path: &str) -> Option<String> {
        path.strip_prefix("run_files/cuda-linux.run/").map(str::to_owned)
    }

    fn opens(&self, path: &str) -> bool {
        path == "run_files/cuda-linux.run"
    }
}

#[test]
fn every_generation_is_read() {
    for generation in GENERATIONS {
        let bytes = runfile(generation, &[tool()]);
        let entries = Yard::new().unpack(&bytes, Format::Runfile).expect("accepted");
        assert_eq!(paths(&entries), ["bin/nvcc", "lib64/a.so"], "{generation:?}");
        let header = Header::parse(&bytes).expect("a header");
        assert_eq!((header.label.as_str(), header.payloads.len()), ("CUDA Toolkit", 1));
    }
    assert!(!std::path::Path::new("/tmp/canary-of-cudaman").exists());
}

#[test]
fn several_payloads_make_one_tree() {
    let second = TarBuilder::default().file("include/cuda.h", b"h").end();
    let bytes = runfile(Generation::New, &[tool(), second]);
    let entries = Yard::new().unpack(&bytes, Format::Runfile).expect("accepted");
    assert_eq!(paths(&entries), ["bin/nvcc", "include/cuda.h", "lib64/a.so"]);
}

#[test]
fn a_runfile_inside_is_read_in_the_stream() {
    let inner = runfile(Generation::Old, &[tool()]);
    let outer = TarBuilder::default()
        .file("cuda-installer.pl", b"#!/usr/bin/perl")
        .link("samples/hostile", "/etc/passwd")
        .file("run_files/NVIDIA-Linux-x86_64-410.48.run", b"a driver")
        .file("run_files/cuda-linux.run", &inner)
        .end();
    let bytes = runfile(Generation::Old, &[outer]);
    let entries = Yard::new().unpack_with(&bytes, Format::Runfile, &Nested, Limits::default());
    assert_eq!(paths(&entries.expect("accepted")), ["bin/nvcc", "lib64/a.so"]);

    let cut = TarBuilder::default().file("run_files/cuda-linux.run", &inner[..inner.len() - 9]).end();
    let result = Yard::new().unpack_with(
        &runfile(Generation::Old, &[cut]),
        Format::Runfile,
        &Nested,
        Limits::default(),
    );
    let error = result.expect_err("it is cut off").to_string();
    assert!(error.contains("run_files/cuda-linux.run") && error.contains("cut off"), "{error}");
}

#[test]
fn an_archive_that_opens_itself_for_ever_is_refused() {
    struct Everything;
    impl Place for Everything {
        fn place(&self, path: &str) -> Option<String> {
            Some(path.to_owned())
        }
        fn opens(&self, path: &str) -> bool {
            path.ends_with(".run")
        }
    }
    let nest = |inner: &[u8]| runfile(Generation::New, &[TarBuilder::default().file("a.run", inner).end()]);
    let bytes = nest(&nest(&nest(&nest(b"x"))));
    let error = Yard::new().unpack_with(&bytes, Format::Runfile, &Everything, Limits::default());
    assert!(error.expect_err("refused").to_string().contains("too deep"));
}

#[test]
fn sums_and_sizes_are_held_against_the_bytes() {
    let bytes = runfile(Generation::New, &[tool()]);
    let mut flipped = bytes.clone();
    // In the operating system's field of the gzip header, which no decoder looks at.
    let payload = bytes.len() - gzip(&tool()).len();
    flipped[payload + 9] ^= 1;
    assert!(fault(&flipped).contains("md5"), "{}", fault(&flipped));
    for length in [bytes.len() - 1, payload + 1, payload, payload - 1, 100, 20, 3] {
        let fault = fault(&bytes[..length]);
        assert!(
            ["cut off", "no makeself", "none that makeself", "does not say"]
                .iter()
                .any(|word| fault.contains(word)),
            "{length}: {fault}"
        );
    }
    assert!(fault(&[bytes.clone(), b"x".to_vec()].concat()).contains("after its end"));
    let zeros = script(Generation::New, &"0".repeat(32), &gzip(&tool()).len().to_string());
    let unsummed = [zeros.into_bytes(), gzip(&tool())].concat();
    assert!(Yard::new().unpack(&unsummed, Format::Runfile).is_ok());
}

#[test]
fn the_posix_sum_is_checked_where_it_is_the_only_one() {
    let tar = gzip(&tool());
    let with = |sum: u32| {
        let text = script(Generation::Old, &"0".repeat(32), &tar.len().to_string());
        let text = text.replace("CRCsum=\"0\"", &format!("CRCsum=\"{sum}\""));
        [text.into_bytes(), tar.clone()].concat()
    };
    let expected = fault(&with(1));
    let sum = expected.rsplit(' ').next().and_then(|sum| sum.parse().ok()).expect("a sum");
    assert!(Yard::new().unpack(&with(sum), Format::Runfile).is_ok());
}

#[test]
fn a_sum_that_is_none_is_refused() {
    let tar = gzip(&tool());
    let zeros = script(Generation::Old, &"0".repeat(32), &tar.len().to_string());
    let with = |line: &str| {
        let text = zeros.replace("CRCsum=\"0\"", line);
        fault(&[text.into_bytes(), tar.clone()].concat())
    };
    for line in ["CRCsum=\"12x\"", "CRCsum=\"99999999999\"", "SHA=\"abc\"", "SHA=\"none\""] {
        assert!(with(line).contains("a sum that is none"), "{line}: {}", with(line));
    }
    for sum in ["none", &"g".repeat(32), &md5(&tar)[1..], &format!("{}0", md5(&tar))] {
        let text = script(Generation::New, sum, &tar.len().to_string());
        let fault = fault(&[text.into_bytes(), tar.clone()].concat());
        assert!(fault.contains("a sum that is none: MD5"), "{sum}: {fault}");
    }
}

#[test]
fn other_compressions_are_told_by_their_first_bytes() {
    let tar = tool();
    for payload in [zstd(&tar), bzip2(&tar), xz(&tar), tar.clone()] {
        let script = script(Generation::New, &md5(&payload), &payload.len().to_string());
        let bytes = [script.into_bytes(), payload].concat();
        assert!(Yard::new().unpack(&bytes, Format::Runfile).is_ok());
    }
}

#[test]
fn what_is_no_makeself_archive_is_named() {
    assert!(fault(b"#!/bin/sh\necho hello\n").contains("none that makeself made"));
    assert!(fault(b"hello").contains("`#!`"));
    let lines = format!("#!/bin/sh\n# Makeself\n{}", "x\n".repeat(100_000));
    assert!(fault(lines.as_bytes()).contains("does not say where"));
    let lying = script(Generation::New, "0", "10").replace("skip=\"30\"", "skip=\"19999\"");
    assert!(fault(lying.as_bytes()).contains("cut off"));
    let huge = script(Generation::New, "0", "99999999999999999999");
    assert!(fault(huge.as_bytes()).contains("a size that is none"));
    let expanded = script(Generation::New, "0", "$(touch /tmp/canary)");
    assert!(fault(expanded.as_bytes()).contains("how long"));
    let encrypted = script(Generation::New, "0", "1").replace("label=\"CUDA Toolkit\"", "ENCRYPT=\"y\"");
    assert!(fault(encrypted.as_bytes()).contains("encrypted"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_bytes_make_the_parser_panic(bytes in prop::collection::vec(any::<u8>(), 0..2000), at: prop::sample::Index) {
        let _ = Header::parse(&bytes);
        let mut script = script(Generation::Middle, "0", "12 13").into_bytes();
        let at = at.index(script.len());
        script.splice(at..at, bytes);
        if let Ok(header) = Header::parse(&script) {
            prop_assert!(header.length <= script.len());
        }
    }

    #[test]
    fn a_damaged_runfile_fails_or_is_right(at: prop::sample::Index, bit in 0u8..8) {
        let whole = runfile(Generation::Old, &[tool()]);
        let expected = Yard::new().unpack(&whole, Format::Runfile).expect("accepted");
        let mut damaged = whole.clone();
        damaged[at.index(whole.len())] ^= 1 << bit;
        if let Ok(entries) = Yard::new().unpack(&damaged, Format::Runfile) {
            prop_assert_eq!(entries, expected);
        }
    }
}
