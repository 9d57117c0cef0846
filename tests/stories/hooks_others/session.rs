//! The shells that can't read POSIX, and a session in one of them.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::super::hooks;
use crate::support::{Sandbox, Terminal, skip};

/// A shell, how it is started with nobody's rc files, and what is typed in it.
pub(super) struct Shell {
    pub(super) name: &'static str,
    pub(super) start: &'static [&'static str],
    /// The file that `setup` writes.
    pub(super) rc: &'static str,
    /// How a line says what the last command's status was.
    pub(super) status: &'static str,
    /// A hook of the user's own, which says `<mine>`.
    pub(super) mine: &'static str,
}

const SHELLS: &[Shell] = &[
    Shell {
        name: "fish",
        rc: ".config/fish/conf.d/cudaman.fish",
        start: &["fish", "--no-config", "-i"],
        status: "$status",
        mine: "function mine --on-variable PWD; echo '<mine>'; end",
    },
    Shell {
        name: "tcsh",
        rc: ".cshrc",
        start: &["tcsh", "-f"],
        status: "$status",
        mine: "alias cwdcmd 'echo \"<mine>\"'",
    },
    Shell {
        name: "xonsh",
        rc: ".config/xonsh/rc.xsh",
        start: &["xonsh", "--no-rc", "-i", "--shell-type=readline"],
        status: "@(__xonsh__.env['LAST_RETURN_CODE'])",
        mine: "_ = events.on_chdir(lambda **_: print('<mine>'))",
    },
    Shell {
        name: "elvish",
        rc: ".config/elvish/rc.elv",
        start: &["elvish", "-norc"],
        status: "",
        mine: "set after-chdir = [$@after-chdir {|_| echo '<mine>' }]",
    },
    Shell {
        name: "nushell",
        rc: ".config/nushell/autoload/cudaman.nu",
        start: &["nu", "--no-config-file"],
        status: "($env.LAST_EXIT_CODE)",
        mine: "$env.config.hooks.env_change.PWD = [{|_, _| print '<mine>' }]",
    },
    Shell {
        name: "powershell",
        rc: ".config/powershell/profile.ps1",
        start: &["pwsh", "-NoProfile", "-NoLogo"],
        status: "$LASTEXITCODE",
        mine: "function prompt { Write-Host '<mine>'; '> ' }",
    },
];

/// A shell with its program, in a sandbox.
pub(super) struct Session<'a> {
    pub(super) sandbox: &'a Sandbox,
    pub(super) shell: &'a Shell,
    pub(super) program: PathBuf,
    pub(super) terminal: Terminal,
    pub(super) notes: PathBuf,
}

/// Returns the shells that are here, with their programs.
pub(super) fn shells() -> impl Iterator<Item = (&'static Shell, PathBuf)> {
    SHELLS.iter().filter_map(|shell| Some((shell, program(shell.start[0])?)))
}

/// Finds a program of the system, or one that `test.sh` has got.
pub(super) fn program(name: &str) -> Option<PathBuf> {
    let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/test-tools/bin");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::iter::once(tools).chain(std::env::split_paths(&path)).map(|path| path.join(name));
    let found = found.into_iter().find(|path| path.is_file());
    if found.is_none() {
        skip(name, "it is not installed");
    }
    found
}

/// The sandbox of the hooks' stories, with a program `note` that writes down the environment.
pub(super) fn sandbox() -> Sandbox {
    let mut sandbox = hooks::sandbox();
    let text = "#!/bin/sh\n/usr/bin/env -0 >\"$NOTES/$1.part\" && mv \"$NOTES/$1.part\" \"$NOTES/$1\"\n";
    let note = sandbox.path().join("note");
    std::fs::write(&note, text).expect("a script");
    std::fs::set_permissions(&note, std::fs::Permissions::from_mode(0o755)).expect("a program");
    sandbox.set("NOTES", sandbox.project("notes", None));
    sandbox
}

