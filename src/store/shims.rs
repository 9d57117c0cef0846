//! `shims/`: one program under the names of all tools, and links to the default toolchain.
//!
//! ```text
//! shims/
//!   bin/<tool>              hard link to bin/cudaman-shim
//!   missing/<tool> -> ../../bin/cudaman-shim     of every CUDA tool, installed or not: hooks put it on PATH
//!                                                where a pin isn't installed, so that nothing else answers
//!   include -> ../versions/<default>/include …   for programs that take the parent of nvcc's
//!                                                directory for the root
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::durability::sync_directory;
use super::error::{At, StoreError};
use super::files::{names, remove_file};
use super::locks::{Key, Mode};
use super::resolve::replace_by_link;
use super::{Staging, Store, Toolchain};
use crate::model::fix_up::BEHIND_A_SCRIPT;

/// What a toolchain's root may hold beside `bin`.
const ROOT_ENTRIES: &[&str] = &[
    "EULA.txt",
    "compute-sanitizer",
    "extras",
    "gds",
    "include",
    "lib",
    "lib64",
    "libnvvp",
    "libnvptxcompiler",
    "nvml",
    "nvvm",
    "nvvmx",
    "pkgconfig",
    "res",
    "share",
    "src",
    "targets",
    "tools",
    "version.json",
    "version.txt",
];

/// The tools that an adopted toolkit gives a shim. Its `bin` may be `/usr/bin`, or a conda
/// environment's: a shim for every program in it would take over the user's `ls` and `python`.
pub(super) const TOOLS: &[&str] = &[
    "bin2c",
    "compute-sanitizer",
    "cu++filt",
    "cuda-gdb",
    "cuda-gdbserver",
    "cuda-memcheck",
    "cudafe++",
    "cuobjdump",
    "fatbinary",
    "ncu",
    "ncu-ui",
    "nsight-sys",
    "nsys",
    "nsys-ui",
    "nvcc",
    "nvdisasm",
    "nvlink",
    "nvprof",
    "nvprune",
    "nvvp",
    "ptxas",
    "tileiras",
];

impl Store {
    /// Installs the shim's program and gives every tool a shim.
    ///
    /// # Errors
    /// Returns an error where the home can't be written.
    pub fn install_shim_program(&self, program: &[u8]) -> Result<(), StoreError> {
        let _lock = self.locks.acquire(Key::Store, Mode::Alone)?;
        let path = self.own.shim_program();
        let is_current = fs::read(&path).is_ok_and(|bytes| bytes == program) && mode(&path) == Some(0o755);
        if !is_current {
            self.mark_indexes_stale()?;
            self.stage("shim")?.replace(&path, program, 0o755)?;
            sync_directory(&self.own.bin())?;
        }
        self.rebuild_while_locked()
    }

    /// Returns the names that should have a shim: the tools of all toolchains of all stores. What
    /// can't be read of the own home is an error: a shim must not vanish for a moment's failure.
    pub(super) fn wanted_shims(&self) -> Result<BTreeSet<String>, StoreError> {
        let mut wanted = BTreeSet::new();
        if self.shim_program().is_none() {
            return Ok(wanted);
        }
        for toolchain in self.toolchains_of(&self.own)? {
            wanted.extend(tools(&toolchain)?);
        }
        let others = self.toolchains().into_iter().filter(|toolchain| !toolchain.is_own);
        wanted.extend(others.filter_map(|toolchain| tools(&toolchain).ok()).flatten());
        Ok(wanted)
    }

    /// Returns the links that should stand in `shims/`, with their targets.
    pub(super) fn wanted_links(&self) -> Result<BTreeMap<String, PathBuf>, StoreError> {
        let request = self.read_default()?;
        let Some(toolchain) = request.and_then(|request| self.find(&request)) else {
            return Ok(BTreeMap::new());
        };
        let root = if toolchain.is_own {
            Path::new("../versions").join(toolchain.name.to_string())
        } else {
            toolchain.root.clone()
        };
        let is_there = |name: &&&str| fs::symlink_metadata(toolchain.root.join(name)).is_ok();
        Ok(ROOT_ENTRIES.iter().filter(is_there).map(|name| ((*name).to_owned(), root.join(name))).collect())
    }

    /// The caller holds the lock of the store.
    pub(super) fn rebuild_shims(&self, staging: &Staging) -> Result<(), StoreError> {
        let wanted = self.wanted_shims()?;
        let directory = self.own.shims_bin();
        for name in &wanted {
            self.place_shim(staging, &directory.join(name))?;
        }
        for name in names(&directory)?.iter().filter(|name| !wanted.contains(*name)) {
            remove_file(&directory.join(name))?;
        }
        sync_directory(&directory)?;
        self.rebuild_refusals(staging)?;
        self.rebuild_links(staging)
    }

    fn place_shim(&self, staging: &Staging, target: &Path) -> Result<(), StoreError> {
        let program = self.own.shim_program();
        if self.is_shim(target) {
            return Ok(());
        }
        if self.abilities.hard_links && replace_by_link(staging, &program, target).is_ok() {
            return Ok(());
        }
        let bytes = fs::read(&program).at("read", &program)?;
        staging.replace(target, &bytes, 0o755)
    }

    /// Tells whether a file is the shim's program, by inode or, where links are refused, by content.
    pub(super) fn is_shim(&self, path: &Path) -> bool {
        let program = self.own.shim_program();
        let (Ok(shim), Ok(original)) = (fs::symlink_metadata(path), fs::symlink_metadata(&program)) else {
            return false;
        };
        let is_linked = (shim.dev(), shim.ino()) == (original.dev(), original.ino());
        let is_copy =
            || shim.mode() == original.mode() && shim.len() == original.len() && same(path, &program);
        is_linked || is_copy()
    }

