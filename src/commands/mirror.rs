//! `cudaman mirror`: writes a directory that stands for NVIDIA's host.

use std::path::PathBuf;

use anyhow::Result;
use clap_complete::ArgValueCandidates;
use serde::Serialize;

use super::install::source_names;
use crate::context::Context;
use crate::install::Order;
use crate::mirror;
use crate::model::{ComponentName, Platform, Profile, ToolchainRequest};
use crate::sources;

/// Write a directory that any web server, or file://, can serve as a mirror
#[derive(clap::Args)]
pub struct Mirror {
    /// Where to; what is there already stays
    #[arg(value_name = "DIR")]
    directory: PathBuf,

    /// Which toolkits, with which add-ons
    #[arg(required = true, value_name = "REQUEST", add = ArgValueCandidates::new(super::candidates::installable))]
    requests: Vec<ToolchainRequest>,

    /// How much of each release
    #[arg(long, short, value_enum)]
    profile: Option<Profile>,

    /// Further components, such as cuda_gdb
    #[arg(long, value_name = "COMPONENT", value_delimiter = ',')]
    with: Vec<ComponentName>,

    /// Ask this source only
    #[arg(long, value_parser = source_names())]
    source: Option<String>,

    /// For another platform than this machine's, such as linux-sbsa
    #[arg(long)]
    platform: Option<Platform>,

    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

/// What was written.
#[derive(Serialize)]
struct Report {
    url: String,
    archives: usize,
    fetched: usize,
    bytes: u64,
}

impl Mirror {
    /// Runs the command.
    ///
    /// # Errors
    /// Returns what can't be found, fetched or written.
    pub fn run(&self, context: &Context) -> Result<()> {
        let orders: Vec<Order> = self.requests.iter().map(|request| self.order(request)).collect();
        let mirrored = mirror::mirror(&self.directory, &orders, context)?;
        let directory = fs_err::canonicalize(&self.directory)?;
        let url = url::Url::from_directory_path(&directory).map(String::from).unwrap_or_default();
        context.ui.say(&mirrored.summary());
        context.ui.say(&format!("to use it: `CUDAMAN_MIRROR={url} cudaman install {}`", self.requests[0]));
        if self.json {
            let (archives, fetched, bytes) = (mirrored.archives, mirrored.fetched, mirrored.bytes);
            context.ui.json(&Report { url, archives, fetched, bytes })?;
        }
        Ok(())
    }

    fn order(&self, request: &ToolchainRequest) -> Order {
        Order {
            profile: self.profile,
            with: self.with.clone(),
            source: self.source.as_deref().and_then(sources::source).map(sources::Source::name),
            platform: self.platform,
            ..Order::new(request.clone())
        }
    }
}
