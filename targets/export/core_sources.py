"""The C core's sources for one build: what a model needs of them, as an amalgamation or file by file."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import snnrt
from snnrt.errors import OutputError
from snnrt.ir.graph import Graph, Neuron
from snnrt.ir.nodes import NODES
from snnrt.targets.export.c_conditionals import kept_lines, logical_lines, without_comments

# files for processors that firmware runs on; each is guarded by the compiler's macros
_PATTERNS = ("*.c", "nodes/*.c", "kernels/*.c", "kernels/arm/*.c", "kernels/riscv/*.c")
PUBLIC = ("snnrt.h", "snnrt_unstable.h", "snnrt_config.h", "snnrt_constants.h", "snnrt_status.h")
_PREFIX = "SNNRT_WITH_"
# no model needs these: a caller asks for them
_ON_REQUEST = ("COUNTERS", "TRACE", "STRINGS", "HEALTH", "KERNEL_TABLE", "VECTOR_SCRATCH")
# of those whose value does not depend on the compiler
_SWITCH = re.compile(rf"#ifndef ({_PREFIX}\w+)\n#define \1 (0|1|{_PREFIX}\w+)\n")
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
        "EXIT_SCORES": graph.exit.rule != "never",
        "EXIT_CONFIDENCE": graph.exit.rule == "confidence",
    }
    kinds = {node.KIND.name for node in graph}
    for node in NODES:
        if node.KIND.switch is not None:
            needs[node.KIND.switch] = needs.get(node.KIND.switch, False) or node.KIND.name in kinds
    needs |= dict.fromkeys(_ON_REQUEST, False)
    options |= {_PREFIX + name: int(needed) for name, needed in needs.items()}
    # without a rule a health record has the entropies all the same
    if overrides.get("health"):
        options[_PREFIX + "EXIT_SCORES"] = 1
    for name, value in overrides.items():
        if _PREFIX + name.upper() not in options:
            raise TypeError(f"the core has no switch {_PREFIX}{name.upper()}")
        options[_PREFIX + name.upper()] = int(value)
    return options


def amalgamate(options: Mapping[str, int]) -> tuple[str, str]:
    """Texts of ``snnrt.c`` and ``snnrt.h`` for a build with these switches, each needing nothing beside it
    but the other and the C library's headers.

    The switches are the header's defaults; a compiler's ``-D`` still overrides them.
    """
    header = _public_header(options)
    sources = _sources_for(options)
    internal = [name for name in _headers_of(sources) if name not in PUBLIC]
    guarded = [name for name in internal if _GUARD.match(_read(name))]
    parts = [_FRONT, '#include "snnrt.h"\n']
    for name in guarded:
        text = _GUARD.match(_read(name))
        assert text is not None
        body = _LOCAL_INCLUDE.sub("", text[1] + text[3])
        if name == "snnrt_float.h":
            body = f"#if {_PREFIX}FLOAT32\n{body.strip()}\n#endif"
        parts.append(_titled(name, body))
    units = {name: _expanded(name, guarded) for name in sources}
    shared = _shared_names(units)
    parts += [_titled(name, _made_private(name, text, shared)) for name, text in units.items()]
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
#if defined(__clang__)
/* Which of the small functions are used depends on the switches. */
#pragma clang diagnostic ignored "-Wunused-function"
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
        included = _LOCAL_INCLUDE.match(line + "\n")
        if included and not _GUARD.match(_read(_resolved(name, included[1]))):
            return True
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


def _expanded(name: str, guarded: list[str]) -> str:
    """A file without its guarded headers, and with the other ones in their places."""

    def inline(found: re.Match[str]) -> str:
        header = _resolved(name, found[1])
        return "" if header in guarded or header in PUBLIC else _expanded(header, guarded)

    return _LOCAL_INCLUDE.sub(inline, _read(name))


def _private_names(text: str) -> set[str]:
    """Functions, arrays, types and constants that a file declares for itself alone."""
    plain = without_comments(text)
    names: set[str] = set()
    names.update(re.findall(r"^static\b[^;={(\[]*?\b(\w+)\s*[;=(\[]", plain, re.MULTILINE))
    # of a typedef the name is the last word before its end, or a function type's before the parenthesis
    names.update(re.findall(r"^typedef\b[^{;(]*?\b(\w+)\s*[;(\[]", plain, re.MULTILINE))
    for found in re.finditer(r"^(?:typedef\s+)?(struct|union|enum)\s*(\w*)\s*\{", plain, re.MULTILINE):
        end = _closing_brace(plain, found.end())
        named = re.match(r"\s*(\w*)", plain[end:])
        names.update((found[2], named[1] if named else ""))
        if found[1] == "enum":
            names.update(re.findall(r"(\w+)\s*(?:=[^,]*)?(?:,|$)", plain[found.end() : end - 1].strip()))
    return names - {""}


def _closing_brace(text: str, start: int) -> int:
    """The place behind the brace that closes the one before ``start``."""
    depth = 1
    for place in range(start, len(text)):
        depth += (text[place] == "{") - (text[place] == "}")
        if depth == 0:
            return place + 1
    return len(text)


def _shared_names(units: Mapping[str, str]) -> set[str]:
    """Private names that more than one file has."""
    counts = Counter(name for text in units.values() for name in _private_names(text))
    return {name for name, count in counts.items() if count > 1}


def _made_private(name: str, text: str, shared: set[str]) -> str:
    """The text fit to share a file with the others: what others declare too gets the file's name, and its
    macros end with it."""
    # fields of structures keep their names
    for clash in sorted(shared & _private_names(text)):
        text = re.sub(rf"(?<![\w.])(?<!->){clash}\b", f"{clash}_{_stem(name)}", text)
    macros = dict.fromkeys(
        found[1] for line in logical_lines(text) if (found := re.match(r"\s*#\s*define\s+(\w+)", line))
    )
    ended = set(re.findall(r"^\s*#\s*undef\s+(\w+)", text, re.MULTILINE))
    return text.rstrip() + "\n" + "".join(f"#undef {macro}\n" for macro in macros if macro not in ended)


def _stem(name: str) -> str:
    return re.sub(r"\W", "_", name.removeprefix("kernels/").removesuffix(".c"))


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
