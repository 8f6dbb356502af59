"""Code and stack of a model's firmware on each core, in bytes: a base build and what each switch changes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from snnrt.errors import TargetError
from snnrt.ir.graph import Graph
from snnrt.targets.build_settings import OPTIMISATION, SETTINGS, Setting
from snnrt.targets.export.core_sources import ON_REQUEST, options_for
from snnrt.targets.loading import tomllib

TABLES = {setting: Path(__file__).with_name(f"code_sizes_{setting}.toml") for setting in SETTINGS}
FORMAT = 2
NUMBERS = ("int8", "float32")
BASE = frozenset({"exit_scores", "model_check"})
"""Switches of the smallest build, dense + LIF + entropy exit, beside the one of its number."""
OPTIONAL_PARTS = ("health", "monitor", "adaptation", "verify", "strings", "counters", "trace", "model_check")
"""Parts that firmware may have whatever its model; the builds of models have the last of them."""
WITHIN = {"depthwise": "conv2d"}
"""Switches that do nothing without another; the table has the build with both."""
CALLS = ("init", "step", "run", "verify")
"""Calls whose stack is in the table."""
_PREFIX = "SNNRT_WITH_"


@dataclass(frozen=True)
class CoreBuild:
    """A model's firmware on one core at one ``setting``: ``compiler`` and ``flags`` of the builds it is
    counted from, bytes of code and constants (``core_bytes`` of snnrt itself, ``compiler_bytes`` and
    ``library_bytes`` of what the linker adds), of an ``snnrt_network`` in RAM, and the most stack a call
    takes.

    ``summed_parts``: switches in which the model differs from the smallest build of its numbers. With at most
    one the figures are those of a real build. With more, code is the smallest build's and what each switch
    changes alone: whole builds took up to ``code_more_bytes`` more and ``code_less_bytes`` less than such a
    sum. The stack is then the most of any of these builds and the largest excess that whole builds showed:
    no proven bound, a build that was not tried may take some more. ``added_bytes``: code that each of
    OPTIONAL_PARTS adds to the smallest build (``model_check`` is in it already)."""

    core: str
    setting: Setting
    compiler: str
    flags: str
    summed_parts: tuple[str, ...]
    core_bytes: int
    compiler_bytes: int
    library_bytes: int
    code_more_bytes: int
    code_less_bytes: int
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
    def optimisation(self) -> str:
        """The compiler's flag."""
        return OPTIMISATION[self.setting]

    @property
    def stack_bytes(self) -> int:
        """The most that any of the calls takes."""
        return max(
            self.init_stack_bytes, self.step_stack_bytes, self.run_stack_bytes, self.verify_stack_bytes
        )


def code_of(row: Mapping[str, int]) -> int:
    """Bytes of code and constants of a row of the table, libraries included."""
    return row["core"] + row["compiler"] + row["library"]


def changed_parts(options: Mapping[str, int]) -> tuple[str, tuple[str, ...]]:
    """The number of a build with these switches (``options_for``), and those of its model in which it is not
    the smallest build, sorted."""
    names = {name.removeprefix(_PREFIX).lower() for name, value in options.items() if value}
    (number,) = names.intersection(NUMBERS)
    asked = {name.lower() for name in ON_REQUEST} | {"model_check", number}
    return number, tuple(sorted((names - asked) ^ (BASE - asked)))


def summed(builds: Mapping[str, Mapping[str, int]], changed: Collection[str]) -> dict[str, int]:
    """The row of the build that differs from ``builds["base"]`` in ``changed``, from the builds that differ
    in one of them (of :data:`WITHIN`: also in the part that it is in).

    What each changes of the core is added. Libraries and stack are the most of any: what several parts call
    is linked once, and the deepest path of calls goes through one node.
    """
    base = builds["base"]
    rows = [base, *(builds[name] for name in changed)]
    sums = {key: max(row[key] for row in rows) for key in base}
    added = (builds[name]["core"] - builds[WITHIN.get(name, "base")]["core"] for name in changed)
    return sums | {"core": base["core"] + sum(added)}


@cache
def read_table(setting: Setting) -> dict[str, Any]:
    """The table. Raises TargetError where it is not what it must be, which a broken installation can do."""
    path = TABLES[setting]
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise TargetError(f"{path.name}: cannot be read ({error}); install snnrt again") from error
    if table.get("format") != FORMAT:
        raise TargetError(
            f"{path.name}: expected format {FORMAT}, found {table.get('format')!r}; install again"
        )
    return table


def core_names() -> tuple[str, ...]:
    """The cores of the tables."""
    return tuple(read_table("small")["cores"])


def builds_for(graph: Graph, setting: Setting, core: str | None = None) -> tuple[CoreBuild, ...]:
    """The firmware of ``graph`` on every core, or on the one called ``core``; TargetError where there is
    none."""
    return builds_of(options_for(graph), setting, core)


def builds_of(options: Mapping[str, int], setting: Setting, core: str | None = None) -> tuple[CoreBuild, ...]:
    """The same of a build with these switches, without OPTIONAL_PARTS but for the check of the model.
    TargetError where it has both kinds of numbers, of which no build was measured."""
    cores = read_table(setting)["cores"]
    if core is not None and core not in cores:
        raise TargetError(f"core {core!r} is unknown; expected one of {', '.join(cores)}")
    if all(options[_PREFIX + number.upper()] for number in NUMBERS):
        raise TargetError("code sizes: expected a build with int8 or float32, found both; build one and look")
    number, changed = changed_parts(options)
    names = cores if core is None else (core,)
    return tuple(_core_build(name, setting, cores[name], number, changed) for name in names)


def _core_build(
    name: str, setting: Setting, core: Mapping[str, Any], number: str, changed: tuple[str, ...]
) -> CoreBuild:
    builds = core[number]
    for part in changed:
        if part not in builds:
            raise TargetError(
                f"{TABLES[setting].name}: expected the switch {part!r} among the builds of {name}, found "
                "none; run make sizes"
            )
    row = summed(builds, changed)
    excess = core["excess"][number] if len(changed) > 1 else dict.fromkeys(("more", "less", *CALLS), 0)
    return CoreBuild(
        core=name,
        setting=setting,
        compiler=core["compiler"],
        flags=core["flags"],
        summed_parts=changed,
        core_bytes=row["core"],
        compiler_bytes=row["compiler"],
        library_bytes=row["library"],
        code_more_bytes=excess["more"],
        code_less_bytes=excess["less"],
        network_bytes=core["network"],
        init_stack_bytes=row["init"] + excess["init"],
        step_stack_bytes=row["step"] + excess["step"],
        run_stack_bytes=row["run"] + excess["run"],
        verify_stack_bytes=row["verify"] + excess["verify"],
        # of a part that the table does not know yet nothing is said
        added_bytes={
            part: abs(code_of(builds[part]) - code_of(builds["base"]))
            for part in OPTIONAL_PARTS
            if part in builds
        },
    )
