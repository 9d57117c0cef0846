//! Which code of a toolkit a GPU runs.

use super::{ComputeCapability, architectures, by_compute_capability};
use crate::model::Version;

/// What the processors of Jetson and DRIVE can do. Code for one of these runs on no other GPU, nor that for others
/// on them ("Binary compatibility" in NVIDIA's CUDA C++ programming guide: desktop only).
pub const OF_TEGRA: [ComputeCapability; 7] =
    [tegra(3, 2), tegra(5, 3), tegra(6, 2), tegra(7, 2), tegra(8, 7), tegra(10, 1), tegra(11, 0)];

const fn tegra(major: u32, minor: u32) -> ComputeCapability {
    ComputeCapability { major, minor }
}

/// The code that programs of a toolkit have for a GPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// Its own.
    Own(ComputeCapability),
    /// That of a GPU of the same major number and a lower minor one, which it runs as well.
    Relative(ComputeCapability),
    /// That of an older generation, as PTX, which the driver compiles when a program starts.
    Ptx(ComputeCapability),
    /// None: this line was the last that compiles for it.
    NoneAfter(&'static Version),
    /// None: this line is the first that compiles for it.
    NoneBefore(&'static Version),
    /// None, and nobody knows which line does.
    None,
}

/// Returns the code that a CUDA line has for a GPU (CUDA C++ programming guide, "Compute capability" and
/// "Application compatibility"); none for a line that nobody looked at.
#[must_use]
pub fn code_for(cuda: &Version, capability: ComputeCapability) -> Option<Code> {
    let known = architectures(cuda)?;
    if known.contains(&capability) {
        return Some(Code::Own(capability));
    }
    let is_tegra = |one: &ComputeCapability| OF_TEGRA.contains(one);
    let usual = || known.iter().copied().filter(|one| !is_tegra(one));
    let is_relative = |one: &ComputeCapability| one.major == capability.major && one.minor < capability.minor;
    if let Some(relative) = usual().filter(is_relative).max().filter(|_| !is_tegra(&capability)) {
        return Some(Code::Relative(relative));
    }
    if let Some(newest) = usual().max().filter(|newest| *newest < capability) {
        return Some(Code::Ptx(newest));
    }
    let line = cuda.truncated(2);
    Some(match by_compute_capability(capability) {
        Some(support) if support.last_cuda.is_some_and(|last| *last < line) => {
            support.last_cuda.map_or(Code::None, Code::NoneAfter)
        }
        Some(support) if *support.first_cuda > line => Code::NoneBefore(support.first_cuda),
        _ => Code::None,
    })
}
