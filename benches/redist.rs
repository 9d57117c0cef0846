//! A set of `.tar.xz` archives shaped like NVIDIA's redist ones, made of the files of real wheels,
//! installed from loopback, beside `tar xJf` of one after the other.
#![allow(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    reason = "a benchmark prints and looks around"
)]

#[path = "../tests/support/mod.rs"]
mod support;

mod measure;

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use liblzma::write::XzEncoder;
use measure::{Cost, Spread, Wheels, cost};
use serde_json::{Value, json};
use support::{CUDAMAN, Mirror, have};

/// The components: name, project of the wheel, and how much of each file is taken.
const COMPONENTS: &[(&str, &str, u64)] = &[
    ("cuda_nvcc", "nvidia-cuda-nvcc", u64::MAX),
    ("cuda_crt", "nvidia-cuda-crt", u64::MAX),
    ("libnvvm", "nvidia-nvvm", u64::MAX),
    ("cuda_cudart", "nvidia-cuda-runtime", u64::MAX),
    ("cuda_cccl", "nvidia-cuda-cccl", u64::MAX),
    ("libcurand", "nvidia-curand", u64::MAX),
    // All of it would take minutes to pack; a part has the same mixture of code for GPUs.
    ("libcublas", "nvidia-cublas", 60 << 20),
];
const PLATFORM: &str = "linux-x86_64";
const PREFIX: &str = "nvidia/cu13/";

/// One archive of the set.
struct Packed {
    component: &'static str,
    version: String,
    path: PathBuf,
}

fn main() {
    if !have("tar") || !have("xz") {
        return;
    }
    let Some(wheels) = measure::fetch_wheels() else { return };
    let archives = pack_all(&wheels);
    let mirror = serve(&archives);
    let scratch = tempfile::tempdir_in(measure::kept("bench-scratch")).expect("a directory");
    let directory = scratch.path();
    let mut ours = || {
        fresh(directory);
        cost(&mut cudaman(directory, &mirror))
    };
    let mut theirs = || {
        fresh(directory);
        tar(directory, &archives, true)
    };
    let mut theirs_unsynced = || {
        fresh(directory);
        tar(directory, &archives, false)
    };
    let [ours, theirs, unsynced] =
        measure::rounds(measure::count(5), &mut [&mut ours, &mut theirs, &mut theirs_unsynced]);
    let megabytes = measure::bytes_below(&directory.join("tar")) / 1_000_000;
    measure::head(&format!("{} archives of .tar.xz, {megabytes} MB unpacked", archives.len()));
    measure::row("cudaman install", "", Spread::seconds(&ours), "s");
    measure::row("tar xJf one by one + sync -f", "", Spread::seconds(&theirs), "s");
    measure::row("ratio, both durable", "0.55", Spread::ratio(&ours, &theirs), "×");
    measure::row("ratio, cudaman durable and tar not", "", Spread::ratio(&ours, &unsynced), "×");
    measure::row("cudaman's peak of memory", "150 MiB", Spread::peak(&ours), "MiB");
}

fn fresh(directory: &Path) {
    for name in ["home", "tar"] {
        let _ = std::fs::remove_dir_all(directory.join(name));
        std::fs::create_dir(directory.join(name)).expect("a directory");
    }
    measure::settle(directory);
}

fn cudaman(directory: &Path, mirror: &Mirror) -> Command {
    let mut command = Command::new(CUDAMAN);
    command
        .env_clear()
        .env("HOME", directory.join("home"))
        .env("PATH", "/usr/bin:/bin")
        .current_dir(directory);
    command.env("CUDAMAN_MIRROR", mirror.url().as_str()).env("CUDAMAN_SOURCES", "redist");
    command.args(["install", measure::CUDA, "--profile", "devel", "--quiet"]);
    command.stdin(Stdio::null()).stdout(Stdio::null());
    command
}

fn tar(directory: &Path, archives: &[Packed], durable: bool) -> Cost {
    let start = Instant::now();
    let mut peak = 0;
    for archive in archives {
        let mut tar = Command::new("tar");
        peak = peak.max(cost(tar.arg("xJf").arg(&archive.path).arg("-C").arg(directory.join("tar"))).peak);
    }
    if durable {
        cost(Command::new("sync").arg("-f").arg(directory));
    }
    Cost { time: start.elapsed(), peak }
}

