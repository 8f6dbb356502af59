"""The HTML report: complete, self-contained, safe with hostile names, and every number the document's."""

from __future__ import annotations

import base64
import builtins
import hashlib
import json
import re
import sys
import warnings
from dataclasses import replace
from itertools import pairwise
from xml.etree import ElementTree

import numpy as np
import pytest
from published_networks import Builder, counts_at
from report_pages import Page, at, check_numbers
from small_networks import dense_lif

from snnrt.errors import DataError, OutputError, SnnrtError
from snnrt.network import Network
from snnrt.reporting.run_details import run_details
from snnrt.reporting.sweeping import needed_outcomes, sweep_of
from snnrt.targets import compare, load_target, write_report
from snnrt.targets.profiling import profile, targets_of
from snnrt.targets.quantities import change, engineering
from snnrt.targets.report.details import RunDetails
from snnrt.targets.report.document import report_document
from snnrt.targets.report.other_run import compared
from snnrt.targets.report.page import render_report


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


@pytest.fixture(scope="module")
def whole() -> tuple[str, dict]:
    """A page with everything that there is, and its document as JSON has it."""
    graph, x = dense_lif("int8")
    net = Network(graph.with_exit("margin:0.25"))
    x = np.concatenate([x, x[::-1] * 0.7, x * 0.3]).astype(np.float32)
    y = net.run(x, exit="never").predictions.copy()
    y[::3] = (y[::3] + 1) % graph.readout.shape[0]
    profiled = profile(net.model, x, y, targets_of("dt-snn,stm32u575,loihi"), every_step=True)
    outcomes = needed_outcomes(net.model, profiled, "cpu")
    swept = sweep_of(net.model, profiled, outcomes)
    details = run_details(net.model, profiled, outcomes, sweep=swept, made={"model": "a.snnrt"}, period_s=0.5)
    document = report_document(net.graph, profiled.reports, details)
    other = {
        "name": "other.json",
        "facts": dict.fromkeys(("model", "data", "inputs", "timesteps", "exit", "device"), "another")
        | dict.fromkeys(("model_sha256", "data_fingerprint", "snnrt", "date", "command")),
        "figures": {"accuracy": 0.5, "static_accuracy": None, "mean_timesteps": 3.0},
        "targets": {"loihi": {key: 1.0 for key in ("mean_energy_j", "mean_latency_s", "mean_edp_js")}
                    | {"edp_reduction": 0.25}, "elsewhere": {}},
    }  # fmt: skip
    document["compared"] = compared(document, other)
    text = render_report(net.graph, profiled.reports, "a net", details, document)
    return text, json.loads(json.dumps(document))


def test_page_says_what_matters(page):
    graph = network()
    for report in reports(graph):
        summary = report.dynamic.summary()
        assert report.target.title in page
        assert engineering(summary.mean_energy_j, "J") in page
        assert f"{summary.mean_edp_js:.2e} J·s" in page
        assert change(report.edp_reduction) in page
        for charge in report.target.charges:
            assert charge.figure.operating_point.split("'")[0] in page
        for formula in report.dynamic.formulas:
            assert formula in page
    for node in graph.nodes[1:]:
        assert f'<th scope="row">{node.name}</th><td>' in page
    assert "95.00 %" in page and "96.00 %" in page and "Accuracy 1.00 points lost" in page


def test_every_number_is_the_document_s(whole):
    text, document = whole
    paths = check_numbers(Page(text), document)
    expected = {
        "accuracy", "static_accuracy", "mean_timesteps", "changed/lost", "changed/gained",
        "targets/1/verdict/resources/0/used", "targets/1/verdict/resources/1/of",
        "targets/2/energy_reduction",
        "targets/0/edp_reduction", "targets/0/mean_energy_j", "targets/0/static_mean_edp_js",
        "targets/0/edp_reduction_band/1", "targets/0/edp_reduction_by_static_layers/once",
        "targets/2/components/0/mean_energy_j", "targets/2/layers/1/static_mean_latency_s",
        "targets/0/mapping/0/utilisation", "by_timestep/0/ended_accuracy", "by_timestep/5/agreement",
        "classes/0/accuracy", "classes/1/static_accuracy", "classes/1/mean_timesteps", "confusion/1/2",
        "chosen_inputs/easiest/0/timesteps", "chosen_inputs/wrong/0/probability", "layers/2/spikes",
        "layers/2/static_spikes", "layers/1/synaptic_operations", "layers/2/rate",
        "sweep/static/0/accuracy", "sweep/rules/0/points/0/targets/dt-snn/mean_edp_js",
        "compared/rows/0/this", "compared/rows/0/other",
    }  # fmt: skip
    assert expected <= paths, expected - paths
    for path in ("targets/0/mean_energy_j", "targets/1/static_mean_energy_j"):
        (shown, *_) = (number.text for number in Page(text).numbers if number.path == path)
        assert shown == engineering(at(document, path), "J")


