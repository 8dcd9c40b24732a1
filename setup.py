"""The part of the build that pyproject.toml cannot say: two modules in C.

Both are optional. Where there is no compiler the package is installed without them, and decides the
same in Python, slower (docs/design.md).
"""

from setuptools import Extension, setup

MODULES = ("model_router/signals/_automaton", "model_router/safety/_candidates")

setup(
    ext_modules=[
        Extension(module.replace("/", "."), [f"{module}.c"], optional=True) for module in MODULES
    ]
)