    fn rebuild_links(&self, staging: &Staging) -> Result<(), StoreError> {
        let wanted = self.wanted_links()?;
        let directory = self.own.shims();
        for (name, target) in &wanted {
            let path = directory.join(name);
            if fs::read_link(&path).is_ok_and(|found| found == *target) {
                continue;
            }
            let link = staging.free_path();
            std::os::unix::fs::symlink(target, &link).at("link", &link)?;
            fs::rename(&link, &path).at("replace", &path)?;
        }
        for name in names(&directory)?.iter().filter(|name| !wanted.contains_key(*name)) {
            let path = directory.join(name);
            if fs::symlink_metadata(&path).is_ok_and(|found| found.is_symlink()) {
                remove_file(&path)?;
            }
        }
        sync_directory(&directory)
    }
}

fn same(one: &Path, other: &Path) -> bool {
    matches!((fs::read(one), fs::read(other)), (Ok(one), Ok(other)) if one == other)
}

fn mode(path: &Path) -> Option<u32> {
    Some(fs::symlink_metadata(path).ok()?.permissions().mode() & 0o7777)
}

fn tools(toolchain: &Toolchain) -> Result<Vec<String>, StoreError> {
    let directory = toolchain.root.join("bin");
    let is_program = |name: &String| {
        let metadata = fs::metadata(directory.join(name));
        metadata.is_ok_and(|metadata| metadata.is_file() && metadata.mode() & 0o111 != 0)
    };
    let names = names(&directory)?.into_iter();
    let is_ours = |name: &String| toolchain.link.is_none() || TOOLS.contains(&name.as_str());
    Ok(names.filter(|name| is_tool_name(name) && is_ours(name) && is_program(name)).collect())
}

fn is_tool_name(name: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"._+-".contains(&byte);
    let is_plain = !name.is_empty() && !name.starts_with(['.', '-']) && name.bytes().all(is_letter);
    is_plain && !name.ends_with(BEHIND_A_SCRIPT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::{Lab, executable, file, link, name};

    fn shims(lab: &Lab) -> Vec<String> {
        names(&lab.path("shims/bin")).expect("listed")
    }

    #[test]
    fn every_tool_has_a_shim_and_stale_ones_go() {
        for has_links in [true, false] {
            let lab = Lab::new().with_abilities(true, has_links);
            let id = lab.add(
                "cuda_nvcc",
                &[
                    executable("bin/nvcc", "x"),
                    executable("bin/cu++filt", "x"),
                    executable("bin/crt/inner", "x"),
                    executable("bin/a b", "x"),
                    file("bin/nvcc.profile", "x"),
                    link("bin/alias", "nvcc"),
                    link("bin/dangling", "none"),
                ],
            );
            lab.compose("12.4.1", &[&id], &[]).expect("composed");
            assert!(shims(&lab).is_empty());
            lab.store.install_shim_program(b"shim").expect("installed");
            assert_eq!(shims(&lab), ["alias", "cu++filt", "nvcc"]);
            assert_eq!(lab.inode("shims/bin/nvcc") == lab.inode("bin/cudaman-shim"), has_links);
            lab.store.install_shim_program(b"a newer shim").expect("installed");
            assert_eq!(lab.read("shims/bin/nvcc"), "a newer shim");
            assert_eq!(mode(&lab.path("shims/bin/nvcc")), Some(0o755));
            lab.assert_healthy("installed");
            lab.store.remove(&name("12.4.1")).expect("removed");
            assert!(shims(&lab).is_empty());
        }
    }

    #[test]
    fn an_adopted_toolkit_lends_no_name_to_what_is_not_a_cuda_tool() {
        let lab = Lab::new();
        lab.store.install_shim_program(b"shim").expect("installed");
        let bin = lab.outside("usr/bin");
        fs::create_dir_all(&bin).expect("made");
        for tool in ["nvcc", "ls", "python3"] {
            fs::write(bin.join(tool), "x").expect("written");
            fs::set_permissions(bin.join(tool), fs::Permissions::from_mode(0o755)).expect("set");
        }
        lab.store.adopt(&name("debian"), &lab.outside("usr")).expect("adopted");
        assert_eq!(shims(&lab), ["nvcc"]);
    }

    #[test]
    fn links_lead_to_the_default() {
        let lab = Lab::new();
        let id = lab.add("cuda_nvcc", &[file("include/cuda.h", "12.4"), file("version.json", "{}")]);
        lab.compose("12.4.1", &[&id], &[]).expect("composed");
        let other = lab.add("cuda_nvcc", &[file("include/cuda.h", "11.8")]);
        lab.compose("11.8.0", &[&other], &[]).expect("composed");
        lab.store.set_default(Some(&"12".parse().expect("a request"))).expect("set");
        assert_eq!(lab.read("shims/include/cuda.h"), "12.4");
        assert_eq!(
            fs::read_link(lab.path("shims/include")).expect("a link"),
            Path::new("../versions/12.4.1/include")
        );
        lab.store.set_default(Some(&"11".parse().expect("a request"))).expect("set");
        assert_eq!(lab.read("shims/include/cuda.h"), "11.8");
        assert!(fs::symlink_metadata(lab.path("shims/version.json")).is_err());
        lab.store.set_default(None).expect("unset");
        assert_eq!(names(&lab.path("shims")).expect("listed"), ["bin", "missing"]);
    }
}
