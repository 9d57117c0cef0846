//! Archives inside archives, read in the stream: the toolkit's runfile inside a runfile up to CUDA
//! 10.0, the packages inside a local-repository package. Nothing of them is written in between.

use std::io::{Cursor, Read};

use super::origin::Origin;
use super::{Refusal, Tree, UnpackError, deb, decode, makeself, rpm};

/// Archives may stand inside each other so deep.
const DEPTH: u32 = 2;
const MAGIC: usize = 8;

/// Feeds the entries of the archive in `content`, which is `size` bytes long, into a tree. Their
/// paths begin with the archive's own.
pub(super) fn read(
    content: &mut dyn Read,
    size: u64,
    outer: &Origin<'_>,
    path: &str,
    tree: &Tree<'_>,
) -> Result<(), UnpackError> {
    if outer.depth >= DEPTH {
        let refusal = Refusal::Header("archives stand inside each other too deep".to_owned());
        return Err(UnpackError::refused(outer.archive, path, refusal));
    }
    let origin = outer.inside(path);
    let mut content = content;
    let start = decode::start(&mut content, MAGIC).map_err(|error| origin.damaged(error))?;
    let mut stream = Cursor::new(start.clone()).chain(content);
    match start.as_slice() {
        [b'#', b'!', ..] => makeself::read(&mut stream, size, &origin, tree),
        b"!<arch>\n" => deb::read(&mut stream, &origin, tree),
        [0xed, 0xab, 0xee, 0xdb, ..] => rpm::read(&mut stream, &origin, tree),
        _ => {
            let refusal = Refusal::Header("it is no runfile and no package".to_owned());
            Err(UnpackError::refused(outer.archive, path, refusal))
        }
    }
}
