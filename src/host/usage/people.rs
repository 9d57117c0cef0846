//! Whose a process is: by `/proc`, `/etc/passwd` and, for users of a directory service, `getent`.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use serde::Serialize;

use super::super::system::{text, text_of};
use crate::compat::command::answer;
use crate::model::Environment;

/// A directory service that is away must not keep anybody waiting.
const LIMIT: Duration = Duration::from_secs(2);

/// Sites with a user for every student have long files.
const LONGEST: u64 = 16 << 20;

/// A process on a GPU.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Process {
    /// Its number.
    pub pid: u32,
    /// Whose it is: a name, else a number; none where it has ended, or is in another container.
    pub user: Option<String>,
    /// The program, as nvidia-smi names it, most often by its path.
    pub name: Option<String>,
    /// The memory that it uses on the GPU, in bytes.
    pub memory: Option<u64>,
}

impl Process {
    /// Returns the program's name without its directories.
    #[must_use]
    pub fn program(&self) -> Option<&str> {
        let name = self.name.as_deref()?;
        Some(name.rsplit('/').next().filter(|last| !last.is_empty()).unwrap_or(name))
    }
}

/// Finds out whose the processes are.
pub(super) fn identify(processes: &mut [(String, Process)], root: &Path, environment: &Environment) {
    let mut names = BTreeMap::new();
    for (_, process) in processes {
        let Some(uid) = owner(process.pid, root) else { continue };
        let name = names.entry(uid).or_insert_with(|| name_of(uid, root, environment));
        process.user = Some(name.clone());
    }
}

/// Returns the user who runs a process.
pub(in crate::host) fn owner(pid: u32, root: &Path) -> Option<u32> {
    let status = text(root, &format!("proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("Uid:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Returns a user's name, or the number where nobody knows it.
pub(in crate::host) fn name_of(uid: u32, root: &Path, environment: &Environment) -> String {
    let users = text_of(&root.join("etc/passwd"), LONGEST).unwrap_or_default();
    let own = users.lines().find_map(|line| name_in(line, uid));
    let asked = || {
        let program = which::which_in("getent", environment.variable("PATH"), &environment.directory).ok()?;
        let line = answer(&program, &["passwd", &uid.to_string()], environment, LIMIT).ok()?;
        name_in(line.lines().next()?, uid)
    };
    own.or_else(asked).unwrap_or_else(|| uid.to_string())
}

/// Reads `anna:x:1000:…`.
fn name_in(line: &str, uid: u32) -> Option<String> {
    let mut fields = line.split(':');
    let name = fields.next().filter(|name| !name.is_empty())?;
    let number: u32 = fields.nth(1)?.parse().ok()?;
    (number == uid).then(|| name.to_owned())
}
