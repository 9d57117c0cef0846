//! The table against its source, and the choice for a CUDA release.

use super::*;
use crate::model::Profile;

/// The first address of what is chosen.
fn choose(cudnn: &str, cuda: &str, platform: Platform) -> Result<Artifact, String> {
    let version = |text: &str| text.parse::<Version>().expect("a version");
    let release = Release { version: version(cudnn), date: None, label: cudnn.to_owned() };
    let cuda = version(cuda);
    let (kind, profile) = (&CUDNN, Profile::Devel);
    let wish = Wish { kind, release: &release, cuda: &cuda, platform, profile, with: &[] };
    let mirror = "https://developer.download.nvidia.com/".parse().expect("an address");
    let chosen = select(table::rows(), &wish, &mirror).map_err(|error| error.to_string())?;
    Ok(chosen.into_iter().next().expect("an archive"))
}

#[test]
fn known_archives_are_found() {
    for (cudnn, cuda, file, format) in [
        ("6.0", "8.0.61", "cudnn-8.0-linux-x64-v6.0.tgz", Format::TarGz),
        ("7.6.5.32", "10.0.130", "cudnn-10.0-linux-x64-v7.6.5.32.tgz", Format::TarGz),
        ("7.6.5.32", "9.0.176", "cudnn-9.0-linux-x64-v7.6.5.32.tgz", Format::TarGz),
        ("8.2.2.26", "11.2.2", "cudnn-11.4-linux-x64-v8.2.2.26.tgz", Format::TarGz),
        ("8.9.7.29", "12.4.1", "cudnn-linux-x86_64-8.9.7.29_cuda12-archive.tar.xz", Format::TarXz),
    ] {
        let artifact = choose(cudnn, cuda, Platform::LinuxX86_64).expect(file);
        assert!(artifact.url.as_str().ends_with(file), "{}", artifact.url);
        assert_eq!((artifact.format, artifact.trust), (format, Trust::Pinned));
    }
}

#[test]
fn another_cuda_is_refused_with_what_there_is() {
    let reason = choose("7.6.5.32", "11.0.3", Platform::LinuxX86_64).expect_err("too new");
    assert!(reason.contains("built for CUDA 9.0, ") && reason.contains("10.2"), "{reason}");
    let reason = choose("6.0", "8.0.61", Platform::LinuxSbsa).expect_err("no such platform");
    assert!(reason.contains("no archive of cuDNN 6.0 for linux-sbsa"), "{reason}");
    assert!(choose("8.2.2.26", "11.5.0", Platform::LinuxX86_64).is_err(), "newer than what it was built for");
}

#[test]
fn records_that_disagree_are_both_accepted() {
    let artifact = choose("8.9.0.131", "12.1.0", Platform::LinuxSbsa).expect("a conflict on record");
    assert!(matches!(&artifact.checksum, Checksum::OneOf(digests) if digests.len() == 2));
    let sound = choose("8.9.0.131", "12.1.0", Platform::LinuxX86_64).expect("no conflict");
    assert!(matches!(sound.checksum, Checksum::Sha256(_)));
}

#[test]
fn a_file_is_known_by_any_digest_on_record() {
    for row in table::rows() {
        assert_eq!(known(&row.sha256).map(|known| known.version), Some(row.version.clone()));
        for digest in &row.other {
            assert_eq!(known(digest).map(|known| known.version), Some(row.version.clone()));
        }
    }
    assert!(known(&Digest::from_bytes([7; 32])).is_none());
}

#[test]
fn rows_are_whole_and_unique() {
    let mut seen = BTreeSet::new();
    for row in table::rows() {
        assert!(seen.insert(&row.path), "{row:?}");
        assert!(row.path.starts_with("compute/") && !row.path.contains(".."), "{}", row.path);
        assert!(row.path.ends_with(".tgz") || row.path.ends_with("-archive.tar.xz"), "{}", row.path);
        assert!(!row.from.is_empty() && !row.other.contains(&row.sha256), "{row:?}");
    }
    assert!(seen.len() >= 425);
}

/// What the facts have with the digest of another version's archive.
const SLIPS: &[&str] = &[
    "cudnn-10.2-linux-ppc64le-v8.2.0.53.tgz",
    "cudnn-linux-sbsa-9.11.0.98_cuda11-archive.tar.xz",
    "cudnn-linux-sbsa-9.11.0.98_cuda13-archive.tar.xz",
    "cudnn-linux-x86_64-9.11.0.98_cuda11-archive.tar.xz",
    "cudnn-linux-x86_64-9.11.0.98_cuda13-archive.tar.xz",
];

/// The facts lie beside the checkout where the project is developed, and nowhere else.
#[test]
fn the_table_says_what_its_source_says() {
    #[derive(serde::Deserialize)]
    struct Facts {
        cudnn: Vec<Fact>,
    }
    #[derive(serde::Deserialize)]
    struct Fact {
        version: String,
        cuda: String,
        platform: String,
        url: String,
        sha256: Digest,
    }
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/facts/cudnn.toml");
    let Ok(text) = fs_err::read_to_string(path) else { return };
    let facts: Facts = toml::from_str(&text).expect("the facts are TOML");
    let linux: Vec<&Fact> = facts.cudnn.iter().filter(|fact| fact.platform.starts_with("linux")).collect();
    assert_eq!(linux.len(), table::rows().len() + SLIPS.len());
    for fact in linux {
        let Some(row) = table::rows().iter().find(|row| fact.url.ends_with(&row.path)) else {
            assert!(SLIPS.iter().any(|slip| fact.url.ends_with(slip)), "{}", fact.url);
            continue;
        };
        assert_eq!((row.sha256, row.version.to_string()), (fact.sha256, fact.version.clone()));
        assert_eq!((row.cuda.to_string(), row.platform.name()), (fact.cuda.clone(), fact.platform.as_str()));
    }
}
