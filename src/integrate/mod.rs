//! Where cudaman takes effect outside its own home: rc files and, one file each, the tools that have activation
//! scripts of their own. Everything written here is marked, and can be taken away without a trace.

pub mod rc;
