//! Newer tables in the home: which of them are taken up in place of the program's, and what is said of the rest.
//! No table keeps a command from its work: the program's own is always there.

use std::collections::BTreeMap;
use std::path::Path;

use crate::compat::tables;
use crate::config::Acceptance;
use crate::model::Digest;
use crate::store::{Store, StoreError};
use crate::ui::Ui;

type Accepted = BTreeMap<&'static str, Acceptance>;

/// Why a table is not taken up, and what to do about it.
struct Refusal {
    reason: String,
    advice: String,
}

/// Takes up the tables in the home that the settings accept, and says why others are not.
pub(super) fn take_up(store: &Store, accepted: &Accepted, ui: &Ui) {
    let files = store.tables().unwrap_or_else(|error| {
        ui.warn_once(&format!("the tables in the home are not read: {error}"));
        Vec::new()
    });
    for (name, path) in files {
        if let Err(refusal) = take_up_one(store, &name, &path, accepted) {
            ui.warn_once(&format!(
                "the program's own table is used, not `{}`: {}",
                path.display(),
                refusal.reason
            ));
            ui.hint_once(&refusal.advice);
        }
    }
}

fn take_up_one(store: &Store, name: &str, path: &Path, accepted: &Accepted) -> Result<(), Refusal> {
    let Some(name) = tables::names().find(|known| *known == name) else {
        let names = tables::names().collect::<Vec<_>>().join(", ");
        let reason = "there is no table of this name".to_owned();
        return Err(Refusal { reason, advice: format!("rename it to one of {names}, or remove it") });
    };
    let refuse =
        |reason: String| Refusal { reason, advice: format!("correct `{}`, or move it away", path.display()) };
    let bytes = store.table(path).map_err(|error| refuse(reason(error)))?;
    let digest = Digest::of_reader(bytes.as_slice()).map_err(|error| refuse(error.to_string()))?;
    check(name, &digest, accepted)?;
    let text = String::from_utf8(bytes).map_err(|error| refuse(error.to_string()))?;
    tables::install(name, text).map_err(|error| refuse(error.to_string()))
}

/// Refuses a table that the settings don't accept.
fn check(name: &str, digest: &Digest, accepted: &Accepted) -> Result<(), Refusal> {
    let reason = match accepted.get(name) {
        Some(Acceptance::Local) => return Ok(()),
        Some(Acceptance::Exactly(expected)) if expected == digest => return Ok(()),
        Some(Acceptance::Exactly(expected)) => {
            format!("its sha256 is {digest}, and the settings accept only {expected}")
        }
        None => "the settings don't accept it".to_owned(),
    };
    let this = format!("`cudaman config set tables.{name} {digest}`");
    let any = format!("`cudaman config set tables.{name} local`");
    Err(Refusal { reason, advice: format!("{this} accepts this file, {any} whatever lies there") })
}

/// The path is said already.
fn reason(error: StoreError) -> String {
    match error {
        StoreError::Damaged { reason, .. } => reason,
        other => other.to_string(),
    }
}
