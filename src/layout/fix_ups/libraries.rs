//! The names of shared libraries: `libX.so` for the linker, the SONAME for the loader.
//!
//! Archives bring both as links; wheels bring one file, mostly under its SONAME. No library is
//! opened unless it stands alone under a name that may not be its SONAME.

use std::collections::BTreeMap;

use crate::layout::elf;
use crate::layout::tree::{LayoutError, Tree, link};
use crate::model::{FixUp, Version};

/// One library in one directory.
struct Library<'a> {
    directory: &'a str,
    stem: String,
    /// Its names, by the version after `.so`.
    names: BTreeMap<Option<Version>, String>,
}

pub(super) fn fix_ups(tree: &Tree<'_>) -> Result<Vec<FixUp>, LayoutError> {
    let lib = tree.lib();
    let stubs = format!("{lib}/stubs");
    let mut fix_ups = Vec::new();
    for directory in [&lib, "nvvm/lib64", "extras/CUPTI/lib64"] {
        for mut library in libraries(tree, directory) {
            fix_ups.extend(library.soname_link(tree)?);
            fix_ups.extend(library.development_link());
        }
    }
    // A stub has the SONAME of the real library, which must not be shadowed by it.
    fix_ups.extend(libraries(tree, &stubs).iter().filter_map(Library::development_link));
    Ok(fix_ups)
}

impl<'a> Library<'a> {
    fn new(directory: &'a str, stem: &str) -> Self {
        Self { directory, stem: stem.to_owned(), names: BTreeMap::new() }
    }

    /// Links the SONAME of a library that stands alone under another name.
    ///
    /// One number after `.so` is the SONAME in all of NVIDIA's wheels, so those aren't opened.
    fn soname_link(&mut self, tree: &Tree<'_>) -> Result<Option<FixUp>, LayoutError> {
        let (1, Some((version, name))) = (self.names.len(), self.names.first_key_value()) else {
            return Ok(None);
        };
        let path = self.path(name);
        if !tree.is_file(&path) || version.as_ref().is_some_and(|version| version.numbers().len() == 1) {
            return Ok(None);
        }
        let Some(soname) = elf::soname(tree.open(&path)?) else { return Ok(None) };
        let Some((_, version)) = parse(&soname).filter(|_| soname != *name && !soname.contains('/')) else {
            return Ok(None);
        };
        self.names.insert(version, soname.clone());
        Ok(Some(link(self.path(&soname), &path)))
    }

    fn development_link(&self) -> Option<FixUp> {
        if self.names.contains_key(&None) {
            return None;
        }
        let name = self.path(&format!("{}.so", self.stem));
        Some(link(name, &self.path(self.linkers_choice()?)))
    }

    /// Returns the highest version, by the shortest of its names.
    fn linkers_choice(&self) -> Option<&str> {
        let highest = self.names.keys().flatten().max()?;
        let is_its_name =
            |version: &Option<Version>| version.as_ref().is_some_and(|version| highest.starts_with(version));
        self.names.iter().find(|(version, _)| is_its_name(version)).map(|(_, name)| name.as_str())
    }

    fn path(&self, name: &str) -> String {
        format!("{}/{name}", self.directory)
    }
}

fn libraries<'a>(tree: &Tree<'_>, directory: &'a str) -> Vec<Library<'a>> {
    let mut libraries: BTreeMap<String, Library<'a>> = BTreeMap::new();
    for name in tree.names(directory) {
        if let Some((stem, version)) = parse(&name) {
            let library = libraries.entry(stem.to_owned()).or_insert_with(|| Library::new(directory, stem));
            library.names.insert(version, name);
        }
    }
    libraries.into_values().collect()
}

/// Splits `libcudart.so.11.0` into `libcudart` and 11.0.
fn parse(name: &str) -> Option<(&str, Option<Version>)> {
    let (stem, rest) = name.rsplit_once(".so")?;
    if !stem.starts_with("lib") {
        return None;
    }
    match rest.strip_prefix('.') {
        Some(version) => Some((stem, Some(version.parse().ok()?))),
        None => rest.is_empty().then_some((stem, None)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_libraries() {
        let version = |text: &str| Some(text.parse::<Version>().expect("a version"));
        assert_eq!(parse("libcudart.so.11.0"), Some(("libcudart", version("11.0"))));
        assert_eq!(parse("libnvrtc.alt.so.12"), Some(("libnvrtc.alt", version("12"))));
        assert_eq!(parse("libcupti.so"), Some(("libcupti", None)));
        for name in ["libcudart_static.a", "libx.so.1-old", "libx.so.", "libx.sock", "x.so.1"] {
            assert_eq!(parse(name), None, "{name}");
        }
    }

    #[test]
    fn the_linker_gets_the_highest_by_its_shortest_name() {
        let choice = |names: &[&str]| {
            let mut library = Library::new("lib", "libx");
            library.names.extend(names.iter().filter_map(|name| Some((parse(name)?.1, (*name).to_owned()))));
            library.linkers_choice().map(str::to_owned)
        };
        assert_eq!(choice(&["libx.so.8.9.7", "libx.so.8"]).as_deref(), Some("libx.so.8"));
        assert_eq!(choice(&["libx.so.9", "libx.so.10"]).as_deref(), Some("libx.so.10"));
        assert_eq!(choice(&["libx.so.11.0", "libx.so.11.8.89"]).as_deref(), Some("libx.so.11.8.89"));
    }
}
