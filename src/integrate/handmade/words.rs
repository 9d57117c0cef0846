//! Reads lines of shell text as words and signs, as far as recognising what a line sets needs it.
//!
//! Nothing is expanded and nothing is run. What goes on over several lines, a quoted text or a
//! here-document, is carried from line to line.

use std::mem::take;

/// The families of shells whose start-up files are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// csh, tcsh.
    Csh,
    /// fish.
    Fish,
    /// sh, bash, zsh, ksh; and `/etc/environment`, which has nothing but assignments.
    Sh,
}

/// A piece of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// What separates commands: `;`, `&&`, `(`.
    Sign(String),
    /// A word without its quotes; a list in parentheses that is assigned is one word.
    Word(String),
}

/// What a line turned out to be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Words {
    /// Its words and signs, none where it is the content of a here-document.
    pub(super) tokens: Vec<Token>,
    /// Whether it begins where no quote, list, continuation or document is open.
    pub(super) begins_whole: bool,
    /// Whether it ends so as well.
    pub(super) is_whole: bool,
}

/// What is open at a place in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Open {
    Backquote,
    Brace,
    /// `$'…'`, where a backslash escapes.
    Dollar,
    Double,
    /// A list in parentheses, or `$(…)`.
    Parenthesis,
    Single,
}

/// A here-document.
struct Document {
    end: String,
    /// Tabs before its end don't count: `<<-`.
    is_indented: bool,
}

/// Reads one line after the other.
pub(super) struct Reader {
    dialect: Dialect,
    open: Vec<Open>,
    is_continued: bool,
    documents: Vec<Document>,
    tokens: Vec<Token>,
    word: Option<String>,
}

impl Reader {
    pub(super) fn new(dialect: Dialect) -> Self {
        let (open, documents, tokens) = (Vec::new(), Vec::new(), Vec::new());
        Self { dialect, open, is_continued: false, documents, tokens, word: None }
    }

    /// Tells whether something is open that a later line must close.
    pub(super) fn is_open(&self) -> bool {
        !self.open.is_empty() || !self.documents.is_empty()
    }

    /// Reads the next line, given without its line break.
    pub(super) fn line(&mut self, line: &str) -> Words {
        if let Some(document) = self.documents.first() {
            let line = if document.is_indented { line.trim_start_matches('\t') } else { line };
            if line == document.end {
                self.documents.remove(0);
            }
            return Words::default();
        }
        let is_continuation = take(&mut self.is_continued);
        let begins_whole = self.open.is_empty() && !is_continuation;
        self.read(line);
        self.finish_word();
        let tokens = take(&mut self.tokens);
        if self.dialect == Dialect::Csh && !self.is_continued {
            // csh refuses a quote that is open at the end of a line.
            self.open.clear();
        }
        if self.dialect == Dialect::Sh {
            self.documents = documents(&tokens);
        }
        let is_whole = begins_whole && !self.is_open() && !self.is_continued;
        Words { tokens, begins_whole, is_whole }
    }

    fn read(&mut self, line: &str) {
        let mut rest = line;
        while let Some(character) = rest.chars().next() {
            let after = &rest[character.len_utf8()..];
            if character == '\\' && self.escapes(after) {
                let Some(escaped) = after.chars().next() else {
                    self.is_continued = true;
                    return;
                };
                self.push(escaped);
                rest = &after[escaped.len_utf8()..];
                continue;
            }
            if self.open.is_empty() && self.word.is_none() && character == '#' {
                return;
            }
            rest = if self.open.is_empty() {
                self.outside(character, rest)
            } else {
                self.inside(character, rest)
            };
        }
    }

    /// Tells whether a backslash takes the meaning from what follows it.
    fn escapes(&self, after: &str) -> bool {
        match (self.open.last(), self.dialect) {
            (Some(Open::Single), Dialect::Fish) => after.starts_with(['\'', '\\']),
            (Some(Open::Single), _) => false,
            (Some(Open::Double), Dialect::Csh) => after.is_empty(),
            _ => true,
        }
    }

