//! Answers that anybody can look up, and what decides where several would do.

mod files;
mod hostile;

use super::*;
use crate::host::{Driver, Gpu, Host};
use crate::model::Environment;

/// A machine with a driver, and GPUs of these compute capabilities.
fn machine(driver: &str, capabilities: &[&str]) -> Host {
    let module = Some(driver.parse().expect("a driver"));
    let newest_cuda = module.as_ref().and_then(crate::compat::driver::newest_cuda);
    let gpu = |text: &&str| Gpu {
        name: format!("GPU {text}"),
        capability: Some(text.parse().expect("a capability")),
        ..Gpu::default()
    };
    let gpus = capabilities.iter().map(gpu).collect();
    Host { driver: Driver { module, newest_cuda, ..Driver::default() }, gpus, ..Host::default() }
}

/// Lays files into a directory.
fn project(files: &[(&str, &str)]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    for (name, text) in files {
        let path = directory.path().join(name);
        fs_err::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        fs_err::write(path, text).expect("a file");
    }
    directory
}

fn found(files: &[(&str, &str)]) -> Findings {
    of_project(project(files).path(), &Environment::default())
}

fn answered(files: &[(&str, &str)]) -> Answer {
    answer(&found(files), &Host::default()).unwrap_or_else(|error| panic!("{files:?}: {error}"))
}

/// Says what a project wants.
fn wants(files: &[(&str, &str)]) -> String {
    answered(files).request.to_string()
}

fn asks(text: &str) -> String {
    match answer(&asked(text), &Host::default()) {
        Ok(answer) => answer.request.to_string(),
        Err(error) => format!("unknown: {error}"),
    }
}

fn fact<'a>(answer: &'a Answer, name: &str) -> &'a Fact {
    answer.facts.iter().find(|fact| fact.name == name).unwrap_or_else(|| panic!("no {name}: {answer:?}"))
}

/// TensorFlow's rows are those of its tested build configurations, PyTorch's of its page of previous versions,
/// CuPy's and JAX's of their installation guide and changelog.
#[test]
fn questions_with_answers_that_can_be_looked_up() {
    for (question, expected) in [
        ("tensorflow-gpu==1.0.0", "8.0+cudnn5"),
        ("tensorflow-gpu==1.2.1", "8.0+cudnn5"),
        ("tensorflow-gpu==1.3.0", "8.0+cudnn6"),
        ("tensorflow_gpu==1.4.1", "8.0+cudnn6"),
        ("tensorflow==1.5.0", "9.0+cudnn7"),
        ("tensorflow-gpu==1.12.3", "9.0+cudnn7"),
        ("tensorflow==1.13.1", "10.0+cudnn7"),
        ("tensorflow==1.14.0", "10.0+cudnn7"),
        ("tensorflow-gpu==1.15.5", "10.0+cudnn7"),
        ("tensorflow==2.0.0-beta1", "10.0+cudnn7"),
        ("tensorflow==2.1.4", "10.1+cudnn7"),
        ("tensorflow==2.3.0", "10.1+cudnn7"),
        ("tensorflow==2.4.1", "11.0+cudnn8"),
        ("tensorflow>=2.10,<2.11", "11.2+cudnn8"),
        ("tensorflow~=2.12.0", "11.8+cudnn8"),
        ("tensorflow[and-cuda]==2.15", "12.2+cudnn8"),
        ("keras==2.9.0", "11.2+cudnn8"),
        ("torch==1.2.0", "10.0+cudnn7"),
        ("torch==1.3.1", "10.1+cudnn7"),
        ("torch==1.7.1+cu110", "11.0+cudnn8"),
        ("torch==1.12.1+cu113", "11.3+cudnn8"),
        ("torch==1.13.1", "11.7+cudnn8"),
        ("torch==2.0.1", "11.7+cudnn8"),
        ("torch==2.1.0+cu118", "11.8+cudnn8"),
        ("torch==2.4.1+cu121", "12.1+cudnn9"),
        ("torch==2.6.0+cu126", "12.6+cudnn9"),
        ("torch==2.4.0", "12.1+cudnn9"),
        ("torch==2.7.0", "12.6+cudnn9"),
        ("pytorch::pytorch=1.9.0", "11.3+cudnn8"),
        ("jax[cuda12]==0.4.35", ">=12.1,<13+cudnn9"),
        ("jax==0.4.8", ">=12,<13"),
        ("jaxlib==0.1.75+cuda11.cudnn805", ">=11.1,<12+cudnn8"),
        ("jax[cuda13]==0.8.0", ">=13,<14+cudnn9"),
        ("cupy-cuda101", "10.1"),
        ("cupy-cuda11x==12.0", ">=11.2,<12"),
        ("cupy==9.6.0", "11.5"),
        ("mxnet-cu100", "10.0"),
        ("dgl-cu113", "11.3"),
        ("torchvision==0.15.2+cu118", "11.8+cudnn8"),
        ("torchvision==0.9.1", "11.1+cudnn8"),
        ("torchaudio==2.0.1", "11.7+cudnn8"),
        ("tensorflow/tensorflow:1.15.0-gpu-py3", "10.0+cudnn7"),
        ("pytorch/pytorch:1.7.1-cuda11.0-cudnn8-devel", "11.0+cudnn8"),
        ("nvidia/cuda:8.0-cudnn5-devel-ubuntu16.04", "8.0+cudnn5"),
        ("nvidia-cuda-runtime-cu12==12.4.127", "12.4"),
        (
            "torch @ https://example.org/whl/cu121/torch-2.4.1%2Bcu121-cp311-cp311-linux_x86_64.whl",
            "12.1+cudnn9",
        ),
    ] {
        assert_eq!(asks(question), expected, "{question}");
    }
}

