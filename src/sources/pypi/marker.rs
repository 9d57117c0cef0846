//! Environment markers: `sys_platform == 'linux' and extra == 'nvcc'`.
//!
//! Answers whether a requirement can apply on a platform with some extra and some Python. What
//! depends on the interpreter or an extra counts as true, for cudaman has neither.

use crate::model::Platform;

/// Tells whether a marker can hold on a platform; `None` if it can't be read.
pub(super) fn holds(marker: &str, platform: Platform) -> Option<bool> {
    let tokens = tokens(marker)?;
    let mut parser = Parser { tokens: &tokens, platform, depth: 0 };
    let value = parser.alternatives()?;
    parser.tokens.is_empty().then_some(value)
}

#[derive(Debug, PartialEq, Eq)]
enum Token<'a> {
    Close,
    Operator(&'a str),
    Open,
    Quoted(&'a str),
    Word(&'a str),
}

fn tokens(text: &str) -> Option<Vec<Token<'_>>> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, length) = token(first, rest)?;
        tokens.push(token);
        rest = rest[length..].trim_start();
    }
    Some(tokens)
}

fn token(first: char, rest: &str) -> Option<(Token<'_>, usize)> {
    let run = |is_part: fn(char) -> bool| rest.find(|other| !is_part(other)).unwrap_or(rest.len());
    match first {
        '(' => Some((Token::Open, 1)),
        ')' => Some((Token::Close, 1)),
        '\'' | '"' => {
            let length = rest[1..].find(first)?;
            Some((Token::Quoted(&rest[1..=length]), length + 2))
        }
        '=' | '!' | '<' | '>' | '~' => {
            let length = run(|other| "=!<>~".contains(other));
            Some((Token::Operator(&rest[..length]), length))
        }
        _ => {
            let length = run(|other| other.is_ascii_alphanumeric() || matches!(other, '_' | '.'));
            (length > 0).then(|| (Token::Word(&rest[..length]), length))
        }
    }
}

struct Parser<'a> {
    tokens: &'a [Token<'a>],
    platform: Platform,
    depth: usize,
}

/// Deeper nesting than any real marker's: parsing is recursive, and the text is foreign.
const DEPTH_LIMIT: usize = 50;

impl<'a> Parser<'a> {
    fn alternatives(&mut self) -> Option<bool> {
        let mut value = self.conjunction()?;
        while self.accept(&Token::Word("or")) {
            value |= self.conjunction()?;
        }
        Some(value)
    }

    fn conjunction(&mut self) -> Option<bool> {
        let mut value = self.term()?;
        while self.accept(&Token::Word("and")) {
            value &= self.term()?;
        }
        Some(value)
    }

    fn term(&mut self) -> Option<bool> {
        if !self.accept(&Token::Open) {
            return self.comparison();
        }
        self.depth += 1;
        if self.depth > DEPTH_LIMIT {
            return None;
        }
        let value = self.alternatives()?;
        self.depth -= 1;
        self.accept(&Token::Close).then_some(value)
    }

    fn comparison(&mut self) -> Option<bool> {
        let left = self.next()?;
        let operator = match self.next()? {
            Token::Operator(operator) => *operator,
            Token::Word("in") => "in",
            Token::Word("not") => {
                self.accept(&Token::Word("in")).then_some(())?;
                "not in"
            }
            _ => return None,
        };
        let right = self.next()?;
        let (Some(left), Some(right)) = (self.value(left)?, self.value(right)?) else { return Some(true) };
        match operator {
            "==" => Some(left == right),
            "!=" => Some(left != right),
            "in" => Some(right.contains(left)),
            "not in" => Some(!right.contains(left)),
            _ => Some(true),
        }
    }

    /// Returns what a token stands for, `Some(None)` for what is not known.
    fn value(&self, token: &Token<'a>) -> Option<Option<&'a str>> {
        match token {
            Token::Quoted(text) => Some(Some(text)),
            Token::Word("platform_machine") => Some(Some(self.platform.machine())),
            Token::Word("sys_platform") => Some(Some("linux")),
            Token::Word("platform_system") => Some(Some("Linux")),
            Token::Word("os_name") => Some(Some("posix")),
            Token::Word("and" | "or" | "in" | "not") => None,
            Token::Word(_) => Some(None),
            Token::Close | Token::Open | Token::Operator(_) => None,
        }
    }

    fn next(&mut self) -> Option<&'a Token<'a>> {
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        Some(first)
    }

    fn accept(&mut self, wanted: &Token<'_>) -> bool {
        let is_next = self.tokens.first() == Some(wanted);
        if is_next {
            self.tokens = &self.tokens[1..];
        }
        is_next
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const OLD: &str = "(sys_platform == 'linux' or sys_platform == 'win32') and extra == 'nvcc'";
    const NEW: &str = "(sys_platform == 'linux' and platform_machine == 'x86_64' or sys_platform == 'win32' and platform_machine == 'AMD64') and extra == 'all'";

    #[test]
    fn platforms_decide() {
        for platform in Platform::ALL {
            assert_eq!(holds(OLD, platform), Some(true), "{platform}");
            assert_eq!(holds(NEW, platform), Some(platform == Platform::LinuxX86_64), "{platform}");
        }
        assert_eq!(holds("sys_platform == \"win32\"", Platform::LinuxX86_64), Some(false));
        assert_eq!(holds("platform_machine not in 'x86_64 aarch64'", Platform::LinuxSbsa), Some(false));
    }

    #[test]
    fn extras_and_interpreters_do_not() {
        assert_eq!(holds("extra == 'x' and python_version < '3.9'", Platform::LinuxX86_64), Some(true));
    }

    #[test]
    fn broken_markers_are_refused() {
        let deep = "(".repeat(10_000);
        for text in ["", "and", "(sys_platform == 'linux'", "os_name = ", "'a' 'b'", "a == 'b", "é", &deep] {
            assert_eq!(holds(text, Platform::LinuxX86_64), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "((sys_platform|extra|and|or|not in|==|'linux'|[ ()'é]){0,12}|.{0,40})") {
            let _ = holds(&text, Platform::LinuxX86_64);
        }
    }
}
