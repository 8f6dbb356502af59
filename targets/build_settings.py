"""The two settings at which firmware is built and measured: for little code, and for few instructions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

Setting = Literal["small", "fast"]
SETTINGS: tuple[Setting, ...] = get_args(Setting)
OPTIMISATION: Mapping[Setting, str] = {"small": "-Os", "fast": "-O2"}
"""The compiler's flag. Exported projects are built ``fast`` unless their user chooses otherwise."""
