//! Real stories: NVIDIA's genuine toolkits, installed from the Python package index that this machine is
//! configured with, really compile. Each is ignored unless asked for, and left out, visibly, unless
//! `CUDAMAN_TEST_REAL=1`. What is downloaded stays in `target/real-store` and `target/real-cache`.

mod cmake;
mod debian;
mod empty_home;
mod from_debian;
mod hook;
mod host_compiler;
mod make;
mod pytorch;
mod runtime;
mod workshop;
