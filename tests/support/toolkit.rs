//! Tiny toolkits, built in code: redist archives that are laid out as NVIDIA's are, with
//! a `nvcc` that answers `--version` and `--dryrun`, a few kilobytes each.

use std::collections::BTreeMap;
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::mirror::Mirror;

/// One file of a tiny archive: its path below the archive's top directory.
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) content: Vec<u8>,
    pub(crate) executable: bool,
    pub(crate) link: Option<String>,
}

impl File {
    /// Puts it into a directory.
    pub(crate) fn write(&self, directory: &Path) {
        let path = directory.join(&self.path);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        if let Some(target) = &self.link {
            symlink(target, path).expect("a link");
            return;
        }
        std::fs::write(&path, &self.content).expect("a file");
        let mode = if self.executable { 0o755 } else { 0o644 };
        std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).expect("a mode");
    }
}

/// Returns a plain file.
pub(crate) fn file(path: &str, content: impl Into<Vec<u8>>) -> File {
    File { path: path.to_owned(), content: content.into(), executable: false, link: None }
}

/// Returns an executable.
pub(crate) fn program(path: &str, content: impl Into<Vec<u8>>) -> File {
    File { executable: true, ..file(path, content) }
}

/// Returns a symbolic link.
pub(crate) fn link(path: &str, target: &str) -> File {
    File { link: Some(target.to_owned()), ..file(path, "") }
}

/// Returns the files of a component, shaped like NVIDIA's redist archives.
pub(crate) fn component_files(name: &str, version: &str) -> Vec<File> {
    let mut files = vec![file("LICENSE", format!("licence of {name}\n"))];
    files.extend(match name {
        "cuda_nvcc" => nvcc_files(version),
        "cuda_crt" => vec![file("include/crt/host_config.h", HOST_CONFIG)],
        "libnvvm" => nvvm_files(),
        "cuda_cudart" => vec![
            file("include/cuda_runtime.h", "/* runtime */\n"),
            file("include/cuda.h", "/* driver */\n"),
            file("include/cuda_fp16.h", "#include <nv/target>\n"),
            file(&format!("lib/libcudart.so.{version}"), format!("cudart {version}\n")),
            link("lib/libcudart.so.12", &format!("libcudart.so.{version}")),
            link("lib/libcudart.so", "libcudart.so.12"),
            file("lib/libcudart_static.a", "static\n"),
            file("lib/libcudadevrt.a", "devrt\n"),
            file("lib/stubs/libcuda.so", "stub\n"),
            file(
                "pkg-config/cudart-12.4.pc",
                "cudaroot=/usr/local/cuda-12.4\nlibdir=${cudaroot}/lib\n\nName: cudart\n",
            ),
        ],
        "cuda_cccl" | "cccl" => {
            vec![file("include/nv/target", "/* target */\n"), file("include/thrust/sort.h", "\n")]
        }
        "cudnn" => vec![
            file("include/cudnn.h", "#include \"cudnn_version.h\"\n"),
            file("include/cudnn_version.h", cudnn_version(version)),
            file(&format!("lib/libcudnn.so.{version}"), format!("cudnn {version}\n")),
            link("lib/libcudnn.so.9", &format!("libcudnn.so.{version}")),
            link("lib/libcudnn.so", "libcudnn.so.9"),
        ],
        other => vec![
            file(&format!("include/{other}.h"), format!("/* {other} */\n")),
            file(&format!("lib/{other}.so.1"), format!("{other} {version}\n")),
            program(&format!("bin/{other}-tool"), "#!/bin/sh\necho tool\n"),
        ],
    });
    files
}

const HOST_CONFIG: &str = "#if __GNUC__ > 99\n#error -- unsupported GNU version!\n#endif\n";

/// What the header of a release before 13 declares otherwise than glibc 2.41.
const MATH_FUNCTIONS: &str =
    "extern __DEVICE_FUNCTIONS_DECL__ __device_builtin__ double                 sinpi(double x);\n";

