//! Files that mean no good, or mean nothing.

use std::path::Path;

use super::*;

#[test]
fn strangers_files_are_read_within_limits() {
    let bomb: String = format!(
        "a: &a [x, x]\n{}",
        (0..40).map(|at| format!("b{at}: &b{at} [*a, *a, *a]\n")).collect::<String>()
    );
    let deep = format!("dependencies: {}", "[".repeat(100_000));
    let escape = "torch==2.4.1 # \u{1b}]0;evil\u{7}\n$(touch ran)`id`==1\n-r ../../../../etc/passwd\n-r requirements.txt\n-r missing.txt\n";
    let directory = project(&[
        ("requirements.txt", escape),
        ("environment.yml", &bomb),
        ("env-deep.yml", &deep),
        ("pyproject.toml", "[project\nx = "),
        ("poetry.lock", &"[[package]]\n".repeat(1000)),
        ("Pipfile.lock", "{\"default\": [[[[]]]]"),
        ("Dockerfile", "ARG A=$A$A$A\nARG A=$A$A$A\nFROM ${A\nFROM\nFROM nvidia/cuda:\n"),
        (
            "CMakeLists.txt",
            "set(CMAKE_CUDA_ARCHITECTURES 99999999999 é)\nfind_package(CUDAX\nfind_package(\n",
        ),
    ]);
    std::os::unix::fs::symlink("/dev/zero", directory.path().join("requirements-zero.txt")).expect("a link");
    std::os::unix::fs::symlink("requirements-loop.txt", directory.path().join("requirements-loop.txt"))
        .expect("a link");
    fs_err::write(directory.path().join("setup.py"), b"x = 'torch==\xff\xfe2'\n'tensorflow==2.3.0\n")
        .expect("written");
    let found = of_project(directory.path(), &Environment::default());
    assert_eq!(found.evidence.len(), 1, "{found:?}");
    assert_eq!(found.evidence[0].text, "torch==2.4.1");
    let notes = found.notes.join("\n");
    for part in ["outside the project", "no such file", "`pyproject.toml` was left out", "env-deep.yml"] {
        assert!(notes.contains(part), "{part}: {notes}");
    }
    let huge = directory.path().join("huge");
    fs_err::create_dir(&huge).expect("a directory");
    fs_err::File::create(huge.join("uv.lock")).and_then(|file| file.set_len(1 << 34)).expect("a file");
    assert!(of_project(&huge, &Environment::default()).notes[0].contains("at most 16 MiB"));
    assert!(!Path::new("ran").exists());
}

proptest::proptest! {
    #[test]
    fn no_text_makes_a_reader_panic(text in "(\\[|\\]|\\{|\\}|:|=|'|\"|\n|  - |#|\\$|torch|==|2\\.4|-r |FROM |ARG |cu121|é|&a|\\*a|\t|name|package|dependencies){0,40}") {
        for name in ["requirements.txt", "environment.yml", "pyproject.toml", "uv.lock", "Pipfile", "Pipfile.lock", "pixi.toml", "pixi.lock", "setup.py", "setup.cfg", "Dockerfile", "CMakeLists.txt"] {
            let _ = answer(&found(&[(name, &text)]), &Host::default());
        }
    }
}
