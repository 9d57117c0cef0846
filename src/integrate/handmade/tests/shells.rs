//! Generated start-up files, before and after, in the shells that read them.

use std::process::Command;

use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use super::*;

/// A shell that reads a file without running it; csh, whose `-n` overlooks an `if` without end, runs it.
struct Checker {
    shell: &'static str,
    file: &'static str,
    arguments: &'static [&'static str],
    /// What it says of a valid script.
    answer: &'static str,
    pieces: &'static [&'static str],
}

const fn reads(shell: &'static str, file: &'static str, arguments: &'static [&'static str]) -> Checker {
    Checker { shell, file, arguments, answer: "", pieces: SH }
}

const CHECKERS: &[Checker] = &[
    reads("bash", "home/me/.bashrc", &["-n"]),
    reads("dash", "home/me/.profile", &["-n"]),
    reads("ksh", "home/me/.kshrc", &["-n"]),
    reads("mksh", "home/me/.mkshrc", &["-n"]),
    reads("zsh", "home/me/.zshrc", &["-f", "-n"]),
    Checker { pieces: FISH, ..reads("fish", "home/me/.config/fish/config.fish", &["--no-config", "-n"]) },
    Checker { pieces: CSH, answer: "the end", ..reads("tcsh", "home/me/.cshrc", &["-f"]) },
];

/// Prints what a shell has against each script of a directory. One process of ours is enough for all: a
/// test beside this one, which writes a program and runs it, is disturbed by every fork.
const CHECK: &str = r#"cd "$1" && answer=$2 && shift 2 && for file in *; do
    said=$("$@" "./$file" 2>&1) && [ "$said" = "$answer" ] || { echo "$said"; cat "$file"; }
done"#;

impl Checker {
    fn is_here(&self) -> bool {
        let is_here = which::which(self.shell).is_ok();
        if !is_here {
            crate::testing::skip("start-up files taken over", &format!("there is no {}", self.shell));
        }
        is_here
    }

    /// Takes over what each script holds, and has the shell read all of them, before and after; returns how
    /// many lines were taken.
    fn check(&self, scripts: impl Iterator<Item = String>) -> usize {
        let all = tempfile::tempdir().expect("a directory");
        let mut taken = 0;
        for (number, text) in scripts.enumerate() {
            let user = User::new();
            let file = user.file(self.file, &text);
            taken += comment_out(&user.found()).taken.len();
            fs_err::write(all.path().join(format!("{number}-before")), &text).expect("written");
            fs_err::copy(&file, all.path().join(format!("{number}-taken-over"))).expect("copied");
            restore(&file).expect("restored");
            assert_eq!(fs_err::read_to_string(&file).expect("read"), text);
        }
        let mut command = Command::new("sh");
        command
            .args(["-c", CHECK, "sh"])
            .arg(all.path())
            .args([self.answer, self.shell])
            .args(self.arguments);
        let output = command.output().expect("it runs");
        assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
        assert!(output.stdout.is_empty(), "{}: {}", self.shell, String::from_utf8_lossy(&output.stdout));
        taken
    }

    fn script(&self, choices: &[usize]) -> String {
        script(self.pieces, &mut choices.iter().copied(), 2) + "echo the end\n"
    }
}

