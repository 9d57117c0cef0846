//! The source redist: NVIDIA's own manifests, from every generation, through the whole program.

use serde_json::json;

use super::plans::NEVER;

use crate::support::{
    Authority, Manifest, Mirror, Release, Run, Sandbox, serve_archive, serve_manifest, skip,
};

#[test]
fn each_generation_installs_works_and_verifies() {
    let mirror = Mirror::start();
    let complete = Manifest::complete();
    for label in ["11.4.2", "11.8.0", "12.4.1", "12.9.1", "13.0.2", "13.4.2"] {
        let is_it = |manifest: &&Manifest| manifest.product == "cuda" && manifest.label == label;
        let fixtures = Manifest::fixtures();
        let Some(manifest) = complete.iter().chain(&fixtures).find(is_it) else {
            skip(label, "its manifest does not lie beside the repository");
            continue;
        };
        manifest.serve_archives(&mirror, "linux-x86_64");
        let sandbox = Sandbox::new().with_mirror(&mirror);
        sandbox.run(&["install", label, "--profile", "minimal"]).expect(0, &["installed"]);
        sandbox.run(&["install", label, "--profile", "devel"]).expect(0, &["installed"]);
        let root = sandbox.root(label);
        for path in [
            "bin/nvcc",
            "bin/ptxas",
            "nvvm/bin/cicc",
            "nvvm/libdevice/libdevice.10.bc",
            "targets/x86_64-linux/include/cuda_runtime.h",
            "include/crt/host_config.h",
            "lib64/libcudart.so",
            "lib64/stubs/libcuda.so",
            "version.json",
        ] {
            assert!(root.join(path).exists(), "{label} lacks {path}");
        }
        assert!(!sandbox.store().join("packages").read_dir().expect("packages").any(is_driver), "{label}");
        sandbox.assert_healthy();
        let short = label.rsplit_once('.').expect("two dots").0;
        let run = sandbox.shim("nvcc", sandbox.path(), &["--version"]);
        assert!(run.expect(0, &[]).stdout.contains(&format!("release {short}")), "{run:?}");
    }
}

fn is_driver(package: std::io::Result<std::fs::DirEntry>) -> bool {
    let name = package.expect("an entry").file_name().into_string().expect("a name");
    NEVER.iter().any(|never| name.starts_with(&format!("{never}-")))
}

#[test]
fn what_is_never_installed_or_unknown_is_refused_by_name() {
    let mirror = Mirror::start();
    Manifest::fixture("cuda", "12.4.1").serve(&mirror);
    let sandbox = Sandbox::new().with_mirror(&mirror);
    let with = |component: &str| sandbox.run(&["install", "12.4", "--with", component, "--dry-run"]);
    for never in ["nvidia_driver", "fabricmanager", "cuda_compat", "nvidia_fs", "imex"] {
        with(never).expect(1, &[&format!("cudaman never installs `{never}`")]);
    }
    with("cuda_gbd").expect(1, &["no component `cuda_gbd`", "`cuda_gdb`"]);
    let run = with("nsight_compute,cuda_gdb");
    run.expect(0, &[]);
    assert!(run.stdout.contains("nsight_compute ") && run.stdout.contains("cuda_gdb "), "{run:?}");
}

/// Serves a toolkit of one generation and every add-on of the repository.
fn with_add_ons(cuda: &str) -> (Mirror, Sandbox) {
    let mirror = Mirror::start();
    Manifest::fixture("cuda", cuda).serve_archives(&mirror, "linux-x86_64");
    for manifest in Manifest::fixtures().iter().filter(|manifest| manifest.product != "cuda") {
        manifest.serve_archives(&mirror, "linux-x86_64");
    }
    let sandbox = Sandbox::new().with_mirror(&mirror);
    (mirror, sandbox)
}

fn planned(sandbox: &Sandbox, request: &str) -> Run {
    sandbox.run(&["install", request, "--profile", "minimal", "--dry-run"])
}

#[test]
fn add_ons_come_in_the_variant_of_the_toolkit() {
    for (cuda, request, archives) in [
        ("11.4.2", "11.4+cudnn8.7", ["cudnn-linux-x86_64-8.7.0.84_cuda11-archive"].as_slice()),
        ("11.4.2", "11.4+nvcomp", &["nvcomp-linux-x86_64-5.0.0.6_cuda11-archive"]),
        ("12.4.1", "12.4+cudnn9.1", &["cudnn-linux-x86_64-9.1.1.17_cuda12-archive"]),
        ("12.4.1", "12.4+cutensor2", &["libcutensor-linux-x86_64-2.0.2.5-archive"]),
        (
            "12.4.1",
            "12.4+cudnn+cutensor",
            &["cudnn-linux-x86_64-9.12.0.46_cuda12-archive", "libcutensor-linux-x86_64-2.0.2.5-archive"],
        ),
        (
            "13.0.2",
            "13.0+cudnn+cudss+cusparselt+nvcomp",
            &[
                "cudnn-linux-x86_64-9.12.0.46_cuda13-archive",
                "libcudss-linux-x86_64-0.7.1.4_cuda13-archive",
                "libcusparse_lt-linux-x86_64-0.8.1.1_cuda13-archive",
                "nvcomp-linux-x86_64-5.0.0.6_cuda13-archive",
            ],
        ),
    ] {
        let (_mirror, sandbox) = with_add_ons(cuda);
        let run = planned(&sandbox, request);
        run.expect(0, &[]);
        for archive in archives {
            assert!(run.stdout.contains(archive), "{request} lacks {archive}: {run:?}");
        }
    }
}

