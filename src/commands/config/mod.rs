//! `cudaman config`: shows and changes the settings in `config.toml`.

mod entry;
mod host_compiler;

use anyhow::{Context as _, Result};
use serde_json::{Map, Value, json};
use toml_edit::{Array, DocumentMut, InlineTable, value};

use crate::config::{ConfigError, SETTINGS, Setting, entry_of, setting};
use crate::context::Context;
use crate::error::{Advise as _, advised};

/// Show or change settings
#[derive(clap::Args)]
pub struct Config {
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(clap::Subcommand)]
enum Action {
    /// Show one setting in force
    Get {
        /// The setting
        key: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show every setting in force, with what it is for
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    HostCompiler(host_compiler::HostCompiler),
    /// Show where the settings are kept
    Path {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Change a setting
    Set {
        /// The setting
        key: String,
        /// Its value; lists as in the environment variable
        value: String,
    },
    /// Go back to a setting's default
    Unset {
        /// The setting
        key: String,
    },
}

impl Config {
    /// Runs the command.
    ///
    /// # Errors
    /// Returns an error for an unknown setting, a value that doesn't fit, or a file that can't be written.
    pub fn run(&self, context: &Context) -> Result<()> {
        match self.action.as_ref().unwrap_or(&Action::List { json: false }) {
            Action::Get { key, json } if entry_of(key).is_some() => entry::show(key, *json, context),
            Action::Set { key, value } if entry_of(key).is_some() => entry::set(key, value, context),
            Action::Unset { key } if entry_of(key).is_some() => entry::unset(key, context),
            Action::Get { key, json: false } => Ok(context.ui.data(&known(key)?.value(&context.config))?),
            Action::Get { key, json: true } => Ok(context.ui.json(&object([known(key)?], context))?),
            Action::List { json } => list(*json, context),
            Action::Path { json } => {
                let path = context.store.config_file().display().to_string();
                Ok(if *json { context.ui.json(&json!({ "path": path })) } else { context.ui.data(&path) }?)
            }
            Action::HostCompiler(command) => command.run(context),
            Action::Set { key, value } => {
                set(key, value, context)?;
                if key == "host-compiler" {
                    let advice =
                        "`cudaman config host-compiler` changes the toolkits that are installed, too";
                    context.ui.say(&format!("note: this is for what is installed from now on; {advice}"));
                }
                Ok(())
            }
            Action::Unset { key } => {
                let setting = known(key)?;
                edit(context, |document| {
                    document.remove(setting.key);
                })
            }
        }
    }
}

fn set(key: &str, value: &str, context: &Context) -> Result<()> {
    let setting = known(key)?;
    let items = setting.check(value, context.config.allow_http).hint_from(ConfigError::hint)?;
    edit(context, |document| {
        document[setting.key] = item(setting, items);
    })
}

fn known(key: &str) -> Result<&'static Setting> {
    setting(key).ok_or_else(|| {
        advised(format!("`{key}` is not a setting of cudaman"), "`cudaman config list` shows every setting")
    })
}

fn list(json: bool, context: &Context) -> Result<()> {
    if json {
        return Ok(context.ui.json(&object(SETTINGS, context))?);
    }
    for setting in SETTINGS {
        let value = setting.value(&context.config);
        context
            .ui
            .data(&format!("{} = {value}\n    {} ({})", setting.key, setting.help, setting.variable))?;
    }
    Ok(())
}

fn object<'a>(settings: impl IntoIterator<Item = &'a Setting>, context: &Context) -> Map<String, Value> {
    let value = |setting: &Setting| (setting.key.to_owned(), setting.value(&context.config).into());
    settings.into_iter().map(value).collect()
}

fn item(setting: &Setting, items: Vec<String>) -> toml_edit::Item {
    if setting.has_entries() {
        let entries = items.iter().filter_map(|item| item.split_once('='));
        return value(entries.map(|(name, text)| (name.trim(), text.trim())).collect::<InlineTable>());
    }
    if setting.is_list() {
        return value(items.into_iter().collect::<Array>());
    }
    let text = items.into_iter().next().unwrap_or_default();
    match (text.as_str(), text.parse::<i64>()) {
        ("true", _) => value(true),
        ("false", _) => value(false),
        (_, Ok(number)) => value(number),
        _ => value(text),
    }
}

/// Changes the file, keeping its comments and its order.
fn edit(context: &Context, change: impl FnOnce(&mut DocumentMut)) -> Result<()> {
    context.prepare()?;
    context.store.edit_config(|text| {
        let path = context.store.config_file();
        let mut document: DocumentMut =
            text.parse().with_context(|| format!("could not read `{}`", path.display()))?;
        change(&mut document);
        anyhow::Ok(document.to_string())
    })
}
