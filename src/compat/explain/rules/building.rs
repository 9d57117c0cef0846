//! Errors of builds: compilers, linkers and CMake that don't find CUDA, or don't go with it.

use super::super::advice;
use super::super::text::number_after;
use super::super::{Answer, Found, Rule};

/// What is known of builds.
pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "nvcc-not-found",
        marks: &[
            "nvcc: not found",
            "nvcc: command not found",
            "nvcc: no such file",
            "the nvcc binary could not be",
            "nvcc compiler not found",
        ],
        answer: no_nvcc,
    },
    Rule {
        name: "cmake-asks-nvcc-in-vain",
        marks: &[
            "failed to detect a default cuda architecture",
            "cmake_cuda_architectures must be",
            "cuda_architectures is empty for target",
            "is not able to compile a simple test program",
        ],
        answer: cmake,
    },
    Rule { name: "clang-too-new", marks: &["unsupported clang version"], answer: clang },
    Rule {
        name: "compiler-headers-too-new",
        marks: &["parameter packs not expanded with"],
        answer: parameter_packs,
    },
    Rule {
        name: "no-cxx-compiler",
        marks: &["error trying to exec 'cc1plus'", "cannot execute ‘cc1plus’", "cannot execute 'cc1plus'"],
        answer: cc1plus,
    },
    Rule {
        name: "cxx-standard-too-old",
        marks: &["c++17 or later compatible compiler", "you need c++17 to compile pytorch"],
        answer: standard,
    },
    Rule {
        name: "missing-header",
        marks: &[
            "fatal error: cuda",
            "fatal error: cublas",
            "fatal error: cudnn",
            "fatal error: cufft",
            "fatal error: curand",
            "fatal error: cusolver",
            "fatal error: cusparse",
            "fatal error: driver_types.h",
            "fatal error: nccl.h",
            "fatal error: nvrtc.h",
            "fatal error: thrust/",
        ],
        answer: header,
    },
    Rule {
        name: "undefined-cuda-symbol",
        marks: &[
            "undefined reference to `cu",
            "undefined reference to `__cuda",
            "undefined reference to `__fatbinwrap",
            "undefined reference to symbol 'cu",
        ],
        answer: symbol,
    },
    Rule { name: "code-too-large", marks: &["relocation truncated to fit"], answer: relocation },
    Rule {
        name: "installer-finds-a-driver",
        marks: &["existing package manager installation of the driver found"],
        answer: installer,
    },
];

fn no_nvcc(_: &Found<'_>) -> Option<Answer> {
    Some(Answer::new(
        "there is no nvcc on the PATH of the command: no toolkit is in effect there",
        &[
            "`cudaman current` says which toolkit is in effect; `cudaman install latest` brings one",
            "`cudaman exec latest -- make` compiles with it",
            "sudo has a PATH of its own: `sudo env \"PATH=$PATH\" make`, or build without it",
        ],
    ))
}

fn cmake(found: &Found<'_>) -> Option<Answer> {
    // nvcc's own words say more, where they are there, and so do CMake's of a missing nvcc.
    let more = [
        "unsupported GNU version",
        "Unsupported gpu architecture",
        "for option 'gpu-name'",
        "No CMAKE_CUDA_COMPILER",
    ];
    if found.whole.lines().any(|line| more.iter().any(|words| line.contains(words))) {
        return None;
    }
    Some(Answer::new(
        "CMake tried nvcc in vain: it found none, or nvcc doesn't take the compiler or an option; the lines below \
         `Compiler output` or `following output` say more",
        &[
            "`cudaman exec latest -- cmake -B build` configures with a toolkit; the old build directory has to go first",
            "`cudaman config host-compiler` shows which compilers each toolkit takes",
            "`-DCMAKE_CUDA_ARCHITECTURES=native` builds for the GPUs of this machine",
        ],
    ))
}

fn clang(found: &Found<'_>) -> Option<Answer> {
    let limit = number_after(found.rest, "less than ").map(|clang| format!(": it takes clang below {clang}"));
    let cause = format!("clang is too new for the toolkit's nvcc{}", limit.unwrap_or_default());
    Some(Answer::new(cause, COMPILER))
}

fn parameter_packs(found: &Found<'_>) -> Option<Answer> {
    let gcc = found.whole.lines().find_map(|line| number_after(line, "/c++/"));
    let gcc = gcc.map(|gcc| format!(" of gcc {gcc}")).unwrap_or_default();
    let cause = format!(
        "the toolkit's nvcc can't compile the headers{gcc}: the compiler is newer than the toolkit was tested with"
    );
    Some(Answer::new(cause, COMPILER))
}

const COMPILER: &[&str] = &[
    "`cudaman config host-compiler auto` finds one that suits each toolkit, or says what installs it",
    "`cudaman config host-compiler` shows what each takes",
];

