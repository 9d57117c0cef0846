//! Which requests lead to a toolchain: the keys of the resolve index. No I/O.
//!
//! Hooks look a pin up as it is written, so the index holds every spelling that people pin: `12.4`,
//! `cu124`, `cuda-12.4`, each with every prefix of the add-ons' versions. Ranges are not in it.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{AddOn, ToolchainName, ToolchainRequest, Version};

/// Returns every key with the toolchain that is best for it, by the same choice as any search.
pub(super) fn index(names: &[ToolchainName]) -> BTreeMap<String, ToolchainName> {
    let keys: BTreeSet<String> = names.iter().flat_map(keys_of).collect();
    let best = |key: String| {
        let request: ToolchainRequest = key.parse().ok()?;
        let name = request.best(names)?.clone();
        Some((key, name))
    };
    keys.into_iter().filter_map(best).collect()
}

fn keys_of(name: &ToolchainName) -> Vec<String> {
    let ToolchainName::Composed { cuda, add_ons } = name else { return vec![name.to_string()] };
    let suffixes = suffixes(add_ons);
    let mut keys: Vec<String> = bases(cuda)
        .iter()
        .flat_map(|base| suffixes.iter().map(move |suffix| format!("{base}{suffix}")))
        .collect();
    // With many add-ons the product of all their prefixes would be thousands of files.
    keys.push(name.to_string());
    keys
}

/// `latest`, `12`, `12.4`, `cuda-12.4`, `cuda12.4`, `cu124`…
fn bases(cuda: &Version) -> Vec<String> {
    let mut bases = vec!["latest".to_owned()];
    for prefix in prefixes(cuda) {
        bases.extend([format!("cuda-{prefix}"), format!("cuda{prefix}"), prefix]);
    }
    let (major, minor) = (cuda.major(), cuda.minor());
    let tags = [Some(format!("cu{major}")), minor.map(|minor| format!("cu{major}{minor}"))];
    // Only a tag that reads as this release: `cu8` is none, and 9.10 would have to share `cu910`.
    let is_ours =
        |tag: &String| tag.parse::<ToolchainRequest>().is_ok_and(|request| request.matches_release(cuda));
    bases.extend(tags.into_iter().flatten().filter(is_ours));
    bases
}

/// Nothing, `+none`, or the add-ons: alone with every prefix, two of them with every pair.
fn suffixes(add_ons: &[AddOn]) -> Vec<String> {
    let mut suffixes = vec![String::new()];
    let each: Vec<Vec<String>> = add_ons.iter().map(spellings).collect();
    match each.as_slice() {
        [] => suffixes.push("+none".to_owned()),
        [first, second] => {
            suffixes.extend(first.iter().flat_map(|one| second.iter().map(move |two| format!("{one}{two}"))));
        }
        _ => (),
    }
    suffixes.extend(each.into_iter().flatten());
    suffixes
}

/// `+cudnn`, `+cudnn9`, `+cudnn9.1`…
fn spellings(add_on: &AddOn) -> Vec<String> {
    let kind = &add_on.kind;
    let versions = prefixes(&add_on.version).into_iter().map(|prefix| format!("+{kind}{prefix}"));
    std::iter::once(format!("+{kind}")).chain(versions).collect()
}

fn prefixes(version: &Version) -> Vec<String> {
    (1..=version.numbers().len()).map(|count| version.truncated(count).to_string()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::name;
    use proptest::prelude::*;

    fn indexed(names: &[&str]) -> BTreeMap<String, String> {
        let names: Vec<_> = names.iter().map(|text| name(text)).collect();
        index(&names).into_iter().map(|(key, name)| (key, name.to_string())).collect()
    }

    #[test]
    fn every_spelling_of_a_pin_leads_to_its_toolchain() {
        let index = indexed(&["12.4.1", "12.4.1+cudnn9.1.0.70", "9.2.148", "site"]);
        for (key, name) in [
            ("latest", "12.4.1+cudnn9.1.0.70"),
            ("12", "12.4.1+cudnn9.1.0.70"),
            ("12.4.1", "12.4.1+cudnn9.1.0.70"),
            ("12.4+none", "12.4.1"),
            ("cu124+none", "12.4.1"),
            ("cu12", "12.4.1+cudnn9.1.0.70"),
            ("cuda-12.4+cudnn9", "12.4.1+cudnn9.1.0.70"),
            ("cuda12.4", "12.4.1+cudnn9.1.0.70"),
            ("12.4+cudnn9.1.0.70", "12.4.1+cudnn9.1.0.70"),
            ("cu92", "9.2.148"),
            ("cuda-9", "9.2.148"),
            ("latest+none", "12.4.1"),
            ("site", "site"),
        ] {
            assert_eq!(index.get(key).map(String::as_str), Some(name), "{key}");
        }
        for key in ["cu9", "13", "12.4+cudnn8", "9.2+cudnn", "site+none", "default", "system"] {
            assert_eq!(index.get(key), None, "{key}");
        }
    }

    #[test]
    fn two_add_ons_in_every_pair_and_three_by_name() {
        let index = indexed(&["12.4.1+cudnn9.1.0+nccl2.21", "13.0.2+cudnn9.1.0+cutensor2.0+nccl2.21"]);
        assert!(index.contains_key("12+cudnn9+nccl") && index.contains_key("cu124+nccl2"));
        assert!(
            index.contains_key("13+cudnn9") && index.contains_key("13.0.2+cudnn9.1.0+cutensor2.0+nccl2.21")
        );
        assert!(!index.contains_key("13+cudnn9+nccl"));
        assert!(index.len() < 500, "{}", index.len());
    }

    fn any_name() -> impl Strategy<Value = ToolchainName> {
        let add_on = |kind: &'static str| {
            prop::option::of(
                (8u32..10, 0u32..3).prop_map(move |(major, minor)| format!("+{kind}{major}.{minor}")),
            )
        };
        let release =
            (prop::sample::select(vec![7u32, 8, 9, 10, 11, 12]), 0u32..12, prop::option::of(0u32..3));
        (release, add_on("cudnn"), add_on("cutensor"), add_on("nccl")).prop_map(
            |(release, one, two, three)| {
                let (major, minor, patch) = release;
                let patch = patch.map_or(String::new(), |patch| format!(".{patch}"));
                let add_ons: String = [one, two, three].into_iter().flatten().collect();
                name(&format!("{major}.{minor}{patch}{add_ons}"))
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn the_index_and_a_search_agree(
            names in prop::collection::btree_set(any_name(), 0..8),
            requests in prop::collection::vec("(latest|cu(7|8|9|1[012]?|75|92|11[0-9])|(cuda-?)?(7|8|9|1[012])(\\.[0-9]{1,2}){0,2})(\\+none|(\\+cudnn([89](\\.[0-3])?)?)?(\\+nccl([89](\\.[0-3])?)?)?)", 20),
        ) {
            let names: Vec<_> = names.into_iter().collect();
            let index = index(&names);
            for (key, name) in &index {
                let request: ToolchainRequest = key.parse().map_err(|error| TestCaseError::fail(format!("{key}: {error}")))?;
                prop_assert_eq!(request.best(&names), Some(name), "{}", key);
            }
            let most = names.iter().map(|name| name.add_ons().len()).max().unwrap_or(0);
            for text in requests.iter().filter(|_| most < 3) {
                let Ok(request) = text.parse::<ToolchainRequest>() else { continue };
                // With a second kind asked for, only toolchains with exactly two are indexed for it.
                prop_assert_eq!(index.get(text), request.best(&names), "{}", text);
            }
        }
    }
}
