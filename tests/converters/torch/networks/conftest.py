"""What the tests of each framework's networks share: a seed, and the page's example as a user runs it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from module_parity import torch

PAGES = Path(__file__).parents[4] / "docs" / "frameworks"


@pytest.fixture(autouse=True)
def seed() -> None:
    torch.manual_seed(7)


@pytest.fixture
def page_example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], dict[str, Any]]:
    """Runs the one Python example of a framework's page in ``tmp_path``; what it defines."""

    def run(page: str) -> dict[str, object]:
        path = PAGES / f"{page}.md"
        (code,) = re.findall(r"```python\n(.*?)```", path.read_text("utf-8"), re.DOTALL)
        monkeypatch.chdir(tmp_path)
        found: dict[str, Any] = {}
        exec(compile(code, str(path), "exec"), found)
        assert (tmp_path / "model.snnrt").exists()
        assert found["report"].rows()
        return found

    return run
