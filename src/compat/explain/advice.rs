//! The commands that answers name, in one spelling.

use crate::model::Version;

/// Says how to get a toolkit, and how to use it for one command.
pub(super) fn toolkit(request: &str, command: &str) -> Vec<String> {
    vec![install(request), format!("`cudaman exec {request} -- {command}` runs with it")]
}

/// Says how to get a toolkit.
pub(super) fn install(request: &str) -> String {
    format!("`cudaman install {request}`")
}

/// Names several CUDA lines: `10.1`, `10.1 to 11.8`.
pub(super) fn span(lines: &[Version]) -> String {
    match lines {
        [] => String::new(),
        [only] => only.to_string(),
        [first, .., last] => format!("{first} to {last}"),
    }
}
