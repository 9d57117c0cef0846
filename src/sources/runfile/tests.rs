//! The table against the facts it was made from, and what the source offers, refuses and asks.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::*;
use crate::model::{ComponentName, Profile};
use crate::packages::CUDNN;

fn version(text: &str) -> Version {
    text.parse().expect("a version")
}

/// Returns the directory of tables beside the repository, where there is one.
fn facts() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/facts/cuda-runfiles.toml");
    beside.is_file().then_some(beside)
}

fn rows_of_facts(path: &Path) -> Vec<toml::Table> {
    let text = std::fs::read_to_string(path).expect("the facts");
    let mut table: toml::Table = toml::from_str(&text).expect("a table");
    let Some(toml::Value::Array(releases)) = table.remove("release") else { panic!("no releases") };
    let row = |row: toml::Value| row.as_table().expect("a row").clone();
    let is_offered = |row: &toml::Table| version(row["version"].as_str().expect("a text")) >= version("7.5");
    releases.into_iter().map(row).filter(is_offered).collect()
}

/// Writes down what a row says of a file, as both tables have it.
fn file(row: &toml::Value) -> BTreeMap<String, String> {
    let row = row.as_table().expect("a file");
    let mut file: BTreeMap<_, _> = row.iter().map(|(key, value)| (key.clone(), value.to_string())).collect();
    file.remove("version");
    file.remove("platform");
    if file.contains_key("sha256") {
        file.remove("md5");
    }
    file
}

#[test]
fn the_table_says_what_the_facts_say() {
    let Some(path) = facts() else { return };
    let ours: toml::Table = toml::from_str(include_str!("releases.toml")).expect("a table");
    let facts = rows_of_facts(&path);
    assert_eq!(ours.len(), facts.len());
    for row in facts {
        let label = row["version"].as_str().expect("a text");
        let our = ours[label].as_table().expect("a row");
        for key in ["driver", "date", "note"] {
            assert_eq!(our.get(key), row.get(key), "{label}: {key}");
        }
        let files: BTreeMap<_, _> = row["platform"].as_table().expect("files").iter().collect();
        let our_files: BTreeMap<_, _> = our.iter().filter(|(key, _)| key.starts_with("linux-")).collect();
        assert_eq!(our_files.keys().collect::<Vec<_>>(), files.keys().collect::<Vec<_>>(), "{label}");
        for (platform, row) in files {
            assert_eq!(file(our_files[platform]), file(row), "{label} {platform}");
        }
        let patches = row.get("patch").and_then(toml::Value::as_array).cloned().unwrap_or_default();
        let our_patches = our.get("patch").and_then(toml::Value::as_table);
        assert_eq!(our_patches.map_or(0, toml::Table::len), patches.len(), "{label}");
        for patch in patches {
            let of = |key: &str| patch[key].as_str().expect("a text").to_owned();
            let our = &our_patches.expect("patches")[&of("version")][&of("platform")];
            assert_eq!(file(our), file(&patch), "{}", of("version"));
        }
    }
}

#[test]
fn the_table_is_whole() {
    assert_eq!(table::rows().len(), 74);
    let mut names = BTreeSet::new();
    for (version, row) in table::rows() {
        assert!(!row.platforms().is_empty(), "{version}");
        for installer in row.platforms().into_iter().filter_map(|platform| row.installer(platform)) {
            assert_eq!(installer.url.scheme(), "https", "{version}");
            assert!(["developer.nvidia.com", NVIDIA].contains(&installer.url.host_str().expect("a host")));
            let name = installer.url.path_segments().and_then(Iterator::last).expect("a name");
            assert!(name.starts_with(&format!("cuda_{version}_")), "{version}: {name}");
            assert!(names.insert(name.to_owned()), "{name} twice");
            assert!(installer.sha256.is_none() || installer.md5.is_none(), "{version}");
        }
    }
}