#[test]
fn what_is_unknown_is_never_guessed() {
    for (question, expected) in [
        ("caffe", "there is no table of it"),
        ("theano==1.0.5", "there is no table of it"),
        ("cntk-gpu", "there is no table of it"),
        ("numpy==1.26", "there is no table of it"),
        ("torch==99.0", "the nearest release that is known is 2.15.0"),
        ("tensorflow==0.12", "the nearest release that is known is 1.0.0"),
        ("keras==2.2.4", "the nearest release that does is 2.6"),
        ("keras==3.4.1", "the nearest release that does is 2.15"),
        ("torchvision==99.0", "the nearest release that does is 0.25"),
        ("pytorch-lightning==1.5", "there is no table of it"),
        ("tensorflow/tensorflow:1.15.0-py3", "there is no table of it"),
        ("tensorflow-cpu==2.9", "without CUDA"),
        ("torch==2.4.1+cpu", "without CUDA"),
    ] {
        let said = asks(question);
        assert!(said.starts_with("unknown: ") && said.contains(expected), "{question}: {said}");
    }
    assert_eq!(
        asks("torch==2.99+cu128"),
        "unknown: which CUDA torch 2.99 needs is not known; the nearest release that is known is 2.15.0 (`torch==2.99+cu128` in the command line)"
    );
    assert_eq!(
        answer(&found(&[("requirements.txt", "numpy\n")]), &Host::default()).expect_err("nothing"),
        Unanswered::Nothing
    );
}

#[test]
fn an_answer_gives_every_reason_and_its_source() {
    let answer = answered(&[("requirements.txt", "# old\nnumpy<1.17\ntensorflow-gpu==1.14.0\n")]);
    assert_eq!((answer.subject.as_str(), answer.fits), ("tensorflow 1.14.0", "unknown"));
    for (name, value) in [
        ("CUDA", "10.0"),
        ("cuDNN", "7.4"),
        ("Python", "2.7, 3.3-3.7"),
        ("gcc", "up to 7"),
        ("driver", "410.48"),
    ] {
        let fact = fact(&answer, name);
        assert_eq!(fact.value, value);
        assert!(!fact.reason.is_empty() && !fact.source.is_empty(), "{fact:?}");
    }
    assert!(fact(&answer, "CUDA").source.contains("site/en/install/source.md"));
    assert!(fact(&answer, "CUDA").reason.contains("`tensorflow-gpu==1.14.0` in requirements.txt:3"));
    assert!(fact(&answer, "gcc").reason.contains("compiled with GCC 4.8"));
    let evidence = &answer.evidence[0];
    assert_eq!((evidence.file.as_str(), evidence.line), ("requirements.txt", Some(3)));
}

