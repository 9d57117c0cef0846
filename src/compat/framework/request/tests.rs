//! What people type for a framework, and what must not be taken for one.

use super::*;

fn request(text: &str) -> FrameworkRequest {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// Says which framework at which release, and the preferred toolkit.
fn answer(text: &str) -> String {
    let request = request(text);
    let found = request.requirement().unwrap_or_else(|error| panic!("{text}: {error}"));
    let version = found.version.map(|version| format!(" {version}")).unwrap_or_default();
    format!("{}{version}: {}", found.framework, found.choices[0].request())
}

#[test]
fn what_people_type_leads_to_a_toolkit() {
    for (text, expected) in [
        ("tensorflow==1.14.0", "tensorflow 1.14.0: 10.0+cudnn7"),
        ("tensorflow_gpu==1.14.0 ; python_version < '3.8'", "tensorflow 1.14.0: 10.0+cudnn7"),
        ("Tensorflow-GPU == 1.15.2", "tensorflow 1.15.0: 10.0+cudnn7"),
        ("tensorflow-gpu", "tensorflow 2.21.0: 12.5+cudnn9"),
        ("tensorflow==2.0.0-beta1", "tensorflow 2.0.0: 10.0+cudnn7"),
        ("tensorflow==2.0.0rc2", "tensorflow 2.0.0: 10.0+cudnn7"),
        ("tensorflow>=1.13,<2", "tensorflow 1.15.0: 10.0+cudnn7"),
        ("tensorflow~=2.9.1", "tensorflow 2.9.0: 11.2+cudnn8"),
        ("tensorflow>=2.9.1,<2.9.9", "tensorflow 2.9.0: 11.2+cudnn8"),
        ("keras", "tensorflow 2.21.0: 12.5+cudnn9"),
        ("torch==2.4.1+cu121", "torch 2.4.1: 12.1+cudnn9"),
        ("torch==2.4.1+cu118", "torch 2.4.1: 11.8+cudnn9"),
        ("torch==2.4", "torch 2.4.1: 12.1+cudnn9"),
        ("torch==2.4.*", "torch 2.4.1: 12.1+cudnn9"),
        ("torch<2", "torch 1.13.1: 11.7+cudnn8"),
        ("conda-forge::pytorch=1.7.1=py3.8_cuda11.0.221_cudnn8.0.5_0", "torch 1.7.1: 10.2+cudnn7"),
        ("jax[cuda12]", "jax 0.7.2: >=12.1,<13+cudnn9"),
        ("jax[cuda13]", "jax 0.7.2: >=13,<14+cudnn9"),
        ("jax[cuda11_cudnn82]==0.4.8", "jax 0.4.8: 11.8+cudnn8"),
        ("cupy-cuda101", "cupy: 10.1"),
        ("cupy-cuda12x==13.0.0", "cupy: >=12,<13"),
        ("mxnet-cu100", "mxnet: 10.0"),
    ] {
        assert_eq!(answer(text), expected, "{text}");
    }
}

#[test]
fn extras_tell_who_brings_cuda() {
    let brings = |text: &str| {
        let request = request(text);
        request.brings_cuda(&request.requirement().expect(text))
    };
    assert_eq!(brings("tensorflow[and-cuda]==2.15"), Some(true));
    assert_eq!(brings("tensorflow==2.15"), Some(false));
    assert_eq!(brings("tensorflow==1.14"), Some(false));
    assert_eq!(brings("torch==2.4.1"), Some(true));
    assert_eq!(brings("jax[cuda12]==0.6.0"), Some(true));
    assert_eq!(brings("jax[cuda13]==0.8.0"), Some(true));
    assert_eq!(brings("jax[cuda12-local]==0.6.0"), Some(false));
    assert_eq!(brings("jax==0.4.26"), None);
}

#[test]
fn what_is_not_known_is_said_to_be_unknown() {
    let error = |text: &str| text.parse::<FrameworkRequest>().expect_err(text).to_string();
    assert!(error("caffe").contains("`caffe` needs is not known"));
    assert!(error("keras==2.2.4").contains("goes by the tensorflow"));
    assert!(error("tensorflow-cpu==2.9").contains("without CUDA"));
    assert!(error("torch==2.4.1+cpu").contains("without CUDA"));
    let unmet = |text: &str| request(text).requirement().expect_err(text).to_string();
    assert_eq!(unmet("torch==2.4.1+cu126"), "no build of torch for CUDA 12.6 is known");
    assert!(unmet("torch==0.5.0").ends_with("the nearest release that is known is 0.4.1"));
    assert_eq!(unmet("torch>99"), "which CUDA torch needs is not known");
    assert_eq!(unmet("mxnet"), "which CUDA mxnet needs is not known");
}

#[test]
fn other_texts_are_refused_without_showing_their_control_characters() {
    for text in [
        "",
        "==1.0",
        "torch 2.4",
        "torch==",
        "torch==x",
        "torch==2.4 || id",
        "torch[cuda12==1",
        "-r requirements.txt",
        "torch==2.4$(id)",
        "torch @ https://example.org/torch.whl",
        "torch==99999999999",
        "'torch'==1",
        "\u{1b}[2Jtorch",
    ] {
        let error = text.parse::<FrameworkRequest>().expect_err(text).to_string();
        assert!(!error.contains('\u{1b}') && !error.contains('\n'), "{error}");
    }
    assert!("torch==2\n.4".parse::<FrameworkRequest>().is_err());
}

proptest::proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,40}") {
        let _ = text.parse::<FrameworkRequest>().map(|request| request.requirement());
    }

    #[test]
    fn no_specifier_makes_it_panic(text in "(torch|jax|cupy)(\\[[a-z0-9,_-]{0,9}\\])?[=<>~!]{1,3}[0-9.a-z+*é,=-]{0,12}") {
        let _ = text.parse::<FrameworkRequest>().map(|request| request.requirement());
    }
}
