"""Training frameworks that a test needs: skipped where they are missing, but not in CI."""

from __future__ import annotations

import importlib
import os
from types import ModuleType

import pytest


def framework(name: str) -> ModuleType:
    """Import a framework; where it is missing, skip the module, but fail in CI."""
    if os.environ.get("CI") == "true":
        return importlib.import_module(name)
    return pytest.importorskip(name)


def missing(what: str) -> None:
    """Skip the module, but fail in CI."""
    if os.environ.get("CI") == "true":
        raise ImportError(what)
    pytest.skip(what, allow_module_level=True)
