//! The wheels of CUDA 12: shared libraries with their links, and no compiler.
//!
//! All shared libraries of 12.4 are 1.2 GB to download, so they come from an index on loopback that
//! has NVIDIA's own wheels for the smaller ones and a metapackage that asks for these alone.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use super::workshop::{Workshop, downloads, named, ok, pip_download};
use crate::support::{Mirror, Sandbox, skip};

/// Distributions, their versions, and a library of each with its development link.
const PARTS: &[(&str, &str, &str)] = &[
    ("nvidia-cuda-runtime-cu12", "12.4.127", "libcudart.so.12"),
    ("nvidia-cuda-nvrtc-cu12", "12.4.127", "libnvrtc.so.12"),
    ("nvidia-nvjitlink-cu12", "12.4.127", "libnvJitLink.so.12"),
    ("nvidia-curand-cu12", "10.3.5.147", "libcurand.so.10"),
];

#[test]
#[ignore = "installs NVIDIA's toolkits"]
fn the_minimal_profile_of_12_4_is_refused_before_any_download() {
    let Some(kept) = Workshop::open() else { return };
    let shop = kept.with_empty_home();
    let before = files(&shop.sandbox.store().join("cache"));
    shop.install(&["12.4", "--source", "pypi", "--profile", "minimal"]).expect(
        1,
        &[
            "12.4.1 hold no nvcc",
            "`--source redist`",
            "`--profile runtime`",
            "a release from 13.0 on",
            "hint:",
        ],
    );
    assert_eq!(files(&shop.sandbox.store().join("cache")), before);
    assert_eq!(shop.sandbox.ok(&["list"]), "");
    shop.sandbox.assert_healthy();
}

#[test]
#[ignore = "installs NVIDIA's toolkits"]
fn the_runtime_profile_of_12_4_gives_shared_libraries_with_their_links() {
    if Workshop::open().is_none() {
        return;
    }
    let mirror = match index() {
        Ok(mirror) => mirror,
        Err(reason) => return skip("shared libraries of 12.4", &reason),
    };
    let mut sandbox = Sandbox::new();
    sandbox.set("CUDAMAN_PYPI_INDEX", mirror.at("/simple/").as_str());
    sandbox.ok(&["install", "12.4", "--source", "pypi", "--profile", "runtime"]);
    let root = sandbox.root("12.4.1");
    for (_, _, library) in PARTS {
        let (plain, _) = library.split_once(".so.").expect("a version");
        let link = root.join("lib64").join(format!("{plain}.so"));
        assert_eq!(fs::read_link(&link).expect("a link"), Path::new(library), "{}", link.display());
        let elf = ok(sandbox.command("readelf").arg("-d").arg(&link));
        assert!(elf.contains(&format!("Library soname: [{library}]")), "{elf}");
    }
    assert!(!root.join("bin/nvcc").exists(), "a runtime has no compiler");
    let script = "import ctypes; v = ctypes.c_int(); \
                  ctypes.CDLL('libcudart.so').cudaRuntimeGetVersion(ctypes.byref(v)); print(v.value)";
    if Path::new("/usr/bin/python3").exists() {
        let mut python = sandbox.cudaman(&["exec", "12.4", "--", "/usr/bin/python3", "-c", script]);
        assert_eq!(ok(&mut python), "12040\n");
    }
    sandbox.assert_healthy();
}

/// Serves the wheels, and a metapackage that requires them.
fn index() -> Result<Mirror, String> {
    let mirror = Mirror::start();
    for (distribution, version, _) in PARTS {
        let prefix = format!("{}-{version}-", distribution.replace('-', "_"));
        if named(&downloads(), &prefix).is_none() {
            pip_download(&format!("{distribution}=={version}"), &downloads(), &[])?;
        }
        let wheel = named(&downloads(), &prefix).ok_or("pip left no wheel")?;
        serve(&mirror, distribution, &wheel_name(&wheel), fs::read(&wheel).expect("the wheel"));
    }
    serve(&mirror, "cuda-toolkit", "cuda_toolkit-12.4.1-py2.py3-none-any.whl", metapackage());
    Ok(mirror)
}

fn serve(mirror: &Mirror, project: &str, name: &str, wheel: Vec<u8>) {
    let digest = crate::support::sha256(&wheel);
    let page = format!("<html><body><a href='/files/{name}#sha256={digest}'>{name}</a></body></html>");
    mirror.put_as(&format!("/simple/{project}/"), "text/html", page);
    mirror.put(&format!("/files/{name}"), wheel);
}

fn metapackage() -> Vec<u8> {
    let mut text = "Metadata-Version: 2.1\nName: cuda-toolkit\nVersion: 12.4.1\n".to_owned();
    for (distribution, version, _) in PARTS {
        text.push_str(&format!("Requires-Dist: {distribution}=={version}.*; extra == \"all\"\n"));
    }
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    writer.start_file("cuda_toolkit-12.4.1.dist-info/METADATA", options).expect("an entry");
    writer.write_all(text.as_bytes()).expect("its content");
    writer.finish().expect("a wheel").into_inner()
}

fn wheel_name(path: &Path) -> String {
    path.file_name().expect("a name").to_string_lossy().into_owned()
}

fn files(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).expect("a directory").filter_map(Result::ok);
    let entries = entries.filter(|entry| entry.path().is_file());
    let mut names: Vec<String> =
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}
