//! The nouns: request → release → artifact → plan → receipt. Plain data and its text forms; no I/O.

pub mod adaptation;
pub mod artifact;
pub mod checksum;
pub mod component;
pub mod digest;
pub mod environment;
pub mod fix_up;
pub mod plan;
pub mod platform;
pub mod profile;
pub mod receipt;
pub mod release;
pub mod request;
pub mod toolchain;
pub mod version;

pub use adaptation::{Adaptation, CompatLink, CompilerChoice, CompilerKind, HostCompiler};
pub use artifact::{Artifact, Format};
pub use checksum::{Checksum, Md5Sum};
pub use component::ComponentName;
pub use digest::{Digest, Trust};
pub use environment::Environment;
pub use fix_up::{Change, FixUp};
pub use plan::Plan;
pub use platform::Platform;
pub use profile::Profile;
pub use receipt::{Entry, EntryKind, PackageReceipt, ToolchainReceipt, ToolchainSummary};
pub use release::Release;
pub use request::ToolchainRequest;
pub use toolchain::{AddOn, PackageId, ToolchainName};
pub use version::Version;
