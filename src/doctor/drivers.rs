//! The driver, and what it means for the toolkit in effect.

use super::{Check, Scene, Seen, Toolkit, begins_with};
use crate::compat::driver::{self, DriverVersion, Support};
use crate::compat::gpu::by_compute_capability;
use crate::host::Kind;
use crate::model::Version;

pub(super) const CHECKS: &[Check] = &[
    Check::error("driver-missing", missing).of_host(),
    Check::error("driver-not-loaded", not_loaded).of_host(),
    Check::error("driver-parts-differ", parts_differ).of_host(),
    Check::error("driver-without-libraries", without_libraries).of_host(),
    Check::error("driver-fails", fails).of_host(),
    Check::error("driver-drops-gpu", drops_gpu).of_host(),
    Check::error("driver-too-old", too_old).of_host(),
    Check::warning("driver-limits-toolkit", limits).of_host(),
    Check::note("nvcc-and-nvidia-smi-differ", differ).of_host(),
    Check::warning("nouveau-loaded", nouveau).of_host(),
];

const COMMANDS: &str = "`cudaman driver` prints the commands for this system";

fn missing(scene: &Scene<'_>) -> Vec<Seen> {
    let driver = &scene.host.driver;
    let has_none = driver.version().is_none() && driver.error.is_none() && driver.newest_cuda.is_none();
    if !has_none || scene.host.gpus.is_empty() || scene.host.kind != Kind::Linux || scene.host.in_container {
        return Vec::new();
    }
    let seen = format!("{} is plugged in, and no NVIDIA driver is installed", names(scene));
    Seen::new(seen, "programs compile without a driver, and none of them runs on the GPU")
        .fix(COMMANDS)
        .once()
}

fn not_loaded(scene: &Scene<'_>) -> Vec<Seen> {
    let driver = &scene.host.driver;
    let is_usual = scene.host.kind == Kind::Linux && !scene.host.in_container;
    let (None, Some(library), true) = (&driver.module, &driver.library, is_usual) else { return Vec::new() };
    let seen =
        format!("the libraries of driver {library} are installed, and its kernel module is not loaded");
    Seen::new(seen, "the GPU answers nobody: a new kernel may have no module yet, or Secure Boot refused it")
        .fix("`sudo modprobe nvidia` loads it, or says why not")
        .fix("`dkms status` shows whether it was built for this kernel; `mokutil --sb-state` whether Secure Boot is on")
        .fix(COMMANDS)
        .once()
}

fn parts_differ(scene: &Scene<'_>) -> Vec<Seen> {
    let driver = &scene.host.driver;
    let (Some(module), Some(library)) = (&driver.module, &driver.library) else { return Vec::new() };
    if are_same(module, library) {
        return Vec::new();
    }
    let seen = format!("the loaded kernel module is {module}, the driver's libraries are {library}");
    let why = "the libraries were updated and the old module stayed: nvidia-smi and every CUDA program fail with \
               \"Driver/library version mismatch\" or error 803";
    Seen::new(seen, why).fix("`sudo reboot` loads the new module").once()
}

/// NVML prints two numbers of three.
fn are_same(module: &DriverVersion, library: &DriverVersion) -> bool {
    let (module, library) = (module.to_string(), library.to_string());
    begins_with(&module, &library) || begins_with(&library, &module)
}

fn without_libraries(scene: &Scene<'_>) -> Vec<Seen> {
    let driver = &scene.host.driver;
    let (Some(module), None) = (&driver.module, &driver.library) else { return Vec::new() };
    if scene.host.kind != Kind::Linux {
        return Vec::new();
    }
    let seen = format!("kernel module {module} is loaded, and the driver's libraries are nowhere");
    let why = "CUDA programs need libcuda.so.1 of exactly the version of the module";
    let fix = if scene.host.in_container {
        "start the container with `--gpus all`: the NVIDIA Container Toolkit brings the libraries in"
            .to_owned()
    } else {
        format!("install the user-space packages of exactly {module}; {COMMANDS}")
    };
    Seen::new(seen, why).fix(fix).once()
}

fn fails(scene: &Scene<'_>) -> Vec<Seen> {
    let driver = &scene.host.driver;
    let Some(error) = &driver.error else { return Vec::new() };
    let is_known = !parts_differ(scene).is_empty() || !not_loaded(scene).is_empty();
    if is_known {
        return Vec::new();
    }
    Seen::new(format!("nvidia-smi fails: {error}"), "what nvidia-smi can't reach, no CUDA program reaches")
        .fix("`sudo dmesg | grep -i -e nvrm -e xid` shows what the kernel says")
        .fix(COMMANDS)
        .once()
}

