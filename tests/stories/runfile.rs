//! Runfiles of every generation, packed by genuine makeself with a driver, samples and scripts inside
//! that tell on whoever runs them.
//!
//! The digests of NVIDIA's own files are pinned, and no test may weaken them: what is made here comes in
//! by a plan with its own digest, carried out as that of any source, and the program does the rest.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use cudaman::config::Config;
use cudaman::context::Context;
use cudaman::install::{self, Order};
use cudaman::model::{
    Artifact, Checksum, ComponentName, Environment, Format, Plan, Platform, Profile, ToolchainName,
    ToolchainRequest, Trust, Version,
};
use cudaman::store::Store;
use cudaman::ui::{Color, Ui};

use crate::support::{Fault, GENERATIONS, Mirror, Runfile, Sandbox, makeself, sha256};

const TARGET: &str = "x86_64-linux";

/// Where the mirror serves what is made here.
const PATH: &str = "compute/cuda/made/local_installers/cuda_made_linux.run";

/// A home, a mirror, and a place where it is noted what was run.
pub(super) struct Workshop {
    pub(super) mirror: Mirror,
    pub(super) sandbox: Sandbox,
}

/// The order that leads to a plan.
fn order(plan: &Plan) -> Order {
    Order::new(ToolchainRequest::exactly(&plan.toolchain))
}

impl Workshop {
    pub(super) fn new() -> Self {
        let mirror = Mirror::start();
        let mut sandbox = Sandbox::new().with_mirror(&mirror);
        sandbox.set("CUDAMAN_SOURCES", "runfile");
        Self { mirror, sandbox }
    }

    fn canary(&self) -> PathBuf {
        self.sandbox.path().join("was-run")
    }

    pub(super) fn pack(&self, release: &str) -> Option<Vec<u8>> {
        Runfile { release, target: TARGET, canary: &self.canary() }.pack()
    }

    /// Serves a runfile, and installs a profile of it with further components.
    fn install(&self, bytes: &[u8], release: &str, profile: Profile, with: &[&str]) -> anyhow::Result<()> {
        self.mirror.put(PATH, bytes);
        let context = self.context();
        context.store.prepare()?;
        let plan = self.plan(release, &sha256(bytes), (profile, with));
        install::carry_out(&plan, &order(&plan), &context)?;
        Ok(())
    }

    fn plan(&self, release: &str, digest: &str, (profile, with): (Profile, &[&str])) -> Plan {
        let version: Version = release.parse().expect("a version");
        let with: Vec<ComponentName> = with.iter().map(|name| name.parse().expect("a name")).collect();
        let artifact = |component| Artifact {
            component,
            version: version.clone(),
            platform: Platform::LinuxX86_64,
            url: self.mirror.at(PATH),
            checksum: Checksum::Sha256(digest.parse().expect("a digest")),
            trust: Trust::Pinned,
            size: None,
            format: Format::Runfile,
            source: "runfile",
            licence: None,
        };
        let components = std::iter::once(ComponentName::toolkit(profile)).chain(with.iter().cloned());
        Plan {
            toolchain: ToolchainName::composed(version.clone(), Vec::new()),
            cuda: version.clone(),
            add_ons: Vec::new(),
            platform: Platform::LinuxX86_64,
            profile,
            source: "runfile",
            artifacts: components.map(artifact).collect(),
            with,
        }
    }

    fn context(&self) -> Context {
        let environment = Environment { home: self.sandbox.home().to_owned(), ..Environment::default() };
        let home = self.sandbox.store();
        let config = Config::load(&home.join("config.toml"), &environment, &[]).expect("settings");
        let store = Store::open(&home, &[]).expect("a store");
        let ui = Arc::new(Ui::new(true, Color::Never, true));
        Context { environment, config, store, ui, note: Box::new(|_| {}) }
    }

    pub(super) fn assert_nothing_was_run(&self) {
        let run = std::fs::read_to_string(self.canary()).unwrap_or_default();
        assert!(run.is_empty(), "scripts of the runfile were run: {run}");
    }
}

