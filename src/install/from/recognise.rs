//! What a file is: which component, in which version, for which platform and CUDA release. Said by the
//! package itself, or by the directory at the top of an archive; a file's name counts for nothing.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Result, anyhow};

use super::directory::Listing;
use super::input::Input;
use super::library::Library;
use crate::error::{Advise as _, advised};
use crate::model::{ComponentName, Format, Platform, Profile, Trust, Version};
use crate::packages::{self, components, system};
use crate::shell::quote;
use crate::sources;
use crate::unpack::{self, PackageMetadata};

/// So many names of an archive are looked at.
const NAMES: usize = 8;

/// A file and what it is.
pub(super) struct Found {
    pub(super) input: Arc<Input>,
    /// The component; `toolkit_devel` where it holds more than one.
    pub(super) component: ComponentName,
    /// Its version, where the content has yet to tell.
    pub(super) version: Option<Version>,
    pub(super) platform: Platform,
    /// The CUDA release that it says it belongs to.
    pub(super) release: Option<Version>,
    /// The CUDA major that an add-on says it was built for.
    pub(super) built_for: Option<u32>,
    /// What a table of the program calls it.
    pub(super) known: Option<String>,
    /// Whether it is one component out of a file that holds a whole toolkit.
    pub(super) is_part: bool,
}

/// What the file itself says.
struct Saying {
    component: ComponentName,
    version: Option<Version>,
    platform: Option<Platform>,
    release: Option<Version>,
    built_for: Option<u32>,
}

/// Recognises a file.
pub(super) fn recognise(input: Input, profile: Profile, platform: Platform) -> Result<Found> {
    let saying = saying(&input, profile)?;
    if let Some(own) = saying.platform.filter(|own| !runs_on(*own, platform)) {
        return Err(advised(
            format!("`{}` is for {own}, not for {platform}", input.path.display()),
            format!("`--platform {own}` installs it all the same"),
        ));
    }
    let Saying { component, mut version, mut release, mut built_for, .. } = saying;
    let known = sources::known(&input.digest);
    if let Some(known) = &known {
        version = version.or(Some(known.version.clone()));
        match &known.built_for {
            Some(cuda) => built_for = Some(cuda.major()),
            None => release = Some(known.version.clone()),
        }
    }
    let known = known.map(|known| known.name);
    let input = Arc::new(input);
    Ok(Found { input, component, version, platform, release, built_for, known, is_part: false })
}

impl Found {
    pub(super) fn trust(&self) -> Trust {
        if self.known.is_some() { Trust::Pinned } else { Trust::Unverified }
    }

    /// Returns who brought it to this machine, where that is known.
    pub(super) fn owner(&self) -> Option<&str> {
        Some(self.input.library.as_ref()?.owner.as_ref()?.title.as_str())
    }

    /// Returns the word for its trust.
    pub(super) fn standing(&self) -> &'static str {
        if self.known.is_some() { "known" } else { "unverified" }
    }
}

fn saying(input: &Input, profile: Profile) -> Result<Saying> {
    let path = &input.path;
    match input.format {
        Format::Conda | Format::Deb | Format::Rpm => {
            let metadata = unpack::metadata(path, input.format).hint(broken())?;
            package(path, &metadata.ok_or_else(|| anyhow!("`{}` is nameless", path.display()))?, profile)
        }
        Format::Wheel => {
            let metadata = unpack::metadata(path, input.format).hint(broken())?;
            wheel(path, &metadata.ok_or_else(|| anyhow!("`{}` is nameless", path.display()))?)
        }
        Format::TarBz2 | Format::TarGz | Format::TarXz | Format::TarZst => {
            let names = unpack::first_paths(path, NAMES).hint(broken())?;
            archive(path, &names, profile)
        }
        Format::Runfile => runfile(input, profile),
        Format::Directory => {
            if let Some(library) = &input.library {
                return library_saying(library);
            }
            let listing = input.listing.as_ref().ok_or_else(|| anyhow!("`{}` vanished", path.display()))?;
            directory(path, listing, profile)
        }
    }
}

/// Patches are small, and toolkits never were.
const PATCH_BYTES: u64 = 512 << 20;

