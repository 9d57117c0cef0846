//! What the tag of one of NVIDIA's container images says, and whether NVIDIA still lists it. No registry is asked.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

use super::table::{self, ascending, require};
use crate::model::Version;

/// An image of CUDA, as its name says it: `nvidia/cuda:8.0-cudnn5-devel-ubuntu16.04`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// The CUDA release, of two or three numbers.
    pub cuda: Version,
    /// Whether cuDNN is in it, and of which major number where the tag says that.
    pub cudnn: Option<Option<u32>>,
    /// Whether TensorRT is in it.
    pub tensorrt: bool,
    /// How much of the toolkit is in it: `base`, `runtime`, `devel`.
    pub flavour: Option<String>,
    /// The system below: `ubuntu16.04`.
    pub system: Option<String>,
}

/// Whether NVIDIA lists a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Among the supported tags.
    Supported,
    /// Was listed once: deleted or due to be.
    Unlisted,
    /// Among the unsupported tags.
    Unsupported,
}

/// What NVIDIA lists, or listed, of a release.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listing {
    /// The CUDA version in the tags.
    pub cuda: Version,
    /// Whether they are listed still.
    pub state: State,
    /// The day of the last list that was read and has them.
    pub last_listed: Option<String>,
    /// The flavours that were listed, by system; empty means that nobody looked.
    #[serde(default)]
    pub systems: BTreeMap<String, Vec<String>>,
    /// Where that is written.
    pub source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    image: Vec<Listing>,
}

impl table::Table for Table {
    const NAME: &'static str = "images";
    const BUILT_IN: &'static str = include_str!("tables/images.toml");

    fn check(&self) -> Result<(), String> {
        require(!self.image.is_empty(), || "it has no rows".to_owned())?;
        ascending("release", &self.image, |row| &row.cuda)
    }
}

const FLAVOURS: [&str; 3] = ["base", "devel", "runtime"];

/// Reads the name of an image; none means that it isn't one of NVIDIA's CUDA images, or names no release.
///
/// ```
/// let image = cudaman::compat::image::parse("nvidia/cuda:8.0-cudnn5-devel-ubuntu16.04").unwrap();
/// assert_eq!((image.cuda.to_string().as_str(), image.cudnn), ("8.0", Some(Some(5))));
/// ```
#[must_use]
pub fn parse(name: &str) -> Option<Image> {
    let (name, _digest) = name.split_once('@').unwrap_or((name, ""));
    let (repository, tag) = name.rsplit_once(':')?;
    if repository != "nvidia/cuda" && !repository.ends_with("/nvidia/cuda") {
        return None;
    }
    let mut parts = tag.split('-');
    let cuda: Version = parts.next()?.parse().ok()?;
    if !(2..=3).contains(&cuda.numbers().len()) || cuda.post().is_some() {
        return None;
    }
    let mut image = Image { cuda, cudnn: None, tensorrt: false, flavour: None, system: None };
    for part in parts {
        image.add(part)?;
    }
    Some(image)
}

impl Image {
    /// Returns what NVIDIA lists of its release.
    #[must_use]
    pub fn listing(&self) -> Option<&'static Listing> {
        rows().iter().find(|row| row.cuda == self.cuda)
    }

    fn add(&mut self, part: &str) -> Option<()> {
        if let Some(major) = part.strip_prefix("cudnn") {
            let major = if major.is_empty() { None } else { Some(major.parse().ok()?) };
            return self.cudnn.replace(major).is_none().then_some(());
        }
        if part == "tensorrt" {
            return (!std::mem::replace(&mut self.tensorrt, true)).then_some(());
        }
        let place = if FLAVOURS.contains(&part) { &mut self.flavour } else { &mut self.system };
        let is_plain =
            !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.');
        (is_plain && place.replace(part.to_owned()).is_none()).then_some(())
    }
}

fn rows() -> &'static [Listing] {
    static ROWS: OnceLock<Vec<Listing>> = OnceLock::new();
    ROWS.get_or_init(|| table::load::<Table>().image)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order_and_every_tag_in_it_can_be_read() {
        assert!(rows().is_sorted_by(|one, other| one.cuda < other.cuda), "one row for each release");
        let mut tags = 0;
        for row in rows() {
            assert!(!row.source.is_empty(), "{}", row.cuda);
            for (system, flavour) in
                row.systems.iter().flat_map(|(system, all)| all.iter().map(move |one| (system, one)))
            {
                let name = format!("nvidia/cuda:{}-{flavour}-{system}", row.cuda);
                let image = parse(&name).unwrap_or_else(|| panic!("`{name}` can't be read"));
                assert_eq!(image.system.as_deref(), Some(system.as_str()), "{name}");
                assert_eq!(image.cudnn.is_some(), flavour.contains("cudnn"), "{name}");
                assert_eq!(image.tensorrt, flavour.contains("tensorrt"), "{name}");
                assert!(image.flavour.is_some(), "{name}");
                tags += 1;
            }
        }
        assert!(tags > 500, "{tags}");
    }

    #[test]
    fn names_of_all_times_are_read() {
        let image = parse("nvidia/cuda:8.0-cudnn5-devel-ubuntu16.04").expect("an image");
        assert_eq!((image.cuda.to_string(), image.cudnn), ("8.0".to_owned(), Some(Some(5))));
        assert_eq!(image.flavour.as_deref(), Some("devel"));
        assert_eq!(image.listing().map(|row| row.state), Some(State::Unlisted));
        let image =
            parse("docker.io/nvidia/cuda:12.4.1-cudnn-runtime-ubuntu22.04@sha256:00").expect("an image");
        assert_eq!((image.cudnn, image.system.as_deref()), (Some(None), Some("ubuntu22.04")));
        let image = parse("nvcr.io/nvidia/cuda:10.2-base").expect("an image");
        assert_eq!((image.cudnn, image.system.as_deref()), (None, None));
    }

    #[test]
    fn other_names_are_no_images_of_cuda() {
        for name in [
            "",
            "nvidia/cuda",
            "nvidia/cuda:latest",
            "nvidia/cuda:",
            "nvidia/cuda:8",
            "notnvidia/cuda:8.0-devel",
            "nvidia/cudagl:9.2-devel",
            "nvidia/cuda:8.0-devel-devel",
            "nvidia/cuda:8.0-cudnnX-devel",
            "nvidia/cuda:8.0-devel-$(id)",
            "nvidia/cuda:8.0-devel-a\u{1b}[2J",
            "nvidia/cuda:${CUDA}-devel-ubuntu18.04",
        ] {
            assert_eq!(parse(name), None, "{name}");
        }
    }
}
