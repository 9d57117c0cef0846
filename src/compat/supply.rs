//! What brings a compiler that a toolkit takes: the system's packages where they have one, else conda-forge's.

use std::path::Path;
use std::sync::OnceLock;

use serde::Deserialize;

use super::distribution::Distribution;
use super::host_compilers::Limits;
use super::table::{self, require};
use crate::model::{CompilerKind, Environment, HostCompiler, Version};

/// The oldest gcc that conda-forge has (`gxx_linux-64`).
const OLDEST_OF_CONDA: u32 = 7;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    system: Vec<System>,
}

/// A release of a distribution.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct System {
    ids: Vec<String>,
    release: String,
    gcc: Vec<Version>,
    command: String,
    #[serde(rename = "source")]
    _source: String,
}

impl table::Table for Table {
    const NAME: &'static str = "compiler_packages";
    const BUILT_IN: &'static str = include_str!("tables/compiler_packages.toml");

    fn check(&self) -> Result<(), String> {
        require(!self.system.is_empty(), || "it has no rows".to_owned())?;
        self.system.iter().try_for_each(|row| {
            let is_whole = !row.ids.is_empty() && !row.gcc.is_empty() && row.command.contains("{}");
            require(is_whole && row.gcc.is_sorted(), || {
                format!(
                    "the row of {:?} {} lacks a system, versions in order or `{{}}`",
                    row.ids, row.release
                )
            })
        })
    }
}

/// Says how to get the newest gcc that a toolkit takes.
#[must_use]
pub fn supply(limits: &Limits, environment: &Environment) -> String {
    let words = limits.words(CompilerKind::Gcc);
    let own = command(&Distribution::of(Path::new("/"), environment), limits);
    let newest = limits.newest_gcc().map(ToString::to_string);
    match (own, newest) {
        (Some(command), _) => format!("`{command}`, then `cudaman config host-compiler auto`"),
        (None, Some(newest))
            if limits.newest_gcc().is_some_and(|newest| newest.major() >= OLDEST_OF_CONDA) =>
        {
            let directory = format!("~/gcc-{newest}");
            let processor = std::env::consts::ARCH;
            let package = if processor == "x86_64" { "64" } else { processor };
            format!(
                "install {words}; without root `conda create -p {directory} -c conda-forge gxx_linux-{package}={newest}`, \
                 then `cudaman config host-compiler {directory}/bin/{processor}-conda-linux-gnu-gcc`"
            )
        }
        _ => format!("install {words}, then `cudaman config host-compiler auto`"),
    }
}

/// Returns the command of the system that brings the newest gcc within the limits.
fn command(distribution: &Distribution, limits: &Limits) -> Option<String> {
    let is_this = |system: &&System| {
        system.ids.iter().any(|id| distribution.is(id)) && distribution.is_release(&system.release)
    };
    let system = systems().iter().find(is_this)?;
    let admitted = |version: &&Version| {
        let version = (*version).clone();
        limits.admit(&HostCompiler { kind: CompilerKind::Gcc, version, c: String::new(), cxx: String::new() })
    };
    let newest = system.gcc.iter().filter(admitted).max()?;
    Some(system.command.replace("{}", &newest.to_string()))
}

fn systems() -> &'static [System] {
    static SYSTEMS: OnceLock<Vec<System>> = OnceLock::new();
    SYSTEMS.get_or_init(|| table::load::<Table>().system)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(cuda: &str) -> Limits {
        Limits::from_header("", &cuda.parse().expect("a version"))
    }

    #[test]
    fn each_system_has_its_command() {
        let told = |text: &str, cuda: &str| command(&Distribution::from_text(text), &limits(cuda));
        let debian = "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nID=debian\nVERSION_ID=\"12\"\n";
        assert_eq!(told(debian, "11.8").as_deref(), Some("sudo apt-get install gcc-11 g++-11"));
        assert_eq!(told(debian, "10.0"), None, "it has nothing that old");
        let rocky = "ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\nVERSION_ID=\"8.10\"\n";
        assert_eq!(told(rocky, "12.0").as_deref(), Some("sudo dnf install gcc-toolset-12-gcc-c++"));
        let ubuntu = "ID=ubuntu\nID_LIKE=debian\nVERSION_ID=\"20.04\"\n";
        assert_eq!(told(ubuntu, "10.0").as_deref(), Some("sudo apt-get install gcc-7 g++-7"));
        assert_eq!(told("ID=fedora\nVERSION_ID=43\n", "12.0"), None);
        assert_eq!(told("", "12.0"), None);
        assert_eq!(told("ID=debian\nVERSION_ID=120\n", "11.8"), None);
    }

    #[test]
    fn elsewhere_conda_forge_has_one() {
        let environment = |text: &str| {
            let file = tempfile::NamedTempFile::new().expect("a file");
            fs_err::write(file.path(), text).expect("written");
            let variables = [("CUDAMAN_OS_RELEASE".into(), file.path().into())].into();
            (file, Environment { variables, ..Environment::default() })
        };
        let (_file, fedora) = environment("ID=fedora\nVERSION_ID=43\n");
        assert!(supply(&limits("12.0"), &fedora).contains("gxx_linux-"));
        assert_eq!(
            supply(&limits("8.0"), &fedora),
            "install gcc up to 5, then `cudaman config host-compiler auto`"
        );
    }

    #[test]
    fn every_row_can_be_met() {
        assert!(!systems().is_empty());
        for system in systems() {
            assert!(!system.ids.is_empty() && !system.gcc.is_empty() && system.command.contains("{}"));
            assert!(system.gcc.is_sorted(), "{:?} {}", system.ids, system.release);
        }
    }
}
