//! Generated start-up files, before and after, in the shells that read them.

use std::process::Command;

use super::*;

/// Reads a file without running it; csh, whose `-n` overlooks an `if` without end, runs it.
struct Checker {
    shell: &'static str,
    file: &'static str,
    arguments: &'static [&'static str],
}

const CHECKERS: &[Checker] = &[
    Checker { shell: "bash", file: "home/me/.bashrc", arguments: &["-n"] },
    Checker { shell: "dash", file: "home/me/.profile", arguments: &["-n"] },
    Checker { shell: "ksh", file: "home/me/.kshrc", arguments: &["-n"] },
    Checker { shell: "mksh", file: "home/me/.mkshrc", arguments: &["-n"] },
    Checker { shell: "zsh", file: "home/me/.zshrc", arguments: &["-f", "-n"] },
    Checker { shell: "fish", file: "home/me/.config/fish/config.fish", arguments: &["--no-config", "-n"] },
    Checker { shell: "tcsh", file: "home/me/.cshrc", arguments: &["-f"] },
];

impl Checker {
    fn is_here(&self) -> bool {
        let is_here = which::which(self.shell).is_ok();
        if !is_here {
            crate::testing::skip("start-up files taken over", &format!("there is no {}", self.shell));
        }
        is_here
    }

    fn complaint(&self, file: &Path) -> Option<String> {
        let output = Command::new(self.shell).args(self.arguments).arg(file).output().expect("it runs");
        let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
        let reached_end = self.shell != "tcsh" || output.stdout.ends_with(b"the end\n");
        (!output.status.success() || !complaint.is_empty() || !reached_end).then_some(complaint)
    }

    fn dialect(&self) -> &'static [&'static str] {
        match self.shell {
            "fish" => FISH,
            "tcsh" => CSH,
            _ => SH,
        }
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

fn stays_valid(checker: &Checker, choices: &[usize]) -> Result<usize, TestCaseError> {
    let mut text = script(checker.dialect(), &mut choices.iter().copied(), 2);
    text.push_str("echo the end\n");
    let user = User::new();
    let file = user.file(checker.file, &text);
    prop_assert_eq!(checker.complaint(&file), None, "before: {}", text);
    let found = user.found();
    let taken = comment_out(&found).taken.len();
    let after = fs_err::read_to_string(&file).expect("read");
    prop_assert_eq!(checker.complaint(&file), None, "after: {}", after);
    restore(&file).expect("restored");
    prop_assert_eq!(fs_err::read_to_string(&file).expect("read"), text);
    Ok(taken)
}

#[test]
fn every_script_stays_one_its_shell_reads() {
    for checker in CHECKERS.iter().filter(|checker| checker.is_here()) {
        let taken = std::cell::Cell::new(0);
        let config = ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() };
        let mut runner = proptest::test_runner::TestRunner::new(config);
        let choices = prop::collection::vec(any::<usize>(), 1..40);
        let result = runner.run(&choices, |choices| {
            taken.set(taken.get() + stays_valid(checker, &choices)?);
            Ok(())
        });
        assert!(result.is_ok(), "{}: {}", checker.shell, result.expect_err("failed"));
        assert!(taken.get() > 10, "{}: next to nothing was taken over", checker.shell);
    }
}

/// One piece after the other: what is missing in the random ones is not missed.
#[test]
fn each_piece_alone_stays_valid() {
    for checker in CHECKERS.iter().filter(|checker| checker.is_here()) {
        for piece in 0..checker.dialect().len() {
            let result = stays_valid(checker, &[0, piece]);
            assert!(result.is_ok(), "{}: {result:?}", checker.shell);
        }
    }
}
