"""Builds the package and the C core (cffi, API mode, one wheel for every Python from 3.10)."""

from setuptools import setup

setup(
    package_dir={
        "snnrt": "runtime",
        "snnrt.cli": "runtime/cli",
        "snnrt.converters": "converters",
        "snnrt.targets": "targets",
    },
    packages=["snnrt", "snnrt.cli", "snnrt.converters", "snnrt.targets"],
    package_data={
        "snnrt": ["py.typed"],
        "snnrt.targets": ["profiles/*.toml", "templates/*"],
    },
    cffi_modules=["csrc/build_core.py:builder"],
    options={"bdist_wheel": {"py_limited_api": "cp310"}},
)
