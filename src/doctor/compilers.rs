//! The compilers that the toolkit in effect works with, and the toolkit's own files.

use super::{Check, Scene, Seen};
use crate::layout::{self, Finding, Matter, Severity, Subject};

pub(super) const CHECKS: &[Check] = &[
    Check::error("toolkit-incomplete", incomplete),
    Check::error("compiler-missing", |scene| of_compiler(scene, Matter::CompilerMissing)),
    Check::error("compiler-too-new", |scene| of_compiler(scene, Matter::CompilerUnfit)),
    Check::error("glibc-collides", |scene| of_compiler(scene, Matter::Glibc)),
];

/// Asks a toolchain of ours to prove itself again.
fn incomplete(scene: &Scene<'_>) -> Vec<Seen> {
    let toolchain = scene.toolkit.as_ref().and_then(|toolkit| toolkit.toolchain.as_ref());
    let receipt = toolchain.and_then(|toolchain| scene.context.store.receipt(toolchain).ok().flatten());
    let (Some(toolchain), Some(receipt)) = (toolchain, receipt) else { return Vec::new() };
    let findings = layout::prove(&toolchain.root, &receipt, scene.environment());
    let failures = findings.into_iter().filter(|finding| finding.severity == Severity::Failure);
    failures.map(|finding| seen(finding, "the toolkit in effect can't do what it is installed for")).collect()
}

fn of_compiler(scene: &Scene<'_>, matter: Matter) -> Vec<Seen> {
    let Some(toolkit) = scene.toolkit.as_ref().filter(|toolkit| toolkit.root.join("bin/nvcc").is_file())
    else {
        return Vec::new();
    };
    let adaptation = toolkit.toolchain.as_ref().map(|own| scene.context.store.adaptation(own));
    let adaptation = adaptation.and_then(Result::ok).unwrap_or_default();
    let (root, cuda, name) = (toolkit.root.as_path(), &toolkit.cuda, toolkit.name.as_str());
    let subject = Subject { root, cuda, adaptation: &adaptation, name };
    let findings = layout::prove_compiler(&subject, scene.environment());
    findings
        .into_iter()
        .filter(|finding| finding.matter == matter)
        .map(|one| seen(one, why(matter)))
        .collect()
}

const fn why(matter: Matter) -> &'static str {
    match matter {
        Matter::CompilerMissing => "nvcc compiles the host's part of a program by a C++ compiler",
        Matter::CompilerUnfit => {
            "nvcc refuses it (\"unsupported GNU version!\"), or its headers fail to compile"
        }
        Matter::Glibc => "C++ programs that include CUDA's headers fail to compile",
        Matter::Toolkit => "the toolkit can't do what it is for",
    }
}

fn seen(finding: Finding, why: &str) -> Seen {
    let seen = Seen::new(finding.message, why);
    finding.hint.into_iter().fold(seen, Seen::fix)
}
