//! Plans for NVIDIA's own manifests: every release, platform and profile, against a table.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::{Manifest, Mirror, Sandbox, skip};

/// Which profiles hold which components: r for runtime, m for minimal, d for devel. What a manifest has
/// beyond these is in `full` only, and what [`NEVER`] names nowhere.
const TABLE: &[(&str, &str)] = &[
    ("cccl", "md"),
    ("cuda_cccl", "md"),
    ("cuda_crt", "md"),
    ("cuda_cudart", "rmd"),
    ("cuda_culibos", "d"),
    ("cuda_cuobjdump", "d"),
    ("cuda_cupti", "d"),
    ("cuda_cuxxfilt", "d"),
    ("cuda_nvcc", "md"),
    ("cuda_nvdisasm", "d"),
    ("cuda_nvml_dev", "d"),
    ("cuda_nvprune", "d"),
    ("cuda_nvrtc", "rd"),
    ("cuda_nvtx", "rmd"),
    ("cuda_opencl", "rd"),
    ("cuda_profiler_api", "d"),
    ("cuda_sanitizer_api", "d"),
    ("cuda_tileiras", "d"),
    ("libcublas", "rd"),
    ("libcufft", "rd"),
    ("libcufile", "rd"),
    ("libcuobjclient", "rd"),
    ("libcurand", "rd"),
    ("libcusolver", "rd"),
    ("libcusparse", "rd"),
    ("libnpp", "rd"),
    ("libnvfatbin", "rd"),
    ("libnvjitlink", "rd"),
    ("libnvjpeg", "rd"),
    ("libnvptxcompiler", "d"),
    ("libnvvm", "md"),
];

/// Drivers, services, and what belongs to other systems.
pub(super) const NEVER: &[&str] = &[
    "collectx_bringup",
    "cuda_compat",
    "cuda_compat_orin",
    "driver_assistant",
    "fabricmanager",
    "imex",
    "libcudla",
    "libnvidia_nscq",
    "libnvsdm",
    "mft",
    "mft_autocomplete",
    "mft_oem",
    "nsight_nvtx",
    "nsight_vse",
    "nvidia_driver",
    "nvidia_fs",
    "nvlsm",
    "visual_studio_integration",
];

const PROFILES: [(&str, char); 4] = [("runtime", 'r'), ("minimal", 'm'), ("devel", 'd'), ("full", 'f')];

const PLATFORMS: [&str; 4] = ["linux-x86_64", "linux-sbsa", "linux-ppc64le", "linux-aarch64"];

/// Returns the components that a profile should consist of, with the path of each archive.
fn expected(manifest: &Manifest, platform: &str, profile: char) -> BTreeSet<(String, String)> {
    let is_there = |value: &Value| value.get(platform).or_else(|| value.get("linux-all")).is_some();
    let is_held = |name: &str| match TABLE.iter().find(|(known, _)| *known == name) {
        Some((_, profiles)) => profile == 'f' || profiles.contains(profile),
        None => profile == 'f' && !NEVER.contains(&name),
    };
    let path = |value: &Value| {
        let leaf = value.get(platform).or_else(|| value.get("linux-all")).expect("it is there");
        leaf["relative_path"].as_str().expect("a path").to_owned()
    };
    let held = manifest.components().filter(|(name, value)| is_held(name) && is_there(value));
    held.map(|(name, value)| (name.to_owned(), path(value))).collect()
}

/// Plans every release for every platform in every profile, and compares.
fn assert_every_plan(manifests: &[Manifest]) {
    let mirror = Mirror::start();
    manifests.iter().for_each(|manifest| manifest.serve(&mirror));
    let sandbox = Sandbox::new().with_mirror(&mirror);
    for platform in PLATFORMS {
        let has_compiler = |manifest: &&Manifest| {
            manifest.product == "cuda" && manifest.json["cuda_nvcc"].get(platform).is_some()
        };
        let here: Vec<&Manifest> = manifests.iter().filter(has_compiler).collect();
        assert!(!here.is_empty(), "{platform}");
        for (profile, letter) in PROFILES {
            let mut arguments =
                vec!["install", "--profile", profile, "--platform", platform, "--dry-run", "--json"];
            arguments.extend(here.iter().map(|manifest| manifest.label.as_str()));
            let plans: Vec<Value> = serde_json::from_str(&sandbox.ok(&arguments)).expect("JSON");
            assert_eq!(plans.len(), here.len());
            for (plan, manifest) in plans.iter().zip(&here) {
                let label = &manifest.label;
                assert_eq!((&plan["cuda"], &plan["profile"]), (&json!(label), &json!(profile)));
                let wanted = expected(manifest, platform, letter);
                assert_eq!(components(plan, &mirror), wanted, "{label} {platform} {profile}");
            }
        }
    }
    assert!(!sandbox.store().exists(), "a plan changes nothing");
}

fn components(plan: &Value, mirror: &Mirror) -> BTreeSet<(String, String)> {
    let root = mirror.at("compute/cuda/redist/").to_string();
    let artifact = |artifact: &Value| {
        let url = artifact["url"].as_str().expect("an address");
        let path = url.strip_prefix(&root).expect("an address of the mirror");
        (artifact["component"].as_str().expect("a name").to_owned(), path.to_owned())
    };
    plan["artifacts"].as_array().expect("a list").iter().map(artifact).collect()
}

#[test]
fn every_profile_of_every_generation_resolves_to_the_right_archives() {
    assert_every_plan(&Manifest::fixtures());
}

#[test]
fn so_does_every_complete_manifest() {
    let manifests = Manifest::complete();
    if manifests.is_empty() {
        skip("complete manifests", "there are none beside the repository");
        return;
    }
    assert_every_plan(&manifests);
}
