//! Jetson boards: one GPU inside the processor, and a driver that is part of L4T.

use std::path::Path;

use super::system::{text, trimmed};
use super::{Gpu, Host, Kind};
use crate::compat::gpu::by_name;
use crate::model::Version;

const RELEASE: &str = "etc/nv_tegra_release";
const MODEL: &str = "proc/device-tree/model";

/// The CUDA of each L4T, which is its driver's newest (NVIDIA's release notes of JetPack 4.6, 5.1, 6.0,
/// 6.1 and 7.0).
const CUDA: [([u32; 2], [u32; 2]); 6] = [
    ([32, 0], [10, 2]),
    ([34, 0], [11, 4]),
    ([35, 0], [11, 4]),
    ([36, 0], [12, 2]),
    ([36, 4], [12, 6]),
    ([38, 0], [13, 0]),
];

/// Adds what only a Jetson has.
pub(super) fn complete(host: &mut Host, root: &Path) {
    if host.kind != Kind::Jetson {
        return;
    }
    host.l4t = text(root, RELEASE).as_deref().and_then(release);
    let cuda = host.l4t.as_ref().and_then(newest_cuda);
    host.driver.newest_cuda = host.driver.newest_cuda.take().or(cuda);
    if host.gpus.is_empty() {
        host.gpus.extend(text(root, MODEL).map(|model| board(&trimmed(&model))));
    }
}

/// Reads `# R35 (release), REVISION: 4.1, GCID: 33958178, …`.
fn release(text: &str) -> Option<Version> {
    let major = text.split_once("# R")?.1.split_whitespace().next()?;
    let revision = text.split_once("REVISION:")?.1.split([',', '\n']).next()?.trim();
    format!("{major}.{revision}").parse().ok()
}

fn newest_cuda(l4t: &Version) -> Option<Version> {
    let row = CUDA.iter().rev().find(|(first, _)| *l4t >= Version::from_numbers(*first));
    row.filter(|(first, _)| first[0] == l4t.major()).map(|(_, cuda)| Version::from_numbers(*cuda))
}

/// Makes a GPU of `NVIDIA Jetson AGX Orin Developer Kit`.
fn board(model: &str) -> Gpu {
    let name = model.trim_start_matches("NVIDIA ").split(" Developer Kit").next().unwrap_or(model).to_owned();
    Gpu { index: Some(0), capability: by_name(&name).map(|known| known.capability), name, ..Gpu::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_have_their_cuda() {
        let text = "# R35 (release), REVISION: 4.1, GCID: 33958178, BOARD: t186ref, EABI: aarch64\n";
        let l4t = release(text).expect("a release");
        assert_eq!((l4t.to_string(), newest_cuda(&l4t)), ("35.4.1".to_owned(), "11.4".parse().ok()));
        let of = |l4t: &str| newest_cuda(&l4t.parse().expect("a version")).map(|cuda| cuda.to_string());
        assert_eq!(of("36.3.0").as_deref(), Some("12.2"));
        assert_eq!(of("36.4.3").as_deref(), Some("12.6"));
        assert_eq!(of("39.1"), None, "nobody looked");
    }

    #[test]
    fn boards_are_known() {
        let gpu = board("NVIDIA Jetson AGX Orin Developer Kit");
        assert_eq!((gpu.name.as_str(), gpu.capability), ("Jetson AGX Orin", "8.7".parse().ok()));
    }
}
