//! Memory for paths, without an allocator: texts are put into it one behind the other.
//!
//! A path may have 4 KiB, and usually has fifty bytes. Put side by side they share one page of memory,
//! where a buffer for each would cost the shim a microsecond or two of the kernel's time per page.

use core::ffi::CStr;

use crate::text::TooLong;

/// The longest path that Linux accepts, with its closing NUL.
pub const PATH_MAX: usize = 4096;

/// A piece of memory, used from its start.
pub struct Memory<'m> {
    free: &'m mut [u8],
}

impl<'m> Memory<'m> {
    /// How much is enough for everything that is done here, in bytes.
    pub const SIZE: usize = 16 * PATH_MAX;

    /// Uses a piece of memory.
    #[must_use]
    pub const fn new(memory: &'m mut [u8]) -> Self {
        Self { free: memory }
    }

    /// Lends what is free, for what is not needed any more when the loan ends.
    #[must_use]
    pub fn scratch(&mut self) -> Memory<'_> {
        Memory { free: self.free }
    }

    /// Joins parts to a path, or to another text of about that length, for a system call.
    ///
    /// # Errors
    /// Fails if it becomes too long or a part contains a NUL.
    pub fn join(&mut self, parts: &[&[u8]]) -> Result<&'m CStr, TooLong> {
        const LONGEST: usize = PATH_MAX + 64;
        let length = parts.iter().map(|part| part.len()).sum::<usize>();
        if length >= LONGEST || parts.iter().any(|part| part.contains(&0)) {
            return Err(TooLong);
        }
        let text = self.take(length + 1)?;
        let mut rest = &mut *text;
        for part in parts {
            let (place, behind) = rest.split_at_mut(part.len());
            place.copy_from_slice(part);
            rest = behind;
        }
        rest.fill(0);
        CStr::from_bytes_with_nul(text).map_err(|_| TooLong)
    }

    /// Lets a call write up to `size` bytes and keeps what it wrote.
    ///
    /// # Errors
    /// Passes on the error of the call.
    pub fn fill<E>(
        &mut self,
        size: usize,
        write: impl FnOnce(&mut [u8]) -> Result<usize, E>,
    ) -> Result<&'m [u8], E> {
        let size = size.min(self.free.len());
        let written = write(&mut self.free[..size])?.min(size);
        Ok(self.take(written).unwrap_or_default())
    }

    /// Takes a piece.
    ///
    /// # Errors
    /// Fails if there is not so much left.
    pub fn take(&mut self, size: usize) -> Result<&'m mut [u8], TooLong> {
        let (taken, free) = core::mem::take(&mut self.free).split_at_mut_checked(size).ok_or(TooLong)?;
        self.free = free;
        Ok(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_lie_one_behind_the_other() {
        let mut bytes = [7; 16];
        let mut memory = Memory::new(&mut bytes);
        let first = memory.join(&[b"a", b"", b"bc"]).expect("room");
        assert_eq!(memory.scratch().join(&[b"lent"]), Ok(c"lent"));
        let second = memory.fill(8, |buffer| {
            buffer[..3].copy_from_slice(b"xyz");
            Ok::<usize, ()>(3)
        });
        assert_eq!((first, second), (c"abc", Ok(&b"xyz"[..])));
        assert_eq!(memory.fill(100, |buffer| Ok::<usize, ()>(buffer.len() + 1)).map(<[u8]>::len), Ok(9));
        assert_eq!(memory.join(&[]), Err(TooLong));
    }

    #[test]
    fn what_is_no_path_is_refused() {
        let mut bytes = [0; Memory::SIZE];
        let mut memory = Memory::new(&mut bytes);
        assert_eq!(memory.join(&[b"a\0b"]), Err(TooLong));
        assert_eq!(memory.join(&[&[b'x'; PATH_MAX + 64]]), Err(TooLong));
        assert!(memory.join(&[&[b'x'; PATH_MAX]]).is_ok());
    }
}
