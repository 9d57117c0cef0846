//! The table of frameworks: its order, and answers that anybody can look up.

use std::collections::BTreeSet;

use super::rows::Cudnn;
use super::*;

fn version(text: &str) -> Version {
    text.parse().expect("a version")
}

fn needs(framework: Framework, text: &str) -> Requirement {
    requirement(framework, Some(&version(text))).expect(text)
}

/// Says what a requirement can be satisfied with: `10.0 cuDNN 7.4`.
fn choices(requirement: &Requirement) -> Vec<String> {
    let words = |choice: &Choice| match &choice.cudnn {
        Some(cudnn) => format!("{} cuDNN {cudnn}", choice.cuda),
        None => choice.cuda.to_string(),
    };
    requirement.choices.iter().map(words).collect()
}

#[test]
fn the_table_is_in_order_and_every_row_says_something() {
    for framework in known() {
        let rows = rows(*framework);
        assert!(rows.is_sorted_by(|one, other| one.version < other.version), "{framework}");
        for row in rows {
            assert!(!row.cuda.is_empty() && !row.source.is_empty(), "{framework} {}", row.version);
            if let Some(Cudnn::ByCuda(versions)) = &row.cudnn {
                let offered = |cuda: &String| row.cuda.iter().any(|own| own.0.to_string() == *cuda);
                assert!(versions.keys().all(offered), "{framework} {}", row.version);
            }
        }
    }
    let names: BTreeSet<&str> = table().package.iter().map(|package| package.name.as_str()).collect();
    assert_eq!(names.len(), table().package.len(), "a package is there twice");
}

#[test]
fn every_choice_is_a_cuda_that_existed() {
    let all =
        known().iter().flat_map(|framework| rows(*framework).iter().map(|row| row.requirement(*framework)));
    for requirement in all {
        for choice in &requirement.choices {
            let exists = gpu::cuda_lines().any(|line| choice.cuda.matches_release(line));
            assert!(exists, "{} {:?}: {}", requirement.framework, requirement.version, choice.cuda);
        }
    }
}

#[test]
fn tensorflow_1_14_needs_cuda_10_0_and_cudnn_7_4() {
    let requirement = needs(Framework::TensorFlow, "1.14.0");
    assert_eq!(choices(&requirement), ["10.0 cuDNN 7.4"]);
    assert_eq!(requirement.choices[0].request().to_string(), "10.0+cudnn7");
    assert_eq!(requirement.python, Some("2.7, 3.3-3.7"));
    assert_eq!(requirement.compiler, Some("GCC 4.8"));
    assert_eq!(requirement.own_cuda, OwnCuda::Never);
}

#[test]
fn tensorflow_through_the_years() {
    for (version, expected) in [
        ("1.2.1", "8.0 cuDNN 5.1"),
        ("1.4", "8.0 cuDNN 6"),
        ("1.12.3", "9.0 cuDNN 7"),
        ("1.15.5", "10.0 cuDNN 7.4"),
        ("2.1.4", "10.1 cuDNN 7.6"),
        ("2.4.1", "11.0 cuDNN 8.0"),
        ("2.10.1", "11.2 cuDNN 8.1"),
        ("2.15.0", "12.2 cuDNN 8.9"),
        ("2.17.1", "12.3 cuDNN 8.9"),
    ] {
        assert_eq!(choices(&needs(Framework::TensorFlow, version)), [expected], "{version}");
    }
    assert_eq!(needs(Framework::TensorFlow, "2.15").own_cuda, OwnCuda::WithExtra("and-cuda"));
}

#[test]
fn torch_2_4_has_three_cudas() {
    let requirement = needs(Framework::Torch, "2.4");
    assert_eq!(requirement.version, Some(&version("2.4.1")));
    assert_eq!(choices(&requirement), ["12.1 cuDNN 9.1.0.70", "11.8 cuDNN 9.1.0.70", "12.4 cuDNN 9.1.0.70"]);
    assert_eq!(requirement.own_cuda, OwnCuda::Always);
    let of_tag = |tag: &str| requirement.clone().narrowed(&tag.parse().expect("a request"));
    assert_eq!(choices(&of_tag("cu118").expect("it is offered")), ["11.8 cuDNN 9.1.0.70"]);
    assert_eq!(of_tag("cu126"), None);
    assert_eq!(
        choices(&needs(Framework::Torch, "1.7.1")),
        ["10.2 cuDNN 7", "9.2 cuDNN 7", "10.1 cuDNN 7", "11.0 cuDNN 8"]
    );
}

#[test]
fn jax_goes_by_the_last_change() {
    assert_eq!(choices(&needs(Framework::Jax, "0.4.30")), [">=12.1,<13 cuDNN 8.9.4"]);
    assert_eq!(choices(&needs(Framework::Jax, "0.4.35")), [">=12.1,<13 cuDNN 9.1"]);
    let newest = needs(Framework::Jax, "0.7.0");
    assert_eq!(newest.own_cuda, OwnCuda::WithExtra("cuda12"));
    assert!(newest.narrowed(&"12".parse().expect("a request")).is_some());
    assert!(requirement(Framework::Jax, Some(&version("0.1.60"))).is_err());
    assert!(requirement(Framework::Jax, Some(&version("1.0"))).is_err());
}

#[test]
fn names_of_packages_say_their_cuda() {
    let of = |name: &str| package(name).map(|package| choices(&package.requirement()).join(" "));
    assert_eq!(of("cupy-cuda101").as_deref(), Some("10.1"));
    assert_eq!(of("cupy-cuda11x").as_deref(), Some(">=11.2,<12"));
    assert_eq!(of("mxnet-cu100").as_deref(), Some("10.0"));
    assert_eq!(of("mxnet-cu92mkl").as_deref(), Some("9.2"));
    assert_eq!(of("cupy-cuda999"), None);
}

#[test]
fn what_is_not_in_the_table_is_unknown_with_the_nearest() {
    let nearest = |framework: Framework, text: &str| {
        let unknown = requirement(framework, Some(&version(text))).expect_err(text);
        unknown.nearest.map(ToString::to_string)
    };
    assert_eq!(nearest(Framework::Torch, "0.5.1").as_deref(), Some("0.4.1"));
    assert_eq!(nearest(Framework::Torch, "9.9").as_deref(), Some("2.15.0"));
    assert_eq!(nearest(Framework::TensorFlow, "0.12").as_deref(), Some("1.0.0"));
    assert_eq!(nearest(Framework::Mxnet, "1.5").as_deref(), None);
    let message = requirement(Framework::Torch, Some(&version("0.5"))).expect_err("unknown").to_string();
    assert_eq!(
        message,
        "which CUDA torch 0.5 needs is not known; the nearest release that is known is 0.4.1"
    );
    assert!(requirement(Framework::Mxnet, None).is_err());
    assert_eq!(requirement(Framework::Torch, None).expect("a row").version, Some(&version("2.15.0")));
}