/// Pieces that are complete in themselves; `@` stands for more of them.
const SH: &[&str] = &[
    "export PATH=/usr/local/cuda-11.8/bin${PATH:+:${PATH}}\n",
    "export LD_LIBRARY_PATH=\"/usr/local/cuda/lib64:$LD_LIBRARY_PATH\" # it's\n",
    "[ -d /usr/local/cuda ] && export CUDA_HOME=/usr/local/cuda\n",
    "[ -d /usr/local/cuda ] &&\nexport CUDA_HOME=/usr/local/cuda\n",
    "if [ -d /usr/local/cuda ]; then export CUDA_HOME=/usr/local/cuda; fi\n",
    "if true; then\n@fi\n",
    "if true\nthen\n@else # no\n@fi\n",
    "for i in 1 2; do\n@done\n",
    "case x in\na)\n@;;\nb) export CUDA_HOME=/usr/local/cuda;;\nesac\n",
    "f() {\n@}\n",
    "f() (\n@)\n",
    "false || {\n@}\n",
    "while\n@do break; done\n",
    "x=$(\n@)\n",
    "if cat <<X; then\nexport CUDA_HOME=/usr/local/cuda\nX\n@fi\n",
    "while read x; do\n@done <<X\nexport CUDA_HOME=/usr/local/cuda\nX\n",
    "if [ \"$x\" = \"a\nexport CUDA_HOME=/usr/local/cuda\" ]; then\n@fi\n",
    "(\n@) >/dev/null\n",
    "export PATH=/usr/local/cuda/bin:\\\n$PATH\n",
    "cat <<'X'\nexport CUDA_HOME=/usr/local/cuda\nX\n",
    "a='\nexport CUDA_HOME=/usr/local/cuda\n'\n",
    "# a comment\n\nx=1\n",
];

const FISH: &[&str] = &[
    "set -gx PATH /usr/local/cuda-11.8/bin $PATH\n",
    "test -d /usr/local/cuda; and set -x CUDA_HOME /usr/local/cuda\n",
    "if test -d /usr/local/cuda; set -x CUDA_HOME /usr/local/cuda; end\n",
    "if true\n@end\n",
    "if true\n@else\n@end\n",
    "function f\n@end\n",
    "begin\n@end\n",
    "switch x\ncase y\n@end\n",
    "if true; and begin\n@end\nset y 1\nend\n",
    "set -gx PATH \\\n/usr/local/cuda/bin $PATH\n",
    "true\nand set -x CUDA_HOME /usr/local/cuda\n",
    "true &&\nset -x CUDA_HOME /usr/local/cuda\n",
    "set x 'it\\'s\nset -x CUDA_HOME /usr/local/cuda\n'\n",
    "# a comment\n\n",
];

const CSH: &[&str] = &[
    "setenv CUDA_HOME /usr/local/cuda-9.2\n",
    "set path = (/usr/local/cuda/bin $path)\n",
    "if ( -d /usr ) setenv CUDA_HOME /usr/local/cuda\n",
    "if ( 1 ) then\n@endif\n",
    "if ( 1 ) then\n@else\n@endif\n",
    "setenv CUDA_HOME \\\n/usr/local/cuda\n",
    "# it's a comment\n\n",
    "set x = 1\n",
];

/// Fills the pieces in, from numbers that proptest chooses.
fn script(pieces: &[&str], choices: &mut dyn Iterator<Item = usize>, depth: usize) -> String {
    let count = 1 + choices.next().unwrap_or(0) % 3;
    let mut text = String::new();
    for _ in 0..count {
        let piece = pieces[choices.next().unwrap_or(0) % pieces.len()];
        let mut parts = piece.split('@');
        if depth == 0 && piece.contains('@') {
            text.push_str(pieces[0]);
            continue;
        }
        text.push_str(parts.next().unwrap_or_default());
        for part in parts {
            text.push_str(&script(pieces, choices, depth - 1));
            text.push_str(part);
        }
    }
    text
}

#[test]
fn every_script_stays_one_its_shell_reads() {
    for checker in CHECKERS.iter().filter(|checker| checker.is_here()) {
        let mut runner = TestRunner::default();
        let choices = prop::collection::vec(any::<usize>(), 1..40);
        let next = |_| choices.new_tree(&mut runner).expect("numbers").current();
        let taken = checker.check((0..64).map(next).map(|choices| checker.script(&choices)));
        assert!(taken > 10, "{}: next to nothing was taken over", checker.shell);
    }
}

/// One piece after the other: what is missing in the random ones is not missed.
#[test]
fn each_piece_alone_stays_valid() {
    for checker in CHECKERS.iter().filter(|checker| checker.is_here()) {
        checker.check((0..checker.pieces.len()).map(|piece| checker.script(&[0, piece])));
    }
}
