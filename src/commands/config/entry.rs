//! One entry of a setting that has them by name: `tables.frameworks`.

use anyhow::Result;
use serde_json::json;
use toml_edit::value;

use super::edit;
use crate::config::{Acceptance, ConfigError, entry_of};
use crate::context::Context;
use crate::error::Advise as _;

/// Shows what is in force for an entry; nothing where it isn't set.
pub(super) fn show(key: &str, json: bool, context: &Context) -> Result<()> {
    let Some((_, name)) = entry_of(key) else { return Ok(()) };
    let text = context.config.tables.get(name).map(ToString::to_string).unwrap_or_default();
    if json {
        return Ok(context.ui.json(&json!({ key: text }))?);
    }
    Ok(context.ui.data(&text)?)
}

/// Changes an entry, and no other.
pub(super) fn set(key: &str, text: &str, context: &Context) -> Result<()> {
    let Some((setting, name)) = entry_of(key) else { return Ok(()) };
    let refuse = |reason: String| {
        let origin = "on the command line".to_owned();
        ConfigError::Value { key: setting, value: text.to_owned(), origin, reason }
    };
    let acceptance: Acceptance = text.parse().map_err(refuse).hint_from(ConfigError::hint)?;
    edit(context, |document| document[setting][name] = value(acceptance.to_string()))
}

/// Removes an entry, and no other.
pub(super) fn unset(key: &str, context: &Context) -> Result<()> {
    let Some((setting, name)) = entry_of(key) else { return Ok(()) };
    edit(context, |document| {
        if let Some(entries) = document.get_mut(setting).and_then(|item| item.as_table_like_mut()) {
            entries.remove(name);
        }
    })
}
