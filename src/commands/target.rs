//! What a person names to get a toolkit: a request, or a framework such as `tensorflow==1.14.0`, for which
//! the toolkit is looked up.

use std::path::Path;
use std::str::FromStr;

use anyhow::Result;

use super::HostOption;
use crate::compat::framework::request::{FrameworkRequest, named};
use crate::context::Context;
use crate::detect::{self, Answer, Findings, Unanswered};
use crate::error::advised;
use crate::host::Host;
use crate::model::request::{AddOns, Base, RequestError};
use crate::model::{ToolchainName, ToolchainRequest};

/// A toolkit, by its own name or by a framework's.
#[derive(Clone, Debug)]
pub enum Target {
    /// The framework, as it was typed.
    Framework(String),
    /// The toolkit.
    Request(ToolchainRequest),
}

impl FromStr for Target {
    type Err = RequestError;

    fn from_str(text: &str) -> Result<Self, RequestError> {
        match text.parse::<ToolchainRequest>() {
            Ok(request) if matches!(request.base, Base::Name(_)) && is_framework(text) => {
                Ok(Self::Framework(text.to_owned()))
            }
            Err(_) if named(text).is_some() => Ok(Self::Framework(text.to_owned())),
            parsed => parsed.map(Self::Request),
        }
    }
}

impl Target {
    /// Returns the toolkit that is meant, and says why it is that one.
    ///
    /// # Errors
    /// Returns an error where nothing is known of the framework.
    pub(super) fn request(&self, context: &Context) -> Result<ToolchainRequest> {
        let text = match self {
            Self::Request(request) => return Ok(request.clone()),
            Self::Framework(text) => text,
        };
        // A toolkit that was linked under the name of a framework keeps it.
        if let Ok(ToolchainName::Linked(name)) = text.parse()
            && context.store.toolchains().iter().any(|own| own.name == ToolchainName::Linked(name.clone()))
        {
            return Ok(ToolchainRequest { base: Base::Name(name), add_ons: AddOns::Any });
        }
        let host = HostOption::default().read(context)?;
        let answer = answer_here(std::slice::from_ref(text), &host, context)?;
        say_why(&answer, context);
        Ok(answer.request)
    }
}

/// Tells whether a text names a framework that is known: no toolkit may be linked under such a name.
pub(super) fn is_framework(text: &str) -> bool {
    text.parse::<FrameworkRequest>().is_ok()
}

/// Answers for what is named, or for the project here where nothing is.
pub(super) fn answer(what: &[String], host: &Host, context: &Context) -> Result<Answer> {
    answered(&findings(what, context), detect::answer, host, context)
}

/// Answers for use here: what is installed goes before what isn't.
pub(super) fn answer_here(what: &[String], host: &Host, context: &Context) -> Result<Answer> {
    let is_installed = |request: &ToolchainRequest| context.store.find(request).is_some();
    let answer = |findings: &Findings, host: &Host| detect::answer_among(findings, host, &is_installed);
    answered(&findings(what, context), answer, host, context)
}

fn answered(
    findings: &Findings,
    answer: impl Fn(&Findings, &Host) -> Result<Answer, Unanswered>,
    host: &Host,
    context: &Context,
) -> Result<Answer> {
    answer(findings, host).map_err(|reason| {
        findings.notes.iter().for_each(|note| context.ui.warn(note));
        refused(reason)
    })
}

fn findings(what: &[String], context: &Context) -> Findings {
    if what.is_empty() {
        return detect::of_project(&context.environment.directory, &context.environment);
    }
    let mut findings = Findings::default();
    for text in what {
        let found = look_at(text, context);
        findings.evidence.extend(found.evidence);
        findings.notes.extend(found.notes);
    }
    findings
}

/// Looks at a directory or a file of that name, else takes it for a requirement.
fn look_at(text: &str, context: &Context) -> Findings {
    let path: &Path = &context.environment.directory.join(text);
    let is_path = text.contains('/') || named(text).is_none() || path.exists() && !is_framework(text);
    match is_path {
        true if path.is_dir() => detect::of_project(&resolved(path), &context.environment),
        true if path.exists() => detect::of_file(&resolved(path)),
        _ => detect::asked(text),
    }
}

fn resolved(path: &Path) -> std::path::PathBuf {
    fs_err::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

fn refused(reason: Unanswered) -> anyhow::Error {
    let advice = match reason {
        Unanswered::Nothing => {
            "`cudaman detect torch==2.4.1` asks for a framework; a project says it in requirements.txt, \
             environment.yml, pyproject.toml, a lock file, a Dockerfile or CMakeLists.txt"
        }
        Unanswered::Unknown(_) => {
            "its own documentation names the CUDA that it needs: `cudaman install <version>` installs that one"
        }
    };
    advised(reason.to_string(), advice)
}

/// Says in one line which toolkit is taken for what, and beside it what speaks against it.
pub(super) fn say_why(answer: &Answer, context: &Context) {
    if let Some(fact) = answer.facts.first() {
        let cudnn = answer.facts.iter().find(|fact| fact.name == "cuDNN");
        let cudnn = cudnn.map(|fact| format!(", cuDNN {}", fact.value)).unwrap_or_default();
        context.ui.say(&format!("{}: CUDA {}{cudnn} ({})", answer.subject, fact.value, fact.source));
    }
    answer.limits.iter().chain(&answer.conflicts).for_each(|line| context.ui.warn(line));
    answer.notes.iter().for_each(|note| context.ui.say(&format!("note: {note}")));
}
