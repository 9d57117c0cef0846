//! `cudaman cache`: downloads that were kept or were cut short.

use anyhow::Result;

use crate::context::Context;
use crate::error::Advise as _;
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
    Clear,
    /// Show the downloads and their sizes
    List,
    /// Show where downloads are kept
    Path,
}

impl Cache {
    /// Runs the command.
    ///
    /// # Errors
    /// Returns an error where the cache can't be read or changed.
    pub fn run(&self, context: &Context) -> Result<()> {
        let cache = context.store.cache();
        match self.action.as_ref().unwrap_or(&Action::List) {
            Action::Clear => {
                let bytes = cache.clear().hint_from(StoreError::hint)?;
                context.ui.say(&format!("freed {}", human_bytes(bytes)));
                Ok(())
            }
            Action::List => cache
                .list()
                .hint_from(StoreError::hint)?
                .iter()
                .try_for_each(|cached| Ok(context.ui.data(&line(cached))?)),
            Action::Path => Ok(context.ui.data(&cache.path().display().to_string())?),
        }
    }
}

fn line(cached: &Cached) -> String {
    let state = if cached.is_complete { "" } else { "  (cut short; the next install resumes it)" };
    format!("{}  {}{state}", cached.digest, human_bytes(cached.size))
}
