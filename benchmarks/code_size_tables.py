"""The table of code sizes as a TOML file, as docs/sizes.md, and as a table in README.md."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from snnrt.targets.build_settings import OPTIMISATION, Setting
from snnrt.targets.code_sizes import BASE, NUMBERS, code_of

if TYPE_CHECKING:
    from code_size import Limit

HEAD = "# Written by `python benchmarks/code_size.py --write`: bytes of code and of stack. Do not edit.\n"
MARKS = "<!-- table: make sizes -->", "<!-- end -->"


def toml(table: Mapping[str, Any]) -> str:
    """The file: nested tables of whole numbers and short texts, one line a row."""
    lines = [HEAD, f"format = {table['format']}"]
    for core, content in table["cores"].items():
        lines += ["", f"[cores.{core}]"]
        lines += [f"{key} = {_value(value)}" for key, value in content.items() if not isinstance(value, dict)]
        for section, rows in content.items():
            if isinstance(rows, dict):
                lines += ["", f"[cores.{core}.{section}]"]
                lines += [f'"{name}" = {_value(row)}' for name, row in rows.items()]
    return "\n".join(lines) + "\n"


def _value(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f'"{key}" = {_value(item)}' if "/" in key else f"{key} = {_value(item)}"
                                for key, item in value.items()) + " }"  # fmt: skip
    return f'"{value}"' if isinstance(value, str) else str(value)


Tables = Mapping[Setting, Mapping[str, Any]]


def page(tables: Tables, steps: Tables, limits: Sequence[Limit]) -> str:
    """docs/sizes.md, of these tables and those of instructions."""
    cores = tables["small"]["cores"]
    parts = [_PAGE_HEAD, _goals(cores, limits), "## What was compiled\n", _compilers(cores)]
    for name in next(iter(cores.values()))["named"]:
        parts += [f"## {name[0].upper()}{name[1:]}\n", _build(name, cores)]
    parts += ["## Built for speed\n", _FAST_HEAD, _fast(tables)]
    parts += ["## What each part adds\n", _ADDED_HEAD]
    for number in NUMBERS:
        parts += [f"### {number}\n", _added(cores, number)]
    parts += ["## By file of the core\n", _FILES_HEAD]
    for core in ("cortex-m4", "cortex-m0", "rv32"):
        parts += [f"### {core}\n", _files(cores[core]["named"])]
    parts += ["## Instructions of the largest timestep\n", _STEPS_HEAD]
    for setting, of_setting in steps.items():
        parts += [f"### At `{OPTIMISATION[setting]}`\n", _steps(of_setting)]
    return "\n".join(parts)


def _fast(tables: Tables) -> str:
    small, fast = tables["small"]["cores"], tables["fast"]["cores"]
    rows = []
    for name in next(iter(fast.values()))["named"]:
        for core in fast:
            a, b = (cores[core]["named"][name] for cores in (small, fast))
            rows.append((name, core, code_of(a), code_of(b), a["run"], b["run"]))
    header = ("build", "core", "code at `-Os`", "at `-O2`", "stack at `-Os`", "at `-O2`")
    return _grid(header, rows).replace("|---|---:", "|---|---", 1)


def _steps(steps: Mapping[str, Any]) -> str:
    cores = {name: core for name, core in steps.items() if isinstance(core, dict)}
    groups = [group for group in next(iter(cores.values()))["int8"] if group not in ("spread", "whole")]
    rows = []
    for numbers in ("int8", "float32"):
        for group in groups:
            rows.append((f"{group}, {numbers}", *(f"{core[numbers][group]:.1f}" for core in cores.values())))
        margins = [max(core[numbers]["spread"], core[numbers]["whole"]) for core in cores.values()]
        rows.append((f"margin, {numbers}", *(f"× {margin:.2f}" for margin in margins)))
    return _grid(("instructions for each", *cores), rows)


_STEPS_HEAD = """\
A step takes bounded time: at most what it takes when every input is there and every neuron fires.
`snnrt inspect` says how many instructions that is for a model on each core, from the weights below, for the
same two settings as code and stack. They are fitted to networks that run in the emulator with all of that
happening (`python benchmarks/step_instructions.py --write`), and multiplied by the margin: the most by which
one of these networks, or of three that stayed out of the fit, passed it. Float in software takes more for
some numbers than for others: there the margin is large, and no promise. Instructions, not cycles: the
emulator knows no pipeline and no memory. The events are those of the [microcontroller
targets](cost_models.md), some taken together.
"""

_PAGE_HEAD = """\
# How much code and stack the core takes

Bytes after linking a program that calls `snnrt_network_init` and `snnrt_network_run`, compiled at `-Os`
from the amalgamation that `snnrt export` writes, with `--gc-sections`. *Core*: code and constants of snnrt.
*Compiler's library*: what the core makes the linker add from libgcc (64-bit arithmetic, float on cores
without it). *C library*: `memcpy` and `memset`, which most firmware has anyway. Counters, trace,
strings and the health record are left out, except in "everything".

