//! Lines that are drawn again and again in one place of a terminal, or one below the other where there is none.
//!
//! Nothing of the terminal is changed but the cursor's place, so that a program that is interrupted leaves nothing
//! to be put right; and each drawing is one write over the one before, so that nothing flickers.

use std::fmt::Write as _;
use std::io;

use super::Ui;
use crate::error::printable;

/// Where lines are drawn.
pub struct Live {
    /// Whether the cursor can be moved.
    moves: bool,
    /// How many lines the last drawing had.
    height: usize,
    /// Whether there was one.
    has_drawn: bool,
}

impl Live {
    pub(super) fn new(moves: bool) -> Self {
        Self { moves, height: 0, has_drawn: false }
    }

    /// Draws the lines, and tells whether somebody still reads.
    ///
    /// # Errors
    /// Returns what stdout answered.
    pub fn draw(&mut self, lines: &[String], ui: &Ui) -> io::Result<bool> {
        let text = if self.moves { self.over(lines, size()) } else { self.below(lines) };
        self.has_drawn = true;
        ui.stream(text.as_bytes())
    }

    /// Draws below what was drawn, after an empty line.
    fn below(&self, lines: &[String]) -> String {
        let mut text = String::from(if self.has_drawn { "\n" } else { "" });
        for line in lines {
            text.push_str(&printable(line));
            text.push('\n');
        }
        text
    }

    /// Draws over what was drawn; lines that wrapped could not be counted, so they end at the edge.
    fn over(&mut self, lines: &[String], (width, height): (usize, usize)) -> String {
        let most = height.saturating_sub(1).max(1);
        let mut text = String::new();
        if self.height > 0 {
            // Writing to a String can't fail.
            let _ = write!(text, "\r\u{1b}[{}A", self.height.min(most));
        }
        let shown = if lines.len() > most { &lines[..most - 1] } else { lines };
        for line in shown {
            let line: String = printable(line).chars().take(width).collect();
            let _ = write!(text, "{line}\u{1b}[K\r\n");
        }
        let hidden = lines.len() - shown.len();
        if hidden > 0 {
            let words: String = format!("({hidden} more lines)").chars().take(width).collect();
            let _ = write!(text, "{words}\u{1b}[K\r\n");
        }
        text.push_str("\u{1b}[J");
        self.height = shown.len() + usize::from(hidden > 0);
        text
    }
}

/// Returns the terminal's columns and rows.
fn size() -> (usize, usize) {
    let known = rustix::termios::tcgetwinsize(io::stdout()).ok();
    let known = known.map(|size| (usize::from(size.ws_col), usize::from(size.ws_row)));
    known.filter(|(width, height)| *width > 0 && *height > 0).unwrap_or((80, 24))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn a_drawing_covers_the_one_before() {
        let mut live = Live::new(true);
        assert_eq!(live.over(&lines(&["one", "two"]), (80, 24)), "one\u{1b}[K\r\ntwo\u{1b}[K\r\n\u{1b}[J");
        assert!(live.over(&lines(&["one"]), (80, 24)).starts_with("\r\u{1b}[2Aone"));
        assert!(live.over(&lines(&["long line"]), (4, 24)).starts_with("\r\u{1b}[1Along\u{1b}[K"));
    }

    #[test]
    fn a_small_window_gets_what_fits() {
        let mut live = Live::new(true);
        let drawn = live.over(&lines(&["1", "2", "3", "4"]), (80, 3));
        assert_eq!(drawn, "1\u{1b}[K\r\n(3 more lines)\u{1b}[K\r\n\u{1b}[J");
        assert!(live.over(&lines(&["\u{1b}[2J"]), (80, 3)).contains("\\u{1b}[2J"));
    }

    #[test]
    fn without_a_terminal_blocks_follow_each_other() {
        let mut live = Live::new(false);
        assert_eq!(live.below(&lines(&["a"])), "a\n");
        live.has_drawn = true;
        assert_eq!(live.below(&lines(&["a", "b"])), "\na\nb\n");
    }
}
