//! The catalogue of hostile archives, how tar and xz are abused: one test per case and named after it.

use tar::EntryType;

use super::testing::{TarBuilder, Yard, fault, header, names, paths, refusal, unpack_tar, xz};
use super::{Limits, Refusal, UnpackError};
use crate::model::Format;

#[test]
fn arc_pax_size_desync() {
    // The true content is 1024 bytes that look like an entry of their own.
    let inner = TarBuilder::default().file("smuggled", b"x").end();
    for size in [0, 512] {
        let outer = header(EntryType::Regular, b"outer", "", size);
        let builder =
            TarBuilder::default().pax(&[("size", "1024")]).raw(&outer, &inner[..1024]).file("last", b"y");
        assert_eq!(paths(&unpack_tar(builder).expect("the PAX size counts")), ["last", "outer"]);
    }
    let long = header(EntryType::GNULongName, b"././@LongLink", "", 9);
    let outer = header(EntryType::Regular, b"short", "", 0);
    let builder = TarBuilder::default()
        .pax(&[("size", "1024")])
        .raw(&long, b"longname\0")
        .raw(&outer, &inner[..1024])
        .file("last", b"y");
    assert_eq!(paths(&unpack_tar(builder).expect("the PAX size counts")), ["last", "longname"]);

    let linked = header(EntryType::Symlink, b"l", "x", 512);
    let builder = TarBuilder::default().raw(&linked, &inner[..512]);
    assert!(matches!(refusal(builder), Refusal::Header(_)));
    let twice = TarBuilder::default().pax(&[("path", "a"), ("path", "b")]).file("c", b"");
    assert!(fault(&twice.xz()).contains("twice"));
    let both = TarBuilder::default().pax(&[("path", "a")]).raw(&long, b"longname\0").file("c", b"");
    assert!(fault(&both.xz()).contains("contradict"));
    let global = header(EntryType::XGlobalHeader, b"g", "", 12);
    let global = TarBuilder::default().raw(&global, b"12 path=a/b\n").file("c", b"");
    assert!(fault(&global.xz()).contains("contradict"));
}

#[test]
fn arc_trailing_garbage() {
    let valid = TarBuilder::default().file("a", b"x");
    let stacked = [valid.clone().xz(), TarBuilder::default().file("b", b"y").xz()].concat();
    assert!(fault(&stacked).contains("after the end of the tar archive"));
    assert!(fault(&[valid.clone().xz(), b"garbage behind".to_vec()].concat()).contains("after the end"));
    assert!(fault(&[valid.clone().xz(), b"short".to_vec()].concat()).contains("cut off"));
    assert!(fault(&[valid.clone().xz(), vec![0; 3]].concat()).contains("after the end"));
    let mut hidden = valid.clone().end();
    hidden.extend_from_slice(b"x");
    assert!(fault(&xz(&hidden)).contains("after the end of the tar archive"));
    let zeros = [valid.clone().end(), vec![0; 5 << 20]].concat();
    assert!(fault(&xz(&zeros)).contains("after the end of the tar archive"));
    // One archive in two streams with padding between is what `pixz` and `cat` make.
    let tar = valid.end();
    let split = [xz(&tar[..700]), vec![0; 8], xz(&tar[700..]), vec![0; 4]].concat();
    assert_eq!(Yard::new().unpack(&split, Format::TarXz).expect("accepted").len(), 1);
}

#[test]
fn arc_bomb_ratio() {
    let limits = Limits { bytes: 1 << 20, ..Limits::default() };
    let place = |path: &str| Some(path.to_owned());
    let yard = Yard::new();
    // Announced too large: refused before a byte is written.
    let announced = header(EntryType::Regular, b"zeros", "", 50 << 30);
    let bomb = TarBuilder::default().raw(&announced, b"").xz();
    let result = yard.unpack_with(&bomb, Format::TarXz, &place, limits);
    assert!(matches!(result, Err(UnpackError::TooLarge { .. })));
    assert!(names(&yard.root()).is_empty());
    // Left out, so nothing is written, but still counted.
    let content = vec![0; 600 << 10];
    let two = TarBuilder::default().file("a", &content).file("b", &content).xz();
    let result = yard.unpack_with(&two, Format::TarXz, &|_: &str| None, limits);
    assert!(matches!(result, Err(UnpackError::TooLarge { .. })));
}

