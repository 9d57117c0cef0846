//! What manifests may be like, and what they must not.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::fixtures::{DIGEST, component, version};
use super::*;

fn parse(manifest: &Value) -> Result<Manifest, ManifestError> {
    parse_text(&manifest.to_string())
}

fn parse_text(text: &str) -> Result<Manifest, ManifestError> {
    Manifest::parse(text.as_bytes(), "cuda", &version("13.1.1"))
}

/// Parses a manifest with one component, `cuda_nvcc`, whose x86_64 node is this.
fn offer_of(node: &Value, cuda: &str) -> Result<Offer, ManifestError> {
    let manifest = parse(&json!({ "cuda_nvcc": { "version": "13.1.115", "linux-x86_64": node } }))?;
    let listed = manifest.component("cuda_nvcc").expect("the component");
    listed.offer(Platform::LinuxX86_64, &version(cuda))
}

fn archive_of(node: &Value) -> Result<Archive, ManifestError> {
    match offer_of(node, "13.1.1")? {
        Offer::Archive(archive) => Ok(archive),
        other => panic!("no archive: {other:?}"),
    }
}

fn leaf(path: &str) -> Value {
    json!({ "relative_path": path, "sha256": DIGEST })
}

#[test]
fn sizes_are_numbers_or_texts_and_may_be_missing() {
    for (size, expected) in [(json!("42"), Some(42)), (json!(42), Some(42)), (Value::Null, None)] {
        let mut node = leaf("a/b.tar.xz");
        node["size"] = size;
        assert_eq!(archive_of(&node).expect("an archive").size, expected);
    }
    assert_eq!(archive_of(&leaf("a/b.tar.xz")).expect("an archive").size, None);
    for size in
        [json!("0"), json!(-1), json!(1.5), json!("1e3"), json!(""), json!([1]), json!(true), json!(u64::MAX)]
    {
        let mut node = leaf("a/b.tar.xz");
        node["size"] = size.clone();
        assert!(matches!(archive_of(&node), Err(ManifestError::Component { .. })), "{size}");
    }
}

#[test]
fn digests_may_be_upper_case_and_must_be_there() {
    let upper = json!({ "relative_path": "a/b.tar.xz", "sha256": DIGEST.to_uppercase() });
    assert_eq!(archive_of(&upper).expect("an archive").digest.to_string(), DIGEST);
    let short = &DIGEST[1..];
    for digest in [json!(short), json!(""), json!(7), Value::Null, json!({}), json!("g".repeat(64))] {
        let node = json!({ "relative_path": "a/b.tar.xz", "sha256": digest });
        assert!(matches!(archive_of(&node), Err(ManifestError::Component { .. })), "{digest}");
    }
}

#[test]
fn paths_that_lead_elsewhere_condemn_the_whole_manifest() {
    for path in [
        "../a.tar.xz",
        "a/../../b.tar.xz",
        "a/./b.tar.xz",
        "/etc/passwd.tar.xz",
        "//host/a.tar.xz",
        "https://evil.example/a.tar.xz",
        "file:///etc/a.tar.xz",
        "a//b.tar.xz",
        "a\\..\\b.tar.xz",
        "a/b.tar.xz?token=1",
        "a/b.tar.xz#x.tar.xz",
        "a/%2e%2e/b.tar.xz",
        "a/b c.tar.xz",
        "a/b\n.tar.xz",
        "a/\u{202e}b.tar.xz",
        "",
    ] {
        for key in ["linux-x86_64", "windows-x86_64", "source", "linux-quantum"] {
            let mut manifest = json!({ "cuda_nvcc": component("cuda_nvcc", "13.1.115") });
            manifest["cuda_cudart"] = json!({ "version": "13.1.80", key: leaf(path) });
            assert!(matches!(parse(&manifest), Err(ManifestError::Path(_))), "{path:?} {key}");
        }
        let nested = json!({ "cuda_nvcc": { "version": "1.2", "linux-sbsa": { "cuda13": leaf(path) } } });
        assert!(matches!(parse(&nested), Err(ManifestError::Path(_))), "{path:?}");
    }
    assert!(parse(&json!({ "a": { "linux-sbsa": leaf(&"a/".repeat(400)) } })).is_err());
}

