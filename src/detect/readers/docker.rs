//! Dockerfiles: the images that they begin with, and what `RUN pip install` and `RUN conda install` name.

use std::collections::BTreeMap;

use super::Reader;
use super::requirements::option;
use crate::compat::framework::request::FrameworkRequest;
use crate::compat::image;
use crate::detect::collector::{Collector, Document, shortened};
use crate::detect::evidence::{Statement, Strength};
use crate::detect::said;
use crate::model::request::{AddOnRequest, AddOns, Base};
use crate::model::{ToolchainRequest, Version};

/// `Dockerfile`, `Dockerfile.gpu`, `gpu.dockerfile`, `Containerfile`.
pub(super) const DOCKERFILE: Reader = Reader {
    is_of: |name| name.starts_with("dockerfile") || name.ends_with(".dockerfile") || name == "containerfile",
    read,
};

fn read(document: &Document, collector: &mut Collector) {
    let mut arguments: BTreeMap<String, String> = BTreeMap::new();
    for (number, line) in document.logical_lines() {
        let line = line.trim();
        let Some((word, rest)) = line.split_once(char::is_whitespace) else { continue };
        let place = document.at(Some(number));
        match word.to_ascii_uppercase().as_str() {
            "ARG" | "ENV" => {
                if let Some((name, value)) = rest.split_once('=') {
                    let value = filled(value.trim().trim_matches(['"', '\'']), &arguments);
                    arguments.insert(name.trim().to_owned(), value);
                }
            }
            "FROM" => {
                let name = rest.split_whitespace().find(|word| !word.starts_with("--")).unwrap_or_default();
                let name = filled(name, &arguments);
                if let Some(statement) = statement(&name) {
                    collector.add_as(&place, &format!("FROM {name}"), statement, Strength::Image);
                }
            }
            "RUN" => run(document, (number, &filled(rest, &arguments)), collector),
            _ => {}
        }
    }
}

/// Puts in the values of `$NAME`, `${NAME}` and `${NAME:-value}`; what has none stays.
fn filled(text: &str, arguments: &BTreeMap<String, String>) -> String {
    let mut found = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        found.push_str(before);
        let braced = after.strip_prefix('{').and_then(|inner| inner.split_once('}'));
        let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        let (inner, left) = braced
            .unwrap_or_else(|| after.split_at(after.find(|letter| !is_name(letter)).unwrap_or(after.len())));
        let (name, default) =
            inner.split_once(":-").map_or((inner, None), |(name, value)| (name, Some(value)));
        match arguments.get(name).map(String::as_str).or(default) {
            Some(value) if found.len() + value.len() < 4_096 => found.push_str(value),
            _ => found.extend(["$", inner]),
        }
        rest = left;
    }
    found.push_str(rest);
    found
}

/// Reads the name of an image of CUDA, PyTorch or TensorFlow.
pub(in crate::detect) fn statement(name: &str) -> Option<Statement> {
    if let Some(image) = image::parse(name) {
        return Some(toolkit(&image.cuda, image.cudnn));
    }
    let (repository, tag) = name.split('@').next()?.rsplit_once(':')?;
    match repository.trim_start_matches("docker.io/") {
        "pytorch/pytorch" => {
            let mut parts = tag.split('-');
            let release = parts.next()?;
            let cuda = parts.find_map(|part| part.strip_prefix("cuda"));
            let text = format!("torch=={release}");
            let request: FrameworkRequest = text.parse().ok()?;
            let cuda = cuda.and_then(|cuda| cuda.parse::<Version>().ok());
            let cuda = cuda.map(|cuda| ToolchainRequest { base: Base::Prefix(cuda), add_ons: AddOns::Any });
            let known = FrameworkRequest { cuda: cuda.clone(), ..request };
            match (known.requirement(), cuda) {
                (Ok(_), _) => Some(Statement::Framework(known)),
                (Err(_), Some(cuda)) => Some(Statement::Toolkit(vec![cuda])),
                (Err(error), None) => Some(Statement::Unknown(error.to_string())),
            }
        }
        "tensorflow/tensorflow" if tag.contains("gpu") => match tag.split('-').next()? {
            "latest" => said::package("tensorflow"),
            release => said::package(&format!("tensorflow=={release}")),
        },
        other if other.starts_with("nvcr.io/nvidia/") => Some(Statement::Unknown(format!(
            "which CUDA the image `{}` has is not known: there is no table of NGC's images",
            shortened(name)
        ))),
        _ => None,
    }
}

fn toolkit(cuda: &Version, cudnn: Option<Option<u32>>) -> Statement {
    let add_ons = cudnn.map_or(AddOns::Any, |major| {
        let version = major.map(|major| Version::from_numbers([major]));
        AddOns::These(vec![AddOnRequest { kind: "cudnn".to_owned(), version }])
    });
    Statement::Toolkit(vec![ToolchainRequest { base: Base::Prefix(cuda.truncated(2)), add_ons }])
}

/// Leaves out a local version that the shell would fill in: `torch==2.1.2+cu${SHORT}`.
fn known(word: &str) -> &str {
    word.split_once('+').filter(|(_, local)| local.contains('$')).map_or(word, |(before, _)| before)
}

/// Reads the words that are requirements with a version, and the indexes among them.
fn run(document: &Document, (line, text): (usize, &str), collector: &mut Collector) {
    if !["pip", "conda", "mamba", "uv"].iter().any(|tool| text.contains(tool)) {
        return;
    }
    let is_conda = text.contains("conda ") || text.contains("mamba ");
    let place = document.at(Some(line)).of_conda(is_conda);
    for word in text.split_whitespace().map(|word| word.trim_matches(['"', '\''])) {
        let word = known(word);
        let is_pinned = word.contains(['=', '<', '>']) && option(word, &["-"]).is_none();
        let statement = if word.contains("://") {
            said::address(word)
        } else if is_pinned {
            if is_conda { said::conda(word) } else { said::requirement(word) }
        } else {
            None
        };
        if let Some(statement) = statement {
            collector.add(&place, word, statement);
        }
    }
}
