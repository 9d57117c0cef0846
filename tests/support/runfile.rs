//! Runfiles in the structure of each generation, a few kilobytes each, packed by genuine makeself. Every
//! script in them, every program and the installers within leave a mark where they are run.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::toolkit::{File, component_files, file, link, program};

/// The structures, by a release that has each.
pub(crate) const GENERATIONS: [&str; 8] =
    ["8.0.61", "9.2.148", "10.0.130", "10.1.243", "10.2.89", "11.0.3", "12.4.1", "13.0.2"];

/// What a runfile is packed from.
pub(crate) struct Runfile<'a> {
    /// The release whose structure it has.
    pub(crate) release: &'a str,
    /// The platform's directory below `targets/`.
    pub(crate) target: &'a str,
    /// The file to which whatever is run adds a line.
    pub(crate) canary: &'a Path,
}

/// Returns makeself, or says that it is left out.
pub(crate) fn makeself() -> Option<Command> {
    let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/test-tools/makeself/usr");
    if tools.join("bin/makeself").exists() {
        let mut command = Command::new("sh");
        command.arg(tools.join("bin/makeself")).arg("--header");
        command.arg(tools.join("share/makeself/makeself-header.sh"));
        return Some(command);
    }
    super::have("makeself").then(|| Command::new("makeself"))
}

