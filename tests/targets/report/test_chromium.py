"""The report in Debian's Chromium: its numbers read back, sorted by keyboard, narrow, dark, and on paper."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import chromium
import numpy as np
import pytest
from installed_frameworks import missing
from report_pages import at
from small_networks import dense_lif

from snnrt.cli import main
from snnrt.network import Network

if chromium.PROGRAM is None:
    missing("no chromium; run: apt-get install chromium")

TARGETS = "dt-snn,stm32u575,loihi"

CONTRAST = """(() => {
  const parse = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
  const linear = (one) => one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgb = (...layers) => {
    canvas.clearRect(0, 0, 1, 1);
    layers.forEach((one) => { canvas.fillStyle = one; canvas.fillRect(0, 0, 1, 1); });
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3).map((one) => one / 255);
  };
  const wrong = [];
  let seen = 0;
  for (const element of document.querySelectorAll("body *")) {
    const text = [...element.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (!text || ["SCRIPT", "STYLE", "title"].includes(element.tagName)) continue;
    const layers = [];
    for (let one = element; one; one = one.parentElement) {
      layers.unshift(getComputedStyle(one).backgroundColor);
    }
    const style = getComputedStyle(element);
    const ink = element.namespaceURI.endsWith("svg") ? style.fill : style.color;
    const [a, b] = [light(rgb(...layers, ink)), light(rgb(...layers))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    seen += 1;
    if (ratio < 4.5) wrong.push([element.tagName, element.textContent.slice(0, 40), ratio]);
  }
  return [seen, wrong];
})()"""

NUMBERS = """[...document.querySelectorAll("data[data-of]")].map(
  (one) => [one.dataset.of, Number(one.value), one.textContent, one.getClientRects().length])"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page with everything, and the document that the same command prints."""
    folder = tmp_path_factory.mktemp("page")
    graph, x = dense_lif("int8")
    net = Network(graph.with_exit("margin:0.25"))
    x = np.concatenate([x, x[::-1] * 0.7, x * 0.3]).astype(np.float32)
    y = net.run(x, exit="never").predictions.copy()
    y[::3] = (y[::3] + 1) % graph.readout.shape[0]
    net.save(folder / "a.snnrt")
    np.savez(folder / "data.npz", x=x, y=y)
    command = ["profile", str(folder / "a.snnrt"), str(folder / "data.npz"), "--target", TARGETS, "--sweep"]
    for name, more in (
        ("other", ["--exit", "margin:1"]),
        ("this", ["--compare", str(folder / "other.json")]),
    ):
        with pytest.MonkeyPatch.context() as patch, (folder / f"{name}.json").open("w") as file:
            patch.setattr("sys.stdout", file)
            assert main([*command, *more, "--json", "--report", str(folder / f"{name}.html")]) == 0
    return folder


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[chromium.Browser]:
    with chromium.browser(tmp_path_factory.mktemp("profile")) as found:
        yield found


def test_numbers_are_those_of_the_document(browser: chromium.Browser, folder: Path) -> None:
    document: Any = json.loads((folder / "this.json").read_text("utf-8"))
    browser.open(folder / "this.html")
    numbers = browser.value(NUMBERS)
    assert len(numbers) > 500
    for path, value, text, _ in numbers:
        assert value == at(document, path), path
        assert text.strip()
    shown = {path for path, _, _, boxes in numbers if boxes}
    first = {"accuracy", "mean_timesteps", "targets/0/edp_reduction", "targets/1/verdict/resources/0/used"}
    assert first <= shown
    assert "compared/rows/0/other" in shown
    for path in first:
        top = browser.value(f"document.querySelector('[data-of=\"{path}\"]').getBoundingClientRect().bottom")
        assert top <= 800, f"{path} is not on the first screen"
    plot = browser.value("document.querySelector('.first figure svg').getBoundingClientRect().bottom")
    assert plot <= 800


def test_nothing_is_loaded_and_nothing_complains(browser: chromium.Browser, folder: Path) -> None:
    before = len(browser.requests)
    browser.open(folder / "this.html")
    asked = {one.partition(":")[0] for one in browser.requests[before:]}
    assert asked <= {"file", "data"} and browser.errors == []
    # the policy keeps out what a name might bring in
    browser.value(
        "(() => { const one = document.createElement('script'); one.textContent = 'window.entered = 1';"
        " document.body.append(one); })()"
    )
    assert browser.value("window.entered") is None
    assert any("Content Security Policy" in one for one in browser.errors)
    browser.errors.clear()


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [400, 1280])
def test_it_fits_and_can_be_read(browser: chromium.Browser, folder: Path, width: int, dark: bool) -> None:
    browser.open(folder / "this.html", width, dark=dark)
    assert browser.value("document.scrollingElement.scrollWidth") <= width
    paper = browser.value("getComputedStyle(document.body).backgroundColor")
    assert (paper == "rgb(255, 255, 255)") is not dark
    browser.value("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    seen, wrong = browser.value(CONTRAST)
    assert seen > 300 and wrong == []
    # what is wider than the page scrolls in a region of its own that the keyboard reaches
    outside = browser.value(
        "[...document.querySelectorAll('table')].filter((one) => one.scrollWidth > innerWidth"
        " && one.parentElement.tabIndex !== 0).length"
    )
    assert outside == 0


def test_tables_are_sorted_by_keyboard(browser: chromium.Browser, folder: Path) -> None:
    browser.open(folder / "this.html")
    column = """[...document.querySelectorAll("#targets ~ .wide tbody tr")].map((row) => row.cells[2])
      .map((cell) => Number(cell.querySelector("data").value))"""
    head = 'document.querySelectorAll("#targets ~ .wide thead th")[2]'
    given = browser.value(column)
    assert len(given) == 3 and given != sorted(given)
    browser.value(f"{head}.querySelector('button').focus()")
    browser.press("Enter", 13, "\r")
    assert browser.value(column) == sorted(given)
    assert browser.value(f"{head}.getAttribute('aria-sort')") == "ascending"
    browser.press(" ", 32, " ")
    assert browser.value(column) == sorted(given, reverse=True)
    assert browser.value(f"{head}.getAttribute('aria-sort')") == "descending"
    browser.press("Tab", 9)
    assert browser.value("document.activeElement.closest('th').cellIndex") == 3


def test_what_assistive_technology_is_told(browser: chromium.Browser, folder: Path) -> None:
    browser.open(folder / "this.html")
    nodes = browser.call("Accessibility.getFullAXTree")["nodes"]
    names: dict[str, list[str]] = {}
    for node in nodes:
        if not node.get("ignored"):
            role = node.get("role", {}).get("value", "")
            names.setdefault(role, []).append(node.get("name", {}).get("value", ""))
    for role in ("image", "table", "region", "navigation", "button", "link", "article"):
        assert names.get(role), role
        assert all(names[role]), role
    for role in ("banner", "main", "contentinfo", "navigation"):
        assert len(names[role]) == 1, role


def test_nothing_is_folded_away_on_paper(browser: chromium.Browser, folder: Path, tmp_path: Path) -> None:
    browser.open(folder / "this.html", dark=True)
    # boxes of what is folded are skipped: not visible
    visible = """[...document.querySelectorAll("details table")].map(
      (one) => one.checkVisibility({ contentVisibilityAuto: true }) && one.getClientRects().length > 0)"""
    assert browser.value(visible) == [False] * 3
    browser.media(dark=True, printed=True)
    # what a style sheet can do without scripts
    assert browser.value("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    browser.value("document.querySelectorAll('details').forEach((one) => { one.open = false; })")
    content = "getComputedStyle(document.querySelector('details'), '::details-content').contentVisibility"
    assert browser.value(content) == "visible"
    # and what the script does: all is open while it is printed, and as it was after
    browser.value("addEventListener('beforeprint', () => { window.folded = document.querySelectorAll("
                  "'details:not([open])').length; })")  # fmt: skip
    browser.pdf(tmp_path / "page.pdf")
    assert browser.value("window.folded") == 0
    assert browser.value("document.querySelectorAll('details[open]').length") == 0
    assert (tmp_path / "page.pdf").read_bytes().startswith(b"%PDF")
    overflow = browser.value(
        "[...document.querySelectorAll('.wide')].filter("
        "(one) => getComputedStyle(one).overflowX !== 'visible').length"
    )
    assert overflow == 0
