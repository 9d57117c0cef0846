//! Whether the toolkit in effect has code for the GPUs here.

use super::{Check, Scene, Seen, Toolkit, install_and_use};
use crate::compat::gpu::{Code, ComputeCapability, by_compute_capability, code_for};
use crate::host::Gpu;

pub(super) const CHECKS: &[Check] = &[
    Check::error("gpu-too-new", |scene| each(scene, too_new)).of_host(),
    Check::error("gpu-too-old", |scene| each(scene, too_old)).of_host(),
    Check::note("gpu-runs-older-code", |scene| each(scene, older_code)).of_host(),
];

/// A GPU, the toolkit in effect, and the code that this has for it.
struct Pair<'s> {
    gpu: &'s Gpu,
    capability: ComputeCapability,
    toolkit: &'s Toolkit,
    code: Code,
}

fn too_new(pair: &Pair<'_>) -> Option<Seen> {
    let Pair { gpu, toolkit, capability, code } = pair;
    let first = by_compute_capability(*capability)?.first_cuda;
    let why = match code {
        Code::Ptx(older) => format!(
            "programs run, if at all, by code for {} that the driver compiles when they start, for minutes; those \
             without it fail with \"no kernel image is available for execution on the device\"",
            older.sm()
        ),
        Code::NoneBefore(_) => {
            "what it compiles has no code for this GPU: \"no kernel image is available for execution on the device\""
                .to_owned()
        }
        _ => return None,
    };
    let seen =
        format!("{} is newer than CUDA {}, which knows no {}", gpu.name, toolkit.cuda, capability.sm());
    let fix = format!("{}: the first CUDA that compiles for it", install_and_use(first));
    Some(Seen::new(seen, why).fix(fix))
}

fn too_old(pair: &Pair<'_>) -> Option<Seen> {
    let Pair { gpu, toolkit, capability, code } = pair;
    let Code::NoneAfter(last) = code else { return None };
    let seen = format!("CUDA {} no longer compiles for {} ({})", toolkit.cuda, gpu.name, capability.sm());
    let why = "nvcc refuses it: \"Unsupported gpu architecture\", and its libraries have no code for it";
    let fix = format!("{}: the last CUDA that compiles for it", install_and_use(last));
    Some(Seen::new(seen, why).fix(fix))
}

fn older_code(pair: &Pair<'_>) -> Option<Seen> {
    let Pair { gpu, toolkit, capability, code } = pair;
    let Code::Relative(relative) = code else { return None };
    let first = by_compute_capability(*capability)?.first_cuda;
    let seen = format!(
        "CUDA {} has no code of its own for {} ({}), which runs that for {}",
        toolkit.cuda,
        gpu.name,
        capability.sm(),
        relative.sm()
    );
    let why = format!(
        "nothing fails; `nvcc -arch={}` is refused, and what is new in the GPU is not used",
        capability.sm()
    );
    Some(Seen::new(seen, why).fix(format!("`nvcc -arch={}`, or CUDA {first} and newer", relative.sm())))
}

/// Asks about each kind of GPU once.
fn each(scene: &Scene<'_>, seen: fn(&Pair<'_>) -> Option<Seen>) -> Vec<Seen> {
    let Some(toolkit) = &scene.toolkit else { return Vec::new() };
    let pair = |capability: ComputeCapability| {
        let gpu = scene.host.gpus.iter().find(|gpu| gpu.capability == Some(capability))?;
        Some(Pair { gpu, capability, toolkit, code: code_for(&toolkit.cuda, capability)? })
    };
    scene.host.capabilities().into_iter().filter_map(pair).filter_map(|pair| seen(&pair)).collect()
}
