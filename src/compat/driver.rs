//! Which NVIDIA driver a CUDA release needs, by NVIDIA's own tables. It doesn't look at the machine.

mod version;

use std::sync::OnceLock;

use serde::Deserialize;

pub use self::version::DriverVersion;
use super::table::{self, ascending, require};
use crate::model::Version;

/// The oldest driver for something, and who says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Floor {
    /// The oldest driver on Linux.
    pub driver: &'static DriverVersion,
    /// What the row is of: a release, or a major number.
    pub cuda: &'static Version,
    /// Where that is written.
    pub source: &'static str,
}

/// On what a newer toolkit's own user-space driver runs over an older kernel driver.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForwardCompatibility {
    /// The first CUDA release that has a package of it.
    pub since: Version,
    /// The hardware that NVIDIA supports it on.
    pub hardware: String,
    /// Where that is written.
    pub source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    forward_compatibility: ForwardCompatibility,
    minor_version: Vec<MinorVersion>,
    release: Vec<Release>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MinorVersion {
    #[serde(deserialize_with = "major")]
    major: Version,
    linux: DriverVersion,
    source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Release {
    cuda: Version,
    linux: Option<DriverVersion>,
    bundled: Option<DriverVersion>,
    source: String,
}

impl table::Table for Table {
    const NAME: &'static str = "drivers";
    const BUILT_IN: &'static str = include_str!("tables/drivers.toml");

    fn check(&self) -> Result<(), String> {
        require(!self.release.is_empty(), || "it has no releases".to_owned())?;
        ascending("release", &self.release, |row| &row.cuda)?;
        ascending("the minor versions of", &self.minor_version, |row| &row.major)?;
        let floors = self.release.iter().filter_map(|row| row.linux.as_ref());
        require(floors.is_sorted(), || {
            "a newer release runs on an older driver than one before it".to_owned()
        })
    }
}

/// Returns the driver that a release of CUDA needs for all that it can do.
///
/// An update that the table doesn't have goes by the one before it, and a line such as `10.0` by its first.
///
/// ```
/// let floor = cudaman::compat::driver::floor(&"10.0".parse().unwrap()).unwrap();
/// assert_eq!(floor.driver.to_string(), "410.48");
/// ```
#[must_use]
pub fn floor(cuda: &Version) -> Option<Floor> {
    let is_line = cuda.numbers().len() <= 2;
    let line = cuda.truncated(2);
    let mut rows = table().release.iter().filter(|row| row.linux.is_some() && row.cuda.starts_with(&line));
    let row = if is_line { rows.next() } else { rows.rfind(|row| row.cuda <= *cuda) }?;
    row.linux.as_ref().map(|driver| Floor { driver, cuda: &row.cuda, source: &row.source })
}

/// Returns the driver with which programs of any release of the same major number run, from CUDA 11 on;
/// what needs a newer driver's features, such as compiling PTX, doesn't work there.
#[must_use]
pub fn minor_version_floor(cuda: &Version) -> Option<Floor> {
    let row = table().minor_version.iter().find(|row| cuda.starts_with(&row.major))?;
    Some(Floor { driver: &row.linux, cuda: &row.major, source: &row.source })
}

/// How far a driver runs a CUDA release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Support {
    /// All of it.
    Full,
    /// Programs of the same major number, without what a newer driver adds, such as compiling PTX.
    MinorVersion,
    /// None of it.
    None,
    /// There is no driver.
    NoDriver,
    /// Nobody knows what the release needs.
    Unknown,
}

/// Tells how far a driver runs a release: by its own number where it is one of Linux, and by the newest CUDA that
/// it runs without a limit, which it says itself; of Windows' and Jetson's drivers only the latter means anything.
#[must_use]
pub fn support(cuda: &Version, driver: Option<&DriverVersion>, newest: Option<&Version>) -> Support {
    let full = floor(cuda).map(|floor| floor.driver);
    let minor = minor_version_floor(cuda).map(|floor| floor.driver);
    match (driver, newest, full) {
        (Some(driver), _, Some(full)) if driver >= full => Support::Full,
        (_, Some(newest), _) if cuda.truncated(2) <= *newest => Support::Full,
        (Some(driver), ..) if minor.is_some_and(|minor| driver >= minor) => Support::MinorVersion,
        (None, Some(newest), _) if minor.is_some() && newest.major() == cuda.major() => Support::MinorVersion,
        (None, None, _) => Support::NoDriver,
        (Some(_), None, None) => Support::Unknown,
        _ => Support::None,
    }
}

/// Returns the newest CUDA line, such as 12.4, that a driver runs without any limit.
#[must_use]
pub fn newest_cuda(driver: &DriverVersion) -> Option<Version> {
    let runs = |row: &&Release| row.linux.as_ref().is_some_and(|linux| linux <= driver);
    table().release.iter().rfind(runs).map(|row| row.cuda.truncated(2))
}