#[test]
fn arc_bomb_entries() {
    let place = |path: &str| Some(path.to_owned());
    let limits = Limits { entries: 100, ..Limits::default() };
    let many = (0..101).fold(TarBuilder::default(), |tar, index| tar.file(&format!("f{index}"), b""));
    let result = Yard::new().unpack_with(&many.xz(), Format::TarXz, &place, limits);
    assert!(matches!(result, Err(UnpackError::TooLarge { .. })));
    // Links that are left out because they lead outside count too.
    let links =
        (0..101).fold(TarBuilder::default(), |tar, index| tar.link(&format!("l{index}"), "/etc/passwd"));
    let result = Yard::new().unpack_with(&links.xz(), Format::TarXz, &|_: &str| None, limits);
    assert!(matches!(result, Err(UnpackError::TooLarge { .. })));
    let deep = TarBuilder::default().pax(&[("path", &vec!["d"; 5000].join("/"))]).file("x", b"");
    assert_eq!(refusal(deep), Refusal::TooLong);
    assert_eq!(refusal(TarBuilder::default().file(&["d"; 41].join("/"), b"")), Refusal::TooDeep);
    // An extension header that asks for all memory.
    let long = header(EntryType::GNULongName, b"././@LongLink", "", 50 << 30);
    assert!(fault(&TarBuilder::default().raw(&long, b"").xz()).contains("too large"));
}

#[test]
fn a_link_that_leads_outside_is_an_entry_like_others_where_it_is_left_out() {
    let place = |path: &str| (!path.starts_with("samples")).then(|| path.to_owned());
    let unpack =
        |tar: TarBuilder| Yard::new().unpack_with(&tar.xz(), Format::TarXz, &place, Limits::default());
    let evil = || TarBuilder::default().file("a", b"x").link("samples/evil", "/etc/passwd");
    assert!(unpack(evil()).is_ok());
    let twice = unpack(evil().link("samples/evil", "/etc/shadow"));
    assert!(matches!(twice, Err(UnpackError::Refused { refusal: Refusal::Duplicate(_), .. })));
    let below = unpack(evil().file("samples/evil/x", b"x"));
    assert!(matches!(below, Err(UnpackError::Refused { refusal: Refusal::Duplicate(_), .. })), "{below:?}");
    let climbs = unpack(TarBuilder::default().link("samples/../../up", "/etc/passwd"));
    assert!(matches!(climbs, Err(UnpackError::Refused { refusal: Refusal::Escapes, .. })), "{climbs:?}");
    // A link that would be placed, and leads through it, is left out with it.
    let through = unpack(evil().link("b", "samples/evil")).expect("accepted");
    assert_eq!(through.len(), 1);
}

#[test]
fn arc_xz_memlimit() {
    let mut options = liblzma::stream::LzmaOptions::new_preset(0).expect("a preset");
    let mut filters = liblzma::stream::Filters::new();
    filters.lzma2(options.dict_size(1 << 20));
    let encoder = liblzma::stream::Stream::new_stream_encoder(&filters, liblzma::stream::Check::Crc32);
    let mut encoder = liblzma::read::XzEncoder::new_stream(&b"x"[..], encoder.expect("an encoder"));
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut encoder, &mut bytes).expect("memory");
    // The dictionary's size stands in one byte of the block header, before the header's CRC.
    let at = 12 + 4;
    assert_eq!(bytes[at - 2..at], [0x21, 1]);
    bytes[at] = 40;
    let end = 12 + (usize::from(bytes[12]) + 1) * 4 - 4;
    let mut crc = flate2::Crc::new();
    crc.update(&bytes[12..end]);
    bytes[end..end + 4].copy_from_slice(&crc.sum().to_le_bytes());
    assert!(fault(&bytes).contains("too much memory"));
}

#[test]
fn arc_truncated_every_block() {
    let noise: Vec<u8> = (0..40_000_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    let whole = TarBuilder::default().file("a", &noise).file("b", b"x").xz();
    assert!(whole.len() > 100_000);
    for length in (0..whole.len()).step_by(4096).chain([whole.len() - 1, whole.len() - 12]) {
        let result = Yard::new().unpack(&whole[..length], Format::TarXz);
        assert!(matches!(result, Err(UnpackError::Damaged { .. })), "{length}: {result:?}");
    }
    // Cut inside, then packed whole: the xz stream is fine, the tar is not.
    let tar = TarBuilder::default().file("a", &noise[..5000]).end();
    for length in (0..7168).step_by(512).filter(|length| *length < 512 + 5120 + 1024) {
        assert!(fault(&xz(&tar[..length])).contains("cut off"), "{length}");
    }
}

#[test]
fn arc_wrong_toplevel() {
    // What the top directory should be is the business of `Place`; an empty archive is an empty tree.
    assert_eq!(unpack_tar(TarBuilder::default()).expect("accepted"), []);
    let here = TarBuilder::default().directory("./").directory(".").file("./a", b"x");
    assert_eq!(paths(&unpack_tar(here).expect("accepted")), ["a"]);
}
