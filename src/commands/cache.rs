//! `cudaman cache`: downloads that were kept or were cut short.

use anyhow::Result;
use serde::Serialize;
use serde_json::json;

use crate::context::Context;
use crate::error::Advise as _;
use crate::model::Digest;
use crate::store::{Cached, StoreError};
use crate::ui::human_bytes;

/// Show or clear kept downloads
#[derive(clap::Args)]
pub struct Cache {
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(clap::Subcommand)]
enum Action {
    /// Remove every download that no running install is using
    Clear {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show the downloads and their sizes
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show where downloads are kept
    Path {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// One download.
#[derive(Serialize)]
struct Row {
    digest: Digest,
    path: String,
    size: u64,
    complete: bool,
}

impl Cache {
    /// Runs the command.
    ///
    /// # Errors
    /// Returns an error where the cache can't be read or changed.
    pub fn run(&self, context: &Context) -> Result<()> {
        let cache = context.store.cache();
        match self.action.as_ref().unwrap_or(&Action::List { json: false }) {
            Action::Clear { json } => {
                let bytes = cache.clear().hint_from(StoreError::hint)?;
                context.ui.say(&format!("freed {}", human_bytes(bytes)));
                if *json { Ok(context.ui.json(&json!({ "bytes": bytes }))?) } else { Ok(()) }
            }
            Action::List { json } => list(&cache.list().hint_from(StoreError::hint)?, *json, context),
            Action::Path { json } => {
                let path = cache.path().display().to_string();
                Ok(if *json { context.ui.json(&json!({ "path": path })) } else { context.ui.data(&path) }?)
            }
        }
    }
}

fn list(cached: &[Cached], json: bool, context: &Context) -> Result<()> {
    if json {
        return Ok(context.ui.json(&cached.iter().map(row).collect::<Vec<_>>())?);
    }
    cached.iter().try_for_each(|cached| Ok(context.ui.data(&line(cached))?))
}

fn row(cached: &Cached) -> Row {
    let path = cached.path.display().to_string();
    Row { digest: cached.digest, path, size: cached.size, complete: cached.is_complete }
}

fn line(cached: &Cached) -> String {
    let state = if cached.is_complete { "" } else { "  (cut short; the next install resumes it)" };
    format!("{}  {}{state}", cached.digest, human_bytes(cached.size))
}
