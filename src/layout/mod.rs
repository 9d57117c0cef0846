//! NVIDIA's canonical layout and the fix-ups that lead to it.
//!
//! Every toolchain looks like `/usr/local/cuda-X.Y`, whatever its source: `place` says where an
//! archive's entries go, `fix_ups` which links and files are missing then, and `proof` whether
//! the result works. The first two only compute; nothing here writes to the store.
//!
//! ```text
//! <root>/bin nvvm extras/CUPTI pkgconfig share/licenses/<component> version.json
//! <root>/targets/<processor>-linux/{include,lib}      the real directories
//! <root>/include -> targets/…/include   lib64 -> targets/…/lib   lib -> lib64
//! ```

pub mod adapt;
mod conda;
mod elf;
mod fix_ups;
mod inspect;
mod place;
mod proof;
#[cfg(test)]
mod real;
mod runfile;
mod runfile_rules;
#[cfg(test)]
mod samples;
mod system;
mod tree;
mod wheel;

pub use elf::{needed, soname};
pub use fix_ups::fix_ups;
pub use inspect::{Inspection, cudnn as cudnn_version, cudnn_header, inspect, platform_of};
pub use place::{Placement, placement};
pub use proof::{Finding, Matter, Severity, Subject, prove, prove_compiler};
pub use runfile_rules::{component_of, is_in_old_runfiles};
pub use tree::{Composed, Content, LayoutError};
