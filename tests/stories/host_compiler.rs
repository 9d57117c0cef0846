//! Host compilers: a toolchain gets one that suits it, whichever way its nvcc is started; another can be
//! chosen; and headers agree with glibc's where that was asked for. The stand-in toolkits take gcc up to 99.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use crate::support::{Mirror, Release, Run, Sandbox};

/// A sandbox with compilers of its own first on PATH, and a mirror of two toolkits.
struct Shop {
    sandbox: Sandbox,
    mirror: Mirror,
}

impl Shop {
    fn new(compilers: &[(&str, u32)]) -> Self {
        let mirror = Mirror::start();
        Release::tiny("12.4.1").serve(&mirror);
        Release::tiny("12.6.3").serve(&mirror);
        let mut sandbox = Sandbox::new().with_mirror(&mirror);
        let path = format!("{}:/usr/bin:/bin", sandbox.path().join("compilers").display());
        sandbox.set("PATH", path);
        let shop = Self { sandbox, mirror };
        fs::create_dir(shop.compiler("")).expect("a directory");
        compilers.iter().for_each(|(name, major)| shop.add(name, *major, 36));
        shop
    }

    /// Writes a compiler that says what it is by its macros, as the real ones do.
    fn add(&self, name: &str, major: u32, glibc: u32) {
        for name in [name.to_owned(), name.replacen("gcc", "g++", 1)] {
            let text = format!(
                "#!/bin/sh\necho '#define __GNUC__ {major}'\necho '#define __GNUC_MINOR__ 2'\n\
                 echo '#define __GNUC_PATCHLEVEL__ 0'\necho '#define __GLIBC__ 2'\n\
                 echo '#define __GLIBC_MINOR__ {glibc}'\n"
            );
            let path = self.compiler(&name);
            fs::write(&path, text).expect("a file");
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("a mode");
        }
    }

    fn compiler(&self, name: &str) -> PathBuf {
        self.sandbox.path().join("compilers").join(name)
    }

    /// Says which compiler the toolchain's nvcc names, started by its path as CMake and IDEs do.
    fn used(&self, name: &str) -> Option<PathBuf> {
        let nvcc = self.sandbox.root(name).join("bin/nvcc");
        let told = Run::of(self.sandbox.command(nvcc).arg("x.cu")).stdout;
        assert!(told.trim_end().ends_with("x.cu"), "{told}");
        let (_, rest) = told.split_once("args=-ccbin ")?;
        let starter = fs::read_to_string(rest.split_whitespace().next().expect("a path")).expect("a script");
        starter.split('\'').nth(1).map(PathBuf::from)
    }

    fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.sandbox.ok(&["config", "host-compiler", "--json"])).expect("JSON")
    }
}

fn inode(path: &Path) -> u64 {
    fs::metadata(path).expect("a file").ino()
}

#[test]
fn where_the_gcc_on_path_suits_nothing_is_changed() {
    let shop = Shop::new(&[("gcc", 99), ("gcc-98", 98)]);
    let run = shop.sandbox.run(&["install", "12.4"]);
    run.expect(0, &["installed `12.4.1`"]);
    assert!(!run.stderr.contains("compiles with"), "{run:?}");
    assert_eq!(shop.used("12.4.1"), None);
    assert!(!shop.sandbox.root("12.4.1").join("hostcc").exists());
    assert_eq!(shop.json()[0]["compiler"], shop.compiler("gcc").display().to_string());
    shop.sandbox.assert_healthy();
}

#[test]
fn where_it_is_too_new_the_newest_that_suits_is_used_on_every_way_in() {
    let shop = Shop::new(&[("gcc", 100), ("gcc-98", 98), ("gcc-97", 97), ("gcc-101", 101)]);
    shop.sandbox.run(&["install", "12.4", "--default"]).expect(0, &["`12.4.1` compiles with gcc 98.2.0"]);
    assert_eq!(shop.used("12.4.1"), Some(shop.compiler("g++-98")));
    let shim = shop.sandbox.shim("nvcc", shop.sandbox.path(), &["x.cu"]);
    assert!(shim.stdout.contains("-ccbin") && shim.stdout.contains("hostcc/g++ x.cu"), "{shim:?}");
    let exec = shop.sandbox.ok(&["exec", "12.4", "--", "nvcc", "x.cu"]);
    assert!(exec.contains("hostcc/g++ x.cu"), "{exec}");
    // What the user names goes first.
    let own = shop.sandbox.ok(&["exec", "12.4", "--", "nvcc", "-ccbin", "g++-97", "x.cu"]);
    assert!(own.contains("args=-ccbin g++-97 x.cu"), "{own}");
    // NVIDIA's program is still the package's, byte for byte and without another copy.
    let root = shop.sandbox.root("12.4.1");
    assert_eq!(fs::metadata(root.join("bin/nvcc.real")).expect("the program").nlink(), 2);
    assert!(!shop.sandbox.store().join("shims/bin/nvcc.real").exists(), "one nvcc is enough");
    shop.sandbox.assert_healthy();
    shop.sandbox.ok(&["uninstall", "12.4.1"]);
    shop.sandbox.assert_healthy();
    assert!(!root.exists());
}

