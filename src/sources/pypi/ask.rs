//! Asks the installed pip, else uv, which index it would use where nothing is configured.
//!
//! The answer is read from the public help text of `pip install`, which states the index in effect
//! after `--index-url`: it needs no network, and pip's own settings are in it. (The report of
//! `--dry-run --report` names the host of the files, which is another one than the index.) An
//! answer is kept for the life of the process and nowhere else.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::process;
use crate::model::Environment;

/// For all programs together.
const PATIENCE: Duration = Duration::from_secs(15);

const QUESTIONS: &[(&str, &[&str])] = &[
    ("python3", &["-m", "pip", "install", "--help"]),
    ("pip3", &["install", "--help"]),
    ("pip", &["install", "--help"]),
    ("python", &["-m", "pip", "install", "--help"]),
    ("uv", &["pip", "install", "--help"]),
];

/// Returns the address of the index that the installed pip or uv would use.
pub(super) fn default_index(environment: &Environment) -> Option<String> {
    static ANSWER: Mutex<Option<(Environment, Option<String>)>> = Mutex::new(None);
    let mut known = ANSWER.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((of, answer)) = known.as_ref()
        && of == environment
    {
        return answer.clone();
    }
    let deadline = Instant::now() + PATIENCE;
    let answer = QUESTIONS.iter().find_map(|(name, arguments)| {
        let program = process::program(name, environment)?;
        index_in_help(&process::output(&program, arguments, environment, deadline)?)
    });
    *known = Some((environment.clone(), answer.clone()));
    answer
}

/// Finds `(default https://…)` of pip or `(by default: <https://…>)` of uv in a help text.
fn index_in_help(help: &str) -> Option<String> {
    let start = ["--default-index", "--index-url"].iter().find_map(|option| {
        let at = help.find(&format!("{option} <"))?;
        Some(at + option.len())
    })?;
    // Only what is said about this option, which ends where the next one starts.
    let section = &help[start..];
    let section = &section[..section.find("\n  -").unwrap_or(section.len())];
    let default = &section[section.find("default")?..];
    let address = &default[default.find("http")?..];
    let end = address.find(|character: char| character.is_whitespace() || ")>]".contains(character));
    let address = &address[..end.unwrap_or(address.len())];
    // pip hides passwords: such an address is of no use.
    (!address.contains("****")).then(|| address.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_read_from_either_help() {
        let pip = "Options:\n  -i, --index-url <url>       Base URL of the index (default https://index.example/simple). This\n                              should\n  --extra-index-url <url>     (default http://wrong.example)\n";
        assert_eq!(index_in_help(pip).as_deref(), Some("https://index.example/simple"));
        let uv = "      --index <INDEX>\n          further\n      --default-index <DEFAULT_INDEX>\n          The index (by default: <https://index.example/simple>)\n      --x\n";
        assert_eq!(index_in_help(uv).as_deref(), Some("https://index.example/simple"));
    }

    #[test]
    fn other_texts_hold_none() {
        for help in [
            "",
            "--index-url <url>",
            "  --index-url <url>  Base (default none)\n  --other <url> https://wrong.example",
            "  --index-url <url>  (default https://user:****@index.example/simple)\n",
        ] {
            assert_eq!(index_in_help(help), None, "{help}");
        }
    }

    #[test]
    fn without_programs_there_is_no_answer() {
        assert_eq!(default_index(&Environment::default()), None);
    }
}