fn nvcc_files(version: &str) -> Vec<File> {
    let short = version.split('.').take(2).collect::<Vec<_>>().join(".");
    let script = format!(
        "#!/bin/sh\nhere=$(dirname \"$0\")\ncase \" $* \" in\n*' --version '*) echo 'Cuda compilation tools, release {short}, V{version}' ;;\n\
         *' --dryrun '*) echo \"#$ _HERE_=$here\" >&2; echo \"#$ TOP=$here/..\" >&2 ;;\n\
         *) echo \"nvcc {version} argv0=$0 CUDA_HOME=$CUDA_HOME args=$*\" ;;\nesac\n"
    );
    let mut files = vec![program("bin/nvcc", script), file("bin/nvcc.profile", "TOP = $(_HERE_)/..\n")];
    let tool = |name: &str| program(&format!("bin/{name}"), format!("#!/bin/sh\necho {name} {version}\n"));
    files.extend(["ptxas", "fatbinary", "nvlink", "cudafe++", "bin2c"].map(tool));
    let major: u32 = version.split('.').next().and_then(|text| text.parse().ok()).expect("a major");
    if major < 13 {
        files.push(file("include/crt/host_config.h", HOST_CONFIG));
        files.push(file("include/crt/math_functions.h", MATH_FUNCTIONS));
        files.extend(nvvm_files());
    }
    files
}

fn nvvm_files() -> Vec<File> {
    vec![
        program("nvvm/bin/cicc", "#!/bin/sh\n"),
        file("nvvm/libdevice/libdevice.10.bc", "bitcode\n"),
        file("nvvm/lib64/libnvvm.so.4", "nvvm\n"),
        file("nvvm/include/nvvm.h", "\n"),
    ]
}

fn cudnn_version(version: &str) -> String {
    let mut numbers = version.split('.');
    let mut next = || numbers.next().unwrap_or("0").to_owned();
    format!(
        "#define CUDNN_MAJOR {}\n#define CUDNN_MINOR {}\n#define CUDNN_PATCHLEVEL {}\n",
        next(),
        next(),
        next()
    )
}

/// Packs files as a redist archive, below one top directory.
pub(crate) fn tar_xz(top: &str, files: &[File]) -> Vec<u8> {
    let encoder = liblzma::write::XzEncoder::new(Vec::new(), 0);
    packed(encoder, &format!("{top}/"), files)
        .and_then(liblzma::write::XzEncoder::finish)
        .expect("an archive")
}

/// Packs files as a tar, with something before every path.
pub(super) fn packed<W: Write>(writer: W, top: &str, files: &[File]) -> std::io::Result<W> {
    let mut builder = tar::Builder::new(writer);
    for item in files {
        let mut header = tar::Header::new_gnu();
        let path = format!("{top}{}", item.path);
        header.set_mtime(1_700_000_000);
        if let Some(target) = &item.link {
            header.set_entry_type(tar::EntryType::Symlink);
            header.set_size(0);
            header.set_mode(0o777);
            builder.append_link(&mut header, path, target)?;
            continue;
        }
        header.set_size(item.content.len() as u64);
        header.set_mode(if item.executable { 0o755 } else { 0o644 });
        builder.append_data(&mut header, path, item.content.as_slice())?;
    }
    builder.into_inner()
}

/// Returns the digest of bytes, as manifests write it.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A release that a mirror can serve: components and their versions.
pub(crate) struct Release {
    product: String,
    label: String,
    components: BTreeMap<String, String>,
    variants: Vec<String>,
}

impl Release {
    /// Begins a CUDA release.
    pub(crate) fn cuda(label: &str) -> Self {
        Self::new("cuda", label)
    }

    /// Begins a release of another product: `cudnn`.
    pub(crate) fn new(product: &str, label: &str) -> Self {
        Self {
            product: product.to_owned(),
            label: label.to_owned(),
            components: BTreeMap::new(),
            variants: Vec::new(),
        }
    }

    /// Returns a CUDA release with all that the minimal profile needs, and two libraries.
    pub(crate) fn tiny(label: &str) -> Self {
        let major = label.split('.').next().expect("a major");
        let mut names =
            vec!["cuda_nvcc", "cuda_cudart", "cuda_cccl", "cuda_nvrtc", "libcublas", "cuda_cuobjdump"];
        if major == "13" {
            names.extend(["cuda_crt", "libnvvm"]);
        }
        let build = format!("{}.99", label.split('.').take(2).collect::<Vec<_>>().join("."));
        names.into_iter().fold(Self::cuda(label), |release, name| release.component(name, &build))
    }

