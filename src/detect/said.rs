//! What one requirement says: `torch==2.4.1+cu121`, conda's `cudatoolkit=11.3`, an index `…/whl/cu121`.

use super::evidence::Statement;
use super::wheel;
use crate::compat::framework::request::{
    FrameworkRequest, FrameworkRequestError, Named, RequirementError, Wanted, named,
};
use crate::model::request::{AddOnRequest, AddOns, Base, Operator};
use crate::model::{Platform, ToolchainRequest, Version};
use crate::sources::pypi;

/// Packages whose version is CUDA's.
const TOOLKITS: &[&str] = &[
    "cuda",
    "cuda-cudart",
    "cuda-cudart-dev",
    "cuda-libraries",
    "cuda-libraries-dev",
    "cuda-nvcc",
    "cuda-runtime",
    "cuda-toolkit",
    "cuda-version",
    "cudatoolkit",
    "cudatoolkit-dev",
    "nvidia-cuda-nvcc",
    "nvidia-cuda-runtime",
    "pytorch-cuda",
];

/// Packages that use CUDA, and of which no table says which.
const WITHOUT_TABLE: &[&str] = &[
    "caffe",
    "caffe-gpu",
    "caffe2",
    "chainer",
    "cntk",
    "cntk-gpu",
    "onnxruntime-gpu",
    "paddlepaddle-gpu",
    "tensorflow-directml",
    "tensorflow-rocm",
    "tf-nightly",
    "tf-nightly-gpu",
    "theano",
];

/// Reads a requirement of pip or conda; nothing where it says nothing about CUDA, or not for this system.
pub(super) fn requirement(text: &str) -> Option<Statement> {
    let text = text.split(" --").next()?.trim();
    let (text, marker) = text.split_once(';').map_or((text, ""), |(text, marker)| (text, marker));
    let marker = marker.split(" #").next().unwrap_or_default().trim();
    if !marker.is_empty() && pypi::applies(marker, Platform::LinuxX86_64) == Some(false) {
        return None;
    }
    if text.contains("://") {
        return wheel::requirement(text).and_then(|text| package(&text));
    }
    package(text)
}