def test_page_is_well_formed_and_accessible(whole):
    page = Page(whole[0])
    assert page.open == []
    identifiers = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(identifiers) == len(set(identifiers))
    for attributes in page.all("a"):
        assert (attributes["href"] or "").removeprefix("#") in identifiers
    for _, attributes in page.tags:
        assert attributes.get("aria-labelledby", identifiers[0]) in identifiers
    for landmark in ("header", "nav", "main", "footer", "h1"):
        assert len(page.all(landmark)) == 1
    assert len(page.all("caption")) == len(page.all("table")) > 10
    assert all(attributes.get("scope") in ("row", "col") for attributes in page.all("th"))
    assert all(attributes.get("alt") for attributes in page.all("img")) and page.all("img")
    assert all(attributes.get("role") == "img" and attributes["aria-label"] for attributes in page.all("svg"))
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1 and all(below - above <= 1 for above, below in pairwise(levels))
    assert dict(page.all("html")[0])["lang"] == "en"


def test_page_needs_nothing_from_outside(whole, page):
    for text in (whole[0], page):
        assert not re.search(r"<(link|iframe|object|embed|base)\b|<script[^>]", text)
        assert not re.search(r"@import|url\(\s*[\"']?(?!#)", text)
        addresses = re.findall(r"(?:https?:)?//[\w.]+[^\s\"'<]*", re.sub(r"//[ \w\"]+.*", "", text))
        assert not addresses
        references = re.findall(r"""(?:href|src)\s*=\s*["']([^"']*)""", text)
        assert all(reference.startswith(("#", "data:image/png;base64,")) for reference in references)


def test_the_policy_names_the_one_script(page):
    (script,) = re.findall(r"<script>(.*?)</script>", page, flags=re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    (policy,) = (one["content"] for one in Page(page).all("meta") if one.get("http-equiv"))
    assert f"script-src 'sha256-{digest}'" in policy and policy.startswith("default-src 'none'")


def test_plots_are_well_formed_svg(whole, page):
    for text, count in ((page, 1 + 3 * 3), (whole[0], 2 + 2 + 1 + 3 * 3 + 2)):
        plots = re.findall(r"<svg.*?</svg>", text, flags=re.DOTALL)
        assert len(plots) == count
        for plot in plots:
            root = ElementTree.fromstring(plot)
            assert root.get("viewBox") and root.find("title").text


def hostile_graph(name: str):
    graph = network(name)
    nodes = []
    for node in graph:
        inputs = tuple(type(edge)(edge.source + name, edge.delay) for edge in node.inputs)
        nodes.append(node.with_(name=node.name + name, inputs=inputs))
    return graph.with_(nodes=tuple(nodes))


def hostile_page(name: str) -> str:
    graph = hostile_graph(name)
    dynamic, static = counts_at(graph, 0.2, [1, 4]), counts_at(graph, 0.2, [4, 4])
    target = replace(load_target("dt-snn"), name=name, title=name, description=name, path=name)
    labels = np.array([0, 1])
    report = compare(graph, dynamic, static, target, predictions=labels, labels=labels, accuracy=1.0,
                     static_accuracy=1.0)  # fmt: skip
    details = RunDetails(
        classes=np.zeros((2, 4), np.int64), probabilities=np.array([0.5, 0.75]), dynamic=dynamic,
        static=static, class_names=[name] * 10, promise=[name], made={"data": name, "command": name},
    )  # fmt: skip
    return render_report(graph, [report], name, details)


def test_hostile_names_stay_text():
    hostile = "<script>alert(\"x\")</script>' onload='$\\frac{$&amp;--><!--{{ 7 * 7 }}"
    text = hostile_page(hostile)
    page = Page(text)
    assert page.open == [] and len(page.all("script")) == 1
    assert not [attributes for _, attributes in page.tags if any(key.startswith("on") for key in attributes)]
    assert "&lt;script&gt;alert(" in text and "{{ 7 * 7 }}" in page.text


@pytest.mark.parametrize("name", ["\ud800half", "a\x1b[2J\nb\x9b", "漢字 \u202egpj", "_hidden", "a/b~c"])
def test_names_that_cannot_be_printed(name):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        text = hostile_page(name)
    text.encode("utf-8")
    assert all(character.isprintable() or character == "\n" for character in text)
    for plot in re.findall(r"<svg.*?</svg>", text, flags=re.DOTALL):
        ElementTree.fromstring(plot)


def test_one_input_many_timesteps_and_no_labels():
    builder = Builder((16,), encoding="spikes", timesteps=300)
    graph = builder.dense(2).neuron().graph()
    text = render_report(graph, reports(graph, targets=("loihi",), exits=(4,)))
    assert "accuracy is unknown" in text and "Were every input to end" not in text
    assert re.search(r"1</data> input\b", text)


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
    text = render_report(graph, [report])
    assert 'class="verdict misfit"' in text and "Does not fit: needs 300000 bytes of RAM" in text
    assert ">300,000</data> of " in text and ">262,144 bytes</data>" in text


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


def test_a_missing_package_is_named(monkeypatch):
    for module in [name for name in sys.modules if name.split(".")[0] == "jinja2"]:
        monkeypatch.delitem(sys.modules, module)
    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name.split(".")[0] == "jinja2":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    graph = network()
    with pytest.raises(SnnrtError, match=r"needs jinja2.*pip install 'snnrt\[report\]'"):
        render_report(graph, reports(graph))
