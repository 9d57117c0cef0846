//! What unit tests share.

/// Reports that a test left something out: `test.sh` counts the lines.
pub(crate) fn skip(what: &str, reason: &str) {
    use std::io::Write as _;
    println!("SKIP {what}: {reason}");
    let Some(path) = std::env::var_os("CUDAMAN_TEST_SKIPS") else { return };
    let file = std::fs::OpenOptions::new().append(true).create(true).open(path);
    file.and_then(|mut file| writeln!(file, "{what}: {reason}")).expect("the list of what is left out");
}