/// Reads a requirement of conda: `pytorch 1.7.1 py3.8_cuda11.0`, `cudatoolkit=11.3`.
pub(super) fn conda(text: &str) -> Option<Statement> {
    let text = text.split('#').next()?.trim();
    if let Some(found) = label(text) {
        return Some(found);
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    let joined = match words.as_slice() {
        [name, version, rest @ ..] if version.starts_with(|letter: char| letter.is_ascii_digit()) => {
            [&[*name, *version], rest].concat().join("=")
        }
        words => words.concat(),
    };
    let statement = package(&joined);
    let build = joined.splitn(3, '=').nth(2).and_then(tag_in);
    match (statement, build) {
        (Some(Statement::Framework(request)), Some(cuda)) if request.cuda.is_none() => {
            Some(framework(FrameworkRequest { cuda: Some(cuda), ..request }))
        }
        (statement, _) => statement,
    }
}

/// Reads the CUDA in an address: `…/whl/cu121`, conda's `nvidia/label/cuda-12.4.0`.
pub(super) fn address(text: &str) -> Option<Statement> {
    let in_path = |part: &str| match part.strip_prefix("cu") {
        Some(digits) if is_digits(digits) && (2..=3).contains(&digits.len()) => part.parse().ok(),
        _ => None,
    };
    let found = text.split(['/', '?', '#', ' ', '"', '\'']).find_map(in_path);
    found.map(|cuda| Statement::Toolkit(vec![cuda])).or_else(|| label(text))
}

/// Says that CUDA is used: this version, and any that an upper bound leaves open.
pub(super) fn at_least(version: &Version) -> Statement {
    let request = |base| ToolchainRequest { base, add_ons: AddOns::Any };
    let bound = (Operator::GreaterOrEqual, version.clone());
    Statement::Toolkit(vec![request(Base::Prefix(version.clone())), request(Base::Range(vec![bound]))])
}

/// Says that exactly this line of CUDA is used.
pub(super) fn exactly(version: &Version) -> Statement {
    Statement::Toolkit(vec![ToolchainRequest {
        base: Base::Prefix(version.truncated(2)),
        add_ons: AddOns::Any,
    }])
}

/// Reads the name of a package with its version.
pub(super) fn package(text: &str) -> Option<Statement> {
    let named = named(text)?;
    if let Some(statement) = toolkit(&named) {
        return Some(statement);
    }
    if WITHOUT_TABLE.contains(&named.name.as_str()) {
        let reason = format!("which CUDA `{}` needs is not known: there is no table of it", named.name);
        return Some(Statement::Unknown(reason));
    }
    match text.parse::<FrameworkRequest>() {
        Ok(request) => Some(framework(request)),
        Err(FrameworkRequestError::UnknownName { .. } | FrameworkRequestError::Text { .. }) => {
            let local = named.local.as_deref().and_then(tag_in);
            local.or_else(|| suffix(&named.name)).map(|cuda| Statement::Toolkit(vec![cuda]))
        }
        Err(error) => Some(Statement::Unknown(error.to_string())),
    }
}

/// What nothing is known of may still name its CUDA: `torch==99.0+cu121`.
fn framework(request: FrameworkRequest) -> Statement {
    match (request.requirement(), &request.cuda) {
        (Err(RequirementError::Build { .. }), Some(cuda)) => Statement::Toolkit(vec![cuda.clone()]),
        (Err(error), _) => Statement::Unknown(error.to_string()),
        (Ok(_), _) => Statement::Framework(request),
    }
}

fn toolkit(named: &Named) -> Option<Statement> {
    if named.name == "cudnn" || named.name.starts_with("nvidia-cudnn-cu") {
        return cudnn(&named.release);
    }
    let plain = named.name.rsplit_once("-cu").filter(|(_, digits)| is_digits(digits));
    let is_nvidia = named.name.starts_with("nvidia-");
    let name = plain.filter(|_| is_nvidia).map_or(named.name.as_str(), |(name, _)| name);
    if TOOLKITS.contains(&name) {
        let base = match &named.release {
            Wanted::Any => suffix(&named.name).map_or(Base::Latest, |found| found.base),
            Wanted::At(version) => Base::Prefix(version.truncated(2)),
            Wanted::Within(bounds) => Base::Range(bounds.clone()),
        };
        return Some(Statement::Toolkit(vec![ToolchainRequest { base, add_ons: AddOns::Any }]));
    }
    None
}

/// Some toolkit with a cuDNN of this major number.
fn cudnn(release: &Wanted) -> Option<Statement> {
    let Wanted::At(version) = release else { return None };
    let version = Some(version.truncated(1));
    let add_ons = AddOns::These(vec![AddOnRequest { kind: "cudnn".to_owned(), version }]);
    Some(Statement::Toolkit(vec![ToolchainRequest { base: Base::Latest, add_ons }]))
}

/// Reads the CUDA at the end of a package's name: `dgl-cu113`, `cudf-cu12`, `bitsandbytes-cuda116`.
fn suffix(name: &str) -> Option<ToolchainRequest> {
    if name.starts_with("nvidia-") && !name.starts_with("nvidia-cuda-") {
        return None;
    }
    let (_, tag) = name.rsplit_once('-')?;
    let digits = tag.strip_prefix("cuda").or_else(|| tag.strip_prefix("cu"))?;
    let digits = digits.strip_suffix('x').unwrap_or(digits);
    (is_digits(digits) && (2..=3).contains(&digits.len()))
        .then(|| format!("cu{digits}").parse().ok())
        .flatten()
}

/// Reads the CUDA in a build or a local version: `py3.9_cuda11.3_cudnn8.2.0_0`, `cuda112py38h…`, `cu121`.
pub(super) fn tag_in(text: &str) -> Option<ToolchainRequest> {
    text.match_indices("cu").find_map(|(at, _)| {
        let rest = &text[at + 2..];
        let rest = rest.strip_prefix("da").unwrap_or(rest);
        let is_version = |letter: char| letter.is_ascii_digit() || letter == '.';
        let end = rest.find(|letter| !is_version(letter)).unwrap_or(rest.len());
        let version = rest[..end].trim_end_matches('.');
        if version.contains('.') {
            let version: Version = version.parse().ok()?;
            let base = Base::Prefix(version.truncated(2));
            return Some(ToolchainRequest { base, add_ons: AddOns::Any });
        }
        (2..=3).contains(&version.len()).then(|| format!("cu{version}").parse().ok()).flatten()
    })
}

/// Reads conda's label of a release: `nvidia/label/cuda-12.4.0::cuda-toolkit`.
fn label(text: &str) -> Option<Statement> {
    let (_, rest) = text.split_once("label/cuda-")?;
    let end = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(rest.len());
    rest[..end].parse::<Version>().ok().map(|version| exactly(&version))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
