//! Reading `config.toml`: flat keys, each with a text, a number, a flag or a list, and one with entries by name.

use std::path::Path;

use super::{ConfigError, Setting, setting};

/// Returns the file's settings as text; lists are joined with their separators.
pub(super) fn read(path: &Path) -> Result<Vec<(String, String)>, ConfigError> {
    let error = |reason: String| ConfigError::File { path: path.to_owned(), reason };
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(problem) if problem.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(problem) => return Err(error(problem.to_string())),
    };
    let table: toml::Table =
        text.parse().map_err(|problem: toml::de::Error| error(problem.message().to_owned()))?;
    table.into_iter().map(|(key, value)| Ok((key.clone(), flat_text(&key, value).map_err(error)?))).collect()
}

fn flat_text(key: &str, value: toml::Value) -> Result<String, String> {
    if setting(key).is_some_and(Setting::has_entries) {
        return entries(key, value);
    }
    match value {
        toml::Value::String(text) => Ok(text),
        toml::Value::Boolean(flag) => Ok(flag.to_string()),
        toml::Value::Integer(number) => Ok(number.to_string()),
        toml::Value::Float(number) => Ok(number.to_string()),
        toml::Value::Array(items) => {
            let separator = setting(key).and_then(|setting| setting.separator).unwrap_or(',').to_string();
            let items = items.into_iter().map(|item| flat_text(key, item)).collect::<Result<Vec<_>, _>>()?;
            Ok(items.join(&separator))
        }
        toml::Value::Datetime(_) | toml::Value::Table(_) => {
            Err(format!("`{key}` has neither text nor a list"))
        }
    }
}

/// Returns `name=value,name=value`.
fn entries(key: &str, value: toml::Value) -> Result<String, String> {
    let toml::Value::Table(entries) = value else {
        return Err(format!("`{key}` has names, as in `{key}.frameworks = \"local\"`"));
    };
    let entry = |(name, value): (String, toml::Value)| match value.as_str() {
        // Neither may smuggle in another entry.
        Some(text) if !format!("{name}{text}").contains([',', '=']) => Ok(format!("{name}={text}")),
        _ => Err(format!("`{key}.{}` is no text, or has a comma or `=` in it", name.escape_default())),
    };
    Ok(entries.into_iter().map(entry).collect::<Result<Vec<_>, _>>()?.join(","))
}
