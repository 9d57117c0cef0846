//! conda's environment files, with what pip installs into them.

use super::{Reader, malformed};
use crate::detect::collector::{Collector, Document};
use crate::detect::{leaves, said};

/// `environment.yml`, `environment-gpu.yaml`, `conda.yml`, `env_cuda.yml`.
pub(super) const ENVIRONMENT: Reader = Reader {
    is_of: |name| {
        let is_yaml = name.ends_with(".yml") || name.ends_with(".yaml");
        is_yaml && (name.contains("env") || name.contains("conda")) && !name.contains("lock")
    },
    read,
};

pub(super) fn read(document: &Document, collector: &mut Collector) {
    let leaves = match leaves::yaml(&document.text) {
        Ok(leaves) => leaves,
        Err(reason) => return malformed(document, &reason, collector),
    };
    for leaf in &leaves {
        let place = document.at(leaf.line);
        let statement = match leaf.path.as_slice() {
            [key, _] if key == "dependencies" => said::conda(&leaf.text),
            [key, _, pip, _] if key == "dependencies" && pip == "pip" => {
                let text = leaf.text.as_str();
                let is_option = text.starts_with('-');
                let found = if is_option { said::address(text) } else { said::requirement(text) };
                if let Some(statement) = found {
                    collector.add(&place, text, statement);
                }
                None
            }
            [key, _] if key == "channels" => said::address(&leaf.text),
            _ => None,
        };
        if let Some(statement) = statement {
            collector.add(&place.of_conda(true), &leaf.text, statement);
        }
    }
}
