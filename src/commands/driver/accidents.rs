//! What happens to drivers: halves of two versions, libraries that were removed, the kernel's own driver.

use serde::Serialize;

use crate::compat::driver::DriverVersion;
use crate::compat::driver_packages::Module;
use crate::compat::driver_plan;
use crate::compat::gpu;
use crate::host::{Host, Kind};

/// Something that keeps a driver from working.
#[derive(Debug, Serialize)]
pub(super) struct Accident {
    /// What is the matter.
    pub(super) what: String,
    /// What mends it.
    pub(super) fix: Vec<String>,
}

/// Returns what is wrong with a machine's driver.
pub(super) fn accidents(host: &Host) -> Vec<Accident> {
    if host.kind != Kind::Linux || host.in_container {
        return Vec::new();
    }
    let driver = &host.driver;
    let found = match (&driver.module, &driver.library) {
        (Some(module), None) => Some(no_libraries(module, host)),
        (Some(module), Some(library)) if module != library => Some(two_versions(module, library)),
        (None, Some(library)) => Some(no_module(library, driver.has_nouveau)),
        (None, None) if driver.has_nouveau => Some(nouveau()),
        (Some(_), Some(_)) if !driver.has_devices && !host.gpus.is_empty() => Some(no_devices()),
        _ => None,
    };
    found.into_iter().chain(wrong_module(host)).chain(dropped(host)).collect()
}

fn accident(what: String, fix: &[&str]) -> Accident {
    Accident { what, fix: fix.iter().map(|line| (*line).to_owned()).collect() }
}

fn no_libraries(module: &DriverVersion, host: &Host) -> Accident {
    let what = format!(
        "the kernel module {module} is loaded, and the driver's libraries are gone: reinstall exactly {module}"
    );
    let branch = module.branch();
    let system = &host.distribution;
    let packages = if system.is("ubuntu") {
        format!(
            "`sudo apt-get install --reinstall 'libnvidia-compute-{branch}={module}*' 'nvidia-utils-{branch}={module}*'`"
        )
    } else if system.is("debian") {
        format!("`sudo apt-get install --reinstall 'libcuda1={module}*' 'nvidia-smi={module}*'`")
    } else if system.is("rhel") || system.is("fedora") {
        format!("`rpm -qa | grep -i nvidia` shows what is left; `sudo yum reinstall '*nvidia*{module}*'`")
    } else {
        "install them with the system's packages of that version".to_owned()
    };
    let machine = &host.machine;
    let installer = format!(
        "or by NVIDIA's installer of that version, without a module: `sudo sh NVIDIA-Linux-{machine}-{module}.run --no-kernel-module`"
    );
    accident(what, &[&packages, &installer])
}

fn two_versions(module: &DriverVersion, library: &DriverVersion) -> Accident {
    let what = format!(
        "the kernel module is {module} and the libraries are {library}: an update that waits for a reboot, or two drivers that were installed over each other"
    );
    accident(
        what,
        &[
            "`sudo reboot` loads the new module",
            "if that doesn't help: `dkms status` shows whether it was built, `ldconfig -p | grep libcuda` which libraries there are",
        ],
    )
}

fn no_module(library: &DriverVersion, has_nouveau: bool) -> Accident {
    let what = format!("the driver's libraries {library} are there, and no kernel module is loaded");
    let nouveau = "the kernel's own nouveau holds the GPU: `sudo reboot` after the installation keeps it out";
    let first = if has_nouveau {
        nouveau
    } else {
        "`sudo modprobe nvidia`, and `sudo dmesg | grep -i nvidia` says why not"
    };
    accident(
        what,
        &[
            first,
            "`dkms status` shows whether the module was built for `uname -r`: it takes that kernel's headers",
            "`mokutil --sb-state`: with Secure Boot the module has to be signed, and its key enrolled with `mokutil --import`",
        ],
    )
}

fn nouveau() -> Accident {
    accident(
        "the kernel's own driver nouveau holds the GPU, and CUDA doesn't run on it".to_owned(),
        &[
            "the packages below keep it out from the next boot on; else `echo 'blacklist nouveau' | sudo tee /etc/modprobe.d/blacklist-nouveau.conf`",
            "then `sudo update-initramfs -u` or `sudo dracut --force`, and `sudo reboot`",
        ],
    )
}

fn no_devices() -> Accident {
    accident(
        "the driver is loaded, and there are no devices /dev/nvidia*".to_owned(),
        &["`sudo nvidia-modprobe -u -c=0` makes them", "`sudo nvidia-smi` does so, too"],
    )
}

/// Finds a kernel module of the kind that a GPU here doesn't take.
fn wrong_module(host: &Host) -> Option<Accident> {
    host.driver.module.as_ref()?;
    match (driver_plan::module(&host.capabilities()), host.driver.is_open) {
        (Module::Open, false) => Some(accident(
            "the kernel module is the proprietary one, and a GPU here needs the open one".to_owned(),
            &["install the packages with `open` in their name, then `sudo reboot`"],
        )),
        (Module::Closed, true) => Some(accident(
            "the kernel module is the open one, which knows no GPU before Turing".to_owned(),
            &["install the packages without `open` in their name, then `sudo reboot`"],
        )),
        _ => None,
    }
}

/// Finds a GPU that the loaded branch has dropped.
fn dropped(host: &Host) -> Option<Accident> {
    let branch = host.driver.version()?.branch();
    let last = |capability| gpu::by_compute_capability(capability)?.architecture?.last_driver_branch;
    let found = host.gpus.iter().find_map(|gpu| {
        let last = last(gpu.capability?).filter(|last| *last < branch)?;
        Some((&gpu.name, last))
    });
    let (name, last) = found?;
    let what = format!("driver R{branch} dropped {name}: R{last} is the last one for it");
    let fix = format!("remove this driver, then install R{last}: hold that branch back from updates");
    Some(accident(what, &[&fix]))
}
