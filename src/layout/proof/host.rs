//! The host's compiler against the limits that the toolkit sets. It can only warn: a compiler can be
//! installed, or chosen, at any time.

use super::{Finding, Matter, Subject};
use crate::compat::{self, Compiler, CompilerError, GlibcFix, Limits};
use crate::layout::adapt;
use crate::model::{Adaptation, Environment, HostCompiler};

/// What was found out about the host's compiler.
pub(super) struct Host {
    pub(super) is_present: bool,
    pub(super) findings: Vec<Finding>,
}

/// Asks the compiler that nvcc would use what it is.
pub(super) fn check(subject: &Subject<'_>, environment: &Environment) -> Host {
    let Subject { root, adaptation, .. } = *subject;
    let limits = Limits::of(root, subject.cuda);
    let compiler = match &adaptation.host_compiler {
        // What nvcc starts may be another one than its name says: ccache stands for many.
        Some(own) => {
            let started = root.join(adapt::HOST_COMPILERS).join(own.kind.names().0);
            Compiler::at(&started, environment).map(|started| shown_as(started, own))
        }
        None => Compiler::named("gcc", environment),
    };
    let mut findings = Vec::new();
    let compiler = match compiler {
        Ok(compiler) => compiler,
        Err(error) => {
            let is_present = matches!(error, CompilerError::Partner { .. });
            let advice = advice(subject, &limits, environment);
            findings.push(Finding::warning(
                Matter::CompilerMissing,
                absence(&error, adaptation),
                Some(advice),
            ));
            return Host { is_present, findings };
        }
    };
    findings.extend(unfit(&compiler, &limits, subject, environment));
    findings.extend(colliding(&compiler, subject));
    Host { is_present: true, findings }
}

fn absence(error: &CompilerError, adaptation: &Adaptation) -> String {
    match (error, &adaptation.host_compiler) {
        (CompilerError::Missing { .. }, None) => {
            "there is no `gcc` on PATH, and nvcc needs one to compile".to_owned()
        }
        (_, Some(own)) => format!("its host compiler {own} is gone: {error}"),
        _ => error.to_string(),
    }
}

fn shown_as(started: Compiler, own: &HostCompiler) -> Compiler {
    let host = HostCompiler { c: own.c.clone(), cxx: own.cxx.clone(), ..started.host };
    Compiler { host, ..started }
}

fn unfit(
    compiler: &Compiler,
    limits: &Limits,
    subject: &Subject<'_>,
    environment: &Environment,
) -> Option<Finding> {
    if limits.admit(&compiler.host) {
        return None;
    }
    let words = limits.words(compiler.host.kind);
    let message = format!("the host compiler is {}, and this toolkit takes {words}", compiler.host);
    Some(Finding::warning(Matter::CompilerUnfit, message, Some(advice(subject, limits, environment))))
}

/// Where somebody chose, another choice is the next step; else there is none that suits to be chosen.
fn advice(subject: &Subject<'_>, limits: &Limits, environment: &Environment) -> String {
    let adaptation = subject.adaptation;
    if adaptation.choice.is_automatic() && adaptation.host_compiler.is_none() {
        return compat::supply(limits, environment);
    }
    format!("`cudaman config host-compiler auto --for {}` looks for one that suits", subject.name)
}

/// Tells whether C++ programs fail for what glibc declares since 2.41.
fn colliding(compiler: &Compiler, subject: &Subject<'_>) -> Option<Finding> {
    let glibc = compiler.glibc.as_ref().filter(|glibc| compat::collides(glibc))?;
    let (path, header) = adapt::MATH_FUNCTIONS.iter().find_map(|path| {
        Some((path, fs_err::read_to_string(subject.root.join("include").join(path)).ok()?))
    })?;
    if compat::glibc_fix(&header) == GlibcFix::NotNeeded {
        return None;
    }
    let message = format!(
        "glibc {glibc} declares sinpi(), cospi() and their kin otherwise than `include/{path}`, and C++ \
         programs don't compile with both"
    );
    let hint = format!(
        "`cudaman install {} --glibc-fix on` changes the header, and `off` brings it back",
        subject.cuda
    );
    Some(Finding::warning(Matter::Glibc, message, Some(hint)))
}
