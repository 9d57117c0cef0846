//! `install --from` of a runfile, beside `gzip -dc` of its payload and a copy of the wanted files with the
//! sync that makes them as durable as ours. Genuine makeself packs what is read, in the structure of
//! 11.8 and in that of 10.0, which holds a runfile in a runfile. NVIDIA's content isn't free to
//! distribute: what stands in for it is partly random, partly repetitive, partly text.
#![allow(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    reason = "a benchmark prints and looks around"
)]

#[path = "../tests/support/mod.rs"]
mod support;

mod measure;

use std::fs::File;
use std::io::{BufWriter, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use measure::{Spread, cost};
use support::{CUDAMAN, Runfile, pack_directory};

const TARGET: &str = "x86_64-linux";
const START: &str = "./cuda-installer";

/// Files of 11.8 with their sizes in MiB: `minimal` has the first two, as NVIDIA's has a small part.
const COMPONENTS: &[(&str, u64)] = &[
    ("builds/cuda_nvcc/nvvm/bin/cicc", 40),
    ("builds/cuda_cudart/targets/x86_64-linux/lib/libcudart_static.a", 24),
    ("builds/libcublas/targets/x86_64-linux/lib/libcublas.so.11.0", 240),
    ("builds/nsight_compute/host/library.so", 80),
];

/// The same in the tree of 10.0.
const TREE: &[(&str, u64)] = &[
    ("nvvm/bin/cicc", 40),
    ("targets/x86_64-linux/lib/libcudart_static.a", 24),
    ("targets/x86_64-linux/lib/libcublas.so.10.0", 240),
    ("libnsight/library.so", 80),
];

/// What is installed, and every makeself archive in it: the outer one first.
struct Made {
    release: &'static str,
    archives: Vec<PathBuf>,
}

fn main() {
    if support::makeself().is_none() || !support::have("gzip") {
        return;
    }
    let scratch = tempfile::tempdir_in(measure::kept("bench-scratch")).expect("a directory");
    for make in [one, nested] {
        let Some(made) = make(scratch.path()) else { return };
        compare(&made, scratch.path());
    }
}

fn one(scratch: &Path) -> Option<Made> {
    let release = "11.8.0";
    let (payload, archive) = (scratch.join("payload"), scratch.join("11.run"));
    write_payload(release, &payload)?;
    fill(&payload, COMPONENTS);
    pack_directory(&payload, &archive, START)?;
    Some(Made { release, archives: vec![archive] })
}

fn nested(scratch: &Path) -> Option<Made> {
    let release = "10.0.130";
    let (payload, tree) = (scratch.join("payload"), scratch.join("tree"));
    let (outer, inner) = (scratch.join("10.run"), scratch.join("inner.run"));
    write_payload(release, &payload)?;
    let runfile = Runfile { release, target: TARGET, canary: &scratch.join("was-run") };
    runfile.tree("").iter().for_each(|file| file.write(&tree));
    fill(&tree, TREE);
    pack_directory(&tree, &inner, "./install-linux.pl")?;
    std::fs::copy(&inner, payload.join("run_files/cuda-linux.10.0.130-24817639.run")).expect("a copy");
    pack_directory(&payload, &outer, START)?;
    Some(Made { release, archives: vec![outer, inner] })
}

/// Writes what the outer archive is packed from, with small files.
fn write_payload(release: &str, payload: &Path) -> Option<()> {
    fresh(payload);
    let runfile = Runfile { release, target: TARGET, canary: &payload.with_file_name("was-run") };
    runfile.files()?.iter().for_each(|file| file.write(payload));
    Some(())
}

fn fill(directory: &Path, files: &[(&str, u64)]) {
    for (index, (path, size)) in files.iter().enumerate() {
        let path = directory.join(path);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        let mut file = BufWriter::new(File::create(path).expect("a file"));
        let mut random = Random(index as u64 + 1);
        for number in 0..size * 16 {
            file.write_all(&random.block(number)).expect("written");
        }
        file.flush().expect("written");
    }
}

/// Numbers that are the same in each run: Marsaglia's xorshift.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// Returns 64 KiB: of four blocks one is random, one is text, two are records that differ a little, as
    /// machine code does.
    fn block(&mut self, number: u64) -> Vec<u8> {
        const WORDS: [&str; 8] =
            ["__device__ ", "float ", "template ", "<typename T> ", "inline ", "return ", "{\n", "};\n"];
        let mut block = Vec::with_capacity(1 << 16);
        while block.len() < 1 << 16 {
            let value = self.next();
            match number % 4 {
                0 => block.extend(value.to_le_bytes()),
                1 => block.extend(WORDS[value as usize % 8].bytes()),
                _ => block.extend(
                    [(value % 512).wrapping_mul(0x9e37_79b9_7f4a_7c15), value >> 52]
                        .map(u64::to_le_bytes)
                        .concat(),
                ),
            }
        }
        block.truncate(1 << 16);
        block
    }
}