pub(super) fn assert_layout(root: &Path, release: &str, there: &[&str], absent: &[&str]) {
    let everywhere = [
        "include/cuda_runtime.h",
        "lib64/libcudart.so",
        "lib/libcudart_static.a",
        "targets/x86_64-linux/include/cuda.h",
        "targets/x86_64-linux/lib/stubs/libcuda.so",
        "share/licenses/cuda/EULA.txt",
        "pkgconfig/cudart.pc",
    ];
    for path in everywhere.iter().chain(there) {
        assert!(root.join(path).exists(), "{release} lacks {path}");
    }
    let nowhere = [
        "bin/uninstall_cuda.pl",
        "bin/cuda-uninstaller",
        "bin/cuda-install-samples.sh",
        "install-linux.pl",
        "InstallUtils.pm",
        "lib64/libcudart.so.32bit",
        "builds",
        "run_files",
        "manifests",
        "bin/nv-fabricmanager",
        "bin/nvidia-imex",
    ];
    for path in nowhere.iter().chain(absent) {
        assert!(!root.join(path).exists(), "{release} has {path}");
    }
    let link = |path: &str| std::fs::read_link(root.join(path)).expect(path).display().to_string();
    assert_eq!(
        (link("include"), link("lib64")),
        (format!("targets/{TARGET}/include"), format!("targets/{TARGET}/lib"))
    );
    let pkgconfig = std::fs::read_to_string(root.join("pkgconfig/cudart-12.4.pc")).expect("a .pc");
    assert!(pkgconfig.contains("cudaroot=${pcfiledir}/.."), "{release}: {pkgconfig}");
}

#[test]
fn every_generation_installs_grows_works_and_goes() {
    if makeself().is_none() {
        return;
    }
    for release in GENERATIONS {
        let workshop = Workshop::new();
        let bytes = workshop.pack(release).expect("makeself is here");
        let root = workshop.sandbox.root(release);
        workshop.install(&bytes, release, Profile::Minimal, &[]).expect(release);
        let compiler = ["bin/nvcc", "bin/ptxas", "nvvm/bin/cicc", "nvvm/libdevice/libdevice.10.bc"];
        let beyond = ["lib64/libcublas.so.1", "extras/CUPTI/include/cupti.h"];
        assert_layout(&root, release, &compiler, &beyond);
        let toolkit = std::fs::read_to_string(root.join("version.txt"))
            .or_else(|_| std::fs::read_to_string(root.join("version.json")))
            .expect("a version");
        assert!(toolkit.contains(release), "{toolkit}");

        workshop.install(&bytes, release, Profile::Devel, &[]).expect(release);
        let headers = ["include/crt/host_config.h", "include/thrust/sort.h", "include/cupti.h"];
        let devel = [compiler.as_slice(), &beyond, &headers].concat();
        let desktop =
            ["doc", "jre", "libnvvp", "samples", "nsight-compute", "bin/cuda-gdb", "bin/cuda_gdb-tool"];
        assert_layout(&root, release, &devel, &desktop);
        workshop.sandbox.assert_healthy();

        workshop.sandbox.ok(&["default", release]);
        let run = workshop.sandbox.shim("nvcc", workshop.sandbox.path(), &["--version"]);
        let short = release.rsplit_once('.').expect("dots").0;
        assert!(run.expect(0, &[]).stdout.contains(&format!("release {short}")), "{run:?}");
        let list = workshop.sandbox.ok(&["list"]);
        assert!(list.starts_with(&format!("* {release}  devel from runfile")), "{list}");
        workshop.sandbox.run(&["install", release]).expect(0, &["installed already"]);
        workshop.sandbox.ok(&["uninstall", release]);
        workshop.sandbox.ok(&["gc"]);
        assert!(!root.exists());
        workshop.sandbox.assert_healthy();
        workshop.assert_nothing_was_run();
    }
}

#[test]
fn a_component_beyond_the_profile_is_a_package_of_the_same_download() {
    if makeself().is_none() {
        return;
    }
    for (release, tool) in [("10.0.130", "bin/cuda-gdb"), ("12.4.1", "bin/cuda_gdb-tool")] {
        let workshop = Workshop::new();
        let bytes = workshop.pack(release).expect("makeself is here");
        workshop.install(&bytes, release, Profile::Minimal, &["cuda_gdb"]).expect(release);
        assert!(workshop.sandbox.root(release).join(tool).exists());
        let downloads = workshop.mirror.requests(&format!("/{PATH}"));
        let whole = downloads.iter().filter(|request| request.header("range").is_none());
        assert_eq!(whole.count(), 1, "{downloads:?}");
        let packages = workshop.sandbox.store().join("packages").read_dir().expect("packages");
        let mut names: Vec<String> = packages
            .map(|entry| entry.expect("an entry").file_name().into_string().expect("a name"))
            .collect();
        names.sort();
        let [gdb, toolkit] = names.as_slice() else { panic!("{names:?}") };
        assert!(gdb.starts_with(&format!("cuda_gdb-{release}-linux-x86_64-")), "{gdb}");
        assert!(toolkit.starts_with(&format!("toolkit_minimal-{release}-linux-x86_64-")), "{toolkit}");
        workshop.sandbox.assert_healthy();
        workshop.assert_nothing_was_run();
    }
}