    /// Returns a cuDNN release for these CUDA majors.
    pub(crate) fn cudnn(label: &str, version: &str, majors: &[&str]) -> Self {
        let mut release = Self::new("cudnn", label).component("cudnn", version);
        release.variants = majors.iter().map(|major| (*major).to_owned()).collect();
        release
    }

    /// Adds a component.
    pub(crate) fn component(mut self, name: &str, version: &str) -> Self {
        self.components.insert(name.to_owned(), version.to_owned());
        self
    }

    /// Serves the release from a mirror, below `compute/<product>/redist/`.
    pub(crate) fn serve(&self, mirror: &Mirror) {
        let mut manifest = json!({ "release_date": "2024-04-03", "release_label": self.label, "release_product": self.product });
        for (name, version) in &self.components {
            manifest[name] = self.component_json(name, version, mirror);
        }
        serve_manifest(mirror, &self.product, &self.label, &manifest);
    }

    fn component_json(&self, name: &str, version: &str, mirror: &Mirror) -> Value {
        let mut value = json!({ "name": name, "license": "CUDA Toolkit", "version": version });
        for platform in ["linux-x86_64", "linux-sbsa"] {
            let serve = |variant: &str| {
                let top = format!("{name}-{platform}-{version}{variant}-archive");
                serve_archive(
                    mirror,
                    &self.product,
                    &format!("{name}/{platform}/{top}.tar.xz"),
                    name,
                    version,
                )
            };
            value[platform] = match self.variants.as_slice() {
                [] => serve(""),
                majors => majors
                    .iter()
                    .map(|major| (format!("cuda{major}"), serve(&format!("_cuda{major}"))))
                    .collect(),
            };
        }
        if !self.variants.is_empty() {
            value["cuda_variant"] = json!(self.variants);
        }
        value
    }
}

/// Serves a tiny archive and returns its description for a manifest.
pub(crate) fn serve_archive(
    mirror: &Mirror,
    product: &str,
    relative: &str,
    component: &str,
    version: &str,
) -> Value {
    let top =
        relative.rsplit('/').next().and_then(|name| name.strip_suffix(".tar.xz")).expect("an archive's name");
    let bytes = tar_xz(top, &component_files(component, version));
    let value = json!({ "relative_path": relative, "sha256": sha256(&bytes), "md5": "", "size": bytes.len().to_string() });
    mirror.put(&format!("/compute/{product}/redist/{relative}"), bytes);
    value
}

/// Serves other files as a component of a CUDA release that is served already, digest and all.
pub(crate) fn serve_files(mirror: &Mirror, label: &str, component: &str, files: &[File]) {
    serve_bytes(mirror, label, component, tar_xz("archive", files));
}

/// Serves other bytes as the archive of a component, with the digest that they have.
pub(crate) fn serve_bytes(mirror: &Mirror, label: &str, component: &str, bytes: Vec<u8>) {
    let base = "/compute/cuda/redist/";
    let path = format!("{base}redistrib_{label}.json");
    let mut manifest: Value = serde_json::from_slice(&mirror.bytes(&path)).expect("a manifest");
    let entry = &mut manifest[component]["linux-x86_64"];
    entry["sha256"] = json!(sha256(&bytes));
    entry["size"] = json!(bytes.len().to_string());
    let relative = entry["relative_path"].as_str().expect("a path").to_owned();
    mirror.put(&format!("{base}{relative}"), bytes);
    mirror.put(&path, serde_json::to_vec_pretty(&manifest).expect("JSON"));
}

/// Serves a manifest, and an index page that lists every manifest served so far.
pub(crate) fn serve_manifest(mirror: &Mirror, product: &str, label: &str, manifest: &Value) {
    let base = format!("/compute/{product}/redist/");
    let text = serde_json::to_vec_pretty(manifest).expect("JSON");
    mirror.put(&format!("{base}redistrib_{label}.json"), text);
    let names = mirror.paths().into_iter().filter_map(|path| path.strip_prefix(&base).map(str::to_owned));
    let links = names.filter(|name| name.starts_with("redistrib_"));
    let rows: String = links.map(|name| format!("<a href='{name}'>{name}</a>\n")).collect();
    mirror.put(&base, format!("<html><body>{rows}</body></html>").into_bytes());
}
