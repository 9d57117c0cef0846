//! The program itself, beside a bundle: on a machine that has nothing, `./cudaman install --from …` is
//! then all that is needed, without tar, zstd or a shell's help.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use object::read::elf::ElfFile64;
use object::{Endianness, Object as _, ReadCache};

use super::target::Target;
use crate::context::Context;
use crate::error::{Advise as _, advised};
use crate::model::Platform;
use crate::store::StoreError;

/// The name that the program has beside a bundle.
const NAME: &str = "cudaman";

/// The oldest C library that programs for users start on: that of CentOS 7.
const OLDEST: (u32, u32) = (2, 17);

/// A program that goes along with a bundle.
#[derive(Debug)]
pub struct Program {
    /// Where it was put.
    pub path: PathBuf,
    /// The version of glibc that it needs, if that is newer than what all machines have.
    pub needs: Option<String>,
}

/// Puts a program beside a bundle, executable, and tells what it needs.
///
/// # Errors
/// Returns an error for a program of other machines than the bundle's, and where it can't be written.
pub fn provide(program: &Path, bundle: &Path, platforms: &[Platform], force: bool) -> Result<Program> {
    let shown = program.display();
    let (machine, needs) = examine(program).with_context(|| format!("could not read `{shown}`"))?;
    if let Some(other) = platforms.iter().find(|platform| platform.machine() != machine) {
        return Err(advised(
            format!("`{shown}` runs on {machine}, and the bundle is for {other}"),
            "name a cudaman that runs there: `--with-cudaman=PATH`",
        ));
    }
    let path = bundle.with_file_name(NAME);
    let is_there = fs_err::read(&path).is_ok_and(|there| fs_err::read(program).is_ok_and(|own| own == there));
    if !is_there {
        let target = Target::create(&path, force)?;
        let copied = io::copy(&mut fs_err::File::open(program)?, &mut &target);
        copied.with_context(|| format!("could not write `{}`", path.display()))?;
        target.commit(0o755)?;
    }
    let needs = needs.filter(|version| *version > OLDEST);
    Ok(Program { path, needs: needs.map(|(major, minor)| format!("{major}.{minor}")) })
}

/// Keeps the running program in the store if it came along with a bundle: whoever copied both to a
/// machine may delete both.
pub(super) fn keep(bundle: &Path, context: &Context) -> Result<()> {
    let Some(program) = context.program() else { return Ok(()) };
    let beside = fs_err::canonicalize(bundle)?.with_file_name(NAME);
    if program != beside {
        return Ok(());
    }
    context.store.keep_program(&program).hint_from(StoreError::hint)
}

/// Returns the processor that a program runs on, as `uname -m` names it, and the newest glibc that it
/// asks for.
fn examine(program: &Path) -> Result<(&'static str, Option<(u32, u32)>)> {
    let content = ReadCache::new(File::open(program)?);
    let file = ElfFile64::<Endianness, _>::parse(&content)?;
    let machine = match file.architecture() {
        object::Architecture::Aarch64 => "aarch64",
        object::Architecture::PowerPc64 => "ppc64le",
        object::Architecture::X86_64 => "x86_64",
        _ => "another processor",
    };
    let endian = file.endian();
    let sections = file.elf_section_table();
    let mut newest = None;
    if let Some((mut libraries, link)) = sections.gnu_verneed(endian, &content)? {
        let strings = sections.strings(endian, &content, link)?;
        while let Some((_, mut versions)) = libraries.next()? {
            while let Some(version) = versions.next()? {
                let name = version.name(endian, strings)?;
                newest = newest.max(glibc(name));
            }
        }
    }
    Ok((machine, newest))
}

/// Reads `GLIBC_2.17`.
fn glibc(name: &[u8]) -> Option<(u32, u32)> {
    let version = std::str::from_utf8(name).ok()?.strip_prefix("GLIBC_")?;
    let (major, minor) = version.split_once('.')?;
    let minor = minor.split('.').next()?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_glibc_are_numbers() {
        assert_eq!(glibc(b"GLIBC_2.2.5"), Some((2, 2)));
        assert!(glibc(b"GLIBC_2.17") < glibc(b"GLIBC_2.34"));
        assert_eq!((glibc(b"GLIBC_PRIVATE"), glibc(b"GCC_3.0")), (None, None));
    }
}
