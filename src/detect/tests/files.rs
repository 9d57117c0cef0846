//! Projects as they are in the wild, in small: every kind of file, and where it is looked for.

use super::*;

#[test]
fn requirements_files() {
    for (text, expected) in [
        ("torch==2.4.1\n--extra-index-url https://download.example.org/whl/cu118\n", "11.8+cudnn9"),
        ("-f https://download.example.org/whl/torch_stable.html\ntorch==1.7.1+cu101\n", "10.1+cudnn7"),
        ("--index-url=https://pypi.example.org/whl/cu121\ntorch\n", "12.1+cudnn9"),
        (
            "tensorflow>=2.10,<2.11 ; sys_platform == 'linux'\ntensorflow-macos==2.9; sys_platform == 'darwin'\n",
            "11.2+cudnn8",
        ),
        ("torch==2.4.1 ; sys_platform == 'win32'\ntorch==2.0.1 ; sys_platform == 'linux'\n", "11.7+cudnn8"),
        ("tensorflow-gpu==1.15 \\\n    --hash=sha256:00 \\\n    --hash=sha256:11\n", "10.0+cudnn7"),
        ("tensorflow[and-cuda]~=2.15.0  # newest that works\r\n", "12.2+cudnn8"),
        ("\u{feff}tensorflow==2.4.1\n", "11.0+cudnn8"),
    ] {
        assert_eq!(wants(&[("requirements.txt", text)]), expected, "{text}");
    }
    let nested = [
        ("requirements.txt", "-r requirements/gpu.txt\n-c constraints.txt\ntensorflow\n"),
        ("requirements/gpu.txt", "cupy-cuda101\n"),
        ("constraints.txt", "tensorflow==2.3.0\n"),
    ];
    assert_eq!(wants(&nested), "10.1+cudnn7");
}

#[test]
fn condas_environments() {
    let text = "name: seg\nchannels: [pytorch, nvidia]\ndependencies:\n  - python=3.10\n  - pytorch=2.1.0\n  - pytorch-cuda=12.1\n  - pip\n  - pip:\n      - numpy\n";
    assert_eq!(wants(&[("environment.yml", text)]), "12.1+cudnn8");
    for (line, expected) in [
        ("cudatoolkit=11.3", "11.3"),
        ("cudatoolkit 10.0.130 0", "10.0"),
        ("conda-forge::cuda-version=12.4.*", "12.4"),
        ("nvidia/label/cuda-12.4.0::cuda-toolkit", "12.4"),
        ("pytorch=1.9.0=py3.9_cuda10.2_cudnn7.6.5_0", "10.2+cudnn7"),
        ("cudatoolkit>=10.1,<10.2", ">=10.1,<10.2"),
    ] {
        let text = format!("dependencies:\n  - {line}\n");
        let answer = answered(&[("conda/env-gpu.yaml", &text)]);
        assert_eq!(answer.request.to_string(), expected, "{line}");
        assert_eq!(
            (answer.evidence[0].file.as_str(), answer.evidence[0].line),
            ("conda/env-gpu.yaml", Some(2))
        );
    }
    let pip = "dependencies:\n  - cudnn=7.6\n  - pip:\n    - tensorflow-gpu==2.1.0\n";
    assert_eq!(wants(&[("environment.yml", pip)]), "10.1+cudnn7");
}

#[test]
fn pythons_project_files() {
    for (name, text, expected) in [
        (
            "pyproject.toml",
            "[project]\ndependencies = ['numpy', 'torch==2.4.1']\n[[tool.uv.index]]\nname = 'x'\nurl = 'https://download.example.org/whl/cu124'\n",
            "12.4+cudnn9",
        ),
        (
            "pyproject.toml",
            "[project.optional-dependencies]\ngpu = ['tensorflow[and-cuda]==2.15.*']\n",
            "12.2+cudnn8",
        ),
        (
            "pyproject.toml",
            "[dependency-groups]\ncuda = ['cupy-cuda11x', {include-group = 'dev'}]\n",
            ">=11.2,<12",
        ),
        (
            "pyproject.toml",
            "[tool.poetry.dependencies]\npython = '^3.9'\ntensorflow = '^2.4,<2.5'\n",
            "11.0+cudnn8",
        ),
        (
            "pyproject.toml",
            "[tool.poetry.dependencies]\ntorch = { version = '~2.0.1', source = 'pt' }\n[[tool.poetry.source]]\nname = 'pt'\nurl = 'https://download.example.org/whl/cu118'\n",
            "11.8+cudnn8",
        ),
        (
            "pyproject.toml",
            "[tool.pixi.dependencies]\npytorch = '2.1.*'\ncuda-version = '11.8.*'\n",
            "11.8+cudnn8",
        ),
        (
            "pixi.toml",
            "[dependencies]\npytorch = { version = '>=2.4,<2.5', build = '*cuda118*' }\n[system-requirements]\ncuda = '11'\n",
            "11.8+cudnn9",
        ),
        ("pixi.toml", "[feature.gpu.pypi-dependencies]\ntensorflow = '==2.4.1'\n", "11.0+cudnn8"),
        (
            "Pipfile",
            "[[source]]\nurl = 'https://pypi.example.org/simple'\n[packages]\ntensorflow-gpu = '==1.14.0'\n",
            "10.0+cudnn7",
        ),
        (
            "setup.py",
            "from setuptools import setup\nsetup(name='x',\n      install_requires=['numpy', \"tensorflow-gpu>=1.13,<2\"])\n",
            "10.0+cudnn7",
        ),
        ("setup.cfg", "[options]\ninstall_requires =\n    numpy\n    tensorflow==2.3.0\n", "10.1+cudnn7"),
    ] {
        assert_eq!(wants(&[(name, text)]), expected, "{text}");
    }
}

