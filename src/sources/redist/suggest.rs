//! Names that someone may have meant.

/// The most names that are worth reading.
const MOST: usize = 4;

/// Returns the offered names that are nearest to a typed one, best first: those that hold it or are
/// held by it, then those that differ by few letters.
pub(super) fn nearest<'a>(typed: &str, offered: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let typed = stem(typed);
    let most_typos = (typed.len() / 3).clamp(1, 3);
    let mut near: Vec<_> = offered
        .map(|name| (distance(typed, stem(name)), name))
        .filter(|(typos, _)| *typos <= most_typos)
        .collect();
    near.sort_unstable();
    near.into_iter().take(MOST).map(|(_, name)| name).collect()
}

/// Counts the typos between two names; a name within the other counts as one.
fn distance(typed: &str, name: &str) -> usize {
    let is_within = typed.len() >= 3 && name.len() >= 3 && (name.contains(typed) || typed.contains(name));
    let typos = strsim::osa_distance(typed, name);
    if is_within { typos.min(1) } else { typos }
}

/// People leave the prefixes out, or choose the wrong one.
fn stem(name: &str) -> &str {
    ["cuda_", "lib", "nvidia_"].into_iter().find_map(|prefix| name.strip_prefix(prefix)).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_and_typos_are_forgiven() {
        let offered = ["cuda_nvcc", "cuda_nvrtc", "cuda_cudart", "libcublas", "libcufft", "nsight_compute"];
        let near = |typed| nearest(typed, offered.into_iter());
        assert_eq!(near("cublas")[0], "libcublas");
        assert_eq!(near("libnvrtc")[0], "cuda_nvrtc");
        assert_eq!(near("cuda_cudatr"), ["cuda_cudart"]);
        assert_eq!(near("nsight"), ["nsight_compute"]);
        assert!(near("quantum_flux").is_empty());
    }
}
