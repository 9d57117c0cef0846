//! Where cudaman takes effect outside its own home: rc files and, one file each, the tools that have activation
//! scripts of their own. Everything written here is marked, and can be taken away without a trace.

pub mod conda;
pub mod direnv;
pub mod handmade;
pub mod modules;
pub mod python;
pub mod rc;
pub mod venv;

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

/// Start-up files and lists that people edit are far smaller; what is larger is something else.
const LARGEST: u64 = 1 << 20;

/// Reads a file that should be small. None for what is larger, can't be read, or is no plain file: a
/// pipe would be waited for.
fn read_small(path: &Path) -> Option<Vec<u8>> {
    if !path.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.len() <= LARGEST) {
        return None;
    }
    let mut bytes = Vec::new();
    File::open(path).ok()?.take(LARGEST + 1).read_to_end(&mut bytes).ok()?;
    (bytes.len() as u64 <= LARGEST).then_some(bytes)
}
