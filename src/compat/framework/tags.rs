//! The CUDA and the cuDNN that extras and local versions name: `cu121`, `cuda12-local`, `cuda11.cudnn82`.

use crate::model::{ToolchainRequest, Version};

/// Reads the CUDA in `cu121`, `cuda12`, `cuda12-local` and `cuda11-cudnn805`.
pub(super) fn cuda_in(tag: &str) -> Option<ToolchainRequest> {
    let digits = tag.strip_prefix("cuda").or_else(|| tag.strip_prefix("cu"))?;
    let end = digits.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(digits.len());
    (end > 0).then(|| format!("cu{}", &digits[..end]).parse().ok()).flatten()
}

/// Reads the cuDNN in `cuda11-cudnn805` and `cuda11.cudnn82`: the oldest that will do.
pub(super) fn cudnn_in(tag: &str) -> Option<Version> {
    let (_, digits) = tag.split_once("cudnn")?;
    let numbers: Option<Vec<u32>> = digits.chars().map(|digit| digit.to_digit(10)).collect();
    numbers.filter(|numbers| (1..=3).contains(&numbers.len())).map(Version::from_numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_name_cuda_and_cudnn() {
        let read =
            |tag| (cuda_in(tag).map(|cuda| cuda.to_string()), cudnn_in(tag).map(|own| own.to_string()));
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(read("cuda11.cudnn82"), (text("11"), text("8.2")));
        assert_eq!(read("cuda11-cudnn805"), (text("11"), text("8.0.5")));
        assert_eq!(read("cu121"), (text("12.1"), None));
        assert_eq!(read("cuda12-local"), (text("12"), None));
        assert_eq!(read("cudnnx"), (None, None));
        assert_eq!(read("cu$VERSION"), (None, None));
        assert_eq!(read("cpu"), (None, None));
    }
}
