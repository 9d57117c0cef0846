//! What the page's script works with: the tables, and the machine.

use serde::Serialize;

use super::super::driver::{self, DriverVersion};
use super::super::framework::{self, Framework, OwnCuda};
use super::super::gpu::{self, ComputeCapability, OF_TEGRA};
use super::super::host_compilers::Limits;
use super::super::matrix::{Machine, Row};
use crate::model::request::Base;
use crate::model::{CompilerKind, ToolchainRequest, Version};

#[derive(Serialize)]
struct Data<'a> {
    machine: &'a Machine,
    lines: Vec<Line<'a>>,
    gpus: Vec<Gpu>,
    tegra: &'static [ComputeCapability],
    frameworks: Vec<Releases>,
}

#[derive(Serialize)]
struct Line<'a> {
    cuda: &'a Version,
    driver: Option<&'static DriverVersion>,
    oldest_driver: Option<&'static DriverVersion>,
    capabilities: Option<&'static [ComputeCapability]>,
    gcc: [Option<Version>; 2],
    clang: [Option<Version>; 2],
    gcc_words: &'a str,
    cudnn: Option<&'a Version>,
    installed: &'a [String],
}

#[derive(Serialize)]
struct Gpu {
    name: &'static str,
    capability: ComputeCapability,
}

#[derive(Serialize)]
struct Releases {
    name: &'static str,
    title: &'static str,
    releases: Vec<Release>,
}

#[derive(Serialize)]
struct Release {
    version: Option<&'static Version>,
    since: bool,
    choices: Vec<Choice>,
    python: Option<&'static str>,
    compiler: Option<&'static str>,
    own: String,
    partial: bool,
    source: &'static str,
}

#[derive(Serialize)]
struct Choice {
    lines: Vec<&'static Version>,
    cudnn: Option<Version>,
}

/// Returns all of it as JSON.
pub(super) fn json(machine: &Machine, rows: &[Row]) -> String {
    let data = Data {
        machine,
        lines: rows.iter().map(line).collect(),
        gpus: gpu::gpus().map(|gpu| Gpu { name: gpu.name, capability: gpu.capability }).collect(),
        tegra: &OF_TEGRA,
        frameworks: framework::known().iter().map(|known| releases(*known)).filter(has_any).collect(),
    };
    serde_json::to_string(&data).expect("every key is a text")
}

/// Returns where the tables are from.
pub(super) fn sources() -> Vec<&'static str> {
    let floors = gpu::cuda_lines().filter_map(|cuda| Some(driver::floor(cuda)?.source));
    let generations = gpu::generations().iter().map(|generation| generation.source.as_str());
    floors.chain(generations).chain(gpu::gpus().map(|gpu| gpu.source)).collect()
}

fn line(row: &Row) -> Line<'_> {
    let limits = Limits::from_header("", &row.cuda);
    let bounds = |kind| limits.bounds(kind).map(Option::<&Version>::cloned);
    Line {
        cuda: &row.cuda,
        driver: row.driver,
        oldest_driver: row.oldest_driver,
        capabilities: gpu::architectures(&row.cuda),
        gcc: bounds(CompilerKind::Gcc),
        clang: bounds(CompilerKind::Clang),
        gcc_words: &row.gcc,
        cudnn: row.cudnn.as_ref(),
        installed: &row.installed,
    }
}

fn has_any(releases: &Releases) -> bool {
    !releases.releases.is_empty()
}

fn releases(framework: Framework) -> Releases {
    let release = |(requirement, since): (framework::Requirement, bool)| Release {
        version: requirement.version,
        since,
        choices: requirement.choices.into_iter().map(choice).collect(),
        python: requirement.python,
        compiler: requirement.compiler,
        own: own(&requirement.own_cuda),
        partial: requirement.partial,
        source: requirement.source,
    };
    Releases {
        name: framework.name(),
        title: title(framework),
        releases: framework::releases(framework).map(release).collect(),
    }
}

fn choice(choice: framework::Choice) -> Choice {
    Choice {
        lines: gpu::cuda_lines().filter(|line| is_of(&choice.cuda, line)).collect(),
        cudnn: choice.cudnn,
    }
}

/// Tells whether a request is for a line, or for a release of it.
fn is_of(request: &ToolchainRequest, line: &Version) -> bool {
    let is_release = matches!(&request.base, Base::Prefix(prefix) if prefix.starts_with(line));
    is_release || request.matches_release(line)
}

fn own(own: &OwnCuda) -> String {
    match own {
        OwnCuda::Always => "always".to_owned(),
        OwnCuda::Never => "never".to_owned(),
        OwnCuda::Unknown => "unknown".to_owned(),
        OwnCuda::WithExtra(extra) => format!("extra:{extra}"),
    }
}

/// Returns the name as its makers write it.
const fn title(framework: Framework) -> &'static str {
    match framework {
        Framework::CuPy => "CuPy",
        Framework::Jax => "JAX",
        Framework::Mxnet => "MXNet",
        Framework::TensorFlow => "TensorFlow",
        Framework::Torch => "PyTorch",
    }
}
