//! Bundles that are damaged or lie: refused, and the store as it was.

use serde_json::{Value, json};

use crate::support::{Parcel, Run, Sandbox, island, packed, sealed, skip, unsealed};

/// A home with something in it, that must stay as it is.
struct Guarded {
    sandbox: Sandbox,
    names: Vec<std::ffi::OsString>,
}

impl Guarded {
    fn new() -> Self {
        let sandbox = island();
        sandbox.ok(&["install", "--from", Parcel::of(&["13.0"]).path()]);
        let names = names(&sandbox);
        Self { sandbox, names }
    }

    /// Asserts that a bundle is refused and nothing of it stays.
    fn refuses(&self, bundle: &str, what: &str) -> Run {
        let run = self.sandbox.run(&["install", "--from", bundle]);
        assert_eq!(run.status, 1, "{what}: {run:?}");
        assert!(run.stderr.contains("hint:") && !run.stderr.contains("panicked"), "{what}: {run:?}");
        assert_eq!(names(&self.sandbox), self.names, "{what}");
        run
    }
}

fn names(sandbox: &Sandbox) -> Vec<std::ffi::OsString> {
    let mut names = Vec::new();
    for directory in ["packages", "versions", "receipts/packages", "receipts/toolchains", "tmp", "trash"] {
        let entries = std::fs::read_dir(sandbox.store().join(directory)).expect(directory);
        names.extend(entries.map(|entry| entry.expect("an entry").file_name()));
    }
    names.sort();
    names
}

#[test]
fn one_changed_byte_anywhere_is_refused() {
    let parcel = Parcel::of(&["12.4"]);
    let whole = std::fs::read(&parcel.bundle).expect("a bundle");
    let guarded = Guarded::new();
    let edges = (0..24).chain(whole.len() - 48..whole.len());
    for at in edges.chain((24..whole.len() - 48).step_by(whole.len() / 60)) {
        let mut changed = whole.clone();
        changed[at] ^= 0x10;
        guarded.refuses(&parcel.variant("changed", &changed), &format!("byte {at} of {}", whole.len()));
    }
    guarded.sandbox.assert_healthy();
    guarded.sandbox.ok(&["install", "--from", parcel.path()]);
    guarded.sandbox.assert_healthy();
}

#[test]
fn a_bundle_that_was_cut_is_refused() {
    let parcel = Parcel::of(&["12.4"]);
    let whole = std::fs::read(&parcel.bundle).expect("a bundle");
    let guarded = Guarded::new();
    for length in (0..whole.len()).step_by(whole.len() / 30).chain([whole.len() - 1, whole.len() - 40]) {
        let run = guarded.refuses(&parcel.variant("cut", &whole[..length]), &format!("{length} bytes"));
        assert!(length < 4 || run.stderr.contains("cut off"), "{length}: {run:?}");
    }
    // Cut before the seal was added: the archive itself ends too early, then.
    let inner = unsealed(&parcel.bundle);
    for length in [inner.len() / 4, inner.len() / 2, inner.len() - 1] {
        guarded
            .refuses(&parcel.variant("cut", &sealed(inner[..length].to_vec())), &format!("{length} sealed"));
    }
    for more in [b"x".as_slice(), &whole] {
        let longer = [whole.as_slice(), more].concat();
        guarded.refuses(&parcel.variant("longer", &longer), "bytes after the seal");
    }
    let twice = [inner.as_slice(), &inner].concat();
    guarded.refuses(&parcel.variant("twice", &sealed(twice)), "two archives in one");
    guarded.sandbox.assert_healthy();
}

/// A change to `bundle.json`.
type Lie = fn(&mut Value);

