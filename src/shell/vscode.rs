//! Settings for VS Code: its terminals, the CMake Tools and IntelliSense.

use serde_json::json;

use super::format::Toolkit;
use super::project;

pub(super) fn render(toolkit: &Toolkit<'_>) -> Vec<u8> {
    let root = toolkit.root.to_string_lossy();
    let variables = project::variables(toolkit, "${env:PATH}");
    project::pretty(&json!({
        "C_Cpp.default.compilerPath": format!("{root}/bin/nvcc"),
        "C_Cpp.default.includePath": ["${workspaceFolder}/**", format!("{root}/include")],
        "cmake.configureSettings": { "CMAKE_CUDA_COMPILER": format!("{root}/bin/nvcc") },
        "cmake.environment": variables,
        "terminal.integrated.env.linux": variables,
    }))
}
