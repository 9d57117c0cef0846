//! A Makefile that looks for CUDA as Makefiles do: `CUDA_HOME`, else the parent of nvcc's directory.

use std::fs;

use super::workshop::{NEWER, OLDER, Workshop, assert_runtime, ok};
use crate::support::{Run, have};

const MAKEFILE: &str = r"CUDA_HOME ?= $(patsubst %/bin/nvcc,%,$(shell which nvcc))
program: small.cu
	$(CUDA_HOME)/bin/nvcc -arch=sm_75 -cudart shared -I$(CUDA_HOME)/include -L$(CUDA_HOME)/lib64 \
	    -Xlinker -rpath=$(CUDA_HOME)/lib64 -o $@ $< -lcudart
";

#[test]
#[ignore = "installs NVIDIA's toolkits"]
fn a_makefile_finds_each_toolkit_and_the_shims_never_mix_two() {
    let Some(shop) = Workshop::open() else { return };
    if !have("make") {
        return;
    }
    let project = |name: &str, pin: Option<&str>| {
        let project = shop.project(name, pin);
        fs::write(project.join("Makefile"), MAKEFILE).expect("a Makefile");
        project
    };
    for request in [OLDER, NEWER] {
        let directory = project(&format!("plain-{request}"), None);
        ok(&mut shop.exec(request, &directory, "make"));
        assert_runtime(&ok(&mut shop.sandbox.command(directory.join("program"))), request);

        // The real `bin` on PATH and no variable: what a module file or an old rc file does.
        let directory = project(&format!("path-{request}"), None);
        let path = format!("{}:/usr/bin:/bin", shop.root(request).join("bin").display());
        ok(shop.sandbox.command("make").env("PATH", path).current_dir(&directory));
        assert_runtime(&ok(&mut shop.sandbox.command(directory.join("program"))), request);
    }
    let directory = project("shims-default", None);
    ok(&mut shop.through_shims(&directory, "make"));
    assert_runtime(&ok(&mut shop.sandbox.command(directory.join("program"))), OLDER);

    let directory = project("shims-pinned", Some(NEWER));
    let refused = Run::of(&mut shop.through_shims(&directory, "make"));
    refused.expect(2, &["shims/include", "cudaman exec"]);
    assert!(!directory.join("program").exists());
    shop.sandbox.assert_healthy();
}
