//! Errors of parts that don't go together: libraries of several releases, PTX that is too new, engines of
//! another TensorRT.

use super::super::libraries::names_in;
use super::super::text::{between, number_after};
use super::super::{Answer, Found, Rule, advice};

/// What is known of parts that don't go together.
pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "library-releases-mixed",
        marks: &[
            "version libcublas",
            "version libcudart",
            "version libcudnn",
            "version libcufft",
            "version libcurand",
            "version libcusolver",
            "version libcusparse",
            "version libnvrtc",
        ],
        answer: mixed,
    },
    Rule {
        name: "ptx-version-unknown",
        marks: &[
            "unsupported .version ",
            "cuda_error_unsupported_ptx_version",
            "cudaerrorunsupportedptxversion",
        ],
        answer: ptx,
    },
    Rule { name: "nvrtc-too-old", marks: &["invalid value for --gpu-architecture"], answer: nvrtc },
    Rule {
        name: "kernel-image-invalid",
        marks: &["device kernel image is invalid", "cuda_error_invalid_image", "cuda_error_invalid_source"],
        answer: image,
    },
    Rule {
        name: "tensorrt-engine-of-another-version",
        marks: &["version tag does not match", "engine plan file is not compatible with this version"],
        answer: engine,
    },
    Rule { name: "libc-too-old", marks: &["version `glibc_"], answer: libc },
    Rule { name: "libstdcxx-too-old", marks: &["version `glibcxx_", "version `cxxabi_"], answer: libstdcxx },
];

fn mixed(found: &Found<'_>) -> Option<Answer> {
    let line: String = found.rest.chars().take(800).collect();
    let is_symbol = line.contains("undefined symbol") || line.contains("link time reference");
    let (_, provider) = line.split_once("version lib").filter(|_| is_symbol)?;
    let provider = format!("lib{provider}");
    let name = names_in(&provider).next()?.to_owned();
    let user = names_in(&line).find(|user| *user != name);
    let user = user.map(|user| format!("{user} and ")).unwrap_or_default();
    let cause = format!(
        "{user}{name} are of different releases: another {name} than the one that belongs to it is found first, as a rule \
         through LD_LIBRARY_PATH"
    );
    Some(Answer::new(
        cause,
        &[
            "`unset LD_LIBRARY_PATH`, where the framework brings its own CUDA",
            "`cudaman config set ld-library-path never` keeps cudaman's toolkits out of it",
            "`pip list | grep -i nvidia` and `ldconfig -p | grep libcu` show which ones there are",
        ],
    ))
}

/// PTX versions and the first CUDA that has each, from the release notes of NVIDIA's PTX ISA
/// (docs.nvidia.com/cuda/parallel-thread-execution, "PTX ISA Version History").
const PTX: &[(&str, &str)] = &[
    ("6.0", "9.0"),
    ("6.1", "9.1"),
    ("6.2", "9.2"),
    ("6.3", "10.0"),
    ("6.4", "10.1"),
    ("6.5", "10.2"),
    ("7.0", "11.0"),
    ("7.1", "11.1"),
    ("7.2", "11.2"),
    ("7.3", "11.3"),
    ("7.4", "11.4"),
    ("7.5", "11.5"),
    ("7.6", "11.6"),
    ("7.7", "11.7"),
    ("7.8", "11.8"),
    ("8.0", "12.0"),
    ("8.1", "12.1"),
    ("8.2", "12.2"),
    ("8.3", "12.3"),
    ("8.4", "12.4"),
    ("8.5", "12.5"),
    ("8.7", "12.8"),
    ("8.8", "12.9"),
    ("9.0", "13.0"),
];

fn cuda_of(ptx: &str) -> Option<&'static str> {
    PTX.iter().find(|(version, _)| *version == ptx).map(|(_, cuda)| *cuda)
}

fn ptx(found: &Found<'_>) -> Option<Answer> {
    let line = found.whole.lines().find(|line| line.contains("Unsupported .version "));
    // The words of the rule that has them say the same, with the CUDA of `nvidia-smi`.
    let is_told = found.whole.lines().any(|line| line.contains("was compiled with an unsupported toolchain"));
    let Some(line) = line else {
        return (!is_told).then(|| super::super::answers::ptx(found)).flatten();
    };
    let made = cuda_of(number_after(line, "Unsupported .version ")?)?;
    let known = cuda_of(number_after(line, "current version is '")?)?;
    if line.contains("ptxas application ptx input") {
        let cause =
            format!("the PTX is of CUDA {made}, and the driver compiles that of CUDA {known} at most");
        let mut advice = advice::toolkit(known, "python train.py");
        advice.push(format!("or a newer driver: `cudaman driver {made}` says which"));
        return Some(Answer { cause, advice, toolkits: vec![known.to_owned()] });
    }
    let cause =
        format!("the program makes PTX of CUDA {made}, and the ptxas that it finds is of CUDA {known}");
    Some(Answer::of_toolkits(cause, vec![made.to_owned()], "python train.py"))
}

fn nvrtc(_: &Found<'_>) -> Option<Answer> {
    Some(Answer::new(
        "the NVRTC that the framework brings is too old for this GPU: the framework is built with a CUDA older than the GPU",
        &[
            "`cudaman compat` says which CUDAs go with the GPUs of this machine",
            "install a build of the framework for that CUDA or a later one; own code: the same for the toolkit",
        ],
    ))
}

fn image(_: &Found<'_>) -> Option<Answer> {
    Some(Answer::new(
        "the driver can't read the program's code for the GPU: it is of a newer CUDA than the driver, for another GPU, or broken in a cache",
        &[
            "`nvidia-smi` prints the newest CUDA that the driver runs: the program's must not be newer",
            "`cudaman driver` says whether the driver will do for the toolkit in effect",
            "caches of compiled code can go: `~/.nv/ComputeCache`, `~/.cupy/kernel_cache`, `~/.cache/torch_extensions`",
        ],
    ))
}

fn engine(found: &Found<'_>) -> Option<Answer> {
    let tags = number_after(found.rest, "Current Version: ")
        .zip(number_after(found.rest, "Serialized Engine Version: "))
        .map(|(current, engine)| format!(" (serialization {engine}, and here it is {current})"))
        .unwrap_or_default();
    Some(Answer::new(
        format!("the engine file was made by another version of TensorRT than the one that reads it{tags}"),
        &[
            "make the engine anew on this machine, with the TensorRT that runs it: `trtexec --onnx=FILE --saveEngine=FILE`",
            "`pip list | grep -i tensorrt` and `ldconfig -p | grep nvinfer` show whether there are two",
        ],
    ))
}

fn libc(found: &Found<'_>) -> Option<Answer> {
    let wanted = number_after(found.rest, "`GLIBC_")?;
    let file = between(found.rest, "(required by ", ")");
    let file = file.and_then(|file| file.rsplit('/').next()).unwrap_or("the program");
    let cause = format!(
        "{file} was built for glibc {wanted} or later, and this system's is older: no toolkit changes that"
    );
    Some(Answer::new(
        cause,
        &[
            "`ldd --version` tells the system's glibc",
            "take a build for older systems, build it here (`pip install --no-binary :all: NAME`), or use a newer image",
        ],
    ))
}

fn libstdcxx(_: &Found<'_>) -> Option<Answer> {
    Some(Answer::new(
        "a libstdc++ is found first that is older than the compiler which built the library: no toolkit is at fault",
        &[
            "conda: `conda install -c conda-forge libstdcxx-ng` brings a newer one",
            "`unset LD_LIBRARY_PATH`, if it leads to the older one",
        ],
    ))
}
