//! A project's page in a Python package index: its wheels, in HTML or in JSON.
//!
//! A page is foreign text. Files that are no wheels of this project are left out, links to other
//! kinds of places too; a file without a sha256 stays in the list so that it can be said why it
//! isn't taken.

use serde::Deserialize;
use url::Url;

use super::html;
use super::wheel::WheelName;
use crate::fetch::Document;
use crate::model::Digest;

/// The media types to ask for: JSON before HTML.
pub(super) const ACCEPT: &str =
    "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1";

/// Several times the largest page of NVIDIA's projects.
pub(super) const PAGE_LIMIT: u64 = 16 * 1024 * 1024;

/// A wheel that an index or a directory offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Candidate {
    /// What its file name says.
    pub(super) wheel: WheelName,
    /// The version as the index spells it.
    pub(super) label: String,
    /// Where to get it, without a fragment.
    pub(super) url: Url,
    /// What vouches for its bytes.
    pub(super) digest: Vouched,
    /// Its size, which only JSON tells.
    pub(super) size: Option<u64>,
    /// Whether it was withdrawn.
    pub(super) is_yanked: bool,
    /// The day it was uploaded, `2024-04-03`, where the page tells.
    pub(super) date: Option<String>,
}

/// What is known of a candidate's digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Vouched {
    /// The index states it.
    Index(Digest),
    /// A file on this machine: its bytes are what they are.
    Local,
    /// An index that states none, or only a weak one.
    Nobody,
}

/// Reads the wheels of `project` from its page.
///
/// # Errors
/// Returns the reason if the document is neither JSON of a known version nor HTML.
pub(super) fn candidates(document: &Document, project: &str) -> Result<Vec<Candidate>, String> {
    let files = if is_json(document) { json_files(document)? } else { html_files(document)? };
    let known = files.into_iter().filter_map(|file| candidate(file, &document.url));
    Ok(known.filter(|candidate| candidate.wheel.distribution == project).collect())
}

/// Servers without content negotiation and files on disk name no type or a wrong one.
fn is_json(document: &Document) -> bool {
    let is_named = document.media_type.as_deref().is_some_and(|media_type| media_type.ends_with("json"));
    is_named || document.body.trim_ascii_start().starts_with(b"{")
}

#[derive(Deserialize)]
struct JsonPage {
    meta: JsonMeta,
    files: Vec<JsonFile>,
}

#[derive(Deserialize)]
struct JsonMeta {
    #[serde(rename = "api-version")]
    version: String,
}

#[derive(Deserialize)]
struct JsonFile {
    filename: String,
    url: String,
    #[serde(default)]
    hashes: std::collections::BTreeMap<String, String>,
    #[serde(default)]
    yanked: serde_json::Value,
    size: Option<u64>,
    #[serde(rename = "upload-time")]
    uploaded: Option<String>,
}

/// A file as either kind of page states it.
struct File {
    name: String,
    url: Option<Url>,
    sha256: Option<String>,
    size: Option<u64>,
    is_yanked: bool,
    uploaded: Option<String>,
}

fn json_files(document: &Document) -> Result<Vec<File>, String> {
    let page: JsonPage = serde_json::from_slice(&document.body).map_err(|error| error.to_string())?;
    if page.meta.version.split('.').next() != Some("1") {
        let version: String = page.meta.version.chars().take(20).collect();
        return Err(format!("version {} of the index's format is not known", version.escape_default()));
    }
    let file = |mut file: JsonFile| File {
        url: document.url.join(&file.url).ok(),
        sha256: file.hashes.remove("sha256"),
        name: file.filename,
        size: file.size,
        is_yanked: !matches!(file.yanked, serde_json::Value::Null | serde_json::Value::Bool(false)),
        uploaded: file.uploaded,
    };
    Ok(page.files.into_iter().map(file).collect())
}