#[test]
fn full_has_everything_but_the_driver() {
    if makeself().is_none() {
        return;
    }
    for (release, there) in [
        (
            "10.0.130",
            ["doc/html/index.html", "jre/bin/java", "libnvvp/nvvp", "extras/demo_suite/deviceQuery"],
        ),
        ("10.2.89", ["doc/html/index.html", "samples/0_Simple/Makefile", "src/fortran.c", "bin/cuda-gdb"]),
        ("12.4.1", ["doc/index.html", "nsight-compute/ncu", "bin/ncu", "bin/cuda_gdb-tool"]),
    ] {
        let workshop = Workshop::new();
        let bytes = workshop.pack(release).expect("makeself is here");
        workshop.install(&bytes, release, Profile::Full, &[]).expect(release);
        assert_layout(&workshop.sandbox.root(release), release, &there, &["nvidia-installer"]);
        workshop.sandbox.assert_healthy();
        workshop.assert_nothing_was_run();
    }
}

#[test]
fn what_is_no_installer_of_nvidias_is_refused_whatever_its_digest() {
    if makeself().is_none() {
        return;
    }
    let workshop = Workshop::new();
    let canary = workshop.canary();
    let stranger = Runfile { release: "10.0.130", target: TARGET, canary: &canary }.stranger();
    let script = format!("#!/bin/sh\necho \"$0\" >>'{}'\n", canary.display());
    let whole = workshop.pack("10.0.130").expect("makeself is here");
    let cut = &whole[..whole.len() - 1000];
    for (name, bytes, text) in [
        (
            "another archive",
            stranger.expect("makeself is here").as_slice(),
            "holds nothing of `toolkit_minimal`",
        ),
        ("a script", script.as_bytes(), "could not unpack"),
        ("half a runfile", cut, "could not unpack"),
    ] {
        let error = workshop.install(bytes, "10.0.130", Profile::Minimal, &[]).expect_err(name);
        let error = cudaman::error::render(&error);
        assert!(error.contains(text) && error.contains(PATH), "{name}: {error}");
        assert!(!workshop.sandbox.root("10.0.130").exists(), "{name}");
        workshop.sandbox.assert_healthy();
        workshop.assert_nothing_was_run();
    }
}

#[test]
fn a_flipped_byte_is_refused() {
    if makeself().is_none() {
        return;
    }
    let workshop = Workshop::new();
    let bytes = workshop.pack("10.0.130").expect("makeself is here");
    workshop.mirror.put(PATH, bytes.clone());
    workshop.mirror.fault(&format!("/{PATH}"), Fault::WrongByte(bytes.len() as u64 / 2));
    let context = workshop.context();
    context.store.prepare().expect("a store");
    let plan = workshop.plan("10.0.130", &sha256(&bytes), (Profile::Devel, &[]));
    let error = install::carry_out(&plan, &order(&plan), &context).expect_err("another digest");
    let error = cudaman::error::render(&error);
    for text in ["could not verify", PATH, &sha256(&bytes), "hint: get `", "`cudaman install --from FILE`"] {
        assert!(error.contains(text), "{text}: {error}");
    }
    workshop.mirror.clear_faults();
    install::carry_out(&plan, &order(&plan), &context).expect("NVIDIA's own bytes");
    workshop.sandbox.assert_healthy();
    workshop.assert_nothing_was_run();
}

#[test]
fn a_line_of_old_has_no_updates_in_a_new_one() {
    if makeself().is_none() {
        return;
    }
    let workshop = Workshop::new();
    for (release, updates) in [("10.0.130", ""), ("9.2.88", "9.2.88 -> 9.2.148\n")] {
        let bytes = workshop.pack(release).expect("makeself is here");
        workshop.install(&bytes, release, Profile::Minimal, &[]).expect(release);
        assert_eq!(workshop.sandbox.ok(&["outdated"]), updates, "{release}");
    }
    workshop.sandbox.run(&["upgrade", "10.0.130"]).expect(0, &["newest of its line"]);
    workshop.sandbox.assert_healthy();
}
