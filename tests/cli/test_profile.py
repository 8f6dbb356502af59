"""snnrt profile."""

from __future__ import annotations

import csv
import hashlib
import re
from importlib import resources

import pytest
from report_pages import Page, check_numbers

import snnrt
from snnrt.data.load import load_dataset
from snnrt.targets.loading import list_targets

FIGURES = ("accuracy", "mean_energy_j", "mean_latency_s", "mean_edp_js", "product_of_means_edp_js")


def test_json_has_each_target_dynamic_and_static(snnrt_command, int8_model):
    names = list_targets()
    document = snnrt_command(
        "profile", int8_model, "digits", "--limit", "60", "--json", "--target", *names
    ).json
    assert [target["target"] for target in document["targets"]] == list(names)
    assert document["inputs"] == 60
    data = load_dataset("digits")
    result = snnrt.load(int8_model).run(data.x[:60])
    for target in document["targets"]:
        assert target["accuracy"] == pytest.approx((result.predictions == data.y[:60]).mean())
        for figure in FIGURES:
            assert target[figure] >= 0 and target[f"static_{figure}"] >= 0
        assert target["mean_energy_j"] < target["static_mean_energy_j"]
        reduction = 1 - target["mean_edp_js"] / target["static_mean_edp_js"]
        assert target["edp_reduction"] == pytest.approx(reduction) and 0 < reduction < 1
        product = target["mean_energy_j"] * target["mean_latency_s"]
        assert target["product_of_means_edp_js"] == pytest.approx(product)


def test_text_is_a_table_with_both_runs(snnrt_command, int8_model):
    outcome = snnrt_command("profile", int8_model, "digits", "--limit", "20", "--target", "dt-snn")
    assert outcome.code == 0 and outcome.err == ""
    lines = outcome.out.splitlines()
    assert any(line.startswith("dt-snn") and "dynamic" in line for line in lines)
    assert any(line.strip().startswith("all 4") for line in lines)
    assert "less EDP than with all 4 timesteps" in outcome.out


PREFIXES = {"": 1.0, "m": 1e-3, "µ": 1e-6, "n": 1e-9, "p": 1e-12, "f": 1e-15, "k": 1e3}


def value_of(text: str, unit: str) -> float:
    """What is printed as ``12.3 µJ``."""
    number, _, rest = text.partition(" ")
    assert rest.endswith(unit)
    return float(number) * PREFIXES[rest.removesuffix(unit)]


def test_the_table_says_what_the_json_says(snnrt_command, int8_model):
    """Every column of every row, with its unit."""
    usual = ("profile", int8_model, "digits", "--limit", "40", "--target", "dt-snn", "stm32u575", "loihi")
    targets = snnrt_command(*usual, "--json").json["targets"]
    rows = [re.split(r"\s{2,}", line.strip()) for line in snnrt_command(*usual).out.splitlines()]
    header = next(place for place, row in enumerate(rows) if row[0] == "target")
    assert rows[header] == [
        "target", "timesteps", "accuracy", "mean T", "energy", "latency", "EDP", "mean E × mean D",
    ]  # fmt: skip
    table = [row for row in rows[header + 1 :] if {"dynamic", "all 4"} & set(row)]
    assert len(table) == 2 * len(targets) == 6
    for place, target in enumerate(targets):
        name, *dynamic = table[2 * place]
        assert name == target["target"]
        for prefix, said, cells in (("", "dynamic", dynamic), ("static_", "all 4", table[2 * place + 1])):
            figure = {key: target[prefix + key] for key in (*FIGURES, "mean_timesteps")}
            assert cells[0] == said
            assert cells[1] == f"{figure['accuracy']:.4f}" and cells[2] == f"{figure['mean_timesteps']:.3f}"
            assert value_of(cells[3], "J") == pytest.approx(figure["mean_energy_j"], rel=0.006)
            assert value_of(cells[4], "s") == pytest.approx(figure["mean_latency_s"], rel=0.006)
            assert value_of(cells[5], "J·s") == pytest.approx(figure["mean_edp_js"], rel=1e-3)
            assert value_of(cells[6], "J·s") == pytest.approx(figure["product_of_means_edp_js"], rel=1e-3)
        # columns that could be taken for each other differ
        assert abs(target["mean_edp_js"] / target["product_of_means_edp_js"] - 1) > 0.005


