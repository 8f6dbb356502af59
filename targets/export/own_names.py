"""The core's functions under names of the export's own, so that one firmware can link several exports."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

# what is called, and tables; to rename what has no linkage, too, changes nothing
_LINKED = re.compile(r"\b(snnrt_[a-z0-9_]+)\s*[(\[]")
# of the header of one file, and of the first that every file reads
_GUARD = re.compile(r"#define SNNRT(?:_CONFIG)?_H\n")


def linked_names(texts: Iterable[str]) -> tuple[str, ...]:
    """Every name of these C texts that an object file could show to a linker, sorted."""
    return tuple(sorted({name for text in texts for name in _LINKED.findall(text)}))


def mark_of(name: str) -> str:
    """The macro by which a model's header knows the core's header of the same export."""
    return f"SNNRT_OF_{name.upper()}"


def with_own_names(text: str, names: Iterable[str], name: str) -> str:
    """The header ``text`` that also gives every one of ``names`` the prefix ``name``: sources still say
    ``snnrt_network_run``, the linker and a debugger see ``NAME_snnrt_network_run``."""
    guard = _GUARD.search(text)
    assert guard is not None, "the header has no include guard"
    lines = "".join(f"#define {each} {name}_{each}\n" for each in names)
    return (
        f"{text[: guard.end()]}\n"
        "/* The core of this export: another one in the same firmware has names of its own. */\n"
        f"#define {mark_of(name)} 1\n{lines}{text[guard.end() :]}"
    )


def renamed(core: Mapping[str, str], name: str) -> dict[str, str]:
    """The core's files, by path, with names of their own in the header that all of them read first."""
    place = "snnrt_config.h" if "snnrt_config.h" in core else "snnrt.h"
    # in one file, everything but the manual's functions is static
    texts = core.values() if place == "snnrt_config.h" else (core[place],)
    return {**core, place: with_own_names(core[place], linked_names(texts), name)}
