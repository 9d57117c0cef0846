//! NVIDIA's real wheels, downloaded once by the pip of this machine, and served from loopback as a
//! Python package index.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest as _, Sha256};

use crate::support::{Mirror, skip};

/// A directory of wheels.
pub(crate) struct Wheels {
    pub(crate) directory: PathBuf,
    /// File names, by the project's name in an index.
    pub(crate) files: BTreeMap<String, String>,
}

/// Returns the wheels of the release that is measured with; none, and the reason, where pip can't get them.
pub(crate) fn fetch_wheels() -> Option<Wheels> {
    let directory = super::kept("bench-wheels");
    let wanted = format!("cuda-toolkit[all]=={}", super::CUDA);
    let done = directory.join(".complete");
    if !done.exists() {
        eprintln!("downloading {wanted} into {}, once", directory.display());
        let mut pip = Command::new("pip");
        pip.args(["download", "--quiet", "--only-binary", ":all:", "--dest"]).arg(&directory).arg(&wanted);
        if !pip.status().is_ok_and(|status| status.success()) {
            skip("real wheels", "`pip download` could not get them");
            return None;
        }
        std::fs::write(done, "").expect("a mark");
    }
    let names = std::fs::read_dir(&directory).expect("the wheels").flatten();
    let names = names.filter_map(|entry| entry.file_name().into_string().ok());
    let wheels = names.filter(|name| name.ends_with(".whl"));
    let files = wheels.filter_map(|name| Some((name.split('-').next()?.replace('_', "-"), name.clone())));
    Some(Wheels { files: files.collect(), directory })
}

impl Wheels {
    /// Starts an index; the address is that of `--index-url`.
    pub(crate) fn serve(&self) -> (Mirror, String) {
        let mirror = Mirror::start();
        mirror.serve_directory("/files", &self.directory);
        for (project, file) in &self.files {
            let metadata = metadata(&self.directory.join(file));
            let digest = sha256_of(&self.directory.join(file));
            let page = format!(
                "<!DOCTYPE html><html><head><meta name='pypi:repository-version' content='1.0'></head><body>\
                 <a href='/files/{file}#sha256={digest}' data-core-metadata='sha256={}'>{file}</a></body></html>",
                hex(&Sha256::digest(&metadata))
            );
            mirror.put_as(&format!("/simple/{project}/"), "text/html", page);
            mirror.put(&format!("/files/{file}.metadata"), metadata);
        }
        let index = mirror.at("simple/").to_string();
        (mirror, index)
    }

    /// Returns exact pins, `name==version`, of those wheels that were downloaded from an index.
    pub(crate) fn pins(&self, index: &Mirror) -> Vec<String> {
        let log = index.log();
        let was_fetched = |file: &str| {
            let path = format!("/files/{file}");
            log.iter().any(|request| request.method == "GET" && request.path() == path)
        };
        let fetched = self.files.iter().filter(|(_, file)| was_fetched(file));
        fetched
            .filter_map(|(project, file)| Some(format!("{project}=={}", file.split('-').nth(1)?)))
            .collect()
    }

    /// Returns the file of a project.
    pub(crate) fn path(&self, project: &str) -> Option<PathBuf> {
        Some(self.directory.join(self.files.get(project)?))
    }

    /// Returns the size of the files that pins name.
    pub(crate) fn bytes(&self, pins: &[String]) -> u64 {
        let projects = pins.iter().filter_map(|pin| pin.split("==").next());
        projects.filter_map(|project| self.path(project)?.metadata().ok()).map(|found| found.len()).sum()
    }
}

fn metadata(wheel: &Path) -> Vec<u8> {
    let file = std::fs::File::open(wheel).expect("a wheel");
    let mut archive = zip::ZipArchive::new(file).expect("a zip file");
    let name = archive.file_names().map(|name| name.expect("a name").into_owned());
    let name = { name }.find(|name| name.ends_with(".dist-info/METADATA")).expect("metadata");
    let mut content = Vec::new();
    archive.by_name(&name).expect("metadata").read_to_end(&mut content).expect("its content");
    content
}

/// Returns the digest of a file, as indexes and manifests write it.
pub(crate) fn sha256_of(path: &Path) -> String {
    let mut file = std::fs::File::open(path).expect("a file");
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        match file.read(&mut buffer).expect("a readable file") {
            0 => return hex(&hasher.finalize()),
            count => hasher.update(&buffer[..count]),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