#[test]
fn another_can_be_chosen_for_one_and_for_all() {
    let shop = Shop::new(&[("gcc", 100), ("gcc-98", 98), ("gcc-97", 97)]);
    shop.sandbox.ok(&["install", "12.4", "--host-compiler", "gcc-97"]);
    shop.sandbox.ok(&["install", "12.6"]);
    assert_eq!(shop.used("12.4.1"), Some(shop.compiler("g++-97")));
    assert_eq!(shop.used("12.6.3"), Some(shop.compiler("g++-98")));
    // A choice for one toolchain outlives one for all, an install again and a mended store.
    shop.sandbox.ok(&["config", "host-compiler", "path"]);
    assert_eq!(shop.used("12.4.1"), Some(shop.compiler("g++-97")));
    assert_eq!(shop.used("12.6.3"), None);
    shop.sandbox.ok(&["install", "12.4", "--force"]);
    assert_eq!(shop.used("12.4.1"), Some(shop.compiler("g++-97")));
    assert_eq!(shop.sandbox.ok(&["config", "get", "host-compiler"]), "path\n");
    shop.sandbox.ok(&["config", "host-compiler", "g++-97"]);
    assert_eq!(shop.used("12.6.3"), Some(shop.compiler("g++-97")));
    shop.sandbox.ok(&["config", "host-compiler", "auto", "--for", "12.4"]);
    assert_eq!(shop.used("12.4.1"), Some(shop.compiler("g++-97")), "now it follows the setting");
    shop.sandbox.ok(&["config", "host-compiler", "auto"]);
    assert_eq!(shop.used("12.4.1"), Some(shop.compiler("g++-98")));
    shop.sandbox.assert_healthy();
}

#[test]
fn a_choice_that_does_not_suit_is_obeyed_for_one_and_passed_over_for_all() {
    let shop = Shop::new(&[("gcc", 99), ("gcc-100", 100), ("gcc-98", 98)]);
    shop.sandbox.ok(&["install", "12.4"]);
    let run = shop.sandbox.run(&["config", "host-compiler", "gcc-100", "--for", "12.4"]);
    run.expect(
        0,
        &["gcc 100.2.0", "takes gcc 6 to 99", "hint: `cudaman config host-compiler auto --for 12.4.1`"],
    );
    assert_eq!(shop.used("12.4.1"), Some(shop.compiler("g++-100")));
    shop.sandbox.ok(&["config", "host-compiler", "auto", "--for", "12.4"]);
    shop.sandbox.ok(&["config", "host-compiler", "gcc-100"]);
    assert_eq!(shop.used("12.4.1"), None, "the one on PATH suits");
    shop.sandbox.assert_healthy();
}

#[test]
fn what_is_no_compiler_is_refused_and_nothing_changes() {
    let shop = Shop::new(&[("gcc", 100), ("gcc-98", 98)]);
    shop.sandbox.ok(&["install", "12.4"]);
    let before = inode(&shop.sandbox.root("12.4.1").join("bin/nvcc"));
    let refused = |arguments: &[&str], texts: &[&str]| {
        shop.sandbox.run(arguments).expect(1, texts);
    };
    refused(
        &["config", "host-compiler", "gcc-5", "--for", "12.4"],
        &["there is no compiler `gcc-5`", "hint:"],
    );
    refused(&["config", "host-compiler", "gcc-5"], &["there is no compiler `gcc-5`", "hint:"]);
    refused(&["install", "12.4", "--host-compiler", "/bin/cat"], &["/bin/cat"]);
    refused(&["config", "host-compiler", "gcc-98", "--for", "11.8"], &["`11.8` is not installed"]);
    fs::remove_file(shop.compiler("g++-98")).expect("removed");
    refused(&["install", "12.4", "--host-compiler", "gcc-98"], &["no `g++-98`, and nvcc needs both"]);
    shop.sandbox.run(&["config", "set", "host-compiler", "a/gcc"]).expect(1, &["absolute path"]);
    assert_eq!(inode(&shop.sandbox.root("12.4.1").join("bin/nvcc")), before);
    assert_eq!(shop.sandbox.ok(&["config", "get", "host-compiler"]), "auto\n");
    shop.sandbox.assert_healthy();
}

