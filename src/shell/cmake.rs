//! A preset for CMake 3.21 and later: a build directory of its own for each toolkit, since CMake keeps the
//! compiler's path there.

use serde_json::json;

use super::format::Toolkit;
use super::project;

pub(super) fn render(toolkit: &Toolkit<'_>) -> Vec<u8> {
    let name = format!("cuda-{}", toolkit.name);
    let root = toolkit.root.to_string_lossy();
    project::pretty(&json!({
        "version": 3,
        "configurePresets": [{
            "name": name,
            "displayName": format!("CUDA {}", toolkit.name),
            "binaryDir": format!("${{sourceDir}}/build/{name}"),
            "cacheVariables": {
                "CMAKE_CUDA_COMPILER": format!("{root}/bin/nvcc"),
                "CUDAToolkit_ROOT": root,
            },
            "environment": project::variables(toolkit, "$penv{PATH}"),
        }],
        "buildPresets": [{ "name": name, "configurePreset": name }],
    }))
}
