//! Locks, and what hostile users put in their place.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

use super::*;

fn claims(directory: &Path) -> Result<Claims, ClaimError> {
    let variables = [(VARIABLE.into(), directory.into())].into();
    Claims::open(&Environment { variables, ..Environment::default() })
}

fn is_kept(attempt: Result<Attempt, ClaimError>) -> bool {
    matches!(attempt, Ok(Attempt::Kept(_)))
}

#[test]
fn a_gpu_is_kept_as_long_as_the_claim_lives() {
    let directory = tempfile::tempdir().expect("a directory");
    let claims = claims(directory.path()).expect("a directory of our own");
    let kept = claims.attempt("GPU-1", Sharing::Alone).expect("an attempt");
    assert!(matches!(kept, Attempt::Kept(_)));
    let Ok(Attempt::Held(holder)) = claims.attempt("GPU-1", Sharing::Named) else { panic!("kept twice") };
    assert_eq!(holder.map(|holder| holder.pid), Some(std::process::id()));
    assert!(is_kept(claims.attempt("GPU-2", Sharing::Alone)));
    drop(kept);
    let named = claims.attempt("GPU-1", Sharing::Named);
    assert!(is_kept(claims.attempt("GPU-1", Sharing::Named)));
    assert!(!is_kept(claims.attempt("GPU-1", Sharing::Alone)));
    drop(named);
    assert!(is_kept(claims.attempt("GPU-1", Sharing::Alone)));
    let mode = directory.path().join("cudaman-gpu-GPU-1.lock").metadata().expect("a file").permissions();
    assert_eq!(mode.mode() & 0o777, 0o444, "other users have to be able to open it");
}

#[test]
fn what_others_put_in_the_place_of_a_lock_is_refused() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = |name: &str| directory.path().join(file_name(name));
    let claims = claims(directory.path()).expect("a directory of our own");
    let victim = directory.path().join("victim");
    fs_err::write(&victim, "precious").expect("a file");
    fs_err::os::unix::fs::symlink(&victim, path("link")).expect("a link");
    fs_err::os::unix::fs::symlink(directory.path().join("nothing"), path("dangling")).expect("a link");
    fs_err::hard_link(&victim, path("hard")).expect("a link");
    fs_err::create_dir(path("directory")).expect("a directory");
    rustix::fs::mkfifoat(rustix::fs::CWD, path("pipe"), 0o666.into()).expect("a pipe");
    for name in ["link", "dangling", "hard", "directory", "pipe"] {
        let error = claims.attempt(name, Sharing::Alone).expect_err(name).to_string();
        assert!(error.contains(&file_name(name)), "{error}");
    }
    assert!(!directory.path().join("nothing").exists(), "no link is followed");
    assert_eq!(fs_err::read_to_string(&victim).expect("a file"), "precious");
    assert_eq!(victim.metadata().expect("a file").mode() & 0o777, 0o644);
}

#[test]
fn a_directory_where_everybody_may_remove_files_is_refused() {
    let directory = tempfile::tempdir().expect("a directory");
    let mode = |mode| std::fs::Permissions::from_mode(mode);
    fs_err::set_permissions(directory.path(), mode(0o777)).expect("a mode");
    let error = claims(directory.path()).expect_err("no sticky bit").to_string();
    assert!(error.contains("sticky"), "{error}");
    fs_err::set_permissions(directory.path(), mode(0o1777)).expect("a mode");
    claims(directory.path()).expect("as /tmp is");
    let error = claims(&directory.path().join("none")).expect_err("nothing there").to_string();
    assert!(error.contains("none"), "{error}");
}

#[test]
fn names_stay_in_the_directory() {
    assert_eq!(file_name("GPU-1a/../../etc"), "cudaman-gpu-GPU-1a_______etc.lock");
    assert!(file_name(&"x".repeat(1000)).len() < 200);
    let line = "1: FLOCK  ADVISORY  WRITE 4242 00:1f:1234 0 EOF";
    assert_eq!((holder_in(line, 1234), holder_in(line, 123)), (Some(4242), None));
    assert_eq!(holder_in("2: -> FLOCK  ADVISORY  WRITE 4243 00:1f:1234 0 EOF", 1234), Some(4243));
    assert_eq!(holder_in("1: POSIX  ADVISORY  WRITE 4242 00:1f:1234 0 EOF", 1234), None);
}
