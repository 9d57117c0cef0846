"""Loads PyTorch's cpp_extension.py, with stubs for what it imports, and prints where it finds CUDA."""

import importlib.util
import json
import sys
import types
from unittest.mock import MagicMock


def stub(name, **members):
    module = types.ModuleType(name)
    module.__getattr__ = lambda member: MagicMock(name=f"{name}.{member}")
    module.__path__ = []
    vars(module).update(members)
    sys.modules[name] = module
    return module


cuda = types.SimpleNamespace(is_available=lambda: True, _is_compiled=lambda: True)
version = types.SimpleNamespace(hip=None, cuda="13.0", xpu=None)
appdirs = stub("torch._appdirs")
stub("torch", cuda=cuda, version=version, _appdirs=appdirs, __version__="2")
for name in ("utils", "utils.file_baton", "utils._cpp_extension_versioner", "utils.hipify", "torch_version"):
    stub(f"torch.{name}")
stub("torch.utils.hipify.hipify_python")
stub("setuptools")
stub("setuptools.command")
stub("setuptools.command.build_ext", build_ext=type("build_ext", (), {}))

spec = importlib.util.spec_from_file_location("torch.utils.cpp_extension", sys.argv[1])
extension = importlib.util.module_from_spec(spec)
spec.loader.exec_module(extension)
print(
    json.dumps(
        {
            "found": extension._find_cuda_home(),
            "home": extension.CUDA_HOME,
            "nvcc": extension._join_cuda_home("bin", "nvcc"),
            "include": extension.include_paths(cuda=True)[-1],
            "lib": extension.library_paths(cuda=True)[-1],
        }
    )
)
