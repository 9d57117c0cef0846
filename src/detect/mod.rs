//! What a project says about CUDA, and what that means on a machine. It reads files as text: nothing is
//! executed, imported or downloaded, and what isn't known is said to be unknown.

mod alternatives;
mod answer;
mod choose;
mod collector;
mod evidence;
mod facts;
mod fit;
mod installed;
mod leaves;
mod project;
mod readers;
mod said;
mod wheel;

pub use answer::{Alternative, Answer, Fact, Unanswered, answer, answer_among};
pub use collector::Findings;
pub use evidence::{Evidence, Statement, Strength};
pub use project::{asked, of_file, of_project};

#[cfg(test)]
mod tests;
