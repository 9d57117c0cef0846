//! Reads Rust source as far as the layer rules need: which paths does a file name outside its tests?
//!
//! No parser: comments, literals and test items are dropped, and what is left is read as words and
//! signs. It knows nothing of scopes, so a path is what it spells.

/// A path that a file names: `crate::store::Store` or, for a macro, `println!`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Path {
    /// The words between the `::`; `*` for a glob.
    pub(super) segments: Vec<String>,
    /// The line it begins in, from 1.
    pub(super) line: usize,
}

struct Token {
    text: String,
    line: usize,
}

impl Token {
    fn is(&self, text: &str) -> bool {
        self.text == text
    }

    fn is_word(&self) -> bool {
        self.text.starts_with(is_word_character)
    }
}

/// Returns every path outside comments, literals and test items; the branches of a `use` one by one.
pub(super) fn paths(source: &str) -> Vec<Path> {
    let tokens = without_tests(tokens(&without_text(source)));
    let mut found = Vec::new();
    let mut rest = tokens.as_slice();
    while let Some(token) = rest.first() {
        rest = if token.is_word() { read_tree(rest, &[], &mut found) } else { &rest[1..] };
    }
    found
}

fn is_word_character(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// Replaces comments and literals by spaces, so that every line keeps its number.
fn without_text(source: &str) -> String {
    let characters: Vec<char> = source.chars().collect();
    let mut code = String::with_capacity(source.len());
    let mut at = 0;
    while at < characters.len() {
        let after_word = at > 0 && is_word_character(characters[at - 1]);
        let length = text_length(&characters[at..], after_word);
        let blank = |character: &char| if *character == '\n' { '\n' } else { ' ' };
        match length {
            0 => code.push(characters[at]),
            length => code.extend(characters[at..at + length].iter().map(blank)),
        }
        at += length.max(1);
    }
    code
}

/// Returns how long the comment or literal is that `rest` begins with, 0 if it begins with neither.
fn text_length(rest: &[char], after_word: bool) -> usize {
    let length = match rest {
        ['/', '/', ..] => rest.iter().position(|character| *character == '\n'),
        ['/', '*', ..] => Some(block_comment_length(rest)),
        ['"', ..] => Some(quoted_length(rest)),
        ['\'', '\\', ..] => rest.iter().skip(3).position(|character| *character == '\'').map(|end| end + 4),
        ['\'', _, '\'', ..] => Some(3),
        ['r', '#' | '"', ..] | ['b' | 'c', 'r', '#' | '"', ..] if !after_word => Some(raw_length(rest)),
        _ => Some(0),
    };
    length.unwrap_or(rest.len())
}

fn block_comment_length(rest: &[char]) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at + 1 < rest.len() {
        match (rest[at], rest[at + 1]) {
            ('/', '*') => (depth, at) = (depth + 1, at + 2),
            ('*', '/') => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

fn quoted_length(rest: &[char]) -> usize {
    let mut at = 1;
    while at < rest.len() && rest[at] != '"' {
        at += if rest[at] == '\\' { 2 } else { 1 };
    }
    rest.len().min(at + 1)
}

/// `r#type` is a word, not a literal: its length is 0.
fn raw_length(rest: &[char]) -> usize {
    let start = rest.iter().position(|character| *character == 'r').map_or(0, |at| at + 1);
    let hashes = rest[start..].iter().take_while(|character| **character == '#').count();
    let body = start + hashes;
    if rest.get(body) != Some(&'"') {
        return 0;
    }
    let closes = |end: &usize| {
        rest[*end] == '"'
            && rest[end + 1..].iter().take(hashes).filter(|next| **next == '#').count() == hashes
    };
    (body + 1..rest.len()).find(closes).map_or(rest.len(), |end| end + 1 + hashes)
}

fn tokens(code: &str) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    for (line, text) in (1..).zip(code.lines()) {
        let mut rest = text.trim_start();
        while !rest.is_empty() {
            let word = rest.find(|character| !is_word_character(character)).unwrap_or(rest.len());
            let sign = if rest.starts_with("::") { 2 } else { rest.chars().next().map_or(1, char::len_utf8) };
            let (token, behind) = rest.split_at(if word > 0 { word } else { sign });
            tokens.push(Token { text: token.to_owned(), line });
            rest = behind.trim_start();
        }
    }
    tokens
}

/// Drops every item under `#[cfg(test)]` or a `cfg` that demands `test` beside other things.
fn without_tests(tokens: Vec<Token>) -> Vec<Token> {
    let mut kept = Vec::new();
    let mut rest = tokens.into_iter().peekable();
    while let Some(token) = rest.next() {
        let is_attribute = token.is("#") && rest.peek().is_some_and(|next| next.is("["));
        kept.push(token);
        if !is_attribute {
            continue;
        }
        let attribute = take_item(&mut rest, "]");
        let has = |word: &str| attribute.iter().any(|token| token.is(word));
        if has("cfg") && has("test") && !has("not") {
            take_item(&mut rest, "}");
        } else {
            kept.extend(attribute);
        }
    }
    kept
}

/// Takes tokens up to the one that closes the outermost bracket if it is `last`, or up to a `;`.
/// Attributes between `#[cfg(test)]` and its item are closed by `]` and so belong to the item.
fn take_item(tokens: &mut impl Iterator<Item = Token>, last: &str) -> Vec<Token> {
    let mut taken = Vec::new();
    let mut depth = 0_usize;
    for token in tokens {
        match token.text.as_str() {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth = depth.saturating_sub(1),
            _ => {}
        }
        let is_end = depth == 0 && (token.is(last) || token.is(";"));
        taken.push(token);
        if is_end {
            break;
        }
    }
    taken
}

/// Reads one path or `use` tree and returns what stands behind it.
fn read_tree<'a>(tokens: &'a [Token], prefix: &[String], found: &mut Vec<Path>) -> &'a [Token] {
    let mut segments = prefix.to_vec();
    let mut rest = tokens;
    while let [word, separator, behind @ ..] = rest
        && word.is_word()
        && separator.is("::")
    {
        segments.push(word.text.clone());
        rest = behind;
    }
    let line = tokens.first().map_or(0, |token| token.line);
    match rest {
        [open, behind @ ..] if open.is("{") => return read_group(behind, &segments, found),
        [name, sign, next, ..] if name.is_word() && sign.is("!") && !next.is("=") => {
            segments.push(format!("{}!", name.text));
        }
        [last, ..] if last.is_word() || last.is("*") => segments.push(last.text.clone()),
        _ => {}
    }
    found.push(Path { segments, line });
    rest.get(1..).unwrap_or_default()
}

