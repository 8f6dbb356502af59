"""The wheel holds all that is needed, and works in a fresh environment away from the source tree."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
FILES = ("setup.py", "pyproject.toml", "MANIFEST.in", "README.md", "LICENSE", "CHANGELOG.md")
PACKAGES = {
    "snnrt": "runtime",
    "snnrt/converters": "converters",
    "snnrt/targets": "targets",
    "snnrt/training": "training",
}


def run(*arguments: object, cwd: Path) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        [str(argument) for argument in arguments], cwd=cwd, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, f"{arguments}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """Built from a copy of the sources, so that nothing built before takes part."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    source.mkdir()
    for name in (*FILES, *PACKAGES.values(), "csrc"):
        run("cp", "-r", ROOT / name, source / name, cwd=folder)
    for built in source.rglob("_core*.so"):
        built.unlink()
    pip = (sys.executable, "-m", "pip", "--quiet", "wheel", "--no-deps", "--wheel-dir", folder)
    run(*pip, source, cwd=folder)
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def fresh(wheel, tmp_path_factory) -> Path:
    """The folder of programs of an environment that holds the wheel and what it depends on."""
    folder = tmp_path_factory.mktemp("fresh")
    venv.create(folder / "venv", with_pip=True)
    programs = folder / "venv" / "bin"
    run(programs / "python", "-m", "pip", "--quiet", "install", wheel, cwd=folder)
    return programs


def test_one_wheel_serves_every_python(wheel):
    assert re.fullmatch(r"snnrt-[\d.]+-cp310-abi3-\w+\.whl", wheel.name)


def test_contents(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    modules = {
        f"{package}/{path.relative_to(ROOT / folder)}"
        for package, folder in PACKAGES.items()
        for path in (ROOT / folder).rglob("*")
        if path.suffix in (".py", ".toml", ".html", ".css", ".js", ".in", ".c", ".h", ".S", ".ld")
        or path.name == "py.typed"
    }
    assert len(modules) > 100
    assert modules <= names
    core = {f"snnrt/csrc/{path.relative_to(ROOT / 'csrc')}" for path in (ROOT / "csrc").rglob("*.[ch]")}
    on_devices = {name for name in core if not name.startswith(("snnrt/csrc/host", "snnrt/csrc/kernels/x86"))}
    assert {name for name in names if name.startswith("snnrt/csrc/")} == on_devices
    assert "snnrt/_core.abi3.so" in names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert not [name for name in names if name.startswith(("tests", "csrc", "examples"))]


def test_it_works_away_from_the_sources(fresh, tmp_path):
    random = np.random.default_rng(0)
    x = random.random((20, 1, 8, 8), np.float32)
    np.savez(tmp_path / "data.npz", x=x, y=random.integers(0, 10, 20))
    assert "convert" in run(fresh / "snnrt", "--help", cwd=tmp_path)
    listed = run(fresh / "snnrt", "targets", cwd=tmp_path)
    assert "dt-snn" in listed and "stm32u575" in listed
    model = ROOT / "examples" / "models" / "digits_conv.nir"
    options = ("--numbers", "int8", "--calibrate", "data.npz", "--framework", "snntorch", "--timesteps", 4)
    exit_rule = ("--exit", "entropy:0.2")
    run(fresh / "snnrt", "convert", model, "-o", "digits.snnrt", *options, *exit_rule, cwd=tmp_path)
    printed = json.loads(run(fresh / "snnrt", "run", "digits.snnrt", "data.npz", "--json", cwd=tmp_path))
    assert printed["inputs"] == 20 and 1 <= printed["mean_timesteps"] <= 4
    target = ("--target", "dt-snn", "--json")
    profiled = run(fresh / "snnrt", "profile", "digits.snnrt", "data.npz", *target, cwd=tmp_path)
    assert json.loads(profiled)["targets"][0]["mean_energy_j"] > 0
    run(fresh / "snnrt", "export", "digits.snnrt", "-o", "firmware", "--sample", "data.npz", cwd=tmp_path)
    run("gcc", "main.c", "snnrt.c", "digits_model.c", "-o", "example", cwd=tmp_path / "firmware")
    one = ("--limit", 1, "--json")
    first = json.loads(run(fresh / "snnrt", "run", "digits.snnrt", "data.npz", *one, cwd=tmp_path))
    steps = first["mean_timesteps"]
    assert f"timesteps {steps:.0f} of 4" in run(tmp_path / "firmware" / "example", cwd=tmp_path)
    where = run(fresh / "python", "-c", "import snnrt._core; print(snnrt._core.__file__)", cwd=tmp_path)
    assert str(fresh.parent) in where


def test_the_report_says_what_it_needs(fresh, tmp_path):
    """Without the extra ``report`` there is one line that names it, and no file."""
    code = "from snnrt.targets.report.page import _jinja2; _jinja2()"
    done = subprocess.run([fresh / "python", "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1 and "snnrt[report]" in done.stderr
