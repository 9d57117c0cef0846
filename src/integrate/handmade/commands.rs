//! The simple commands of a line, as far as they set variables, and how the line stands among its
//! neighbours: whether it is complete, and what it opens and closes.

use super::recognise::is_variable;
use super::words::{Dialect, Token};

/// What a command does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Command {
    /// Something else.
    Other,
    /// Nothing that lasts: a test, a bare `export PATH`.
    Quiet,
    /// Reads a script.
    Reads(String),
    /// Sets a variable.
    Sets(String, String),
}

/// Words before a command that are none themselves.
const PREFIXES: &[&str] =
    &["if", "then", "else", "elif", "while", "until", "do", "{", "!", "begin", "and", "or", "not"];

/// Words that only close what a line opened.
const CLOSERS: &[&str] = &["fi", "done", "}", "end", "endif"];

/// Commands that leave nothing behind.
const QUIET: &[&str] = &["[", "[[", "test", ":", "true", "false", "contains", "type", "which"];

/// What zsh and csh, and fish, make PATH of.
pub(super) const PATHS: &[&str] = &["path", "fish_user_paths"];

/// Returns what each command of a line does.
pub(super) fn commands(tokens: &[Token], dialect: Dialect) -> Vec<Command> {
    let mut commands = Vec::new();
    let mut words: Vec<&str> = Vec::new();
    let mut is_condition = false;
    let mut is_target = false;
    for token in tokens {
        match token {
            // Where it is redirected to is no argument.
            Token::Sign(sign) if sign.starts_with(['<', '>']) => is_target = true,
            Token::Sign(sign) => {
                commands.extend(meaning(&words, is_condition, dialect));
                words.clear();
                is_condition = dialect == Dialect::Csh && sign == "(";
            }
            Token::Word(word) if !is_target => words.push(word),
            Token::Word(_) => is_target = false,
        }
    }
    commands.extend(meaning(&words, is_condition, dialect));
    commands
}

fn meaning(words: &[&str], is_condition: bool, dialect: Dialect) -> Vec<Command> {
    let start = words.iter().position(|word| !PREFIXES.contains(word)).unwrap_or(words.len());
    let words: Vec<&str> = words[start..].iter().copied().filter(|word| *word != "2").collect();
    let Some((first, arguments)) = words.split_first() else { return Vec::new() };
    if is_condition || QUIET.contains(first) || CLOSERS.contains(first) && arguments.is_empty() {
        return vec![Command::Quiet];
    }
    match (*first, dialect) {
        ("command", _) if arguments.first() == Some(&"-v") => vec![Command::Quiet],
        ("." | "source", _) => {
            vec![arguments.first().map_or(Command::Other, |path| Command::Reads((*path).to_owned()))]
        }
        ("set", Dialect::Fish) => fish_set(arguments),
        ("fish_add_path", Dialect::Fish) => vec![sets("PATH", &without_options(arguments).join(":"))],
        ("setenv", Dialect::Csh) => vec![named(arguments)],
        ("set", Dialect::Csh) => vec![csh_set(arguments)],
        ("pathmunge", Dialect::Sh) => {
            vec![arguments.first().map_or(Command::Other, |path| sets("PATH", path))]
        }
        ("declare" | "export" | "local" | "readonly" | "typeset", Dialect::Sh)
        | ("export", Dialect::Fish) => without_options(arguments).into_iter().map(exported).collect(),
        // With a command behind it, an assignment is for that command alone.
        _ => {
            let all: Option<Vec<Command>> = words.iter().map(|word| assignment(word)).collect();
            all.filter(|_| dialect == Dialect::Sh).unwrap_or_else(|| vec![Command::Other])
        }
    }
}

fn exported(word: &str) -> Command {
    let bare = if is_variable(word) { Command::Quiet } else { Command::Other };
    assignment(word).unwrap_or(bare)
}

fn assignment(word: &str) -> Option<Command> {
    let (name, value) = word.split_once('=')?;
    let name = name.strip_suffix('+').unwrap_or(name);
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    is_name.then(|| sets(name, value))
}

fn fish_set(arguments: &[&str]) -> Vec<Command> {
    let options = arguments.iter().take_while(|word| word.starts_with('-'));
    let only_looks = |option: &&str| {
        let short = !option.starts_with("--") && option.contains(['e', 'q', 'n', 'S']);
        short || ["--erase", "--query", "--names", "--show"].contains(option)
    };
    if options.copied().any(|option| only_looks(&option)) {
        return vec![Command::Quiet];
    }
    vec![named(&without_options(arguments))]
}

/// A name, and the value or the values behind it.
fn named(words: &[&str]) -> Command {
    words.split_first().map_or(Command::Other, |(name, values)| sets(name, &values.join(":")))
}

/// `set name = value`, `set name=value`, `set name = (value value)`.
fn csh_set(words: &[&str]) -> Command {
    let joined = words.join(" ").replacen(" = ", "=", 1);
    joined.split_once('=').map_or(Command::Other, |(name, value)| sets(name.trim(), value.trim()))
}

fn sets(name: &str, value: &str) -> Command {
    let name = if PATHS.contains(&name) { "PATH" } else { name };
    Command::Sets(name.to_owned(), value.to_owned())
}

fn without_options<'a>(words: &[&'a str]) -> Vec<&'a str> {
    words.iter().copied().filter(|word| !word.starts_with('-')).collect()
}