    fn outside<'a>(&mut self, character: char, rest: &'a str) -> &'a str {
        let after = &rest[character.len_utf8()..];
        match character {
            '(' if self.begins_list() || self.dialect == Dialect::Fish => {
                self.enter(Open::Parenthesis, character);
            }
            ' ' | '\t' | '\r' => self.finish_word(),
            ';' | '&' | '|' | '(' | ')' | '<' | '>' => return self.sign(character, rest),
            _ => return self.within_word(character, rest),
        }
        after
    }

    fn inside<'a>(&mut self, character: char, rest: &'a str) -> &'a str {
        let after = &rest[character.len_utf8()..];
        let last = self.open.last().copied();
        let closes = matches!(
            (last, character),
            (Some(Open::Single | Open::Dollar), '\'')
                | (Some(Open::Double), '"')
                | (Some(Open::Backquote), '`')
                | (Some(Open::Brace), '}')
                | (Some(Open::Parenthesis), ')')
        );
        if closes {
            self.open.pop();
            let is_quote = matches!(character, '\'' | '"');
            if !is_quote || !self.open.is_empty() {
                self.push(character);
            }
            return after;
        }
        match last {
            Some(Open::Single | Open::Dollar) => self.push(character),
            Some(Open::Double) if matches!(character, '$' | '`') => return self.within_word(character, rest),
            Some(Open::Double) => self.push(character),
            // `"${x:-it's}"`: within double quotes an apostrophe is one.
            Some(Open::Brace) if character == '\'' && self.open.contains(&Open::Double) => {
                self.push(character);
            }
            Some(Open::Parenthesis) if character == '(' => self.enter(Open::Parenthesis, character),
            _ => return self.within_word(character, rest),
        }
        after
    }

    /// Reads a character that may open something within a word; returns what is left.
    fn within_word<'a>(&mut self, character: char, rest: &'a str) -> &'a str {
        let after = &rest[character.len_utf8()..];
        let has_expansions = self.dialect != Dialect::Fish;
        match character {
            '\'' => self.enter(Open::Single, character),
            '"' => self.enter(Open::Double, character),
            '`' if has_expansions => self.enter(Open::Backquote, character),
            '$' if after.starts_with('(') => {
                self.push(character);
                self.enter(Open::Parenthesis, '(');
                return &after[1..];
            }
            '$' if after.starts_with('{') && has_expansions => {
                self.push(character);
                self.enter(Open::Brace, '{');
                return &after[1..];
            }
            '$' if after.starts_with('\'') && self.dialect == Dialect::Sh && self.open.is_empty() => {
                self.enter(Open::Dollar, '\'');
                return &after[1..];
            }
            _ => self.push(character),
        }
        after
    }

    /// Quotes at the top are dropped; everything else stays readable as it was written.
    fn enter(&mut self, open: Open, character: char) {
        let is_quote = matches!(open, Open::Single | Open::Double | Open::Dollar);
        if is_quote && self.open.is_empty() {
            self.word.get_or_insert_default();
        } else {
            self.push(character);
        }
        self.open.push(open);
    }

    /// `path=(…)`, `path+=(…)`, and `set path = (…)` of csh.
    fn begins_list(&self) -> bool {
        match &self.word {
            Some(word) => word.ends_with('='),
            None => self.tokens.last() == Some(&Token::Word("=".to_owned())),
        }
    }

    fn sign<'a>(&mut self, character: char, rest: &'a str) -> &'a str {
        self.finish_word();
        let is_double = |c: &char| *c == character && !matches!(character, '(' | ')');
        let length = rest.chars().take(3).take_while(is_double).count().max(1);
        let (sign, after) = rest.split_at(length);
        // `2>&1`, `&>`, `>|`: a redirection, whatever it begins and ends with.
        if let Some(after) = rest.strip_prefix("&>") {
            self.tokens.push(Token::Sign(">".to_owned()));
            return after;
        }
        if sign == "<<" && after.starts_with('-') {
            self.tokens.push(Token::Sign("<<-".to_owned()));
            return &after[1..];
        }
        self.tokens.push(Token::Sign(sign.to_owned()));
        if sign.starts_with('>') { after.trim_start_matches(['&', '|']) } else { after }
    }

    fn push(&mut self, character: char) {
        self.word.get_or_insert_default().push(character);
    }

    fn finish_word(&mut self) {
        self.tokens.extend(self.word.take().map(Token::Word));
    }
}

/// The here-documents that a line begins.
fn documents(tokens: &[Token]) -> Vec<Document> {
    let begun = |pair: &[Token]| match pair {
        [Token::Sign(sign), Token::Word(end)] if sign == "<<" || sign == "<<-" => {
            Some(Document { end: end.clone(), is_indented: sign == "<<-" })
        }
        _ => None,
    };
    tokens.windows(2).filter_map(begun).collect()
}

#[cfg(test)]
mod tests;
