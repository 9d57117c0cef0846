//! Real error texts, each with the public thread that it is from, and what must be said of them.

use super::*;

/// A text, where it is from, which rule knows it, and what the cause and the advice must name.
struct Case {
    source: &'static str,
    text: &'static str,
    rule: &'static str,
    cause: &'static str,
    advice: &'static str,
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
];

#[test]
fn real_texts_are_explained() {
    for case in CASES {
        let found = explain(case.text);
        let rules: Vec<&str> = found.iter().map(|one| one.rule).collect();
        assert_eq!(rules, [case.rule], "{}", case.source);
        assert!(found[0].cause.contains(case.cause), "{}: {}", case.source, found[0].cause);
        let advice = found[0].advice.join("\n");
        assert!(advice.contains(case.advice), "{}: {advice}", case.source);
        let start: String = found[0].evidence.trim_end_matches('…').to_owned();
        assert!(case.text.contains(&start), "{}: {start}", case.source);
    }
}

#[test]
fn every_rule_has_a_name_of_its_own_and_marks_in_small_letters() {
    let mut names: Vec<&str> = RULES.iter().map(|rule| rule.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), RULES.len());
    for mark in RULES.iter().flat_map(|rule| rule.marks) {
        assert_eq!(*mark, mark.to_ascii_lowercase(), "marks are compared in small letters");
    }
}

#[test]
fn several_missing_libraries_lead_to_the_one_toolkit_that_has_them() {
    let line = |name: &str| {
        format!(
            "Could not load dynamic library '{name}'; dlerror: {name}: cannot open shared object file: No such file or directory\n"
        )
    };
    let text: String = ["libcudart.so.11.0", "libcusolver.so.10", "libcudnn.so.8"].map(line).concat();
    let found = explain(&text);
    assert!(found[0].cause.contains("CUDA 11.0 has"), "{}", found[0].cause);
    assert_eq!(found[0].advice[0], "`cudaman install 11.0+cudnn8`");
    let mixed: String = ["libcudart.so.10.0", "libcublas.so.9.0"].map(line).concat();
    assert!(explain(&mixed)[0].cause.contains("no one toolkit has them all"));
    let driver = explain(&line("libcuda.so.1"));
    assert!(driver[0].cause.contains("comes with the NVIDIA driver"));
    let cudnn = explain(&line("libcudnn.so.7"));
    assert!(cudnn[0].cause.contains("cuDNN 7 is missing"), "{}", cudnn[0].cause);
    assert!(explain(&line("libfoo.so.1")).is_empty(), "nothing is said of what isn't known");
    assert!(explain(&line("libnccl.so.2"))[0].cause.contains("nccl 2"));
}

#[test]
fn old_gpus_are_led_to_their_last_toolkit() {
    let found = explain("nvcc fatal   : Unsupported gpu architecture 'compute_35'");
    assert!(found[0].cause.ends_with("CUDA 7.5 to 11.8 do"), "{}", found[0].cause);
    assert_eq!(found[0].advice[0], "`cudaman install 11.8`");
    let unknown = explain("nvcc fatal   : Unsupported gpu architecture 'compute_999'");
    assert!(unknown[0].cause.contains("no release that cudaman knows"));
}

#[test]
fn an_old_driver_is_told_with_the_cuda_that_it_runs() {
    let text =
        "RuntimeError: The NVIDIA driver on your system is too old (found version 11040). Please update";
    assert!(explain(text)[0].cause.ends_with("it runs CUDA up to 11.4"));
    let text = "cudaErrorInsufficientDriver: CUDA driver version is insufficient for CUDA runtime version";
    assert_eq!(explain(text)[0].rule, "driver-too-old");
}

#[test]
fn a_driver_that_is_not_loaded_is_no_matter_of_toolkits() {
    let text = "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure that the latest NVIDIA driver is installed and running.";
    assert_eq!(explain(text)[0].rule, "no-driver");
    let value = "nvcc fatal   : Value 'sm_86' is not defined for option 'gpu-architecture'";
    assert!(explain(value)[0].cause.contains("CUDA 11.1 and later"));
}

#[test]
fn full_memory_is_no_fault_of_the_installation() {
    let found = explain("torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB");
    assert!(found[0].cause.contains("nothing is wrong with the installation"));
    assert!(found[0].advice.iter().any(|line| line.contains("PYTORCH_CUDA_ALLOC_CONF")));
}

#[test]
fn hostile_texts_are_shown_without_what_steers_a_terminal() {
    let text = "\u{1b}[31mnvcc fatal : Unsupported gpu architecture 'compute_86'\u{1b}]0;title\u{7}\u{1b}[0m\u{8}\r\n";
    let evidence = &explain(text)[0].evidence;
    assert!(!evidence.contains(char::is_control), "{evidence:?}");
    let hostile = "Could not load dynamic library '$(id)libcudart.so.10.1;`id`'; dlerror: cannot open shared object file";
    let found = explain(hostile);
    assert_eq!(found[0].advice[0], "`cudaman install 10.1`");
    let gcc = explain("unsupported GNU version! gcc versions later than $(id) are not supported!");
    assert!(!gcc[0].cause.contains("$("));
    let torch =
        "The detected CUDA version (11.8) mismatches the version that was used to compile PyTorch (`id`)";
    assert!(explain(torch).is_empty());
    let linker = explain("cannot find -lcu$(id)");
    assert!(linker.iter().all(|one| !one.cause.contains("$(")), "{linker:?}");
    assert!(explain(&"unsupported ".repeat(100_000)).is_empty());
}

proptest::proptest! {
    #[test]
    fn no_text_makes_it_panic(start in 0..RULES.len(), text in "\\PC{0,60}") {
        for mark in RULES[start].marks {
            let found = explain(&format!("{text}{mark}{text}\n{text}"));
            proptest::prop_assert!(found.iter().all(|one| !one.advice.is_empty()));
        }
    }
}
