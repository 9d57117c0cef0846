//! Which host compilers a toolkit takes: as its own header says, else as our table does.

use std::path::Path;
use std::sync::OnceLock;

use serde::Deserialize;

use super::table::{self, ascending, require};
use crate::model::{CompilerKind, HostCompiler, Version};

/// Where the limits stand in a toolkit: since 9.1, and before.
pub const HOST_CONFIG: [&str; 2] = ["include/crt/host_config.h", "include/host_config.h"];

/// The oldest and the newest compilers that a toolkit takes. A limit of one number covers all versions
/// that begin with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    gcc: Range,
    clang: Range,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Range {
    oldest: Option<Version>,
    newest: Option<Version>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    host: Vec<Row>,
}

/// One row: a CUDA release of two numbers.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    cuda: Version,
    gcc_min: Option<Version>,
    gcc_max: Option<Version>,
    clang_min: Option<Version>,
    clang_max: Option<Version>,
    source: String,
}

impl table::Table for Table {
    const NAME: &'static str = "host_compilers";
    const BUILT_IN: &'static str = include_str!("tables/host_compilers.toml");

    fn check(&self) -> Result<(), String> {
        require(!self.host.is_empty(), || "it has no rows".to_owned())?;
        ascending("release", &self.host, |row| &row.cuda)?;
        self.host.iter().try_for_each(|row| {
            let is_sensible =
                row.gcc_max.is_some() && row.gcc_min <= row.gcc_max && row.clang_min <= row.clang_max;
            require(is_sensible, || format!("the limits of {} contradict each other", row.cuda))
        })
    }
}

impl Limits {
    /// Returns the limits of the toolkit at a root, which is of this release.
    #[must_use]
    pub fn of(root: &Path, cuda: &Version) -> Self {
        let header = HOST_CONFIG.iter().find_map(|path| fs_err::read_to_string(root.join(path)).ok());
        Self::from_header(&header.unwrap_or_default(), cuda)
    }

    /// Returns the limits that a toolkit's `host_config.h` states; what it doesn't state is as in the
    /// table for the release, or for the nearest one before it.
    ///
    /// ```
    /// let header = "#if __GNUC__ > 11\n#error -- unsupported GNU version!\n#endif\n";
    /// let limits = cudaman::compat::Limits::from_header(header, &"11.8".parse().unwrap());
    /// assert_eq!(limits.newest_gcc().unwrap().to_string(), "11");
    /// ```
    #[must_use]
    pub fn from_header(header: &str, cuda: &Version) -> Self {
        let row = rows().iter().rev().find(|row| row.cuda <= cuda.truncated(2));
        let known = |pick: fn(&Row) -> &Option<Version>| row.and_then(|row| pick(row).clone());
        Self {
            gcc: Range {
                oldest: known(|row| &row.gcc_min),
                newest: newest_gcc(header).or_else(|| known(|row| &row.gcc_max)),
            },
            clang: Range {
                oldest: known(|row| &row.clang_min),
                newest: newest_clang(header).or_else(|| known(|row| &row.clang_max)),
            },
        }
    }

    /// Returns where the table has the limits of a release from.
    #[must_use]
    pub fn source(cuda: &Version) -> Option<&'static str> {
        rows().iter().rev().find(|row| row.cuda <= cuda.truncated(2)).map(|row| row.source.as_str())
    }

    /// Returns the newest gcc that is taken, if there is a limit.
    #[must_use]
    pub fn newest_gcc(&self) -> Option<&Version> {
        self.gcc.newest.as_ref()
    }

    /// Returns the oldest and the newest of a kind that are taken, where there are limits.
    #[must_use]
    pub fn bounds(&self, kind: CompilerKind) -> [Option<&Version>; 2] {
        let range = self.range(kind);
        [range.oldest.as_ref(), range.newest.as_ref()]
    }

    /// Tells whether a compiler may be used.
    #[must_use]
    pub fn admit(&self, compiler: &HostCompiler) -> bool {
        self.range(compiler.kind).admits(&compiler.version)
    }

    /// Tells whether a compiler is newer than the newest that may be used.
    #[must_use]
    pub fn exclude_as_new(&self, kind: CompilerKind, version: &Version) -> bool {
        self.range(kind).newest.as_ref().is_some_and(|newest| is_after(version, newest))
    }

    /// Says which versions of a kind are taken: `gcc 6 to 11`.
    #[must_use]
    pub fn words(&self, kind: CompilerKind) -> String {
        match self.range(kind) {
            Range { oldest: Some(oldest), newest: Some(newest) } if oldest == newest => {
                format!("{kind} {newest}")
            }
            Range { oldest: Some(oldest), newest: Some(newest) } => format!("{kind} {oldest} to {newest}"),
            Range { oldest: None, newest: Some(newest) } => format!("{kind} up to {newest}"),
            Range { oldest: Some(oldest), newest: None } => format!("{kind} from {oldest}"),
            Range { oldest: None, newest: None } => format!("any {kind}"),
        }
    }

    fn range(&self, kind: CompilerKind) -> &Range {
        match kind {
            CompilerKind::Clang => &self.clang,
            CompilerKind::Gcc => &self.gcc,
        }
    }
}

impl Range {
    fn admits(&self, version: &Version) -> bool {
        self.oldest.as_ref().is_none_or(|oldest| version >= oldest)
            && self.newest.as_ref().is_none_or(|newest| !is_after(version, newest))
    }
}

/// Compares as exactly as the limit is given: 11.3 is not after 11.
fn is_after(version: &Version, limit: &Version) -> bool {
    version.truncated(limit.numbers().len()) > *limit
}

fn rows() -> &'static [Row] {
    static ROWS: OnceLock<Vec<Row>> = OnceLock::new();
    ROWS.get_or_init(|| table::load::<Table>().host)
}

