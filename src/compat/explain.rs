//! What an error text means: its cause, the line that shows it, and what to do. It reads the text only, and
//! says nothing about what it doesn't know.

mod advice;
mod answers;
mod libraries;
mod rules;
mod text;

use serde::Serialize;

use self::rules::rules;
use self::text::Text;

/// What is the matter, by one line of the text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// Which rule found it: a name that doesn't change.
    pub rule: &'static str,
    /// What is the matter.
    pub cause: String,
    /// The line of the text that shows it.
    pub evidence: String,
    /// What to do: commands, with what they are for.
    pub advice: Vec<String>,
    /// Requests of the toolkits that would do, any of them, oldest first.
    #[serde(skip)]
    pub toolkits: Vec<String>,
}

/// A kind of error: the words by which it is known, and what they mean.
struct Rule {
    name: &'static str,
    /// Any of these in a line, in small letters.
    marks: &'static [&'static str],
    answer: fn(&Found<'_>) -> Option<Answer>,
}

/// Where a rule's words are.
struct Found<'t> {
    /// The text from there on, in one line.
    rest: &'t str,
    /// All of it.
    whole: &'t Text,
}

/// What a rule says.
struct Answer {
    cause: String,
    advice: Vec<String>,
    toolkits: Vec<String>,
}

/// Explains a text, the kinds of errors in the order of the rules; nothing is said of what isn't known.
///
/// ```
/// let text = "nvcc fatal   : Unsupported gpu architecture 'compute_86'";
/// let explained = cudaman::compat::explain::explain(text);
/// assert_eq!(explained[0].rule, "unsupported-architecture");
/// assert!(explained[0].cause.contains("11.1"));
/// ```
#[must_use]
pub fn explain(text: &str) -> Vec<Explanation> {
    let whole = Text::new(text);
    rules().filter_map(|rule| rule.explain(&whole)).collect()
}

impl Rule {
    fn explain(&self, whole: &Text) -> Option<Explanation> {
        let (line, at, rest) = whole.find(self.marks)?;
        let answer = (self.answer)(&Found { rest: &rest, whole })?;
        let evidence = text::shortened(line, at);
        let Answer { cause, advice, toolkits } = answer;
        Some(Explanation { rule: self.name, cause, evidence, advice, toolkits })
    }
}

impl Answer {
    fn new(cause: impl Into<String>, advice: &[&str]) -> Self {
        let advice = advice.iter().map(|line| (*line).to_owned()).collect();
        Self { cause: cause.into(), advice, toolkits: Vec::new() }
    }

    /// Says that any of these toolkits will do, and how to get the last of them and to run a command with it.
    fn of_toolkits(cause: String, toolkits: Vec<String>, command: &str) -> Self {
        let advice = toolkits.last().map(|newest| advice::toolkit(newest, command)).unwrap_or_default();
        Self { cause, advice, toolkits }
    }
}

#[cfg(test)]
pub(crate) mod tests;
