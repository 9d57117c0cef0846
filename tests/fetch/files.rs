//! `file://` addresses in a server's place.

use cudaman::fetch::FetchError;
use url::Url;

use super::{ACCEPT, Wanted, bytes, client, names};

const LIMIT: u64 = 1 << 20;

fn at(directory: &std::path::Path, path: &str) -> Url {
    Url::from_directory_path(directory).expect("absolute").join(path).expect("a path")
}

#[test]
fn a_directory_is_a_mirror() {
    let directory = tempfile::tempdir().expect("a directory");
    let root = directory.path().join("my mirror");
    std::fs::create_dir_all(root.join("redist/cuda_nvcc")).expect("made");
    std::fs::write(root.join("redist/redistrib_12.4.1.json"), "{}").expect("written");
    std::fs::write(root.join("redist/a b&c#d.txt"), "text").expect("written");
    let client = client();
    for path in ["redist/", "redist"] {
        let page = client.document(&at(&root, path), ACCEPT, LIMIT).expect("a listing");
        assert_eq!(page.media_type.as_deref(), Some("text/html"));
        assert_eq!(page.url, at(&root, "redist/"), "relative links lead into it");
        let text = String::from_utf8(page.body).expect("text");
        let links = "<a href=\"a%20b%26c%23d.txt\">a b&amp;c#d.txt</a>\n\
                     <a href=\"cuda_nvcc/\">cuda_nvcc/</a>\n\
                     <a href=\"redistrib_12.4.1.json\">redistrib_12.4.1.json</a>\n";
        assert!(text.contains(links), "{text}");
    }
    let link = at(&root, "redist/").join("a%20b%26c%23d.txt").expect("a link");
    assert_eq!(client.document(&link, ACCEPT, LIMIT).expect("read").body, b"text");
    let manifest = client.document(&at(&root, "redist/redistrib_12.4.1.json"), ACCEPT, LIMIT).expect("read");
    assert_eq!(manifest.media_type.as_deref(), Some("application/json"));
    std::fs::write(root.join("redist/index.html"), "an index").expect("written");
    assert_eq!(client.document(&at(&root, "redist/"), ACCEPT, LIMIT).expect("read").body, b"an index");
}

#[test]
fn what_is_absent_is_not_found() {
    let directory = tempfile::tempdir().expect("a directory");
    std::fs::write(directory.path().join("file"), "text").expect("written");
    for path in ["absent", "absent/", "file/", "file/x"] {
        let error = client().document(&at(directory.path(), path), ACCEPT, LIMIT).expect_err("absent");
        assert!(matches!(error, FetchError::NotFound { .. }), "{path}: {error}");
        let wanted = Wanted::new(b"text");
        let error = wanted.download(&client(), &at(directory.path(), path)).expect_err("absent");
        assert!(matches!(error, FetchError::NotFound { .. }), "{path}: {error}");
        assert!(wanted.names().is_empty());
    }
    let error = client().document(&at(directory.path(), "file"), ACCEPT, 3).expect_err("too long");
    assert!(matches!(error, FetchError::TooLarge { .. }), "{error}");
}

#[test]
fn a_file_is_verified_like_any_other() {
    let directory = tempfile::tempdir().expect("a directory");
    std::fs::write(directory.path().join("a"), bytes(1)).expect("written");
    let url = at(directory.path(), "a");
    Wanted::new(&bytes(1)).succeed(&client(), &url);
    Wanted::new(&bytes(1)).holding(b"an earlier try").succeed(&client(), &url);
    let wanted = Wanted::without_size(b"something else");
    assert!(matches!(wanted.download(&client(), &url), Err(FetchError::Mismatch { .. })));
    let wanted = Wanted::new(b"something else");
    assert!(matches!(wanted.download(&client(), &url), Err(FetchError::Mismatch { .. })));
    assert!(wanted.names().is_empty());
    assert_eq!(names(directory.path()), ["a"]);
}
