//! What unit tests share.

use crate::model::receipt::RECEIPT_FORMAT;
use crate::model::{Adaptation, CompilerKind, Platform, Profile, ToolchainName, ToolchainReceipt};

/// Reports that a test left something out: `test.sh` counts the lines.
pub(crate) fn skip(what: &str, reason: &str) {
    use std::io::Write as _;
    println!("SKIP {what}: {reason}");
    let Some(path) = std::env::var_os("CUDAMAN_TEST_SKIPS") else { return };
    let file = std::fs::OpenOptions::new().append(true).create(true).open(path);
    file.and_then(|mut file| writeln!(file, "{what}: {reason}")).expect("the list of what is left out");
}

/// Returns the receipt of a toolchain without packages.
pub(crate) fn toolchain_receipt(name: &str, profile: Profile) -> ToolchainReceipt {
    let name: ToolchainName = name.parse().expect("a name");
    ToolchainReceipt {
        format: RECEIPT_FORMAT,
        cuda: name.cuda().cloned().expect("a release"),
        add_ons: name.add_ons().to_vec(),
        name,
        platform: Platform::LinuxX86_64,
        profile,
        with: Vec::new(),
        source: "redist".to_owned(),
        packages: Vec::new(),
        unverified: Vec::new(),
        adaptation: Adaptation::default(),
        fix_ups: Vec::new(),
    }
}

/// Returns the text of a compiler that says what it is by its macros, as the real ones do; it needs
/// nothing on PATH.
pub(crate) fn compiler(kind: CompilerKind, version: &str) -> String {
    let names: &[&str] = match kind {
        CompilerKind::Gcc => &["__GNUC__", "__GNUC_MINOR__", "__GNUC_PATCHLEVEL__"],
        CompilerKind::Clang => &["__clang_major__", "__clang_minor__", "__clang_patchlevel__"],
    };
    let own = names.iter().copied().zip(version.split('.'));
    let all = own.chain([("__GLIBC__", "2"), ("__GLIBC_MINOR__", "36")]);
    let lines = all.map(|(name, number)| format!("echo '#define {name} {number}'\n"));
    format!("#!/bin/sh\n{}", lines.collect::<String>())
}
