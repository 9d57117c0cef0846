//! A kernelspec: notebooks whose kernel runs with one toolkit, whichever shell started Jupyter.

use serde_json::json;

use super::format::Toolkit;
use super::project;

pub(super) fn render(toolkit: &Toolkit<'_>) -> Vec<u8> {
    project::pretty(&json!({
        "argv": ["python3", "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": format!("Python 3 (CUDA {})", toolkit.name),
        "language": "python",
        "env": project::variables(toolkit, "${PATH}"),
    }))
}
