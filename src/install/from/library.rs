//! A cuDNN whose files lie among others, as packages of a system leave them: `/usr/lib64/libcudnn.so.8`,
//! with its headers in `/usr/include`. It is named by its library or by the library's directory; only the
//! files that belong to it are read, and none is changed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::add_ons::are_one;
use super::directory::Listing;
use crate::discover::{self, Owner};
use crate::error::advised;
use crate::layout;
use crate::model::{Platform, Version};
use crate::shell::quote;

/// So many directories above a library are looked at for headers: `lib/<triplet>/libcudnn/12` has four.
const ABOVE: usize = 4;
/// Where headers stand below one of them.
const INCLUDES: &[&str] = &["include/x86_64-linux-gnu", "include/aarch64-linux-gnu", "include"];

/// What such a cuDNN is.
pub(super) struct Library {
    /// Its main library, under its SONAME.
    pub(super) path: PathBuf,
    /// Its version, as library and headers agree on it.
    pub(super) version: Version,
    /// Where it runs.
    pub(super) platform: Platform,
    /// The CUDA major that its directory names.
    pub(super) built_for: Option<u32>,
    /// The package that brought it.
    pub(super) owner: Option<Owner>,
}

/// Files to copy and links between them, by the paths that they get.
#[derive(Default)]
struct Parts {
    files: BTreeMap<String, PathBuf>,
    links: BTreeMap<String, String>,
}

/// Finds the cuDNN that a path names; none where it names something else.
pub(super) fn find(path: &Path) -> Result<Option<(Library, Listing)>> {
    let Some((directory, wanted)) = place(path)? else { return Ok(None) };
    let libraries = libraries(&directory)?;
    let main = main_library(&directory, &libraries, wanted.as_ref())?;
    let real = resolved(&main)?;
    let exact = version_of(&real).or_else(|| version_of(&main)).expect("a version in the name");
    let platform = layout::platform_of(&real).ok_or_else(|| {
        advised(
            format!("`{}` is no shared library of Linux", real.display()),
            "name the `libcudnn.so.N` of a cuDNN",
        )
    })?;
    // Links may lead to another directory, where the parts lie that the main library loads.
    let directories = BTreeSet::from([directory.as_path(), real.parent().unwrap_or(&directory)]);
    let mut parts = Parts::default();
    for directory in directories {
        for (name, version) in self::libraries(directory)? {
            if are_one(&version, &exact) {
                parts.add_library(&directory.join(&name), &name, &exact)?;
            }
        }
        parts.add_static(directory, exact.major())?;
    }
    let version = parts.add_headers(&real, &exact)?;
    let listing = Listing::of_files(&directory, &parts.files, &parts.links)?;
    let owner = discover::owner_of(&main);
    let built_for = cuda_directory(&real).and_then(|name| name.parse().ok());
    Ok(Some((Library { path: main, version, platform, built_for, owner }, listing)))
}

impl Parts {
    /// Adds a library by the name of its file, and its other name as a link to that.
    fn add_library(&mut self, path: &Path, name: &str, exact: &Version) -> Result<()> {
        let real = resolved(path)?;
        if let Some(other) = version_of(&real).filter(|version| !are_one(version, exact)) {
            return Err(advised(
                format!("`{}` is of cuDNN {other}, and its main library of {exact}", path.display()),
                "install all of cuDNN's packages in one version",
            ));
        }
        let own = file_name(&real).filter(|own| own.starts_with("libcudnn")).unwrap_or(name);
        if own != name {
            self.links.insert(format!("lib/{name}"), own.to_owned());
        }
        self.files.insert(format!("lib/{own}"), real.clone());
        Ok(())
    }

    /// Adds the static libraries. Links to them come from the layout.
    fn add_static(&mut self, directory: &Path, major: u32) -> Result<()> {
        for name in names(directory, "libcudnn")?.into_iter().filter(|name| name.ends_with(".a")) {
            let path = directory.join(&name);
            let is_other = major_in(&name).is_some_and(|other| other != major);
            if !is_other && fs_err::symlink_metadata(&path)?.is_file() {
                self.files.insert(format!("lib/{name}"), path);
            }
        }
        Ok(())
    }

    /// Adds the headers of the nearest directory that has them, and returns the version they tell.
    fn add_headers(&mut self, main: &Path, exact: &Version) -> Result<Version> {
        let directories = include_directories(main);
        let headers = directories.iter().map(|directory| headers(directory, exact.major()));
        let headers = headers.collect::<Result<Vec<_>>>()?.into_iter().find(|headers| !headers.is_empty());
        let headers = headers.unwrap_or_default();
        let major = exact.major();
        let told = [format!("cudnn_version_v{major}.h"), "cudnn_version.h".to_owned()]
            .into_iter()
            .chain([format!("cudnn_v{major}.h"), "cudnn.h".to_owned()])
            .filter_map(|name| headers.get(&name))
            .find_map(|path| Some((path, layout::cudnn_header(path)?)));
        let Some((header, version)) = told else {
            return Err(advised(
                format!(
                    "`{}` has no headers that tell its version, and nothing can be built with it",
                    main.display()
                ),
                format!(
                    "install them (`libcudnn{major}-dev`, `libcudnn{major}-devel`), or get a whole one: `cudaman install 12.4+cudnn{major}`"
                ),
            ));
        };
        if !are_one(&version, exact) {
            return Err(advised(
                format!("`{}` is cuDNN {exact}, and `{}` is of {version}", main.display(), header.display()),
                "install cuDNN's packages in one version, or name the library that the headers belong to",
            ));
        }
        for (name, path) in headers {
            self.files.insert(format!("include/{name}"), path);
        }
        Ok(version)
    }
}

