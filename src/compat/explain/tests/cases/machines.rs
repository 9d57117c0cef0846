//! Real error texts of drivers, GPUs, packages and containers.

use super::Case;

/// The texts.
pub(super) const CASES: &[Case] = &[
    Case {
        source: "github.com/Bumblebee-Project/Bumblebee/issues/925",
        text: "ERROR: Unable to find the kernel source tree for the currently running kernel.  Please make sure you have installed the\n       kernel source files for your kernel and that they are properly configured; on Red Hat Linux systems, for example, be\n       sure you have the 'kernel-source' or 'kernel-devel' RPM installed.\nERROR: Installation has failed.  Please see the file '/var/log/nvidia-installer.log' for details.  You may find suggestions\n       on fixing installation problems in the README available on the Linux driver download page at www.nvidia.com.",
        rule: "driver-module-not-built",
        cause: "kernel module",
        advice: "linux-headers",
    },
    Case {
        source: "github.com/emergingstack/es-dev-stack/pull/6",
        text: "-> Performing CC sanity check with CC=\"/usr/bin/cc\".\n-> The CC version check failed:\nERROR: Installation has failed.  Please see the file '/var/log/nvidia-installer.log' for details.",
        rule: "driver-module-not-built",
        cause: "compiler of the kernel",
        advice: "`cudaman driver`",
    },
    Case {
        source: "github.com/tensorflow/tensorflow/issues/39116",
        text: "The following packages have unmet dependencies:\n cuda-10-1 : Depends: cuda-runtime-10-1 (>= 10.1.243) but it is not going to be installed\n             Depends: cuda-demo-suite-10-1 (>= 10.1.243) but it is not going to be installed\nE: Unable to correct problems, you have held broken packages.",
        rule: "packages-conflict",
        cause: "exclude each other",
        advice: "`cudaman install 10.1`",
    },
    Case {
        source: "github.com/NVIDIA/open-gpu-kernel-modules/issues/387",
        text: "Unable to determine the device handle for GPU 0000:0B:00.0: Unknown Error.",
        rule: "gpu-lost",
        cause: "lost the GPU",
        advice: "Xid 79",
    },
    Case {
        source: "github.com/shariqfarooq123/AdaBins/issues/79",
        text: "RuntimeError: Unexpected error from cudaGetDeviceCount(). Did you run some cuda functions before calling NumCudaDevices() that might have already set an error? Error 101: invalid device ordinal",
        rule: "no-such-gpu",
        cause: "by a number",
        advice: "nvidia-smi -L",
    },
    Case {
        source: "github.com/NVIDIA/nvidia-docker/issues/825",
        text: "OCI runtime create failed: container_linux.go:348: starting container process caused \"process_linux.go:402: container init caused nvidia-container-cli: mount error: file creation failed: /var/lib/docker/overlay2/bd4f3570d4eb99d9df1117bd3751a00c8c0eb63429e65eba2a196c6c543cc52f/merged/usr/bin/nvidia-smi: file exists\": unknown",
        rule: "image-has-driver-files",
        cause: "files of a driver",
        advice: "leave the driver out",
    },
    Case {
        source: "github.com/NVIDIA/nvidia-container-toolkit/issues/183",
        text: "docker: Error response from daemon: OCI runtime create failed: stderr: nvidia-container-cli: initialization error: driver error: failed to process request",
        rule: "container-sees-no-driver",
        cause: "can't talk to the host's driver",
        advice: "nvidia-smi",
    },
    Case {
        source: "github.com/dusty-nv/jetson-containers/issues/1460",
        text: "docker: Error response from daemon: unknown or invalid runtime name: nvidia",
        rule: "docker-knows-no-gpu",
        cause: "Docker",
        advice: "nvidia-ctk runtime configure",
    },
    Case {
        source: "github.com/tensorflow/tensorflow/issues/37131",
        text: "ERROR: This container was built for NVIDIA Driver Release 440.33 or later, but\n       version 430.26 was detected and compatibility mode is UNAVAILABLE.",
        rule: "container-needs-newer-driver",
        cause: "driver 440.33 or newer",
        advice: "`cudaman driver`",
    },
    Case {
        source: "github.com/tensorflow/tensorflow/issues/22525",
        text: "2018-09-26 16:20:01.273306: E tensorflow/stream_executor/cuda/cuda_driver.cc:406] failed call to cuInit: CUDA_ERROR_NO_DEVICE\n2018-09-26 16:20:01.273480: I tensorflow/stream_executor/cuda/cuda_diagnostics.cc:189] libcuda reported version is: 375.66.0\n2018-09-26 16:20:01.273659: I tensorflow/stream_executor/cuda/cuda_diagnostics.cc:193] kernel reported version is: 384.130.0\n2018-09-26 16:20:01.273681: E tensorflow/stream_executor/cuda/cuda_diagnostics.cc:303] kernel version 384.130.0 does not match DSO version 375.66.0 -- cannot find working devices in this configuration",
        rule: "driver-library-mismatch",
        cause: "libcuda.so of driver 375.66.0 is found first",
        advice: "ldconfig -p",
    },
    Case {
        source: "github.com/tensorflow/tensorflow/issues/4768",
        text: "E tensorflow/stream_executor/cuda/cuda_driver.cc:491] failed call to cuInit: CUDA_ERROR_INVALID_VALUE\nE tensorflow/stream_executor/cuda/cuda_diagnostics.cc:296] kernel version 352.63.0 does not match DSO version 361.93.2 -- cannot find working devices in this configuration",
        rule: "driver-library-mismatch",
        cause: "older kernel module stayed loaded",
        advice: "sudo reboot",
    },
    Case {
        source: "github.com/torch/cutorch/issues/798",
        text: "THCudaCheck FAIL file= torch/extra/cutorch/lib/THC/THCGeneral.c line=70 error=30 : unknown error",
        rule: "unknown-error",
        cause: "nvidia_uvm",
        advice: "modprobe",
    },
    Case {
        source: "github.com/pytorch/pytorch/issues/134542",
        text: "python3.9/site-packages/torch/cuda/__init__.py\", line 216, in _lazy_init\n    torch._C._cuda_init()\nRuntimeError: No CUDA GPUs are available",
        rule: "no-device",
        cause: "no GPU",
        advice: "CUDA_VISIBLE_DEVICES",
    },
    Case {
        source: "github.com/compiler-explorer/infra/issues/2190",
        text: "/infra/site-gpu.sh: line 8: nvidia-smi: command not found",
        rule: "no-driver",
        cause: "no NVIDIA driver",
        advice: "dkms status",
    },
    Case {
        source: "github.com/microsoft/O-CNN/issues/139",
        text: "-- octree: USE_CUDA\n-- The CUDA compiler identification is unknown\nCMake Error at CMakeLists.txt:19 (project):\n  No CMAKE_CUDA_COMPILER could be found.\n\n  Tell CMake where to find the compiler by setting either the environment",
        rule: "no-toolkit",
        cause: "CMake found no nvcc",
        advice: "cmake -B build",
    },
    Case {
        source: "github.com/NVlabs/instant-ngp/issues/1031",
        text: "-- Check for working CUDA compiler: /usr/local/cuda-10.2/bin/nvcc - broken\nCMake Error at /usr/local/share/cmake-3.24/Modules/CMakeTestCUDACompiler.cmake:102 (message):\n  The CUDA compiler\n\n    \"/usr/local/cuda-10.2/bin/nvcc\"\n\n  is not able to compile a simple test program.\n\n  It fails with the following output:",
        rule: "cmake-asks-nvcc-in-vain",
        cause: "CMake tried nvcc in vain",
        advice: "host-compiler",
    },
];
