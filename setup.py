"""The part of the build that pyproject.toml cannot say: modules in C.

All are optional. Where there is no compiler the package is installed without them, and decides the
same in Python, slower (docs/design.md).
"""

from glob import glob

from setuptools import Extension, setup

MODULES = (
    "model_router/_verdict",
    "model_router/text/_slots",
    "model_router/text/_spelling",
    "model_router/text/_tokens",
    "model_router/signals/_automaton",
    "model_router/signals/_shapes",
    "model_router/safety/_candidates",
    "model_router/safety/_clause",
    "model_router/proxy/_body",
    "model_router/proxy/_form",
    "model_router/proxy/_heads",
)

HEADERS = sorted(glob("model_router/**/*.h", recursive=True))

setup(
    ext_modules=[
        Extension(
            module.replace("/", "."),
            [f"{module}.c"],
            depends=HEADERS,
            optional=True,
        )
        for module in MODULES
    ]
)
