"""The part of the build that pyproject.toml cannot say: modules in C.

All are optional. Where there is no compiler the package is installed without them, and decides the
same in Python, slower (docs/design.md).
"""

from setuptools import Extension, setup

MODULES = (
    "model_router/_lanes",
    "model_router/signals/_automaton",
    "model_router/safety/_candidates",
    "model_router/safety/_clause",
)

setup(
    ext_modules=[
        Extension(
            module.replace("/", "."),
            [f"{module}.c"],
            depends=["model_router/_lanes.h"],
            optional=True,
        )
        for module in MODULES
    ]
)
