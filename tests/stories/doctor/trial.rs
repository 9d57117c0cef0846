//! `doctor --run`: a kernel, or a framework, is asked whether it reaches the GPU.

use super::patient::Patient;

/// A python that imports what stands in the directory of this name.
fn with_module(patient: &mut Patient, name: &str, text: &str) {
    let directory = patient.sandbox.path().join("modules");
    std::fs::create_dir_all(&directory).expect("made");
    std::fs::write(directory.join(format!("{name}.py")), text).expect("written");
    patient.sandbox.set("PYTHONPATH", directory);
    let real = which("python3");
    patient.program("bin/python3", &format!("#!/bin/sh\nexec '{real}' \"$@\"\n"));
}

fn which(name: &str) -> String {
    let path = std::env::var_os("PATH").expect("a PATH");
    let mut found = std::env::split_paths(&path).map(|directory| directory.join(name));
    found.find(|path| path.is_file()).expect("python3 is there").display().to_string()
}

#[test]
fn a_kernel_is_compiled_and_started() {
    let mut patient = Patient::new();
    let script = |text: &str| {
        format!(
            "#!/bin/sh\nwhile [ $# -gt 0 ]; do [ \"$1\" = -o ] && out=$2; case $1 in -gencode*) echo \"$1\" > \"$TMPDIR/arch\";; esac; shift; done\n\
             cat > \"$out\" <<'END'\n#!/bin/sh\n{text}\nEND\nchmod +x \"$out\"\n"
        )
    };
    let root = patient.toolkit("opt/cuda-12.4", "12.4.1");
    patient.sandbox.ok(&["link", "mine", root.to_str().expect("text")]);
    patient.sandbox.set("CUDAMAN_VERSION", "mine");
    patient
        .program("opt/cuda-12.4/bin/nvcc", &script("echo 'GPU 0: RTX 3090: the kernel ran and added right'"));
    let run = patient.run(&["doctor", "--run"]);
    run.expect(0, &[]);
    assert!(run.stdout.contains("the kernel ran"), "{run:?}");
    let arch = std::fs::read_to_string(patient.sandbox.path().join("arch")).expect("nvcc was told");
    assert!(arch.contains("compute_86"), "{arch}");
    let fails = "echo 'no GPU answers: CUDA driver version is insufficient for CUDA runtime version (error 35)'; exit 1";
    patient.program("opt/cuda-12.4/bin/nvcc", &script(fails));
    let run = patient.run(&["doctor", "--run", "kernel"]);
    run.expect(1, &["the GPU was not reached", "hint: `cudaman doctor`"]);
    assert!(run.stdout.contains("cause: ") && run.stdout.contains("hint: "), "{run:?}");
    patient.program(
        "opt/cuda-12.4/bin/nvcc",
        "#!/bin/sh\necho \"nvcc fatal   : Unsupported gpu architecture 'compute_86'\" >&2; exit 1\n",
    );
    let run = patient.run(&["doctor", "--run", "--json"]);
    let told: serde_json::Value = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!(told["explanations"][0]["rule"], "unsupported-architecture", "{run:?}");
}

#[test]
fn a_framework_is_asked_and_its_silence_explained() {
    let mut patient = Patient::new();
    let torch = "import types\n__version__ = '2.4.1+cpu'\nversion = types.SimpleNamespace(cuda=None)\n";
    with_module(&mut patient, "torch", torch);
    let run = patient.run(&["doctor", "--run", "torch"]);
    run.expect(1, &["the GPU was not reached"]);
    assert!(
        run.stdout.contains("torch 2.4.1+cpu") && run.stdout.contains("not compiled with CUDA"),
        "{run:?}"
    );
    let run = patient.run(&["doctor", "--run", "tensorflow"]);
    run.expect(1, &[]);
    assert!(run.stdout.contains("tensorflow is not installed for"), "{run:?}");
    let missing =
        "raise ImportError('libcublas.so.10.0: cannot open shared object file: No such file or directory')\n";
    with_module(&mut patient, "tensorflow", missing);
    let run = patient.run(&["doctor", "--run", "tensorflow"]);
    run.expect(1, &[]);
    assert!(run.stdout.contains("cause: libcublas.so.10.0 is missing"), "{run:?}");
    assert!(run.stdout.contains("cudaman install 10.0"), "{run:?}");
}