fn read_group<'a>(tokens: &'a [Token], prefix: &[String], found: &mut Vec<Path>) -> &'a [Token] {
    let mut rest = tokens;
    while let Some(token) = rest.first() {
        if token.is("}") {
            return &rest[1..];
        }
        if token.is("as") {
            rest = rest.get(2..).unwrap_or_default();
            continue;
        }
        let is_branch = token.is_word() || token.is("*") || token.is("{");
        rest = if is_branch { read_tree(rest, prefix, found) } else { &rest[1..] };
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spelled(source: &str) -> Vec<String> {
        paths(source).into_iter().map(|path| path.segments.join("::")).collect()
    }

    #[test]
    fn branches_of_a_use_are_told_apart() {
        let source = "use crate::{store::{self, Store}, model::*}; x(::std::env::var(a));";
        let expected = ["use", "crate::store::self", "crate::store::Store", "crate::model::*"];
        assert_eq!(spelled(source)[..4], expected);
        assert_eq!(spelled(source)[4..], ["x", "std::env::var", "a"]);
    }

    #[test]
    fn macros_are_marked_and_inequality_is_none() {
        assert_eq!(spelled("std::println!(); a != b"), ["std::println!", "a", "b"]);
    }

    #[test]
    fn text_is_not_code() {
        let source = r####"/* a /* b */ c */ let 'x: 'y' '\'' "d \" e" r#"f " g"# br"h" // i"####;
        assert_eq!(spelled(source), ["let", "x"]);
        assert_eq!(spelled("r#type"), ["r", "type"]);
    }

    #[test]
    fn tests_are_dropped_and_what_follows_is_kept() {
        let source = "#[cfg(test)] #[allow(x)] mod tests { fn a() -> [u8; 2] {} } b;
            #[cfg(all(test, unix))] use c::{d}; #[cfg(not(test))] e; #[derive(F)] g";
        let kept = spelled(source);
        assert!(["b", "e", "g"].iter().all(|word| kept.contains(&(*word).to_owned())), "{kept:?}");
        assert!(["a", "c::d"].iter().all(|word| !kept.contains(&(*word).to_owned())), "{kept:?}");
    }

    #[test]
    fn lines_are_counted_through_literals() {
        let found = paths("/*\n*/ \"\n\"\nhere");
        assert_eq!(found, [Path { segments: vec!["here".to_owned()], line: 4 }]);
    }
}
