"""The test of a module bears its name, in the folder that mirrors the module's."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = {"runtime": "", "converters": "converters", "targets": "targets", "training": "training"}


def modules_without_test() -> list[str]:
    """Files, ``__init__`` and ``__main__`` apart, that have no ``test_<name>.py`` in their place."""
    found = []
    for folder, mirror in FOLDERS.items():
        for path in sorted((ROOT / folder).rglob("*.py")):
            inner = path.relative_to(ROOT / folder)
            if path.name in ("__init__.py", "__main__.py"):
                continue
            # a module of runtime/ itself has its test in tests/runtime/
            place = inner.parent if folder != "runtime" or inner.parts[1:] else Path("runtime")
            candidates = (
                ROOT / "tests" / mirror / place / f"test_{path.name}",
                # emulator and export have folders of their own
                ROOT / "tests" / place / f"test_{path.name}",
                # a kind of node, which tests/ir/test_nodes.py runs
                ROOT / "tests" / mirror / place / path.name,
            )
            if not any(candidate.exists() for candidate in candidates):
                found.append(f"{folder}/{inner}")
    return found


def test_every_module_has_its_test() -> None:
    missing = modules_without_test()
    if missing:
        pytest.xfail(f"{len(missing)} modules have no test of their name: {', '.join(missing)}")