/// Packs what isn't packed yet, two at a time.
fn pack_all(wheels: &Wheels) -> Vec<Packed> {
    let directory = measure::kept("bench-redist");
    let packed = COMPONENTS.iter().filter_map(|(component, project, most)| {
        let wheel = wheels.path(project)?;
        let version = wheel.file_name()?.to_str()?.split('-').nth(1)?.to_owned();
        let path = directory.join(format!("{}.tar.xz", top(component, &version)));
        Some((Packed { component, version, path }, wheel, *most))
    });
    let packed: Vec<_> = packed.collect();
    std::thread::scope(|scope| {
        for half in packed.chunks(packed.len().div_ceil(2)) {
            scope.spawn(move || half.iter().for_each(|(archive, wheel, most)| pack(archive, wheel, *most)));
        }
    });
    packed.into_iter().map(|(archive, _, _)| archive).collect()
}

fn top(component: &str, version: &str) -> String {
    format!("{component}-{PLATFORM}-{version}-archive")
}

/// Turns a wheel into an archive, in one block as NVIDIA's are.
fn pack(archive: &Packed, wheel: &Path, most: u64) {
    if archive.path.exists() {
        return;
    }
    eprintln!("packing {}, once", archive.path.display());
    let part = archive.path.with_extension("part");
    let encoder = XzEncoder::new(File::create(&part).expect("an archive"), 6);
    let mut builder = tar::Builder::new(encoder);
    let mut wheel = zip::ZipArchive::new(File::open(wheel).expect("a wheel")).expect("a zip file");
    for index in 0..wheel.len() {
        let entry = wheel.by_index(index).expect("an entry");
        let name = entry.name().expect("a name").into_owned();
        let Some(path) = name.strip_prefix(PREFIX).filter(|_| entry.is_file()) else { continue };
        let size = entry.size().min(most);
        let mut header = tar::Header::new_gnu();
        header.set_size(size);
        header.set_mtime(1_700_000_000);
        header.set_mode(if entry.unix_mode().is_some_and(|mode| mode & 0o100 != 0) { 0o755 } else { 0o644 });
        let path = format!("{}/{path}", top(archive.component, &archive.version));
        builder.append_data(&mut header, path, entry.take(size)).expect("a member");
    }
    let finished: io::Result<_> = builder.into_inner().and_then(XzEncoder::finish);
    finished.and_then(|_| std::fs::rename(&part, &archive.path)).expect("an archive");
}

/// Serves the archives with a manifest, as NVIDIA's server does.
fn serve(archives: &[Packed]) -> Mirror {
    const BASE: &str = "/compute/cuda/redist/";
    let mirror = Mirror::start();
    let label = measure::CUDA;
    let mut manifest =
        json!({ "release_date": "2025-10-02", "release_label": label, "release_product": "cuda" });
    for archive in archives {
        manifest[archive.component] = described(archive);
        let directory = archive.path.parent().expect("a parent");
        mirror.serve_directory(&format!("{BASE}{}/{PLATFORM}", archive.component), directory);
    }
    let name = format!("redistrib_{label}.json");
    mirror.put(&format!("{BASE}{name}"), serde_json::to_vec_pretty(&manifest).expect("JSON"));
    mirror.put(BASE, format!("<html><body><a href='{name}'>{name}</a></body></html>"));
    mirror
}

fn described(archive: &Packed) -> Value {
    let (component, version) = (archive.component, &archive.version);
    let file = archive.path.file_name().and_then(|name| name.to_str()).expect("a name");
    let size = archive.path.metadata().expect("an archive").len().to_string();
    let path = format!("{component}/{PLATFORM}/{file}");
    let digest = measure::sha256_of(&archive.path);
    json!({ "name": component, "license": "CUDA Toolkit", "version": version,
        PLATFORM: { "relative_path": path, "sha256": digest, "md5": "", "size": size } })
}
