"""The C core's sources for one build: what a model needs of them, as an amalgamation or file by file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import snnrt
from snnrt.errors import OutputError
from snnrt.ir.graph import Conv2d, Graph, Neuron
from snnrt.ir.nodes import NODES
from snnrt.targets.export.c_conditionals import kept_lines

# files for processors that firmware runs on; each is guarded by the compiler's macros
_PATTERNS = ("*.c", "nodes/*.c", "kernels/*.c", "kernels/arm/*.c", "kernels/riscv/*.c")
PUBLIC = ("snnrt.h", "snnrt_unstable.h", "snnrt_config.h", "snnrt_constants.h", "snnrt_status.h")
SWITCH = "SNNRT_WITH_"
# no model needs these: a caller asks for them, or may leave out the monitor that a model has
ON_REQUEST = (
    "COUNTERS",
    "TRACE",
    "STRINGS",
    "HEALTH",
    "MONITOR",
    "ADAPTATION",
    "KERNEL_TABLE",
    "VECTOR_SCRATCH",
    "ENCODING",
)
# of those whose value does not depend on the compiler
_SWITCH = re.compile(rf"#ifndef ({SWITCH}\w+)\n#define \1 (0|1|{SWITCH}\w+)\n")
_LOCAL_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]+"([^"]+)"[^\n]*\n', re.MULTILINE)
_SYSTEM_INCLUDE = re.compile(r"^[ \t]*#[ \t]*include[ \t]+<([^>]+)>[^\n]*\n", re.MULTILINE)
_GUARD = re.compile(r"\A((?:\s*/\*.*?\*/)?\s*)#ifndef (\w+)\n#define \2\n(.*)\n#endif\s*\Z", re.DOTALL)


def options_for(graph: Graph, **overrides: int) -> dict[str, int]:
    """Every ``SNNRT_WITH_*`` switch and its value, 1 for what ``graph`` needs and for the check of the model.

    ``overrides`` are switches in lower case without the prefix (``counters=1``, ``model_check=0``).
    Raises TypeError where there is no such switch.
    """
    options = dict(_defaults())
    neurons = [node for node in graph.nodes if isinstance(node, Neuron)]
    needs = {
        "FLOAT32": not graph.integer,
        "INT8": graph.integer,
        "NEURON_VARIANTS": not all(neuron.is_plain for neuron in neurons),
        "READOUT_MODES": graph.readout.mode not in ("sum", "mean"),
        "LOIHI": any(neuron.loihi for neuron in neurons),
        "DEPTHWISE": any(isinstance(node, Conv2d) and node.is_depthwise for node in graph),
        "EXIT_SCORES": graph.exit.rule != "never",
        "EXIT_CONFIDENCE": any(term.rule == "confidence" for term in graph.exit.exit_terms),
        "EXIT_COMBINED": graph.exit.rule not in ("never", "entropy", "confidence"),
    }
    kinds = {node.KIND.name for node in graph}
    for node in NODES:
        if node.KIND.switch is not None:
            needs[node.KIND.switch] = needs.get(node.KIND.switch, False) or node.KIND.name in kinds
    needs |= dict.fromkeys(ON_REQUEST, False) | {"MONITOR": graph.exit.monitor is not None}
    options |= {SWITCH + name: int(needed) for name, needed in needs.items()}
    # without a rule a health record and a monitor have the entropies all the same
    if overrides.get("health") or (needs["MONITOR"] and overrides.get("monitor", 1)):
        options[SWITCH + "EXIT_SCORES"] = 1
    for name, value in overrides.items():
        if SWITCH + name.upper() not in options:
            raise TypeError(f"the core has no switch {SWITCH}{name.upper()}")
        options[SWITCH + name.upper()] = int(value)
    return options


def amalgamate(options: Mapping[str, int]) -> tuple[str, str]:
    """Texts of ``snnrt.c`` and ``snnrt.h`` for a build with these switches, each needing nothing beside it
    but the other and the C library's headers.

    The switches are the header's defaults; a compiler's ``-D`` still overrides them. The files stand one
    after another as they are, headers first: no two of the core share a name (tests/csrc/test_names.py).
    """
    header = _public_header(options)
    sources = _sources_for(options)
    parts = [_FRONT, '#include "snnrt.h"\n']
    for name in _headers_of(sources):
        if name not in PUBLIC:
            parts.append(_titled(name, _header_body(name)))
    parts += [_titled(name, _LOCAL_INCLUDE.sub("", _read(name))) for name in sources]
    return _without_repeated_includes("\n".join(parts)), header


def source_files(options: Mapping[str, int]) -> dict[str, str]:
    """Texts of the core's own files for a build with these switches, by their path below ``csrc``."""
    sources = _sources_for(options)
    files = {name: _read(name) for name in (*_headers_of(sources), *sources)}
    files["snnrt_config.h"] = _config(options)
    return dict(sorted(files.items()))


_FRONT = """\
/* SPDX-License-Identifier: Apache-2.0
 * The snnrt core in one file, written by `snnrt export`; the header beside it is the manual. */
#define SNNRT_INTERNAL static
#if defined(__GNUC__)
/* Which of the functions are there and used depends on the switches. */
#pragma GCC diagnostic ignored "-Wunused-function"
#endif
"""


