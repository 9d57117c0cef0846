//! Errors of frameworks that have no CUDA, or don't find it.

use super::super::text::{between, number_after};
use super::super::{Answer, Found, Rule, advice, libraries};

/// What is known of frameworks.
pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "bitsandbytes-finds-no-cuda",
        marks: &[
            "cuda setup failed despite gpu being available",
            "no libcudart.so found",
            "libcuda.so not found! do you have a cuda driver",
        ],
        answer: bitsandbytes,
    },
    Rule {
        name: "no-libnvvm",
        marks: &[
            "libnvvm cannot be found",
            "libnvvm.so: cannot open",
            "library nvvm not found",
            "missing libdevice file",
        ],
        answer: nvvm,
    },
    Rule {
        name: "extension-without-cuda",
        marks: &[
            "not compiled with gpu support",
            "no module named 'fused_layer_norm_cuda'",
            "no module named 'amp_c'",
            "no module named 'flash_attn_2_cuda'",
        ],
        answer: extension,
    },
    Rule {
        name: "extension-of-another-pytorch",
        marks: &[
            "undefined symbol: _zn3c10",
            "undefined symbol: _znk3c10",
            "undefined symbol: _zn2at",
            "undefined symbol: _znk2at",
            "undefined symbol: _zn5torch",
            "libtorch_cuda_cu.so: cannot open",
            "libtorch_cuda_cpp.so: cannot open",
        ],
        answer: other_pytorch,
    },
    Rule { name: "cuda-home-wrong", marks: &["no such file or directory: '"], answer: cuda_home },
    Rule { name: "cudnn-not-for-this-gpu", marks: &["cudnn_status_arch_mismatch"], answer: old_gpu },
    Rule {
        name: "opencv-without-cuda",
        marks: &[
            "the library is compiled without cuda support",
            "opencv was not built to work with the selected",
        ],
        answer: opencv,
    },
    Rule {
        name: "library-without-cuda",
        marks: &[
            "tree learner was not enabled in this build",
            "compile with use_cuda=1",
            "please compile with cuda enabled",
            "cannot use gpu in cpu-only caffe",
            "package was not compiled with cuda support",
            "compiled without gpu support",
            "'cudaexecutionprovider' is not in available provider names",
        ],
        answer: cpu_only,
    },
    Rule {
        name: "cublas-does-not-start",
        marks: &["cublas_status_not_initialized", "cublas_status_alloc_failed"],
        answer: cublas,
    },
    Rule {
        name: "cuda-after-a-fork",
        marks: &["cannot re-initialize cuda in forked subprocess"],
        answer: |_| {
            Some(Answer::new(
                "the program started CUDA and then forked: CUDA can't be used in the child. A fault of the program, not of the installation",
                &[
                    "Python: `torch.multiprocessing.set_start_method(\"spawn\")` before the first use of the GPU",
                ],
            ))
        },
    },
];

fn bitsandbytes(found: &Found<'_>) -> Option<Answer> {
    let has = |word| found.whole.lines().any(|line| line.contains(word));
    if has("libcuda.so not found") {
        return Some(libraries::driver());
    }
    let digits = found.whole.lines().find_map(|line| number_after(line, "CUDA_VERSION="));
    let cause = "bitsandbytes finds no CUDA runtime library, or none of the CUDA of this PyTorch";
    let line =
        digits.filter(|digits| digits.len() == 3).map(|digits| format!("{}.{}", &digits[..2], &digits[2..]));
    let Some(line) = line else {
        let ask = "`python -c 'import torch; print(torch.version.cuda)'` tells which CUDA PyTorch needs";
        return Some(Answer::new(
            cause,
            &[
                ask,
                "`cudaman exec 12.4 -- python -m bitsandbytes`, if it is 12.4, after `cudaman install 12.4`",
            ],
        ));
    };
    let cause = format!("{cause}, {line}");
    Some(Answer::of_toolkits(cause, vec![line], "python -m bitsandbytes"))
}

fn nvvm(_: &Found<'_>) -> Option<Answer> {
    Some(Answer::new(
        "Numba compiles with libNVVM and libdevice, which are in a toolkit's nvvm directory, and finds none",
        &[
            "`nvidia-smi` prints the newest CUDA that the driver runs: the toolkit must not be newer",
            "`cudaman install 12.4`, if it is 12.4",
            "`cudaman exec 12.4 -- python train.py` sets CUDA_HOME, where Numba looks",
        ],
    ))
}