#[test]
fn cudnn_is_asked_for_by_any_prefix_and_named_in_full() {
    let (mirror, sandbox) = with_add_ons("12.4.1");
    for spelling in ["cudnn9.1.1.17", "cudnn9.1.1", "cudnn9.1"] {
        planned(&sandbox, &format!("12.4+{spelling}")).expect(0, &["12.4.1+cudnn9.1.1.17 (minimal)"]);
    }
    for spelling in ["cudnn9", "cudnn"] {
        planned(&sandbox, &format!("12.4+{spelling}")).expect(0, &["12.4.1+cudnn9.12.0.46 (minimal)"]);
    }
    planned(&sandbox, "12.4+cudnn9.1.1.18").expect(1, &["no source gives cuDNN 9.1.1.18 for CUDA 12.4.1"]);
    planned(&sandbox, "12.4+cudnn8.7").expect(1, &["not built for CUDA 12.4.1"]);

    sandbox.ok(&["install", "12.4+cudnn9.1.1+cutensor", "--profile", "minimal"]);
    let name = "12.4.1+cudnn9.1.1.17+cutensor2.0.2.5";
    assert!(sandbox.ok(&["list"]).contains(name));
    assert!(sandbox.ok(&["current"]).starts_with(name));
    assert!(
        sandbox.ok(&["list-remote", "cudnn"]).contains("* 9.1.1 "),
        "{}",
        sandbox.ok(&["list-remote", "cudnn"])
    );
    mirror.clear_log();
    for request in ["12.4+cudnn", "12.4+cudnn9", "12.4+cudnn9.1.1.17+cutensor2"] {
        sandbox.run(&["install", request]).expect(0, &["installed already"]);
    }
    assert!(mirror.log().is_empty(), "{:?}", mirror.log());
    sandbox.assert_healthy();
}

/// A manifest of a future release: unknown keys, unknown components, variants and `linux-all`.
fn serve_future(mirror: &Mirror) {
    let archive = |component: &str, path: &str| serve_archive(mirror, "cuda", path, component, "14.1.20");
    let mut manifest = json!({
        "release_date": "2031-02-03", "release_label": "14.1.0", "release_product": "cuda", "schema": 7,
        "signatures": [{ "by": "someone" }], "notes": { "text": "no component" },
    });
    for name in ["cuda_nvcc", "cuda_cudart", "cccl", "cuda_crt", "libnvvm", "libcublas", "cuda_quantum"] {
        let path = format!("{name}/linux-x86_64/{name}-linux-x86_64-14.1.20-archive.tar.xz");
        manifest[name] = json!({
            "name": name, "license": "CUDA Toolkit", "version": "14.1.20", "maturity": "new",
            "linux-x86_64": archive(name, &path), "linux-riscv64": { "relative_path": "x/y.tar.zst" },
        });
    }
    let all =
        archive("cuda_handbook", "cuda_handbook/linux-all/cuda_handbook-linux-all-14.1.20-archive.tar.xz");
    manifest["cuda_handbook"] = json!({ "license": "CUDA Toolkit", "version": "14.1.20", "linux-all": all });
    let nested = archive(
        "cuda_blocks",
        "cuda_blocks/linux-x86_64/cuda_blocks-linux-x86_64-14.1.20_cuda14-archive.tar.xz",
    );
    manifest["cuda_blocks"] = json!({
        "license": "CUDA Toolkit", "version": "14.1.20", "cuda_variant": ["14"], "linux-x86_64": { "cuda14": nested },
    });
    let driver = json!({ "relative_path": "nvidia_firmware/linux-x86_64/f.tar.xz", "sha256": "0".repeat(64), "size": "1" });
    manifest["nvidia_firmware"] =
        json!({ "license": "NVIDIA Driver", "version": "700.1", "linux-x86_64": driver });
    serve_manifest(mirror, "cuda", "14.1.0", &manifest);
}

