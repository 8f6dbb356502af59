"""The licence of the core, which goes with every export."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

from snnrt.errors import OutputError


def licence() -> str:
    """The checkout's, else the installed distribution's. Raises OutputError without either."""
    checkout = Path(__file__).parents[2]
    if (checkout / "csrc" / "snnrt.h").is_file() and (checkout / "LICENSE").is_file():
        return (checkout / "LICENSE").read_text("utf-8")
    try:
        for path in files("snnrt") or ():
            if path.name == "LICENSE":
                return path.read_text("utf-8")
    except (PackageNotFoundError, OSError):
        pass
    raise OutputError("the licence is not installed with snnrt: install the package again")
