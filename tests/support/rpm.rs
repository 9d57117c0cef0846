//! RPM packages: genuine ones by `rpmbuild`, and hostile ones that it would not write.

use std::path::Path;
use std::process::{Command, Stdio};

use super::toolkit::File;

const MIB: usize = 1 << 20;

/// Packs files as `rpmbuild` does, or says that it is left out; their paths begin below the system's root.
/// A release may follow the version: `8.9.7.29-1.cuda12.2`. `payload` is rpm's word for the compression: `w9.gzdio`, `w6.xzdio`, `w3.zstdio`.
pub(crate) fn rpm(name: &str, version: &str, files: &[File], payload: &str) -> Option<Vec<u8>> {
    if !super::have("rpmbuild") {
        return None;
    }
    let (version, release) = version.split_once('-').unwrap_or((version, "1"));
    let directory = tempfile::tempdir().expect("a directory");
    let tree = directory.path().join("tree");
    files.iter().for_each(|item| item.write(&tree));
    let spec = directory.path().join("package.spec");
    std::fs::write(&spec, spec_of([name, version, release], &tree, files)).expect("a file");
    let mut command = Command::new("rpmbuild");
    command.args(["-bb", "--quiet", "--target", "x86_64-linux"]).arg(&spec).env("HOME", directory.path());
    command.arg("--define").arg(format!("_topdir {}", directory.path().join("top").display()));
    command.arg("--define").arg(format!("_binary_payload {payload}"));
    let output = command.stdin(Stdio::null()).output().expect("rpmbuild starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let built = directory.path().join(format!("top/RPMS/x86_64/{name}-{version}-{release}.x86_64.rpm"));
    Some(std::fs::read(built).expect("a package"))
}

fn spec_of([name, version, release]: [&str; 3], tree: &Path, files: &[File]) -> String {
    let list: String = files.iter().map(|item| format!("\"/{}\"\n", item.path)).collect();
    format!(
        "%global __os_install_post %{{nil}}\n%global debug_package %{{nil}}\nAutoReqProv: no\nName: {name}\n\
         Version: {version}\nRelease: {release}\nSummary: a part of CUDA\nLicense: none\n%description\nIt is tiny.\n%install\n\
         mkdir -p %{{buildroot}}\ncp -a '{}'/. %{{buildroot}}\n%post\ntouch /tmp/canary\n%files\n{list}",
        tree.display()
    )
}

/// Notes a package as installed in the database of a root file system, whose files are there already.
pub(crate) fn note_rpm(package: &[u8], root: &Path) {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("package.rpm");
    std::fs::write(&path, package).expect("a file");
    let mut command = Command::new("rpm");
    command.arg("--dbpath").arg(root.join("var/lib/rpm")).args(["--justdb", "--nodeps", "--noscripts", "-i"]);
    command.arg(&path).env("HOME", directory.path()).stdin(Stdio::null());
    let output = command.output().expect("rpm starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Packs one file under any path, with so many MiB of zeros in the place of its content.
pub(crate) fn hostile_rpm(name: &str, version: &str, path: &str, sizes_in_mib: &[u32]) -> Vec<u8> {
    let mut bytes = vec![0xed, 0xab, 0xee, 0xdb, 3, 0];
    bytes.resize(96, 0);
    bytes.extend(header(&[]));
    bytes.extend(header(&[(1000, name), (1001, version), (1022, "x86_64"), (1124, "cpio")]));
    let zeros = zstd::encode_all(vec![0; MIB].as_slice(), 1).expect("memory");
    for (index, size) in sizes_in_mib.iter().enumerate() {
        let path = if index == 0 { path.to_owned() } else { format!("{path}{index}") };
        bytes.extend(zstd::encode_all(entry(&path, 0o100_644, size << 20).as_slice(), 1).expect("memory"));
        (0..*size).for_each(|_| bytes.extend(&zeros));
    }
    bytes.extend(zstd::encode_all(entry("TRAILER!!!", 0, 0).as_slice(), 1).expect("memory"));
    bytes
}

fn header(strings: &[(u32, &str)]) -> Vec<u8> {
    let (mut index, mut store) = (Vec::new(), Vec::new());
    for (tag, text) in strings {
        let offset = u32::try_from(store.len()).expect("small");
        index.extend([*tag, 6, offset, 1].into_iter().flat_map(u32::to_be_bytes));
        store.extend([text.as_bytes(), b"\0"].concat());
    }
    let lengths = [strings.len(), store.len()].map(|length| u32::try_from(length).expect("small"));
    let mut bytes = vec![0x8e, 0xad, 0xe8, 1, 0, 0, 0, 0];
    bytes.extend(lengths.into_iter().flat_map(u32::to_be_bytes));
    bytes.extend([index, store].concat());
    bytes
}

/// The head of an entry of a cpio archive.
fn entry(path: &str, mode: u32, size: u32) -> Vec<u8> {
    let length = u32::try_from(path.len() + 1).expect("small");
    let fields = [1, mode, 0, 0, 1, 0, size, 0, 0, 0, 0, length, 0];
    let mut bytes = b"070701".to_vec();
    bytes.extend(fields.iter().flat_map(|field| format!("{field:08x}").into_bytes()));
    bytes.extend([path.as_bytes(), b"\0"].concat());
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}
