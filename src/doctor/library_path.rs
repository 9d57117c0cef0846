//! `LD_LIBRARY_PATH`: what stands there is loaded before everything else, by every program.

use std::path::{Path, PathBuf};

use super::{Check, Scene, Seen, Toolkit};

pub(super) const CHECKS: &[Check] = &[
    Check::warning("library-path-empty-element", empty),
    Check::error("library-path-stubs", stubs),
    Check::error("library-path-driver", driver),
    Check::warning("library-path-other-cuda", other),
    Check::warning("library-path-shadows-wheels", shadows),
    Check::note("library-path-missing-directory", missing),
];

fn empty(scene: &Scene<'_>) -> Vec<Seen> {
    if !scene.library_path().iter().any(|element| element.as_os_str().is_empty()) {
        return Vec::new();
    }
    Seen::new(
        "LD_LIBRARY_PATH has an empty element: a colon at its beginning or end, or two of them",
        "an empty element means the working directory: whatever lies there is loaded as a library",
    )
    .fix("in the line that sets it: `export LD_LIBRARY_PATH=/new/directory${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}`")
    .once()
}

fn stubs(scene: &Scene<'_>) -> Vec<Seen> {
    let is_stub = |directory: &&Path| {
        directory.ends_with("stubs") || directory.join("libcuda.so").exists() && is_below_toolkit(directory)
    };
    let found = scene.library_path().into_iter().filter(is_stub);
    let seen = found.map(|directory| {
        Seen::new(
            format!("LD_LIBRARY_PATH has `{}`, whose libraries are stubs for the linker", directory.display()),
            "programs load the stub of libcuda.so in the place of the driver: \"CUDA driver is a stub library\"",
        )
        .fix("remove it there; for linking, `LIBRARY_PATH` or `-L` is the place, and cudaman sets the former")
    });
    seen.collect()
}

fn is_below_toolkit(directory: &Path) -> bool {
    directory.ancestors().skip(1).take(4).any(|root| root.join("bin/nvcc").is_file())
}

fn driver(scene: &Scene<'_>) -> Vec<Seen> {
    let holds_driver = |directory: &&Path| {
        let is_compat = directory.ends_with("compat") || directory.to_string_lossy().contains("/compat");
        is_compat && directory.join("libcuda.so.1").exists()
    };
    let seen = scene.library_path().into_iter().filter(holds_driver).map(|directory| {
        Seen::new(
            format!("LD_LIBRARY_PATH has `{}`, with a libcuda.so.1 of forward compatibility", directory.display()),
            "it takes the place of the driver's own: on GPUs that it isn't made for, and with newer drivers, programs \
             fail with error 803 or 804",
        )
        .fix("remove it there, unless the driver is older than the toolkit and the GPU is one for data centers")
    });
    seen.collect()
}

fn other(scene: &Scene<'_>) -> Vec<Seen> {
    let Some(toolkit) = &scene.toolkit else { return Vec::new() };
    let others = scene.library_path().into_iter().filter_map(|directory| {
        let found = toolkit_of(directory, scene)?;
        (!found.is(toolkit) && found.cuda.truncated(2) != toolkit.cuda.truncated(2))
            .then_some((directory, found))
    });
    let seen = others.map(|(directory, found)| {
        Seen::new(
            format!("LD_LIBRARY_PATH has `{}` of CUDA {}, and {} is in effect", directory.display(), found.cuda, toolkit.cuda),
            "programs may load libraries of two releases: symbols are missing, or results differ",
        )
        .fix("remove it from the line that sets it; `cudaman setup --take-over` finds such lines in start-up files")
    });
    seen.collect()
}

/// Returns the toolkit that a directory of libraries belongs to.
fn toolkit_of(directory: &Path, scene: &Scene<'_>) -> Option<Toolkit> {
    if directory.as_os_str().is_empty() || scene.system("usr") == directory {
        return None;
    }
    directory.ancestors().skip(1).take(4).filter(|root| root.parent().is_some()).find_map(Toolkit::at)
}

fn shadows(scene: &Scene<'_>) -> Vec<Seen> {
    let Some(python) = scene.python.as_ref().filter(|python| python.has_wheels()) else { return Vec::new() };
    let shadowing = scene.library_path().into_iter().find(|directory| has_libraries(directory));
    let Some(directory) = shadowing else { return Vec::new() };
    let seen = Seen::new(
        format!(
            "LD_LIBRARY_PATH has `{}`, and `{}` brings CUDA libraries of its own",
            directory.display(),
            python.prefix.display()
        ),
        "the path comes before the wheels' own libraries: \"undefined symbol: __nvJitLinkComplete_12_4\" and its kin",
    );
    let seen = if scene.is_ours(directory) {
        seen.fix(
            "`cudaman config set ld-library-path auto` leaves it out while such an environment is active",
        )
    } else {
        seen.fix("`unset LD_LIBRARY_PATH`, and remove the line that sets it")
    };
    seen.once()
}

/// Tells whether libraries of CUDA lie in a directory that wheels bring as well.
fn has_libraries(directory: &Path) -> bool {
    let is_named = |name: &str| {
        ["libcudart.so.", "libcublas.so.", "libnvJitLink.so.", "libcudnn.so.", "libcusparse.so."]
            .iter()
            .any(|stem| name.starts_with(stem))
    };
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    entries.take(4096).any(|entry| entry.file_name().to_str().is_some_and(is_named))
}

fn missing(scene: &Scene<'_>) -> Vec<Seen> {
    let is_cuda = |path: &Path| path.to_string_lossy().to_ascii_lowercase().contains("cuda");
    let gone = |element: &&Path| element.is_absolute() && is_cuda(element) && !element.exists();
    let found: Vec<PathBuf> = scene.library_path().into_iter().filter(gone).map(Path::to_owned).collect();
    if found.is_empty() {
        return Vec::new();
    }
    let told: Vec<String> = found.iter().map(|path| format!("`{}`", path.display())).collect();
    Seen::new(
        format!("LD_LIBRARY_PATH names directories that are gone: {}", told.join(", ")),
        "nothing is loaded from there: a toolkit was removed or never installed",
    )
    .fix("remove them from the line that sets it")
    .once()
}
