//! Files of assignments: each program that reads one has its own idea of quotes.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use super::format::join;
use super::quote;

/// For programs that read `.env` files as a shell would, or nearly: python-dotenv 1.2 takes a word in one kind of
/// quotes only, and drops a line with `'\''` in it.
pub(super) fn dotenv(assignments: &[(&str, &OsStr)]) -> Vec<u8> {
    lines(assignments, b"\n", |name, value| {
        let has_any_of = |bytes: &[u8]| value.iter().any(|byte| bytes.contains(byte));
        if has_any_of(b"'") && !has_any_of(b"\"$`\\") {
            return join(&[name, b"=\"", value, b"\""]);
        }
        join(&[name, b"=", &quote::posix(value)])
    })
}

/// GitHub reads `NAME=value` to the end of the line, or a block up to a delimiter.
pub(super) fn github(assignments: &[(&str, &OsStr)]) -> Vec<u8> {
    lines(assignments, b"\n", |name, value| {
        if !value.contains(&b'\n') {
            return join(&[name, b"=", value]);
        }
        let end = delimiter(value);
        join(&[name, b"<<", end.as_bytes(), b"\n", value, b"\n", end.as_bytes()])
    })
}

/// Docker and GitLab take everything after the first `=` as it stands, to the end of the line.
pub(super) fn plain(assignments: &[(&str, &OsStr)]) -> Vec<u8> {
    let single: Vec<_> =
        assignments.iter().copied().filter(|(_, value)| !value.as_bytes().contains(&b'\n')).collect();
    lines(&single, b"\n", |name, value| join(&[name, b"=", value]))
}

/// Within double quotes systemd takes a backslash before what a shell would (`systemd.exec(5)`).
pub(super) fn systemd(assignments: &[(&str, &OsStr)]) -> Vec<u8> {
    lines(assignments, b"\n", |name, value| {
        let mut line = join(&[name, b"=\""]);
        for byte in value {
            if b"\"\\`$".contains(byte) {
                line.push(b'\\');
            }
            line.push(*byte);
        }
        line.push(b'"');
        line
    })
}

/// Slurm separates assignments with null bytes (`sbatch(1)`, `--export-file`).
pub(super) fn slurm(assignments: &[(&str, &OsStr)]) -> Vec<u8> {
    lines(assignments, b"\0", |name, value| join(&[name, b"=", value]))
}

/// Returns a word that is not in the value: the value must not end its own block.
fn delimiter(value: &[u8]) -> String {
    let text = String::from_utf8_lossy(value);
    let mut word = "CUDAMAN_END".to_owned();
    while text.contains(&word) {
        word.push('_');
    }
    word
}

fn lines(assignments: &[(&str, &OsStr)], end: &[u8], render: impl Fn(&[u8], &[u8]) -> Vec<u8>) -> Vec<u8> {
    assignments
        .iter()
        .flat_map(|(name, value)| join(&[&render(name.as_bytes(), value.as_bytes()), end]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_program_has_its_own_quotes() {
        let text = |render: fn(&[(&str, &OsStr)]) -> Vec<u8>| {
            let value = OsStr::new("/a b/it's \"$x\"");
            String::from_utf8(render(&[("CUDA_HOME", value)])).expect("text")
        };
        assert_eq!(text(dotenv), "CUDA_HOME='/a b/it'\\''s \"$x\"'\n");
        let in_double = String::from_utf8(dotenv(&[("PATH", OsStr::new("/it's:/bin"))])).expect("text");
        assert_eq!(in_double, "PATH=\"/it's:/bin\"\n");
        assert_eq!(text(github), "CUDA_HOME=/a b/it's \"$x\"\n");
        assert_eq!(text(plain), "CUDA_HOME=/a b/it's \"$x\"\n");
        assert_eq!(text(systemd), "CUDA_HOME=\"/a b/it's \\\"\\$x\\\"\"\n");
        assert_eq!(text(slurm), "CUDA_HOME=/a b/it's \"$x\"\0");
    }

    #[test]
    fn lines_in_values_end_no_assignment() {
        let value = OsStr::new("a\nPATH=b\nCUDAMAN_END");
        assert!(plain(&[("X", value)]).is_empty(), "there is no way to say it");
        let text = String::from_utf8(github(&[("X", value)])).expect("text");
        assert_eq!(text, "X<<CUDAMAN_END_\na\nPATH=b\nCUDAMAN_END\nCUDAMAN_END_\n");
    }
}