#[test]
fn only_tar_xz_is_taken() {
    for path in ["a/b.zip", "a/b.tar.gz", "a/b", "a/b.tar.xz.exe"] {
        assert!(matches!(archive_of(&leaf(path)), Err(ManifestError::Component { .. })), "{path}");
    }
}

#[test]
fn the_nearest_variant_is_chosen() {
    let path = |node: &Value, cuda| match offer_of(node, cuda).expect("an offer") {
        Offer::Archive(archive) => archive.path,
        other => format!("{other:?}"),
    };
    let mut node = json!({
        "cuda12": leaf("a/12.tar.xz"), "cuda13": leaf("a/13.tar.xz"), "cuda13.1": leaf("a/13.1.tar.xz"),
        "cuda_quantum": leaf("a/q.tar.xz"), "note": "x",
    });
    assert_eq!(path(&node, "13.1.1"), "a/13.1.tar.xz");
    assert_eq!(path(&node, "13.2.0"), "a/13.tar.xz");
    assert_eq!(path(&node, "12.9.1"), "a/12.tar.xz");
    let built = ["12", "13", "13.1"].map(version).to_vec();
    assert_eq!(offer_of(&node, "11.8.0"), Ok(Offer::NoVariant(built)));
    // cuDNN 9.27.0 has both a path and variants for Windows on Arm.
    node["relative_path"] = json!("a/any.tar.xz");
    node["sha256"] = json!(DIGEST);
    assert_eq!(path(&node, "11.8.0"), "a/any.tar.xz");
    assert_eq!(path(&node, "13.1.1"), "a/13.1.tar.xz");
}

#[test]
fn data_for_all_platforms_serves_and_sources_do_not() {
    let manifest = parse(&json!({
        "cuda_data": { "version": "1.2", "linux-all": leaf("a/all.tar.xz") },
        "cuda_text": { "version": "1.2", "source": leaf("a/source.tar.xz") },
    }))
    .expect("a manifest");
    let offer = |name| manifest.component(name).expect("it").offer(Platform::LinuxSbsa, &version("13.1"));
    assert!(matches!(offer("cuda_data"), Ok(Offer::Archive(_))));
    assert_eq!(offer("cuda_text"), Ok(Offer::NoPlatform));
}

#[test]
fn what_is_unknown_does_no_harm() {
    let manifest = parse(&json!({
        "release_label": "13.1.1", "release_product": "CUDA", "release_date": 5, "signature": { "by": "x" },
        "Odd-Name": component("cuda_nvcc", "1.2"), "notes": ["a"], "empty": {}, "cuda_list": { "linux-x86_64": [] },
        "cuda_nvcc": component("cuda_nvcc", "13.1.115"),
        "cuda_new": { "version": "preview", "linux-riscv64": leaf("a/b.tar.xz") },
    }))
    .expect("a manifest");
    let names: Vec<_> = manifest.components().map(|listed| listed.name.to_string()).collect();
    assert_eq!(names, ["cuda_new", "cuda_nvcc"]);
    assert_eq!(manifest.component("cuda_nvcc").and_then(Listed::licence), None);
}

#[test]
fn a_manifest_of_another_release_is_refused() {
    let with =
        |key: &str, value: Value| parse(&json!({ key: value, "cuda_nvcc": component("cuda_nvcc", "1.2") }));
    for good in [json!("13.1.1"), json!("13.1.1.0"), json!("13.1"), json!(""), Value::Null] {
        assert!(with("release_label", good.clone()).is_ok(), "{good}");
    }
    for bad in [json!("13.1.10"), json!("12.9.1"), json!("newest"), json!(13.1), json!({})] {
        assert!(matches!(with("release_label", bad.clone()), Err(ManifestError::Other { .. })), "{bad}");
    }
    assert!(matches!(with("release_product", json!("cudnn")), Err(ManifestError::Other { .. })));
}

