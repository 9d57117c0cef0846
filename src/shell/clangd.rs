//! A `.clangd`: which toolkit's headers belong to a CUDA source, without the options that only nvcc knows.

use super::format::Toolkit;

/// What CMake and others pass to nvcc and clang refuses; a `*` stands for what follows.
const OF_NVCC: &[&str] = &[
    "--expt-*",
    "--extended-lambda",
    "--generate-code*",
    "--options-file*",
    "--use_fast_math",
    "-Xcudafe*",
    "-Xcompiler*",
    "-Xptxas*",
    "-arch*",
    "-ccbin*",
    "-dc",
    "-forward-unknown-to-host-compiler",
    "-gencode*",
    "-rdc*",
];

pub(super) fn render(toolkit: &Toolkit<'_>) -> Vec<u8> {
    let root = toolkit.root.to_string_lossy();
    let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    let removed: Vec<String> = OF_NVCC.iter().map(|option| quoted(option)).collect();
    format!(
        "If:\n  PathMatch: .*\\.cuh?\nCompileFlags:\n  Add: [-xcuda, {}, {}]\n  Remove: [{}]\n",
        quoted(&format!("--cuda-path={root}")),
        quoted(&format!("-I{root}/include")),
        removed.join(", ")
    )
    .into_bytes()
}
