//! A Python package index with NVIDIA's wheels in small: the names, tags, pins and layouts are those
//! of the real ones.

use std::collections::BTreeMap;

use super::mirror::Mirror;
use super::toolkit::{File, component_files, sha256};
use super::wheel::wheel_requiring;

/// How an index writes its pages.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Form {
    /// PEP 503.
    Html,
    /// PEP 691.
    Json,
}

/// What an index states as a file's digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stated {
    Nothing,
    Right,
    Wrong,
}

/// An index before it is served.
#[derive(Default)]
pub(crate) struct PythonIndex {
    files: Vec<Listed>,
}

struct Listed {
    name: String,
    bytes: Vec<u8>,
    stated: Stated,
    is_yanked: bool,
}

/// A part of a toolkit: its component, its distribution without `-cu12`, and its version.
type Part = (&'static str, &'static str, &'static str);

const BOTH: [&str; 2] =
    ["manylinux2014_x86_64.manylinux_2_17_x86_64", "manylinux2014_aarch64.manylinux_2_17_aarch64"];

/// Releases of the metapackage with some of their pins.
pub(crate) const RELEASES: &[(&str, &[Part])] = &[
    (
        "11.8.0",
        &[
            ("cuda_cccl", "nvidia-cuda-cccl", "11.8.89"),
            ("cuda_cudart", "nvidia-cuda-runtime", "11.8.89"),
            ("cuda_nvcc", "nvidia-cuda-nvcc", "11.8.89"),
            ("libcublas", "nvidia-cublas", "11.11.3.6"),
        ],
    ),
    (
        "12.4.1",
        &[
            ("cuda_cccl", "nvidia-cuda-cccl", "12.4.127"),
            ("cuda_cudart", "nvidia-cuda-runtime", "12.4.127"),
            ("cuda_nvcc", "nvidia-cuda-nvcc", "12.4.131"),
            ("cuda_nvrtc", "nvidia-cuda-nvrtc", "12.4.127"),
            ("libcublas", "nvidia-cublas", "12.4.5.8"),
            ("libnvjitlink", "nvidia-nvjitlink", "12.4.127"),
        ],
    ),
    (
        "13.0.2",
        &[
            ("cuda_cccl", "nvidia-cuda-cccl", "13.0.85"),
            ("cuda_crt", "nvidia-cuda-crt", "13.0.88"),
            ("cuda_cudart", "nvidia-cuda-runtime", "13.0.96"),
            ("cuda_cupti", "nvidia-cuda-cupti", "13.0.85"),
            ("cuda_nvcc", "nvidia-cuda-nvcc", "13.0.88"),
            ("cuda_nvtx", "nvidia-nvtx", "13.0.85"),
            ("libcublas", "nvidia-cublas", "13.1.0.3"),
            ("libnvjitlink", "nvidia-nvjitlink", "13.0.88"),
            ("libnvvm", "nvidia-nvvm", "13.0.88"),
        ],
    ),
    (
        "13.4.3",
        &[
            ("cuda_cccl", "nvidia-cuda-cccl", "13.3.4.3.1"),
            ("cuda_crt", "nvidia-cuda-crt", "13.4.92"),
            ("cuda_cudart", "nvidia-cuda-runtime", "13.4.92"),
            ("cuda_nvcc", "nvidia-cuda-nvcc", "13.4.92"),
            ("libcublas", "nvidia-cublas", "13.8.0.4"),
            ("libnvjitlink", "nvidia-nvjitlink", "<14,>=13.4.92"),
            ("libnvvm", "nvidia-nvvm", "13.4.92"),
        ],
    ),
];

impl PythonIndex {
    /// Returns an index with [`RELEASES`] and cuDNN for CUDA 12 and 13.
    pub(crate) fn nvidias() -> Self {
        let mut index = Self::default();
        for (release, parts) in RELEASES {
            index.add_toolkit(release, parts);
        }
        index.add_parts("13.9.0", &[("libnvjitlink", "nvidia-nvjitlink", "13.9.9")]);
        for (line, version) in [("12", "9.1.1.17"), ("12", "9.14.0.64"), ("13", "9.14.0.64")] {
            let files = wheel_files("cudnn", version, "nvidia/cudnn");
            index.add_both(&format!("nvidia-cudnn-cu{line}"), version, &files);
        }
        index
    }

    /// Adds the metapackage of a release, and its parts for both kinds of machines.
    pub(crate) fn add_toolkit(&mut self, release: &str, parts: &[Part]) {
        let line = line(release);
        let requires: Vec<String> = parts.iter().map(|part| requirement(&line, part)).collect();
        let bytes = wheel_requiring("cuda-toolkit", release, &requires, &[]);
        self.add(&format!("cuda_toolkit-{release}-py2.py3-none-any.whl"), bytes);
        self.add_parts(release, parts);
    }

    /// Adds the wheels of a release's parts.
    pub(crate) fn add_parts(&mut self, release: &str, parts: &[Part]) {
        let line = line(release);
        for (component, stem, version) in parts {
            let version = version.rsplit('=').next().expect("a version");
            let prefix = match line.as_str() {
                "" => "nvidia/cu13".to_owned(),
                _ => stem.replacen("nvidia-", "nvidia/", 1).replace('-', "_"),
            };
            self.add_both(&format!("{stem}{line}"), version, &wheel_files(component, version, &prefix));
        }
    }

    /// Adds a wheel for both kinds of machines.
    pub(crate) fn add_both(&mut self, distribution: &str, version: &str, files: &[File]) {
        let bytes = wheel_requiring(distribution, version, &[], files);
        for tags in BOTH {
            let name = format!("{}-{version}-py3-none-{tags}.whl", distribution.replace('-', "_"));
            self.add(&name, bytes.clone());
        }
        self.add(&format!("{}-{version}-py3-none-win_amd64.whl", distribution.replace('-', "_")), "no wheel");
    }

    /// Adds a file.
    pub(crate) fn add(&mut self, name: &str, bytes: impl Into<Vec<u8>>) {
        let (name, bytes) = (name.to_owned(), bytes.into());
        self.files.push(Listed { name, bytes, stated: Stated::Right, is_yanked: false });
    }

    /// Withdraws the files whose names begin so.
    pub(crate) fn yank(&mut self, prefix: &str) {
        self.matching(prefix).for_each(|file| file.is_yanked = true);
    }

    /// Changes what the index states about the files whose names begin so.
    pub(crate) fn state(&mut self, prefix: &str, stated: Stated) {
        self.matching(prefix).for_each(|file| file.stated = stated);
    }

    fn matching<'a>(&'a mut self, prefix: &'a str) -> impl Iterator<Item = &'a mut Listed> {
        let mut found = self.files.iter_mut().filter(move |file| file.name.starts_with(prefix)).peekable();
        assert!(found.peek().is_some(), "no file begins with `{prefix}`");
        found
    }

    /// Serves pages below `<root>simple/` and files below `<root>packages/`.
    pub(crate) fn serve(&self, mirror: &Mirror, root: &str, form: Form) {
        let mut projects: BTreeMap<String, Vec<&Listed>> = BTreeMap::new();
        for file in &self.files {
            let project = file.name.split('-').next().expect("a name").replace('_', "-");
            mirror.put(&format!("{root}packages/{}", file.name), file.bytes.clone());
            projects.entry(project).or_default().push(file);
        }
        for (project, files) in projects {
            let (media_type, page) = match form {
                Form::Html => ("text/html", html(&project, &files)),
                Form::Json => ("application/vnd.pypi.simple.v1+json", json(&project, &files)),
            };
            mirror.put_as(&format!("{root}simple/{project}/"), media_type, page);
        }
    }
}

impl Listed {
    fn digest(&self) -> Option<String> {
        match self.stated {
            Stated::Nothing => None,
            Stated::Right => Some(sha256(&self.bytes)),
            Stated::Wrong => Some("0".repeat(64)),
        }
    }
}

/// Returns what the names of a release's wheels end with.
fn line(release: &str) -> String {
    match release.split('.').next() {
        Some(major @ ("11" | "12")) => format!("-cu{major}"),
        _ => String::new(),
    }
}

fn requirement(line: &str, (_, stem, version): &Part) -> String {
    let version = if version.contains('=') { (*version).to_owned() } else { format!("=={version}.*") };
    format!(
        "{stem}{line}{version}; (sys_platform == \"linux\" or sys_platform == \"win32\") and extra == \"all\""
    )
}

/// Returns the files of a component as wheels have them: no links, and no nvcc before CUDA 13.
fn wheel_files(component: &str, version: &str, prefix: &str) -> Vec<File> {
    let major = version.split('.').next().expect("a major");
    let is_complete = prefix == "nvidia/cu13";
    let is_kept = |file: &File| {
        let is_shell = file.link.is_some() || file.path.starts_with("pkg-config/") || file.path == "LICENSE";
        let is_driver = ["bin/nvcc", "bin/nvlink", "bin/fatbinary", "bin/cudafe++", "nvvm/bin/cicc"];
        !is_shell && (is_complete || !is_driver.iter().any(|path| file.path.starts_with(path)))
    };
    let place = |path: &str| {
        let path = path.replace(&format!(".so.{version}"), &format!(".so.{major}"));
        match (is_complete, path.strip_prefix("nvvm/lib64/")) {
            (true, Some(library)) => format!("{prefix}/lib/{library}"),
            _ => format!("{prefix}/{path}"),
        }
    };
    let files = component_files(component, version).into_iter().filter(is_kept);
    files.map(|file| File { path: place(&file.path), ..file }).collect()
}

fn html(project: &str, files: &[&Listed]) -> String {
    let anchor = |file: &&Listed| {
        let digest = file.digest().map(|digest| format!("#sha256={digest}")).unwrap_or_default();
        let yanked = if file.is_yanked { " data-yanked=\"Broken\"" } else { "" };
        let name = &file.name;
        format!(
            "<a href=\"../../packages/{name}{digest}\" data-requires-python=\"&gt;=3\"{yanked}>{name}</a><br />\n"
        )
    };
    let anchors: String = files.iter().map(anchor).collect();
    format!("<!DOCTYPE html><html><head><title>{project}</title></head><body>\n{anchors}</body></html>\n")
}

fn json(project: &str, files: &[&Listed]) -> String {
    let file = |file: &&Listed| {
        let hashes: BTreeMap<&str, String> =
            file.digest().map(|digest| ("sha256", digest)).into_iter().collect();
        serde_json::json!({
            "filename": file.name, "url": format!("../../packages/{}", file.name), "hashes": hashes,
            "size": file.bytes.len(), "yanked": file.is_yanked, "upload-time": "2025-08-13T02:02:39.123456Z",
        })
    };
    let files: Vec<_> = files.iter().map(file).collect();
    serde_json::json!({ "meta": { "api-version": "1.1" }, "name": project, "files": files }).to_string()
}