fn html_files(document: &Document) -> Result<Vec<File>, String> {
    let page = std::str::from_utf8(&document.body).map_err(|error| error.to_string())?;
    let html = html::parse(page);
    if html.anchors.is_empty() && !page.to_ascii_lowercase().contains("<html") && !page.trim().is_empty() {
        return Err("neither JSON nor HTML".to_owned());
    }
    let base = html.base.as_deref().and_then(|base| document.url.join(base).ok());
    let base = base.as_ref().unwrap_or(&document.url);
    Ok(html.anchors.iter().map(|anchor| html_file(anchor, base)).collect())
}

fn html_file(anchor: &html::Anchor, base: &Url) -> File {
    let url = anchor.attribute("href").and_then(|href| base.join(href.trim()).ok());
    let fragment = url.as_ref().and_then(Url::fragment).unwrap_or_default();
    let sha256 = fragment.split('&').find_map(|pair| pair.strip_prefix("sha256="));
    File {
        name: url.as_ref().map(file_name).unwrap_or_default(),
        sha256: sha256.map(str::to_owned),
        size: None,
        is_yanked: anchor.attribute("data-yanked").is_some(),
        uploaded: anchor.attribute("data-upload-time").map(str::to_owned),
        url,
    }
}

/// Returns the last segment of an address. Only `+` and `!` are encoded in names of wheels, and
/// neither occurs in those that are taken.
fn file_name(url: &Url) -> String {
    url.path_segments().and_then(|mut segments| segments.next_back()).unwrap_or_default().to_owned()
}

fn candidate(file: File, page: &Url) -> Option<Candidate> {
    let wheel = WheelName::parse(&file.name)?;
    let url = with_credentials(reachable(file.url?, page)?, page);
    let digest = file.sha256.and_then(|text| text.parse().ok()).map_or(Vouched::Nobody, Vouched::Index);
    Some(Candidate {
        label: file.name.split('-').nth(1)?.to_owned(),
        wheel,
        url,
        digest,
        size: file.size,
        is_yanked: file.is_yanked,
        date: file.uploaded.as_deref().and_then(day),
    })
}

/// Drops the fragment, and the link if a page from the network points into this machine's files.
fn reachable(mut url: Url, page: &Url) -> Option<Url> {
    url.set_fragment(None);
    match url.scheme() {
        "http" | "https" => Some(url),
        "file" if page.scheme() == "file" => Some(url),
        _ => None,
    }
}

/// Files on the index's own host need its user name and password, as with pip.
fn with_credentials(mut url: Url, page: &Url) -> Url {
    let is_same_host = url.scheme().starts_with("http") && url.origin() == page.origin();
    if is_same_host && url.username().is_empty() && url.password().is_none() {
        // Both can only fail for addresses without a host, which have no equal origin.
        let _ = url.set_username(page.username());
        let _ = url.set_password(page.password());
    }
    url
}

