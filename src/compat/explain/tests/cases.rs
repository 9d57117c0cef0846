//! Real error texts, each with the public thread that it is from.

mod building;
mod frameworks;
mod machines;
mod running;
mod versions;

/// A text, where it is from, which rule knows it, and what the cause and the advice must name.
pub(super) struct Case {
    pub(super) source: &'static str,
    pub(super) text: &'static str,
    pub(super) rule: &'static str,
    pub(super) cause: &'static str,
    pub(super) advice: &'static str,
}

/// Returns the texts.
pub(super) fn cases() -> impl Iterator<Item = &'static Case> {
    [CASES, building::CASES, frameworks::CASES, machines::CASES, running::CASES, versions::CASES]
        .into_iter()
        .flatten()
}

const CASES: &[Case] = &[
    Case {
        source: "github.com/tensorflow/tensorflow/issues/38578",
        text: "2020-04-30 20:33:48.029296: W tensorflow/stream_executor/platform/default/dso_loader.cc:55] Could not load dynamic library 'libcudart.so.10.2'; dlerror: libcudart.so.10.2: cannot open shared object file: No such file or directory\n2020-04-30 20:34:00.226724: I tensorflow/stream_executor/platform/default/dso_loader.cc:44] Successfully opened dynamic library libcuda.so.1",
        rule: "missing-library",
        cause: "libcudart.so.10.2 is missing; CUDA 10.2 has",
        advice: "`cudaman install 10.2`",
    },
    Case {
        source: "github.com/tensorflow/tensorflow/issues/45930",
        text: "2021-02-10 12:57:07.427237: W tensorflow/stream_executor/platform/default/dso_loader.cc:60] Could not load dynamic library 'libcudart.so.11.0'; dlerror: libcudart.so.11.0: cannot open shared object file: No such file or directory",
        rule: "missing-library",
        cause: "CUDA 11.0 to 11.8 has",
        advice: "`cudaman install 11.8`",
    },
    Case {
        source: "github.com/ceccocats/tkDNN/issues/134",
        text: "/usr/local/cuda/include/crt/host_config.h:138:2: error: #error -- unsupported GNU version! gcc versions later than 8 are not supported!\n  138 | #error -- unsupported GNU version! gcc versions later than 8 are not supported!",
        rule: "host-compiler-too-new",
        cause: "it takes gcc up to 8",
        advice: "`cudaman config host-compiler auto`",
    },
    Case {
        source: "github.com/facebookarchive/caffe2/issues/442",
        text: "/usr/local/cuda-8.0/include/host_config.h:119:2: error: #error -- unsupported GNU version! gcc versions later than 5 are not supported!",
        rule: "host-compiler-too-new",
        cause: "it takes gcc up to 5",
        advice: "`cudaman config host-compiler auto`",
    },
    Case {
        source: "github.com/CMU-Perceptual-Computing-Lab/openpose/issues/2053",
        text: "-- CUDA detected: 11.0\nnvcc fatal   : Unsupported gpu architecture 'compute_86'\nnvcc fatal   : Unsupported gpu architecture 'compute_86'",
        rule: "unsupported-architecture",
        cause: "too old for sm_86: CUDA 11.1 and later",
        advice: "`cudaman install '>=11.1'`",
    },
    Case {
        source: "github.com/jiangyzy/GOAE/issues/16",
        text: "NVIDIA RTX A6000 with CUDA capability sm_86 is not compatible with the current PyTorch installation.\nThe current PyTorch install supports CUDA capabilities sm_37 sm_50 sm_60 sm_70.",
        rule: "no-kernel-image",
        cause: "sm_86: it takes a build with CUDA 11.1 or later",
        advice: "nvcc -arch=sm_86",
    },
    Case {
        source: "github.com/ostris/ai-toolkit/issues/530",
        text: "CUDA error: no kernel image is available for execution on the device CUDA kernel errors might be asynchronously reported\nNVIDIA GeForce RTX 5060 Ti with CUDA capability sm_120 is not compatible with the current PyTorch installation.",
        rule: "no-kernel-image",
        cause: "sm_120: it takes a build with CUDA 12.8 or later",
        advice: "nvcc -arch=sm_120",
    },
    Case {
        source: "github.com/INK-USC/RE-Net/issues/77",
        text: "    self.dropout, self.training, bool(self.bidirectional))\nRuntimeError: CUDA error: no kernel image is available for execution on the device",
        rule: "no-kernel-image",
        cause: "no code for this GPU's architecture",
        advice: "--query-gpu=name,compute_cap",
    },
    Case {
        source: "github.com/icip-cas/AutoAlign/issues/25",
        text: "RuntimeError:\n      The detected CUDA version (11.8) mismatches the version that was used to compile\n      PyTorch (12.4). Please make sure to use the same CUDA versions.",
        rule: "pytorch-built-for-another-cuda",
        cause: "made with CUDA 12.4, and extensions are compiled with 11.8",
        advice: "`cudaman install 12.4`",
    },
    Case {
        source: "github.com/OpenBMB/CPM-Live/issues/244",
        text: "          raise EnvironmentError('CUDA_HOME environment variable is not set. '\n      OSError: CUDA_HOME environment variable is not set. Please set it to your CUDA install root.\n      [end of output]",
        rule: "no-toolkit",
        cause: "no CUDA toolkit was found",
        advice: "sets CUDA_HOME",
    },
    Case {
        source: "github.com/tensorflow/tensorflow/issues/37606",
        text: "2020-07-02 18:49:09.547209: I tensorflow/stream_executor/platform/default/dso_loader.cc:44] Successfully opened dynamic library libcublas.so.10.0\n2020-07-02 18:49:18.254447: E tensorflow/stream_executor/cuda/cuda_dnn.cc:320] Loaded runtime CuDNN library: 7.5.0 but source was compiled with: 7.6.3.  CuDNN library major and minor version needs to match or have higher minor version in case of CuDNN 7.0 or later version.",
        rule: "cudnn-too-old",
        cause: "cuDNN 7.5.0 was found, and the program needs 7.6.3",
        advice: "`cudaman install 10.0+cudnn7.6`",
    },
    Case {
        source: "github.com/bytedeco/javacpp-presets/issues/565",
        text: "Loaded runtime CuDNN library: 7005 (compatibility version 7000) but source was compiled with 7101 (compatibility version 7100)",
        rule: "cudnn-too-old",
        cause: "cuDNN 7.0.5 was found, and the program needs 7.1.1",
        advice: "+cudnn7.1",
    },
    Case {
        source: "github.com/tensorflow/tensorflow/issues/60913",
        text: "E0000 00:00:1738697930.202924    7665 cuda_dnn.cc:522] Loaded runtime CuDNN library: 9.1.0 but source was compiled with: 9.3.0.  CuDNN library needs to have matching major version and equal or higher minor version.",
        rule: "cudnn-too-old",
        cause: "the program needs 9.3.0",
        advice: "+cudnn9.3",
    },
    Case {
        source: "github.com/tensorflow/tensorflow/issues/60790",
        text: "2023-06-06 21:40:11.673658: W tensorflow/core/framework/op_kernel.cc:1830] OP_REQUIRES failed at xla_ops.cc:362 : INTERNAL: libdevice not found at ./libdevice.10.bc",
        rule: "no-libdevice",
        cause: "libdevice",
        advice: "--xla_gpu_cuda_data_dir",
    },
    Case {
        source: "github.com/conda-forge/tensorflow-feedstock/issues/420",
        text: "W0000 00:00:1739677334.593337    3089 gpu_backend_lib.cc:579] Can't find libdevice directory ${CUDA_DIR}/nvvm/libdevice. This may result in compilation or runtime failures",
        rule: "no-libdevice",
        cause: "libdevice",
        advice: "--xla_gpu_cuda_data_dir",
    },
    Case {
        source: "github.com/pytorch/pytorch/issues/131312",
        text: "ImportError: /home/dp/anaconda3/envs/ComfyUI/lib/python3.11/site-packages/torch/lib/../../nvidia/cusparse/lib/libcusparse.so.12: undefined symbol: __nvJitLinkComplete_12_4, version libnvJitLink.so.12",
        rule: "nvjitlink-too-old",
        cause: "needs nvJitLink 12.4",
        advice: "`unset LD_LIBRARY_PATH`",
    },
    Case {
        source: "github.com/wang-xinyu/tensorrtx/issues/822",
        text: "[ 16%] Linking CXX shared library libmyplugins.so\n/usr/bin/ld: cannot find -lcudart\ncollect2: error: ld returned 1 exit status",
        rule: "linker-finds-no-cuda",
        cause: "no directory with libcudart.so",
        advice: "LIBRARY_PATH",
    },
    Case {
        source: "github.com/ggml-org/llama.cpp/issues/7508",
        text: "/usr/bin/ld: cannot find -lcuda: No such file or directory collect2: error: ld returned 1 exit status make: *** [Makefile:763: main] Error 1",
        rule: "linker-finds-no-cuda",
        cause: "libcuda.so: libcuda is the driver's",
        advice: "with the stubs",
    },
    Case {
        source: "github.com/NVIDIA/nccl/issues/1700",
        text: "/usr/include/x86_64-linux-gnu/bits/mathcalls.h(79): error: exception specification is incompatible with that of previous function \"cospi\" (declared at line 2601 of /usr/local/cuda/bin/../targets/x86_64-linux/include/crt/math_functions.h)",
        rule: "glibc-too-new",
        cause: "glibc 2.41",
        advice: "`cudaman install 12.9`",
    },
    Case {
        source: "github.com/mozilla/translations/issues/1167",
        text: "[task 2025-07-01T05:06:30.005+00:00] [train] [nvidia-smi(stdout)] Failed to initialize NVML: Driver/library version mismatch\n[task 2025-07-01T05:06:30.005+00:00] [train] [nvidia-smi(stdout)] NVML library version: 550.144",
        rule: "driver-library-mismatch",
        cause: "older kernel module stayed loaded",
        advice: "`sudo reboot`",
    },
    Case {
        source: "github.com/NVIDIA/nvidia-docker/issues/1671",
        text: "Failed to initialize NVML: Unknown Error",
        rule: "nvml-unknown-error",
        cause: "the container lost its GPU devices",
        advice: "docker restart",
    },
    Case {
        source: "github.com/easydiffusion/easydiffusion/issues/379",
        text: "UserWarning: CUDA initialization: Unexpected error from cudaGetDeviceCount(). Did you run some cuda functions before calling NumCudaDevices() that might have already set an error? Error 803: system has unsupported display driver / cuda driver combination (Triggered internally at  /opt/conda/conda-bld/pytorch_1646755903507/work/c10/cuda/CUDAFunctions.cpp:112.)",
        rule: "error-803",
        cause: "of different drivers",
        advice: "`sudo reboot`",
    },
    Case {
        source: "github.com/AIR-DISCOVER/ICRA2024-Sim2Real-AXS/issues/5",
        text: "RuntimeError: Unexpected error from cudaGetDeviceCount(). Did you run some cuda functions before calling NumCudaDevices() that might have already set an error? Error 804: forward compatibility was attempted on non supported HW",
        rule: "error-804",
        cause: "works on data center GPUs",
        advice: "no `compat` directory",
    },
    Case {
        source: "github.com/tensorflow/tensorflow/issues/19749",
        text: "  File \"/home/amartya/anaconda2/lib/python2.7/site-packages/tensorflow/python/pywrap_tensorflow_internal.py\", line 24, in swig_import_helper\nImportError: libcublas.so.9.0: cannot open shared object file: No such file or directory",
        rule: "missing-library",
        cause: "libcublas.so.9.0 is missing; CUDA 9.0 has",
        advice: "`cudaman install 9.0`",
    },
    Case {
        source: "github.com/AlexeyAB/darknet/issues/8601",
        text: "Could not load library libcudnn_ops_infer.so.8. Error: libcublas.so.11: cannot open shared object file: No such file or directory",
        rule: "missing-library",
        cause: "libcublas.so.11 is missing; CUDA 11.0 to 11.8 has",
        advice: "`cudaman install 11.8`",
    },
    Case {
        source: "github.com/PaddlePaddle/Paddle/issues/53651",
        text: "Could not load library libcudnn_ops_infer.so.8. Error: libcudnn_ops_infer.so.8: cannot open shared object file: No such file or directory\nPlease make sure libcudnn_ops_infer.so.8 is in your library path!",
        rule: "missing-library",
        cause: "cuDNN 8 is missing",
        advice: "`+cudnn8`",
    },
    Case {
        source: "github.com/daswer123/xtts-finetune-webui/issues/18",
        text: "Unable to load any of {libcudnn_ops.so.9.1.0, libcudnn_ops.so.9.1, libcudnn_ops.so.9, libcudnn_ops.so}\nInvalid handle. Cannot load symbol cudnnCreateTensorDescriptor",
        rule: "missing-library",
        cause: "cuDNN 9 is missing",
        advice: "`+cudnn9`",
    },
    Case {
        source: "github.com/serend1p1ty/SeqNet/issues/36",
        text: "RuntimeError: The NVIDIA driver on your system is too old (found version 11040). Please update your GPU driver by downloading and installing a new version from the URL: http://www.nvidia.com/Download/index.aspx",
        rule: "driver-too-old",
        cause: "it runs CUDA up to 11.4",
        advice: "`cudaman install 11.4`",
    },
    Case {
        source: "github.com/wuhuikai/FastFCN/issues/37",
        text: "AssertionError: \nThe NVIDIA driver on your system is too old (found version 9000).\nPlease update your GPU driver by downloading and installing a new",
        rule: "driver-too-old",
        cause: "it runs CUDA up to 9.0",
        advice: "`cudaman install 9.0`",
    },
    Case {
        source: "github.com/rikdz/GraphWriter/issues/6",
        text: "The NVIDIA driver on your system is too old (found version 6050).\nPlease update your GPU driver",
        rule: "driver-too-old",
        cause: "the driver is older than",
        advice: "`nvidia-smi`",
    },
    Case {
        source: "github.com/ComputationalRadiationPhysics/cuda_memtest/issues/31",
        text: "[05/23/2021 18:30:06][computer][0]:ERROR: CUDA error: the provided PTX was compiled with an unsupported toolchain., line 148, file /var/tmp/pamac-build-user/cuda_memtest/src/cuda_memtest/cuda_memtest.cu",
        rule: "ptx-too-new",
        cause: "a newer CUDA than the driver knows",
        advice: "nvcc -arch=native",
    },
    Case {
        source: "github.com/tensorflow/tensorflow/issues/62494",
        text: "2023-11-28 16:42:02.591947: E tensorflow/stream_executor/cuda/cuda_driver.cc:328] failed call to cuInit: CUDA_ERROR_NO_DEVICE: no CUDA-capable device is detected",
        rule: "no-device",
        cause: "shows this program no GPU",
        advice: "`nvidia-smi -L`",
    },
    Case {
        source: "github.com/google-research/omniglue/issues/14",
        text: "failed call to cuInit: CUDA_ERROR_COMPAT_NOT_SUPPORTED_ON_DEVICE",
        rule: "error-804",
        cause: "works on data center GPUs",
        advice: "`compat`",
    },
    Case {
        source: "github.com/ecmwf/atlas/issues/189",
        text: "CMake Error at CMakeDetermineCUDACompiler.cmake:180 (message):\n  Failed to find nvcc.\n\n  Compiler requires the CUDA toolkit.  Please set the CUDAToolkit_ROOT\n  variable.",
        rule: "no-toolkit",
        cause: "no CUDA toolkit was found",
        advice: "`cudaman install",
    },
    Case {
        source: "github.com/torch/cutorch/issues/833",
        text: "CMake Error at /usr/share/cmake-3.10/Modules/FindCUDA.cmake:682 (message):\n  Specify CUDA_TOOLKIT_ROOT_DIR\nCall Stack (most recent call first):",
        rule: "no-toolkit",
        cause: "no CUDA toolkit was found",
        advice: "`cudaman install",
    },
    Case {
        source: "github.com/Cytnx-dev/Cytnx/issues/949",
        text: "CMake Error at CMakeLists.txt:212 (enable_language):\n  No CMAKE_CUDA_COMPILER could be found.",
        rule: "no-toolkit",
        cause: "no CUDA toolkit was found",
        advice: "`cudaman install",
    },
    Case {
        source: "github.com/mistralai/mistral-inference/issues/144",
        text: "| NVIDIA-SMI 525.147.05   Driver Version: 525.147.05   CUDA Version: 12.0     |\n|-------------------------------+----------------------+----------------------+",
        rule: "nvidia-smi",
        cause: "driver 525.147.05 runs programs for CUDA up to 12.0",
        advice: "`cudaman install 12.0`",
    },
    Case {
        source: "github.com/k2-fsa/k2/pull/584",
        text: "nvcc: NVIDIA (R) Cuda compiler driver\nBuilt on Thu_Jun_11_22:26:38_PDT_2020\nCuda compilation tools, release 11.0, V11.0.194\nBuild cuda_11.0_bu.TC445_37.28540450_0",
        rule: "nvcc-version",
        cause: "build 11.0.194, is of CUDA 11.0.2",
        advice: "`cudaman current`",
    },
    Case {
        source: "github.com/pytorch/builder/pull/580",
        text: "Cuda compilation tools, release 11.1, V11.1.105\nBuild cuda_11.1.TC455_06.29190527_0",
        rule: "nvcc-version",
        cause: "build 11.1.105, is of CUDA 11.1",
        advice: "`cudaman which nvcc`",
    },
];