def test_each_accuracy_is_its_run_s(snnrt_command, int8_model):
    """A threshold that stops early enough for other classes than after all timesteps."""
    options = ("--limit", "400", "--exit", "entropy:0.95", "--json", "--target", "dt-snn")
    (target,) = snnrt_command("profile", int8_model, "digits", *options).json["targets"]
    data = load_dataset("digits")
    x, y = data.x[:400], data.y[:400]
    network = snnrt.load(int8_model)
    early = (network.run(x, exit="entropy:0.95").predictions == y).mean()
    full = (network.run(x, exit="never").predictions == y).mean()
    assert early != full
    assert (target["accuracy"], target["static_accuracy"]) == (early, full)


def test_never_is_its_own_static_run(snnrt_command, int8_model):
    options = ("--limit", "10", "--exit", "never", "--timesteps", "3", "--json", "--target", "dt-snn")
    document = snnrt_command("profile", int8_model, "digits", *options).json
    (target,) = document["targets"]
    assert document["timesteps"] == 3 and document["exit"] == "never"
    assert target["mean_timesteps"] == target["static_mean_timesteps"] == 3
    assert target["edp_reduction"] == 0


def test_per_input_file_averages_to_the_json(snnrt_command, int8_model, tmp_path):
    path = tmp_path / "inputs.csv"
    options = ("--limit", "25", "--json", "--per-input", path, "--target", "dt-snn")
    (target,) = snnrt_command("profile", int8_model, "digits", *options).json["targets"]
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 25
    labels = load_dataset("digits").y[:25]
    assert [int(row["label"]) for row in rows] == labels.tolist()
    assert sum(row["class"] == row["label"] for row in rows) / 25 == pytest.approx(target["accuracy"])
    for column, figure in (
        ("energy_j", "mean_energy_j"),
        ("latency_s", "mean_latency_s"),
        ("edp_js", "mean_edp_js"),
    ):
        assert sum(float(row[f"dt-snn_{column}"]) for row in rows) / 25 == pytest.approx(target[figure])


def test_report_is_one_file(snnrt_command, int8_model, tmp_path):
    path = tmp_path / "report.html"
    outcome = snnrt_command(
        "profile", int8_model, "digits", "--limit", "10", "--target", "dt-snn", "--report", path
    )
    assert outcome.code == 0 and str(path) in outcome.out
    text = path.read_text(encoding="utf-8")
    assert text.lstrip().lower().startswith("<!doctype html") and "dt-snn" in text
    assert [entry.name for entry in tmp_path.iterdir()] == ["report.html"]


def test_a_name_given_twice_counts_once(snnrt_command, int8_model):
    options = ("--limit", "2", "--json", "--target", "dt-snn", "--target", "dt-snn")
    assert len(snnrt_command("profile", int8_model, "digits", *options).json["targets"]) == 1


def test_the_example_names_shipped_targets(snnrt_command):
    example = snnrt_command("profile", "--help").out.partition("example:")[2]
    named = [name for group in re.findall(r"--target ([a-z0-9,-]+)", example) for name in group.split(",")]
    assert len(named) > 6 and set(named) <= {"all", *list_targets()}


def test_missing_targets(snnrt_command, int8_model, tmp_path):
    report = tmp_path / "report.html"
    report.write_text("old")
    usual = ("profile", int8_model, "digits", "--report", report)
    snnrt_command(*usual, "--target", "dt-snn", "cortex-m99").failed("'cortex-m99' is unknown")
    snnrt_command(*usual).failed("--target", code=2)
    snnrt_command(*usual, "--target", tmp_path / "mine.toml").failed("mine.toml", "no such file")
    assert report.read_text() == "old"


def test_places_where_nothing_can_be_written(snnrt_command, int8_model, tmp_path):
    usual = ("profile", int8_model, "digits", "--target", "dt-snn")
    for option in ("--report", "--per-input"):
        place = tmp_path / "missing" / "out"
        snnrt_command(*usual, option, place).failed(f"cannot write {place}", "create it first")
    same = tmp_path / "out"
    snnrt_command(*usual, "--report", same, "--per-input", same).failed(
        "two results would go to the same file"
    )
    assert list(tmp_path.iterdir()) == []


def test_data_that_does_not_fit(snnrt_command, int8_model):
    snnrt_command("profile", int8_model, "yin-yang", "--target", "dt-snn").failed("found (1000, 4)")