impl<'a> Session<'a> {
    /// Starts a shell in a directory, and loads the hook as an rc file would.
    pub(super) fn start(sandbox: &'a Sandbox, shell: &'a Shell, program: &Path, directory: &Path) -> Self {
        let notes = sandbox.path().join("notes");
        std::fs::remove_dir_all(&notes).expect("removed");
        std::fs::create_dir(&notes).expect("made");
        let mut command = sandbox.command(program);
        command.args(&shell.start[1..]).current_dir(directory);
        let terminal = Terminal::start(&mut command);
        let mut session = Self { sandbox, shell, program: program.to_owned(), terminal, notes };
        session.note("", "started");
        session
    }

    /// Types what `setup` puts into the rc file.
    pub(super) fn load(&mut self, name: &str) {
        let run = self.sandbox.run(&["setup", "--yes", "--shell", self.shell.name]);
        assert!(run.status == 0, "{run:?}");
        let rc = self.rc_file();
        let line = match self.shell.name {
            "elvish" => format!("eval (slurp < '{}')", rc.display()),
            "powershell" => format!(". '{}'", rc.display()),
            _ => format!("source '{}'", rc.display()),
        };
        self.note(&line, name);
    }

    pub(super) fn rc_file(&self) -> PathBuf {
        self.sandbox.home().join(self.shell.rc)
    }

    /// Types a line, has the environment written down behind it, and returns that. The line may be typed twice.
    pub(super) fn note(&mut self, line: &str, name: &str) -> BTreeMap<OsString, OsString> {
        let note = self.sandbox.path().join("note");
        let line = if line.is_empty() { String::new() } else { format!("{line}; ") };
        let file = self.notes.join(name);
        self.terminal.until(&format!("{line}{} {name}", note.display()), &[&file]);
        environment(&file)
    }

    /// Changes the directory, and asserts that the toolkit is in effect before the next prompt.
    pub(super) fn enter(&mut self, directory: &str, name: &str, toolkit: &str) {
        let directory = self.sandbox.path().join(directory);
        let line = format!("cd {}", directory.display());
        if self.shell.name == "nushell" {
            // It looks between two lines, never within one.
            self.note(&line, &format!("{name}-later"));
            return self.expect("", name, toolkit);
        }
        self.expect(&line, name, toolkit);
    }

    pub(super) fn expect(&mut self, line: &str, name: &str, toolkit: &str) {
        let found = self.note(line, name);
        let root = self.sandbox.root(toolkit);
        let value = |name: &str| found.get(&OsString::from(name)).cloned().unwrap_or_default();
        let place = format!("{}, {name}: {}", self.shell.name, self.terminal.screen());
        assert_eq!(value("CUDA_HOME"), root.as_os_str(), "{place}");
        let path = value("PATH").to_string_lossy().into_owned();
        assert!(path.starts_with(&format!("{}/bin:", root.display())), "{path} {place}");
        assert_eq!(path.matches("/versions/").count(), 1, "{path} {place}");
    }
}

/// Reads an environment, without what shells count and name for themselves.
pub(super) fn environment(file: &Path) -> BTreeMap<OsString, OsString> {
    let own = ["_", "PWD", "OLDPWD", "SHLVL", "LAST_RETURN_CODE", "CMD_DURATION_MS"];
    let text = std::fs::read(file).expect("an environment");
    let pairs = text.split(|byte| *byte == 0).filter(|pair| !pair.is_empty()).map(|pair| {
        let end = pair.iter().position(|byte| *byte == b'=').expect("a value");
        (OsString::from_vec(pair[..end].to_vec()), OsString::from_vec(pair[end + 1..].to_vec()))
    });
    pairs
        .filter(|(name, _)| {
            let name = name.to_string_lossy();
            !own.contains(&&*name) && !name.starts_with("XONSH_")
        })
        .collect()
}
