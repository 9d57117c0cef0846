//! Profiles, additions and add-ons, on real manifests.

use serde_json::json;

use super::super::fixtures::{Case, DIGEST, component, fixture, release};
use crate::model::{Artifact, Platform, Profile, Trust};
use crate::packages::TOOLKIT;

const X86: Platform = Platform::LinuxX86_64;

fn names(artifacts: &[Artifact]) -> Vec<&str> {
    artifacts.iter().map(|artifact| artifact.component.as_str()).collect()
}

fn refusal(result: Result<Vec<Artifact>, super::SelectError>) -> String {
    result.expect_err("a refusal").to_string()
}

fn made_up(label: &str, components: &serde_json::Value) -> Case {
    Case { kind: &TOOLKIT, release: release(label), bytes: components.to_string().into_bytes() }
}

#[test]
fn an_artifact_says_all_that_an_install_needs() {
    let artifacts = fixture("cuda", "12.4.1").toolkit(X86, Profile::Minimal, &[]).expect("artifacts");
    assert_eq!(names(&artifacts), ["cuda_cccl", "cuda_cudart", "cuda_nvcc", "cuda_nvtx"]);
    let nvcc = &artifacts[2];
    assert_eq!(nvcc.version.to_string(), "12.4.131");
    assert_eq!(
        nvcc.url.as_str(),
        "https://mirror.example/nvidia/compute/cuda/redist/cuda_nvcc/linux-x86_64/cuda_nvcc-linux-x86_64-12.4.131-archive.tar.xz"
    );
    assert_eq!((nvcc.size, nvcc.platform, nvcc.trust), (Some(51_184_484), X86, Trust::Manifest));
    assert_eq!((nvcc.source, nvcc.licence.as_deref()), ("redist", Some("CUDA Toolkit")));
}

#[test]
fn drivers_are_in_no_profile_of_any_generation() {
    for label in ["11.4.2", "12.4.1", "12.9.1", "13.0.2", "13.3.1", "13.4.2"] {
        for profile in Profile::ALL {
            let artifacts =
                fixture("cuda", label).toolkit(Platform::LinuxSbsa, profile, &[]).expect("artifacts");
            for artifact in &artifacts {
                let name = artifact.component.as_str();
                let banned = [
                    "nvidia_driver",
                    "fabricmanager",
                    "imex",
                    "nvidia_fs",
                    "cuda_compat",
                    "driver_assistant",
                ];
                assert!(
                    !banned.contains(&name) && !name.starts_with("nsight_vse"),
                    "{label} {profile} {name}"
                );
            }
        }
    }
}

#[test]
fn what_13_0_split_out_is_there_again() {
    for label in ["13.0.2", "13.3.1", "13.4.2"] {
        let artifacts = fixture("cuda", label).toolkit(X86, Profile::Minimal, &[]).expect("artifacts");
        let names = names(&artifacts);
        assert!(names.contains(&"cuda_crt") && names.contains(&"libnvvm"), "{label}: {names:?}");
        let headers = if label == "13.0.2" { "cuda_cccl" } else { "cccl" };
        assert!(names.contains(&headers), "{label}: {names:?}");
    }
}

#[test]
fn jetson_and_servers_get_their_own_archives() {
    let toolkit = fixture("cuda", "12.4.1");
    for platform in [Platform::LinuxAarch64, Platform::LinuxSbsa, Platform::LinuxPpc64le] {
        let artifacts = toolkit.toolkit(platform, Profile::Devel, &[]).expect("artifacts");
        assert!(artifacts.iter().all(|artifact| artifact.url.path().contains(&format!("/{platform}/"))));
        assert!(!artifacts.is_empty());
    }
}

#[test]
fn a_platform_that_is_not_served_is_named_with_those_that_are() {
    let text = refusal(fixture("cuda", "13.0.2").toolkit(Platform::LinuxPpc64le, Profile::Devel, &[]));
    assert!(text.contains("`cuda_nvcc`") && text.contains("linux-ppc64le"), "{text}");
    assert!(text.contains("for linux-sbsa, linux-x86_64"), "{text}");
    let text = refusal(fixture("cuda", "13.0.2").toolkit(Platform::LinuxPpc64le, Profile::Runtime, &[]));
    assert!(text.contains("`cuda_cudart`") && !text.contains("cuda_nvcc"), "{text}");
}