fn asked<T>(mirror: &str, ask: impl Fn(&Access<'_>) -> T) -> T {
    let environment = crate::model::Environment::default();
    let settings = crate::fetch::Settings { offline: true, ..crate::fetch::Settings::default() };
    let client = crate::fetch::Client::new(&settings, &environment).expect("a client");
    ask(&Access {
        client: &client,
        mirror: &mirror.parse().expect("an address"),
        pypi_index: None,
        environment: &environment,
        note: &|_| {},
    })
}

const MIRROR: &str = "https://mirror.example/nvidia/";

fn listed(platform: Platform) -> Vec<String> {
    let listing = asked(MIRROR, |access| Runfile.releases(&TOOLKIT, platform, access)).expect("a listing");
    listing.releases.iter().map(|release| release.version.to_string()).collect()
}

#[test]
fn the_list_needs_no_network_and_holds_what_can_be_checked() {
    let x86 = listed(Platform::LinuxX86_64);
    assert_eq!(
        (x86.first().map(String::as_str), x86.last().map(String::as_str)),
        (Some("7.5.18"), Some("13.4.2"))
    );
    for there in ["8.0.61", "9.2.148", "10.0.130", "10.2.89", "11.0.2", "12.9.2", "13.4.2"] {
        assert!(x86.iter().any(|version| version == there), "{there}");
    }
    for absent in ["11.0.1", "8.0.61.2", "10.2.1"] {
        assert!(!x86.iter().any(|version| version == absent), "{absent}");
    }
    assert_eq!(listed(Platform::LinuxPpc64le).first().map(String::as_str), Some("10.1.105"));
    assert_eq!(listed(Platform::LinuxSbsa).first().map(String::as_str), Some("11.0.2"));
    assert!(listed(Platform::LinuxAarch64).is_empty());
    let add_on = asked(MIRROR, |access| Runfile.releases(&CUDNN, Platform::LinuxX86_64, access));
    assert!(add_on.expect("a listing").releases.is_empty());
}

/// Returns why a wish is refused without a question.
fn refusal(release: &str, platform: Platform, with: &[&str]) -> String {
    let release = super::release(&version(release), None);
    let with: Vec<ComponentName> = with.iter().map(|name| name.parse().expect("a name")).collect();
    let wish = Wish {
        kind: &TOOLKIT,
        release: &release,
        cuda: &release.version,
        platform,
        profile: Profile::Devel,
        with: &with,
    };
    match asked(MIRROR, |access| Runfile.artifacts(&wish, access)) {
        Err(SourceError::NotOffered(reason)) => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_cannot_be_given_is_refused_with_the_reason() {
    let x86 = Platform::LinuxX86_64;
    for patch in ["8.0.61.2", "9.0.176.4", "9.2.148.1", "10.0.130.1", "10.2.2"] {
        let reason = refusal(patch, x86, &[]);
        assert!(reason.contains("is a patch that NVIDIA's own installer applies to CUDA"), "{reason}");
    }
    assert!(refusal("8.0.61.2", x86, &[]).contains("`cudaman install 8.0.61`"));
    let reason = refusal("11.0.1", x86, &[]);
    assert!(reason.contains("no digest of `https://developer.download.nvidia.com/"), "{reason}");
    assert!(reason.contains("`cudaman install --from FILE`"), "{reason}");
    assert!(refusal("10.0.130", Platform::LinuxSbsa, &[]).contains("it is for linux-x86_64"));
    assert!(refusal("10.0.130", x86, &["nvidia_driver"]).contains("never installs `nvidia_driver`"));
    assert!(refusal("10.0.130", x86, &["libcufile"]).contains("has no component `libcufile`"));
    assert!(refusal("12.4.1", x86, &["cuda_gbd"]).contains("has no component `cuda_gbd`"));
}

#[test]
fn further_releases_are_those_that_explain_themselves() {
    let further = |wanted: &str| {
        let wanted = version(wanted);
        let is_wanted = |release: &Release| release.version.starts_with(&wanted);
        asked(MIRROR, |access| Runfile.further_releases(&TOOLKIT, Platform::LinuxX86_64, access, &is_wanted))
            .map(|releases| releases.iter().map(|release| release.version.to_string()).collect::<Vec<_>>())
    };
    assert_eq!(further("8.0.61.2").expect("known"), ["8.0.61.2"]);
    assert_eq!(further("11.0.1").expect("known"), ["11.0.1"]);
    assert_eq!(further("9.1.85").expect("known"), ["9.1.85"]);
    assert!(matches!(further("13.9"), Err(SourceError::Unreachable { .. })), "the index is asked");
}

#[test]
fn a_profile_is_one_package_and_a_component_beyond_it_another() {
    let chosen = |profile, with: &[&str]| {
        let release = release(&version("10.0.130"), None);
        let with: Vec<ComponentName> = with.iter().map(|name| name.parse().expect("a name")).collect();
        let (cuda, platform) = (&release.version, Platform::LinuxX86_64);
        let wish = Wish { kind: &TOOLKIT, release: &release, cuda, platform, profile, with: &with };
        let chosen = select::components(&wish).expect("components");
        chosen.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(chosen(Profile::Devel, &[]), ["toolkit_devel"]);
    assert_eq!(chosen(Profile::Devel, &["cuda_gdb", "libcublas"]), ["toolkit_devel", "cuda_gdb"]);
    assert_eq!(chosen(Profile::Full, &["cuda_gdb"]), ["toolkit_full"]);
    assert_eq!(
        chosen(Profile::Minimal, &["libcublas"]),
        ["toolkit_minimal", "libcublas", "cuda_nvrtc"],
        "what a component needs comes with it"
    );
}

#[test]
fn a_mirror_has_nvidias_paths() {
    let row = &table::rows()[&version("10.0.130")];
    let url = &row.installer(Platform::LinuxX86_64).expect("an installer").url;
    let at = |mirror: &str| address(url, &mirror.parse().expect("an address")).to_string();
    assert_eq!(at("https://developer.download.nvidia.com/"), url.as_str());
    assert_eq!(
        at("https://mirror.example/nvidia/"),
        "https://mirror.example/nvidia/compute/cuda/10.0/Prod/local_installers/cuda_10.0.130_410.48_linux"
    );
    assert!(at("file:///srv/mirror/").starts_with("file:///srv/mirror/compute/cuda/10.0/Prod/"));
}
