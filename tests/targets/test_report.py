"""The HTML report: complete, self-contained, safe with hostile names."""

from __future__ import annotations

import builtins
import re
import sys
import warnings
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
from published_networks import Builder, counts_at

from snnrt.errors import DataError, OutputError, SnnrtError
from snnrt.targets import compare, load_target, write_report
from snnrt.targets.quantities import change, engineering, percent
from snnrt.targets.report import render_report


def reports(graph, targets=("dt-snn", "stm32u575", "loihi"), exits=(1, 1, 2, 4), **accuracies):
    dynamic, static = counts_at(graph, 0.2, list(exits)), counts_at(graph, 0.2, [4] * len(exits))
    return [compare(graph, dynamic, static, target, **accuracies) for target in targets]


def network(name: str = "Digits"):
    builder = Builder((1, 8, 8), timesteps=4)
    graph = builder.conv(4).neuron().flatten().dense(10).neuron().graph("entropy", 0.4)
    return graph.with_(metadata={"name": name})


@pytest.fixture(scope="module")
def page() -> str:
    graph = network()
    return render_report(graph, reports(graph, accuracy=0.95, static_accuracy=0.96))


def test_page_says_what_matters(page):
    graph = network()
    for report in reports(graph):
        summary = report.dynamic.summary()
        assert report.target.title in page
        assert engineering(summary.mean_energy_j, "J") in page
        assert engineering(summary.mean_edp_js, "J·s") in page
        assert change(report.edp_reduction) in page
        for charge in report.target.charges:
            assert charge.figure.operating_point.split("'")[0] in page
        for formula in report.dynamic.formulas:
            assert formula in page
    for node in graph.nodes[1:]:
        assert node.kind in ("flatten", "readout") or f"<td>{node.name}</td>" in page
    assert "95.0 %" in page and "96.0 %" in page


def test_page_needs_nothing_from_outside(page):
    assert not re.search(r"<(script|link|img|iframe|object|embed|base)\b", page)
    assert not re.search(r"@import|url\(\s*[\"']?(?!#)", page)
    addresses = re.findall(r"(?:https?:)?//[\w.]+[^\s\"'<]*", page)
    assert all(address.startswith("http://www.w3.org/") for address in addresses), addresses
    references = re.findall(r"""(?:href|src)\s*=\s*["']([^"']*)""", page)
    assert all(reference.startswith("#") for reference in references)


def test_plots_are_well_formed_svg(page):
    plots = re.findall(r"<svg.*?</svg>", page, flags=re.DOTALL)
    assert len(plots) == 1 + 3 * 3
    assert "<g id=" not in page
    for plot in plots:
        root = ElementTree.fromstring(plot)
        assert root.tag.endswith("svg") and root.get("viewBox")
        assert root.find("{http://www.w3.org/2000/svg}title").text


def test_hostile_names_stay_text():
    hostile = '<script>alert("x")</script>$\\frac{$&amp;'
    graph = network(hostile)
    nodes = []
    for node in graph:
        renamed = node.with_(name=node.name.replace("conv1", hostile))
        inputs = tuple(
            edge if edge.source != "conv1" else type(edge)(hostile, edge.delay) for edge in node.inputs
        )
        nodes.append(renamed.with_(inputs=inputs))
    graph = graph.with_(nodes=tuple(nodes))
    page = render_report(graph, reports(graph, targets=("dt-snn",)))
    assert "<script" not in page
    assert "&lt;script&gt;alert(" in page


@pytest.mark.parametrize("name", ["\ud800half", "a\x1b[2J\nb\x9b", "漢字 \u202egpj", "_hidden"])
def test_names_that_cannot_be_printed(name):
    graph = network(name)
    nodes = []
    for node in graph:
        inputs = tuple(type(edge)(edge.source + name, edge.delay) for edge in node.inputs)
        nodes.append(node.with_(name=node.name + name, inputs=inputs))
    graph = graph.with_(nodes=tuple(nodes))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        page = render_report(graph, reports(graph, targets=("dt-snn",)))
    page.encode("utf-8")
    assert all(character.isprintable() or character == "\n" for character in page)
    for plot in re.findall(r"<svg.*?</svg>", page, flags=re.DOTALL):
        ElementTree.fromstring(plot)


def test_a_component_may_begin_with_an_underscore():
    graph = network()
    target = load_target("dt-snn")
    charges = tuple(replace(charge, component="_cells") for charge in target.charges)
    page = render_report(graph, reports(graph, targets=(replace(target, charges=charges),)))
    (plot,) = (p for p in re.findall(r"<svg.*?</svg>", page, flags=re.DOTALL) if "by component" in p)
    assert "_cells" in plot


def test_one_input_many_timesteps_and_no_labels():
    builder = Builder((16,), encoding="spikes", timesteps=300)
    graph = builder.dense(2).neuron().graph()
    page = render_report(graph, reports(graph, targets=("loihi",), exits=(4,)))
    assert "1 input<" in page and "accuracy" not in page.split("<h2>")[0]


def test_many_layers_are_summed_up():
    builder = Builder((4,), encoding="spikes", timesteps=4)
    for _ in range(20):
        builder.dense(4).neuron()
    graph = builder.graph()
    assert "others" in render_report(graph, reports(graph, targets=("stm32u575",)))


def test_memory_and_misfits_are_shown():
    graph = network()
    counts = counts_at(graph, 0.2, [4])
    report = compare(graph, counts, counts, "stm32u385", arena_bytes=300_000, model_bytes=1000)
    page = render_report(graph, [report])
    assert "RAM 300000 bytes of 262144" in page
    assert "does not fit: needs 300000 bytes of RAM" in page


def test_written_whole_or_not_at_all(tmp_path):
    graph = network()
    path = tmp_path / "report.html"
    write_report(path, graph, reports(graph, targets=("loihi",)))
    assert path.read_text("utf-8").endswith("</html>")
    with pytest.raises(OutputError, match="does not exist"):
        write_report(tmp_path / "missing" / "report.html", graph, reports(graph, targets=("loihi",)))
    with pytest.raises(DataError, match="at least one target"):
        render_report(graph, [])
    assert [item.name for item in tmp_path.iterdir()] == ["report.html"]


@pytest.mark.parametrize("package", ["matplotlib", "jinja2"])
def test_a_missing_package_is_named(monkeypatch, package):
    for module in [name for name in sys.modules if name.split(".")[0] == package]:
        monkeypatch.delitem(sys.modules, module)
    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name.split(".")[0] == package:
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    graph = network()
    with pytest.raises(SnnrtError, match=rf"needs {package}.*pip install 'snnrt\[report\]'"):
        render_report(graph, reports(graph))


def test_quantities():
    assert engineering(1.234e-5, "J") == "12.3 µJ"
    assert engineering(999.7e-6, "s") == "1.00 ms"
    assert engineering(0.0, "J") == "0 J"
    assert engineering(3.2e-12, "J·s") == "3.20 pJ·s"
    assert engineering(1e-30, "J").endswith("yJ")
    assert percent(0.8123) == "81.2 %"
    assert [change(value) for value in (0.8, -0.1, 0.0)] == ["−80.0 %", "+10.0 %", "±0.0 %"]
    for value in np.geomspace(1e-20, 1e12, 97):
        number, unit = engineering(float(value), "J").split()
        assert 1 <= float(number) < 1000 and unit.endswith("J")
