//! The host's gcc against the limit that the toolkit itself sets. It can only warn: a compiler can
//! be installed, or chosen with `-ccbin`, at any time.

use std::path::{Path, PathBuf};

use super::Finding;
use super::command::{LIMIT, answer};
use super::files::HOST_CONFIG;
use crate::model::Environment;

/// What was found out about the host's compiler.
pub(super) struct Host {
    pub(super) is_present: bool,
    pub(super) findings: Vec<Finding>,
}

/// Looks for the gcc that nvcc would use, and asks for its version.
pub(super) fn check(root: &Path, environment: &Environment) -> Host {
    let limit = HOST_CONFIG.iter().find_map(|path| gcc_limit(&fs_err::read_to_string(root.join(path)).ok()?));
    let Some(gcc) = find("gcc", root, environment) else {
        let message = "there is no `gcc` on PATH, and nvcc needs one to compile".to_owned();
        return Host { is_present: false, findings: vec![Finding::warning(message, Some(advice(limit)))] };
    };
    let mut findings = Vec::new();
    if find("g++", root, environment).is_none() {
        let message = format!("there is a `{}` but no `g++`, and nvcc needs both", gcc.display());
        findings.push(Finding::warning(message, Some(advice(limit))));
    }
    findings.extend(limit.and_then(|limit| too_new(&gcc, limit, environment)));
    Host { is_present: true, findings }
}

/// Returns the highest gcc that a toolkit's `host_config.h` lets pass.
///
/// ```
/// let header = "#if __GNUC__ > 11\n#error -- unsupported GNU version!\n#endif\n";
/// assert_eq!(cudaman::layout::gcc_limit(header), Some(11));
/// ```
#[must_use]
pub fn gcc_limit(host_config: &str) -> Option<u32> {
    let (before, _) = host_config.split_once("unsupported GNU version")?;
    let condition = before.lines().rev().find(|line| line.trim_start().starts_with("#if"))?;
    let (_, limit) = condition.split_once("__GNUC__ > ")?;
    limit.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

fn too_new(gcc: &Path, limit: u32, environment: &Environment) -> Option<Finding> {
    // Before gcc 7 the first option is unknown and the second gives all; since then it is the
    // other way round.
    let text = match answer(gcc, &["-dumpfullversion", "-dumpversion"], environment, LIMIT) {
        Ok(text) => text,
        Err(error) => return Some(Finding::warning(error.to_string(), Some(advice(Some(limit))))),
    };
    let version = text.lines().next()?.trim();
    let major: u32 = version.split('.').next()?.parse().ok()?;
    if major <= limit {
        return None;
    }
    let message =
        format!("`{}` is gcc {}, and this toolkit takes gcc {limit} at most", gcc.display(), version);
    Some(Finding::warning(message, Some(advice(Some(limit)))))
}

/// A compiler of the toolchain's own goes before the one on PATH, as nvcc has it.
fn find(name: &str, root: &Path, environment: &Environment) -> Option<PathBuf> {
    let own = root.join("hostcc").join(name);
    if own.is_file() {
        return Some(own);
    }
    which::which_in(name, Some(environment.variable("PATH")?), &environment.directory).ok()
}

fn advice(limit: Option<u32>) -> String {
    limit.map_or_else(
        || "install gcc and g++ with the system's package manager".to_owned(),
        |limit| {
            format!("install gcc-{limit} and g++-{limit} (or older), or name another with `nvcc -ccbin g++-{limit}`")
        },
    )
}

#[cfg(test)]
mod tests {
    use super::gcc_limit;

    #[test]
    fn limits_of_all_generations() {
        let header = |condition: &str| {
            format!(
                "#if defined(__GNUC__)\n\n{condition}\n\n\
                 #error -- unsupported GNU version! gcc versions later than these are not supported!\n\n#endif\n\
                 #if defined(__clang__) && __GNUC__ > 99\n#error -- unsupported clang version!\n#endif\n"
            )
        };
        assert_eq!(gcc_limit(&header("#if __GNUC__ > 15")), Some(15));
        assert_eq!(gcc_limit(&header("#if __GNUC__ > 7")), Some(7));
        let oldest = "#if __GNUC__ > 4 || (__GNUC__ == 4 && __GNUC_MINOR__ > 9)";
        assert_eq!(gcc_limit(&header(oldest)), Some(4));
        assert_eq!(gcc_limit("#define __HOST_CONFIG_H__\n"), None);
    }
}
