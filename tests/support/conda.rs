//! The real activator of conda, from the package index: conda-lock carries conda's modules. Nothing is solved or
//! installed; what `conda activate` has a shell do is conda's own.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Run, Sandbox, skip};

/// Conda-lock's own parts need many packages, conda's modules two; so these are loaded past it.
const PROGRAM: &str = "
import os, sys, types
place = next(path for path in sys.path if os.path.isdir(os.path.join(path, 'conda_lock')))
package = types.ModuleType('conda_lock')
package.__path__ = [os.path.join(place, 'conda_lock')]
sys.modules['conda_lock'] = package
from conda_lock._vendor.conda.cli.main import main_sourced
sys.exit(main_sourced(sys.argv[1].removeprefix('shell.'), *sys.argv[2:]))
";

/// An installation of conda, whose environments hold nothing but what makes them one.
pub(crate) struct Conda {
    pub(crate) base: PathBuf,
}

impl Conda {
    /// Makes one; nothing where `test.sh` could not get conda-lock.
    pub(crate) fn new(sandbox: &Sandbox, name: &str) -> Option<Self> {
        let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/test-tools");
        let packages = tools.join("conda");
        if !packages.join("conda_lock/_vendor/conda").is_dir() {
            skip("conda", "conda-lock, which carries its modules, is not installed");
            return None;
        }
        let conda = Self { base: sandbox.path().join(name) };
        let mut make = sandbox.command(tools.join("venv/bin/python"));
        Run::of(make.args(["-m", "venv", "--without-pip"]).arg(&conda.base)).expect(0, &[]);
        fs::write(conda.base.join("conda.py"), PROGRAM).expect("written");
        let program = format!(
            "#!/bin/sh\nPYTHONPATH='{}' exec '{1}/bin/python' '{1}/conda.py' \"$@\"\n",
            packages.display(),
            conda.base.display()
        );
        fs::write(conda.program(), program).expect("written");
        fs::set_permissions(conda.program(), std::os::unix::fs::PermissionsExt::from_mode(0o755))
            .expect("a mode");
        let csh = format!(
            "set argv = ( $argv:q '' '' )\n\
             set asked = \"`'{}' shell.csh '$argv[1]' '$argv[2]' '$argv[3]'`\"\n\
             eval \"$asked\"\nrehash\n",
            conda.program().display()
        );
        fs::write(conda.base.join("conda.csh"), csh).expect("written");
        fs::create_dir_all(conda.base.join("condabin")).expect("made");
        conda.mark(&conda.base);
        Some(conda)
    }

    /// Makes an environment.
    pub(crate) fn environment(&self, name: &str) -> PathBuf {
        let prefix = self.base.join("envs").join(name);
        fs::create_dir_all(prefix.join("bin")).expect("made");
        self.mark(&prefix);
        prefix
    }

    /// What `conda init` has a shell read: `conda` runs the program and what it answers.
    pub(crate) fn prelude(&self, shell: &str) -> String {
        let base = self.base.display();
        match shell {
            "fish" => format!(
                "set -gx CONDA_SHLVL 0; set -gx _CE_M ''; set -gx _CE_CONDA ''; set -gx CONDA_EXE '{base}/bin/conda'\n\
                 set -gx CONDA_PYTHON_EXE '{base}/bin/python'; set -gx PATH '{base}/condabin' $PATH\n\
                 function conda; eval ('{base}/bin/conda' shell.fish $argv); end\n"
            ),
            "tcsh" => format!(
                "setenv CONDA_SHLVL 0; setenv _CE_M ''; setenv _CE_CONDA ''; setenv CONDA_EXE '{base}/bin/conda'\n\
                 setenv CONDA_PYTHON_EXE '{base}/bin/python'; setenv PATH '{base}/condabin':\"$PATH\"\n\
                 set prompt = ''; alias conda 'source \"{base}/conda.csh\"'\n"
            ),
            _ => format!(
                "export CONDA_SHLVL=0 _CE_M= _CE_CONDA= CONDA_EXE='{base}/bin/conda' PS1=\n\
                 export CONDA_PYTHON_EXE='{base}/bin/python' PATH='{base}/condabin':\"$PATH\"\n\
                 conda() {{ asked=$(\"$CONDA_EXE\" shell.posix \"$@\") || return; eval \"$asked\"; hash -r; }}\n"
            ),
        }
    }

    fn program(&self) -> PathBuf {
        self.base.join("bin/conda")
    }

    fn mark(&self, prefix: &Path) {
        fs::create_dir_all(prefix.join("conda-meta")).expect("made");
        fs::write(prefix.join("conda-meta/history"), "").expect("written");
    }
}
