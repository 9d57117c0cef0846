//! Names of wheels: what a file name says about its version and the machines it runs on.
//!
//! Only wheels that hold no Python modules for one interpreter are of use here: `py3-none-…`.

use crate::model::{Platform, Version};

/// A version of glibc: 2.17.
pub(super) type Glibc = (u32, u32);

/// The parts of a wheel's file name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct WheelName {
    /// The distribution's normalised name: `nvidia-cuda-nvcc-cu12`.
    pub(super) distribution: String,
    /// Its version.
    pub(super) version: Version,
    build: Option<u64>,
    platforms: Vec<String>,
}

/// How well a wheel fits a machine: greater is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Fit {
    /// Whether the machine's glibc is as new as the wheel asks for.
    pub(super) is_supported: bool,
    closeness: i64,
    build: Option<u64>,
}

impl WheelName {
    /// Reads a file name; `None` for anything that isn't such a wheel, pre-releases included.
    pub(super) fn parse(file_name: &str) -> Option<Self> {
        let parts: Vec<&str> = file_name.strip_suffix(".whl")?.split('-').collect();
        let (name, version, build, python, abi, platform) = match *parts.as_slice() {
            [name, version, python, abi, platform] => (name, version, None, python, abi, platform),
            [name, version, build, python, abi, platform] => {
                (name, version, Some(build_number(build)?), python, abi, platform)
            }
            _ => return None,
        };
        let is_plain = python.split('.').any(|tag| tag == "py3") && abi.split('.').any(|tag| tag == "none");
        if !is_plain || !is_name(name) {
            return None;
        }
        Some(Self {
            distribution: normalised(name),
            version: version.parse().ok()?,
            build,
            platforms: platform.split('.').map(str::to_owned).collect(),
        })
    }

    /// Tells how well the wheel fits; `None` if it is for another platform. An unknown glibc fits
    /// everything.
    pub(super) fn fit(&self, platform: Platform, glibc: Option<Glibc>) -> Option<Fit> {
        // The tags of a compressed set say the same thing twice or are alternatives.
        let needed = self.platforms.iter().filter_map(|tag| needed_glibc(tag, platform.machine())).min()?;
        let is_supported = glibc.is_none_or(|glibc| needed <= glibc);
        let height = i64::from(needed.0) * 100_000 + i64::from(needed.1);
        let closeness = if is_supported { height } else { -height };
        Some(Fit { is_supported, closeness, build: self.build })
    }
}

/// Returns a project's name as indexes spell it in addresses: lower case, runs of `-_.` one `-`.
pub(super) fn normalised(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for character in name.chars() {
        match character {
            '-' | '_' | '.' if text.ends_with('-') => {}
            '-' | '_' | '.' => text.push('-'),
            _ => text.push(character.to_ascii_lowercase()),
        }
    }
    text
}

/// Tells whether a text can name a project, so that it is safe as one segment of an address.
pub(super) fn is_name(text: &str) -> bool {
    let is_inner = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (1..=100).contains(&text.len())
        && text.bytes().all(is_inner)
        && text.starts_with(|first: char| first.is_ascii_alphanumeric())
        && text.ends_with(|last: char| last.is_ascii_alphanumeric())
}

fn build_number(build: &str) -> Option<u64> {
    let digits = build.find(|character: char| !character.is_ascii_digit()).unwrap_or(build.len());
    build[..digits].parse().ok()
}

fn needed_glibc(tag: &str, machine: &str) -> Option<Glibc> {
    if tag == "any" {
        return Some((0, 0));
    }
    match tag.strip_suffix(machine)?.strip_suffix('_')? {
        "linux" => Some((0, 0)),
        "manylinux1" => Some((2, 5)),
        "manylinux2010" => Some((2, 12)),
        "manylinux2014" => Some((2, 17)),
        newer => {
            let (major, minor) = newer.strip_prefix("manylinux_")?.split_once('_')?;
            Some((small_number(major)?, small_number(minor)?))
        }
    }
}