#[test]
fn a_compiler_that_went_away_is_told_and_replaced() {
    let shop = Shop::new(&[("gcc", 100), ("gcc-98", 98), ("gcc-97", 97)]);
    shop.sandbox.ok(&["install", "12.4"]);
    for name in ["gcc-98", "g++-98"] {
        fs::remove_file(shop.compiler(name)).expect("removed");
    }
    assert_eq!(shop.json()[0]["suits"], false);
    let told = shop.sandbox.ok(&["config", "host-compiler"]);
    assert!(told.contains(&format!("{} is gone", shop.compiler("gcc-98").display())), "{told}");
    // Where it was somebody's choice, what else is asked for still works.
    shop.add("gcc-98", 98, 36);
    shop.sandbox.ok(&["config", "host-compiler", "gcc-98", "--for", "12.4"]);
    for name in ["gcc-98", "g++-98"] {
        fs::remove_file(shop.compiler(name)).expect("removed");
    }
    let run = shop.sandbox.run(&["install", "12.4", "--glibc-fix", "on"]);
    run.expect(0, &["can't be used", "compiles with gcc 97.2.0"]);
    shop.sandbox.ok(&["config", "host-compiler", "auto", "--for", "12.4"]);
    shop.sandbox.run(&["config", "host-compiler", "auto"]).expect(0, &["compiles with gcc 97.2.0"]);
    assert_eq!(shop.used("12.4.1"), Some(shop.compiler("g++-97")));
    shop.sandbox.assert_healthy();
}

#[test]
fn a_bundle_leaves_it_behind_and_the_other_machine_has_its_own() {
    let shop = Shop::new(&[("gcc", 100), ("gcc-98", 98)]);
    shop.sandbox.ok(&["install", "12.4", "--glibc-fix", "on"]);
    let bundle = shop.sandbox.path().join("cuda.tar.zst").display().to_string();
    shop.sandbox.ok(&["export", "12.4", "-o", &bundle]);

    let other = Shop::new(&[("gcc", 100), ("gcc-96", 96)]);
    other.sandbox.run(&["install", "--from", &bundle]).expect(0, &["compiles with gcc"]);
    let used = other.used("12.4.1").expect("a compiler");
    assert_eq!(used, other.compiler("g++-96"));
    let header = |shop: &Shop| {
        fs::read_to_string(shop.sandbox.root("12.4.1").join("include/crt/math_functions.h"))
            .expect("a header")
    };
    assert!(header(&shop).contains("CUDAMAN_SINCE_GLIBC_2_41"));
    assert!(!header(&other).contains("CUDAMAN"), "{}", header(&other));
    other.sandbox.assert_healthy();
}

#[test]
fn headers_agree_with_a_newer_glibc_only_when_asked_and_come_back() {
    let shop = Shop::new(&[]);
    shop.add("gcc", 98, 41);
    shop.sandbox
        .run(&["install", "12.4"])
        .expect(0, &["glibc 2.41 declares sinpi()", "hint: `cudaman install 12.4.1 --glibc-fix on`"]);
    let path = shop.sandbox.root("12.4.1").join("include/crt/math_functions.h");
    let original = fs::read(&path).expect("a header");
    let run = shop.sandbox.run(&["install", "12.4", "--glibc-fix", "on"]);
    run.expect(0, &[]);
    assert!(!run.stderr.contains("declares sinpi()"), "{run:?}");
    assert_ne!(fs::read(&path).expect("a header"), original);
    shop.sandbox.assert_healthy();
    // It stays through an install again, and takes part in no other toolchain.
    shop.sandbox.ok(&["install", "12.4", "--force"]);
    assert_ne!(fs::read(&path).expect("a header"), original);
    shop.sandbox.ok(&["install", "12.4", "--glibc-fix", "off"]);
    assert_eq!(fs::read(&path).expect("a header"), original);
    shop.sandbox.run(&["install", "12.4", "--glibc-fix", "maybe"]).expect(2, &["on or off"]);
    shop.sandbox.assert_healthy();
    assert!(!shop.mirror.log().is_empty());
}

#[test]
fn a_damaged_script_is_mended_without_a_source() {
    let shop = Shop::new(&[("gcc", 100), ("gcc-98", 98)]);
    shop.sandbox.ok(&["install", "12.4"]);
    for name in ["bin/nvcc", "bin/nvcc.real", "version.json"] {
        let path = shop.sandbox.root("12.4.1").join(name);
        fs::remove_file(&path).expect("removed");
        let told = shop.sandbox.run(&["verify"]);
        assert!(told.status == 1 && told.stdout.contains(name), "{told:?}");
        shop.mirror.clear_log();
        shop.sandbox.ok(&["verify", "--repair"]);
        assert!(shop.mirror.log().is_empty() && path.exists(), "{name}: the packages are whole");
        shop.sandbox.assert_healthy();
    }
    let real = fs::metadata(shop.sandbox.root("12.4.1").join("bin/nvcc.real")).expect("the program");
    assert_eq!(real.nlink(), 2, "still the package's file");
    shop.sandbox.ok(&["install", "12.4", "--force"]);
    assert_eq!(shop.used("12.4.1"), Some(shop.compiler("g++-98")));
    shop.sandbox.assert_healthy();
}
