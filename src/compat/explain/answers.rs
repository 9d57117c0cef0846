//! What the rules say where the text itself has figures: versions, architectures, names.

use super::text::{between, number_after};
use super::{Answer, Found, advice, libraries};
use crate::compat::driver as drivers;
use crate::compat::gpu::{self, ComputeCapability};
use crate::compat::nvcc;
use crate::model::Version;

/// Explains a gcc that nvcc refuses.
pub(super) fn host_compiler(found: &Found<'_>) -> Option<Answer> {
    let newest = number_after(found.rest, "later than ");
    let limit = newest.map(|gcc| format!(": it takes gcc up to {gcc}")).unwrap_or_default();
    let cause = format!("the gcc on PATH is too new for the toolkit's nvcc{limit}");
    let choose =
        "`cudaman config host-compiler auto` finds one that suits each toolkit, or says what installs it";
    Some(Answer::new(cause, &[choose, "`cudaman config host-compiler` shows what each takes"]))
}

/// Explains an architecture that nvcc doesn't compile for.
pub(super) fn architecture(found: &Found<'_>) -> Option<Answer> {
    let quoted = between(found.rest, "'", "'")?;
    if quoted == "compute_native" {
        return Some(native());
    }
    let capability: ComputeCapability = quoted.parse().ok()?;
    let Some(support) = gpu::by_compute_capability(capability) else {
        let cause = format!(
            "the toolkit's nvcc doesn't compile for {}, and no release that cudaman knows does",
            capability.sm()
        );
        return Some(Answer::new(cause, &["`cudaman list-remote` shows whether there is a newer one"]));
    };
    let (first, sm) = (support.first_cuda, capability.sm());
    let answer = match support.last_cuda {
        Some(last) => {
            let cause = format!("the toolkit's nvcc doesn't compile for {sm}: CUDA {first} to {last} do");
            Answer::of_toolkits(cause, compiling(capability), "make")
        }
        None => {
            let cause =
                format!("the toolkit's nvcc is too old for {sm}: CUDA {first} and later compile for it");
            let advice = advice::toolkit(&format!("'>={first}'"), "make");
            Answer { cause, advice, toolkits: compiling(capability) }
        }
    };
    Some(with_triton(answer, found))
}

/// Explains `native` as a name of an architecture: CMake turns it into numbers from 3.24 on
/// (cmake.org/cmake/help/latest/prop_tgt/CUDA_ARCHITECTURES.html).
fn native() -> Answer {
    Answer::new(
        "this CMake doesn't know `native` as an architecture, which takes 3.24 or later, and hands it to nvcc as a name",
        &[
            "`nvidia-smi --query-gpu=compute_cap --format=csv` tells the GPU's number",
            "`-DCMAKE_CUDA_ARCHITECTURES=86` for 8.6, or a newer CMake: `pip install -U cmake`",
        ],
    )
}

/// Says that Triton has a ptxas of its own, where the text is Triton's.
fn with_triton(mut answer: Answer, found: &Found<'_>) -> Answer {
    if found.whole.lines().any(|line| line.to_ascii_lowercase().contains("triton")) {
        let own = "Triton brings a ptxas of its own: `export TRITON_PTXAS_PATH=\"$CUDA_HOME/bin/ptxas\"` makes it take the toolkit's";
        answer.advice.push(own.to_owned());
        answer.cause = answer.cause.replace("the toolkit's nvcc", "Triton's ptxas");
    }
    answer
}

/// Returns the CUDA lines that compile for an architecture.
fn compiling(capability: ComputeCapability) -> Vec<String> {
    let compiles = |line: &&Version| gpu::architectures(line).is_some_and(|all| all.contains(&capability));
    gpu::cuda_lines().filter(compiles).map(ToString::to_string).collect()
}

/// Explains a program without code for the GPU.
pub(super) fn kernel_image(found: &Found<'_>) -> Option<Answer> {
    let anywhere = || found.whole.lines().find_map(|line| number_after(line, "CUDA capability sm_"));
    let sm = number_after(found.rest, "CUDA capability sm_").or_else(anywhere);
    let capability = sm.and_then(|digits| format!("sm_{digits}").parse::<ComputeCapability>().ok());
    let support = capability.and_then(gpu::by_compute_capability);
    let (Some(capability), Some(support)) = (capability, support) else {
        let cause = "the program has no code for this GPU's architecture";
        let ask = "`nvidia-smi --query-gpu=name,compute_cap --format=csv` tells the architecture";
        return Some(Answer::new(
            cause,
            &[ask, "compile for it: `cudaman exec latest -- nvcc -arch=native FILE`"],
        ));
    };
    let until = support.last_cuda.map(|last| format!(" to {last}")).unwrap_or_else(|| " or later".to_owned());
    let (sm, first) = (capability.sm(), support.first_cuda);
    let cause = format!(
        "the program has no code for this GPU, {sm}: it takes a build with CUDA {first}{until} for it"
    );
    let compile =
        format!("own code: `cudaman exec {first} -- nvcc -arch={sm} FILE` after `cudaman install {first}`");
    Some(Answer::new(cause, &["install a build of the framework that names this architecture", &compile]))
}