impl Runfile<'_> {
    /// Packs the installer, if makeself is here.
    pub(crate) fn pack(&self) -> Option<Vec<u8>> {
        self.makeself(&self.files()?, "./cuda-installer")
    }

    /// Returns what the installer is packed from.
    pub(crate) fn files(&self) -> Option<Vec<File>> {
        let mut files = vec![
            file("EULA.txt", "licence of all\n"),
            self.script("cuda-installer"),
            file("manifests/cuda_x86_64.xml", "<manifest/>\n"),
        ];
        match self.line() {
            line if line < (10, 1) => files.extend(self.nested()?),
            line if line < (11, 0) => files.extend(self.one_tree()),
            _ => files.extend(self.components()),
        }
        Some(files)
    }

    /// Packs a makeself archive that isn't NVIDIA's.
    pub(crate) fn stranger(&self) -> Option<Vec<u8>> {
        self.makeself(&[self.script("setup.sh"), file("data", "x\n")], "./setup.sh")
    }

    /// Packs what patches a toolkit, as NVIDIA's patches of 8.0 to 10.0 do: by a program of its own.
    pub(crate) fn patch(&self) -> Option<Vec<u8>> {
        let version = file("version.txt", format!("CUDA Version {}.2\n", self.release));
        let library = file("lib64/libcublas.so.8.0.88", "cublas\n");
        self.makeself(&[version, library, self.script("install_patch.pl")], "./install_patch.pl")
    }

    fn line(&self) -> (u32, u32) {
        let mut numbers = self.release.split('.').map(|text| text.parse().expect("a number"));
        (numbers.next().expect("a major"), numbers.next().expect("a minor"))
    }

    fn nested(&self) -> Option<Vec<File>> {
        let (release, line) = (self.release, self.line());
        let driver = self.makeself(&[self.script("nvidia-installer")], "./nvidia-installer")?;
        let samples = [file("0_Simple/Makefile", "all:\n"), self.script("install-linux.pl")];
        let toolkit = self.makeself(&self.tree(""), "./install-linux.pl")?;
        let name = match line {
            line if line < (9, 0) => format!("cuda-linux64-rel-{release}-21551265.run"),
            _ => format!("cuda-linux.{release}-24817639.run"),
        };
        Some(vec![
            self.script("cuda-installer.pl"),
            self.script("uninstall_cuda.pl"),
            file("InstallUtils.pm", "1;\n"),
            program(&format!("run_files/{name}"), toolkit),
            program(
                &format!("run_files/cuda-samples.{release}.run"),
                self.makeself(&samples, "./install-linux.pl")?,
            ),
            program("run_files/NVIDIA-Linux-x86_64-410.48.run", driver),
        ])
    }

    fn one_tree(&self) -> Vec<File> {
        let mut files = self.tree("builds/cuda-toolkit/");
        // cuBLAS lies beside the toolkit, and some of it in the toolkit too.
        let cublas =
            component_files("libcublas", self.release).into_iter().filter(|item| item.path != "LICENSE");
        for item in cublas {
            let path = item.path.replacen("lib/", "lib64/", 1);
            if !path.starts_with("bin/") {
                files.push(File { path: format!("builds/cublas/{path}"), ..item });
            }
        }
        files.push(file("builds/cublas/src/fortran.c", "int fortran;\n"));
        if self.line() == (10, 2) {
            files.retain(|item| !item.path.contains("toolkit/extras/CUPTI"));
            files.push(file("builds/cuda_cupti/extras/CUPTI/include/cupti.h", "/* cupti */\n"));
            files.push(file("builds/cuda_cupti/extras/CUPTI/lib64/libcupti.so.10.2", "cupti\n"));
        }
        files.push(file("builds/cuda-samples/0_Simple/Makefile", "all:\n"));
        files.push(self.script("builds/NVIDIA-Linux-x86_64-418.87.00.run"));
        files
    }

    fn components(&self) -> Vec<File> {
        let (target, major) = (self.target, self.line().0);
        let cccl = if major == 11 { "cuda_thrust" } else { "cuda_cccl" };
        let mut names =
            vec!["cuda_nvcc", "cuda_cudart", "cuda_nvrtc", "libcublas", "cuda_cuobjdump", "cuda_gdb"];
        if major >= 13 {
            names.extend(["cuda_crt", "libnvvm"]);
        }
        let mut files = vec![file("builds/version.json", format!("{{\"cuda\" : \"{}\"}}\n", self.release))];
        for name in names {
            files.extend(
                component_files(name, self.release).into_iter().map(|item| within(name, item, target)),
            );
            files.push(link(&format!("builds/{name}/include"), &format!("targets/{target}/include")));
            files.push(link(&format!("builds/{name}/lib64"), &format!("targets/{target}/lib")));
        }
        let headers = component_files("cuda_cccl", self.release).into_iter();
        files.extend(headers.map(|item| within(cccl, item, target)));
        files.extend([
            file("builds/cuda_cupti/extras/CUPTI/include/cupti.h", "/* cupti */\n"),
            file("builds/cuda_cupti/extras/CUPTI/lib64/libcupti.so.12", "cupti\n"),
            link(
                &format!("builds/cuda_cupti/targets/{target}/lib/libcupti.so.12"),
                "../../../extras/CUPTI/lib64/libcupti.so.12",
            ),
            program("builds/nsight_compute/ncu", "#!/bin/sh\n"),
            file("builds/cuda_documentation/doc/index.html", "<html>\n"),
            self.script("builds/NVIDIA-Linux-x86_64-450.51.06.run"),
            self.script("builds/bin/cuda-uninstaller"),
            self.script("builds/fabricmanager/bin/nv-fabricmanager"),
            self.script("builds/imex/bin/nvidia-imex"),
            self.script("builds/integration/nsight-compute/ncu-ui"),
        ]);
        files
    }

    /// The tree that holds all of an older toolkit. That of 8.0 has real directories, later ones links.
    pub(crate) fn tree(&self, top: &str) -> Vec<File> {
        let target = self.target;
        let mut files = vec![
            file("EULA.txt", "licence of the toolkit\n"),
            file("version.txt", format!("CUDA Version {}\n", self.release)),
            self.script("bin/uninstall_cuda.pl"),
            self.script("bin/cuda-install-samples.sh"),
            self.script("install-linux.pl"),
            file("InstallUtils.pm", "1;\n"),
            program("bin/cuda-gdb", "#!/bin/sh\necho gdb\n"),
            program("bin/cuobjdump", "#!/bin/sh\necho cuobjdump\n"),
            file("doc/html/index.html", "<html>\n"),
            program("jre/bin/java", "#!/bin/sh\n"),
            program("libnvvp/nvvp", "#!/bin/sh\n"),
            file("lib/libcudart.so.32bit", "32 bits\n"),
            file("extras/CUPTI/include/cupti.h", "/* cupti */\n"),
            file("extras/CUPTI/lib64/libcupti.so.10.0", "cupti\n"),
            file("extras/demo_suite/deviceQuery", "demo\n"),
            file("nvml.h", "unknown\n"),
        ];
        for name in ["cuda_nvcc", "cuda_cudart", "cuda_cccl", "libcublas"] {
            let own = component_files(name, self.release).into_iter().filter(|item| item.path != "LICENSE");
            files.extend(own.filter(|item| !item.path.ends_with("-tool")));
        }
        for item in &mut files {
            let place = if self.line() < (9, 0) { String::new() } else { format!("targets/{target}/") };
            if let Some(rest) = item.path.strip_prefix("lib/").filter(|rest| !rest.ends_with("32bit")) {
                let lib = if place.is_empty() { "lib64" } else { "lib" };
                item.path = format!("{place}{lib}/{rest}");
            } else if item.path.starts_with("include/") {
                item.path = format!("{place}{}", item.path);
            } else if let Some(rest) = item.path.strip_prefix("pkg-config/") {
                item.path = format!("pkgconfig/{rest}");
            }
        }
        if self.line() >= (9, 0) {
            files.push(link("include", &format!("targets/{target}/include")));
            files.push(link("lib64", &format!("targets/{target}/lib")));
        }
        files.into_iter().map(|item| File { path: format!("{top}{}", item.path), ..item }).collect()
    }

    /// A script that tells on whoever runs it.
    fn script(&self, path: &str) -> File {
        program(path, format!("#!/bin/sh\necho \"$0\" >>'{}'\n", self.canary.display()))
    }

    fn makeself(&self, files: &[File], start: &str) -> Option<Vec<u8>> {
        let directory = tempfile::tempdir().expect("a directory");
        let (payload, archive) = (directory.path().join("pkg"), directory.path().join("archive.run"));
        std::fs::create_dir(&payload).expect("a directory");
        files.iter().for_each(|item| item.write(&payload));
        pack_directory(&payload, &archive, start)?;
        Some(std::fs::read(archive).expect("an archive"))
    }
}

/// Packs what a directory holds with makeself, if that is here.
pub(crate) fn pack_directory(payload: &Path, archive: &Path, start: &str) -> Option<()> {
    let mut command = makeself()?;
    command.args(["--quiet", "--nox11", "--gzip", "--complevel", "1"]).arg(payload).arg(archive);
    let status = command.args(["CUDA", start]).stdin(Stdio::null()).stdout(Stdio::null()).status();
    assert!(status.expect("makeself starts").success(), "makeself failed");
    Some(())
}

/// Puts a file of a redist archive where the component's directory in a runfile has it.
fn within(component: &str, item: File, target: &str) -> File {
    let path = match item.path.split_once('/') {
        Some(("include" | "lib", _)) => format!("targets/{target}/{}", item.path),
        Some(("pkg-config", rest)) => format!("pkgconfig/{rest}"),
        _ => item.path,
    };
    File { path: format!("builds/{component}/{path}"), ..item }
}
