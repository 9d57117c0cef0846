//! Which toolkit answers: PATH, `CUDA_HOME`, /usr/local/cuda and the shims may name different ones.

use std::path::Path;

use super::scene::HOME_VARIABLES;
use super::{Check, Scene, Seen, Toolkit};

pub(super) const CHECKS: &[Check] = &[
    Check::warning("several-toolkits-on-path", several),
    Check::warning("cuda-home-differs", home_differs),
    Check::error("cuda-home-missing", home_missing),
    Check::warning("another-nvcc-first", another_first),
    Check::note("usr-local-cuda-elsewhere", usr_local),
];

fn several(scene: &Scene<'_>) -> Vec<Seen> {
    let [first, _, ..] = scene.on_path.as_slice() else { return Vec::new() };
    let all: Vec<String> = scene.on_path.iter().map(told).collect();
    let home = scene.environment().text("CUDA_HOME");
    let torch = home.map_or_else(|| told(first), |home| format!("`{}` (CUDA_HOME)", home.escape_default()));
    Seen::new(
        format!("PATH has several toolkits: {}", all.join(", ")),
        format!("nvcc and CMake take {}, PyTorch's extensions {torch}", told(first)),
    )
    .fix("keep one: remove the others from PATH in your shell's start-up files; `cudaman setup --take-over` makes comments of such lines")
    .once()
}

fn home_differs(scene: &Scene<'_>) -> Vec<Seen> {
    let Some(path) = scene.environment().path("CUDA_HOME") else { return Vec::new() };
    let (Some(home), Some(first)) = (Toolkit::at(path), scene.on_path.first()) else { return Vec::new() };
    if home.is(first) {
        return Vec::new();
    }
    Seen::new(
        format!("CUDA_HOME is {}, and `nvcc` on PATH is of {}", told(&home), told(first)),
        "CMake and make compile with one of them, PyTorch's extensions with the other: \"The detected CUDA version \
         mismatches\", or symbols that are missing",
    )
    .fix("`cudaman use` with a version sets both in this shell; `unset CUDA_HOME` leaves PATH to decide")
    .once()
}

fn home_missing(scene: &Scene<'_>) -> Vec<Seen> {
    let missing = HOME_VARIABLES.into_iter().filter_map(|name| {
        let path = scene.environment().path(name)?;
        (!path.is_dir()).then(|| {
            Seen::new(
                format!("{name} is `{}`, which is no directory", path.display()),
                "builds that go by it find no CUDA: \"CUDA_HOME environment variable is not set\" or no such file",
            )
            .fix(format!("`unset {name}`, and `cudaman use` with a version sets it to one that exists"))
        })
    });
    missing.collect()
}

/// A toolkit that is chosen here, and another that answers to `nvcc`.
fn another_first(scene: &Scene<'_>) -> Vec<Seen> {
    let chosen = scene.active.as_ref().ok().filter(|active| active.toolchain.is_some());
    let (Some(active), Some(toolkit)) = (chosen, &scene.toolkit) else { return Vec::new() };
    let shims = scene.context.store.home().join("shims/bin");
    let directories = scene.environment().path_list("PATH");
    let answers = directories.iter().find(|bin| **bin == shims || bin.join("nvcc").is_file());
    let Some(bin) = answers.filter(|bin| **bin != shims) else { return Vec::new() };
    if bin.parent().and_then(Toolkit::at).is_some_and(|first| first.is(toolkit)) || scene.is_ours(bin) {
        return Vec::new();
    }
    Seen::new(
        format!(
            "{} is chosen ({}), and `nvcc` on PATH is `{}`",
            toolkit.name,
            active.reason,
            bin.join("nvcc").display()
        ),
        "no hook of cudaman is at work in this shell, and its shims don't come first",
    )
    .fix("`cudaman setup` loads the hook in new shells")
    .fix(format!("`cudaman exec {} -- …` runs one command with it", active.request))
    .once()
}

fn usr_local(scene: &Scene<'_>) -> Vec<Seen> {
    let (Some(toolkit), Some(other)) = (&scene.toolkit, Toolkit::at(&scene.system("usr/local/cuda"))) else {
        return Vec::new();
    };
    if other.is(toolkit) || other.cuda.truncated(2) == toolkit.cuda.truncated(2) {
        return Vec::new();
    }
    Seen::new(
        format!("/usr/local/cuda is CUDA {}, and {} is in effect", other.cuda, toolkit.cuda),
        "builds with a fixed path of /usr/local/cuda take the other one",
    )
    .fix("give such a build the path: `make CUDA_PATH=$CUDA_HOME`, `cmake -DCUDAToolkit_ROOT=$CUDA_HOME`")
    .once()
}

fn told(toolkit: &Toolkit) -> String {
    let path: &Path = &toolkit.root;
    format!("{} (`{}`)", toolkit.cuda, path.display())
}
