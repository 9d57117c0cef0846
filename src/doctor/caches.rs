//! Caches of objects. ccache tells compilers apart by the size and time of the file that it finds, which is the
//! same shim for every toolkit: it gives out what another one compiled (seen with 4.7.5, CUDA 11.8 and 12.4).

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::{Check, Scene, Seen};
use crate::compat::command::answer_of;

pub(super) const CHECKS: &[Check] = &[Check::warning("ccache-mixes-toolkits", mixes)];

const LIMIT: Duration = Duration::from_secs(5);

fn mixes(scene: &Scene<'_>) -> Vec<Seen> {
    let path = scene.environment().path_list("PATH");
    let shims = scene.context.store.home().join("shims/bin");
    let answers = path.iter().find(|bin| **bin == shims || bin.join("nvcc").is_file());
    let toolchains = scene.context.store.toolchains().into_iter();
    let several =
        toolchains.filter(|one| !one.is_broken && one.root.join("bin/nvcc").is_file()).nth(1).is_some();
    let ccache = path.iter().map(|bin| bin.join("ccache")).find(|program| program.is_file());
    let (true, true, Some(ccache)) = (answers == Some(&shims), several, ccache) else { return Vec::new() };
    let Some(check) = compiler_check(&ccache, scene).filter(|check| !tells_apart(check)) else {
        return Vec::new();
    };
    Seen::new(
        format!(
            "ccache knows `nvcc` by its {}, and the `nvcc` on PATH is the same shim for every toolkit",
            word(&check)
        ),
        "`ccache nvcc` may give out an object that another toolkit compiled",
    )
    .fix("`ccache --set-config compiler_check='%compiler% --version'` has it ask which one answers")
    .fix("`cudaman setup` loads the hook, which puts the toolkit's own directory on PATH in new shells")
    .once()
}

/// Returns ccache's setting: of this shell, else of its files.
fn compiler_check(ccache: &Path, scene: &Scene<'_>) -> Option<String> {
    if let Some(check) = scene.environment().text("CCACHE_COMPILERCHECK") {
        return Some(check.to_owned());
    }
    let mut command = Command::new(ccache);
    command.args(["--get-config", "compiler_check"]).env_clear();
    let home = scene.environment().home.clone();
    command.env("HOME", if home.as_os_str().is_empty() { PathBuf::from("/") } else { home });
    for name in ["CCACHE_CONFIGPATH", "CCACHE_DIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"] {
        command.envs(scene.environment().variable(name).map(|value| (name, value)));
    }
    Some(answer_of(command, LIMIT).ok()?.trim().to_owned())
}

/// A command is run by way of the shim, and a text is whatever its author made it.
fn tells_apart(check: &str) -> bool {
    !matches!(check, "content" | "mtime" | "none")
}

fn word(check: &str) -> &str {
    match check {
        "content" => "content",
        "none" => "options alone",
        _ => "time and size",
    }
}
