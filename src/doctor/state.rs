//! cudaman's own state: what is chosen, attached, loaded and stored.

use super::{Check, Repair, Scene, Seen};
use crate::integrate::{conda, handmade, venv};
use crate::model::ToolchainRequest;
use crate::shell::quote;
use crate::store::{self, Attachment, Problem};

pub(super) const CHECKS: &[Check] = &[
    Check::error("nothing-active", not_installed),
    Check::note("no-toolkit", no_toolkit),
    Check::warning("linked-toolkit-gone", link_gone),
    Check::warning("hooks-stale", hooks),
    Check::note("hook-not-loaded", not_loaded),
    Check::warning("attachment-broken", broken),
    Check::warning("attachment-without-environment", without_environment),
    Check::warning("attachment-without-toolkit", without_toolkit),
    Check::warning("set-up-by-hand", by_hand),
    Check::error("store-damaged", damaged),
    Check::warning("store-indexes-stale", indexes),
];

fn not_installed(scene: &Scene<'_>) -> Vec<Seen> {
    let Err(error) = &scene.active else { return Vec::new() };
    let mut lines = error.lines();
    let what = lines.next().unwrap_or_default().trim_start_matches("error: ");
    let seen =
        Seen::new(what, "nothing answers to nvcc here, so that nothing is compiled with another toolkit");
    lines.map(|line| line.trim_start_matches("hint: ")).fold(seen, Seen::fix).once()
}

fn no_toolkit(scene: &Scene<'_>) -> Vec<Seen> {
    if scene.toolkit.is_some() || scene.active.is_err() {
        return Vec::new();
    }
    Seen::new("no toolkit is in effect here", "nothing compiles CUDA; what runs may bring its own libraries")
        .fix("`cudaman install 12.4` installs one, `cudaman discover` looks for those that exist already")
        .once()
}

fn link_gone(scene: &Scene<'_>) -> Vec<Seen> {
    let broken = scene.context.store.toolchains().into_iter().filter(|toolchain| toolchain.is_broken);
    let seen = broken.map(|toolchain| {
        let target = toolchain.link.unwrap_or_default();
        Seen::new(
            format!("`{}` is linked to `{}`, which is gone", toolchain.name, target.display()),
            "it can't be used any more",
        )
        .fix(format!("`cudaman uninstall {}` removes the link", toolchain.name))
    });
    seen.collect()
}

fn hooks(scene: &Scene<'_>) -> Vec<Seen> {
    let stale = scene.context.stale_hooks();
    if stale.is_empty() {
        return Vec::new();
    }
    let names: Vec<String> = stale.iter().map(|path| format!("`{}`", path.display())).collect();
    Seen::new(
        format!("these are of another version of cudaman: {}", names.join(", ")),
        "shells that source them do as the other version did",
    )
    .fix("`cudaman doctor --fix` writes them anew; then open a new shell")
    .repaired_by(Repair::Hooks)
    .once()
}

fn not_loaded(scene: &Scene<'_>) -> Vec<Seen> {
    let is_used = !scene.context.store.toolchains().is_empty();
    let is_loaded = handmade::start_up_files(scene.environment()).iter().any(|file| loads_hook(file));
    if !is_used || is_loaded {
        return Vec::new();
    }
    Seen::new(
        "no start-up file of a shell loads cudaman",
        "toolkits are used by the shims, `cudaman exec` and `cudaman env` only: no shell follows a `.cuda-version`",
    )
    .fix("`cudaman setup` shows what it would add, and asks")
    .once()
}

fn loads_hook(file: &std::path::Path) -> bool {
    let text = std::fs::read(file).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    text.contains("cudaman")
}

fn broken(scene: &Scene<'_>) -> Vec<Seen> {
    let broken =
        scene.context.store.attachments().into_iter().filter(|attachment| is_changed(attachment, scene));
    let seen = broken.map(|attachment| {
        Seen::new(
            format!(
                "the scripts for {} in `{}` are gone or changed",
                attachment.toolchain,
                attachment.place.display()
            ),
            "activating the environment may not bring the toolkit, or leaving it may not take it back",
        )
        .fix(format!("`cudaman doctor --fix`, or `{}`", attach_command(&attachment)))
        .repaired_by(Repair::Attach(attachment))
    });
    seen.collect()
}