/// Returns the driver that NVIDIA's Linux installer of a release brings.
#[must_use]
pub fn bundled(cuda: &Version) -> Option<&'static DriverVersion> {
    table().release.iter().find(|row| row.cuda == *cuda)?.bundled.as_ref()
}

/// Returns what is known of forward compatibility.
#[must_use]
pub fn forward_compatibility() -> &'static ForwardCompatibility {
    &table().forward_compatibility
}

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(table::load)
}

fn major<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Version, D::Error> {
    u32::deserialize(deserializer).map(|number| Version::from_numbers([number]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        text.parse().expect("a version")
    }

    fn floor_of(cuda: &str) -> Option<String> {
        floor(&version(cuda)).map(|floor| floor.driver.to_string())
    }

    #[test]
    fn the_table_is_in_order_and_each_row_says_something() {
        let rows = &table().release;
        assert!(rows.is_sorted_by(|one, other| one.cuda < other.cuda), "one row for each release");
        for row in rows {
            assert!(row.linux.is_some() || row.bundled.is_some(), "{}", row.cuda);
            assert!(!row.source.is_empty(), "{}", row.cuda);
        }
        let floors: Vec<&DriverVersion> = rows.iter().filter_map(|row| row.linux.as_ref()).collect();
        assert!(floors.is_sorted(), "a newer release never runs on an older driver");
        let majors = &table().minor_version;
        assert!(majors.is_sorted_by(|one, other| one.major < other.major && one.linux < other.linux));
    }

    #[test]
    fn floors_that_anybody_can_look_up() {
        for (cuda, driver) in [
            ("8.0.61", "375.26"),
            ("10.0", "410.48"),
            ("10.0.130", "410.48"),
            ("11.0.2", "450.51.05"),
            ("11.8.0", "520.61.05"),
            ("12.4.1", "550.54.15"),
            ("13.0.0", "580.65.06"),
        ] {
            assert_eq!(floor_of(cuda).as_deref(), Some(driver), "{cuda}");
        }
    }

    #[test]
    fn an_update_without_a_row_goes_by_the_one_before_and_says_so() {
        let floor = floor(&version("10.1.243")).expect("a floor");
        assert_eq!((floor.driver.to_string(), floor.cuda.to_string()), ("418.39".into(), "10.1.105".into()));
        assert_eq!(floor_of("9.0.176").as_deref(), Some("384.81"));
        assert_eq!(floor_of("13.3.0"), None, "an installer's name is no floor");
        assert_eq!(floor_of("99.0"), None);
        assert_eq!(floor_of("6.0"), None);
    }

    #[test]
    fn a_driver_runs_what_its_floor_allows() {
        let newest =
            |driver: &str| newest_cuda(&driver.parse().expect("a driver")).map(|cuda| cuda.to_string());
        assert_eq!(newest("470.256.02").as_deref(), Some("11.4"));
        assert_eq!(newest("535.183.01").as_deref(), Some("12.2"));
        assert_eq!(newest("410.48").as_deref(), Some("10.0"));
        assert_eq!(newest("410.47").as_deref(), Some("9.2"));
        assert_eq!(newest("300.1"), None);
    }

    #[test]
    fn a_driver_is_judged_by_its_number_and_by_what_it_says_itself() {
        let cases = [
            ("12.4.1", "550.54.15", "12.4", Support::Full),
            ("12.4.1", "550.54.15", "", Support::Full),
            ("12.4.1", "", "12.6", Support::Full),
            ("12.9", "525.60.13", "12.0", Support::MinorVersion),
            ("12.9", "", "12.0", Support::MinorVersion),
            ("12.9", "470.82.01", "11.4", Support::None),
            ("12.9", "", "11.4", Support::None),
            ("10.2", "418.39", "10.1", Support::None),
            ("10.2", "", "10.1", Support::None),
            ("11.8", "450.51.05", "11.0", Support::None),
            ("12.4.1", "", "", Support::NoDriver),
            ("99.0", "550.54.15", "", Support::Unknown),
        ];
        for (cuda, driver, newest, expected) in cases {
            let (own, says) = (driver.parse().ok(), newest.parse().ok());
            let support = support(&version(cuda), own.as_ref(), says.as_ref());
            assert_eq!(support, expected, "CUDA {cuda} by driver `{driver}` that says `{newest}`");
        }
    }

    #[test]
    fn minor_versions_share_a_driver_from_11_on() {
        let of = |cuda: &str| minor_version_floor(&version(cuda)).map(|floor| floor.driver.to_string());
        assert_eq!(of("11.8").as_deref(), Some("450.80.02"));
        assert_eq!(of("12.9.1").as_deref(), Some("525.60.13"));
        assert_eq!(of("10.2"), None);
        assert_eq!(bundled(&version("12.4.1")).map(ToString::to_string).as_deref(), Some("550.54.15"));
        assert_eq!(forward_compatibility().since, version("10.0"));
    }
}
