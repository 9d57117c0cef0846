//! Whole trees: what each generation of archives becomes. A `*` marks what a fix-up added.

mod redist;
mod wheels;

use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::layout::samples::Sample;
use crate::model::Change;

#[test]
fn the_variant_for_this_cuda_is_linked() {
    let sample = Sample::new("11.8.0").archive(
        "cutensor",
        "1.7.0.1",
        &[
            "lib/10.2/libcutensor.so",
            "lib/11.0/libcutensor.so.1",
            "lib/11/libcutensor.so.1",
            "lib/12/libcutensor.so.1",
        ],
    );
    let links: Vec<String> =
        sample.tree().lines().filter(|line| line.contains("->")).map(str::to_owned).collect();
    assert_eq!(
        links,
        [
            "lib -> lib64 *",
            "lib64 -> targets/x86_64-linux/lib *",
            "targets/x86_64-linux/lib/libcutensor.so -> libcutensor.so.1 *",
            "targets/x86_64-linux/lib/libcutensor.so.1 -> 11.0/libcutensor.so.1 *",
        ]
    );
}

#[test]
fn what_a_package_brings_wins() {
    let sample = Sample::new("12.4.1").archive(
        "cuda_cudart",
        "12.4.127",
        &[
            "version.json",
            "bin/ncu",
            "nsight-compute/2024.1.1/ncu",
            "lib/stubs/libcuda.so",
            "lib/stubs/libcuda.so.1",
        ],
    );
    let fix_ups = sample.fix_ups();
    for path in ["version.json", "bin/ncu", "targets/x86_64-linux/lib/stubs/libcuda.so.1"] {
        assert!(!fix_ups.contains_key(path), "{path}");
    }
    assert_eq!(fix_ups.get("lib"), Some(&Change::Link { target: "lib64".to_owned() }));
}

/// A tree with every kind of entry that a rule looks for.
const POOL: &[&str] = &[
    "bin/ncu",
    "extras/CUPTI/include/cupti.h",
    "extras/CUPTI/lib64/libcupti.so.12",
    "include/cuda.h",
    "include/nvvm.h",
    "lib/12/libcutensor.so.2",
    "lib/libcudart.so",
    "lib/libcudart.so.12",
    "lib/libcudart.so.12.4",
    "lib/libnvvm.so.4",
    "lib/stubs/libcuda.so",
    "lib/stubs/libnvidia-ml.so",
    "nsight-compute-2019.4/ncu",
    "nsight-compute/2024.1.1/ncu",
    "nsight-systems/2024.1.1/bin/nsys",
    "nvvm/lib64/libnvvm.so",
    "pkgconfig/cudart-12.4.pc",
    "pkgconfig/cudart.pc",
    "version.json",
];

proptest! {
    #[test]
    fn any_tree_stays_one(entries in prop::sample::subsequence(POOL, 0..=POOL.len())) {
        let sample = Sample::new("12.4.1").lenient().archive("cuda_cudart", "12.4.127", &entries);
        let tree = sample.tree();
        let all: BTreeMap<&str, Option<&str>> = tree
            .lines()
            .map(|line| line.trim_end_matches(" *"))
            .map(|line| line.split_once(" -> ").map_or((line, None), |(path, target)| (path, Some(target))))
            .collect();
        for (path, target) in &all {
            let below = format!("{path}/");
            prop_assert!(!all.keys().any(|other| other.starts_with(&below)), "{path} is a directory as well");
            let Some(target) = target else { continue };
            let goal = resolved(path, target);
            let is_there = all.contains_key(goal.as_str()) || all.keys().any(|other| other.starts_with(&format!("{goal}/")));
            prop_assert!(is_there, "{path} -> {target} dangles");
        }
    }
}

fn resolved(path: &str, target: &str) -> String {
    let mut parts: Vec<&str> = path.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            ".." => assert!(parts.pop().is_some(), "{path} -> {target} leaves the root"),
            part => parts.push(part),
        }
    }
    parts.join("/")
}
