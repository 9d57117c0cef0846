//! Where a machine's driver comes from: packages, Windows, the host of a container, a board's own system.

use crate::compat::driver_packages::{self, Module, Offer};
use crate::compat::driver_plan::Plan;
use crate::host::{Cloud, Host, Kind};

/// Says what to do where no package of this system is the way.
pub(super) fn elsewhere(host: &Host) -> Vec<String> {
    let lines: &[&str] = match host.kind {
        Kind::Wsl => &[
            "install NVIDIA's driver for Windows on the Windows side: https://www.nvidia.com/Download",
            "then in Windows `wsl --update` and `wsl --shutdown`; inside WSL install no driver, it would hide Windows' own",
        ],
        Kind::Jetson => &[
            "the driver is part of the board's system: a newer JetPack brings a newer one (https://developer.nvidia.com/embedded/jetpack)",
            "from JetPack 5 on `sudo apt-get install cuda-compat-12-2` and the like run newer CUDAs",
        ],
        Kind::Linux if host.in_container => &[
            "a container uses its host's driver: run `cudaman driver` there",
            "and start the container with its GPUs: `docker run --gpus all …`",
        ],
        Kind::Linux => &[],
    };
    lines.iter().map(|line| (*line).to_owned()).collect()
}

/// Returns what brings a driver that suits, of either kind of module where both do, the open one first.
pub(super) fn offers(host: &Host, plan: &Plan) -> Vec<Offer> {
    if host.machine != "x86_64" {
        return Vec::new();
    }
    let mut offers = driver_packages::offers(&host.distribution, &plan.wanted);
    if plan.wanted.module == Module::Either && host.gpus.is_empty() {
        // Without a known GPU nobody can say that the open module is for it.
        offers.retain(|offer| !offer.commands.iter().any(|command| command.contains("open")));
    }
    offers
}

/// Says what the cloud that a machine is in has of its own: images with a driver, and a page for the others.
pub(super) fn of_cloud(host: &Host) -> Option<&'static str> {
    Some(match host.cloud? {
        Cloud::Aws => {
            "AWS's Deep Learning images have a driver already; for others, of G instances above all, see \
             https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/install-nvidia-driver.html"
        }
        Cloud::Azure => {
            "Azure has an extension that installs a driver, and GRID drivers for NV machines: \
             https://learn.microsoft.com/azure/virtual-machines/linux/n-series-driver-setup"
        }
        Cloud::Google => {
            "Google Cloud's Deep Learning images have a driver already; for others Google has an installer: \
             https://cloud.google.com/compute/docs/gpus/install-drivers-gpu"
        }
    })
}

/// Says what to do on a system that the table has nothing for.
pub(super) fn unknown(host: &Host) -> String {
    let name = if host.distribution.name.is_empty() { "this system" } else { &host.distribution.name };
    format!(
        "cudaman knows no packages of {name} with such a driver: see https://docs.nvidia.com/datacenter/tesla/driver-installation-guide"
    )
}
