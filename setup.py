"""Builds the package and the C core (cffi, API mode, one wheel for every Python from 3.10)."""

from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

CORE = "snnrt.csrc"
ROOMS = {
    "runtime": "snnrt",
    "converters": "snnrt.converters",
    "targets": "snnrt.targets",
    "training": "snnrt.training",
}
HERE = Path(__file__).resolve().parent


def _packages() -> dict[str, str]:
    """Every package by its folder: what has an ``__init__.py`` below the top-level rooms."""
    found = {CORE: "csrc"}
    for folder, package in ROOMS.items():
        for init in sorted((HERE / folder).rglob("__init__.py")):
            inner = init.parent.relative_to(HERE / folder).parts
            found[".".join((package, *inner))] = "/".join((folder, *inner))
    return found


class _BuildPython(build_py):
    """The core's sources are data of the package (`snnrt export` copies them), not Python."""

    def find_package_modules(self, package, package_dir):
        if package == CORE:
            return []
        return super().find_package_modules(package, package_dir)

    def check_package(self, package, package_dir):
        if package == CORE:
            return None
        return super().check_package(package, package_dir)


PACKAGES = _packages()

setup(
    package_dir=PACKAGES,
    packages=list(PACKAGES),
    package_data={
        "snnrt": ["py.typed"],
        "snnrt.targets": ["profiles/*.toml", "cores/*.toml", "*.toml"],
        "snnrt.targets.report": ["templates/*"],
        "snnrt.targets.emulator": ["boards/*"],
        "snnrt.targets.export": ["templates/*"],
        CORE: ["*.[ch]", "nodes/*.[ch]", "kernels/*.[ch]", "kernels/arm/*.[ch]", "kernels/riscv/*.[ch]"],
    },
    exclude_package_data={CORE: ["build_core.py", "host/*", "kernels/x86/*"]},
    cffi_modules=["csrc/build_core.py:builder"],
    cmdclass={"build_py": _BuildPython},
    options={"bdist_wheel": {"py_limited_api": "cp310"}},
)