/// Explains a driver older than the program's CUDA.
pub(super) fn driver(found: &Found<'_>) -> Option<Answer> {
    let version = number_after(found.rest, "found version ").and_then(|number| number.parse::<u32>().ok());
    let cause = "the driver is older than the CUDA that the program was made with";
    let newer = "a newer driver runs all older CUDAs: `nvidia-smi` shows the one in use";
    let Some(version) = version.filter(|version| *version >= 7_000) else {
        return Some(Answer::new(
            cause,
            &[newer, "or a program for an older CUDA, as `nvidia-smi` prints it at its top"],
        ));
    };
    let line = format!("{}.{}", version / 1_000, version % 1_000 / 10);
    let older = format!("or programs for CUDA {line}: `cudaman install {line}`");
    Some(Answer::new(format!("{cause}: it runs CUDA up to {line}"), &[newer, &older]))
}

/// Explains PTX that is newer than the driver.
pub(super) fn ptx(found: &Found<'_>) -> Option<Answer> {
    let cause = "the program was compiled by a newer CUDA than the driver knows, and has no machine code for this GPU";
    let native = "compile machine code: `nvcc -arch=native FILE`, or `-DCMAKE_CUDA_ARCHITECTURES=native`";
    let line = found.whole.lines().find_map(|line| number_after(line, "CUDA Version: "));
    let older = match line {
        Some(line) => format!("or compile with CUDA {line}, which the driver runs: `cudaman install {line}`"),
        None => {
            "or compile with the CUDA that `nvidia-smi` prints at its top, which the driver runs".to_owned()
        }
    };
    Some(Answer::new(cause, &[native, &older]))
}

/// Explains the table that nvidia-smi prints.
pub(super) fn nvidia_smi(found: &Found<'_>) -> Option<Answer> {
    let driver = number_after(found.rest, "Driver Version: ")?;
    let line = number_after(found.rest, "CUDA Version: ")?;
    let cause =
        format!("driver {driver} runs programs for CUDA up to {line}: nvidia-smi tells nothing of toolkits");
    let install = format!("`cudaman install {line}` gets the newest that needs no newer driver");
    Some(Answer::new(cause, &["`cudaman list` shows the toolkits that are installed", &install]))
}

/// Explains what `nvcc --version` prints: its build is not the release.
pub(super) fn nvcc_version(found: &Found<'_>) -> Option<Answer> {
    let line = number_after(found.rest, "release ")?;
    let build: Version = number_after(found.rest, ", V")?.parse().ok()?;
    let releases: Vec<String> = nvcc::releases(&build).iter().map(ToString::to_string).collect();
    let release = if releases.is_empty() { line.to_owned() } else { releases.join(" or ") };
    let cause = format!("this nvcc, build {build}, is of CUDA {release}: the one that is first on PATH");
    let current = "`cudaman current` says which toolkit is in effect, and why";
    Some(Answer::new(cause, &[current, "`cudaman which nvcc` says where its nvcc is"]))
}

/// Explains an extension compiled with another CUDA than PyTorch.
pub(super) fn mismatch(found: &Found<'_>) -> Option<Answer> {
    // In the words of PyTorch, of DeepSpeed and of Apex; the last doesn't say which one is there.
    let present = number_after(found.rest, "CUDA version (");
    let present = present.or_else(|| number_after(found.rest, "Installed CUDA version "));
    let wanted = ["PyTorch (", "torch was compiled with ", "binaries were compiled with Cuda "]
        .iter()
        .find_map(|before| number_after(found.rest, before))?;
    let present = present.unwrap_or("another one");
    let cause = format!("PyTorch is made with CUDA {wanted}, and extensions are compiled with {present}");
    Some(Answer::of_toolkits(cause, vec![wanted.to_owned()], "pip install --no-build-isolation ."))
}