#[test]
fn a_release_from_the_future_works() {
    let mirror = Mirror::start();
    serve_future(&mirror);
    let sandbox = Sandbox::new().with_mirror(&mirror);
    assert_eq!(sandbox.ok(&["list-remote"]), "  14.1.0                   redist\n");
    sandbox.run(&["install", "14"]).expect(0, &["installed `14.1.0`"]);
    assert!(sandbox.root("14.1.0").join("lib64/libcublas.so.1").exists());
    assert!(!sandbox.root("14.1.0").join("bin/cuda_quantum-tool").exists(), "devel holds what is known");
    sandbox.run(&["install", "14", "--with", "cuda_quantum"]).expect(0, &["installed `14.1.0`"]);
    assert!(sandbox.root("14.1.0").join("bin/cuda_quantum-tool").exists());
    sandbox.run(&["install", "14", "--profile", "full"]).expect(0, &["installed `14.1.0`"]);
    for tool in ["cuda_handbook-tool", "cuda_blocks-tool"] {
        assert!(sandbox.root("14.1.0").join("bin").join(tool).exists(), "full lacks {tool}");
    }
    sandbox.run(&["install", "14", "--with", "nvidia_firmware"]).expect(1, &["its licence, `NVIDIA Driver`"]);
    sandbox.assert_healthy();
}

#[test]
fn whatever_the_index_page_is_the_list_or_the_reason_is_there() {
    let mirror = Mirror::start();
    Manifest::fixture("cuda", "12.4.1").serve_archives(&mirror, "linux-x86_64");
    let sandbox = Sandbox::new().with_mirror(&mirror);
    let page = "/compute/cuda/redist/";
    for good in [
        "<a href=\"redistrib_12.4.1.json?v=2#top\">x</a>",
        "<A HREF='./redistrib_12.4.1.json'>x</A>",
        "<a href=/compute/cuda/redist/redistrib_12.4.1.json>x</a>",
    ] {
        mirror.put_as(page, "text/html", good);
        let run = sandbox.run(&["list-remote"]);
        assert_eq!(run.expect(0, &[]).stdout, "  12.4.1       2024-04-03  redist\n", "{good}: {run:?}");
        assert_eq!(run.stderr, "", "{good}");
    }
    for junk in ["", "<html>please log in</html>", "\u{0}\u{1}\u{2}", "{\"not\": \"a page\"}"] {
        mirror.put_as(page, "text/html", junk);
        let run = sandbox.run(&["list-remote"]);
        run.expect(0, &["warning: redist: ", "lists no manifests", "known when this cudaman was made"]);
        assert!(run.stdout.contains("12.4.1") && run.stdout.contains("11.8.0"), "{run:?}");
    }
    mirror.remove(page);
    sandbox.run(&["list-remote"]).expect(0, &["known when this cudaman was made"]);
    sandbox.run(&["install", "12.4", "--profile", "minimal"]).expect(0, &["installed `12.4.1`"]);
    sandbox.assert_healthy();
}

#[test]
fn a_companys_mirror_with_its_own_certificate() {
    let authority = Authority::new();
    let mirror = Mirror::start_tls(&authority.issue(&["localhost"]));
    Manifest::fixture("cuda", "12.4.1").serve_archives(&mirror, "linux-x86_64");
    let mut sandbox = Sandbox::new().with_mirror(&mirror);
    sandbox
        .run(&["install", "12.4", "--profile", "minimal"])
        .expect(1, &["redist: could not trust `localhost:", "hint: "]);
    let file = sandbox.path().join("company.pem");
    std::fs::write(&file, authority.pem()).expect("a file");
    sandbox.set("CUDAMAN_CA_FILE", &file);
    sandbox.run(&["install", "12.4", "--profile", "minimal"]).expect(0, &["installed `12.4.1`"]);
}

#[test]
fn an_add_on_that_nobody_knows_is_refused_without_asking() {
    let mirror = Mirror::start();
    let sandbox = Sandbox::new().with_mirror(&mirror);
    sandbox
        .run(&["install", "12.4+cudn"])
        .expect(1, &["there is no add-on `cudn`", "hint: the add-ons are cudnn, nccl"]);
    assert!(mirror.log().is_empty(), "{:?}", mirror.log());
}

#[test]
fn a_mirror_that_writes_its_own_manifests_is_named_once() {
    let mirror = Mirror::start();
    Release::tiny("12.4.1").serve(&mirror);
    Release::cudnn("9.1.1", "9.1.1.17", &["12"]).serve(&mirror);
    let sandbox = Sandbox::new().with_mirror(&mirror);
    let run = sandbox.run(&["install", "12.4+cudnn9.1", "--profile", "minimal"]);
    run.expect(0, &["note: manifests of `", "`--mirror` names another"]);
    assert_eq!(run.stderr.matches("not those on record").count(), 1, "{run:?}");
}
