//! The way from a program to the GPU: device files, containers, WSL, and variables that hide GPUs.

use super::{Check, Scene, Seen};
use crate::host::Kind;

pub(super) const CHECKS: &[Check] = &[
    Check::error("devices-missing", devices).of_host(),
    Check::error("container-without-gpu", container).of_host(),
    Check::error("wsl-linux-driver", wsl),
    Check::warning("gpus-hidden", hidden),
    Check::note("no-gpu", no_gpu).of_host(),
];

/// Where a Linux driver on WSL puts its libcuda, before the one of Windows.
const LINUX_LIBRARIES: [&str; 3] = ["usr/lib/x86_64-linux-gnu", "usr/lib64", "usr/lib/aarch64-linux-gnu"];

fn devices(scene: &Scene<'_>) -> Vec<Seen> {
    let host = &scene.host;
    if host.driver.module.is_none() || host.driver.has_devices || host.in_container {
        return Vec::new();
    }
    Seen::new(
        "the kernel module is loaded, and /dev/nvidiactl or /dev/nvidia-uvm is missing",
        "programs open these files to reach the GPU: they fail with \"no CUDA-capable device is detected\" or error 999",
    )
    .fix("`sudo nvidia-modprobe -u -c=0` makes them")
    .fix("`sudo systemctl enable --now nvidia-persistenced` makes them after each start")
    .once()
}

fn container(scene: &Scene<'_>) -> Vec<Seen> {
    let host = &scene.host;
    let knows_gpu = host.driver.module.is_some() || !host.gpus.is_empty();
    if !host.in_container || host.driver.has_devices || !knows_gpu {
        return Vec::new();
    }
    Seen::new(
        "this is a container on a machine with a GPU, and the GPU's devices are not in it",
        "nothing in here reaches the GPU",
    )
    .fix("`docker run --gpus all …`, after `sudo nvidia-ctk runtime configure --runtime=docker` on the host")
    .fix("Podman: `--device nvidia.com/gpu=all`; Apptainer: `--nv`; Kubernetes: a limit of `nvidia.com/gpu: 1`")
    .once()
}

fn wsl(scene: &Scene<'_>) -> Vec<Seen> {
    if scene.host.kind != Kind::Wsl {
        return Vec::new();
    }
    let library = LINUX_LIBRARIES.iter().map(|directory| scene.system(directory).join("libcuda.so.1"));
    let Some(library) = library.into_iter().find(|path| path.exists()) else { return Vec::new() };
    Seen::new(
        format!("`{}` is of a Linux driver, and WSL uses the one of Windows", library.display()),
        "it is found before /usr/lib/wsl/lib/libcuda.so.1 and can't reach the GPU",
    )
    .fix("`sudo apt-get remove --purge '^nvidia-driver-.*' '^libnvidia-.*' '^libcuda1$'` removes it; toolkits stay")
    .fix("drivers are updated on Windows: `cudaman driver` says from where")
    .once()
}

fn hidden(scene: &Scene<'_>) -> Vec<Seen> {
    let variables = &scene.environment().variables;
    let Some(value) = variables.get(std::ffi::OsStr::new("CUDA_VISIBLE_DEVICES")) else { return Vec::new() };
    let value = value.to_string_lossy();
    if scene.host.gpus.is_empty() || !hides_all(&value, scene.host.gpus.len()) {
        return Vec::new();
    }
    Seen::new(
        format!("CUDA_VISIBLE_DEVICES is `{}`, which names none of the {} GPUs here", value.escape_default(), scene.host.gpus.len()),
        "CUDA programs take this for a machine without a GPU, and frameworks compute on the CPU without a word",
    )
    .fix("`unset CUDA_VISIBLE_DEVICES`, or `export CUDA_VISIBLE_DEVICES=0`")
    .once()
}

/// The first element that names no GPU ends the list (CUDA's programming guide, environment variables).
fn hides_all(value: &str, count: usize) -> bool {
    let first = value.split(',').next().unwrap_or_default().trim();
    let is_name = first.starts_with("GPU-") || first.starts_with("MIG-");
    !is_name && first.parse::<usize>().map_or(true, |index| index >= count)
}

fn no_gpu(scene: &Scene<'_>) -> Vec<Seen> {
    let host = &scene.host;
    if !host.gpus.is_empty() || host.driver.version().is_some() || host.driver.error.is_some() {
        return Vec::new();
    }
    Seen::new("no GPU of NVIDIA is to be seen here", "programs compile here, and run where there is one")
        .fix("`cudaman export` takes a toolkit to another machine")
        .once()
}

#[cfg(test)]
mod tests {
    use super::hides_all;

    #[test]
    fn a_list_ends_at_the_first_that_is_none() {
        for (value, hides) in [
            ("", true),
            ("-1", true),
            ("0", false),
            ("1,0", false),
            ("4", true),
            ("NoDevFiles", true),
            ("GPU-1a", false),
        ] {
            assert_eq!(hides_all(value, 2), hides, "{value}");
        }
    }
}
