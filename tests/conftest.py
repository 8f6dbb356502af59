"""Which tests need more than Python and the installed core, and what holds them to their markers."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent
# folders and files where every test has the marker; elsewhere single tests bear it themselves
MARKED = {
    "benchmarks/test_twin_training.py": "frameworks",
    "benchmarks/test_exit_worth_twin.py": "frameworks",
    "benchmarks": "firmware",
    "converters/common/rollup/test_activations.py": "frameworks",
    "converters/common/rollup/test_input_axes.py": "frameworks",
    "converters/common/rollup/test_layout.py": "frameworks",
    "converters/frameworks/test_norse.py": "frameworks",
    "converters/frameworks/test_snntorch.py": "frameworks",
    "converters/nir/exports": "frameworks",
    "converters/onnx/test_networks.py": "frameworks",
    "converters/onnx/test_ordinary.py": "frameworks",
    "converters/torch": "frameworks",
    "csrc/test_code_size.py": "firmware",
    "csrc/test_compiler_demands.py": "firmware",
    "csrc/test_core_api.py": "sanitisers",
    "csrc/test_corrupt_models.py": "sanitisers",
    "csrc/test_crossbar_runs.py": "sanitisers",
    "csrc/test_exit_tables.py": "firmware",
    "csrc/test_kernels.py": "sanitisers",
    "csrc/test_sanitised_runs.py": "sanitisers",
    "emulator": "firmware",
    "examples/test_train_digits.py": "frameworks",
    "examples/training": "frameworks",
    "examples/test_training_ordinary.py": "frameworks",
    "export/test_optimisation.py": "firmware",
    "export/test_own_names.py": "firmware",
    "export/test_project_kinds.py": "firmware",
    "export/test_projects_run.py": "firmware",
    "packaging": "firmware",
    "targets/report/test_chromium.py": "browser",
    "targets/test_step_instructions.py": "firmware",
    "training": "frameworks",
}
COMPILES = {"firmware", "sanitisers"}
PROGRAM = re.compile(
    r"(.*-)?(gcc|g\+\+|cc|c\+\+|clang|clang\+\+|valgrind|cmake|ninja|platformio|qemu-system-\w+)(-\d+)?"
)

_running: list[pytest.Item] = []


def marker_of(path: Path) -> str | None:
    """The marker that every test of a file or folder has."""
    places = [path, *path.parents]
    return next((marker for place, marker in MARKED.items() if HERE / place in places), None)


def left_out(config: pytest.Config, marker: str) -> bool:
    """Whether this run was asked to do without it."""
    return re.search(rf"\bnot {marker}\b", config.getoption("markexpr")) is not None


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """A file whose tests are all left out is not even imported: some import PyTorch."""
    marker = marker_of(collection_path)
    return True if marker is not None and left_out(config, marker) else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Markers by folder, and of tests on emulated cores, whose device is a parameter."""
    for item in items:
        marker = marker_of(item.path)
        if marker is None and "emulator:" in item.name:
            marker = "firmware"
        if marker is not None:
            item.add_marker(marker)
    if left_out(config, "frameworks") and "torch" in sys.modules:
        raise pytest.UsageError("PyTorch was imported although frameworks are left out: mark what imports it")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Remembers which test runs."""
    _running.append(item)
    try:
        return (yield)
    finally:
        _running.pop()


def _hold_to_markers(event: str, arguments: tuple) -> None:
    if not _running:
        return
    bears = {marker.name for marker in _running[-1].iter_markers()}
    if event == "subprocess.Popen":
        program = Path(str(arguments[0])).name
        if PROGRAM.fullmatch(program) and not bears & COMPILES:
            raise AssertionError(f"{program} is started by a test without a marker ({', '.join(COMPILES)})")
    elif event == "import" and arguments[0] == "torch" and "frameworks" not in bears:
        raise AssertionError("PyTorch is imported by a test without the marker frameworks")


sys.addaudithook(_hold_to_markers)