fn cc1plus(_: &Found<'_>) -> Option<Answer> {
    Some(Answer::new(
        "gcc is there without the C++ compiler of the same version, and nvcc needs both",
        &[
            "`gcc --version` and `g++ --version` must tell the same major number: install that g++",
            "`cudaman config host-compiler auto` finds a whole one for each toolkit, or says what installs it",
        ],
    ))
}

fn standard(_: &Found<'_>) -> Option<Answer> {
    Some(Answer::new(
        "PyTorch 2.1 and later compile as C++17 only, and this build says another standard",
        &[
            "`-std=c++17` in the flags of compiler and nvcc; with CMake `-DCMAKE_CXX_STANDARD=17 -DCMAKE_CUDA_STANDARD=17`",
            "an nvcc before CUDA 11 doesn't know C++17: `cudaman current` says which is in effect",
        ],
    ))
}

fn header(found: &Found<'_>) -> Option<Answer> {
    let name = found.rest.split_once("fatal error: ")?.1.split(':').next()?;
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || "._/".contains(letter);
    if !name.ends_with(".h") || !name.chars().all(is_name) {
        return None;
    }
    let (of, request) = match name {
        name if name.starts_with("cudnn") => ("cuDNN, which is no part of a toolkit", "'latest+cudnn'"),
        "nccl.h" => ("NCCL, which is no part of a toolkit", "'latest+nccl'"),
        _ => ("the toolkit", "latest"),
    };
    let cause = format!("the compiler finds no {name}, a header of {of}");
    let mut advice = advice::toolkit(request, "make");
    advice.push("plain gcc looks nowhere by itself: `-I\"$CUDA_HOME/include\"`".to_owned());
    Some(Answer { cause, advice, toolkits: Vec::new() })
}

fn symbol(found: &Found<'_>) -> Option<Answer> {
    let rest = found.rest.split_once("undefined reference to ")?.1.trim_start_matches("symbol ");
    let name = rest.trim_start_matches(['`', '\'']);
    let end = name.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')?;
    let name = &name[..end];
    if name.starts_with("__cudaRegisterLinkedBinary") || name.starts_with("__fatbinwrap") {
        let cause = "code for the GPU in several files was compiled for linking, and nobody linked it";
        return Some(Answer::new(
            cause,
            &[
                "link with `nvcc -rdc=true`, or run `nvcc -dlink` first; `-lcudadevrt` where kernels start kernels",
                "with CMake: `set_target_properties(NAME PROPERTIES CUDA_SEPARABLE_COMPILATION ON)`",
            ],
        ));
    }
    let library = library_of(name)?;
    let cause = format!("{name} is in lib{library}, and the linker wasn't told of it, or too early");
    let order = format!("`-l{library}` after the objects that use it, with `-L\"$CUDA_HOME/lib64\"`");
    Some(Answer::new(
        cause,
        &[
            &order,
            "`cudaman exec latest -- make` sets CUDA_HOME and LIBRARY_PATH; objects of another CUDA must be built anew",
        ],
    ))
}

/// Returns the library that has a function, by the prefix that NVIDIA gives its names.
fn library_of(symbol: &str) -> Option<&'static str> {
    const PREFIXES: &[(&str, &str)] = &[
        ("cublasLt", "cublasLt"),
        ("cublas", "cublas"),
        ("cudnn", "cudnn"),
        ("cufft", "cufft"),
        ("curand", "curand"),
        ("cusolver", "cusolver"),
        ("cusparse", "cusparse"),
        ("__cuda", "cudart"),
        ("cuda", "cudart"),
    ];
    let is_of_driver = |rest: &str| rest.starts_with(|letter: char| letter.is_ascii_uppercase());
    let known = PREFIXES.iter().find(|(prefix, _)| symbol.starts_with(prefix)).map(|(_, library)| *library);
    known.or_else(|| symbol.strip_prefix("cu").is_some_and(is_of_driver).then_some("cuda"))
}

fn relocation(found: &Found<'_>) -> Option<Answer> {
    let is_of_cuda =
        |line: &str| ["cuda", "nvFatBin", "nv_fatbin", "tmpxft"].iter().any(|word| line.contains(word));
    found.whole.lines().any(is_of_cuda).then(|| {
        Answer::new(
            "the code for all the GPU architectures together is larger than 2 GiB, more than a jump can reach",
            &[
                "build for fewer: `-DCMAKE_CUDA_ARCHITECTURES=native`, or for PyTorch `export TORCH_CUDA_ARCH_LIST=8.6`",
                "`nvcc -Xfatbin -compress-all` makes the code smaller",
            ],
        )
    })
}

fn installer(_: &Found<'_>) -> Option<Answer> {
    Some(Answer::new(
        "NVIDIA's installer would put a second driver over the one of the system's packages: keep that one",
        &[
            "`cudaman install 12.4`, or the release that you need, installs the toolkit without any driver",
            "`cudaman driver 12.4` says whether the driver that is there will do",
        ],
    ))
}
