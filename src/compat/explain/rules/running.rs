//! Errors of programs that run: the driver and its containers, frameworks without their GPU.

use super::super::libraries;
use super::super::text::number_after;
use super::super::{Answer, Found, Rule};
use crate::compat::driver as drivers;
use crate::model::Version;

/// What is known of programs that run.
pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "container-needs-newer-driver",
        marks: &["unsatisfied condition: cuda", "this container was built for nvidia driver release"],
        answer: condition,
    },
    Rule {
        name: "docker-knows-no-gpu",
        marks: &[
            "could not select device driver",
            "unknown runtime specified nvidia",
            "unknown or invalid runtime name: nvidia",
            "exec: \"nvidia-container-runtime\"",
        ],
        answer: docker,
    },
    Rule {
        name: "pytorch-without-cuda",
        marks: &["torch not compiled with cuda enabled"],
        answer: cpu_pytorch,
    },
    Rule {
        name: "tensorflow-without-gpu",
        marks: &["cannot dlopen some gpu libraries", "could not find cuda drivers on your machine"],
        answer: tensorflow,
    },
    Rule {
        name: "jax-without-gpu",
        marks: &[
            "unable to initialize backend 'cuda'",
            "cuda backend failed to initialize",
            "a cuda-enabled jaxlib is not installed",
            "jaxlib was not built with",
        ],
        answer: jax,
    },
    Rule {
        name: "cudnn-mixed",
        marks: &[
            "cudnn_status_version_mismatch",
            "cudnn_status_sublibrary_version_mismatch",
            "cudnn version mismatch",
            "cudnn version incompatibility",
        ],
        answer: cudnn_mixed,
    },
    Rule {
        name: "cudnn-does-not-start",
        marks: &[
            "cudnn_status_not_initialized",
            "cudnn_status_internal_error",
            "cudnn_status_alloc_failed",
            "cudnn_status_execution_failed",
        ],
        answer: cudnn_start,
    },
    Rule {
        name: "no-fabric-manager",
        marks: &["cuda_error_system_not_ready", "error 802: system not yet initialized"],
        answer: fabric,
    },
    Rule {
        name: "unknown-error",
        marks: &[
            "cuda_error_unknown",
            "cuda unknown error",
            "error=30 : unknown error",
            "error 999: unknown error",
        ],
        answer: unknown,
    },
    Rule { name: "no-tensorrt", marks: &["could not find tensorrt"], answer: tensorrt },
    Rule {
        name: "nccl-system-error",
        marks: &[
            "nccl error in:",
            "nccl error 2: unhandled",
            "nccl error: unhandled",
            "test nccl failure",
            "ncclsystemerror",
        ],
        answer: nccl,
    },
    Rule {
        name: "fault-of-the-program",
        marks: &["an illegal memory access was encountered", "device-side assert triggered"],
        answer: program,
    },
];

fn condition(found: &Found<'_>) -> Option<Answer> {
    if let Some(floor) = number_after(found.rest, "NVIDIA Driver Release ") {
        let cause = format!("the image asks for driver {floor} or newer, and the host's is older");
        let update = "`cudaman driver` on the host says which driver a toolkit needs, and how to get it";
        return Some(Answer::new(
            cause,
            &[update, "or take an older image, for the CUDA that `nvidia-smi` prints at its top"],
        ));
    }
    let line =
        number_after(found.rest, "condition: cuda>=").or(number_after(found.rest, "condition: cuda >= "))?;
    let floor = line.parse::<Version>().ok().and_then(|cuda| drivers::floor(&cuda));
    let driver = floor.map(|floor| format!(", {} or newer", floor.driver)).unwrap_or_default();
    let cause = format!("the image asks for a driver that runs CUDA {line}{driver}, and the host's is older");
    let update = format!("`cudaman driver {line}` on the host says which driver it needs, and how to get it");
    Some(Answer::new(
        cause,
        &[
            &update,
            "or take an image for the CUDA that `nvidia-smi` prints at its top",
            "from CUDA 11 on an older driver of the same major number may do: `docker run -e NVIDIA_DISABLE_REQUIRE=1 …`",
        ],
    ))
}

fn docker(_: &Found<'_>) -> Option<Answer> {
    Some(Answer::new(
        "Docker has no runtime for NVIDIA's GPUs: the NVIDIA Container Toolkit isn't installed, or Docker doesn't know of it",
        &[
            "install the package `nvidia-container-toolkit` from NVIDIA's repository",
            "`sudo nvidia-ctk runtime configure --runtime=docker && sudo systemctl restart docker`",
            "Docker as a snap, and Docker Desktop on Linux, can't use it: `docker context ls` shows which one runs",
        ],
    ))
}

fn cpu_pytorch(_: &Found<'_>) -> Option<Answer> {
    Some(Answer::new(
        "this PyTorch was built without CUDA: no toolkit and no driver can change that",
        &[
            "`python -c 'import torch; print(torch.__version__, torch.version.cuda)'` prints None for the CUDA",
            "`pip uninstall torch`, then install a build for CUDA as https://pytorch.org/get-started tells",
        ],
    ))
}