const LIES: &[(&str, &str, Lie)] = &[
    ("a newer format", "has format 2", |json| json["format"] = json!(2)),
    ("a path that leaves", "", |json| {
        json["packages"][0]["entries"][0]["path"] = json!("../../../../escaped");
    }),
    ("an absolute path", "", |json| json["packages"][0]["entries"][0]["path"] = json!("/tmp/escaped")),
    ("another path", "something else stands", |json| {
        json["packages"][0]["entries"][0]["path"] = json!("bin/other");
    }),
    ("a wrong digest", "sha256", |json| *digest(json) = json!("0".repeat(64))),
    ("a wrong size", "", |json| {
        let size = &mut json["packages"][0]["entries"][0]["size"];
        *size = json!(size.as_u64().expect("a size") + 1);
    }),
    ("an enormous size", "", |json| json["packages"][0]["entries"][0]["size"] = json!(u64::MAX / 2)),
    ("sizes beyond all numbers", "", |json| json["packages"][0]["entries"][0]["size"] = json!(u64::MAX)),
    ("a package twice", "twice", |json| {
        let first = json["packages"][0].clone();
        json["packages"].as_array_mut().expect("a list").push(first);
    }),
    ("an id that leaves", "not the name of its package", |json| {
        json["packages"][0]["id"] = json!("../../escaped");
    }),
    ("the id of another package", "not the name of its package", |json| {
        json["packages"][0]["id"] = json["packages"][1]["id"].clone();
    }),
    ("a package that is missing", "lacks its package", |json| {
        json["packages"].as_array_mut().expect("a list").pop();
    }),
    ("packages in another order", "something else stands", |json| {
        json["packages"].as_array_mut().expect("a list").swap(0, 1);
    }),
    ("a toolchain's other name", "not the name of its release", |json| {
        json["toolchains"][0]["name"] = json!("12.6.0");
    }),
    ("a linked toolchain", "not the name of its release", |json| {
        json["toolchains"][0]["name"] = json!("site");
    }),
    ("a toolchain without packages", "", |json| json["toolchains"][0]["packages"] = json!([])),
    ("other fix-ups", "would not become what it was", |json| json["toolchains"][0]["fix_ups"] = json!([])),
    ("another platform's package", "can't be composed", |json| {
        json["toolchains"][0]["platform"] = json!("linux-sbsa");
    }),
    ("no toolchains", "no toolchain needs", |json| json["toolchains"] = json!([])),
    ("a receipt of a later format", "unknown format", |json| json["packages"][0]["format"] = json!(99)),
    ("no JSON at all", "", |json| *json = json!("text")),
];

fn digest(json: &mut Value) -> &mut Value {
    &mut json["packages"][0]["entries"][0]["digest"]
}

#[test]
fn a_manifest_that_lies_is_refused() {
    let parcel = Parcel::of(&["12.4"]);
    let guarded = Guarded::new();
    let (manifest, rest) = parcel.opened();
    for (what, words, lie) in LIES {
        let mut changed = manifest.clone();
        lie(&mut changed);
        let run = guarded.refuses(&parcel.variant("lie", &packed(&changed, &rest)), what);
        assert!(run.stderr.contains(words), "{what}: {run:?}");
    }
    let extra = [&rest[..rest.len() - 1024], &[1; 512], &[0; 1024]].concat();
    guarded.refuses(&parcel.variant("lie", &packed(&manifest, &extra)), "a further member");
    assert!(!guarded.sandbox.path().join("escaped").exists());
    guarded.sandbox.assert_healthy();
    // Packed by the same hand, the truth is taken.
    guarded.sandbox.ok(&["install", "--from", &parcel.variant("truth", &packed(&manifest, &rest))]);
    guarded.sandbox.assert_healthy();
}

#[test]
fn a_link_that_leads_out_is_refused() {
    let parcel = Parcel::of(&["12.4"]);
    let (mut manifest, mut rest) = parcel.opened();
    let target = "libcudart.so.12";
    let escape = "../../../../../";
    let entries = manifest["packages"].as_array_mut().expect("a list").iter_mut();
    let mut links = entries.flat_map(|package| package["entries"].as_array_mut().expect("a list").iter_mut());
    let link = links.find(|entry| entry["target"] == target).expect("a link");
    link["target"] = json!(escape);
    let at = (0..rest.len() / 512)
        .map(|block| block * 512)
        .find(|at| rest[at + 157..].starts_with(target.as_bytes()));
    let at = at.expect("a header");
    let mut header = tar::Header::from_byte_slice(&rest[at..at + 512]).clone();
    header.set_link_name_literal(escape).expect("a target");
    header.set_cksum();
    rest[at..at + 512].copy_from_slice(header.as_bytes());
    let run = Guarded::new().refuses(&parcel.variant("link", &packed(&manifest, &rest)), "a link");
    assert!(run.stderr.contains("outside"), "{run:?}");
}

#[test]
fn a_disk_without_room_is_said_before_anything_is_written() {
    let parcel = Parcel::of(&["12.4"]);
    let (mut manifest, rest) = parcel.opened();
    manifest["packages"][0]["entries"][0]["size"] = json!(1_u64 << 60);
    let run = Guarded::new().refuses(&parcel.variant("huge", &packed(&manifest, &rest)), "an exabyte");
    assert!(run.stderr.contains("are needed in") && run.stderr.contains("CUDAMAN_HOME"), "{run:?}");
}

#[test]
fn a_store_that_cannot_be_written_is_said() {
    let parcel = Parcel::of(&["12.4"]);
    let mut sandbox = island();
    let file = sandbox.path().join("a-file");
    std::fs::write(&file, "").expect("written");
    sandbox.set("CUDAMAN_HOME", file.join("home"));
    let run = sandbox.run(&["install", "--from", parcel.path()]);
    if run.status == 0 {
        skip("a home below a file", "this system allows it");
        return;
    }
    run.expect(1, &["a-file"]);
}
