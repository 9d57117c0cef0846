//! The table of GPUs: its order, its overlaps, and what anybody can look up.

use std::collections::BTreeSet;

use super::*;

fn version(text: &str) -> Version {
    text.parse().expect("a version")
}

fn capability(text: &str) -> ComputeCapability {
    text.parse().expect("a compute capability")
}

#[test]
fn the_table_is_in_order_and_nothing_is_in_it_twice() {
    let table = table();
    assert!(table.release.is_sorted_by(|one, other| one.cuda < other.cuda));
    assert!(table.release.iter().all(|row| row.capabilities.is_sorted_by(|one, other| one < other)));
    assert!(table.gpu.is_sorted_by(|one, other| one.capability < other.capability));
    let mut names = BTreeSet::new();
    for gpu in gpus() {
        assert!(names.insert(name::words(gpu.name)), "`{}` is there twice", gpu.name);
    }
    let mut generations = BTreeSet::new();
    for capability in table.architecture.iter().flat_map(|row| &row.capabilities) {
        assert!(generations.insert(capability), "{capability} is of two generations");
    }
    assert!(names.len() > 140, "{}", names.len());
}

#[test]
fn support_has_no_holes_and_every_gpu_a_toolkit() {
    for gpu in gpus() {
        let support = by_compute_capability(gpu.capability).expect(gpu.name);
        assert!(support.architecture.is_some(), "{}", gpu.name);
    }
    for capability in table().release.iter().flat_map(|row| &row.capabilities) {
        let support = by_compute_capability(*capability).expect("it is in a row");
        let last = support.last_cuda.unwrap_or(&table().release.last().expect("rows").cuda);
        for row in &table().release {
            let is_between = (support.first_cuda..=last).contains(&&row.cuda);
            assert_eq!(row.capabilities.contains(capability), is_between, "{capability} in {}", row.cuda);
        }
    }
}

#[test]
fn a_k80_ends_with_11_8_and_r470() {
    let gpu = by_name("Tesla K80").expect("it is known");
    assert_eq!(gpu.capability.sm(), "sm_37");
    let support = by_compute_capability(gpu.capability).expect("it is known");
    assert_eq!(support.last_cuda, Some(&version("11.8")));
    let architecture = support.architecture.expect("it has a name");
    assert_eq!((architecture.name.as_str(), architecture.last_driver_branch), ("Kepler", Some(470)));
}

#[test]
fn toolkits_compile_for_what_anybody_can_look_up() {
    let range = |cuda: &str| {
        let all = architectures(&version(cuda)).expect("it is known");
        (all[0].sm(), all[all.len() - 1].sm())
    };
    assert_eq!(range("10.0"), ("sm_30".into(), "sm_75".into()));
    assert_eq!(range("11.8.0"), ("sm_35".into(), "sm_90".into()));
    assert_eq!(range("13.0"), ("sm_75".into(), "sm_121".into()));
    assert_eq!(architectures(&version("12.7")), None, "there was no 12.7");
    assert!(by_compute_capability(capability("1.3")).is_none());
    assert_eq!(by_compute_capability(capability("9.0")).expect("it is known").last_cuda, None);
}

#[test]
fn drivers_names_are_understood_and_others_are_not_taken_for_them() {
    for (name, expected) in [
        ("Tesla V100-SXM2-32GB", "7.0"),
        ("NVIDIA A100-SXM4-40GB MIG 1g.5gb", "8.0"),
        ("NVIDIA H100 80GB HBM3", "9.0"),
        ("NVIDIA GeForce RTX 3080 Laptop GPU", "8.6"),
        ("GeForce GTX 1080 with Max-Q Design", "6.1"),
        ("NVIDIA TITAN X (Pascal)", "6.1"),
        ("NVIDIA GeForce GTX TITAN X", "5.2"),
        ("GeForce RTX 2080 SUPER", "7.5"),
        ("geforce gtx 1080 ti", "6.1"),
        ("Quadro RTX 6000", "7.5"),
        ("NVIDIA RTX 6000 Ada Generation", "8.9"),
        ("NVIDIA RTX PRO 6000 Blackwell Workstation Edition", "12.0"),
        ("Tesla K40m", "3.5"),
        ("GeForce GTX 960M", "5.0"),
    ] {
        assert_eq!(by_name(name).map(|gpu| gpu.capability), Some(capability(expected)), "{name}");
    }
    for name in ["", "GeForce", "GeForce GTX 970M", "NVIDIA A10G", "GeForce GT 730", "RTX 2080 $(id)", "T"] {
        assert_eq!(by_name(name), None, "{name}");
    }
}

#[test]
fn capabilities_are_read_in_all_their_spellings() {
    for text in ["8.6", "sm_86", "compute_86"] {
        assert_eq!(capability(text).to_string(), "8.6");
    }
    assert_eq!(capability("sm_120f").to_string(), "12.0");
    for text in ["", "sm_", "sm_8", "8", "8.66", "x.y", "sm_1234", "8.6.1", "sm_é6", "-1.2"] {
        assert!(text.parse::<ComputeCapability>().is_err(), "{text}");
    }
}
