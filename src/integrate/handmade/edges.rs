//! How a line stands among its neighbours: whether it is complete in itself, and what it opens and
//! closes at its ends. It decides whether the line can be taken out and leave a valid script.

use super::words::{Dialect, Token};

/// What a line has at its ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Edges {
    /// Every `if` in it has its `fi`, and none stands alone.
    pub(super) is_balanced: bool,
    /// It begins with what ends a body: `fi`, `}`.
    pub(super) closes: bool,
    /// It begins with what needs the command before: `and`.
    pub(super) follows: bool,
    /// It ends with what needs a command behind: `&&`.
    pub(super) joins: bool,
    /// It ends with what begins a body: `then`, `{`.
    pub(super) opens: bool,
}

/// The reserved words of a dialect.
struct Grammar {
    openers: &'static [&'static str],
    closers: &'static [&'static str],
    middles: &'static [&'static str],
    /// Words before a command, after which the next word can be reserved too.
    prefixes: &'static [&'static str],
    /// Whether a body must hold a command (bash, dash and ksh refuse one without; fish and csh don't).
    needs_bodies: bool,
}

const SH: Grammar = Grammar {
    openers: &["case", "for", "if", "select", "until", "while", "{"],
    closers: &["done", "esac", "fi", "}"],
    middles: &["do", "elif", "else", "then"],
    prefixes: &["!", "do", "elif", "else", "if", "then", "until", "while", "{"],
    needs_bodies: true,
};

const FISH: Grammar = Grammar {
    openers: &["begin", "for", "function", "if", "switch", "while"],
    closers: &["end"],
    middles: &["case", "else"],
    prefixes: &["and", "begin", "not", "or", "while"],
    needs_bodies: false,
};

const CSH: Grammar = Grammar {
    openers: &["foreach", "switch", "while"],
    closers: &["end", "endif", "endsw"],
    middles: &["breaksw", "case", "default", "default:", "else"],
    prefixes: &[],
    needs_bodies: false,
};

/// Looks at the words of a line.
pub(super) fn edges(tokens: &[Token], dialect: Dialect) -> Edges {
    let grammar = match dialect {
        Dialect::Csh => &CSH,
        Dialect::Fish => &FISH,
        Dialect::Sh => &SH,
    };
    let first = tokens.first().map(text).unwrap_or_default();
    let last = tokens.last().map(text).unwrap_or_default();
    let is_join = |sign: &str| matches!(sign, "&&" | "||" | "|");
    let begins_with = |words: &[&str]| words.contains(&first);
    let needs_bodies = grammar.needs_bodies;
    Edges {
        is_balanced: is_balanced(tokens, grammar) && !(dialect == Dialect::Csh && last == "then"),
        closes: needs_bodies
            && (first == ")" || begins_with(grammar.closers) || begins_with(grammar.middles)),
        follows: is_join(first) || begins_with(&["and", "or"]),
        joins: is_join(last),
        opens: needs_bodies && (last == "(" || grammar.prefixes.contains(&last)),
    }
}

fn text(token: &Token) -> &str {
    match token {
        Token::Sign(text) | Token::Word(text) => text,
    }
}

fn is_balanced(tokens: &[Token], grammar: &Grammar) -> bool {
    let mut depth = 0_usize;
    let mut at_start = true;
    for token in tokens {
        let word = text(token);
        let is_sign = matches!(token, Token::Sign(_));
        let is_reserved = at_start && !is_sign;
        let opens = if is_sign { word == "(" } else { is_reserved && grammar.openers.contains(&word) };
        let closes = if is_sign { word == ")" } else { is_reserved && grammar.closers.contains(&word) };
        let needs_depth = closes || is_reserved && grammar.middles.contains(&word);
        if needs_depth && depth == 0 {
            return false;
        }
        depth = depth + usize::from(opens) - usize::from(closes);
        at_start = is_sign || is_reserved && grammar.prefixes.contains(&word);
    }
    depth == 0 && !matches!(tokens.last().map(text), Some("&&" | "||" | "|"))
}

#[cfg(test)]
mod tests {
    use super::super::words::Reader;
    use super::*;

    fn of(dialect: Dialect, line: &str) -> Edges {
        edges(&Reader::new(dialect).line(line).tokens, dialect)
    }

    #[test]
    fn complete_lines_are_balanced_and_parts_are_not() {
        for line in [
            "export A=b",
            "if [ -d /x ]; then export A=b; else A=c; fi",
            "[ -d /x ] && { A=b; }",
            "for i in a b; do if x; then y; fi; done",
            "f() { A=b; }",
            "(A=b; c)",
            "echo fi if then",
        ] {
            assert!(of(Dialect::Sh, line).is_balanced, "{line}");
        }
        for line in [
            "if [ -d /x ]; then A=b",
            "then A=b",
            "A=b; fi",
            "else A=b",
            "f() { A=b",
            "A=b; }",
            "A=b )",
            "A=b &&",
            "x) A=b ;;",
            "fi; if x; then A=b",
        ] {
            assert!(!of(Dialect::Sh, line).is_balanced, "{line}");
        }
        for (line, balanced) in
            [("if x; set A b; end", true), ("if x; set A b", false), ("else; set A b", false)]
        {
            assert_eq!(of(Dialect::Fish, line).is_balanced, balanced, "{line}");
        }
        for (line, balanced) in
            [("if ( -d /x ) setenv A b", true), ("if ( -d /x ) then", false), ("endif", false)]
        {
            assert_eq!(of(Dialect::Csh, line).is_balanced, balanced, "{line}");
        }
    }

    #[test]
    fn ends_tell_what_a_line_needs() {
        let (opening, closing) = (of(Dialect::Sh, "if x; then"), of(Dialect::Sh, "fi"));
        assert!(opening.opens && !opening.closes && closing.closes && !closing.opens);
        assert!(of(Dialect::Sh, "f() {").opens && of(Dialect::Sh, "} > /dev/null").closes);
        assert!(of(Dialect::Sh, "x &&").joins && of(Dialect::Fish, "and x").follows);
        assert!(!of(Dialect::Sh, ";;").closes, "the body of a case may be empty");
        assert!(!of(Dialect::Fish, "if x; begin").opens);
    }
}