def test_the_chip_that_computes_is_the_chip_that_is_costed(snnrt_command, int8_model, tmp_path):
    """A file as device and as target: one run; other ADC bits change accuracy's run and cost."""
    usual = ("profile", int8_model, "digits", "--limit", "20", "--json", "--target", "dt-snn")
    core = snnrt_command(*usual).json["targets"][0]
    chip = snnrt_command(*usual, "--device", "crossbar").json["targets"][0]
    assert chip["mean_energy_j"] != core["mean_energy_j"]
    fine = snnrt_command(*usual, "--device", "crossbar", "--crossbar", "adc_bits=8").json["targets"][0]
    assert fine["static_mean_energy_j"] > chip["static_mean_energy_j"]
    assert fine["static_mean_latency_s"] > chip["static_mean_latency_s"]
    two = ("profile", int8_model, "digits", "--target", "dt-snn", "hermes", "--device", "crossbar")
    snnrt_command(*two).failed("expected one target of kind imc", "dt-snn (imc), hermes (imc)")
    snnrt_command("profile", int8_model, "digits", "--target", "loihi", "--crossbar", "adc_bits=8").failed(
        "--crossbar: expected a target of kind imc"
    )


def test_both_ways_of_constant_inputs_are_told(snnrt_command, int8_model):
    usual = ("profile", int8_model, "digits", "--limit", "20", "--target", "dt-snn")
    (target,) = snnrt_command(*usual, "--json").json["targets"]
    ways = target["edp_reduction_by_static_layers"]
    low, high = target["edp_reduction_band"]
    assert low <= ways["once"] < ways["every_timestep"] == target["edp_reduction"] <= high
    text = snnrt_command(*usual).out
    assert f"every timestep: {ways['every_timestep']:.1%}" in " ".join(text.split())
    assert f"once an input: {ways['once']:.1%}" in " ".join(text.split())


def test_a_number_is_explained(snnrt_command, int8_model):
    usual = ("profile", int8_model, "digits", "--limit", "5", "--target", "dt-snn")
    outcome = snnrt_command(*usual, "--explain", "conv", "--explain", "latency")
    assert "NeuroSim" in outcome.out and "band" in outcome.out
    document = snnrt_command(*usual, "--explain", "edp", "--json").json
    assert document["targets"][0]["explained"]["edp"][0].startswith("EDP = ")
    snnrt_command(*usual, "--explain", "enrgy").failed("nothing called 'enrgy'", "did you mean energy?")


def test_a_battery_at_a_rate_of_inputs(snnrt_command, int8_model):
    usual = ("profile", int8_model, "digits", "--limit", "5", "--target", "stm32u575")
    rate = ("--every", "0.5", "--battery", "230:3")
    (target,) = snnrt_command(*usual, *rate, "--json").json["targets"]
    power = target["mean_energy_j"] / 0.5
    assert target["battery_life_s"] == pytest.approx(230 * 3.6 * 3 / power)
    assert target["duty"] == pytest.approx(target["mean_latency_s"] / 0.5)
    assert "the battery lasts" in snnrt_command(*usual, *rate).out
    snnrt_command(*usual, "--battery", "230:3").failed("add --every SECONDS", code=2)
    snnrt_command(*usual, "--every", "1", "--battery", "230").failed("mAh and V as in 230:3", code=2)


def test_a_network_that_does_not_fit_is_refused_in_words(snnrt_command, int8_model, tmp_path):
    text = (resources.files("snnrt.targets") / "profiles" / "odin.toml").read_text("utf-8")
    path = tmp_path / "small.toml"
    path.write_text(text.replace('name = "odin"', 'name = "small"').replace("value = 256", "value = 8", 1))
    usual = ("profile", int8_model, "digits", "--limit", "5", "--target", path, "loihi")
    fits = {target["target"]: target["fits"] for target in snnrt_command(*usual, "--json").json["targets"]}
    assert fits == {"small": False, "loihi": True}
    out = snnrt_command(*usual).out
    assert "small: refused: the network does not fit" in out and "loihi: refused" not in out


