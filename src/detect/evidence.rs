//! What was read where: a statement about CUDA, with the file and the line that make it.

use crate::compat::framework::request::{FrameworkRequest, Wanted};
use crate::model::ToolchainRequest;
use crate::model::request::Base;

/// A statement about CUDA, and who makes it.
#[derive(Clone, Debug)]
pub struct Evidence {
    /// The file, as a person would name it; or `the command line`.
    pub file: String,
    /// Its line, if it is known.
    pub line: Option<usize>,
    /// What stands there.
    pub text: String,
    /// What it means.
    pub statement: Statement,
    /// How much it counts.
    pub strength: Strength,
    /// Whether it is only for some uses: an extra, a group, the tests.
    pub is_optional: bool,
    /// Whether conda's packages are meant, which bring CUDA's libraries.
    pub is_conda: bool,
}

/// What a text says about CUDA.
#[derive(Clone, Debug)]
pub enum Statement {
    /// A framework is used.
    Framework(FrameworkRequest),
    /// One of these toolkits is used, the preferred first.
    Toolkit(Vec<ToolchainRequest>),
    /// Something is used of which nothing is known, and why.
    Unknown(String),
}

/// How much a statement counts against another, the weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strength {
    /// CUDA or a framework is used, at whichever version.
    Newest,
    /// The name of a container's image.
    Image,
    /// A range of versions.
    Range,
    /// What is installed in the active environment.
    Installed,
    /// One version of a framework.
    Pinned,
    /// A lock file.
    Lock,
    /// CUDA's own version.
    Cuda,
}

impl Strength {
    /// Says what kind of statement it is.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Newest => "a name without a version",
            Self::Image => "the name of an image",
            Self::Range => "a range of versions",
            Self::Installed => "what is installed",
            Self::Pinned => "a version of a framework",
            Self::Lock => "a lock file",
            Self::Cuda => "a version of CUDA",
        }
    }
}

impl Evidence {
    /// Says where it stands: `requirements.txt:3`.
    #[must_use]
    pub fn place(&self) -> String {
        self.line.map_or_else(|| self.file.clone(), |line| format!("{}:{line}", self.file))
    }
}

impl Statement {
    /// Returns how much the statement counts by itself.
    #[must_use]
    pub fn strength(&self) -> Strength {
        match self {
            Self::Toolkit(choices) if choices.iter().all(|choice| choice.base == Base::Latest) => {
                Strength::Newest
            }
            Self::Toolkit(_) => Strength::Cuda,
            Self::Framework(request) if request.cuda.is_some() || request.package.is_some() => Strength::Cuda,
            Self::Framework(request) => match request.release {
                Wanted::Any => Strength::Newest,
                Wanted::At(_) => Strength::Pinned,
                Wanted::Within(_) => Strength::Range,
            },
            Self::Unknown(_) => Strength::Newest,
        }
    }
}
