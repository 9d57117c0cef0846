//! Stories: what a user does from beginning to end, through the real program and a local mirror.

mod bench;
mod bundle;
mod bundle_lies;
mod bundle_program;
mod cli;
mod damage;
mod environment;
mod from;
mod from_faults;
mod full;
mod growth;
mod hostile;
mod injection;
mod install;
mod kill;
mod link;
mod mirror;
mod order;
mod pins;
mod plans;
mod pypi;
mod redist;
mod refusal;
mod runfile;
mod runfile_source;
mod together;
