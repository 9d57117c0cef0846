//! Host compilers and C libraries that are newer than a genuine toolkit: a gcc that says it is 15, and the
//! headers of trixie's glibc 2.41.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::workshop::{Workshop, ok};
use crate::support::Run;

/// What the front end reads in another way for each gcc that it is told.
const SOURCE: &str = r#"#include <cmath>
#include <complex>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <regex>
#include <type_traits>
__global__ void kernel(float *value) { *value = sinpif(*value); }
int main()
{
    std::map<int, std::string> names{{1, "ab"}};
    std::function<bool(int)> is_one = [](int number) { return number == 1; };
    std::cout << is_one(1) << std::regex_match(names[1], std::regex("a.*")) << std::abs(std::complex<float>(3, 4)) << "\n";
}
"#;

/// A directory with a `gcc` and a `g++` that are the system's with further options.
struct Compilers(PathBuf);

impl Compilers {
    fn new(shop: &Workshop, name: &str, options: &str) -> Self {
        let directory = shop.sandbox.path().join(name);
        fs::create_dir(&directory).expect("a directory");
        for name in ["gcc", "g++"] {
            let path = directory.join(name);
            fs::write(&path, format!("#!/bin/sh\nexec /usr/bin/{name} {options} \"$@\"\n")).expect("a file");
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("a mode");
        }
        Self(directory)
    }

    /// Puts them first on a command's PATH.
    fn first<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.env("PATH", format!("{}:/usr/bin:/bin", self.0.display()))
    }

    fn nvcc(&self, shop: &Workshop, release: &str) -> Run {
        let project = shop.sandbox.path();
        fs::write(project.join("rich.cu"), SOURCE).expect("a source");
        let nvcc = shop.sandbox.root(release).join("bin/nvcc");
        let mut command = shop.sandbox.command(nvcc);
        Run::of(self.first(&mut command).current_dir(project).args(["-std=c++17", "-o", "rich", "rich.cu"]))
    }

    fn cudaman(&self, shop: &Workshop, arguments: &[&str]) -> Run {
        Run::of(self.first(&mut shop.sandbox.cudaman(arguments)))
    }
}

/// With a gcc on PATH that is too new, nvcc's front end is told of the one that compiles.
pub(super) fn a_newer_gcc(shop: &Workshop, release: &str) {
    let newer = Compilers::new(shop, "gcc-of-tomorrow", "-U__GNUC__ -D__GNUC__=15");
    newer.nvcc(shop, release).expect(1, &["unsupported GNU version"]);
    newer
        .cudaman(shop, &["config", "host-compiler", "auto", "--for", release])
        .expect(0, &[&format!("`{release}` compiles with gcc 12")]);
    newer.nvcc(shop, release).expect(0, &[]);
    assert_eq!(ok(&mut shop.sandbox.command(shop.sandbox.path().join("rich"))), "115\n");
    newer.cudaman(shop, &["config", "host-compiler", "path", "--for", release]).expect(0, &[]);
}

/// With headers of glibc 2.41, C++ programs compile once the toolkit's own header agrees.
pub(super) fn a_newer_glibc(shop: &Workshop, release: &str, headers: &Path) {
    let include = headers.join("usr/include").display().to_string();
    let options = format!("-isystem {include} -isystem {include}/x86_64-linux-gnu");
    let newer = Compilers::new(shop, "glibc-of-trixie", &options);
    newer.nvcc(shop, release).expect(2, &["exception specification is incompatible"]);
    let asked = newer.cudaman(shop, &["config", "host-compiler", "path", "--for", release]);
    asked.expect(0, &["glibc 2.41 declares sinpi()", "--glibc-fix on"]);
    newer.cudaman(shop, &["install", release, "--glibc-fix", "on"]).expect(0, &[]);
    newer.nvcc(shop, release).expect(0, &[]);
    assert_eq!(ok(&mut shop.sandbox.command(shop.sandbox.path().join("rich"))), "115\n");
    shop.sandbox.assert_healthy();
    newer.cudaman(shop, &["install", release, "--glibc-fix", "off"]).expect(0, &[]);
    newer.nvcc(shop, release).expect(2, &["exception specification is incompatible"]);
}