fn drops_gpu(scene: &Scene<'_>) -> Vec<Seen> {
    let Some(version) = scene.host.linux_driver() else { return Vec::new() };
    let dropped = scene.host.gpus.iter().filter_map(|gpu| {
        let last = by_compute_capability(gpu.capability?)?.architecture?.last_driver_branch?;
        (version.branch() > last).then_some((gpu, last))
    });
    let seen = dropped.map(|(gpu, last)| {
        Seen::new(
            format!("driver {version} no longer has {}", gpu.name),
            format!("R{last} is the last branch for this GPU: with a newer one it is not there"),
        )
        .fix(COMMANDS)
    });
    seen.collect()
}

fn too_old(scene: &Scene<'_>) -> Vec<Seen> {
    let Some((toolkit, newest)) = toolkit_with(Support::None, scene) else { return Vec::new() };
    let floor = driver::floor(&toolkit.cuda).map(|floor| format!(": it needs {}", floor.driver));
    let seen =
        format!("{} is too old for CUDA {}{}", driver_words(scene), toolkit.cuda, floor.unwrap_or_default());
    let why = "its programs fail with \"CUDA driver version is insufficient for CUDA runtime version\"";
    let compat = driver::forward_compatibility();
    let line = toolkit.cuda.truncated(2);
    let seen = Seen::new(seen, why)
        .fix(format!("`cudaman install {newest}` installs the newest CUDA that this driver runs"))
        .fix(format!("`cudaman driver {line}` prints the commands for a newer driver"));
    let seen = if line >= compat.since && scene.host.kind != Kind::Wsl {
        seen.fix(format!(
            "on {}: NVIDIA's package cuda-compat-{}",
            compat.hardware,
            line.to_string().replace('.', "-")
        ))
    } else {
        seen
    };
    seen.once()
}

fn limits(scene: &Scene<'_>) -> Vec<Seen> {
    let Some((toolkit, newest)) = toolkit_with(Support::MinorVersion, scene) else { return Vec::new() };
    let seen =
        format!("{} is made for CUDA up to {newest}, and {} is in effect", driver_words(scene), toolkit.cuda);
    let why = "programs run by minor-version compatibility; those that compile PTX when they start (\"the provided \
               PTX was compiled with an unsupported toolchain\") or use what is new in the driver don't";
    Seen::new(seen, why)
        .fix("compile for the GPU itself: `nvcc -arch=sm_…` with its compute capability")
        .fix(format!(
            "`cudaman install {newest}`, or `cudaman driver {}` for a newer driver",
            toolkit.cuda.truncated(2)
        ))
        .once()
}

fn differ(scene: &Scene<'_>) -> Vec<Seen> {
    let (Some(toolkit), Some(newest)) = (&scene.toolkit, &scene.host.driver.newest_cuda) else {
        return Vec::new();
    };
    let line = toolkit.cuda.truncated(2);
    if line >= *newest {
        return Vec::new();
    }
    Seen::new(
        format!("nvcc is of CUDA {line}, and nvidia-smi prints \"CUDA Version: {newest}\""),
        "both are right: nvidia-smi names the newest CUDA that the driver runs, nvcc the toolkit in effect; a driver \
         runs all older ones",
    )
    .fix("nothing is to be done")
    .once()
}

fn nouveau(scene: &Scene<'_>) -> Vec<Seen> {
    if !scene.host.driver.has_nouveau || scene.host.gpus.is_empty() {
        return Vec::new();
    }
    Seen::new("the kernel's own driver, nouveau, has the GPU", "NVIDIA's driver can't load beside it, and nouveau runs no CUDA")
        .fix("`printf 'blacklist nouveau\\noptions nouveau modeset=0\\n' | sudo tee /etc/modprobe.d/blacklist-nouveau.conf`, then rebuild the initramfs and reboot")
        .fix(COMMANDS)
        .once()
}

/// Returns the toolkit in effect where the driver runs it just so far, with the newest CUDA that it runs in full.
fn toolkit_with<'s>(support: Support, scene: &'s Scene<'_>) -> Option<(&'s Toolkit, &'s Version)> {
    let toolkit = scene.toolkit.as_ref()?;
    let newest = scene.host.driver.newest_cuda.as_ref()?;
    (scene.host.support(&toolkit.cuda) == support).then_some((toolkit, newest))
}

fn driver_words(scene: &Scene<'_>) -> String {
    scene.host.driver.version().map_or_else(|| "the driver".to_owned(), |version| format!("driver {version}"))
}

fn names(scene: &Scene<'_>) -> String {
    let names: Vec<&str> = scene.host.gpus.iter().map(|gpu| gpu.name.as_str()).collect();
    names.join(", ")
}
