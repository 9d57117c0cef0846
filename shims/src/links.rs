//! The links beside the shims: `shims/include`, `shims/lib64` and others lead to the default toolchain.
//!
//! They serve programs that take "the parent of nvcc's directory" for the root. When another
//! toolchain is active, such a path would mix two toolkits in one build, so the shim refuses.

/// Tells whether an argument names a path below `<home>/shims/`, other than the tools in its `bin`.
///
/// The path may stand anywhere in the argument: `-I/…`, `--compiler-options=-I/…`, `a:/…`.
#[must_use]
pub fn names_links(argument: &[u8], home: &[u8]) -> bool {
    if home.is_empty() {
        return false;
    }
    let is_link = |start: usize| {
        let rest = argument[start..].strip_prefix(home).and_then(|rest| rest.strip_prefix(b"/shims/"));
        rest.is_some_and(|rest| !rest.is_empty() && !is_bin(rest))
    };
    (0..argument.len()).any(|start| argument[start] == home[0] && is_link(start))
}

/// Tools are started through their shims wherever they are named.
fn is_bin(below: &[u8]) -> bool {
    let end_of_name = |byte: &u8| !(byte.is_ascii_alphanumeric() || b"._+-".contains(byte));
    below.strip_prefix(b"bin").is_some_and(|rest| rest.first().is_none_or(end_of_name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_found_anywhere_and_tools_are_not_links() {
        let home = b"/home/me/.cudaman";
        for argument in [
            "-I/home/me/.cudaman/shims/include",
            "/home/me/.cudaman/shims/lib64/libcudart.so",
            "--options=-L/home/me/.cudaman/shims/lib64",
            "/usr/lib:/home/me/.cudaman/shims/lib64",
            "/home/me/.cudaman/shims/bin/nvcc:/home/me/.cudaman/shims/include",
            "/home/me/.cudaman/shims/binary",
        ] {
            assert!(names_links(argument.as_bytes(), home), "{argument}");
        }
        for argument in [
            "",
            "-I/home/me/.cudaman/shims",
            "/home/me/.cudaman/shims/",
            "/home/me/.cudaman/shims/bin",
            "/home/me/.cudaman/shims/bin/nvcc",
            "/home/me/.cudaman/shims/bin:/usr/bin",
            "/home/me/.cudaman/versions/12.4.1/include",
            "/home/you/.cudaman/shims/include",
        ] {
            assert!(!names_links(argument.as_bytes(), home), "{argument}");
        }
        assert!(!names_links(b"/shims/include", b""));
    }
}
