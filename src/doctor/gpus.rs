//! Whether the toolkit in effect compiles for the GPUs here.

use super::{Check, Scene, Seen, Toolkit};
use crate::compat::gpu::{self, Support, by_compute_capability};
use crate::host::Gpu;

pub(super) const CHECKS: &[Check] =
    &[Check::error("gpu-too-new", too_new).of_host(), Check::error("gpu-too-old", too_old).of_host()];

fn too_new(scene: &Scene<'_>) -> Vec<Seen> {
    let seen = |gpu: &Gpu, support: &Support, toolkit: &Toolkit| {
        (toolkit.cuda.truncated(2) < *support.first_cuda).then(|| {
            Seen::new(
                format!("{} is newer than CUDA {}, which knows no {}", gpu.name, toolkit.cuda, sm(gpu)),
                "what it compiles has no code for this GPU: \"no kernel image is available for execution on the device\"",
            )
            .fix(format!("`cudaman install {0}`, then `cudaman use {0}`: the first CUDA that compiles for it, or a newer one", support.first_cuda))
        })
    };
    each(scene, seen)
}

fn too_old(scene: &Scene<'_>) -> Vec<Seen> {
    let seen = |gpu: &Gpu, support: &Support, toolkit: &Toolkit| {
        let last = support.last_cuda.filter(|last| toolkit.cuda.truncated(2) > **last)?;
        Some(
            Seen::new(
                format!("CUDA {} no longer compiles for {} ({})", toolkit.cuda, gpu.name, sm(gpu)),
                "nvcc refuses it: \"Unsupported gpu architecture\", and its libraries have no code for it",
            )
            .fix(format!(
                "`cudaman install {last}` installs the last CUDA for it, `cudaman use {last}` takes it"
            )),
        )
    };
    each(scene, seen)
}

/// Asks about each kind of GPU once.
fn each(scene: &Scene<'_>, seen: impl Fn(&Gpu, &Support, &Toolkit) -> Option<Seen>) -> Vec<Seen> {
    let Some(toolkit) = &scene.toolkit else { return Vec::new() };
    // A release that nobody looked at may compile for anything.
    if gpu::architectures(&toolkit.cuda).is_none() {
        return Vec::new();
    }
    let kinds = scene.host.capabilities();
    let first = |capability| scene.host.gpus.iter().find(|gpu| gpu.capability == Some(capability));
    let known = kinds.into_iter().filter_map(|kind| Some((first(kind)?, by_compute_capability(kind)?)));
    known.filter_map(|(gpu, support)| seen(gpu, &support, toolkit)).collect()
}

fn sm(gpu: &Gpu) -> String {
    gpu.capability.map(gpu::ComputeCapability::sm).unwrap_or_default()
}
