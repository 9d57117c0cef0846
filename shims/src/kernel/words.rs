//! The lists of texts that a program is started with: arguments and environment.
//!
//! Texts are never copied: a list is an array of pointers, as long as it has to be, so that its size
//! is bounded by the kernel's limits only.

use core::ffi::{CStr, c_char};
use core::marker::PhantomData;

use crate::memory::Memory;
use crate::text::TooLong;

/// A pointer to a text that ends with a NUL and lives for `'a`, or the null that closes a list.
#[repr(transparent)]
#[derive(Clone, Copy)]
pub struct Word<'a>(*const c_char, PhantomData<&'a CStr>);

impl<'a> Word<'a> {
    /// The null at the end of a list.
    pub const END: Self = Self(core::ptr::null(), PhantomData);

    /// Points to a text.
    #[must_use]
    pub const fn new(text: &'a CStr) -> Self {
        Self(text.as_ptr(), PhantomData)
    }

    /// Returns the text, empty for the null.
    #[must_use]
    pub fn text(self) -> &'a [u8] {
        if self.0.is_null() {
            return &[];
        }
        // SAFETY: a word that is not null points to a text with a NUL that lives for 'a.
        unsafe { CStr::from_ptr(self.0) }.to_bytes()
    }

    /// Returns what follows `name=`, if the text is that variable. Looks at no more than the name.
    #[must_use]
    pub fn value_of(self, name: &str) -> Option<Word<'a>> {
        let mut rest = self.0;
        if rest.is_null() {
            return None;
        }
        for byte in name.bytes().chain([b'=']) {
            // SAFETY: no byte before this one was the NUL that ends the text, since all were equal
            // to bytes of a name, so this byte and the next position lie within it.
            if unsafe { *rest.cast::<u8>() } != byte || byte == 0 {
                return None;
            }
            // SAFETY: as above.
            rest = unsafe { rest.add(1) };
        }
        Some(Self(rest, PhantomData))
    }

    /// Returns the words of a list that is closed by a null.
    ///
    /// # Safety
    /// `list` must point to pointers to texts with a NUL, the last pointer being null, and all of it
    /// must stay unchanged for `'a`.
    #[must_use]
    pub unsafe fn list(list: *const Self) -> &'a [Self] {
        let mut length = 0;
        // SAFETY: the null is not passed, by the caller's promise that there is one.
        while !unsafe { *list.add(length) }.0.is_null() {
            length += 1;
        }
        // SAFETY: these words were just looked at, and they live for 'a.
        unsafe { core::slice::from_raw_parts(list, length) }
    }
}

/// A list of words with a null at its end.
pub struct WordList<'a> {
    words: &'a mut [Word<'a>],
    length: usize,
}

impl<'a> WordList<'a> {
    /// Returns how much memory a list for up to `capacity` words takes.
    #[must_use]
    pub const fn size(capacity: usize) -> usize {
        (capacity + 2) * size_of::<Word<'_>>()
    }

    /// Makes an empty list for up to `capacity` words.
    ///
    /// # Errors
    /// Fails if there is no memory.
    pub fn new(capacity: usize, memory: &mut Memory<'a>) -> Result<Self, TooLong> {
        let memory = memory.take(Self::size(capacity))?;
        memory.fill(0);
        // SAFETY: zeros are nulls, which are words.
        let (_, words, _) = unsafe { memory.align_to_mut::<Word<'a>>() };
        Ok(Self { words, length: 0 })
    }

    /// Appends a word.
    ///
    /// # Errors
    /// Fails if there are more than the list was made for.
    pub fn push(&mut self, word: Word<'a>) -> Result<(), TooLong> {
        // The last place stays a null.
        let Some([place, _, ..]) = self.words.get_mut(self.length..) else { return Err(TooLong) };
        *place = word;
        self.length += 1;
        Ok(())
    }

    /// Returns the address of the first word. The list is closed by a null.
    pub(super) fn address(&self) -> usize {
        self.words.as_ptr() as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_found_by_their_whole_name() {
        let word = Word::new(c"CUDA_HOME=/x=y");
        assert_eq!(word.value_of("CUDA_HOME").map(Word::text), Some(&b"/x=y"[..]));
        assert!(word.value_of("CUDA").is_none() && word.value_of("CUDA_HOME_").is_none());
        assert!(Word::new(c"CUDA").value_of("CUDA_HOME").is_none());
        assert!(Word::new(c"").value_of("A").is_none() && Word::END.value_of("A").is_none());
        assert_eq!(Word::new(c"A=").value_of("A").map(Word::text), Some(&b""[..]));
    }

    #[test]
    fn lists_are_closed_however_long_they_are() {
        for capacity in [0, 1, 3, 511, 100_000] {
            let mut bytes = vec![7; WordList::size(capacity) + 1];
            // Wherever the memory begins, the words in it are aligned.
            let mut list = WordList::new(capacity, &mut Memory::new(&mut bytes[1..])).expect("memory");
            for _ in 0..capacity {
                list.push(Word::new(c"x")).expect("room");
            }
            while list.push(Word::new(c"one more")).is_ok() {}
            // SAFETY: the list was made of texts that live as long as the program, and is closed.
            let words = unsafe { Word::list(list.address() as *const Word<'_>) };
            assert!((capacity..capacity + 2).contains(&words.len()));
            assert!(words.iter().take(capacity).all(|word| word.text() == b"x"));
        }
        assert!(WordList::new(1, &mut Memory::new(&mut [0; 8])).is_err());
    }
}
