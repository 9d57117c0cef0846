//! The source as a whole: listings, refusals without a network, and every real manifest at hand.

use std::collections::{BTreeMap, BTreeSet};

use super::fixtures::{Case, all_in, facts, fixtures, release, version};
use super::*;
use crate::model::{ComponentName, Profile};
use crate::packages::{CUDNN, NCCL, components};

fn listed(kind: &PackageKind, platform: Platform, page: Result<&str, &str>) -> (Vec<String>, Option<String>) {
    let url = Url::parse("https://mirror.example/compute/redist/").expect("a URL");
    let page = page.map(|page| page.as_bytes().to_vec()).map_err(str::to_owned);
    let listing = listing(kind, platform, &url, page);
    (listing.releases.iter().map(|release| release.version.to_string()).collect(), listing.embedded)
}

#[test]
fn the_index_page_outranks_the_embedded_list() {
    let page = "redistrib_14.0.0.json redistrib_12.10.0.json redistrib_12.9.1.json redistrib_12.4.1.json";
    let (versions, embedded) = listed(&TOOLKIT, Platform::LinuxX86_64, Ok(page));
    assert_eq!(versions, ["12.4.1", "12.9.1", "12.10.0", "14.0.0"]);
    assert_eq!(embedded, None);
    assert_eq!(listed(&TOOLKIT, Platform::LinuxPpc64le, Ok(page)).0, ["12.4.1"]);
}

#[test]
fn the_embedded_list_says_that_it_is_one() {
    for page in [Err("could not reach `mirror.example`"), Ok("<html>log in</html>"), Ok("")] {
        let (versions, embedded) = listed(&TOOLKIT, Platform::LinuxX86_64, page);
        assert_eq!(versions.len(), 59);
        assert_eq!(versions.last().map(String::as_str), Some("13.4.2"));
        assert!(embedded.is_some_and(|reason| reason.contains("mirror.example")));
    }
}

#[test]
fn dates_are_added_and_second_names_dropped() {
    let page = "redistrib_8.9.7.json redistrib_8.9.7.29.json redistrib_8.9.5.29.json redistrib_8.9.5.json redistrib_9.1.1.json";
    let (versions, _) = listed(&CUDNN, Platform::LinuxX86_64, Ok(page));
    assert_eq!(versions, ["8.9.5", "8.9.5.29", "8.9.7", "9.1.1"]);
    let dated = super::release(&CUDNN, &version("9.1.1"));
    assert_eq!((dated.date.as_deref(), dated.label.as_str()), (Some("2024-05-02"), "9.1.1"));
}

#[test]
fn what_cannot_be_is_refused_without_the_network() {
    let refusal = |kind, label: &str, platform, cuda: &str, with: &[ComponentName]| {
        let (release, cuda) = (release(label), version(cuda));
        let wish = Wish { kind, release: &release, cuda: &cuda, platform, profile: Profile::Devel, with };
        match refuse_unasked(&wish) {
            Err(SourceError::NotOffered(reason)) => reason,
            Err(other) => panic!("{other}"),
            Ok(()) => String::new(),
        }
    };
    let x86 = Platform::LinuxX86_64;
    assert!(refusal(&NCCL, "2.28.0", x86, "12.4.1", &[]).contains("no redist archives of NCCL"));
    assert!(refusal(&TOOLKIT, "10.2.89", x86, "10.2.89", &[]).contains("begin with CUDA 11.0.3"));
    assert!(refusal(&TOOLKIT, "12.5.0", Platform::LinuxPpc64le, "12.5.0", &[]).contains("linux-sbsa"));
    assert!(refusal(&CUDNN, "9.12.0", x86, "11.8.0", &[]).contains("not built for CUDA 11.8.0"));
    let driver = ["nvidia_driver".parse().expect("a name")];
    assert!(refusal(&TOOLKIT, "12.4.1", x86, "12.4.1", &driver).contains("never installs"));
    assert_eq!(refusal(&TOOLKIT, "12.4.1", x86, "12.4.1", &[]), "");
    assert_eq!(refusal(&TOOLKIT, "15.0.0", x86, "15.0.0", &[]), "");
}

#[test]
fn a_label_cannot_lead_elsewhere() {
    let mirror = Url::parse("https://mirror.example/nvidia/").expect("a URL");
    let directory = directory(&TOOLKIT, &mirror).expect("a URL");
    let mut odd = release("12.4.1");
    odd.label = "../../evil".to_owned();
    assert_eq!(
        manifest_url(&odd, &directory).expect("a URL").as_str(),
        "https://mirror.example/nvidia/compute/cuda/redist/redistrib_12.4.1.json"
    );
}

#[test]
fn messages_keep_the_passwords_of_mirrors() {
    let url = Url::parse("https://user:secret@mirror.example/redist/").expect("a URL");
    assert_eq!(shown(&url), "https://mirror.example/redist/");
    let reason = listing(&TOOLKIT, Platform::LinuxX86_64, &url, Ok(Vec::new())).embedded.expect("a reason");
    assert!(!reason.contains("secret"), "{reason}");
}

