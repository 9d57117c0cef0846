//! Advice for this machine: what is installed needs no installing, and the command is the user's own.

use std::ffi::OsString;

use crate::compat::explain::Explanation;
use crate::context::Context;
use crate::shell::quote;

/// How advice ends that runs an example.
const EXAMPLE: &str = "` runs with it";

/// Fits advice to the store and to the command that was run, if one was.
pub(super) fn reconcile(
    found: Vec<Explanation>,
    command: &[OsString],
    context: &Context,
) -> Vec<Explanation> {
    let words: Option<Vec<String>> = command.iter().map(shown).collect();
    let command = words.unwrap_or_default().join(" ");
    found.into_iter().map(|one| fitted(one, &command, context)).collect()
}

/// Returns a word as one would type it; none where it can't be shown in a line.
fn shown(word: &OsString) -> Option<String> {
    word.to_str().filter(|word| !word.contains(char::is_control)).map(quote::word)
}

fn fitted(mut one: Explanation, command: &str, context: &Context) -> Explanation {
    let is_there =
        |request: &&String| request.parse().is_ok_and(|request| context.store.find(&request).is_some());
    let installed = one.toolkits.iter().rev().find(is_there).cloned();
    for line in &mut one.advice {
        let example = line.strip_prefix("`cudaman exec ").and_then(|rest| rest.strip_suffix(EXAMPLE));
        let Some((request, example)) = example.and_then(|rest| rest.split_once(" -- ")) else { continue };
        let command = if command.is_empty() { example } else { command };
        let request = installed.as_deref().unwrap_or(request);
        *line = format!("`cudaman exec {request} -- {command}{EXAMPLE}");
    }
    if let Some(installed) = installed {
        one.advice.retain(|line| !line.starts_with("`cudaman install "));
        one.advice.insert(0, format!("{installed} is installed"));
    }
    one
}
