//! Weighs statements against each other: the strongest says what is asked for, and each of the others
//! narrows that, or contradicts it.

use super::evidence::{Evidence, Statement};
use super::fit;
use crate::compat::framework::request::{FrameworkRequest, Wanted};
use crate::compat::framework::{self, Choice, Requirement};
use crate::model::ToolchainRequest;
use crate::model::request::{AddOns, Base, Operator};

/// A statement, and what it leaves open.
#[derive(Clone, Debug)]
pub(super) struct Claim<'e> {
    pub(super) evidence: &'e Evidence,
    /// What a framework needs: of each release that was left open, the newest first.
    pub(super) requirements: Vec<Requirement>,
    /// Whether the framework's packages bring CUDA's libraries.
    pub(super) brings_cuda: Option<bool>,
    pub(super) choices: Vec<ToolchainRequest>,
}

/// What is left of all claims.
pub(super) struct Verdict<'e> {
    /// The strongest first.
    pub(super) claims: Vec<Claim<'e>>,
    pub(super) choices: Vec<ToolchainRequest>,
    pub(super) conflicts: Vec<String>,
}

/// Returns what a statement leaves open; nothing for one of which nothing is known.
pub(super) fn claim(evidence: &Evidence) -> Option<Claim<'_>> {
    match &evidence.statement {
        Statement::Unknown(_) => None,
        Statement::Toolkit(choices) => {
            Some(Claim { evidence, requirements: Vec::new(), brings_cuda: None, choices: choices.clone() })
        }
        Statement::Framework(request) => {
            let requirement = request.requirement().ok()?;
            let brings = if evidence.is_conda { Some(true) } else { request.brings_cuda(&requirement) };
            let requirements = releases(request, requirement);
            let mut choices: Vec<ToolchainRequest> = Vec::new();
            for choice in requirements.iter().flat_map(|release| &release.choices).map(Choice::request) {
                if !choices.contains(&choice) {
                    choices.push(choice);
                }
            }
            Some(Claim { evidence, requirements, brings_cuda: brings, choices })
        }
    }
}

/// Returns what the newest release needs, and all others that a range leaves open.
fn releases(request: &FrameworkRequest, newest: Requirement) -> Vec<Requirement> {
    let base = match &request.release {
        _ if request.package.is_some() => return vec![newest],
        Wanted::Any => Base::Latest,
        Wanted::At(_) => return vec![newest],
        Wanted::Within(bounds) => Base::Range(bounds.clone()),
    };
    let range = ToolchainRequest { base, add_ons: AddOns::Any };
    let own = newest.version;
    let older = framework::versions(request.framework)
        .rev()
        .filter(|version| range.matches_release(version) && Some(*version) != own)
        .filter_map(|version| framework::requirement(request.framework, Some(version)).ok())
        .filter_map(|release| match &request.cuda {
            Some(cuda) => release.narrowed(cuda),
            None => Some(release),
        });
    let older: Vec<Requirement> = older.collect();
    std::iter::once(newest).chain(older).collect()
}

/// Weighs claims: by strength; those for every use before those for some; those that need a toolkit before
/// those that bring CUDA themselves; those that were read first.
pub(super) fn weigh(mut claims: Vec<Claim<'_>>) -> Option<Verdict<'_>> {
    claims.sort_by_key(|claim| {
        let evidence = claim.evidence;
        (std::cmp::Reverse(evidence.strength), evidence.is_optional, claim.brings_cuda == Some(true))
    });
    let first = claims.first()?;
    let mut choices = first.choices.clone();
    let mut conflicts = Vec::new();
    for (index, other) in claims.iter().enumerate().skip(1) {
        let narrowed = narrowed(&choices, &other.choices);
        if narrowed.is_empty() {
            let against =
                claims[..index].iter().find(|one| self::narrowed(&one.choices, &other.choices).is_empty());
            conflicts.push(conflict(against.unwrap_or(first), other));
        } else {
            choices = narrowed;
        }
    }
    conflicts.dedup();
    Some(Verdict { claims, choices, conflicts })
}

/// Keeps of each choice what another list leaves of it.
fn narrowed(choices: &[ToolchainRequest], others: &[ToolchainRequest]) -> Vec<ToolchainRequest> {
    let mut found: Vec<ToolchainRequest> = Vec::new();
    for choice in choices {
        for other in others {
            if let Some(both) = both(choice, other).filter(|both| !found.contains(both)) {
                found.push(both);
            }
        }
    }
    found
}

/// Returns the request for what satisfies two: the narrower one, with the add-ons of both.
fn both(one: &ToolchainRequest, other: &ToolchainRequest) -> Option<ToolchainRequest> {
    let (own, others) = (fit::lines(one), fit::lines(other));
    let shared: Vec<_> = own.iter().filter(|line| others.contains(line)).collect();
    let (newest, oldest) = (*shared.first()?, *shared.last()?);
    let base = if shared.len() == own.len() && (own.len() < others.len() || is_narrower(one, other)) {
        one.base.clone()
    } else if shared.len() == others.len() {
        other.base.clone()
    } else if newest == oldest {
        Base::Prefix(newest.clone())
    } else {
        let bounds = [(Operator::GreaterOrEqual, oldest.clone()), (Operator::LessOrEqual, newest.clone())];
        Base::Range(bounds.to_vec())
    };
    let add_ons = if one.add_ons == AddOns::Any { &other.add_ons } else { &one.add_ons };
    Some(ToolchainRequest { base, add_ons: add_ons.clone() })
}

/// Of two requests for one line, the one with more numbers says more: 10.0.130 against 10.0.
fn is_narrower(one: &ToolchainRequest, other: &ToolchainRequest) -> bool {
    let length = |request: &ToolchainRequest| match &request.base {
        Base::Prefix(version) => version.numbers().len(),
        _ => 0,
    };
    length(one) >= length(other)
}

fn conflict(one: &Claim<'_>, other: &Claim<'_>) -> String {
    let (strong, weak) = (one.evidence, other.evidence);
    let reason = if strong.strength > weak.strength {
        format!("{} counts more than {}", strong.strength.words(), weak.strength.words())
    } else if weak.is_optional && !strong.is_optional {
        "the other is for some uses only".to_owned()
    } else if other.brings_cuda == Some(true) && one.brings_cuda != Some(true) {
        "the other brings its own CUDA".to_owned()
    } else {
        "it was read first".to_owned()
    };
    format!(
        "`{}` in {} means CUDA {}, and `{}` in {} means CUDA {}: the former is followed, since {reason}",
        strong.text,
        strong.place(),
        words(&one.choices),
        weak.text,
        weak.place(),
        words(&other.choices)
    )
}

/// Says which CUDA each of these leaves open: `12.1 or 11.8`.
fn words(choices: &[ToolchainRequest]) -> String {
    let bare = |choice: &ToolchainRequest| {
        ToolchainRequest { base: choice.base.clone(), add_ons: AddOns::Any }.to_string()
    };
    let mut words: Vec<String> = choices.iter().map(bare).collect();
    words.dedup();
    words.truncate(6);
    words.join(" or ")
}
