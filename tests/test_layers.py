"""Imports run one way: also those in functions, those for types, and modules that a table names as text."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = {
    "runtime": "snnrt",
    "converters": "snnrt.converters",
    "targets": "snnrt.targets",
    "training": "snnrt.training",
}

EVERYWHERE = ("errors", "texts", "units", "brief", "atomic_write", "")
"""What any room may import; the last is the package itself, for its version."""

ROOMS: dict[str, tuple[str, ...]] = {
    "texts": (),
    "units": (),
    "errors": ("texts",),
    "brief": ("texts",),
    "atomic_write": ("errors", "texts"),
    "ir": ("errors", "texts"),
    "format": ("ir",),
    "summary": ("format", "ir"),
    "exits": ("format", "ir"),
    "data": ("format", "ir"),
    "results": ("data", "exits", "format", "ir"),
    "reference": ("results", "exits", "format", "ir"),
    "health": ("results", "exits", "format", "ir"),
    # what a chip is made of, which devices compute with and targets cost
    "devices.crossbar.config": ("errors", "texts"),
    "devices.crossbar.description": ("devices.crossbar.config", "errors", "texts", "units"),
    "devices": (
        "devices.crossbar.description", "devices.crossbar.config", "reference", "data", "results",
        "exits", "format", "ir",
    ),
    "converters": ("results", "data", "ir"),
    "targets": (
        "devices.crossbar.description", "devices.crossbar.config", "results", "format", "ir",
    ),
    "targets.export": ("targets", "results", "data", "format", "ir"),
    # it runs models, as the modules in devices do
    "targets.emulator": ("targets.export", "targets", "devices", "results", "exits", "format", "ir"),
    "targets.sweep": (
        "targets", "devices", "devices.crossbar.config", "data", "results", "exits", "format", "ir",
    ),
    "comparison": ("devices", "reference", "data", "results", "exits", "format", "ir"),
    "calibration": ("devices", "data", "results", "exits", "format", "ir"),
    "reporting": (
        "summary", "calibration", "targets", "devices", "data", "results", "exits", "format", "ir",
    ),
    "silence": ("devices", "results", "format", "ir"),
    "network_facts": ("summary", "devices", "results", "format", "ir"),
    "network_costs": ("network_facts", "devices", "data", "results", "format", "ir"),
    "network_exits": (
        "network_facts", "calibration", "devices", "data", "results", "exits", "format", "ir",
    ),
    "network": (
        "network_costs", "network_exits", "network_facts", "silence", "comparison", "devices", "reference",
        "data", "results", "format", "ir",
    ),
    "opening": ("network", "silence", "devices", "data", "ir"),
    "training": (
        "opening", "network", "converters", "targets", "devices", "data", "results", "exits", "format", "ir",
    ),
    "cli": (
        "reporting", "calibration", "comparison", "silence", "summary", "opening", "network",
        "targets.emulator", "targets.export", "targets.sweep", "targets", "converters", "devices", "health",
        "data", "reference", "results", "exits", "format", "ir",
    ),
    "__main__": ("cli",),
}  # fmt: skip
"""What each room may import beside itself and EVERYWHERE: only rooms that stand above it."""

LATE = {
    "network": ("converters",), "opening": ("converters",),
    "network_costs": ("targets", "targets.sweep", "reporting"), "network_exits": ("targets",),
    "comparison": ("converters",), "devices": ("targets", "targets.emulator"),
}  # fmt: skip
"""What a room may name, but not import before it is asked for."""

CORE = ("snnrt.devices.core", "snnrt.devices.cpu", "snnrt.devices.crossbar.core")
"""Through which everything reaches the C core."""

PACKAGES = {
    "numpy": ("",), "tomli": ("",), "typing_extensions": ("",),
    "rich": ("cli", "training"), "argcomplete": ("cli",),
    "sklearn": ("data",), "PIL": ("data",), "zstandard": ("data",),
    "nir": ("converters.nir",), "h5py": ("converters.nir",),
    "onnx": ("converters.onnx",),
    "torch": ("converters.torch", "training"), "snntorch": ("training",),
    "matplotlib": ("targets",), "jinja2": ("targets",), "markupsafe": ("targets",),
    "distributed": ("targets.sweep",),
}  # fmt: skip
"""Packages of others, and the rooms that may import them."""

EXCEPTIONS = {
    ("converters.passes", "devices"): "runs the network to see what its synapses read and how far it goes",
    ("health.record", "network"): "takes a Network for the model that a record is compared with",
    ("targets.code_sizes", "targets.export"): "asks which files of the core a build has",
    ("targets.device_needs", "network"): "takes a Network; a Model would do",
    ("targets.emulator.busiest", "network"): "takes a Network; a Model would do",
    ("targets.export.model_sources", "network"): "takes a Network; a Model would do",
    ("targets.export.project", "network"): "takes a Network; a Model would do",
    ("targets.profiling", "devices"): "runs what it profiles",
}
"""What breaks the table today, and why: this list only gets shorter."""


def module_name(path: Path) -> str:
    folder, *parts = path.relative_to(ROOT).with_suffix("").parts
    parts = parts[:-1] if parts[-1] == "__init__" else parts
    return ".".join((FOLDERS[folder], *parts))


MODULES = {module_name(path): path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))}


def short(module: str) -> str:
    return module.removeprefix("snnrt").removeprefix(".")


def room(module: str) -> str:
    """The longest name in ROOMS that the module's begins with; its own where there is none."""
    name = short(module)
    found = [known for known in ROOMS if name == known or name.startswith(known + ".")]
    return max(found, key=len, default=name)


