//! What an answer says of each thing that is needed: which, why, and where that is written.

use super::answer::Fact;
use super::choose::{Claim, Verdict};
use super::evidence::{Evidence, Statement};
use super::fit::{Candidate, lines};
use crate::compat::framework::request::Wanted;
use crate::compat::framework::{Choice, OwnCuda, Requirement, source_words};
use crate::compat::{Limits, driver};
use crate::host::Host;
use crate::model::CompilerKind;

/// Says what the toolkit is for.
pub(super) fn subject(verdict: &Verdict<'_>, best: &Candidate) -> String {
    match agreeing(verdict, best) {
        Some((claim, requirement, _)) => name(claim, requirement),
        None => verdict.claims.first().map_or_else(String::new, |claim| format!("`{}`", claim.evidence.text)),
    }
}

/// Names a release as it was asked for: the row may be of another one of its line.
fn name(claim: &Claim<'_>, requirement: &Requirement) -> String {
    let Statement::Framework(request) = &claim.evidence.statement else { return String::new() };
    match (&request.release, requirement.version, request.companion) {
        (_, Some(version), Some(own)) => {
            format!("{} {} on {} {version}", own.name, own.version, requirement.framework)
        }
        (Wanted::At(asked), Some(row), _) if asked.numbers().len() > 2 && !asked.starts_with(row) => {
            format!("{} {asked} (as {row})", requirement.framework)
        }
        (_, Some(row), _) => format!("{} {row}", requirement.framework),
        (_, None, _) => request.package.map_or_else(String::new, |package| package.name.clone()),
    }
}

/// Returns the strongest claim of a framework for which the toolkit will do, with what it needs.
fn agreeing<'v, 'e>(
    verdict: &'v Verdict<'e>,
    best: &Candidate,
) -> Option<(&'v Claim<'e>, &'v Requirement, &'v Choice)> {
    verdict.claims.iter().find_map(|claim| {
        claim.requirements.iter().find_map(|requirement| {
            let choice =
                requirement.choices.iter().find(|choice| lines(&choice.cuda).contains(&best.line))?;
            Some((claim, requirement, choice))
        })
    })
}

/// Lists what is needed.
pub(super) fn facts(verdict: &Verdict<'_>, best: &Candidate, host: &Host) -> Vec<Fact> {
    let mut facts = vec![cuda(verdict, best)];
    if let Some((claim, requirement, choice)) = agreeing(verdict, best) {
        let source = source_words(requirement.source);
        let subject = name(claim, requirement);
        if let Some(cudnn) = &choice.cudnn {
            let value = cudnn.to_string();
            let reason = format!("{subject} was made with it; a later {} will do", cudnn.truncated(1));
            facts.push(Fact { name: "cuDNN", value, reason, source: source.clone() });
        }
        if let Some(python) = requirement.python {
            let reason = format!("{subject} has packages for it");
            facts.push(Fact { name: "Python", value: python.to_owned(), reason, source });
        }
    }
    facts.extend(gcc(verdict, best));
    facts.extend(needed_driver(best, host));
    facts
}

fn cuda(verdict: &Verdict<'_>, best: &Candidate) -> Fact {
    let value = best.line.to_string();
    if let Some((claim, requirement, _)) = agreeing(verdict, best) {
        let (subject, evidence) = (name(claim, requirement), place(claim.evidence));
        let reason = format!("{subject} was made for it ({evidence})");
        return Fact { name: "CUDA", value, reason, source: source_of(claim, requirement) };
    }
    let evidence = verdict.claims.first().map(|claim| claim.evidence);
    let source = evidence.map_or_else(String::new, Evidence::place);
    let reason = evidence.map_or_else(String::new, |evidence| format!("`{}` names it", evidence.text));
    Fact { name: "CUDA", value, reason, source }
}

/// What a package goes by has a source of its own.
fn source_of(claim: &Claim<'_>, requirement: &Requirement) -> String {
    let source = source_words(requirement.source);
    match &claim.evidence.statement {
        Statement::Framework(request) => {
            request.companion.map_or(source.clone(), |own| format!("{}; {source}", source_words(&own.source)))
        }
        _ => source,
    }
}

fn place(evidence: &Evidence) -> String {
    format!("`{}` in {}", evidence.text, evidence.place())
}

fn gcc(verdict: &Verdict<'_>, best: &Candidate) -> Option<Fact> {
    let limits = Limits::from_header("", &best.line);
    let value = limits.newest_gcc().map(|newest| format!("up to {newest}"))?;
    let built = agreeing(verdict, best).and_then(|(claim, requirement, _)| {
        requirement
            .compiler
            .map(|compiler| format!("; {} was compiled with {compiler}", name(claim, requirement)))
    });
    let taken = limits.words(CompilerKind::Gcc);
    let reason = format!("nvcc of CUDA {} takes {taken}{}", best.line, built.unwrap_or_default());
    Some(Fact { name: "gcc", value, reason, source: Limits::source(&best.line)?.to_owned() })
}

fn needed_driver(best: &Candidate, host: &Host) -> Option<Fact> {
    let floor = driver::floor(&best.line)?;
    let here = host.driver.version().map(|own| format!("; this machine has {own}")).unwrap_or_default();
    let reason = format!("CUDA {} needs it or a newer one{here}", best.line);
    Some(Fact { name: "driver", value: floor.driver.to_string(), reason, source: floor.source.to_owned() })
}

/// Says whether a toolkit is needed to run a framework.
pub(super) fn own_cuda(claim: &Claim<'_>, best: &Candidate) -> Option<String> {
    let is_for = |choice: &Choice| lines(&choice.cuda).contains(&best.line);
    let fitting = claim.requirements.iter().find(|requirement| requirement.choices.iter().any(is_for));
    let requirement = fitting.or(claim.requirements.first())?;
    let subject = name(claim, requirement);
    if claim.evidence.is_conda {
        return Some(format!(
            "{subject}: conda's packages bring their own CUDA; no toolkit is needed to run it, only to compile \
             extensions"
        ));
    }
    match (&requirement.own_cuda, claim.brings_cuda) {
        (_, Some(true)) => Some(format!(
            "{subject}: its wheels bring their own CUDA; no toolkit is needed to run it, only to compile extensions"
        )),
        (OwnCuda::WithExtra(extra), Some(false)) => Some(format!(
            "{subject}: `{}[{extra}]` would bring its own CUDA; as it is written, a toolkit is needed",
            requirement.framework
        )),
        _ => None,
    }
}