fn tensorflow(found: &Found<'_>) -> Option<Answer> {
    // The lines above name the libraries, and their own rule says more.
    if libraries::missing(found).is_some() {
        return None;
    }
    let advice = [
        "the lines above this one name the libraries: explain them too",
        "`nvidia-smi` shows whether the driver answers",
        "TensorFlow 2.14 and later bring their CUDA: `pip install 'tensorflow[and-cuda]'`",
    ];
    Some(Answer::new("TensorFlow found not all it needs for a GPU and goes on with the processor", &advice))
}

fn jax(found: &Found<'_>) -> Option<Answer> {
    if found.whole.lines().any(|line| line.contains("PJRT API version")) {
        return Some(Answer::new(
            "jax, jaxlib and its CUDA plugin are of different releases",
            &[
                "`pip list | grep -i jax` shows them: jaxlib, jax-cuda12-plugin and jax-cuda12-pjrt must have one number",
                "`pip install -U 'jax[cuda12]'` brings all of them anew",
            ],
        ));
    }
    Some(Answer::new(
        "JAX goes on without a GPU: its jaxlib is built without CUDA or for another one, or it sees no GPU",
        &[
            "`pip install -U 'jax[cuda12]'` brings a jaxlib with its CUDA",
            "`unset LD_LIBRARY_PATH`: another CUDA in it comes before JAX's own",
            "`nvidia-smi -L` lists the GPUs that the driver shows here",
        ],
    ))
}

fn cudnn_mixed(found: &Found<'_>) -> Option<Answer> {
    let number = |before| number_after(found.rest, before).and_then(libraries::cudnn_version);
    let (compiled, linked) = (number("compiled against "), number("linked against "));
    let Some((compiled, linked)) = compiled.zip(linked) else {
        return Some(Answer::new("libraries of several cuDNN releases were loaded together", MIXED));
    };
    let cause =
        format!("the program was built with cuDNN {compiled}, and {linked} is found first when it runs");
    Some(Answer::new(cause, MIXED))
}

const MIXED: &[&str] = &[
    "`unset LD_LIBRARY_PATH`, where the framework brings its own cuDNN",
    "`cudaman config set ld-library-path never` keeps cudaman's toolkits out of it",
    "`pip list | grep -i cudnn` and `ldconfig -p | grep libcudnn` show the others",
];

fn cudnn_start(found: &Found<'_>) -> Option<Answer> {
    let driver =
        found.whole.lines().find_map(|line| number_after(line, "possibly insufficient driver version: "));
    let cause = match driver {
        Some(driver) => format!(
            "cuDNN could not start: driver {driver} may be too old for it, or the GPU's memory is full"
        ),
        None => "cuDNN could not start or run: the GPU's memory is full, the driver is too old for it, or cuDNN's files are of several releases".to_owned(),
    };
    Some(Answer::new(
        cause,
        &[
            "`nvidia-smi` shows who uses the memory, and the CUDA that the driver runs",
            "`cudaman driver` says whether the driver will do for the toolkit in effect",
            "TensorFlow: `export TF_FORCE_GPU_ALLOW_GROWTH=true` leaves memory for cuDNN",
        ],
    ))
}

fn fabric(_: &Found<'_>) -> Option<Answer> {
    Some(Answer::new(
        "the GPUs of this machine are joined by NVSwitch, and NVIDIA's Fabric Manager doesn't run",
        &[
            "`sudo systemctl enable --now nvidia-fabricmanager`; its version must be the driver's",
            "`systemctl status nvidia-fabricmanager` says why it doesn't start",
        ],
    ))
}

fn unknown(_: &Found<'_>) -> Option<Answer> {
    Some(Answer::new(
        "the driver is there and can't start CUDA: as a rule its module nvidia_uvm isn't loaded, or it failed after a suspend",
        &[
            "`ls -l /dev/nvidia-uvm` shows whether there is the device; `sudo modprobe nvidia_uvm` loads the module",
            "`sudo nvidia-modprobe -u -c=0` makes the devices; a reboot helps after a suspend",
        ],
    ))
}

fn tensorrt(_: &Found<'_>) -> Option<Answer> {
    Some(Answer::new(
        "a remark only: TensorFlow uses the GPU without TensorRT, too",
        &[
            "`python -c 'import tensorflow as tf; print(tf.config.list_physical_devices(\"GPU\"))'` shows whether it does",
        ],
    ))
}

fn nccl(_: &Found<'_>) -> Option<Answer> {
    Some(Answer::new(
        "NCCL failed in the system: shared memory of the container is too small, or the network between the processes isn't what it took",
        &[
            "`export NCCL_DEBUG=INFO` makes it say what failed: look for WARN",
            "in a container: `docker run --ipc=host …`, or `--shm-size=8g`",
            "`export NCCL_SOCKET_IFNAME=eth0`, with the name of the right network",
        ],
    ))
}

fn program(_: &Found<'_>) -> Option<Answer> {
    Some(Answer::new(
        "a kernel of the program did what it must not: a fault of the program, not of the installation",
        &[
            "`export CUDA_LAUNCH_BLOCKING=1` makes the traceback name the right line",
            "`compute-sanitizer python train.py` finds the access",
        ],
    ))
}
