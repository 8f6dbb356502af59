"""What the pages say is so: links, commands, figures, and the code in them."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from effort import whole

import snnrt
from snnrt.cli import build_parser
from snnrt.cli import main as cli
from snnrt.data.load import load_dataset

ROOT = Path(__file__).parents[2]
PAGES = [
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
    ROOT / "tests" / "README.md",
    *sorted((ROOT / "examples").glob("*.md")),
]
MODEL = "digits.snnrt"


def blocks(page: Path, language: str) -> list[str]:
    """The fenced blocks of one language."""
    return re.findall(rf"```{language}\n(.*?)```", page.read_text("utf-8"), re.DOTALL)


def indented(page: Path) -> list[str]:
    """Indented lines outside fences, continued ones joined."""
    text = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL).replace("\\\n", " ")
    return [line.strip() for line in text.splitlines() if line.startswith("    ")]


def anchors(page: Path) -> set[str]:
    """Fragments that a page's headings make."""
    headings = re.findall(r"^#+ (.*)", page.read_text("utf-8"), re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.replace(" ", "-") for heading in plain}


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> Path:
    """The digits network as the README converts it."""
    training = load_dataset("digits", split="train")
    network = snnrt.convert(
        ROOT / "examples" / "models" / "digits_conv.nir",
        numbers="int8",
        calibrate=training.x,
        timesteps=4,
        framework="snntorch",
        exit="entropy:0.2",
    )
    path = tmp_path_factory.mktemp("model") / MODEL
    network.save(path)
    return path


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    text = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" in link:
            continue
        name, _, fragment = link.partition("#")
        target = page.parent / name if name else page
        assert target.exists(), link
        assert not fragment or fragment in anchors(target), link


def test_every_page_is_in_the_index():
    index = (ROOT / "docs" / "README.md").read_text("utf-8")
    for page in (ROOT / "docs").glob("*.md"):
        assert page.name == "README.md" or f"({page.name})" in index
    decisions = (ROOT / "docs" / "decisions" / "README.md").read_text("utf-8")
    for page in (ROOT / "docs" / "decisions").glob("*.md"):
        assert page.name == "README.md" or f"({page.name})" in decisions


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_are_understood(page):
    for line in indented(page):
        if line.split()[0] not in ("snnrt", "make", "python"):
            continue
        words = shlex.split(line.partition(" > ")[0], comments=True)
        if words[0] == "snnrt":
            build_parser().parse_args([word.replace("θ", "0.2") for word in words[1:]])
        elif words[0] == "make":
            assert re.search(rf"^{words[1]}:", (ROOT / "Makefile").read_text(), re.MULTILINE)
        else:
            assert (ROOT / words[1]).exists()


def test_make_targets_that_pages_name_exist():
    rules = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for page in PAGES:
        for name in re.findall(r"`make ([a-z-]+)`", page.read_text("utf-8")):
            assert name in rules, f"{page.name}: make {name}"


@pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="help is laid out differently by other versions")
def test_generated_pages_are_what_the_code_says():
    done = subprocess.run(
        [sys.executable, ROOT / "docs" / "generate.py", "--check"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_api_page_names_everything_public():
    page = (ROOT / "docs" / "python_api.md").read_text("utf-8")
    for name in set(snnrt.__all__) - {"__version__", "data", "devices", "targets"}:
        assert f"### {name}\n" in page


@whole
def test_figures_are_what_is_measured():
    done = subprocess.run(
        [sys.executable, ROOT / "docs" / "figures.py", "--check"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_readme_python_runs(model, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model.nir").write_bytes((ROOT / "examples" / "models" / "digits_conv.nir").read_bytes())
    data = load_dataset("digits")
    for page in (ROOT / "README.md", ROOT / "docs" / "python_api.md"):
        (code,) = [block for block in blocks(page, "python") if "import snnrt" in block]
        names = {"x": data.x[:5], "y": data.y[:5]}
        exec(compile(code, str(page), "exec"), names)
        assert names["out"].predictions.shape == (5,)


@pytest.mark.firmware
def test_firmware_page(model, monkeypatch, tmp_path):
    """Its first command writes the files it names; its C, compiled with them, gives the engine's results."""
    page = ROOT / "docs" / "firmware.md"
    monkeypatch.chdir(tmp_path)
    (tmp_path / MODEL).write_bytes(model.read_bytes())
    (line, *_) = [line for line in indented(page) if line.startswith("snnrt export")]
    assert cli(shlex.split(line)[1:]) == 0
    main = """
    #include <stdio.h>
    int main(void) {
        static digits_input values[DIGITS_INPUT_ELEMENTS];
        unsigned steps;
        if (!start() || !watch()) return 1;
        while (fread(values, sizeof values, 1, stdin) == 1) {
            int label = classify(values, &steps), streamed = -1, hooked;
            if (snnrt_network_reset(&network) != SNNRT_OK || !idle()) return 2;
            for (int t = 0; streamed < 0; t++) {
                if (t == 9) return 3;
                streamed = on_data(values);
            }
            for (int i = 0; i < 64; i++) buffer[0][i] = values[i];
            hooked = classify_from_hook();
            if (hooked != label || streamed != label) return 4;
            printf("%d %u\\n", label, steps);
        }
        return health.inferences > 0 ? 0 : 5;
    }
    """
    folder = tmp_path / "firmware"
    (folder / "user.c").write_text("\n".join(blocks(page, "c")) + main)
    sources = [folder / name for name in ("snnrt.c", "digits_model.c", "user.c")]
    flags = ["-std=c99", "-Os", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]
    subprocess.run(["gcc", *flags, *sources, "-o", folder / "program"], check=True)
    network, x = snnrt.load(model), load_dataset("digits").x[:100]
    source = network.graph.input
    values = np.clip(np.rint(x / np.float32(source.scale)), -source.peak, source.peak).astype(np.int16)
    printed = subprocess.run([folder / "program"], input=values.tobytes(), capture_output=True, check=True)
    found = np.array(printed.stdout.split(), int).reshape(-1, 2)
    out = network.run(x)
    np.testing.assert_array_equal(found, np.stack([out.predictions, out.timesteps], 1))
    # the compilers' own command lines of the page
    for line in indented(page):
        if line.startswith(("cc ", "arm-none-eabi-gcc ")) and shutil.which(line.split()[0]):
            subprocess.run(line.replace(" -c ", " -fsyntax-only "), cwd=folder, shell=True, check=True)


def test_firmware_switches():
    config = (ROOT / "csrc" / "snnrt_config.h").read_text()
    page = (ROOT / "docs" / "firmware.md").read_text("utf-8")
    for name in re.findall(r"#ifndef (SNNRT_\w+)", config):
        assert name == "SNNRT_CONFIG_H" or f"`{name}`" in page


def test_sweeps_python_runs(model, monkeypatch):
    monkeypatch.chdir(model.parent)
    (code,) = blocks(ROOT / "docs" / "sweeps.md", "python")
    names: dict = {"snnrt": snnrt}
    exec(compile(code, "docs/sweeps.md", "exec"), names)
    assert names["best"] and len(names["rows"]) == 3 and names["svg"].startswith("<svg")


def test_data_python_runs(monkeypatch, tmp_path, capsys):
    shutil.copy(ROOT / "examples" / "models" / "digits_conv.nir", tmp_path)
    monkeypatch.chdir(tmp_path)
    (code,) = blocks(ROOT / "docs" / "data.md", "python")
    exec(compile(code, "docs/data.md", "exec"), {})
    first, last = capsys.readouterr().out.splitlines()
    assert first == last and len(first.split()) == 5