#[test]
fn lock_files() {
    let uv = "version = 1\n[[package]]\nname = 'numpy'\nversion = '1.26'\n[[package]]\nname = 'nvidia-cuda-runtime-cu12'\nversion = '12.1.105'\nsource = { registry = 'x' }\n[[package]]\nname = 'torch'\nversion = '2.4.1'\n";
    let answer = answered(&[("pyproject.toml", "[project]\ndependencies = ['torch>=2']\n"), ("uv.lock", uv)]);
    assert_eq!(answer.request.to_string(), "12.1+cudnn9");
    assert_eq!(answer.subject, "torch 2.4.1");
    assert!(answer.evidence.iter().any(|seen| seen.file == "uv.lock" && seen.line == Some(6)), "{answer:?}");
    let poetry = "[[package]]\nname = \"tensorflow\"\nversion = \"2.4.1\"\ndescription = \"x\"\n";
    assert_eq!(wants(&[("poetry.lock", poetry)]), "11.0+cudnn8");
    let pipenv = "{\"_meta\": {}, \"default\": {\"torch\": {\"version\": \"==1.13.1+cu117\"}}}";
    assert_eq!(wants(&[("Pipfile.lock", pipenv)]), "11.7+cudnn8");
    let pixi = "version: 5\npackages:\n- conda: https://conda.example.org/conda-forge/linux-64/pytorch-2.4.1-cuda118_py311h5_300.conda\n  sha256: 00\n- pypi: https://files.example.org/aa/numpy-1.26-cp311-cp311-linux_x86_64.whl\n";
    assert_eq!(wants(&[("pixi.lock", pixi)]), "11.8+cudnn9");
}

#[test]
fn dockerfiles() {
    for (text, expected) in [
        ("FROM nvidia/cuda:8.0-cudnn5-devel-ubuntu16.04\n", "8.0+cudnn5"),
        ("FROM tensorflow/tensorflow:1.14.0-gpu-py3 AS base\n", "10.0+cudnn7"),
        ("FROM --platform=linux/amd64 pytorch/pytorch:2.1.0-cuda12.1-cudnn8-devel\n", "12.1+cudnn8"),
        (
            "ARG CUDA=11.8.0\nARG OS=\"ubuntu22.04\"\nFROM nvidia/cuda:${CUDA}-cudnn8-devel-$OS\n",
            "11.8+cudnn8",
        ),
        ("FROM nvidia/cuda:${VERSION:-12.4.1}-runtime-ubuntu22.04\n", "12.4"),
        ("FROM ubuntu\nRUN pip install \\\n    torch==2.4.1+cu121 \\\n    numpy\n", "12.1+cudnn9"),
        ("FROM ubuntu\nRUN conda install -y cudatoolkit=10.1 && true\n", "10.1"),
    ] {
        assert_eq!(wants(&[("Dockerfile.gpu", text)]), expected, "{text}");
    }
    let error =
        answer(&found(&[("Dockerfile", "FROM nvcr.io/nvidia/pytorch:23.07-py3\n")]), &Host::default());
    assert!(error.expect_err("unknown").to_string().contains("no table of NGC's images"));
}