fn attach_command(attachment: &Attachment) -> String {
    format!("cudaman {} attach {} {}", attachment.kind, place(attachment), attachment.toolchain)
}

/// Returns an environment's directory as a word of a command.
fn place(attachment: &Attachment) -> String {
    quote::word(&attachment.place)
}

fn is_changed(attachment: &Attachment, scene: &Scene<'_>) -> bool {
    let versions = scene.context.store.home().join("versions");
    let found = scene.context.store.find(&ToolchainRequest::exactly(&attachment.toolchain));
    let Some(toolchain) = found.filter(|_| attachment.place.is_dir()) else { return false };
    match attachment.kind.as_str() {
        conda::KIND => conda::state(&attachment.place, &toolchain, &versions) != conda::State::Current,
        venv::KIND => !venv::is_current(&attachment.place, &toolchain, &versions),
        _ => false,
    }
}

fn without_environment(scene: &Scene<'_>) -> Vec<Seen> {
    let gone = scene.context.store.attachments().into_iter().filter(|attachment| !attachment.place.is_dir());
    let seen = gone.map(|attachment| {
        Seen::new(
            format!(
                "{} is attached to `{}`, which is gone",
                attachment.toolchain,
                attachment.place.display()
            ),
            "cudaman warns of it before the toolkit is removed, and nobody needs that any more",
        )
        .fix("`cudaman doctor --fix` forgets it")
        .repaired_by(Repair::Forget(attachment))
    });
    seen.collect()
}

fn without_toolkit(scene: &Scene<'_>) -> Vec<Seen> {
    let store = &scene.context.store;
    let is_installed =
        |attachment: &Attachment| store.find(&ToolchainRequest::exactly(&attachment.toolchain)).is_some();
    let lost = store.attachments().into_iter().filter(|one| one.place.is_dir() && !is_installed(one));
    let seen = lost.map(|attachment| {
        Seen::new(
            format!(
                "`{}` has {} attached, which is not installed",
                attachment.place.display(),
                attachment.toolchain
            ),
            "activating the environment brings no toolkit",
        )
        .fix(format!("`cudaman install {}`", attachment.toolchain))
        .fix(format!("or `cudaman {} detach {}`", attachment.kind, place(&attachment)))
    });
    seen.collect()
}

fn by_hand(scene: &Scene<'_>) -> Vec<Seen> {
    let mut found = handmade::find(scene.environment());
    let prefix = scene.environment().path("CONDA_PREFIX");
    found.extend(prefix.into_iter().flat_map(handmade::find_in_conda));
    let seen = found.into_iter().map(|line| {
        Seen::new(
            format!("{}:{} sets up CUDA by hand: `{}`", line.file.display(), line.line, line.text.trim()),
            "it outlives every switch of toolkits: what it puts first stays first",
        )
        .fix("`cudaman setup --take-over` makes a comment of it, and `cudaman setup --undo` brings it back")
    });
    seen.collect()
}

/// A damaged file is seen by its type, size and mode here; `cudaman verify` reads every byte.
fn damaged(scene: &Scene<'_>) -> Vec<Seen> {
    let report = match scene.context.store.look() {
        Ok(report) => report,
        Err(error) => {
            let seen = Seen::new(error.to_string(), "the store can't be read");
            return error.hint().into_iter().fold(seen, Seen::fix).once();
        }
    };
    let is_wrong = |problem: &&Problem| problem.severity > store::Severity::Notice;
    let wrong: Vec<&Problem> = report.problems.iter().filter(is_wrong).collect();
    let Some(first) = wrong.first() else { return Vec::new() };
    let others = wrong.len() - 1;
    let more = if others > 0 { format!(", and {others} more") } else { String::new() };
    Seen::new(
        format!("`{}`: {}{more}", first.path.display(), first.what),
        "what was installed is not as it was: programs may miss files or compile with others",
    )
    .fix("`cudaman verify --repair` mends it, and downloads again what it has to")
    .once()
}

fn indexes(scene: &Scene<'_>) -> Vec<Seen> {
    if !scene.context.store.indexes_are_stale() {
        return Vec::new();
    }
    Seen::new(
        "a change of the store was stopped before it was finished",
        "shims may lead to what was removed",
    )
    .fix("`cudaman doctor --fix` finishes it, and so does every command that changes the store")
    .repaired_by(Repair::Indexes)
    .once()
}