@cache
def _folder() -> Path:
    """The C sources: package data of an installation, else those of the checkout."""
    for folder in (Path(snnrt.__file__).parent / "csrc", Path(__file__).parents[2] / "csrc"):
        if (folder / "snnrt.h").is_file():
            return folder
    raise OutputError("the C core's sources are not installed with snnrt: install the package again")


def _read(name: str) -> str:
    return (_folder() / name).read_text("utf-8")


def _defaults() -> dict[str, int]:
    """The switches and what they are unless a compiler's ``-D`` says otherwise."""
    values: dict[str, int] = {}
    for name, value in _SWITCH.findall(_read("snnrt_config.h")):
        values[name] = values[value] if value in values else int(value)
    return values


def _all_sources() -> list[str]:
    folder = _folder()
    return [
        path.relative_to(folder).as_posix() for pattern in _PATTERNS for path in sorted(folder.glob(pattern))
    ]


def _has_code(name: str, options: Mapping[str, int]) -> bool:
    """Whether anything but directives and the placeholder of an empty file is left."""
    for line in kept_lines(_read(name), options):
        if line.strip() and not line.lstrip().startswith("#") and not line.rstrip().endswith("_left_out;"):
            return True
    return False


def _sources_for(options: Mapping[str, int]) -> list[str]:
    return [name for name in _all_sources() if _has_code(name, options)]


def _resolved(name: str, included: str) -> str:
    """The path below ``csrc`` of what ``name`` includes."""
    folder = _folder()
    for base in ((folder / name).parent, folder):
        path = (base / included).resolve()
        if path.is_file():
            return path.relative_to(folder.resolve()).as_posix()
    raise OutputError(
        f"{name} includes {included}, which is not among the C core's sources: install snnrt again"
    )


def _includes(name: str) -> list[str]:
    return [_resolved(name, included) for included in _LOCAL_INCLUDE.findall(_read(name))]


def _headers_of(sources: list[str]) -> list[str]:
    """Every header that these files reach, each after those that it includes."""
    found: list[str] = []

    def visit(name: str) -> None:
        if name in found:
            return
        for header in _includes(name):
            visit(header)
        if name not in sources and name not in found:
            found.append(name)

    for source in sources:
        visit(source)
    return found


def _config(options: Mapping[str, int]) -> str:
    """snnrt_config.h with these defaults, and an error where a switch asks for code that is not there."""
    text = _SWITCH.sub(
        lambda found: f"#ifndef {found[1]}\n#define {found[1]} {options[found[1]]}\n",
        _read("snnrt_config.h"),
    )
    sources = set(_sources_for(options))
    missing = [
        name
        for name, value in options.items()
        if not value and not sources >= set(_sources_for({**options, name: 1}))
    ]
    if not missing:
        return text
    checks = "".join(
        f'#if {name}\n#error "these sources were exported without {name}: export again with it"\n#endif\n'
        for name in missing
    )
    body, end, _ = text.rpartition("\n#endif")
    return f"{body}\n{checks}{end}\n"


def _header_body(name: str) -> str:
    """An internal header without its include guard and what it includes of the core's."""
    text = _GUARD.match(_read(name))
    assert text is not None, f"{name} has no include guard"
    body = _LOCAL_INCLUDE.sub("", text[1] + text[3])
    return f"#if {SWITCH}FLOAT32\n{body.strip()}\n#endif" if name == "snnrt_float.h" else body


def _public_header(options: Mapping[str, int]) -> str:
    parts = {"snnrt_config.h": _config(options)}
    parts |= {name: _read(name) for name in ("snnrt_constants.h", "snnrt_status.h")}

    def inline(found: re.Match[str]) -> str:
        text = _GUARD.match(parts[found[1]])
        assert text is not None
        return (text[1] + text[3]).strip() + "\n\n"

    stable = _GUARD.match(_read("snnrt.h"))
    unstable = _GUARD.match(_read("snnrt_unstable.h"))
    assert stable is not None and unstable is not None
    text = f"{stable[1]}#ifndef {stable[2]}\n#define {stable[2]}\n{stable[3]}\n"
    text += _LOCAL_INCLUDE.sub("", unstable[1] + unstable[3]) + "\n#endif\n"
    return _LOCAL_INCLUDE.sub(inline, text)


def _titled(name: str, text: str) -> str:
    return f"/* {name} */\n{text.strip()}\n"


def _without_repeated_includes(text: str) -> str:
    """Each header of the C library once; those under a condition stay."""
    seen: set[str] = set()
    depth = 0
    lines = []
    for line in text.splitlines(keepends=True):
        word = re.match(r"\s*#\s*(if|ifdef|ifndef|endif)\b", line)
        if word:
            depth += -1 if word[1] == "endif" else 1
        found = _SYSTEM_INCLUDE.match(line)
        if found and depth == 0:
            if found[1] in seen:
                continue
            seen.add(found[1])
        lines.append(line)
    return re.sub(r"\n{3,}", "\n\n", "".join(lines))
