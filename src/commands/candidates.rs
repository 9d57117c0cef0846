//! What a shell can complete beside commands and options: toolkits and environments. No network is asked.

use std::collections::BTreeSet;

use clap::builder::StyledStr;
use clap_complete::CompletionCandidate;

use crate::context::{Context, GlobalOptions};
use crate::integrate::conda;
use crate::sources;

/// Returns the installed toolkits, by name.
pub(super) fn installed() -> Vec<CompletionCandidate> {
    let Ok(context) = Context::new(&GlobalOptions::default()) else { return Vec::new() };
    let toolchains = context.store.toolchains().into_iter().filter(|toolchain| !toolchain.is_broken);
    let names: Vec<String> = toolchains.map(|toolchain| toolchain.name.to_string()).collect();
    in_order(names, "installed")
}

/// Returns those, and the releases that are known to exist, as `12.4`.
pub(super) fn installable() -> Vec<CompletionCandidate> {
    let mut known = BTreeSet::new();
    for release in sources::known_toolkits() {
        let numbers: Vec<String> = release.to_string().split('.').take(2).map(str::to_owned).collect();
        if let [Ok(major), Ok(minor)] =
            [0, 1].map(|at| numbers.get(at).map_or("", |text| text).parse::<u32>())
        {
            known.insert((major, minor));
        }
    }
    let known = known.into_iter().rev().map(|(major, minor)| format!("{major}.{minor}")).collect();
    let mut candidates = in_order(known, "can be installed");
    candidates.extend(in_order(vec!["latest".to_owned()], "the newest release"));
    candidates
}

/// Returns conda's environments by name, or else by prefix.
pub(super) fn environments() -> Vec<CompletionCandidate> {
    let Ok(context) = Context::new(&GlobalOptions::default()) else { return Vec::new() };
    let environments = conda::environments(&context.environment).into_iter();
    let names = environments.map(|found| found.name.unwrap_or_else(|| found.prefix.display().to_string()));
    in_order(names.filter(|name| !name.contains(char::is_control)).collect(), "conda environment")
}

fn in_order(values: Vec<String>, help: &'static str) -> Vec<CompletionCandidate> {
    let candidate = |(order, value): (usize, String)| {
        CompletionCandidate::new(value).help(Some(StyledStr::from(help))).display_order(Some(order))
    };
    values.into_iter().enumerate().map(candidate).collect()
}
