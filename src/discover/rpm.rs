//! Who owns a path on a system of RPM packages: its database is in a format of rpm's own, so rpm is asked.
//!
//! rpm is started without a shell and with no environment of the user's. It makes a database where there is none,
//! and expands macros in words with a `%`: so it is only asked where a database stands, and never about such words.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::Owner;
use crate::compat::command::{CommandError, answer};
use crate::model::Environment;

/// Where the database stands, below the root: since Fedora 36 and on SUSE, before, and with rpm-ostree.
const DIRECTORIES: [&str; 3] = ["usr/lib/sysimage/rpm", "var/lib/rpm", "usr/share/rpm"];

/// Its file: SQLite, ndb, and Berkeley DB up to RHEL 8.
const DATABASES: [&str; 3] = ["rpmdb.sqlite", "Packages.db", "Packages"];

const PROGRAM: &str = "/usr/bin/rpm";

/// What rpm prints for each package; it says on the same stream which paths no package has.
const FORMAT: &str = "owner\\t%{NAME}\\t%{VERSION}-%{RELEASE}\\n";

/// An answer takes 30 ms (measured with 4.18); a database that another process has locked gives none.
const LIMIT: Duration = Duration::from_secs(5);

/// Returns the package that brought one of `paths`, which are named from the root on.
pub(super) fn package(root: &Path, paths: &[String]) -> Option<Owner> {
    let database = database(root)?;
    ask(Path::new(PROGRAM), database.to_str().filter(|path| is_plain(path))?, paths)
}

fn database(root: &Path) -> Option<PathBuf> {
    let directories = DIRECTORIES.iter().map(|directory| root.join(directory));
    let holds_one = |directory: &PathBuf| DATABASES.iter().any(|name| directory.join(name).is_file());
    directories.into_iter().find(holds_one)
}

fn ask(program: &Path, database: &str, paths: &[String]) -> Option<Owner> {
    let mut words = vec!["--dbpath", database, "--queryformat", FORMAT, "-qf", "--"];
    let first = words.len();
    words.extend(paths.iter().map(String::as_str).filter(|path| is_of_packages(path)));
    if words.len() == first {
        return None;
    }
    // It fails where it knows one of the paths and not the others.
    let text = match answer(program, &words, &Environment::default(), LIMIT) {
        Ok(text) | Err(CommandError::Failed { output: text, .. }) => text,
        Err(CommandError::Spawn { .. } | CommandError::TimedOut { .. }) => return None,
    };
    text.lines().find_map(owner)
}

/// Packages have nothing of users, of whom there may be hundreds of environments.
fn is_of_packages(path: &str) -> bool {
    ["/opt/", "/usr/"].iter().any(|start| path.starts_with(start)) && is_plain(path)
}

fn is_plain(word: &str) -> bool {
    !word.contains(|letter: char| letter == '%' || letter.is_control())
}

fn owner(line: &str) -> Option<Owner> {
    let (name, version) = line.strip_prefix("owner\t")?.split_once('\t')?;
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_graphic());
    let title = format!("the package {name}");
    (is_word(name) && is_word(version)).then(|| Owner { title, version: Some(version.to_owned()) })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;
    use std::time::Instant;

    use super::*;

    /// An rpm that notes its arguments and does what a script says.
    fn asked(script: &str, paths: &[&str]) -> (Option<Owner>, String) {
        let directory = tempfile::tempdir().expect("a directory");
        let program = directory.path().join("rpm");
        let text = format!("#!/bin/sh\nprintf '<%s>' \"$@\" >'{}.log'\n{script}\n", program.display());
        fs_err::write(&program, text).expect("a file");
        fs_err::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).expect("a mode");
        let paths: Vec<String> = paths.iter().map(|path| (*path).to_owned()).collect();
        let owner = ask(&program, "/db", &paths);
        (owner, fs_err::read_to_string(program.with_extension("log")).unwrap_or_default())
    }

    #[test]
    fn one_path_of_many_is_enough() {
        let script = "echo 'file /usr/a is not owned by any package'\nprintf 'owner\\tlibcudnn8\\t8.9.7.29-1\\n'\nexit 1";
        let (owner, words) = asked(script, &["/usr/a", "/usr/lib64/$(x) 'y'"]);
        let expected =
            Owner { title: "the package libcudnn8".to_owned(), version: Some("8.9.7.29-1".to_owned()) };
        assert_eq!(owner, Some(expected));
        assert!(words.ends_with("<-qf><--></usr/a></usr/lib64/$(x) 'y'>"), "{words}");
    }

    #[test]
    fn it_is_not_asked_about_macros_lines_and_what_is_the_users() {
        let script = "printf 'owner\\tx\\t1-1\\n'";
        let (owner, words) = asked(script, &["/usr/%(touch x)", "/usr/a\nowner\tb\t1", "/home/me/cuda"]);
        assert_eq!((owner, words.as_str()), (None, ""));
    }

    #[test]
    fn answers_that_no_package_has_are_none() {
        for answer in ["owner\\tbash", "owner\\t\\t1-1", "owner\\ta b\\t1-1", "owner\\t\\033[2J\\t1", "x"] {
            let script = format!("printf '{answer}\\n'");
            assert_eq!(asked(&script, &["/usr/a"]).0, None, "{answer}");
        }
    }

    #[test]
    fn one_that_hangs_is_not_waited_for() {
        let started = Instant::now();
        assert_eq!(asked("sleep 60", &["/usr/a"]).0, None);
        assert!(started.elapsed() < Duration::from_secs(40));
    }

    #[test]
    fn without_a_database_nothing_is_asked() {
        let root = tempfile::tempdir().expect("a directory");
        fs_err::create_dir_all(root.path().join("var/lib/rpm")).expect("a directory");
        assert_eq!(database(root.path()), None);
        let file = root.path().join("var/lib/rpm/Packages");
        fs_err::write(&file, "").expect("a file");
        assert_eq!(database(root.path()).as_deref(), file.parent());
    }
}