Written by `make sizes` (`python benchmarks/code_size.py --write`), which builds for every core the
smallest firmware of each number, what differs from it in one switch, and keeps the results in
`targets/code_sizes_small.toml`, those of builds at `-O2` in `targets/code_sizes_fast.toml`. `snnrt inspect`
starts from the smallest and adds what each switch of the model changes: a model that differs in one switch
gets the figures of a real build, another one a sum. As parts share code, and the compiler inlines
differently, whole builds are held against their sums; how far they are from it is stated below and by
`snnrt inspect`. That is for the compiler and the flags below, within some percent for a neighbouring version.
Tests build some of it anew.

*Stack*: the most that a call takes, everything below it included: frames as the compiler states them
(`-fcallgraph-info=su`), library functions from their disassembly, along the deepest path of calls. It
does not depend on the model's size. Not in it: what the
processor pushes for an interrupt, the interrupt's own stack, and your trace or input hook. Tests hold
it against the stack that runs in the emulator take.
"""

_FAST_HEAD = """\
At `-O2`, which exported projects take for the core whatever their SDK's default is, unless their user chooses
otherwise: loops of their own for the common cases. Stack: of `snnrt_network_run`.
"""

_ADDED_HEAD = """\
To dense + LIF + entropy exit of these numbers, each alone. The last row: how far firmware with several of
them is from the sum, among a few whole builds (a model with everything, with everything but the rules of the
exit, everything there is for it, and combinations drawn at random). For the sum, libraries of the compiler
count once, at the most that one part takes. `snnrt inspect` adds to the stack of a sum the largest excess
of these whole builds; a combination that was not built may take some more (16 bytes were seen).
"""

_FILES_HEAD = """\
The builds are those above, in their order. A function that the compiler put into its caller counts there.
"""


def _row(cells: Sequence[object]) -> str:
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def _grid(header: Sequence[object], rows: Sequence[Sequence[object]]) -> str:
    rule = "|---" + "|---:" * (len(header) - 1) + "|"
    return "\n".join([_row(header), rule, *(_row(row) for row in rows)]) + "\n"


def _goals(cores: Mapping[str, Any], limits: Sequence[Limit]) -> str:
    rows = []
    for limit in limits:
        found = code_of(cores[limit.core]["named"][limit.build])
        verdict = (
            "reached" if found <= limit.goal else f"missed by {found - limit.goal}; held at {limit.held}"
        )
        rows.append((limit.build, limit.core, limit.goal, found, verdict))
    return _grid(("goal for", "core", "at most", "found", ""), rows)


def _compilers(cores: Mapping[str, Any]) -> str:
    rows = [
        (name, core["compiler"], f"`{core['flags']}`", core["c_library"], core["network"])
        for name, core in cores.items()
    ]
    header = ("core", "compiler", "flags", "C library", "bytes of an `snnrt_network`")
    common = "Common flags: `-std=c99 -Os -ffunction-sections -fdata-sections -ffp-contract=off`.\n"
    return _grid(header, rows).replace("|---:|---:|---:", "|---|---|---") + "\n" + common


def _build(name: str, cores: Mapping[str, Any]) -> str:
    rows = []
    for core, content in cores.items():
        row = content["named"][name]
        sizes = [row[key] for key in ("core", "compiler", "library")]
        rows.append(
            (core, *sizes, f"**{code_of(row)}**", *(row[key] for key in ("init", "step", "run", "verify")))
        )
    header = (
        "core", "core's code", "compiler's library", "C library", "all code",
        "stack: init", "step", "run", "verify",
    )  # fmt: skip
    return _grid(header, rows)


def _added(cores: Mapping[str, Any], number: str) -> str:
    rows = []
    for part in sorted(next(iter(cores.values()))[number].keys() - {"base"}):
        text = "calling `snnrt_network_verify`" if part == "verify" else f"`SNNRT_WITH_{part.upper()}`"
        sizes = [code_of(core[number][part]) - code_of(core[number]["base"]) for core in cores.values()]
        if part in BASE:
            text, sizes = f"{text} (in the smallest build)", [-size for size in sizes]
        rows.append((text, *sizes))
    excesses = [core["excess"][number] for core in cores.values()]
    rows.append(("whole builds against the sum", *(f"−{of['less']} … +{of['more']}" for of in excesses)))
    return _grid(("part", *cores), rows)


def _files(named: Mapping[str, Any]) -> str:
    files = sorted({file for row in named.values() for file in row["components"]})
    rows = [(f"{file}", *(row["components"].get(file, "–") for row in named.values())) for file in files]
    return _grid(("file", *range(1, len(named) + 1)), rows)


def readme(text: str, table: Mapping[str, Any]) -> str:
    """README.md with its table between the marks, and the figure in its list of what was measured."""
    cores = table["cores"]
    builds = list(next(iter(cores.values()))["named"])
    rows = [
        (core, *(code_of(content["named"][name]) for name in builds), content["named"][builds[0]]["run"])
        for core, content in cores.items()
    ]
    grid = _grid(("bytes of code", *builds, "stack of `snnrt_network_run`, first build"), rows)
    first, last = (re.escape(mark) for mark in MARKS)
    smallest = code_of(cores["cortex-m4"]["named"][builds[0]])
    text = re.sub(r"(Cortex-M4, `-Os` \| )\d+", lambda found: f"{found[1]}{smallest}", text)
    return re.sub(rf"(?s)({first}\n).*?({last})", lambda found: found[1] + grid + found[2], text)