fn runfile(input: &Input, profile: Profile) -> Result<Saying> {
    if input.size < PATCH_BYTES && unpack::is_patch(&input.path).unwrap_or(false) {
        return Err(advised(
            format!(
                "`{}` is a patch that NVIDIA's own installer applies to a toolkit, and what it changes isn't known \
                 without running it",
                input.path.display()
            ),
            "leave it out: `cudaman install --from` with the toolkit's own runfile installs the release itself",
        ));
    }
    Ok(Saying::toolkit(profile))
}

impl Saying {
    fn of(component: ComponentName) -> Self {
        Self { component, version: None, platform: None, release: None, built_for: None }
    }

    /// A file that holds more than one component.
    fn toolkit(profile: Profile) -> Self {
        Self::of(ComponentName::toolkit(profile))
    }
}

/// A package of Debian, RPM or conda.
fn package(path: &Path, metadata: &PackageMetadata, profile: Profile) -> Result<Saying> {
    let PackageMetadata { name, version, architecture } = metadata;
    let is_repository = name.starts_with("cuda-repo-");
    let component = if is_repository {
        Saying::toolkit(profile).component
    } else if name.starts_with("cudnn-local-repo-") {
        "cudnn".parse()?
    } else {
        system::component(name).ok_or_else(|| {
            advised(
                format!("`{}` is the package `{name}`, which belongs to no CUDA toolkit", path.display()),
                "leave it out; drivers come from the system's package manager",
            )
        })?
    };
    let (own, release) = system::versions(version).unzip();
    // `12.4.1-550.54.15-1`: the release and its driver.
    let of_repository = || version.split('-').next().filter(|_| is_repository)?.parse().ok();
    let release = of_repository().or(release.flatten()).or_else(|| system::release_in_name(name));
    Ok(Saying {
        version: own.filter(|_| !is_repository),
        platform: architecture.as_deref().and_then(platform_of),
        release,
        built_for: built_for(version).or_else(|| built_for(name)),
        ..Saying::of(component)
    })
}

/// Reads the CUDA major of `8.9.7.29-1+cuda12.2`, of RPM's `8.9.7.29-1.cuda12.2`, or of `libcudnn9-cuda-12`.
fn built_for(text: &str) -> Option<u32> {
    let (_, rest) = ["+cuda", ".cuda", "-cuda-"].iter().find_map(|sign| text.split_once(sign))?;
    rest.split(|character: char| !character.is_ascii_digit()).next()?.parse().ok()
}

fn wheel(path: &Path, metadata: &PackageMetadata) -> Result<Saying> {
    let name = metadata.name.to_ascii_lowercase().replace('_', "-");
    let (stem, major) = match name.rsplit_once("-cu") {
        Some((stem, major)) => match major.parse() {
            Ok(major) => (stem, Some(major)),
            Err(_) => (name.as_str(), None),
        },
        None => (name.as_str(), None),
    };
    let version: Option<Version> = metadata.version.parse().ok();
    if let Some(row) = components::by_wheel(stem) {
        return Ok(Saying { version, ..Saying::of(row.name.clone()) });
    }
    let kind = packages::add_ons().find(|kind| kind.wheel == Some(stem)).ok_or_else(|| {
        let message = format!("`{}` is the wheel `{name}`, which belongs to no CUDA toolkit", path.display());
        advised(message, "leave it out, and name the wheels that begin with `nvidia_`")
    })?;
    let component = kind.redist_components.first().copied().unwrap_or(kind.name).parse()?;
    Ok(Saying { version, built_for: major, ..Saying::of(component) })
}

/// An archive that is named after its top directory: `cuda_nvcc-linux-x86_64-12.4.131-archive`, or
/// cuDNN's `cuda/`. Any other is taken for a packed toolkit.
fn archive(path: &Path, names: &[String], profile: Profile) -> Result<Saying> {
    let top = names.iter().find_map(|name| name.split('/').find(|part| !part.is_empty()));
    let top = top.ok_or_else(|| anyhow!("`{}` is empty", path.display()))?;
    if let Some(saying) = redist(top) {
        return Ok(saying);
    }
    if names.iter().any(|name| name.contains("cudnn")) {
        return Ok(Saying::of("cudnn".parse()?));
    }
    Ok(Saying::toolkit(profile))
}

