//! What is installed in the active virtualenv or conda environment: the names and versions that pip and conda
//! wrote down there. Nothing is imported.

use std::path::Path;

use super::collector::{Collector, shortened};
use super::evidence::{Statement, Strength};
use super::{said, wheel};
use crate::compat::framework::request::FrameworkRequest;
use crate::integrate::python::site_packages;
use crate::model::Environment;

/// The packages that are looked for.
const FRAMEWORKS: &[&str] =
    &["cupy", "jax", "jaxlib", "mxnet", "pytorch", "tensorflow", "tensorflow_gpu", "torch"];

/// What conda installs of CUDA itself.
const TOOLKITS: &[&str] = &["cuda-version", "cudatoolkit", "pytorch-cuda"];

/// More entries of a directory than these are not looked at.
const MOST_ENTRIES: usize = 20_000;

/// Reads the environments that are active, and the one that a project has in `.venv`.
pub(super) fn read(directory: &Path, environment: &Environment, collector: &mut Collector) {
    let virtualenv = environment.path("VIRTUAL_ENV").map(Path::to_owned);
    let conda = environment.path("CONDA_PREFIX").map(Path::to_owned);
    let active = virtualenv.or_else(|| Some(directory.join(".venv")).filter(|path| path.is_dir()));
    for prefix in active.iter().chain(&conda) {
        for packages in site_packages(prefix) {
            of_pip(&packages, collector);
        }
    }
    if let Some(prefix) = conda {
        of_conda(&prefix.join("conda-meta"), collector);
    }
}

fn names(directory: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(directory) else { return Vec::new() };
    let names =
        entries.flatten().take(MOST_ENTRIES).map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

/// Reads the names of pip's directories, `torch-2.4.1+cu121.dist-info`, and what torch says it was built with.
fn of_pip(packages: &Path, collector: &mut Collector) {
    for name in names(packages) {
        let Some((package, version)) = name.strip_suffix(".dist-info").and_then(|name| name.split_once('-'))
        else {
            continue;
        };
        let lower = package.to_ascii_lowercase();
        let is_framework = FRAMEWORKS.contains(&lower.as_str())
            || lower.starts_with("cupy_cuda")
            || lower.starts_with("mxnet_cu");
        if !is_framework {
            continue;
        }
        let text = format!("{package}=={version}");
        let Some(statement) = said::package(&text) else { continue };
        let statement = match statement {
            Statement::Framework(request) if package == "torch" => {
                Statement::Framework(with_build(request, packages, collector))
            }
            other => other,
        };
        let path = packages.join(&name).join("METADATA");
        add(&path, &text, statement, collector);
    }
}

/// Adds the CUDA in `cuda = '12.1'` of `torch/version.py`.
fn with_build(request: FrameworkRequest, packages: &Path, collector: &mut Collector) -> FrameworkRequest {
    let Some(document) = collector.document(&packages.join("torch/version.py")) else { return request };
    let stated = document.lines().find_map(|(_, line)| {
        let (name, value) = line.split_once('=')?;
        (name.split(':').next()?.trim() == "cuda").then(|| value.trim().trim_matches(['\'', '"']).to_owned())
    });
    let cuda = stated.and_then(|text| text.parse().ok());
    let known = FrameworkRequest { cuda: cuda.or_else(|| request.cuda.clone()), ..request.clone() };
    if known.requirement().is_ok() { known } else { request }
}

fn of_conda(directory: &Path, collector: &mut Collector) {
    for name in names(directory) {
        let Some(text) = wheel::of_conda(&name) else { continue };
        let package = text.split('=').next().unwrap_or_default();
        if !FRAMEWORKS.contains(&package) && !TOOLKITS.contains(&package) {
            continue;
        }
        if let Some(statement) = said::conda(&text) {
            add(&directory.join(&name), &text, statement, collector);
        }
    }
}

fn add(path: &Path, text: &str, statement: Statement, collector: &mut Collector) {
    let evidence = super::Evidence {
        file: shortened(&path.to_string_lossy()),
        line: None,
        text: shortened(text),
        statement,
        strength: Strength::Installed,
        is_optional: false,
        is_conda: path.extension().is_some_and(|end| end == "json"),
    };
    collector.findings.evidence.push(evidence);
}