#[test]
fn additions_bring_what_they_need() {
    let toolkit = fixture("cuda", "12.4.1");
    let artifacts = toolkit.toolkit(X86, Profile::Minimal, &["libcusolver"]).expect("artifacts");
    for name in ["libcusolver", "libcublas", "libcusparse", "libnvjitlink", "cuda_nvrtc", "cuda_nvcc"] {
        assert!(names(&artifacts).contains(&name), "{name}");
    }
    let old = fixture("cuda", "11.4.2").toolkit(X86, Profile::Runtime, &["cuda_nvcc"]).expect("artifacts");
    assert!(names(&old).contains(&"cuda_nvcc") && !names(&old).contains(&"libnvvm"));
    let twice = toolkit.toolkit(X86, Profile::Full, &["cuda_nvcc", "cuda_gdb"]).expect("artifacts");
    let plain = toolkit.toolkit(X86, Profile::Full, &[]).expect("artifacts");
    assert_eq!(names(&twice), names(&plain));
}

#[test]
fn additions_that_cannot_be_are_refused_with_the_reason() {
    let toolkit = fixture("cuda", "12.4.1");
    let with = |name| refusal(toolkit.toolkit(X86, Profile::Devel, &[name]));
    assert!(with("nvidia_driver").contains("never installs `nvidia_driver`: it is the driver"));
    assert!(with("nvidia_fs").contains("kernel module"));
    assert!(with("cublas").contains("it has `libcublas`"), "{}", with("cublas"));
    assert!(with("cuda_nvcx").contains("`cuda_nvcc`"), "{}", with("cuda_nvcx"));
    assert!(!with("nvidia_drivr").contains("nvidia_driver"), "never suggests what is never installed");
    assert_eq!(with("quantum_flux"), "CUDA 12.4.1 has no component `quantum_flux`");
    let opencl = refusal(toolkit.toolkit(Platform::LinuxSbsa, Profile::Devel, &["cuda_opencl"]));
    assert!(opencl.contains("`cuda_opencl` of CUDA 12.4.1") && opencl.contains("linux-x86_64"), "{opencl}");
}

#[test]
fn either_name_of_the_headers_will_do() {
    for (label, typed, found) in [("13.4.2", "cuda_cccl", "cccl"), ("12.4.1", "cccl", "cuda_cccl")] {
        let artifacts = fixture("cuda", label).toolkit(X86, Profile::Runtime, &[typed]).expect("artifacts");
        assert!(names(&artifacts).contains(&found), "{label}");
    }
    let both = made_up(
        "13.9.0",
        &json!({
            "cuda_nvcc": component("cuda_nvcc", "13.9.1"), "cuda_cudart": component("cuda_cudart", "13.9.1"),
            "cuda_crt": component("cuda_crt", "13.9.1"), "libnvvm": component("libnvvm", "13.9.1"),
            "cuda_cccl": component("cuda_cccl", "13.9.1"), "cccl": component("cccl", "13.9.1"),
        }),
    );
    let artifacts = both.toolkit(X86, Profile::Minimal, &[]).expect("artifacts");
    assert_eq!(names(&artifacts), ["cccl", "cuda_crt", "cuda_cudart", "cuda_nvcc", "libnvvm"]);
}

