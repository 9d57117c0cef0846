//! Start-up files of a user, found, taken over and given back.

mod shells;

use std::os::unix::fs::symlink;

use proptest::prelude::*;

use super::*;

struct User {
    directory: tempfile::TempDir,
    environment: Environment,
}

impl User {
    fn new() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let home = directory.path().join("home/me");
        fs_err::create_dir_all(&home).expect("made");
        Self { directory, environment: Environment { home, ..Environment::default() } }
    }

    fn path(&self, path: &str) -> PathBuf {
        self.directory.path().join(path)
    }

    fn file(&self, path: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(path);
        fs_err::create_dir_all(path.parent().expect("a parent")).expect("made");
        fs_err::write(&path, content).expect("written");
        path
    }

    fn found(&self) -> Vec<HandMade> {
        find_below(self.directory.path(), &self.environment)
    }

    /// Each as `path:line NAME,NAME release`.
    fn lines(&self) -> Vec<String> {
        self.found().iter().map(|one| self.line(one)).collect()
    }

    fn line(&self, one: &HandMade) -> String {
        let file = one.file.strip_prefix(self.directory.path()).expect("below the root").display();
        let cuda = one.cuda.as_deref().unwrap_or("-");
        format!("{file}:{} {} {cuda}", one.line, one.names.join(","))
    }
}

const LINE: &str = "export PATH=/usr/local/cuda-11.8/bin:$PATH\n";

/// Takes over what a file named `.bashrc` holds; returns what it holds then, and why lines were left.
fn taken_over(text: &str) -> (String, Vec<String>) {
    let user = User::new();
    let file = user.file("home/me/.bashrc", text);
    let found = user.found();
    let result = comment_out(&found);
    assert_eq!(result.taken.len() + result.left.len(), found.len());
    let after = fs_err::read_to_string(&file).expect("read");
    assert_eq!(after.matches("# cudaman took this over: ").count(), result.taken.len());
    let left = result.left.iter().map(|(one, left)| format!("{}: {left}", one.line)).collect();
    restore(&file).expect("restored");
    assert_eq!(fs_err::read_to_string(&file).expect("read"), text);
    (after, left)
}

#[test]
fn every_start_up_file_is_read_in_its_language() {
    let mut user = User::new();
    user.file("etc/environment", "PATH=\"/usr/bin:/usr/local/cuda/bin\"\n");
    user.file("etc/profile.d/cuda.sh", LINE);
    user.file("etc/profile.d/other.sh", LINE);
    user.file("home/me/.bashrc", format!("# mine\n{LINE}"));
    user.file("home/me/.tcshrc", "setenv CUDA_HOME /usr/local/cuda-9.2\n");
    user.file("home/me/.config/fish/config.fish", "set -gx CUDA_HOME /usr/local/cuda-10.0\n");
    user.file("home/me/.config/fish/conf.d/a.fish", "fish_add_path /usr/local/cuda/bin\n");
    user.file("zsh/.zshrc", LINE);
    user.environment.variables.insert("ZDOTDIR".into(), user.path("zsh").into_os_string());
    assert_eq!(
        user.lines(),
        [
            "etc/environment:1 PATH -",
            "etc/profile.d/cuda.sh:1 PATH 11.8",
            "home/me/.bashrc:2 PATH 11.8",
            "home/me/.tcshrc:1 CUDA_HOME 9.2",
            "home/me/.config/fish/conf.d/a.fish:1 PATH -",
            "home/me/.config/fish/config.fish:1 CUDA_HOME 10.0",
            "zsh/.zshrc:1 PATH 11.8",
        ]
    );
}

#[test]
fn strange_files_are_passed_over_and_links_read_once() {
    let user = User::new();
    let real = user.file("home/me/dotfiles/bashrc", LINE);
    symlink("dotfiles/bashrc", user.path("home/me/.bashrc")).expect("a link");
    symlink(".bashrc", user.path("home/me/.bash_profile")).expect("a link");
    user.file("home/me/.profile", format!("\0{LINE}"));
    user.file("home/me/.zshrc", format!("{LINE}{}", "#".repeat(1 << 20)));
    fs_err::create_dir(user.path("home/me/.zshenv")).expect("made");
    rustix::fs::mkfifoat(rustix::fs::CWD, user.path("home/me/.kshrc"), 0o600.into()).expect("a pipe");
    symlink("loop", user.path("home/me/loop")).expect("a link");
    assert_eq!(user.lines(), ["home/me/.bash_profile:1 PATH 11.8"]);
    let found = user.found();
    assert_eq!(comment_out(&found).taken.len(), 1);
    assert!(user.path("home/me/.bash_profile").is_symlink() && user.path("home/me/.bashrc").is_symlink());
    assert_eq!(fs_err::read_to_string(real).expect("read"), format!("# cudaman took this over: {LINE}"));
    assert!(user.found().is_empty(), "what was taken over is not found again");
}

#[test]
fn scripts_in_environments_are_told_apart_by_whose_they_are() {
    let user = User::new();
    for name in ["env_vars.sh", "~cuda-nvcc_activate.sh", "~~cudaman.sh", "q\"'\n.sh", "notes.txt"] {
        user.file(&format!("env/etc/conda/activate.d/{name}"), LINE);
    }
    user.file("env/etc/conda/deactivate.d/env_vars.fish", "set -e CUDA_HOME\n");
    let files = r#"{"files": ["bin/nvcc", "etc/conda/activate.d/~cuda-nvcc_activate.sh"]}"#;
    user.file("env/conda-meta/cuda-nvcc-12.4.131-0.json", files);
    let found: Vec<String> = find_in_conda(&user.path("env")).iter().map(|one| user.line(one)).collect();
    assert_eq!(
        found,
        [
            "env/etc/conda/activate.d/env_vars.sh:1 PATH 11.8",
            "env/etc/conda/activate.d/q\"'\n.sh:1 PATH 11.8"
        ]
    );
}

