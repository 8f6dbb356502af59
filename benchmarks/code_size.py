"""Bytes of code and of stack that the C core takes in firmware, for each core and build, from cross builds.

python benchmarks/code_size.py            prints the page, from the table that is written
python benchmarks/code_size.py --write    builds everything anew (minutes), writes the table and the pages
python benchmarks/code_size.py --check    exit code 1 where a page is not what the table says; builds nothing
"""

from __future__ import annotations

import argparse
import itertools
import os
import sys
import tempfile
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from code_size_tables import page, readme, toml
from core_builds import CORES, RUN, BuildError, Compiled, Core, amalgamation, compiler_version
from stack_bound import stack_bounds

from snnrt.atomic_write import write_atomically
from snnrt.ir.graph import Edge, Exit, Graph, Input, Readout
from snnrt.targets import step_instructions
from snnrt.targets.code_sizes import TABLE, build_key, read_table
from snnrt.targets.export.core_sources import options_for

ROOT = Path(__file__).absolute().parents[1]
PAGE = ROOT / "docs" / "sizes.md"
README = ROOT / "README.md"
# whose stack is stated
STACK = ("snnrt_network_init", "snnrt_network_step", "snnrt_network_run", "snnrt_network_verify")
# switches of a build that nobody calls for, but for the check of the model
BASE = frozenset({"model_check"})
HOST_ONLY = frozenset({"kernel_table", "vector_scratch"})
_ENDS = (Input("x", (), (2,)), Readout("r", (Edge("x"),), (2,)), Exit("e", (Edge("r"),), (2,)))
SWITCHES = tuple(name.removeprefix("SNNRT_WITH_").lower() for name in options_for(Graph(_ENDS, 1)))


@dataclass(frozen=True)
class Build:
    """What firmware contains: the switches that are 1, and what it calls."""

    switches: frozenset[str]
    calls: tuple[str, ...] = RUN

    def options(self) -> dict[str, int]:
        """Every switch of the core, as the export wants them."""
        return {f"SNNRT_WITH_{name.upper()}": int(name in self.switches) for name in SWITCHES}


_SMALLEST = BASE | {"int8", "exit_scores"}
_NODES = {"conv2d", "pool2d", "add", "neuron_variants", "exit_scores", "exit_confidence"}
_OPTIONAL = {
    "verify": "snnrt_network_verify",
    "health": "snnrt_network_record_health",
    "strings": "snnrt_status_text",
    "counters": "snnrt_network_count_events",
    "trace": "snnrt_network_set_trace",
}

NAMED: dict[str, Build] = {
    "dense + LIF + entropy exit, int8": Build(_SMALLEST),
    "the same, without the check of the model": Build(_SMALLEST - BASE),
    "every node, int8": Build(BASE | _NODES | {"int8"}),
    "every node, float32": Build(BASE | _NODES | {"float32"}),
    "everything": Build(frozenset(SWITCHES) - HOST_ONLY, (*RUN, *_OPTIONAL.values())),
}
SMALLEST, UNCHECKED, ALL_INT8, ALL_FLOAT32, EVERYTHING = NAMED


@dataclass(frozen=True)
class Limit:
    """The most bytes that a build may take on a core: ``goal``, and ``held``, which CI holds until it is
    reached."""

    build: str
    core: str
    goal: int
    held: int


