//! How deep shims are nested: a toolkit whose nvcc leads back to the shim would have no end.

/// The variable that counts how many shims have been started within each other.
pub const DEPTH_VARIABLE: &str = "CUDAMAN_SHIM_DEPTH";
/// How many shims may be started within each other. A profiler that runs a build system that runs a
/// compiler is three.
pub const MAX_DEPTH: u32 = 16;

/// Returns how deep the next tool is, by the variable's value, unless that is too deep.
#[must_use]
pub fn next_depth(value: &[u8]) -> Option<u32> {
    let depth = core::str::from_utf8(value).ok().and_then(|text| text.parse().ok()).unwrap_or(0_u32);
    (depth < MAX_DEPTH).then(|| depth + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nesting_is_counted_and_ends() {
        assert_eq!(next_depth(b""), Some(1));
        assert_eq!(next_depth(b"nonsense"), Some(1));
        assert_eq!(next_depth(b"15"), Some(16));
        assert_eq!(next_depth(b"16"), None);
    }
}
