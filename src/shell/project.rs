//! What the files of tools have in common: variables as an object.

use std::borrow::Cow;
use std::ffi::OsString;

use serde_json::{Map, Value};

use super::format::Toolkit;

/// Returns a toolkit's variables; `path` is how the tool names the PATH of its own environment. Other lists
/// hold the toolkit's directories only: where one was not set, naming it would leave an empty element, which
/// stands for whatever directory a program is in.
pub(super) fn variables(toolkit: &Toolkit<'_>, path: &str) -> Map<String, Value> {
    let value = |(name, value): &(Cow<'static, str>, OsString)| {
        let own = value.to_string_lossy();
        let text = if name == "PATH" { format!("{own}:{path}") } else { own.into_owned() };
        (name.to_string(), text.into())
    };
    toolkit.variables.iter().map(value).collect()
}

/// Renders JSON as people edit it.
pub(super) fn pretty(value: &Value) -> Vec<u8> {
    let mut text = serde_json::to_vec_pretty(value).expect("a value of texts is JSON");
    text.push(b'\n');
    text
}
