//! Errors of machines: drivers that can't be built, GPUs that are gone, packages and containers in the way.

use super::super::text::number_after;
use super::super::{Answer, Found, Rule, advice};
use crate::model::Version;

/// What is known of machines.
pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "nouveau-in-the-way",
        marks: &["nouveau kernel driver is currently in use"],
        answer: nouveau,
    },
    Rule {
        name: "driver-module-not-built",
        marks: &[
            "unable to find the kernel source tree",
            "unable to build the nvidia kernel module",
            "unable to load the kernel module 'nvidia",
            "the cc version check failed",
            "performing the step: \"building kernel modules\"",
            "install of driver component failed",
        ],
        answer: module,
    },
    Rule {
        name: "installer-refuses-gcc",
        marks: &["failed to verify gcc version", "installation failed. using unsupported compiler"],
        answer: gcc,
    },
    Rule { name: "packages-conflict", marks: &["unmet dependencies"], answer: packages },
    Rule {
        name: "gpu-lost",
        marks: &["gpu is lost", "unable to determine the device handle for gpu", "fallen off the bus"],
        answer: lost,
    },
    Rule {
        name: "no-such-gpu",
        marks: &["invalid device ordinal", "cuda_error_invalid_device"],
        answer: ordinal,
    },
    Rule {
        name: "image-has-driver-files",
        marks: &["mount error: file creation failed", "mount error: mount operation failed"],
        answer: mount,
    },
    Rule {
        name: "container-sees-no-driver",
        marks: &[
            "initialization error: driver error",
            "initialization error: driver rpc error",
            "initialization error: cuda error",
        ],
        answer: container,
    },
];

fn nouveau(_: &Found<'_>) -> Option<Answer> {
    Some(Answer::new(
        "the kernel uses nouveau for the GPU, and NVIDIA's driver can't be loaded beside it",
        &[
            "`cudaman driver` says what installs NVIDIA's driver here: the packages of a distribution turn nouveau off",
            "after that `sudo reboot`; `lsmod | grep nouveau` must then print nothing",
        ],
    ))
}

fn module(_: &Found<'_>) -> Option<Answer> {
    Some(Answer::new(
        "the installer could not build or load the driver's kernel module: headers or compiler of the kernel are missing, or the driver is older than the kernel",
        &[
            "`cudaman driver` says which driver the toolkits need, and which packages bring it",
            "headers for the kernel: `sudo apt install linux-headers-$(uname -r)`, or `sudo dnf install kernel-devel-$(uname -r)`",
            "`cudaman install 12.4`, or the release that you need, installs the toolkit without any driver",
        ],
    ))
}

fn gcc(_: &Found<'_>) -> Option<Answer> {
    Some(Answer::new(
        "NVIDIA's installer refuses the system's gcc; the toolkit itself needs none to be installed",
        &[
            "`cudaman install 12.4`, or the release that you need, installs it whatever gcc there is",
            "`cudaman config host-compiler auto` finds a gcc that suits each toolkit, or says what installs it",
        ],
    ))
}

fn packages(found: &Found<'_>) -> Option<Answer> {
    let is_of_cuda =
        |line: &&str| line.contains("Depends:") && (line.contains("cuda") || line.contains("nvidia"));
    let line = found.whole.lines().find(is_of_cuda)?;
    let request = line
        .split_once("cuda-")
        .map(|(_, rest)| {
            rest.trim_start_matches(|letter: char| letter.is_ascii_alphabetic() || letter == '-')
        })
        .and_then(|rest| {
            let mut numbers = rest.split(|letter: char| !letter.is_ascii_digit());
            Some(format!("{}.{}", numbers.next()?, numbers.next()?))
        })
        .filter(|request| request.parse::<Version>().is_ok());
    let request = request.unwrap_or_else(|| "12.4".to_owned());
    let cause = "the system's packages of CUDA and the driver exclude each other: those of NVIDIA and of the distribution are mixed";
    Some(Answer::new(
        cause,
        &[
            &format!(
                "{}, or the release that you need, installs the toolkit beside the system's packages",
                advice::install(&request)
            ),
            &format!("`cudaman driver {request}` says whether the driver that is there will do"),
        ],
    ))
}

fn lost(_: &Found<'_>) -> Option<Answer> {
    Some(Answer::new(
        "the driver lost the GPU, as a rule through power, heat or its seat: no toolkit is at fault",
        &[
            "`sudo dmesg | grep -i xid` shows what the driver saw; Xid 79 is a GPU that fell off the bus",
            "`sudo reboot` brings it back, if the hardware is sound",
        ],
    ))
}

fn ordinal(_: &Found<'_>) -> Option<Answer> {
    Some(Answer::new(
        "the program asks for a GPU by a number that this machine hasn't, or that CUDA_VISIBLE_DEVICES hides",
        &[
            "`nvidia-smi -L` lists the GPUs with their numbers, from 0",
            "`echo \"$CUDA_VISIBLE_DEVICES\"`: what it names is counted from 0 anew",
        ],
    ))
}

fn mount(_: &Found<'_>) -> Option<Answer> {
    Some(Answer::new(
        "the image has files of a driver of its own, where the container toolkit mounts the host's, or the host's driver has changed since it started",
        &[
            "leave the driver out of the image: packages nvidia-driver-…, libnvidia-… and nvidia-utils-… don't belong there",
            "`nvidia-smi` on the host shows whether its driver answers",
        ],
    ))
}

fn container(found: &Found<'_>) -> Option<Answer> {
    let code = number_after(found.rest, "exit status ").map(|code| format!(" (exit status {code})"));
    let cause = format!(
        "the NVIDIA Container Toolkit can't talk to the host's driver{}: it is not loaded, or was updated without a reboot",
        code.unwrap_or_default()
    );
    Some(Answer::new(
        cause,
        &[
            "`nvidia-smi` on the host shows whether its driver answers",
            "`sudo reboot` after an update of the driver",
        ],
    ))
}

/// Explains a libcuda.so and a kernel module of two drivers, by what TensorFlow says of them.
pub(super) fn two_drivers(found: &Found<'_>) -> Option<Answer> {
    let version = |before| number_after(found.rest, before)?.parse::<Version>().ok();
    let pair = version("kernel version ").zip(version("DSO version "));
    if let Some((module, library)) = pair.filter(|(module, library)| library < module) {
        let cause = format!(
            "a libcuda.so of driver {library} is found first, and the loaded driver is {module}: an old copy, no toolkit's fault"
        );
        return Some(Answer::new(
            cause,
            &[
                "`ldconfig -p | grep libcuda.so` and `echo \"$LD_LIBRARY_PATH\"` lead to it: remove the old one",
                "in an image: the driver's libraries don't belong there, the host's are mounted",
            ],
        ));
    }
    Some(Answer::new(
        "the driver's libraries were updated while its older kernel module stayed loaded: no toolkit is at fault",
        &[
            "`cat /proc/driver/nvidia/version` names the module that is loaded",
            "`sudo reboot` loads the new one",
        ],
    ))
}