/// The directory that is meant, and the beginning of the version where a library is named.
fn place(path: &Path) -> Result<Option<(PathBuf, Option<Version>)>> {
    if path.is_dir() {
        let directory = fs_err::canonicalize(path)?;
        let has = names(&directory, "libcudnn.so.")?.iter().any(|name| version_in(name).is_some());
        return Ok(has.then_some((directory, None)));
    }
    let is_library = |name: &&str| name.starts_with("libcudnn") && name.contains(".so");
    let Some(name) = file_name(path).filter(is_library) else { return Ok(None) };
    // A path that isn't there is for others to refuse; a link that leads nowhere is there.
    if fs_err::symlink_metadata(path).is_err() {
        return Ok(None);
    }
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let directory = fs_err::canonicalize(parent.unwrap_or(Path::new(".")))?;
    let wanted = version_in(name).or_else(|| version_of(&path.canonicalize().ok()?));
    Ok(Some((directory, wanted)))
}

/// The shared libraries of all cuDNNs in a directory, with the versions in their names.
fn libraries(directory: &Path) -> Result<Vec<(String, Version)>> {
    let names = names(directory, "libcudnn")?.into_iter();
    Ok(names.filter_map(|name| version_in(&name).map(|version| (name, version))).collect())
}

/// Chooses the main library, by the shortest of its names, which is its SONAME.
fn main_library(
    directory: &Path,
    libraries: &[(String, Version)],
    wanted: Option<&Version>,
) -> Result<PathBuf> {
    let is_main = |(name, version): &&(String, Version)| {
        name.starts_with("libcudnn.so.") && wanted.is_none_or(|wanted| are_one(version, wanted))
    };
    let mains: Vec<_> = libraries.iter().filter(is_main).collect();
    let majors: BTreeSet<u32> = mains.iter().map(|(_, version)| version.major()).collect();
    let main = mains.iter().min_by_key(|(name, _)| name.len()).map(|(name, _)| directory.join(name));
    let shown = directory.display();
    match (main, majors.len()) {
        (Some(main), 1) => Ok(main),
        (Some(main), _) => Err(advised(
            format!(
                "`{shown}` holds more than one cuDNN: {}",
                majors.iter().map(u32::to_string).collect::<Vec<_>>().join(", ")
            ),
            format!("name the library of one: `--from {}`", quote::word(&main)),
        )),
        (None, _) => Err(advised(
            format!("`{shown}` holds no main library of that cuDNN, `libcudnn.so.N`"),
            "`cudaman discover` shows the cuDNNs of this machine",
        )),
    }
}

/// The directories that may hold the headers of a library, the nearest first.
fn include_directories(library: &Path) -> Vec<PathBuf> {
    let cuda = cuda_directory(library);
    let above = library.ancestors().skip(2).take(ABOVE);
    let includes = above.flat_map(|root| INCLUDES.iter().map(|include| root.join(include)));
    includes
        .flat_map(|include| cuda.map(|cuda| include.join("libcudnn").join(cuda)).into_iter().chain([include]))
        .collect()
}

/// 12 of `libcudnn/12/libcudnn.so.9`: packages of cuDNN 9 for several CUDAs have a directory for each.
fn cuda_directory(library: &Path) -> Option<&str> {
    let directory = library.parent()?;
    let is_for_several = file_name(directory.parent()?)?.starts_with("libcudnn");
    file_name(directory).filter(|name| is_for_several && name.parse::<u32>().is_ok())
}

/// The headers of one cuDNN in a directory. Where one is there as `cudnn_v8.h`, its plain name is a link
/// that the layout makes.
fn headers(directory: &Path, major: u32) -> Result<BTreeMap<String, PathBuf>> {
    let mut headers = BTreeMap::new();
    if !directory.is_dir() {
        return Ok(headers);
    }
    for name in names(directory, "cudnn")?.into_iter().filter(|name| name.ends_with(".h")) {
        let Ok(real) = directory.join(&name).canonicalize() else { continue };
        let of = major_in(&name).or_else(|| major_in(file_name(&real)?));
        let is_second_name = major_in(&name).is_none() && of.is_some();
        if of.is_none_or(|of| of == major) && !is_second_name && real.is_file() {
            headers.insert(name, real);
        }
    }
    Ok(headers)
}

/// The names in a directory that begin so, sorted.
fn names(directory: &Path, start: &str) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs_err::read_dir(directory)? {
        names.extend(entry?.file_name().into_string().ok().filter(|name| name.starts_with(start)));
    }
    names.sort();
    Ok(names)
}

/// Follows the links of a library.
fn resolved(path: &Path) -> Result<PathBuf> {
    let real = path.canonicalize().ok().filter(|real| real.is_file());
    real.ok_or_else(|| {
        let target =
            path.read_link().map(|target| format!("a link to `{}`, where no file is", target.display()));
        advised(
            format!("`{}` is {}", path.display(), target.unwrap_or_else(|_| "no file".to_owned())),
            "install the package again that it belongs to; `cudaman discover` names it",
        )
    })
}

fn file_name(path: &Path) -> Option<&str> {
    path.file_name()?.to_str()
}

fn version_of(path: &Path) -> Option<Version> {
    version_in(file_name(path)?)
}

/// 8.9.7 of `libcudnn.so.8.9.7`.
fn version_in(library: &str) -> Option<Version> {
    library.split_once(".so.")?.1.parse().ok()
}

/// 8 of `cudnn_v8.h` and of `libcudnn_static_v8.a`.
fn major_in(name: &str) -> Option<u32> {
    name.rsplit_once('.')?.0.rsplit_once("_v")?.1.parse().ok()
}