fn compare(made: &Made, scratch: &Path) {
    let (home, plain, wanted) = (scratch.join("home"), scratch.join("plain"), scratch.join("wanted"));
    let runfile = made.archives[0].to_str().expect("a path");
    let arguments = ["install", "--from", runfile, "--profile", "minimal"];
    fresh(&home);
    cost(&mut cudaman(&home, &arguments));
    assert!(!scratch.join("was-run").exists(), "a script of the runfile was run");
    fresh(&wanted);
    std::fs::rename(home.join("packages"), wanted.join("packages")).expect("what is wanted");

    let mut install = || {
        fresh(&home);
        measure::settle(scratch);
        cost(&mut cudaman(&home, &arguments))
    };
    let script = unpack_and_copy(made);
    let mut peer = || {
        fresh(&plain);
        measure::settle(scratch);
        let mut shell = Command::new("sh");
        cost(shell.args(["-ec", &script]).arg(&wanted).arg(&plain).stdin(Stdio::null()))
    };
    let [ours, theirs] = measure::rounds(measure::count(7), &mut [&mut install, &mut peer]);

    let megabytes = |path: &Path| std::fs::metadata(path).expect("a file").len() / 1_000_000;
    let kept = measure::bytes_below(&wanted) / 1_000_000;
    let size = megabytes(&made.archives[0]);
    measure::head(&format!("a runfile like {}'s of {size} MB, {kept} MB of it wanted", made.release));
    measure::row("install, whole", "", Spread::seconds(&ours), "s");
    measure::row("`tail | gzip -dc >/dev/null; cp -R; sync -f`", "", Spread::seconds(&theirs), "s");
    measure::row("time beside it", "≤ 1.1", Spread::ratio(&ours, &theirs), "×");
    measure::row("memory", "150 MiB", Spread::peak(&ours), "MiB");
}

/// What must be done at least: each archive is decompressed, and what is wanted is written.
fn unpack_and_copy(made: &Made) -> String {
    let mut script = String::new();
    for archive in &made.archives {
        let start = payload_of(archive) + 1;
        script.push_str(&format!("tail -c +{start} '{}' | gzip -dc >/dev/null\n", archive.display()));
    }
    script + "cp -R \"$0/packages\" \"$1\"\nsync -f \"$1\"\n"
}

/// Returns how long the script before the payload is.
fn payload_of(archive: &Path) -> usize {
    let mut start = Vec::new();
    File::open(archive).expect("an archive").take(1 << 20).read_to_end(&mut start).expect("its start");
    start.windows(3).position(|bytes| bytes == [0x1f, 0x8b, 8]).expect("a gzip stream")
}

fn cudaman(home: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(CUDAMAN);
    command.env_clear().env("HOME", home).env("CUDAMAN_HOME", home).env("PATH", "/usr/bin:/bin");
    command.args(arguments).arg("--quiet").stdin(Stdio::null()).stdout(Stdio::null());
    command
}

fn fresh(directory: &Path) {
    let _ = std::fs::remove_dir_all(directory);
    std::fs::create_dir_all(directory).expect("a directory");
}
