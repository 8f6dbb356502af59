"""Text for terminals that know ASCII only: signs become letters that mean the same."""

from __future__ import annotations

import codecs
from typing import IO

SIGNS = {
    "─": "-", "█": "#", "…": "...", "–": "-", "—": "-", "−": "-", "×": "x", "·": "*", "µ": "u", "μ": "u",
    "→": "->", "←": "<-", "≥": ">=", "≤": "<=", "≈": "~", "±": "+-", "θ": "theta", "α": "alpha", "β": "beta",
    "χ": "chi", "σ": "sigma", "τ": "tau", "Σ": "sum", "π": "pi", "²": "^2", "³": "^3", "½": "1/2", "°": "deg",
    "¹": "^1", "⁰": "^0", "⁴": "^4", "⁵": "^5", "⁶": "^6", "⁹": "^9", "⁺": "^+", "⁻": "^-", "ᵀ": "^T",
    "₁": "1", "₂": "2", "Ω": "Ohm", "γ": "gamma", "ρ": "rho", "∝": "~", "⌈": "ceil(", "⌉": ")",
    "⌊": "floor(", "⌋": ")",
    "�": "?", "’": "'", "‘": "'", "“": '"', "”": '"', "é": "e", "ö": "o", "ü": "u", "ä": "a", "\u00a0": " ",
}  # fmt: skip
HANDLER = "snnrt"
"""The name of :func:`replaced` as a stream's ``errors``."""


def replaced(error: UnicodeError) -> tuple[str, int]:
    """What stands for characters that an encoding does not have: their sign in ASCII, else an escape."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    bad = error.object[error.start : error.end]
    text = "".join(SIGNS.get(one) or one.encode("ascii", "backslashreplace").decode("ascii") for one in bad)
    return text, error.end


codecs.register_error(HANDLER, replaced)


def fitted(text: str, stream: IO[str]) -> str:
    """``text`` as ``stream`` will show it, so that columns are counted as they come out."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    try:
        return text.encode(encoding, HANDLER).decode(encoding)
    except (LookupError, UnicodeError):
        return text