def imported(tree: ast.AST, late: bool = False) -> Iterator[tuple[str, bool]]:
    """Each module that a source imports, and whether only later or for types."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, late) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports"
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                yield name if name in MODULES or name == "snnrt._core" else str(node.module), late
        elif isinstance(node, ast.Constant) and node.value in MODULES and node.value != "snnrt":
            yield str(node.value), True
        types_only = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        function = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        yield from imported(node, late or function or types_only)


def complaints(module: str, source: str) -> Iterator[str]:
    """One line for each import of ``source`` that may not be."""
    own = room(module)
    for name, late in imported(ast.parse(source)):
        package = name.split(".")[0]
        if package != "snnrt":
            allowed = PACKAGES.get(package, ())
            inside = any(short(module) == a or not a or short(module).startswith(a + ".") for a in allowed)
            if not inside and package not in sys.stdlib_module_names:
                yield f"{module} imports {package}: " + (
                    f"only {allowed} may" if allowed else "not in PACKAGES"
                )
        elif name.startswith("snnrt._core"):
            if module not in CORE:
                yield f"{module} imports the C core: only {', '.join(CORE)} may"
        elif room(name) not in (own, *EVERYWHERE, *ROOMS.get(own, ()), *(LATE.get(own, ()) if late else ())):
            yield f"{module} imports {name}: {own or 'the package'} may import {ROOMS.get(own, ())}"


def excused(line: str) -> tuple[str, str] | None:
    """The exception that a complaint falls under."""
    module, _, rest = line.partition(" imports ")
    name, part = rest.split(":")[0], short(module)
    for first, second in EXCEPTIONS:
        if (part == first or part.startswith(first + ".")) and room(name) == second:
            return first, second
    return None


@cache
def all_complaints() -> list[str]:
    # the package imports each public name when it is asked for
    modules = {name: path for name, path in MODULES.items() if name != "snnrt"}
    return [line for name, path in modules.items() for line in complaints(name, path.read_text("utf-8"))]


def test_imports_run_one_way() -> None:
    wrong = [line for line in all_complaints() if excused(line) is None]
    assert not wrong, "\n" + "\n".join(wrong)


def test_exceptions_are_still_needed() -> None:
    needed = {excused(line) for line in all_complaints()}
    assert EXCEPTIONS.keys() <= needed, f"strike out {sorted(EXCEPTIONS.keys() - needed)}"


def test_the_table_has_no_circle() -> None:
    """Each room imports only what stands above it, and every module is in a room."""
    seen: set[str] = set()
    for name, allowed in ROOMS.items():
        assert set(allowed) <= seen, name
        seen.add(name)
    assert {room(module) for module in MODULES} <= {*ROOMS, ""}


@pytest.mark.parametrize(
    ("module", "source", "words"),
    [
        ("snnrt.ir.graph", "from snnrt.format.model import Model", "ir may import"),
        ("snnrt.ir.graph", "def f():\n    import snnrt.network", "snnrt.network"),
        ("snnrt.ir.graph", "if TYPE_CHECKING:\n    from snnrt import network", "snnrt.network"),
        ("snnrt.exits.rules", "def f():\n    import torch", "torch"),
        ("snnrt.converters.nir.reader", "from torch import nn", "torch"),
        ("snnrt.format.model", "from snnrt._core import lib", "the C core"),
        ("snnrt.format.model", "from snnrt import _core", "the C core"),
        ("snnrt.network", "from snnrt.targets.loading import load_target", "snnrt.targets.loading"),
        ("snnrt.exits.rules", "HOME = {'a': 'snnrt.network'}", "snnrt.network"),
        ("snnrt.data.load", "import pandas", "not in PACKAGES"),
    ],
)
def test_wrong_imports_are_found(module: str, source: str, words: str) -> None:
    assert words in "".join(complaints(module, source))


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("snnrt.network_costs", "def f():\n    from snnrt.targets.loading import load_target"),
        ("snnrt.training.bptt", "import torch\nfrom snnrt.network import Network"),
        ("snnrt.converters.torch.reader", "import torch"),
        ("snnrt.cli.run", "import argparse, rich\nfrom snnrt import __version__"),
        ("snnrt.devices.registry", "MODULES = ('snnrt.targets.emulator.device',)"),
    ],
)
def test_right_imports_pass(module: str, source: str) -> None:
    assert list(complaints(module, source)) == []