fn other_pytorch(_: &Found<'_>) -> Option<Answer> {
    Some(Answer::new(
        "this extension was built for another release of PyTorch than the one that is there: no driver is at fault",
        &[
            "`python -c 'import torch; print(torch.__version__, torch.version.cuda)'` tells which PyTorch and which CUDA it must be for",
            "install a build of the extension for these two, or build it: `cudaman install 12.4`, if it is 12.4",
            "`cudaman exec 12.4 -- pip install --no-build-isolation --no-cache-dir --force-reinstall --no-deps NAME` builds it anew",
        ],
    ))
}

fn cuda_home(found: &Found<'_>) -> Option<Answer> {
    let path = between(&found.rest[found.rest.find("irectory: '")?..], "'", "'")?;
    let home = path.strip_suffix("/bin/nvcc")?;
    let cause = if home.contains(':') {
        "CUDA_HOME is a list of directories with colons, and must name one"
    } else {
        "CUDA_HOME names a directory that has no nvcc: the toolkit is gone, or only its libraries are there"
    };
    Some(Answer::new(
        cause,
        &[
            "`echo \"$CUDA_HOME\"` shows it, and `unset CUDA_HOME` lets go of it",
            "`python -c 'import torch; print(torch.version.cuda)'` tells which CUDA PyTorch needs; `cudaman install 12.4`, if it is 12.4",
            "`cudaman exec 12.4 -- pip install --no-build-isolation .` sets CUDA_HOME for one command",
        ],
    ))
}

fn old_gpu(_: &Found<'_>) -> Option<Answer> {
    Some(Answer::new(
        "this cuDNN doesn't work on this GPU, which is too old for it",
        &[
            "`cudaman compat` says which CUDAs go with the GPUs of this machine: an older framework brings an older cuDNN",
            "PyTorch: `torch.backends.cudnn.enabled = False` does without",
        ],
    ))
}

fn extension(found: &Found<'_>) -> Option<Answer> {
    if found.whole.lines().any(|line| line.to_ascii_lowercase().contains("xgboost")) {
        return cpu_only(found);
    }
    Some(Answer::new(
        "this package was built without its CUDA part: the build found no nvcc or no GPU",
        &[
            "`python -c 'import torch; print(torch.version.cuda)'` tells which CUDA PyTorch needs",
            "`cudaman install 12.4`, if it is 12.4",
            "`FORCE_CUDA=1 cudaman exec 12.4 -- pip install --no-build-isolation --force-reinstall --no-deps .` builds it with CUDA",
        ],
    ))
}

fn opencv(_: &Found<'_>) -> Option<Answer> {
    let mut advice = vec![
        "the packages of PyPI and of distributions are built without CUDA: OpenCV has to be built for it".to_owned(),
        "`cudaman exec latest -- cmake -B build -DWITH_CUDA=ON -DCUDA_ARCH_BIN=8.6 -DOPENCV_EXTRA_MODULES_PATH=opencv_contrib/modules`, with the GPU's own number".to_owned(),
    ];
    advice.push(advice::install("latest"));
    Some(Answer {
        cause: "this OpenCV was built without CUDA, or not for this GPU: no toolkit and no driver can change that".to_owned(),
        advice,
        toolkits: Vec::new(),
    })
}

fn cpu_only(found: &Found<'_>) -> Option<Answer> {
    let line = found.rest.to_ascii_lowercase();
    let first = match () {
        () if line.contains("tree learner") => {
            "LightGBM: `pip install lightgbm --no-binary lightgbm --config-settings=cmake.define.USE_CUDA=ON`"
        }
        () if line.contains("provider") => "`pip uninstall onnxruntime`, then `pip install onnxruntime-gpu`",
        () if line.contains("use_cuda=1") || line.contains("please compile") => {
            "MXNet: a package with the CUDA in its name, as `pip install mxnet-cu112`"
        }
        () if line.contains("xgboost") => {
            "XGBoost: `pip install -U xgboost` on Linux has CUDA; `pip install xgboost-cpu` has none"
        }
        () => "install the build of it that is made for CUDA, or build it with CUDA",
    };
    Some(Answer::new(
        "this library was built without CUDA: no toolkit and no driver can change that",
        &[
            first,
            "what is built from source needs a toolkit: `cudaman exec latest -- make` after `cudaman install latest`",
        ],
    ))
}

fn cublas(_: &Found<'_>) -> Option<Answer> {
    Some(Answer::new(
        "cuBLAS could not start: as a rule the GPU's memory is full, seldom a cuBLAS of another release is found first",
        &[
            "`nvidia-smi` shows who uses the memory",
            "TensorFlow: `export TF_FORCE_GPU_ALLOW_GROWTH=true` leaves memory for cuBLAS",
            "`unset LD_LIBRARY_PATH`, where the framework brings its own CUDA",
        ],
    ))
}
