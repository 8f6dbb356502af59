"""How the core is optimised in an SDK whose own flags are for size: for speed, unless told otherwise."""

from __future__ import annotations

from collections.abc import Mapping

PRAGMA = """\
/* Arduino's boards compile for size, in which the core takes half as many instructions again. */
#if defined(__GNUC__) && !defined(__clang__) && !defined(SNNRT_OPTIMISE_AS_BOARD)
#pragma GCC optimize("O2")
#endif
"""


def with_pragma(core: Mapping[str, str]) -> dict[str, str]:
    """The core's files, where a build system has no place for flags: C files ask the compiler themselves."""
    return {path: PRAGMA + text if path.endswith(".c") else text for path, text in core.items()}
