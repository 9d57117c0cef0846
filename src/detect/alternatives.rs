//! What else would do: other toolkits, other releases of the framework, and why the preferred one doesn't fit.

use super::answer::Alternative;
use super::choose::{Claim, Verdict};
use super::evidence::Strength;
use super::fit::{Candidate, Grade, candidate};
use crate::compat::framework::{self, Choice, Framework};
use crate::host::Host;
use crate::model::{ToolchainRequest, Version};

/// More than these are not shown.
const MOST: usize = 8;

/// A range of releases leaves more open than anybody wants to read.
const FEW: usize = 4;

/// Lists the other choices with how they fit, and where nothing fits the nearest release that would.
pub(super) fn alternatives(
    verdict: &Verdict<'_>,
    candidates: &[Candidate],
    (best, host): (&Candidate, &Host),
) -> Vec<Alternative> {
    let mut found: Vec<Alternative> = Vec::new();
    let mut seen: Vec<ToolchainRequest> = vec![best.request.clone()];
    let further = verdict.claims.iter().flat_map(named);
    let further: Vec<Candidate> = further.filter_map(|choice| candidate(choice, host)).collect();
    for other in candidates.iter().take(FEW).chain(&further) {
        if !seen.iter().any(|request| *request == other.request || is_same_line(request, &other.line)) {
            seen.push(other.request.clone());
            found.push(Alternative { what: other.request.to_string(), why: why(other) });
        }
    }
    found.truncate(MOST);
    if best.fit.grade == Grade::Not {
        found.extend(verdict.claims.iter().find_map(|claim| {
            let requirement = claim.requirements.first()?;
            nearest_release(requirement.framework, requirement.version?, host)
        }));
    }
    found
}

/// Returns what a claim names itself: a range of releases, or CUDA without a version, names nothing.
fn named<'c>(claim: &'c Claim<'_>) -> &'c [ToolchainRequest] {
    let is_open = claim.requirements.len() > 1 || claim.evidence.strength == Strength::Newest;
    if is_open { &[] } else { &claim.choices }
}

fn is_same_line(request: &ToolchainRequest, line: &Version) -> bool {
    super::fit::lines(request).first() == Some(line)
}

fn why(other: &Candidate) -> String {
    let reasons = other.fit.reasons.join("; ");
    match other.fit.grade {
        Grade::Runs => format!("CUDA {} is named too, and nothing here speaks against it", other.line),
        Grade::Limited => format!("with limits: {reasons}"),
        Grade::Not => format!("doesn't fit: {reasons}"),
    }
}

/// Finds the release of a framework next to one that fits, newer or older, for which a toolkit runs here.
fn nearest_release(framework: Framework, version: &Version, host: &Host) -> Option<Alternative> {
    let versions: Vec<&Version> = framework::versions(framework).collect();
    let own = versions.iter().position(|known| *known == version)?;
    let fitting = versions.iter().enumerate().filter_map(|(at, known)| {
        let requirement = framework::requirement(framework, Some(known)).ok()?;
        let candidates = requirement.choices.iter().map(Choice::request);
        let best =
            candidates.filter_map(|request| candidate(&request, host)).min_by_key(|one| one.fit.grade)?;
        (best.fit.grade != Grade::Not).then_some((best.fit.grade, own.abs_diff(at), *known, best))
    });
    let (.., known, best) = fitting.min_by_key(|(grade, distance, ..)| (*grade, *distance))?;
    Some(Alternative {
        what: format!("{framework}=={known}"),
        why: format!("the nearest release that fits this machine, with CUDA {}", best.line),
    })
}