#[test]
fn versions_must_be_versions() {
    for bad in [json!("../1"), json!("1.2-rc1"), json!(1.2), Value::Null] {
        let manifest = parse(&json!({ "cuda_nvcc": { "version": bad, "linux-x86_64": leaf("a/b.tar.xz") } }));
        let manifest = manifest.expect("a manifest");
        let listed = manifest.component("cuda_nvcc").expect("the component");
        assert!(listed.offer(Platform::LinuxX86_64, &version("13.1")).is_err(), "{bad}");
    }
}

#[test]
fn the_file_name_tells_siblings_apart() {
    let in_path = |path: &str| version_in_path(path, version("9.15.0.57")).to_string();
    assert_eq!(in_path("cudnn/linux-sbsa/cudnn-linux-sbsa-9.15.0.58_cuda13-archive.tar.xz"), "9.15.0.58");
    assert_eq!(in_path("cudnn/linux-sbsa/cudnn-linux-sbsa-9.16.0.58_cuda13-archive.tar.xz"), "9.15.0.57");
    assert_eq!(in_path("cudnn/cudnn.tar.xz"), "9.15.0.57");
    assert_eq!(version_in_path("a/a-12.4.9.tar.xz", version("12.4.127")).to_string(), "12.4.127");
}

#[test]
fn hostile_documents_are_refused() {
    let doubled = format!(r#"{{"cuda_nvcc": {0}, "cuda_nvcc": {0}}}"#, component("cuda_nvcc", "1.2"));
    let deep = format!(r#"{{"cuda_nvcc": {}1{}}}"#, r#"{"linux-x86_64":"#.repeat(5000), "}".repeat(5000));
    for text in ["", "null", "[]", "{}", "7", "<html></html>", r#"{"cuda_nvcc": 1}"#, &doubled, &deep] {
        assert!(parse_text(text).is_err(), "{}", &text[..text.len().min(60)]);
    }
    let large = vec![b' '; LIMIT + 1];
    assert_eq!(
        Manifest::parse(&large, "cuda", &version("13.1.1")).expect_err("a refusal"),
        ManifestError::Large(LIMIT + 1)
    );
}

/// Asks for everything that a manifest lists.
fn exercise(bytes: &[u8]) {
    let Ok(manifest) = Manifest::parse(bytes, "cuda", &version("13.1.1")) else { return };
    for listed in manifest.components() {
        for platform in Platform::ALL {
            for cuda in ["11.8", "13.1.1"] {
                if let Ok(Offer::Archive(archive)) = listed.offer(platform, &version(cuda)) {
                    assert!(is_clean(&archive.path) && archive.size != Some(0));
                }
            }
        }
        listed.linux_platforms().count();
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[./a-z0-9:%\u{0}-\u{ff}]{0,12}".prop_map(Value::from),
        Just(json!(DIGEST)),
        Just(json!("a/b.tar.xz")),
    ];
    let key = prop_oneof![
        Just("relative_path"),
        Just("sha256"),
        Just("size"),
        Just("version"),
        Just("linux-x86_64"),
        Just("linux-all"),
        Just("cuda13"),
        Just("cuda13.1"),
        Just("cuda_nvcc"),
        Just("release_label"),
    ];
    leaf.prop_recursive(4, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map(key.clone().prop_map(str::to_owned), inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn no_document_makes_it_panic(document in any_json(), component in any_json()) {
        exercise(document.to_string().as_bytes());
        exercise(json!({ "cuda_nvcc": component }).to_string().as_bytes());
    }

    #[test]
    fn no_damage_makes_it_panic(at in 0usize..600, byte: u8, cut in 0usize..600) {
        let whole = json!({ "cuda_nvcc": component("cuda_nvcc", "13.1.115") }).to_string();
        let mut bytes = whole.clone().into_bytes();
        let length = bytes.len();
        bytes[at % length] = byte;
        exercise(&bytes);
        exercise(&whole.as_bytes()[..cut % length]);
    }

    #[test]
    fn clean_paths_stay_below_their_directory(path in "[a-z.%/\\\\:?#@_-]{0,20}") {
        let base = url::Url::parse("https://mirror.example/compute/cuda/redist/").expect("a URL");
        if is_clean(&path) {
            let joined = base.join(&path).expect("a URL");
            prop_assert_eq!(joined.as_str(), format!("{base}{path}"));
        }
    }
}
