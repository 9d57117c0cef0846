//! The plain names of cuDNN's headers and static libraries: Debian and NVIDIA's packages for systems
//! have `cudnn_v8.h` and `libcudnn_static_v8.a`, and leave the rest to `update-alternatives`.

use crate::layout::tree::{LayoutError, Tree, link};
use crate::model::FixUp;

pub(super) fn fix_ups(tree: &Tree<'_>) -> Result<Vec<FixUp>, LayoutError> {
    let mut fix_ups = Vec::new();
    for (directory, end) in [(tree.include(), ".h"), (tree.lib(), ".a")] {
        for name in tree.names(&directory) {
            if let Some(plain) = plain(&name, end) {
                fix_ups.push(link(format!("{directory}/{plain}"), &format!("{directory}/{name}")));
            }
        }
    }
    Ok(fix_ups)
}

/// Takes `_v8` out of `cudnn_ops_infer_v8.h`.
fn plain(name: &str, end: &str) -> Option<String> {
    let (stem, version) = name.strip_suffix(end)?.rsplit_once("_v")?;
    let is_cudnn = stem.trim_start_matches("lib").starts_with("cudnn");
    (is_cudnn && version.parse::<u32>().is_ok()).then(|| format!("{stem}{end}"))
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn names_lose_their_version() {
        assert_eq!(plain("cudnn_v8.h", ".h").as_deref(), Some("cudnn.h"));
        assert_eq!(plain("cudnn_ops_infer_v8.h", ".h").as_deref(), Some("cudnn_ops_infer.h"));
        assert_eq!(plain("libcudnn_static_v8.a", ".a").as_deref(), Some("libcudnn_static.a"));
        assert_eq!(plain("cublas_v2.h", ".h"), None);
        assert_eq!(plain("cudnn_version.h", ".h"), None);
    }
}