def test_thresholds_are_swept_without_running_again(snnrt_command, int8_model, tmp_path):
    plot = tmp_path / "sweep.svg"
    usual = ("profile", int8_model, "digits", "--limit", "100", "--target", "dt-snn,stm32u575", "--sweep")
    document = snnrt_command(*usual, "--rule", "entropy,margin", "--plot", plot, "--json").json
    sweep = document["sweep"]
    assert [one["rule"] for one in sweep["rules"]] == ["entropy", "margin"]
    assert [one["timesteps"] for one in sweep["static"]] == [1, 2, 3, 4]
    point = sweep["rules"][1]["points"][-1]
    alone = snnrt_command(*usual[:-1], "--exit", point["exit"], "--json").json
    for target in alone["targets"]:
        costs = point["targets"][target["target"]]
        assert point["accuracy"] == target["accuracy"]
        for figure in ("mean_energy_j", "mean_latency_s", "mean_edp_js", "edp_reduction"):
            assert costs[figure] == pytest.approx(target[figure])
    text = plot.read_text()
    assert text.startswith("<svg") and "EDP on stm32u575" in text and "margin" in text
    printed = snnrt_command(*usual)
    assert "stm32u575: static networks, then exits" in printed.out and "entropy:0 " in printed.out
    snnrt_command(*usual[:-1], "--plot", plot).failed("--plot has no meaning", "add --sweep", code=2)
    snnrt_command(*usual, "--rule", "median").failed("rule: expected some of entropy")


def test_the_report_s_twin(snnrt_command, int8_model, tmp_path):
    """What the page says is what --json says, with layers, components, classes and where it comes from."""
    page = tmp_path / "page.html"
    usual = (
        "profile",
        int8_model,
        "digits",
        "--limit",
        "60",
        "--target",
        "dt-snn,stm32u575",
        "--report",
        page,
    )
    document = snnrt_command(*usual, "--json", "--every", "0.5").json
    paths = check_numbers(Page(page.read_text("utf-8")), document)
    assert {"targets/1/mean_edp_js", "layers/2/spikes", "sweep/static/3/accuracy", "confusion/9/9"} <= paths
    for target in document["targets"]:
        for parts in (target["layers"], target["components"]):
            assert sum(one["mean_energy_j"] for one in parts) == pytest.approx(target["mean_energy_j"])
    assert [(row["kind"], row["shape"]) for row in document["layers"]][:2] == [
        ("input", [1, 8, 8]), ("conv2d", [4, 8, 8]),
    ]  # fmt: skip
    made = document["made"]
    assert made["model_sha256"] == hashlib.sha256(snnrt.load(int8_model).to_bytes()).hexdigest()
    assert made["command"].startswith("snnrt profile ") and f"--report {page}" in made["command"]
    network = snnrt.load(int8_model)
    data = load_dataset("digits")
    for row in document["by_timestep"]:
        result = network.run(data.x[:60], exit="never", timesteps=row["timesteps"])
        assert row["accuracy"] == result.accuracy(data.y[:60])
    used = network.run(data.x[:60]).timesteps
    assert document["timesteps_used"] == [int((used == step).sum()) for step in (1, 2, 3, 4)]
    assert sum(map(sum, document["confusion"])) == 60
    without = snnrt_command(*usual[:-2], "--json").json
    assert "sweep" not in without and without["layers"] == document["layers"]


def test_two_runs_are_compared(snnrt_command, int8_model, tmp_path):
    other, page = tmp_path / "other.json", tmp_path / "page.html"
    usual = ("profile", int8_model, "digits", "--limit", "30", "--target", "dt-snn")
    other.write_text(snnrt_command(*usual, "--exit", "never", "--json").out)
    both = snnrt_command(*usual, "--compare", other, "--report", page, "--json").json
    rows = {(row["target"], row["figure"]): row for row in both["compared"]["rows"]}
    saved = rows[("dt-snn", "mean_energy_j")]
    assert saved["this"] == both["targets"][0]["mean_energy_j"] < saved["other"]
    assert saved["ratio"] == saved["this"] / saved["other"] and both["compared"]["same_data"] is True
    assert ["exit", both["exit"], "never"] in both["compared"]["facts"]
    assert "Beside another run" in page.read_text("utf-8")
    printed = snnrt_command(*usual, "--compare", other).out
    assert f"beside {other}" in printed and f"× {saved['ratio']:.3f}" in printed
    other.write_text("{")
    snnrt_command(*usual, "--compare", other).failed("other.json: no JSON document", "snnrt profile --json")
    snnrt_command(*usual, "--compare", tmp_path / "no.json").failed("no.json: can't be read")
    snnrt_command(*usual, "--compare", other, "--report", other).failed("it is what the command reads")