fn day(time: &str) -> Option<String> {
    let day = time.get(..10)?;
    let is_day = day.bytes().enumerate().all(|(index, byte)| match index {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    });
    is_day.then(|| day.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SHA: &str = "99d77d9e4c75d5e4663e473577f1871e65bca4ea0b9023f544a3556f0c1776c7";

    fn read(body: &str, url: &str, media_type: Option<&str>) -> Result<Vec<Candidate>, String> {
        let url = url.parse().expect(url);
        let media_type = media_type.map(str::to_owned);
        candidates(&Document { body: body.as_bytes().to_vec(), media_type, url }, "nvidia-x-cu12")
    }

    #[test]
    fn a_page_in_html() {
        let page = format!(
            "<html><body><a href=\"../../packages/ab/nvidia_x_cu12-12.4.127-py3-none-manylinux2014_x86_64.whl#sha256={SHA}\" data-yanked=\"Broken\" data-upload-time=\"2024-04-03T20:54:40Z\">a</a>\
             <a href=\"https://files.example/nvidia_x_cu12-12.4.127.post1-py3-none-any.whl#md5=abc\">b</a>\
             <a href=\"nvidia_x_cu12-0.0.1.dev5.tar.gz\">c</a><a href=\"other-1.0-py3-none-any.whl\">d</a></body></html>"
        );
        let found = read(&page, "https://user:secret@index.example/simple/nvidia-x-cu12/", Some("text/html"))
            .expect("a page");
        assert_eq!(found.len(), 2);
        assert_eq!(
            found[0].url.as_str(),
            "https://user:secret@index.example/packages/ab/nvidia_x_cu12-12.4.127-py3-none-manylinux2014_x86_64.whl"
        );
        assert_eq!(found[0].digest, Vouched::Index(SHA.parse().expect("a digest")));
        assert!(found[0].is_yanked && !found[1].is_yanked);
        assert_eq!(found[0].date.as_deref(), Some("2024-04-03"));
        assert_eq!(found[1].digest, Vouched::Nobody);
        assert_eq!(found[1].url.username(), "", "another host learns no password");
        assert_eq!(found[1].label, "12.4.127.post1");
    }

    #[test]
    fn a_page_in_json_with_or_without_its_type() {
        let page = format!(
            "{{\"meta\": {{\"api-version\": \"1.1\"}}, \"name\": \"x\", \"files\": [\
             {{\"filename\": \"nvidia_x_cu12-1.0-py3-none-any.whl\", \"url\": \"/f/nvidia_x_cu12-1.0-py3-none-any.whl\", \"hashes\": {{\"sha256\": \"{SHA}\"}}, \"size\": 12, \"yanked\": false, \"upload-time\": \"2025-01-02T03:04:05Z\"}},\
             {{\"filename\": \"nvidia_x_cu12-2.0-py3-none-any.whl\", \"url\": \"y.whl\", \"yanked\": \"why\"}}]}}"
        );
        for media_type in [None, Some("text/html"), Some("application/vnd.pypi.simple.v1+json")] {
            let found = read(&page, "https://index.example/simple/x/", media_type).expect("a page");
            assert_eq!((found.len(), found[0].size), (2, Some(12)));
            assert_eq!(found[0].url.as_str(), "https://index.example/f/nvidia_x_cu12-1.0-py3-none-any.whl");
            assert!(!found[0].is_yanked && found[1].is_yanked);
        }
    }

    #[test]
    fn unknown_formats_are_refused() {
        let version_2 = "{\"meta\": {\"api-version\": \"2.0\"}, \"files\": []}";
        assert!(read(version_2, "https://i.example/", None).expect_err("2.0").contains("2.0"));
        assert!(read("{", "https://i.example/", None).is_err());
        assert!(read("an error page", "https://i.example/", Some("text/plain")).is_err());
        assert!(read("<html>none</html>", "https://i.example/", None).expect("empty").is_empty());
    }

    #[test]
    fn hostile_links_are_left_out() {
        let name = "nvidia_x_cu12-1.0-py3-none-any.whl";
        let page = ["file:///etc/", "ftp://h.example/", "javascript:x/", "data:x/"]
            .map(|place| format!("<a href=\"{place}{name}\">x</a>"))
            .concat();
        assert!(read(&page, "https://i.example/x/", None).expect("a page").is_empty());
        assert_eq!(read(&page, "file:///srv/x/index.html", None).expect("a page").len(), 1);
        let base = format!("<base href=\"file:///etc/\"><a href=\"{name}\">x</a>");
        assert!(read(&base, "https://i.example/x/", None).expect("a page").is_empty());
    }

    proptest! {
        #[test]
        fn any_page_is_read_or_refused(body in prop::collection::vec(any::<u8>(), 0..200), text in "(<a href=|[{}\":,]|meta|files|nvidia_x_cu12-1-py3-none-any.whl|#sha256=|>| ){0,30}") {
            let url: Url = "https://i.example/x/".parse().expect("an address");
            for body in [body, text.into_bytes()] {
                let _ = candidates(&Document { body, media_type: None, url: url.clone() }, "nvidia-x-cu12");
            }
        }
    }
}
