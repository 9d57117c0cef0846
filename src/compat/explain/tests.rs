//! What is said of real texts, and of those that mean harm.

mod cases;
mod quiet;

use self::cases::cases;
use super::*;

#[test]
fn real_texts_are_explained() {
    for case in cases() {
        let found = explain(case.text);
        let rules: Vec<&str> = found.iter().map(|one| one.rule).collect();
        assert_eq!(rules, [case.rule], "{}", case.source);
        assert!(found[0].cause.contains(case.cause), "{}: {}", case.source, found[0].cause);
        let advice = found[0].advice.join("\n");
        assert!(advice.contains(case.advice), "{}: {advice}", case.source);
        let start: String = found[0].evidence.trim_matches('…').to_owned();
        assert!(case.text.contains(&start), "{}: {start}", case.source);
    }
}

#[test]
fn nothing_is_said_of_logs_without_an_error() {
    assert!(quiet::QUIET.len() >= 20);
    for log in quiet::QUIET {
        assert!(explain(log).is_empty(), "{log}: {:?}", explain(log));
    }
}

/// Returns what is advised for all the texts.
pub(crate) fn all_advice() -> Vec<String> {
    cases().flat_map(|case| explain(case.text)).flat_map(|one| one.advice).collect()
}

#[test]
fn many_texts_are_known_each_from_a_thread_of_its_own() {
    let mut sources: Vec<&str> = cases().map(|case| case.source).collect();
    sources.sort_unstable();
    sources.dedup();
    assert!(sources.len() >= 145, "{}", sources.len());
    assert_eq!(sources.len(), cases().count());
}

#[test]
fn every_rule_has_a_name_of_its_own_and_marks_in_small_letters() {
    let mut names: Vec<&str> = rules().map(|rule| rule.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), rules().count());
    for mark in rules().flat_map(|rule| rule.marks) {
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
fn the_evidence_shows_the_words_in_a_line_of_any_length() {
    let long = format!("{}CUDA out of memory{}", "\u{fc}".repeat(1 << 16), "y".repeat(1 << 20));
    let evidence = &explain(&long)[0].evidence;
    assert!(evidence.contains("CUDA out of memory") && evidence.chars().count() < 250, "{evidence}");
    let bar = " 1%|#  |\r 2%|## |\rRuntimeError: CUDA out of memory.\r\n";
    assert_eq!(explain(bar)[0].evidence, "RuntimeError: CUDA out of memory.");
}

#[test]
fn missing_headers_name_what_has_them() {
    let found = explain("kernel.cu:1:10: fatal error: cudnn.h: No such file or directory");
    assert_eq!(found[0].rule, "missing-header");
    assert_eq!(found[0].advice[0], "`cudaman install 'latest+cudnn'`");
    let found = explain("a.cpp:1:10: fatal error: cuda_runtime.h: No such file or directory");
    assert!(found[0].cause.contains("of the toolkit"), "{}", found[0].cause);
    let found = explain("a.cpp:1:10: fatal error: nccl.h: No such file or directory");
    assert!(found[0].cause.contains("NCCL"), "{}", found[0].cause);
}

#[test]
fn an_installer_that_finds_a_driver_is_not_needed() {
    let found = explain("Existing package manager installation of the driver found. It is strongly");
    assert!(found[0].advice[0].contains("without any driver"), "{}", found[0].advice[0]);
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
    let header = explain("fatal error: cuda$(id).h: No such file or directory");
    assert!(header.is_empty(), "{header:?}");
    let symbol = explain("undefined reference to `cuda$(id)'");
    assert!(symbol.iter().all(|one| !one.cause.contains("$(")), "{symbol:?}");
}

proptest::proptest! {
    #[test]
    fn no_text_makes_it_panic(start in 0..rules().count(), text in "\\PC{0,60}") {
        for mark in rules().nth(start).expect("a rule").marks {
            let found = explain(&format!("{text}{mark}{text}\n{text}"));
            proptest::prop_assert!(found.iter().all(|one| !one.advice.is_empty()));
        }
    }
}