/// Reads `#if __GNUC__ > 11`, and `#if __GNUC__ > 4 || (__GNUC__ == 4 && __GNUC_MINOR__ > 9)`.
fn newest_gcc(header: &str) -> Option<Version> {
    let condition = condition_before(header, "unsupported GNU version")?;
    let major = number_after(condition, "__GNUC__ > ")?;
    Some(match number_after(condition, "__GNUC_MINOR__ > ") {
        Some(minor) => Version::from_numbers([major, minor]),
        None => Version::from_numbers([major]),
    })
}

/// Reads `#if (__clang_major__ >= 15) || …`, and `(__clang_major__ > 8)`.
fn newest_clang(header: &str) -> Option<Version> {
    let condition = condition_before(header, "unsupported clang version")?;
    let excluded = number_after(condition, "__clang_major__ >= ").and_then(|major| major.checked_sub(1));
    let newest = excluded.or_else(|| number_after(condition, "__clang_major__ > "))?;
    Some(Version::from_numbers([newest]))
}

/// Returns the condition of the last `#if` before a message.
fn condition_before<'h>(header: &'h str, message: &str) -> Option<&'h str> {
    let (before, _) = header.split_once(message)?;
    before.lines().rev().find(|line| line.trim_start().starts_with("#if"))
}

fn number_after(text: &str, sign: &str) -> Option<u32> {
    let (_, rest) = text.split_once(sign)?;
    rest.split(|letter: char| !letter.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        text.parse().expect("a version")
    }

    fn header(gcc: &str, clang: &str) -> String {
        format!(
            "#if defined(__GNUC__)\n\n{gcc}\n\n\
             #error -- unsupported GNU version! gcc versions later than these are not supported!\n\n#endif\n\
             #if defined(__clang__)\n{clang}\n#error -- unsupported clang version! \n#endif\n"
        )
    }

    #[test]
    fn headers_of_all_generations() {
        let newest = |gcc: &str, clang: &str| {
            let header = header(gcc, clang);
            let text = |version: Option<Version>| version.map(|version| version.to_string());
            (text(newest_gcc(&header)), text(newest_clang(&header)))
        };
        let own = |text: &str| Some(text.to_owned());
        let of_11_8 = "#if (__clang_major__ >= 15) || (__clang_major__ < 3) || ((__clang_major__ == 3) &&  (__clang_minor__ < 3))";
        assert_eq!(newest("#if __GNUC__ > 11", of_11_8), (own("11"), own("14")));
        let oldest = "#if __GNUC__ > 4 || (__GNUC__ == 4 && __GNUC_MINOR__ > 9)";
        assert_eq!(newest(oldest, "#if (__clang_major__ > 8)"), (own("4.9"), own("8")));
        assert_eq!(newest("", ""), (None, None));
        assert_eq!(newest_gcc("#define __HOST_CONFIG_H__\n"), None);
    }

    #[test]
    fn what_the_header_does_not_say_is_in_the_table() {
        let limits = |cuda: &str| Limits::from_header("", &version(cuda));
        assert_eq!(limits("10.0.130").words(CompilerKind::Gcc), "gcc up to 7");
        assert_eq!(limits("11.8.0").words(CompilerKind::Clang), "clang 7 to 14");
        // A release that the table doesn't have yet is at least as the last one.
        assert_eq!(limits("99.0").newest_gcc(), Some(&version("15")));
        assert_eq!(limits("6.5").newest_gcc(), None);
        let own = Limits::from_header(&header("#if __GNUC__ > 12", ""), &version("11.8"));
        assert_eq!(own.words(CompilerKind::Gcc), "gcc 6 to 12");
    }

    #[test]
    fn limits_are_as_exact_as_they_are_given() {
        let admitted = |cuda: &str, gcc: &str| {
            let kind = CompilerKind::Gcc;
            let host = HostCompiler { kind, version: version(gcc), c: String::new(), cxx: String::new() };
            Limits::from_header("", &version(cuda)).admit(&host)
        };
        assert!(admitted("11.8", "11.3.0") && admitted("11.8", "6.1.0"));
        assert!(!admitted("11.8", "12.2.0") && !admitted("11.8", "5.5.0"));
        let oldest = Limits::from_header(
            &header("#if __GNUC__ > 4 || (__GNUC__ == 4 && __GNUC_MINOR__ > 9)", ""),
            &version("7.5"),
        );
        let host = |gcc: &str| HostCompiler {
            kind: CompilerKind::Gcc,
            version: version(gcc),
            c: String::new(),
            cxx: String::new(),
        };
        assert!(oldest.admit(&host("4.9.4")) && !oldest.admit(&host("5.1.0")));
    }

    #[test]
    fn the_table_is_in_order_and_each_limit_sensible() {
        let rows = rows();
        assert!(rows.is_sorted_by(|one, other| one.cuda < other.cuda), "one row for each release");
        for row in rows {
            assert!(row.gcc_max.is_some(), "{}", row.cuda);
            assert!(row.gcc_min <= row.gcc_max && (row.clang_min <= row.clang_max), "{}", row.cuda);
        }
        // Anchors that anybody can look up in NVIDIA's installation guides.
        let newest =
            |cuda: &str| Limits::from_header("", &version(cuda)).newest_gcc().map(ToString::to_string);
        for (cuda, gcc) in [
            ("8.0", "5"),
            ("9.0", "6"),
            ("10.0", "7"),
            ("11.0", "9"),
            ("11.8", "11"),
            ("12.4", "13"),
            ("13.0", "15"),
        ] {
            assert_eq!(newest(cuda).as_deref(), Some(gcc), "{cuda}");
        }
    }
}