#[test]
fn lines_become_comments_and_everything_else_stays() {
    let text =
        "a=1\r\n\texport CUDA_HOME=/usr/local/cuda\r\n\n# caf\u{e9}\nexport PATH=/usr/local/cuda/bin:$PATH";
    let (after, left) = taken_over(text);
    let expected = "a=1\r\n# cudaman took this over: \texport CUDA_HOME=/usr/local/cuda\r\n\n# caf\u{e9}\n\
        # cudaman took this over: export PATH=/usr/local/cuda/bin:$PATH";
    assert_eq!((after.as_str(), left.len()), (expected, 0));
}

#[test]
fn what_can_not_be_taken_alone_is_left_with_the_reason() {
    let part = "it is part of a longer command";
    let body = "it is all that its `if`, loop or function does";
    for (text, reasons) in [
        (
            format!("if x; then\n  # why\n{LINE}{LINE}\nfi\n"),
            vec![format!("3: {body}"), format!("4: {body}")],
        ),
        (format!("f() {{\n{LINE}}}\n"), vec![format!("2: {body}")]),
        (format!("if x; then\n{LINE}else\n y\nfi\n"), vec![format!("2: {body}")]),
        (format!("x &&\n{LINE}"), vec![format!("2: {part}")]),
        (format!("x \\\n&& {LINE}y\n"), Vec::new()),
        ("export PATH=/usr/local/cuda/bin:\\\n$PATH\n".to_owned(), vec![format!("1: {part}")]),
        (format!("if x; then {LINE}fi\n"), vec![format!("1: {part}")]),
        (
            "export PATH=~/bin:/usr/local/cuda/bin\n".to_owned(),
            vec!["1: it does more than set up CUDA".to_owned()],
        ),
    ] {
        assert_eq!(taken_over(&text), (text.clone(), reasons), "{text}");
    }
    for text in [
        format!("if x; then\n{LINE} y\nfi\n"),
        format!("if x; then\n y\n{LINE}fi\n"),
        format!("case x in\na)\n{LINE};;\nesac\n"),
        "if [ -d /usr/local/cuda ]; then export CUDA_HOME=/usr/local/cuda; fi\n".to_owned(),
    ] {
        assert_eq!(taken_over(&text).1, [] as [String; 0], "{text}");
    }
}

#[test]
fn a_line_that_changed_or_belongs_to_the_system_is_left() {
    let user = User::new();
    let bashrc = user.file("home/me/.bashrc", LINE);
    let system = user.file("etc/environment", "CUDA_HOME=/usr/local/cuda\n");
    let found = user.found();
    fs_err::write(&bashrc, format!("\n{LINE}")).expect("written");
    let result = comment_out(&found);
    assert!(matches!(result.left[..], [(_, Left::System), (_, Left::Changed)]));
    assert_eq!(fs_err::read_to_string(system).expect("read"), "CUDA_HOME=/usr/local/cuda\n");
    fs_err::remove_file(&bashrc).expect("removed");
    assert!(matches!(comment_out(&found).left[1].1, Left::Changed));
    assert_eq!(restore(&bashrc).expect("nothing to do"), 0);
    assert_eq!(restore(&user.environment.home).expect("nothing to do"), 0);
}

#[test]
fn what_can_not_be_written_is_said_and_stays() {
    if rustix::process::geteuid().is_root() {
        return crate::testing::skip("a start-up file in a read-only directory", "root may write everywhere");
    }
    use std::os::unix::fs::PermissionsExt as _;
    let user = User::new();
    let file = user.file("home/me/.bashrc", LINE);
    let found = user.found();
    let mode = |mode| fs_err::set_permissions(&user.environment.home, std::fs::Permissions::from_mode(mode));
    mode(0o500).expect("set");
    let result = comment_out(&found);
    mode(0o700).expect("set");
    let Left::Failed(error) = &result.left[0].1 else { panic!("{:?}", result.left) };
    assert!(error.to_string().starts_with("could not write `"), "{error}");
    assert_eq!(fs_err::read_to_string(file).expect("read"), LINE);
}

proptest! {
    #[test]
    fn taking_over_and_restoring_is_the_identity(
        parts in prop::collection::vec(
            prop_oneof![
                Just(b"export PATH=/usr/local/cuda-11.8/bin:$PATH".to_vec()),
                Just(b" export CUDA_HOME=/usr/local/cuda; ".to_vec()),
                Just(b"\n".to_vec()), Just(b"\r\n".to_vec()), Just(b"if x; then\n".to_vec()),
                Just(b"\nfi\n".to_vec()), Just(b"'".to_vec()), Just(b"cat <<X\n".to_vec()),
                Just(b"\\\n".to_vec()), Just(b"# >>> cudaman >>>\n".to_vec()),
                prop::collection::vec(any::<u8>(), 0..8),
            ],
            0..24,
        ),
    ) {
        let user = User::new();
        let text = parts.concat();
        let file = user.file("home/me/.bashrc", &text);
        let found = user.found();
        let taken = comment_out(&found).taken.len();
        let changed = fs_err::read(&file).expect("read") != text;
        prop_assert_eq!(changed, taken > 0);
        prop_assert_eq!(restore(&file).expect("restored"), taken);
        prop_assert_eq!(fs_err::read(&file).expect("read"), text);
    }
}