fn redist(top: &str) -> Option<Saying> {
    let name = top.strip_suffix("-archive")?;
    let (platform, component, rest) = Platform::ALL.into_iter().find_map(|platform| {
        let (component, rest) = name.split_once(&format!("-{platform}-"))?;
        Some((platform, component, rest))
    })?;
    let (version, variant) =
        rest.split_once("_cuda").map_or((rest, None), |(version, cuda)| (version, Some(cuda)));
    Some(Saying {
        version: Some(version.parse().ok()?),
        platform: Some(platform),
        built_for: variant.and_then(|cuda| cuda.split('.').next()?.parse().ok()),
        ..Saying::of(component.parse().ok()?)
    })
}

fn directory(path: &Path, listing: &Listing, profile: Profile) -> Result<Saying> {
    let targets = listing.names("targets");
    let platform = Platform::ALL.into_iter().find(|platform| targets.contains(platform.target()));
    let is_toolkit = ["bin/nvcc", "include/cuda.h", "nvvm/bin/cicc"].iter().any(|path| listing.has(path));
    if is_toolkit || !targets.is_empty() {
        return Ok(Saying { platform, ..Saying::toolkit(profile) });
    }
    if listing.has("include/cudnn.h") || listing.has("include/cudnn_version.h") {
        return Ok(Saying::of("cudnn".parse()?));
    }
    Err(advised(
        format!("`{}` is no CUDA toolkit: it has neither `bin/nvcc` nor `include/cuda.h`", path.display()),
        format!("to install the files in it: `--from {}/*`", quote::word(path)),
    ))
}

/// A cuDNN of the system; how it was built stands in the version of its package.
fn library_saying(library: &Library) -> Result<Saying> {
    let package = library.owner.as_ref().and_then(|owner| owner.version.as_deref());
    Ok(Saying {
        version: Some(library.version.clone()),
        platform: Some(library.platform),
        built_for: library.built_for.or_else(|| package.and_then(built_for)),
        ..Saying::of("cudnn".parse()?)
    })
}

/// Reads a processor as packaging systems spell it; nothing for packages that fit all of them.
fn platform_of(architecture: &str) -> Option<Platform> {
    match architecture {
        "amd64" | "x86_64" | "linux-64" => Some(Platform::LinuxX86_64),
        "aarch64" | "arm64" | "linux-aarch64" | "sbsa" => Some(Platform::LinuxSbsa),
        "ppc64el" | "ppc64le" | "linux-ppc64le" => Some(Platform::LinuxPpc64le),
        _ => None,
    }
}

/// Packages name the processor only, and Jetson's is that of servers.
fn runs_on(own: Platform, platform: Platform) -> bool {
    own.machine() == platform.machine()
}

fn broken() -> String {
    "copy the file again, and compare its size with that of the original".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_the_tables_are_known() {
        let known = |digest: &str| sources::known(&digest.parse().expect("a digest"));
        let runfile = known("92351f0e4346694d0fcb4ea1539856c9eb82060c25654463bfd8574ec35ee39a");
        assert_eq!(runfile.map(|known| known.name).as_deref(), Some("cuda_10.0.130_410.48_linux"));
        assert_eq!(known(&"0".repeat(64)), None);
    }

    #[test]
    fn tops_of_archives() {
        let saying = redist("cudnn-linux-x86_64-8.9.7.29_cuda12-archive").expect("a component");
        assert_eq!(saying.component.as_str(), "cudnn");
        assert_eq!(saying.version.map(String::from).as_deref(), Some("8.9.7.29"));
        assert_eq!((saying.platform, saying.built_for), (Some(Platform::LinuxX86_64), Some(12)));
        let saying = redist("cuda_nvcc-linux-sbsa-12.4.131-archive").expect("a component");
        assert_eq!((saying.component.as_str(), saying.platform), ("cuda_nvcc", Some(Platform::LinuxSbsa)));
        assert!(redist("cuda").is_none() && redist("a-archive").is_none());
        assert_eq!(built_for("8.9.7.29-1+cuda12.2"), Some(12));
        assert_eq!(built_for("8.9.7.29-1.cuda11.8"), Some(11));
        assert_eq!(built_for("libcudnn9-cuda-13"), Some(13));
    }
}
