//! The kinds of errors that are known: one row each.

mod building;
mod frameworks;
mod machines;
mod running;
mod versions;

use super::libraries::{self, MISSING};
use super::{Answer, Rule, answers};

/// Returns what is known, the most telling first.
pub(super) fn rules() -> impl Iterator<Item = &'static Rule> {
    [RULES, versions::RULES, building::RULES, frameworks::RULES, machines::RULES, running::RULES]
        .into_iter()
        .flatten()
}

/// What is known of toolkits, the driver and the GPU.
const RULES: &[Rule] = &[
    Rule { name: "missing-library", marks: MISSING, answer: libraries::missing },
    Rule {
        name: "host-compiler-too-new",
        marks: &["unsupported gnu version"],
        answer: answers::host_compiler,
    },
    Rule {
        name: "unsupported-architecture",
        marks: &[
            "unsupported gpu architecture",
            "is not defined for option 'gpu-architecture'",
            "is not defined for option 'gpu-name'",
        ],
        answer: answers::architecture,
    },
    Rule {
        name: "no-kernel-image",
        marks: &[
            "no kernel image is available",
            "is not compatible with the current pytorch installation",
            "invalid device function",
        ],
        answer: answers::kernel_image,
    },
    Rule {
        name: "driver-too-old",
        marks: &[
            "cuda driver version is insufficient",
            "cudaerrorinsufficientdriver",
            "nvidia driver on your system is too old",
            "initialization failure with error 35",
            "initialization failure with error: 35",
        ],
        answer: answers::driver,
    },
    Rule {
        name: "ptx-too-new",
        marks: &["the provided ptx was compiled with an unsupported toolchain"],
        answer: answers::ptx,
    },
    Rule {
        name: "no-device",
        marks: &["cuda_error_no_device", "no cuda-capable device is detected", "no cuda gpus are available"],
        answer: |found| {
            // Drivers of two releases show no GPU either, and their own rule says why.
            if found.whole.lines().any(|line| line.contains("does not match DSO version")) {
                return None;
            }
            Some(Answer::new(
                "the driver shows this program no GPU: none is assigned to the job or the container, or \
                 CUDA_VISIBLE_DEVICES hides them",
                &[
                    "`nvidia-smi -L` lists the GPUs that the driver shows here",
                    "`echo \"$CUDA_VISIBLE_DEVICES\"` must be empty or name one of them",
                    "in a container: `docker run --gpus all …`; in a Slurm job: `srun --gres=gpu:1 …`",
                ],
            ))
        },
    },
    Rule {
        name: "pytorch-built-for-another-cuda",
        marks: &[
            "mismatches the version that was used to compile",
            "does not match the version torch was compiled with",
            "does not match the version used to compile pytorch binaries",
        ],
        answer: answers::mismatch,
    },
    Rule {
        name: "no-toolkit",
        marks: &[
            "cuda_home environment variable is not set",
            "specify cuda_toolkit_root_dir",
            "cuda_toolkit_root_dir not found",
            "could not find cuda (missing",
            "failed to find nvcc",
            "but nvcc was not found",
            "no cmake_cuda_compiler could be found",
        ],
        answer: answers::no_toolkit,
    },
    Rule { name: "cudnn-too-old", marks: &["loaded runtime cudnn library"], answer: answers::cudnn },
    Rule {
        name: "no-libdevice",
        marks: &["libdevice not found", "can't find libdevice directory"],
        answer: answers::libdevice,
    },
    Rule { name: "nvjitlink-too-old", marks: &["undefined symbol: __nvjitlink"], answer: answers::nvjitlink },
    Rule {
        name: "linker-finds-no-cuda",
        marks: &["cannot find -lcu", "cannot find -lnv"],
        answer: answers::linker,
    },
    Rule {
        name: "glibc-too-new",
        marks: &["previous function \"cospi", "previous function \"sinpi", "previous function \"rsqrt"],
        answer: |_| {
            Some(Answer::new(
                "glibc 2.41 and later declare functions in another way than this toolkit's headers; toolkits that \
             cudaman installs are adapted to it",
                &[
                    "`cudaman install 12.9`, or the release that you need",
                    "`cudaman exec 12.9 -- make` compiles with it",
                ],
            ))
        },
    },
    Rule {
        name: "driver-library-mismatch",
        marks: &["driver/library version mismatch", "does not match dso version"],
        answer: machines::two_drivers,
    },
    Rule {
        name: "error-803",
        marks: &["unsupported display driver / cuda driver combination"],
        answer: |_| {
            Some(Answer::new(
                "libcuda.so and the loaded kernel module are of different drivers: an update without a reboot, or a \
             libcuda.so of a cuda-compat package or of stubs that is found first",
                &[
                    "`sudo reboot` after an update of the driver",
                    "`echo \"$LD_LIBRARY_PATH\"` must name no `compat` and no `stubs` directory",
                ],
            ))
        },
    },
    Rule {
        name: "error-804",
        marks: &[
            "forward compatibility was attempted on non supported hw",
            "cuda_error_compat_not_supported_on_device",
        ],
        answer: answers::forward,
    },
    Rule {
        name: "nvml-unknown-error",
        marks: &["failed to initialize nvml: unknown error"],
        answer: |_| {
            Some(Answer::new(
                "the container lost its GPU devices, as after a reload of systemd on the host, or never had them",
                &[
                    "restart the container: `docker restart NAME`",
                    "`nvidia-smi` on the host shows whether the driver answers",
                ],
            ))
        },
    },
    Rule {
        name: "no-driver",
        marks: &[
            "couldn't communicate with the nvidia driver",
            "failed to initialize nvml: driver not loaded",
            "found no nvidia driver on your system",
            "nvml error: driver not loaded",
            "nvidia-smi: command not found",
            "nvidia-smi: not found",
        ],
        answer: |_| {
            Some(Answer::new(
                "the kernel has no NVIDIA driver loaded: none is installed, or a new kernel has no module of it yet",
                &[
                    "`cat /proc/driver/nvidia/version` names the module, if one is loaded",
                    "`dkms status` shows whether it was built",
                ],
            ))
        },
    },
    Rule {
        name: "out-of-memory",
        marks: &["cuda out of memory", "cuda_error_out_of_memory", "oom when allocating"],
        answer: |_| {
            Some(Answer::new(
                "the GPU's memory is full: nothing is wrong with the installation. A smaller batch needs less",
                &[
                    "`nvidia-smi` shows who uses the memory",
                    "PyTorch: `export PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True`",
                    "TensorFlow: `export TF_FORCE_GPU_ALLOW_GROWTH=true`",
                ],
            ))
        },
    },
    Rule { name: "nvidia-smi", marks: &["driver version:"], answer: answers::nvidia_smi },
    Rule { name: "nvcc-version", marks: &["cuda compilation tools, release"], answer: answers::nvcc_version },
];
