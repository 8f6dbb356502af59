"""Bytes of code and stack that a model's firmware takes on each core: the table that cross builds wrote."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from snnrt.errors import TargetError
from snnrt.ir.graph import Graph
from snnrt.targets.export.core_sources import options_for
from snnrt.targets.loading import tomllib

TABLE = Path(__file__).with_name("code_sizes.toml")
_PREFIX = "SNNRT_WITH_"
_NUMBERS = ("int8", "float32")
OPTIONAL_PARTS = ("health", "verify", "strings", "counters", "trace", "model_check")
"""Parts that firmware may have whatever its model; the builds of the table have the last of them."""
# switches that no model needs; the builds of the table have the check of the model and none of the others
_NOT_OF_MODELS = frozenset(
    {"model_check", "counters", "trace", "strings", "health", "kernel_table", "vector_scratch"}
)


@dataclass(frozen=True)
class CoreBuild:
    """A model's firmware on one core, from a real build of the same parts: ``compiler`` and ``flags`` it
    was built with, bytes of code and constants (``core_bytes`` of snnrt itself, ``compiler_bytes`` and
    ``library_bytes`` of what the linker added), of an ``snnrt_network`` in RAM, and the most stack a call
    takes. ``added_bytes``: code that each of OPTIONAL_PARTS adds to the smallest build (``model_check`` is in
    it already)."""

    core: str
    compiler: str
    flags: str
    core_bytes: int
    compiler_bytes: int
    library_bytes: int
    network_bytes: int
    init_stack_bytes: int
    step_stack_bytes: int
    run_stack_bytes: int
    verify_stack_bytes: int
    added_bytes: dict[str, int]

    @property
    def code_bytes(self) -> int:
        """All of flash but the model and the firmware's own code."""
        return self.core_bytes + self.compiler_bytes + self.library_bytes

    @property
    def stack_bytes(self) -> int:
        """The most that any of the calls takes."""
        return max(
            self.init_stack_bytes, self.step_stack_bytes, self.run_stack_bytes, self.verify_stack_bytes
        )


def build_key(options: Mapping[str, int]) -> str:
    """What the table calls the build with these switches (``options_for``): those of the model that are 1."""
    names = {name.removeprefix(_PREFIX).lower() for name, value in options.items() if value}
    return " ".join(sorted(names - _NOT_OF_MODELS, key=lambda name: (name not in _NUMBERS, name)))


@cache
def read_table() -> dict[str, Any]:
    """The table. Raises TargetError where it is not what it must be, which a broken installation can do."""
    try:
        table = tomllib.loads(TABLE.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise TargetError(f"{TABLE.name}: cannot be read ({error}); install snnrt again") from error
    if table.get("format") != 1:
        raise TargetError(f"{TABLE.name}: expected format 1, found {table.get('format')!r}; install again")
    return table


def core_names() -> tuple[str, ...]:
    """The cores of the table."""
    return tuple(read_table()["cores"])


def builds_for(graph: Graph, core: str | None = None) -> tuple[CoreBuild, ...]:
    """The firmware of ``graph`` on every core, or on the one called ``core``; TargetError where there is
    none."""
    cores = read_table()["cores"]
    if core is not None and core not in cores:
        raise TargetError(f"core {core!r} is unknown; expected one of {', '.join(cores)}")
    key = build_key(options_for(graph))
    found = []
    for name in cores if core is None else (core,):
        row = cores[name]["builds"].get(key)
        if row is None:
            raise TargetError(
                f"{TABLE.name}: expected the build {key!r} for {name}, found none; run make sizes"
            )
        found.append(
            CoreBuild(
                core=name,
                compiler=cores[name]["compiler"],
                flags=cores[name]["flags"],
                core_bytes=row["core"],
                compiler_bytes=row["compiler"],
                library_bytes=row["library"],
                network_bytes=cores[name]["network"],
                init_stack_bytes=row["init"],
                step_stack_bytes=row["step"],
                run_stack_bytes=row["run"],
                verify_stack_bytes=row["verify"],
                added_bytes={part: cores[name]["added"][part] for part in OPTIONAL_PARTS},
            )
        )
    return tuple(found)
