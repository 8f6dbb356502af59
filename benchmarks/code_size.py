"""Bytes of code and of stack that the C core takes in firmware, for each core and build, from cross builds.

python benchmarks/code_size.py            prints the page, from the tables that are written
python benchmarks/code_size.py --write    builds everything anew (10 minutes), writes the tables and the pages
python benchmarks/code_size.py --check    exit code 1 where a page is not what the tables say; builds nothing
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from code_size_tables import page, readme, toml
from core_builds import CORES, RUN, BuildError, Compiled, Core, amalgamation, compiler_version
from stack_bound import stack_bounds

from snnrt.atomic_write import write_atomically
from snnrt.ir.graph import Edge, Exit, Graph, Input, Readout
from snnrt.targets import step_instructions
from snnrt.targets.build_settings import OPTIMISATION, SETTINGS, Setting
from snnrt.targets.code_sizes import BASE, CALLS, FORMAT, NUMBERS, TABLES, WITHIN, code_of, read_table, summed
from snnrt.targets.export.core_sources import ON_REQUEST, options_for

ROOT = Path(__file__).absolute().parents[1]
PAGE = ROOT / "docs" / "sizes.md"
README = ROOT / "README.md"
# whose stack is stated
STACK = tuple(f"snnrt_network_{call}" for call in CALLS)
HOST_ONLY = frozenset({"kernel_table", "vector_scratch"})
_ENDS = (Input("x", (), (2,)), Readout("r", (Edge("x"),), (2,)), Exit("e", (Edge("r"),), (2,)))
SWITCHES = tuple(name.removeprefix("SNNRT_WITH_").lower() for name in options_for(Graph(_ENDS, 1)))
# those that a model's nodes, neurons and rule decide
MODEL_SWITCHES = frozenset(SWITCHES) - {*NUMBERS, "model_check", *map(str.lower, ON_REQUEST)}
# what needs a call to be linked, by the part's name
_CALLED = {
    "verify": "snnrt_network_verify",
    "health": "snnrt_network_record_health",
    "monitor": "snnrt_network_monitor",
    "adaptation": "snnrt_network_adapt",
    "strings": "snnrt_status_text",
    "counters": "snnrt_network_count_events",
    "trace": "snnrt_network_set_trace",
}
PARTS = (*(name for name in SWITCHES if name not in HOST_ONLY), *(_CALLED.keys() - set(SWITCHES)))


@dataclass(frozen=True)
class Build:
    """What firmware contains: the switches that are 1, and what it calls."""

    switches: frozenset[str]
    calls: tuple[str, ...] = RUN

    def options(self) -> dict[str, int]:
        """Every switch of the core, as the export wants them."""
        return {f"SNNRT_WITH_{name.upper()}": int(name in self.switches) for name in SWITCHES}


def changed_build(number: str, changed: Collection[str]) -> Build:
    """The smallest build of ``number`` with the PARTS in ``changed`` in it if they are not, else left out."""
    switches = (BASE | {number}) ^ (set(changed) & set(SWITCHES))
    return Build(switches, (*RUN, *(call for part, call in _CALLED.items() if part in changed)))


NAMED: dict[str, Build] = {
    "dense + LIF + entropy exit, int8": changed_build("int8", ()),
    "the same, without the check of the model": changed_build("int8", {"model_check"}),
    "every node, int8": changed_build("int8", MODEL_SWITCHES - BASE),
    "every node, float32": changed_build("float32", MODEL_SWITCHES - BASE),
    "everything": Build(frozenset(SWITCHES) - HOST_ONLY, (*RUN, *_CALLED.values())),
}
SMALLEST, UNCHECKED, ALL_INT8, ALL_FLOAT32, EVERYTHING = NAMED


def single_builds(number: str) -> dict[str, Build]:
    """The smallest build of ``number``, ``base``, and those that differ from it in one part."""
    wanted = {part: {part, WITHIN.get(part, part)} for part in PARTS if part != number}
    parts = {part: changed_build(number, both) for part, both in wanted.items()}
    return {"base": changed_build(number, ())} | parts


def whole_changes(number: str, seed: int = 7, count: int = 4) -> tuple[frozenset[str], ...]:
    """Differences from the smallest build of ``number`` that are held against the sum of their parts: of a
    model with everything, the same without the rules of the exit, everything that a model or a caller may
    want, and ``count`` drawn at random."""
    more = MODEL_SWITCHES - BASE
    rules = {"exit_confidence", "exit_combined"}
    wanted = frozenset(set(PARTS) - BASE - set(NUMBERS))
    drawn = random.Random(f"{number} {seed}")
    changes = [more, more - rules | {"exit_scores"}, wanted]
    while len(changes) < 3 + count:
        change = frozenset(part for part in sorted(MODEL_SWITCHES) if drawn.random() < 0.5)
        change |= {WITHIN[part] for part in change & WITHIN.keys()}
        # other rules are ones with scores
        scoreless = "exit_scores" in change and change & rules
        if len(change) > 1 and not scoreless and change not in changes:
            changes.append(change)
    return tuple(changes)


@dataclass(frozen=True)
class Limit:
    """The most bytes that a build may take on a core: ``goal``, and ``held``, which CI holds until it is
    reached."""

    build: str
    core: str
    goal: int
    held: int


# float in software, and 64-bit products on two registers; on the others what a monitor, a following
# threshold, encodings and lists of convolutions added
_HELD = {"cortex-m0": 30500, "cortex-m3": 26300, "cortex-m55": 25150, "rv32": 35150}
LIMITS = (
    Limit(SMALLEST, "cortex-m4", 5900, 6050),
    Limit(SMALLEST, "cortex-m0", 6100, 6500),
    Limit(UNCHECKED, "cortex-m0", 5120, 5120),
    *(Limit(EVERYTHING, core.name, 24576, _HELD.get(core.name, 24576)) for core in CORES),
)


@dataclass(frozen=True)
class Measured:
    """Bytes of one build: of the core by component, of both libraries, and the stack by function."""

    components: dict[str, int]
    compiler: int
    library: int
    stack: dict[str, int]

    @property
    def total(self) -> int:
        """Bytes of code and constants."""
        return sum(self.components.values()) + self.compiler + self.library

    def row(self) -> dict[str, int]:
        """As a line of the table."""
        sizes = {"core": sum(self.components.values()), "compiler": self.compiler, "library": self.library}
        return sizes | {name.removeprefix("snnrt_network_"): size for name, size in self.stack.items()}


def measure(core: Core, build: Build, flags: tuple[str, ...] = ()) -> Measured:
    """Compile, link and take the sizes. Raises BuildError."""
    with tempfile.TemporaryDirectory() as folder:
        compiled = Compiled(core, build.options(), Path(folder), flags)
        size = compiled.link(build.calls).size()
        stack = stack_bounds(compiled.link(tuple(dict.fromkeys((*build.calls, *STACK)))), STACK)
    return Measured(size.files, sum(size.compiler.values()), sum(size.library.values()), stack)


def network_bytes(core: Core) -> int:
    """Bytes of an snnrt_network."""
    with tempfile.TemporaryDirectory() as folder:
        firmware = Compiled(core, NAMED[SMALLEST].options(), Path(folder)).link()
        return firmware.data_bytes("network")


def excess(
    builds: Mapping[str, Mapping[str, int]], wholes: Mapping[frozenset[str], Mapping[str, int]]
) -> dict[str, int]:
    """How far whole builds are from the sum of their parts: ``more`` and ``less`` bytes of code, and more
    stack of each call."""
    pairs = [(row, summed(builds, change)) for change, row in wholes.items()]
    code = [code_of(row) - code_of(said) for row, said in pairs]
    stack = {call: max(0, *(row[call] - said[call] for row, said in pairs)) for call in CALLS}
    return {"more": max(0, *code), "less": max(0, *(-difference for difference in code))} | stack


def measure_all(setting: Setting, progress: Callable[[int, int], None]) -> dict[str, object]:
    """The whole table of a setting: every core with every build. Raises BuildError."""
    builds = {*NAMED.values()}
    for number in NUMBERS:
        builds |= {*single_builds(number).values()}
        builds |= {changed_build(number, change) for change in whole_changes(number)}
    # all of one state of the sources, whatever happens to them meanwhile
    for build in builds:
        amalgamation(build.options())
    wanted = [(core, build) for core in CORES for build in builds]
    found: dict[tuple[Core, Build], Measured] = {}
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        futures = {pair: pool.submit(measure, *pair, (OPTIMISATION[setting],)) for pair in wanted}
        try:
            for done, (pair, future) in enumerate(futures.items(), 1):
                found[pair] = future.result()
                progress(done, len(wanted))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return {"format": FORMAT, "cores": {core.name: _core_table(core, found) for core in CORES}}


def _core_table(core: Core, found: Mapping[tuple[Core, Build], Measured]) -> dict[str, object]:
    singles = {
        number: {name: found[core, build].row() for name, build in single_builds(number).items()}
        for number in NUMBERS
    }
    wholes = {
        number: {change: found[core, changed_build(number, change)].row() for change in whole_changes(number)}
        for number in NUMBERS
    }
    return {
        "compiler": compiler_version(core),
        "flags": " ".join(core.flags),
        "c_library": "newlib" if core.c_library else "benchmarks/freestanding_library",
        "network": network_bytes(core),
        "named": {
            name: found[core, build].row() | {"components": found[core, build].components}
            for name, build in NAMED.items()
        },
        **singles,
        "excess": {number: excess(singles[number], wholes[number]) for number in NUMBERS},
    }


def _progress(done: int, total: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{done} of {total} builds", end="\n" if done == total else "", file=sys.stderr, flush=True)


def main() -> None:
    """Print, write or check."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    action = parser.add_mutually_exclusive_group()
    action.add_argument(
        "--write", action="store_true", help="build everything, write the tables and the pages"
    )
    action.add_argument(
        "--check", action="store_true", help="exit code 1 where a page is not what the tables say"
    )
    arguments = parser.parse_args()
    if arguments.write:
        try:
            texts = {setting: toml(measure_all(setting, _progress)) for setting in SETTINGS}
        except (BuildError, KeyboardInterrupt) as error:
            parser.exit(1, f"code_size: {error or 'interrupted'}\n")
        for setting, text in texts.items():
            write_atomically(TABLES[setting], text)
        read_table.cache_clear()
        write_pages()
    for path, text in pages().items():
        if arguments.check and path.read_text("utf-8") != text:
            parser.exit(1, f"{path.name} is not what the tables in targets/ say; run make sizes\n")
    if not arguments.check:
        print(pages()[PAGE], end="")


def pages() -> dict[Path, str]:
    """docs/sizes.md and README.md as the tables say."""
    tables = {setting: read_table(setting) for setting in SETTINGS}
    steps = {setting: step_instructions.read_table(setting) for setting in SETTINGS}
    return {
        PAGE: page(tables, steps, LIMITS),
        README: readme(README.read_text("utf-8"), tables["small"]),
    }


def write_pages() -> None:
    """Write them. Raises OutputError."""
    for path, text in pages().items():
        write_atomically(path, text)


if __name__ == "__main__":
    main()