#[test]
fn cmakes_lists() {
    for (text, expected) in [
        ("find_package(CUDAToolkit 12 REQUIRED)\n", "12"),
        ("find_package( CUDA 10.0 REQUIRED )\n", "10.0"),
        ("find_package(CUDAToolkit 11.8 EXACT)\n", "11.8"),
        ("set(CMAKE_CUDA_ARCHITECTURES 37 60)\n", ">=8.0,<=11.8"),
        ("find_package(CUDAToolkit 11)\nset(CMAKE_CUDA_ARCHITECTURES \"70;90\")\n", "11.8"),
    ] {
        let wanted = answered(&[("CMakeLists.txt", text)]);
        let line = wanted.facts[0].value.clone();
        let request = wanted.request.to_string();
        assert!(request == expected || line == expected, "{text}: {request}, {line}");
    }
    assert_eq!(wants(&[("CMakeLists.txt", "project(x LANGUAGES CXX CUDA)\n")]), "latest");
    assert!(found(&[("CMakeLists.txt", "# find_package(CUDA 9.0)\nproject(x)\n")]).evidence.is_empty());
}

#[test]
fn what_is_installed_is_read_and_never_run() {
    let site = "venv/lib/python3.10/site-packages";
    let files = [
        (format!("{site}/torch-2.1.0.dist-info/METADATA"), "Name: torch\n"),
        (
            format!("{site}/torch/version.py"),
            "__version__ = '2.1.0'\ncuda: Optional[str] = '11.8'\nraise SystemExit\n",
        ),
        ("project/main.py".to_owned(), "import torch\n"),
    ];
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), *text)).collect();
    let directory = project(&files);
    let mut environment = Environment::default();
    environment.variables.insert("VIRTUAL_ENV".into(), directory.path().join("venv").into());
    let found = of_project(&directory.path().join("project"), &environment);
    assert_eq!(answer(&found, &Host::default()).expect("an answer").request.to_string(), "11.8+cudnn8");
    let conda = project(&[("conda-meta/pytorch-1.9.0-py3.9_cuda11.1_cudnn8.0.5_0.json", "{}"), ("p/x", "")]);
    let mut environment = Environment::default();
    environment.variables.insert("CONDA_PREFIX".into(), conda.path().into());
    let found = of_project(&conda.path().join("p"), &environment);
    assert_eq!(answer(&found, &Host::default()).expect("an answer").request.to_string(), "11.1+cudnn8");
}

#[test]
fn the_nearest_directory_that_says_something_is_the_project() {
    let directory = project(&[
        (".git/HEAD", ""),
        ("requirements.txt", "tensorflow==2.3.0\n"),
        ("service/Dockerfile", "FROM nvidia/cuda:11.8.0-base-ubuntu22.04\n"),
        ("tools/deep/run.sh", ""),
    ]);
    let wants = |below: &str| {
        let found = of_project(&directory.path().join(below), &Environment::default());
        answer(&found, &Host::default()).map(|answer| answer.request.to_string()).unwrap_or_default()
    };
    assert_eq!((wants("service").as_str(), wants("tools/deep").as_str()), ("11.8", "10.1+cudnn7"));
    fs_err::remove_dir_all(directory.path().join(".git")).expect("removed");
    assert_eq!(wants("tools/deep"), "", "without version control only the directory itself is looked at");
}

#[test]
fn what_projects_in_the_wild_write() {
    for (name, text, expected) in [
        ("CMakeLists.txt", "project(ngp\n  VERSION 1.0\n  LANGUAGES C CXX CUDA\n)\n", "latest"),
        ("CMakeLists.txt", "find_package(CUDAToolkit # the runtime\n  11.8 EXACT\n  REQUIRED)\n", "11.8"),
        ("setup.py", "setup(install_requires=[\n    'torch',\n    'ninja',\n])\n", "13.2+cudnn9"),
        (
            "Dockerfile",
            "FROM nvidia/cuda:11.8.0-devel-ubuntu22.04\nRUN pip install torch==2.1.2+cu${SHORT} ninja\n",
            "11.8+cudnn8",
        ),
        (
            ".devops/cuda.Dockerfile",
            "ARG V=12.8.1\nARG B=nvidia/cuda:${V}-devel\nFROM ${B} AS build\n",
            "12.8",
        ),
        ("conda/environments/env_cuda.yaml", "dependencies:\n- cuda-version=11.8\n- cupy>=12.0.0\n", "11.8"),
        ("requirements.txt", "torch\ntorchvision==0.9.1\n", "11.1+cudnn8"),
    ] {
        assert_eq!(wants(&[(name, text)]), expected, "{name}: {text}");
    }
    let code = "setup.py";
    let text = "backend = {'torch': 1}\nname = 'torch'\nsetup(name='x')\n";
    assert_eq!(answer(&found(&[(code, text)]), &Host::default()).expect_err(code), Unanswered::Nothing);
    assert!(answered(&[("requirements.txt", "torch==2.1.0\ntorchvision==0.16.0\n")]).conflicts.is_empty());
}