/// Explains a build that finds no toolkit.
pub(super) fn no_toolkit(found: &Found<'_>) -> Option<Answer> {
    let is_cmake = |line: &str| line.contains("No CMAKE_CUDA_COMPILER could be found");
    if found.whole.lines().any(is_cmake) {
        let mut advice = advice::toolkit("latest", "cmake -B build");
        advice.push(
            "the old build directory has to go first: CMake remembers there what it didn't find".to_owned(),
        );
        let cause = "no CUDA toolkit was found where one must compile: CMake found no nvcc".to_owned();
        return Some(Answer { cause, advice, toolkits: Vec::new() });
    }
    Some(Answer::new(
        "no CUDA toolkit was found where one must compile: packages of a framework bring libraries, no nvcc",
        &[
            "`python -c 'import torch; print(torch.version.cuda)'` tells which one PyTorch needs",
            "`cudaman install 12.4`, if it is 12.4",
            "`cudaman exec 12.4 -- pip install --no-build-isolation .` sets CUDA_HOME for one command",
        ],
    ))
}

/// Explains a cuDNN older than the program's.
pub(super) fn cudnn(found: &Found<'_>) -> Option<Answer> {
    let loaded = libraries::cudnn_version(number_after(found.rest, "CuDNN library: ")?)?;
    let wanted = found.rest.split_once("source was compiled with").and_then(|(_, rest)| {
        libraries::cudnn_version(
            rest.split_whitespace().find(|word| word.starts_with(|letter: char| letter.is_ascii_digit()))?,
        )
    })?;
    // Frameworks before cuDNN 7's promise of compatibility took one minor release only.
    let which =
        if loaded >= wanted { "of that minor number" } else { "or a later one of the same major number" };
    let cause = format!("cuDNN {loaded} was found, and the program needs {wanted} {which}");
    let add_on = format!("cudnn{}", wanted.truncated(2));
    let Some(cuda) = libraries::used(found.whole) else {
        let ask = format!(
            "`cudaman current` names the toolkit in effect: ask for it with `+{add_on}` after its version"
        );
        return Some(Answer::new(cause, &[&ask]));
    };
    Some(Answer::of_toolkits(cause, vec![format!("{cuda}+{add_on}")], "python train.py"))
}

/// Explains an XLA without libdevice.
pub(super) fn libdevice(_: &Found<'_>) -> Option<Answer> {
    Some(Answer::new(
        "XLA compiles with libdevice, which stands in a toolkit's nvvm/libdevice, and finds none",
        &[
            "`cudaman use 11.8`, or the toolkit that the framework needs: it sets CUDA_HOME",
            "`export XLA_FLAGS=--xla_gpu_cuda_data_dir=\"$CUDA_HOME\"` tells XLA",
        ],
    ))
}

/// Explains an nvJitLink older than the libraries that use it.
pub(super) fn nvjitlink(found: &Found<'_>) -> Option<Answer> {
    let symbol = found.rest.split_once("__nvJitLink").map(|(_, rest)| rest)?;
    let name = symbol.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').next()?;
    let mut numbers = name.rsplit('_');
    let (minor, major) = (numbers.next()?, numbers.next()?);
    let cause = format!(
        "a library needs nvJitLink {major}.{minor}, and an older libnvJitLink is found first, as a rule through LD_LIBRARY_PATH"
    );
    Some(Answer::new(
        cause,
        &[
            "`unset LD_LIBRARY_PATH`, where the framework brings its own CUDA",
            "`cudaman config set ld-library-path never` keeps cudaman's toolkits out of it",
        ],
    ))
}

/// Explains a linker that finds no library of CUDA.
pub(super) fn linker(found: &Found<'_>) -> Option<Answer> {
    let (_, rest) = found.rest.split_once("cannot find -l")?;
    let name = rest.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').next()?;
    let of_stubs =
        if name == "cuda" { ": libcuda is the driver's, and a toolkit has a stub to link with" } else { "" };
    let cause = format!("the linker has no directory with lib{name}.so{of_stubs}");
    Some(Answer::new(
        cause,
        &[
            "`cudaman use 12.4`, or the toolkit that you need: it sets LIBRARY_PATH, with the stubs",
            "`cudaman exec 12.4 -- make` does so for one command",
        ],
    ))
}

/// Explains forward compatibility on a GPU that has none.
pub(super) fn forward(_: &Found<'_>) -> Option<Answer> {
    let known = drivers::forward_compatibility();
    let cause = format!(
        "a cuda-compat library for a newer CUDA was found on a GPU that it isn't for: it works on {} only",
        known.hardware
    );
    Some(Answer::new(
        cause,
        &[
            "`nvidia-smi` prints the newest CUDA that the driver runs: use an image or a toolkit of that one",
            "`echo \"$LD_LIBRARY_PATH\"` must name no `compat` directory",
        ],
    ))
}
