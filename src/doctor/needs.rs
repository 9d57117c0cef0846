//! Libraries that an installed framework loads, by its ELF files and by the tables, and that nothing has.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::frameworks::without_own_cuda;
use super::{Check, Scene, Seen, install_and_use};
use crate::compat::{gpu, soname};
use crate::integrate::python::Python;
use crate::layout;

pub(super) const CHECKS: &[Check] = &[Check::error("library-missing", missing)];

/// Where the frameworks' own libraries are, below their site-packages.
const PLACES: [&str; 7] = [
    "torch/lib",
    "tensorflow",
    "tensorflow_core",
    "tensorflow/python",
    "tensorflow_core/python",
    "cupy",
    "cupy_backends",
];

/// Below a place, so many files at so many levels are looked at.
const MOST: usize = 4000;
const LEVELS: usize = 4;

/// What TensorFlow opens by name when it first meets a GPU (dso_loader.cc of TensorFlow): no file says it.
const OPENED: [&str; 6] = ["libcudart", "libcublas", "libcufft", "libcurand", "libcusolver", "libcusparse"];

fn missing(scene: &Scene<'_>) -> Vec<Seen> {
    let Some(python) = &scene.python else { return Vec::new() };
    let mut needs = linked(python);
    needs.extend(opened(python, scene));
    let lacking: Vec<String> = needs.into_iter().filter(|name| !is_provided(name, python, scene)).collect();
    if lacking.is_empty() {
        return Vec::new();
    }
    let names = lacking.join(", ");
    let seen = Seen::new(
        format!("nothing here has {names}, which packages in `{}` load", python.prefix.display()),
        "the import fails (\"cannot open shared object file\"), or the framework computes on the CPU",
    );
    advice(&lacking).into_iter().fold(seen, Seen::fix).once()
}

fn advice(lacking: &[String]) -> Vec<String> {
    let toolkits = soname::toolkits_with(lacking.iter().map(String::as_str));
    let newest = toolkits.and_then(|toolkits| toolkits.lines.last().cloned());
    let of_cudnn = lacking.iter().filter_map(|name| soname::library(name)?.provider.as_deref());
    let cudnn = of_cudnn.filter(|provider| provider.starts_with("cudnn")).min();
    match (newest, cudnn) {
        (Some(cuda), Some(cudnn)) => vec![install_and_use(format!("{cuda}+{cudnn}"))],
        (Some(cuda), None) => vec![install_and_use(cuda)],
        (None, Some(cudnn)) => vec![format!("`cudaman install` with the version in effect and `+{cudnn}`")],
        (None, None) => vec![format!(
            "`cudaman explain '{}: cannot open shared object file'` says who has it",
            lacking[0]
        )],
    }
}

/// Returns the libraries of CUDA that are loaded together with the frameworks' own.
fn linked(python: &Python) -> BTreeSet<String> {
    let places =
        python.site_packages.iter().flat_map(|site| PLACES.iter().map(move |place| site.join(place)));
    let libraries = places.flat_map(|place| libraries_below(&place));
    libraries.flat_map(|path| needed_by(&path)).filter(|name| is_of_cuda(name)).collect()
}

/// Returns what TensorFlow opens, by the release of CUDA that its version was built with.
fn opened(python: &Python, scene: &Scene<'_>) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for installed in without_own_cuda(python, scene) {
        let choices = &installed.requirement.choices;
        let in_effect = scene.toolkit.as_ref().map(|toolkit| &toolkit.cuda);
        let fits =
            choices.iter().find(|choice| in_effect.is_some_and(|cuda| choice.cuda.matches_release(cuda)));
        let Some(choice) = fits.or(choices.first()) else { continue };
        let lines = gpu::cuda_lines().filter(|line| choice.cuda.matches_release(line));
        let libraries = lines.flat_map(soname::libraries_of).map(|library| library.name.clone());
        names.extend(libraries.filter(|name| OPENED.contains(&name.split('.').next().unwrap_or_default())));
        names.extend(choice.cudnn.as_ref().map(|cudnn| format!("libcudnn.so.{}", cudnn.major())));
    }
    names
}

fn is_of_cuda(name: &str) -> bool {
    soname::library(name).is_some_and(|library| library.provider.as_deref() != Some("driver"))
}

/// Tells whether something here has a library: the environment, the toolkit, the system, or `LD_LIBRARY_PATH`.
pub(super) fn is_provided(name: &str, python: &Python, scene: &Scene<'_>) -> bool {
    let of_path = scene.library_path().into_iter().map(Path::to_owned);
    let of_toolkit = scene.toolkit.iter().map(|toolkit| toolkit.root.join("lib64"));
    let of_system =
        ["usr/lib/x86_64-linux-gnu", "usr/lib/aarch64-linux-gnu", "usr/lib64", "usr/lib", "usr/local/lib"];
    let of_system = of_system.iter().map(|path| scene.system(path));
    let own = own_directories(python);
    let mut directories = of_path.chain(of_toolkit).chain(of_system).chain(own);
    directories.any(|directory| !directory.as_os_str().is_empty() && directory.join(name).exists())
}

/// Returns where packages bring libraries: beside torch, and in each of nvidia's wheels.
fn own_directories(python: &Python) -> Vec<PathBuf> {
    let mut found = vec![python.prefix.join("lib")];
    for site in &python.site_packages {
        found.push(site.join("torch/lib"));
        let wheels = std::fs::read_dir(site.join("nvidia")).into_iter().flatten().flatten();
        found.extend(wheels.map(|entry| entry.path().join("lib")));
    }
    found
}

fn libraries_below(place: &Path) -> Vec<PathBuf> {
    let mut pending = vec![(place.to_owned(), 0)];
    let mut found = Vec::new();
    let mut looked = 0;
    while let Some((directory, level)) = pending.pop() {
        for entry in std::fs::read_dir(&directory).into_iter().flatten().flatten() {
            looked += 1;
            let (path, kind) = (entry.path(), entry.file_type());
            let is_library = entry.file_name().to_string_lossy().contains(".so");
            match kind {
                _ if looked > MOST => return found,
                Ok(kind) if kind.is_dir() && level < LEVELS => pending.push((path, level + 1)),
                Ok(kind) if kind.is_file() && is_library => found.push(path),
                _ => {}
            }
        }
    }
    found
}

fn needed_by(path: &Path) -> Vec<String> {
    fs_err::File::open(path).map(layout::needed).unwrap_or_default()
}
