//! A message for the terminal, put together without an allocator.
//!
//! Foreign text never reaches the terminal raw: control characters, what changes the direction of
//! writing, and bytes that are not Unicode are spelled out, and long texts are cut.

use crate::text::Text;

/// The most of a message that is shown, in bytes.
const MAX_SIZE: usize = 4096;
/// The most of one foreign text that is shown, in bytes.
const MAX_SHOWN: usize = 300;

/// A message under construction; what doesn't fit is left out.
#[derive(Default)]
pub struct Message(Text<MAX_SIZE>);

impl Message {
    /// Begins a message.
    #[must_use]
    pub const fn new() -> Self {
        Self(Text::new())
    }

    /// Appends a text of our own.
    #[must_use]
    pub fn say(mut self, text: &str) -> Self {
        self.push(text.as_bytes());
        self
    }

    /// Appends a foreign text, in backticks and made harmless.
    #[must_use]
    pub fn quote(mut self, text: &[u8]) -> Self {
        self.push(b"`");
        self.show(&text[..text.len().min(MAX_SHOWN)]);
        self.push(if text.len() > MAX_SHOWN { "…`" } else { "`" }.as_bytes());
        self
    }

    /// Returns the message.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    fn show(&mut self, text: &[u8]) {
        for chunk in text.utf8_chunks() {
            for character in chunk.valid().chars() {
                if is_harmless(character) {
                    self.push(character.encode_utf8(&mut [0; 4]).as_bytes());
                } else {
                    self.push(b"\\u{");
                    self.hex(u32::from(character));
                    self.push(b"}");
                }
            }
            for byte in chunk.invalid() {
                self.push(b"\\x");
                self.hex(u32::from(*byte));
            }
        }
    }

    fn hex(&mut self, number: u32) {
        let digits = 8 - (number.leading_zeros() / 4).min(6);
        for digit in (0..digits).rev() {
            let value = (number >> (4 * digit)) & 15;
            self.push(&[b"0123456789abcdef"[value as usize]]);
        }
    }

    fn push(&mut self, text: &[u8]) {
        // A message that fills a page has said enough.
        _ = self.0.push(text);
    }
}

/// Tells whether a character does nothing but stand where it is.
const fn is_harmless(character: char) -> bool {
    !matches!(character,
        '\0'..='\u{1f}' | '`' | '\u{7f}'..='\u{9f}' | '\u{ad}' | '\u{61c}' | '\u{180e}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &[u8]) -> String {
        String::from_utf8(Message::new().quote(text).as_bytes().to_vec()).expect("Unicode")
    }

    #[test]
    fn harmless_text_is_shown_as_it_is() {
        assert_eq!(shown("/home/jürgen/数据 x\\".as_bytes()), "`/home/jürgen/数据 x\\`");
        let message = Message::new().say("no ").quote(b"nvcc").say(" here\n");
        assert_eq!(message.as_bytes(), b"no `nvcc` here\n");
    }

    #[test]
    fn what_moves_the_cursor_or_the_eye_is_spelled_out() {
        assert_eq!(shown(b"\x1b]0;x\x07\xff\n`"), "`\\u{1b}]0;x\\u{07}\\xff\\u{0a}\\u{60}`");
        assert_eq!(shown("a\u{202e}b\u{9b}\u{e0041}".as_bytes()), "`a\\u{202e}b\\u{9b}\\u{e0041}`");
    }

    #[test]
    fn long_text_is_cut() {
        assert_eq!(shown(&[b'x'; 400]).len(), MAX_SHOWN + "`…`".len());
        let mut message = Message::new();
        for _ in 0..100 {
            message = message.quote(&[b'x'; 400]);
        }
        assert!(message.as_bytes().len() <= MAX_SIZE);
    }
}
