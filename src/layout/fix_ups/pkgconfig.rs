//! `.pc` files: relocatable, under both of their names, and there even where a source has none.
//!
//! NVIDIA's installer writes the root's path into them; archives carry that of a build machine.
//! Here the root is where the file is, so that a toolchain can be moved or linked.

use std::collections::{BTreeMap, BTreeSet};

use crate::layout::tree::{LayoutError, Tree, link, text};
use crate::model::{FixUp, Version};

const DIRECTORY: &str = "pkgconfig";

/// Libraries that NVIDIA describes in `.pc` files: the file's stem, the library, what it is.
const LIBRARIES: &[(&str, &str, &str)] = &[
    ("accinj64", "accinj64", "CUDA accelerator injection"),
    ("cublas", "cublas", "CUDA linear algebra (cuBLAS)"),
    ("cuda", "cuda", "CUDA driver"),
    ("cudart", "cudart", "CUDA runtime"),
    ("cufft", "cufft", "CUDA Fourier transforms (cuFFT)"),
    ("cufftw", "cufftw", "CUDA Fourier transforms with FFTW's interface"),
    ("cufile", "cufile", "CUDA storage access (cuFile)"),
    ("cuinj64", "cuinj64", "CUDA profiler injection"),
    ("curand", "curand", "CUDA random numbers (cuRAND)"),
    ("cusolver", "cusolver", "CUDA solvers (cuSOLVER)"),
    ("cusparse", "cusparse", "CUDA sparse matrices (cuSPARSE)"),
    ("nppc", "nppc", "CUDA image and signal primitives: core"),
    ("nppial", "nppial", "CUDA image primitives: arithmetic"),
    ("nppicc", "nppicc", "CUDA image primitives: colour conversion"),
    ("nppidei", "nppidei", "CUDA image primitives: data exchange"),
    ("nppif", "nppif", "CUDA image primitives: filters"),
    ("nppig", "nppig", "CUDA image primitives: geometry"),
    ("nppim", "nppim", "CUDA image primitives: morphology"),
    ("nppist", "nppist", "CUDA image primitives: statistics"),
    ("nppisu", "nppisu", "CUDA image primitives: support"),
    ("nppitc", "nppitc", "CUDA image primitives: thresholds"),
    ("npps", "npps", "CUDA signal primitives"),
    ("nvToolsExt", "nvToolsExt", "CUDA tools extension (NVTX)"),
    ("nvfatbin", "nvfatbin", "CUDA fat binaries"),
    ("nvidia-ml", "nvidia-ml", "NVIDIA management (NVML)"),
    ("nvjitlink", "nvJitLink", "CUDA linking at run time"),
    ("nvjpeg", "nvjpeg", "CUDA JPEG coding (nvJPEG)"),
    ("nvrtc", "nvrtc", "CUDA compilation at run time (NVRTC)"),
    ("opencl", "OpenCL", "OpenCL"),
];

pub(super) fn fix_ups(tree: &Tree<'_>) -> Result<Vec<FixUp>, LayoutError> {
    let mut fix_ups = Vec::new();
    let mut described: BTreeMap<String, BTreeSet<Option<Version>>> = BTreeMap::new();
    for name in tree.names(DIRECTORY) {
        let Some((stem, version)) = parse(&name) else { continue };
        described.entry(stem.to_owned()).or_default().insert(version);
        let path = format!("{DIRECTORY}/{name}");
        if tree.is_file(&path) {
            let content = tree.read(&path)?;
            fix_ups.push(text(path, relocatable(&String::from_utf8_lossy(&content), tree)));
        }
    }
    for (stem, library, title) in LIBRARIES {
        if !described.contains_key(*stem)
            && let Some(directory) = home_of(tree, library)
        {
            let release = release(tree);
            let content = generated(library, title, &release, &directory, tree);
            fix_ups.push(text(format!("{DIRECTORY}/{stem}-{release}.pc"), content));
            described.entry((*stem).to_owned()).or_default().insert(Some(release));
        }
    }
    fix_ups.extend(described.iter().filter_map(|(stem, versions)| other_name(stem, versions, tree)));
    beside_libraries(tree, &mut fix_ups)?;
    Ok(fix_ups)
}