#[test]
fn strangers_need_the_toolkits_licence() {
    let stranger = |name: &str, licence: serde_json::Value| {
        let mut stranger = component(name, "1.2");
        stranger["license"] = licence;
        stranger
    };
    let toolkit = made_up(
        "12.9.9",
        &json!({
            "cuda_nvcc": component("cuda_nvcc", "12.9.1"), "cuda_cudart": component("cuda_cudart", "12.9.1"),
            "cuda_cccl": component("cuda_cccl", "12.9.1"),
            "cuda_new": stranger("cuda_new", json!("CUDA Toolkit")),
            "new_daemon": stranger("new_daemon", json!("NVIDIA Driver")),
            "nsight_new": stranger("nsight_new", json!("NVIDIA SLA")),
            "unlicensed": component("unlicensed", "1.2"),
        }),
    );
    let full = toolkit.toolkit(X86, Profile::Full, &[]).expect("artifacts");
    assert_eq!(names(&full), ["cuda_cccl", "cuda_cudart", "cuda_new", "cuda_nvcc"]);
    let devel = toolkit.toolkit(X86, Profile::Devel, &[]).expect("artifacts");
    assert!(!names(&devel).contains(&"cuda_new"));
    for name in ["cuda_new", "nsight_new"] {
        let with = toolkit.toolkit(X86, Profile::Devel, &[name]).expect("artifacts");
        assert!(names(&with).contains(&name));
    }
    for name in ["new_daemon", "unlicensed"] {
        assert!(refusal(toolkit.toolkit(X86, Profile::Devel, &[name])).contains("licence"), "{name}");
    }
}

#[test]
fn damage_matters_only_where_it_is_used() {
    let mut broken = component("nsight_compute", "1.2");
    broken["linux-x86_64"]["sha256"] = json!("none");
    let toolkit = made_up(
        "12.9.9",
        &json!({
            "cuda_nvcc": component("cuda_nvcc", "12.9.1"), "cuda_cudart": component("cuda_cudart", "12.9.1"),
            "cuda_cccl": component("cuda_cccl", "12.9.1"), "nsight_compute": broken,
        }),
    );
    assert!(toolkit.toolkit(X86, Profile::Devel, &[]).is_ok());
    let text = refusal(toolkit.toolkit(X86, Profile::Full, &[]));
    assert!(text.contains("`nsight_compute` has a wrong sha256"), "{text}");
}

#[test]
fn nested_toolkit_components_are_chosen_by_cuda_release() {
    let nested = |variant: &str| {
        json!({ "version": "12.9.1", "cuda_variant": [variant], "linux-x86_64": {
            format!("cuda{variant}"): { "relative_path": "cuda_new/a.tar.xz", "sha256": DIGEST, "size": 9 },
        }, "license": "CUDA Toolkit" })
    };
    let toolkit = made_up(
        "13.1.1",
        &json!({
            "cuda_cudart": component("cuda_cudart", "13.1.80"), "cuda_new": nested("13.1"), "cuda_old": nested("12"),
        }),
    );
    let with = |name| toolkit.toolkit(X86, Profile::Runtime, &[name]);
    assert_eq!(names(&with("cuda_new").expect("artifacts")), ["cuda_cudart", "cuda_new"]);
    assert!(refusal(with("cuda_old")).contains("is built for CUDA 12 on linux-x86_64, not for CUDA 13.1.1"));
}

#[test]
fn an_add_on_comes_in_the_variant_of_the_toolkit() {
    let path = |cuda: &str| {
        let artifacts = fixture("cudnn", "9.12.0").add_on(Platform::LinuxSbsa, cuda).expect("artifacts");
        assert_eq!(names(&artifacts), ["cudnn"]);
        artifacts[0].url.path().to_owned()
    };
    assert!(path("12.4.1").ends_with("cudnn/linux-sbsa/cudnn-linux-sbsa-9.12.0.46_cuda12-archive.tar.xz"));
    assert!(path("13.0.2").ends_with("9.12.0.46_cuda13-archive.tar.xz"));
    let text = refusal(fixture("cudnn", "9.12.0").add_on(X86, "11.8.0"));
    assert_eq!(text, "cuDNN 9.12.0 is built for CUDA 12 and 13 on linux-x86_64, not for CUDA 11.8.0");
    let text = refusal(fixture("cudnn", "9.12.0").add_on(Platform::LinuxPpc64le, "12.4.1"));
    assert!(text.contains("it is for linux-aarch64, linux-sbsa, linux-x86_64"), "{text}");
    let old = fixture("cutensor", "2.0.2.1").add_on(X86, "11.8.0").expect("artifacts");
    assert_eq!(old[0].version.to_string(), "2.0.2.5");
}
