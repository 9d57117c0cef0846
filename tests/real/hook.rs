//! Real compilers under the hooks: one shell, a directory for each, nothing but `cd` in between.

use std::fmt::Write as _;

use super::workshop::{Workshop, ok};
use crate::support::have;

/// Compiles and starts a program in the project of each release, in one bash and in one zsh.
pub(super) fn one_shell(shop: &Workshop, releases: &[&str]) {
    for (shell, flag) in [("bash", "--norc"), ("zsh", "-f")] {
        if !have(shell) {
            continue;
        }
        let hook = shop.sandbox.store().join("shell").join(format!("hook.{shell}"));
        let mut script = format!("set -e\n. '{}'\n", hook.display());
        for release in releases {
            let project = shop.project(release, Some(release));
            writeln!(
                script,
                "cd '{}' && command -v nvcc && nvcc -arch=sm_75 -o hooked vector-add.cu && ./hooked",
                project.display()
            )
            .expect("memory");
        }
        let said = ok(shop.sandbox.command(shell).args([flag, "-c", &script]));
        for release in releases {
            let nvcc = shop.root(release).join("bin/nvcc");
            assert!(said.contains(&nvcc.display().to_string()), "{shell} lacks {release}: {said}");
        }
        let runtimes: Vec<&str> = said.lines().filter_map(|line| line.strip_prefix("runtime")).collect();
        assert_eq!(runtimes.len(), releases.len(), "{shell}: {said}");
        for (found, release) in runtimes.iter().zip(releases) {
            assert!(release.starts_with(found.trim()), "{shell}: {found} for {release}: {said}");
        }
    }
}