#[test]
fn wheels_that_bring_cuda_need_no_toolkit() {
    let note = |text: &str| answer(&asked(text), &Host::default()).expect(text).notes.join("\n");
    assert!(note("torch==2.4.1").contains("its wheels bring their own CUDA; no toolkit is needed to run it"));
    assert!(note("tensorflow[and-cuda]==2.15").contains("no toolkit is needed"));
    assert!(note("tensorflow==2.15").contains("`tensorflow[and-cuda]` would bring its own CUDA"));
    assert!(!note("tensorflow==1.14").contains("bring"));
    let conda = answered(&[("environment.yml", "dependencies:\n  - tensorflow-gpu=1.14\n")]);
    assert!(conda.notes.join("\n").contains("conda's packages bring their own CUDA"), "{conda:?}");
}

#[test]
fn contradictions_are_said_and_the_stronger_statement_is_followed() {
    let answer = answered(&[
        ("requirements.txt", "tensorflow-gpu==1.14.0\n"),
        ("Dockerfile", "FROM nvidia/cuda:9.0-cudnn7-devel-ubuntu16.04\n"),
    ]);
    assert_eq!(answer.request.to_string(), "10.0+cudnn7");
    let [conflict] = answer.conflicts.as_slice() else { panic!("{answer:?}") };
    for part in [
        "requirements.txt:1",
        "Dockerfile:1",
        "a version of a framework counts more than the name of an image",
    ] {
        assert!(conflict.contains(part), "{conflict}");
    }
    let explicit =
        [("environment.yml", "dependencies:\n  - cudatoolkit=10.1\n  - pip:\n    - tensorflow-gpu==1.14\n")];
    assert_eq!((wants(&explicit).as_str(), answered(&explicit).conflicts.len()), ("10.1", 1));
    let locked = [
        ("requirements.txt", "tensorflow==2.3.0\n"),
        ("poetry.lock", "[[package]]\nname = 'tensorflow'\nversion = '2.4.1'\n"),
    ];
    assert_eq!((wants(&locked).as_str(), answered(&locked).conflicts.len()), ("11.0+cudnn8", 1));
    let two = [("requirements.txt", "torch==2.4.1\ntensorflow==2.4.1\n")];
    assert_eq!(wants(&two), "11.0+cudnn8", "torch brings its own CUDA");
    let agreeing = [
        ("requirements.txt", "torch==2.4.1\n"),
        ("Dockerfile", "FROM nvidia/cuda:11.8.0-devel-ubuntu22.04\n"),
    ];
    assert_eq!((wants(&agreeing).as_str(), answered(&agreeing).conflicts.len()), ("11.8+cudnn9", 0));
    let tests =
        [("requirements.txt", "tensorflow==2.4.1\n"), ("requirements-dev.txt", "tensorflow==2.3.0\n")];
    assert_eq!(wants(&tests), "11.0+cudnn8");
}

#[test]
fn a_machine_decides_among_what_will_do() {
    let on = |text: &str, host: &Host| answer(&asked(text), host).expect(text);
    let old = machine("470.82.01", &["8.0"]);
    let torch = on("torch==2.4.1", &old);
    assert_eq!((torch.request.to_string().as_str(), torch.fits), ("11.8+cudnn9", "limited"));
    let limits = torch.limits.join("\n");
    assert!(
        limits.contains("CUDA 12.1 is preferred") && limits.contains("minor-version compatibility"),
        "{limits}"
    );
    let new = machine("550.54.15", &["8.6"]);
    assert_eq!(
        (on("torch==2.4.1", &new).fits, on("torch==2.4.1", &new).request.to_string().as_str()),
        ("yes", "12.1+cudnn9")
    );
    let tensorflow = on("tensorflow==1.14.0", &new);
    assert_eq!((tensorflow.request.to_string().as_str(), tensorflow.fits), ("10.0+cudnn7", "no"));
    assert!(tensorflow.limits.join("\n").contains("CUDA 11.1 is the first to know"), "{tensorflow:?}");
    let other = tensorflow.alternatives.last().expect("a release that fits");
    assert_eq!(other.what, "tensorflow==2.5.0");
    let k80 = machine("470.256.02", &["3.7"]);
    let torch = on("torch==2.4.1+cu121", &k80);
    assert_eq!(torch.fits, "no");
    assert!(torch.limits.join("\n").contains("CUDA 11.8 was the last to know"), "{torch:?}");
    let jax = on("jax[cuda12]==0.4.35", &machine("535.183.01", &["8.0"]));
    assert_eq!((jax.request.to_string().as_str(), jax.fits), ("12.2+cudnn9", "yes"));
    assert_eq!(on("torch==2.4.1", &machine("390.87", &[])).fits, "no");
}