/// What `facts/components.toml` says, read without our own table: profiles by component.
fn profiles_in(facts: &std::path::Path) -> BTreeMap<String, BTreeSet<String>> {
    let text = std::fs::read_to_string(facts.join("components.toml")).expect("the table");
    let table: toml::Table = toml::from_str(&text).expect("a table");
    let profiles = |row: &toml::Value| {
        row["profiles"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|it| it.as_str().expect("a text").to_owned())
            .collect()
    };
    let rows = table["component"].as_table().expect("rows");
    let mut rows: BTreeMap<String, BTreeSet<String>> =
        rows.iter().map(|(name, row)| (name.clone(), profiles(row))).collect();
    // DESIGN.md, 1: nvtx belongs to `minimal` where it exists.
    rows.get_mut("cuda_nvtx").expect("nvtx").insert("minimal".to_owned());
    rows
}

/// Recomputes which archives a profile comes down to: path and size, by component.
fn expected(case: &Case, platform: Platform, members: &[&String]) -> BTreeMap<String, (String, String)> {
    let json = case.json();
    let leaf = |name: &&&String| {
        let leaf = json.get(name.as_str())?.get(platform.name())?;
        let text = |key: &str| leaf[key].as_str().expect("a text").to_owned();
        Some((name.to_string(), (text("relative_path"), text("size"))))
    };
    members.iter().filter_map(|name| leaf(&name)).collect()
}

#[test]
fn every_profile_of_every_generation_is_what_the_facts_say() {
    let Some(facts) = facts() else { return };
    let profiles = profiles_in(&facts);
    let toolkits: Vec<_> =
        all_in(&facts.join("redist")).into_iter().filter(|case| *case.kind == TOOLKIT).collect();
    assert!(toolkits.len() >= 35);
    for case in &toolkits {
        for platform in [Platform::LinuxX86_64, Platform::LinuxSbsa] {
            for profile in Profile::ALL {
                let members: Vec<_> = profiles
                    .iter()
                    .filter(|(_, of)| of.contains(profile.name()))
                    .map(|(name, _)| name)
                    .collect();
                let artifacts = case.toolkit(platform, profile, &[]).expect("artifacts");
                let found: BTreeMap<_, _> = artifacts
                    .iter()
                    .map(|it| {
                        let path = it.url.as_str().strip_prefix(case.directory().as_str()).expect("below");
                        let size = it.size.expect("a size").to_string();
                        (it.component.to_string(), (path.to_owned(), size))
                    })
                    .collect();
                assert_eq!(
                    found,
                    expected(case, platform, &members),
                    "{} {platform} {profile}",
                    case.release.label
                );
                assert!(!found.is_empty());
            }
        }
    }
}

#[test]
fn the_component_table_agrees_with_the_facts() {
    let Some(facts) = facts() else { return };
    for (name, profiles) in profiles_in(&facts) {
        let row = components::by_name(&name).unwrap_or_else(|| panic!("no row for {name}"));
        let ours: BTreeSet<_> = match row.never {
            Some(_) => BTreeSet::from(["never".to_owned()]),
            None => row.profiles.iter().map(ToString::to_string).collect(),
        };
        assert_eq!(ours, profiles, "{name}");
    }
}

/// Checks an add-on against its own manifest: every variant of every platform is found.
fn check_add_on(case: &Case) {
    let json = case.json();
    for name in case.kind.redist_components {
        for platform in Platform::ALL {
            let Some(node) = json[name].get(platform.name()) else { continue };
            let variants: Vec<_> = match node.get("relative_path") {
                Some(_) => vec![("12.4.1".to_owned(), node)],
                None => node
                    .as_object()
                    .expect("variants")
                    .iter()
                    .map(|(key, leaf)| (format!("{}.4", &key[4..]), leaf))
                    .collect(),
            };
            for (cuda, leaf) in variants {
                let artifacts = case.add_on(platform, &cuda).expect("artifacts");
                assert!(artifacts[0].url.path().ends_with(leaf["relative_path"].as_str().expect("a path")));
                assert_eq!(artifacts[0].checksum.to_string(), leaf["sha256"].as_str().expect("a digest"));
                let known = component_version(case.kind, &case.release.version);
                assert!(known.is_none_or(|known| *known == artifacts[0].version), "{}", case.release.label);
                assert_ne!(built_for(case.kind, &case.release.version, &version(&cuda)), Some(false));
            }
        }
    }
}

#[test]
fn every_variant_of_every_add_on_is_found() {
    let beside = facts().map(|facts| all_in(&facts.join("redist"))).unwrap_or_default();
    let cases: Vec<_> = fixtures().into_iter().chain(beside).filter(|case| *case.kind != TOOLKIT).collect();
    assert!(cases.len() >= 7);
    cases.iter().for_each(check_add_on);
}

#[test]
fn whole_manifests_have_the_digests_that_are_known_of_them() {
    let Some(facts) = facts() else { return };
    let mut checked = 0;
    for case in all_in(&facts.join("redist")) {
        let known = known::releases(case.kind).get(&case.release.version).expect("a row");
        let Some(expected) = known.sha256 else { continue };
        assert_eq!(
            Digest::from_bytes(Sha256::digest(&case.bytes).into()),
            expected,
            "{}",
            case.release.label
        );
        checked += 1;
    }
    assert!(checked >= 20, "{checked}");
}

#[test]
fn a_changed_manifest_is_noticed() {
    let (release, cuda) = (release("12.4.1"), version("12.4.1"));
    let platform = Platform::LinuxX86_64;
    let wish =
        Wish { kind: &TOOLKIT, release: &release, cuda: &cuda, platform, profile: Profile::Devel, with: &[] };
    assert!(is_changed(&wish, b"{}"));
}
