//! The answer: which CUDA, cuDNN, Python and gcc, each with its reason and its source, and what else would do.

use serde::Serialize;

use super::choose::{Claim, Verdict, claim, weigh};
use super::evidence::{Evidence, Statement};
use super::fit::{Candidate, Grade, candidate};
use super::{Findings, alternatives, facts};
use crate::compat::framework::Framework;
use crate::host::Host;
use crate::model::ToolchainRequest;

/// Which toolkit is wanted, and why.
#[derive(Debug, Serialize)]
pub struct Answer {
    /// What to ask cudaman for.
    #[serde(serialize_with = "as_text")]
    pub request: ToolchainRequest,
    /// What it is for: `tensorflow 1.14.0`.
    pub subject: String,
    /// CUDA, cuDNN, Python, gcc, the driver.
    pub facts: Vec<Fact>,
    /// Whether it runs on the machine: `yes`, `limited`, `no`, or `unknown` where no driver and no GPU is seen.
    pub fits: &'static str,
    /// What keeps it from running there, or limits it.
    pub limits: Vec<String>,
    /// What else would do.
    pub alternatives: Vec<Alternative>,
    /// Statements that contradict each other, and which one is followed.
    pub conflicts: Vec<String>,
    /// What there is to know besides.
    pub notes: Vec<String>,
    /// What was read, that which counts most first.
    pub evidence: Vec<Seen>,
}

/// Something that is needed.
#[derive(Debug, Serialize)]
pub struct Fact {
    /// Of what: `CUDA`.
    pub name: &'static str,
    /// Which: `10.0`.
    pub value: String,
    /// Why.
    pub reason: String,
    /// Where that is written.
    pub source: String,
}

/// Another way.
#[derive(Debug, Serialize)]
pub struct Alternative {
    /// What to ask cudaman for, or which release of a framework to install.
    pub what: String,
    /// Why it would do, or would not.
    pub why: String,
}

/// A statement, as it is shown.
#[derive(Debug, Serialize)]
pub struct Seen {
    /// The file.
    pub file: String,
    /// Its line.
    pub line: Option<usize>,
    /// What stands there.
    pub text: String,
}

/// Why there is no answer.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unanswered {
    /// Nothing says anything about CUDA.
    #[error("nothing here says which CUDA is wanted")]
    Nothing,
    /// What is said asks for no CUDA that is known.
    #[error("{0}")]
    Unknown(String),
}

fn as_text<S: serde::Serializer>(request: &ToolchainRequest, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(request)
}

/// Answers from what was found, for a machine.
///
/// # Errors
/// Says what is unknown, and the nearest that is known; or that nothing was found.
pub fn answer(findings: &Findings, host: &Host) -> Result<Answer, Unanswered> {
    answer_among(findings, host, &|_| false)
}

/// Answers as [`answer`] does, and takes what is there already before what is not, unless it can't run.
///
/// # Errors
/// As [`answer`].
pub fn answer_among(
    findings: &Findings,
    host: &Host,
    is_installed: &dyn Fn(&ToolchainRequest) -> bool,
) -> Result<Answer, Unanswered> {
    let claims: Vec<Claim<'_>> = findings.evidence.iter().filter_map(claim).collect();
    let Some(verdict) = weigh(claims) else { return Err(nothing(findings)) };
    let candidates: Vec<Candidate> =
        verdict.choices.iter().filter_map(|choice| candidate(choice, host)).collect();
    let order = |one: &&Candidate| (one.fit.grade == Grade::Not, !is_installed(&one.request), one.fit.grade);
    let Some(best) = candidates.iter().min_by_key(order) else {
        return Err(no_such_cuda(&verdict));
    };
    let passed_over = candidates.first().filter(|first| first.request != best.request);
    let mut limits: Vec<String> = passed_over.map_or_else(Vec::new, |first| {
        first
            .fit
            .reasons
            .iter()
            .map(|reason| format!("CUDA {} is preferred, but {reason}", first.line))
            .collect()
    });
    limits.extend(best.fit.reasons.iter().cloned());
    Ok(Answer {
        request: best.request.clone(),
        subject: facts::subject(&verdict, best),
        facts: facts::facts(&verdict, best, host),
        fits: fits(best, host),
        limits,
        alternatives: alternatives::alternatives(&verdict, &candidates, (best, host)),
        notes: notes(&verdict, findings, (best, host)),
        conflicts: verdict.conflicts.clone(),
        evidence: verdict.claims.iter().map(|claim| Seen::of(claim.evidence)).collect(),
    })
}

impl Seen {
    fn of(evidence: &Evidence) -> Self {
        Self { file: evidence.file.clone(), line: evidence.line, text: evidence.text.clone() }
    }
}

/// Tells whether neither a driver nor a GPU is seen, so that nothing can be said of what runs.
fn is_blank(host: &Host) -> bool {
    host.driver.newest_cuda.is_none() && host.capabilities().is_empty()
}

fn fits(best: &Candidate, host: &Host) -> &'static str {
    if is_blank(host) {
        return "unknown";
    }
    match best.fit.grade {
        Grade::Runs => "yes",
        Grade::Limited => "limited",
        Grade::Not => "no",
    }
}

fn unknowns(findings: &Findings) -> impl Iterator<Item = String> {
    findings.evidence.iter().filter_map(|evidence| match &evidence.statement {
        Statement::Unknown(reason) => Some(format!("{reason} (`{}` in {})", evidence.text, evidence.place())),
        _ => None,
    })
}

fn nothing(findings: &Findings) -> Unanswered {
    let unknown: Vec<String> = unknowns(findings).take(5).collect();
    if unknown.is_empty() { Unanswered::Nothing } else { Unanswered::Unknown(unknown.join("; ")) }
}

fn no_such_cuda(verdict: &Verdict<'_>) -> Unanswered {
    let asked = verdict
        .claims
        .first()
        .map_or_else(String::new, |claim| format!("`{}` in {}", claim.evidence.text, claim.evidence.place()));
    Unanswered::Unknown(format!("{asked} asks for no CUDA that is known"))
}

fn notes(verdict: &Verdict<'_>, findings: &Findings, (best, host): (&Candidate, &Host)) -> Vec<String> {
    let mut notes = Vec::new();
    let mut told: Vec<Framework> = Vec::new();
    for claim in &verdict.claims {
        let Some(framework) = claim.requirements.first().map(|own| own.framework) else { continue };
        if !told.contains(&framework) {
            told.push(framework);
            notes.extend(facts::own_cuda(claim, best));
        }
    }
    if is_blank(host) {
        notes.push("no driver and no GPU is seen here: whether it runs was not looked at".to_owned());
    }
    let is_tensorflow = |claim: &Claim<'_>| {
        claim.requirements.first().is_some_and(|own| own.framework == Framework::TensorFlow)
    };
    // Keras goes by the TensorFlow that is there too.
    let is_settled = verdict.claims.iter().any(is_tensorflow);
    notes.extend(unknowns(findings).filter(|note| !is_settled || !note.contains(" `keras` ")));
    notes.extend(findings.notes.iter().cloned());
    notes.dedup();
    notes
}