/// Whole trees may have such files among their libraries too.
fn beside_libraries(tree: &Tree<'_>, fix_ups: &mut Vec<FixUp>) -> Result<(), LayoutError> {
    let directory = format!("{}/{DIRECTORY}", tree.lib());
    let root = directory.split('/').fold("${pcfiledir}".to_owned(), |path, _| path + "/..");
    for path in tree.names(&directory).iter().map(|name| format!("{directory}/{name}")) {
        if path.ends_with(".pc") && tree.is_file(&path) {
            let content = tree.read(&path)?;
            let content = relocatable(&String::from_utf8_lossy(&content), tree);
            fix_ups.push(text(path, content.replacen("${pcfiledir}/..", &root, 1)));
        }
    }
    Ok(())
}

/// Splits `cudart-12.4.pc` into `cudart` and 12.4.
fn parse(name: &str) -> Option<(&str, Option<Version>)> {
    let name = name.strip_suffix(".pc")?;
    let versioned = name.rsplit_once('-').and_then(|(stem, version)| Some((stem, version.parse().ok()?)));
    Some(versioned.map_or((name, None), |(stem, version)| (stem, Some(version))))
}

/// Links `cudart.pc` to `cudart-12.4.pc`, or the other way round.
fn other_name(stem: &str, versions: &BTreeSet<Option<Version>>, tree: &Tree<'_>) -> Option<FixUp> {
    let plain = format!("{DIRECTORY}/{stem}.pc");
    let versioned = |version: &Version| format!("{DIRECTORY}/{stem}-{version}.pc");
    let highest = versions.iter().flatten().max();
    match (versions.contains(&None), highest) {
        (true, None) => Some(link(versioned(&release(tree)), &plain)),
        (false, Some(version)) => Some(link(plain, &versioned(version))),
        _ => None,
    }
}

fn release(tree: &Tree<'_>) -> Version {
    tree.composed.cuda.truncated(2)
}

/// Returns the directory that the linker finds a library in: its own, or that of the stubs.
fn home_of(tree: &Tree<'_>, library: &str) -> Option<String> {
    let lib = tree.lib();
    let stubs = format!("{lib}/stubs");
    [lib, stubs].into_iter().find(|directory| tree.has(&format!("{directory}/lib{library}.so")))
}

fn generated(library: &str, title: &str, release: &Version, directory: &str, tree: &Tree<'_>) -> String {
    format!(
        "cudaroot=${{pcfiledir}}/..\n\
         libdir=${{cudaroot}}/{directory}\n\
         includedir=${{cudaroot}}/{}\n\
         \n\
         Name: {library}\n\
         Description: {title}\n\
         Version: {release}\n\
         Libs: -L${{libdir}} -l{library}\n\
         Cflags: -I${{includedir}}\n",
        tree.include()
    )
}

/// Rewrites a `.pc` file so that every directory follows from where the file is.
fn relocatable(content: &str, tree: &Tree<'_>) -> String {
    let lib = format!("${{cudaroot}}/{}", tree.lib());
    let stubs = if uses_stubs(content) { "/stubs" } else { "" };
    let mut lines = vec![
        "cudaroot=${pcfiledir}/..".to_owned(),
        format!("libdir={lib}{stubs}"),
        format!("includedir=${{cudaroot}}/{}", tree.include()),
    ];
    for line in content.lines().map(str::trim_end) {
        match variable(line) {
            Some(("cudaroot" | "libdir" | "includedir", _)) => {}
            Some((name @ ("prefix" | "exec_prefix"), _)) => lines.push(format!("{name}=${{cudaroot}}")),
            Some((name, value)) if value.starts_with('/') => lines.push(format!("{name}=${{cudaroot}}")),
            Some(_) => lines.push(line.to_owned()),
            None => lines.push(without_paths(line)),
        }
    }
    lines.join("\n") + "\n"
}

fn uses_stubs(content: &str) -> bool {
    let libdir = content.lines().filter_map(variable).find(|(name, _)| *name == "libdir");
    libdir.is_some_and(|(_, value)| value.trim_end_matches('/').ends_with("stubs"))
}

/// Reads `name=value`; a field such as `Libs: -L/x` is none.
fn variable(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.split_once('=')?;
    let is_name = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.".contains(&byte));
    let name = name.trim();
    (!name.is_empty() && is_name(name)).then_some((name, value.trim()))
}

/// Replaces `-L/…` and `-I/…` in a field by the variables.
fn without_paths(line: &str) -> String {
    let replaced = |word: &str| match word.get(..3) {
        Some("-L/") => "-L${libdir}".to_owned(),
        Some("-I/") => "-I${includedir}".to_owned(),
        _ => word.to_owned(),
    };
    line.split(' ').map(replaced).collect::<Vec<_>>().join(" ")
}