LIMITS = (
    Limit(SMALLEST, "cortex-m4", 6144, 6144),
    Limit(SMALLEST, "cortex-m0", 5120, 6500),
    Limit(UNCHECKED, "cortex-m0", 5120, 5120),
    *(Limit(EVERYTHING, core.name, 24576, 24576) for core in CORES),
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


def model_builds() -> dict[str, Build]:
    """The build of every kind of model, by what :func:`snnrt.targets.code_sizes.build_key` calls it."""
    numbers = ("int8", "float32")
    left_out = BASE | HOST_ONLY | set(_OPTIONAL) | set(numbers)
    parts = [name for name in SWITCHES if name not in left_out]
    builds = {}
    for number, *wanted in itertools.product(numbers, *[(False, True)] * len(parts)):
        switches = BASE | {number, *(name for name, want in zip(parts, wanted) if want)}
        # the rule confidence is one with scores
        if "exit_confidence" in switches and "exit_scores" not in switches:
            continue
        build = Build(frozenset(switches))
        builds[build_key(build.options())] = build
    return builds


def added_builds() -> dict[str, tuple[Build, Build]]:
    """For each switch or call the builds without and with it; all else is the smallest build."""
    smallest = NAMED[SMALLEST]
    pairs = {
        name: (smallest, Build(_SMALLEST | {name}))
        for name in ("conv2d", "pool2d", "add", "neuron_variants", "exit_confidence")
    }
    for name in ("exit_scores", "model_check"):
        pairs[name] = (Build(_SMALLEST - {name}), smallest)
    pairs["float32"] = (smallest, Build(_SMALLEST | {"float32"}))
    for name, call in _OPTIONAL.items():
        pairs[name] = (smallest, Build(_SMALLEST | ({name} & set(SWITCHES)), (*RUN, call)))
    return pairs


def measure_all(progress: Callable[[int, int], None]) -> dict[str, object]:
    """The whole table: every core with every build. Raises BuildError."""
    builds = {*NAMED.values(), *model_builds().values(), *itertools.chain(*added_builds().values())}
    # all of one state of the sources, whatever happens to them meanwhile
    for build in builds:
        amalgamation(build.options())
    wanted = [(core, build) for core in CORES for build in builds]
    found: dict[tuple[Core, Build], Measured] = {}
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        futures = {pair: pool.submit(measure, *pair) for pair in wanted}
        try:
            for done, (pair, future) in enumerate(futures.items(), 1):
                found[pair] = future.result()
                progress(done, len(wanted))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return {"format": 1, "cores": {core.name: _core_table(core, found) for core in CORES}}


def _core_table(core: Core, found: Mapping[tuple[Core, Build], Measured]) -> dict[str, object]:
    return {
        "compiler": compiler_version(core),
        "flags": " ".join(core.flags),
        "c_library": "newlib" if core.c_library else "benchmarks/freestanding_library",
        "network": network_bytes(core),
        "named": {
            name: found[core, build].row() | {"components": found[core, build].components}
            for name, build in NAMED.items()
        },
        "added": {
            name: found[core, after].total - found[core, before].total
            for name, (before, after) in added_builds().items()
        },
        "builds": {key: found[core, build].row() for key, build in model_builds().items()},
    }


def _progress(done: int, total: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{done} of {total} builds", end="\n" if done == total else "", file=sys.stderr, flush=True)


def main() -> None:
    """Print, write or check."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    action = parser.add_mutually_exclusive_group()
    action.add_argument(
        "--write", action="store_true", help="build everything, write the table and the pages"
    )
    action.add_argument(
        "--check", action="store_true", help="exit code 1 where a page is not what the table says"
    )
    arguments = parser.parse_args()
    if arguments.write:
        try:
            write_atomically(TABLE, toml(measure_all(_progress)))
        except (BuildError, KeyboardInterrupt) as error:
            parser.exit(1, f"code_size: {error or 'interrupted'}\n")
        write_pages()
    for path, text in pages().items():
        if arguments.check and path.read_text("utf-8") != text:
            parser.exit(1, f"{path.name} is not what the tables in targets/ say; run make sizes\n")
    if not arguments.check:
        print(pages()[PAGE], end="")


def pages() -> dict[Path, str]:
    """docs/sizes.md and README.md as the tables say."""
    table = read_table()
    return {
        PAGE: page(table, step_instructions.read_table(), LIMITS),
        README: readme(README.read_text("utf-8"), table),
    }


def write_pages() -> None:
    """Write them. Raises OutputError."""
    for path, text in pages().items():
        write_atomically(path, text)


if __name__ == "__main__":
    main()