fn small_number(text: &str) -> Option<u32> {
    let is_number = (1..=4).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fit(platform_tag: &str, platform: Platform, glibc: Glibc) -> Option<Fit> {
        WheelName::parse(&format!("nvidia_x-1.0-py3-none-{platform_tag}.whl"))
            .expect(platform_tag)
            .fit(platform, Some(glibc))
    }

    #[test]
    fn names_are_taken_apart() {
        let wheel = WheelName::parse(
            "nvidia_cuda_cccl_cu12-12.4.127.post1-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl",
        )
        .expect("a wheel");
        assert_eq!(wheel.distribution, "nvidia-cuda-cccl-cu12");
        assert_eq!(wheel.version.to_string(), "12.4.127.post1");
        let is_supported = |glibc| wheel.fit(Platform::LinuxX86_64, Some(glibc)).map(|fit| fit.is_supported);
        assert_eq!(is_supported((2, 17)), Some(true));
        assert_eq!(is_supported((2, 16)), Some(false));
        assert_eq!(wheel.fit(Platform::LinuxSbsa, None), None);
        assert!(WheelName::parse("cuda_toolkit-13.0.3.0-py2.py3-none-any.whl").is_some());
    }

    #[test]
    fn what_is_not_such_a_wheel_is_left_out() {
        for name in [
            "x-1.0.tar.gz",
            "x-1.0rc1-py3-none-any.whl",
            "x-1.0-cp311-cp311-manylinux1_x86_64.whl",
            "x-1.0-py2-none-any.whl",
            "../x-1.0-py3-none-any.whl",
            "x-1.0-py3-none.whl",
            "x-1.0-é-py3-none-any.whl",
            "x-1.0-a-py3-none-any.whl",
            "-1.0-py3-none-any.whl",
            ".whl",
        ] {
            assert_eq!(WheelName::parse(name), None, "{name}");
        }
    }

    #[test]
    fn the_newest_glibc_that_fits_is_best_and_then_the_build() {
        let x86 = Platform::LinuxX86_64;
        let host = (2, 20);
        let of = |tag| fit(tag, x86, host).expect(tag);
        assert!(of("manylinux2014_x86_64") > of("manylinux1_x86_64.manylinux_2_5_x86_64"));
        assert!(of("manylinux1_x86_64") > of("any"));
        assert!(of("any") > of("manylinux_2_27_x86_64"));
        assert!(of("manylinux_2_27_x86_64") > of("manylinux_2_28_x86_64"));
        assert!(of("manylinux2014_x86_64").is_supported && !of("manylinux_2_27_x86_64").is_supported);
        assert_eq!(fit("manylinux2014_aarch64", x86, host), None);
        assert_eq!(fit("musllinux_1_2_x86_64", x86, host), None);
        assert_eq!(fit("win_amd64", x86, host), None);
        assert!(fit("manylinux2014_aarch64", Platform::LinuxSbsa, host).is_some());
        let build = |name: &str| WheelName::parse(name).expect(name).fit(x86, None);
        assert!(build("x-1-10-py3-none-any.whl") > build("x-1-9b-py3-none-any.whl"));
        assert!(build("x-1-1-py3-none-any.whl") > build("x-1-py3-none-any.whl"));
    }

    #[test]
    fn project_names_have_one_spelling() {
        assert_eq!(normalised("Nvidia__CUDA.nvcc-_cu12"), "nvidia-cuda-nvcc-cu12");
        assert!(is_name("nvidia-cuda-nvcc") && !is_name("..") && !is_name("a/b") && !is_name(""));
    }

    proptest! {
        #[test]
        fn any_name_is_read_or_left_out(name in "[a-z0-9._-]{0,40}(-py3-none-any)?(\\.whl)?", other in ".{0,30}") {
            let _ = WheelName::parse(&other);
            if let Some(wheel) = WheelName::parse(&name) {
                prop_assert_eq!(normalised(&wheel.distribution), wheel.distribution);
            }
        }
    }
}
