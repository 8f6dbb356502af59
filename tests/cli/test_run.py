"""snnrt run."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

import snnrt
from snnrt.cli import run
from snnrt.data.load import load_dataset

KEYS = {
    "inputs",
    "accuracy",
    "mean_timesteps",
    "timestep_histogram",
    "spikes_per_input",
    "synaptic_operations_per_input",
}


@pytest.mark.parametrize("kind", ["float_model", "int8_model"])
def test_json_is_what_the_network_gives(snnrt_command, kind, request):
    model = request.getfixturevalue(kind)
    document = snnrt_command("run", model, "digits", "--json").json
    data = load_dataset("digits")
    result = snnrt.load(model).run(data.x)
    assert document.keys() >= KEYS
    assert document["inputs"] == 797
    assert document["accuracy"] == np.mean(result.predictions == data.y)
    assert document["mean_timesteps"] == result.timesteps.mean()
    histogram = {int(step): count for step, count in document["timestep_histogram"].items()}
    assert list(histogram) == [1, 2, 3, 4] and sum(histogram.values()) == 797
    assert [histogram[step] for step in histogram] == [(result.timesteps == step).sum() for step in histogram]
    assert len([count for count in histogram.values() if count]) > 1
    assert document["spikes_per_input"] == pytest.approx(result.counts.spikes.sum() / 797)
    operations = result.counts.synaptic_operations.sum() / 797
    assert document["synaptic_operations_per_input"] == pytest.approx(operations)
    assert document["device"] == "cpu" and document["exit"] == "entropy:0.6"


def test_text_says_the_same(snnrt_command, float_model):
    document = snnrt_command("run", float_model, "digits", "--json").json
    text = snnrt_command("run", float_model, "digits").out
    assert f"{document['accuracy']:.4f}" in text and f"{document['mean_timesteps']:.3f} of 4" in text
    for count in document["timestep_histogram"].values():
        assert count == 0 or f" {count}\n" in text


def test_limit_and_files(snnrt_command, float_model, tmp_path):
    data = load_dataset("digits")
    np.save(tmp_path / "x.npy", data.x[:9])
    np.savez(tmp_path / "xy.npz", x=data.x[:9, 0], y=data.y[:9])
    limited = snnrt_command("run", float_model, "digits", "--limit", "9", "--json").json
    unlabelled = snnrt_command("run", float_model, tmp_path / "x.npy", "--json").json
    labelled = snnrt_command("run", float_model, tmp_path / "xy.npz", "--json").json
    assert limited["inputs"] == 9 and unlabelled["accuracy"] is None
    for key in KEYS:
        assert labelled[key] == limited[key]
        assert key == "accuracy" or unlabelled[key] == limited[key]
    assert "no labels" in snnrt_command("run", float_model, tmp_path / "x.npy").out


def test_spikes_over_time(snnrt_command, source, tmp_path):
    model, path = tmp_path / "spikes.snnrt", tmp_path / "spikes.npz"
    options = ("--framework", "snntorch", "--encoding", "spikes", "--timesteps", "5")
    assert snnrt_command("convert", source, "-o", model, *options).code == 0
    spikes = np.random.default_rng(0).random((6, 5, 8, 8)) < 0.3
    np.savez(path, x=spikes, y=np.arange(6))
    document = snnrt_command("run", model, path, "--json").json
    result = snnrt.load(model).run(spikes[:, :, None])
    assert document["mean_timesteps"] == 5
    assert document["spikes_per_input"] == pytest.approx(result.counts.spikes.sum() / 6)
    assert snnrt_command("run", model, path, "--timesteps", "3", "--json").json["mean_timesteps"] == 3
    snnrt_command("run", model, path, "--timesteps", "6").failed(
        "expected at least 6 timesteps, as asked for, found 5"
    )
    np.savez(path, x=spikes[:, :4])
    snnrt_command("run", model, path).failed(
        "expected 5 timesteps, found 4; ask for 4 timesteps (--timesteps 4, in Python timesteps=4)"
    )
    np.savez(path, x=spikes[:, 0])
    snnrt_command("run", model, path).failed("shape (N, T, 1, 8, 8), found (6, 8, 8)")


def test_exit_overrides(snnrt_command, float_model):
    def run(*options: str) -> dict:
        return snnrt_command("run", float_model, "digits", "--limit", "50", "--json", *options).json

    never = run("--exit", "never")
    assert never["mean_timesteps"] == 4 and never["exit"] == "never"
    always = run("--exit", "confidence:0")
    assert always["mean_timesteps"] == 1 and always["exit"] == "confidence:0"
    two = run("--timesteps", "2", "--exit", "never")
    assert (
        two["mean_timesteps"] == 2
        and two["timestep_histogram"] == {"1": 0, "2": 50}
        and two["timesteps"] == 2
    )
    strict = run("--exit", "entropy:0")
    assert strict["exit"] == "entropy:0" and strict["mean_timesteps"] == 4
    assert run()["mean_timesteps"] <= never["mean_timesteps"]
    assert run("--exit", "entropy:0.6")["mean_timesteps"] == run()["mean_timesteps"]


def test_an_ideal_crossbar_gives_the_integer_result(snnrt_command, int8_model):
    options = ("digits", "--limit", "40", "--json")
    cpu = snnrt_command("run", int8_model, *options).json
    ideal = snnrt_command("run", int8_model, *options, "--device", "crossbar").json
    assert ideal["device"] == "crossbar" and ideal["crossbar"]["adc_bits"] == 0
    for key in KEYS:
        assert ideal[key] == cpu[key]


def test_crossbar_parameters(snnrt_command, int8_model, tmp_path):
    options = (int8_model, "digits", "--limit", "10", "--json", "--device", "crossbar")
    path = tmp_path / "chip.toml"
    path.write_text('rows = 32\nadc_range = "level"\nprogramming_error = 0.5\n')
    document = snnrt_command(
        "run", *options, "--crossbar", path, "--crossbar", "adc_bits=6", "--crossbar", "on_off_ratio=20.5"
    ).json["crossbar"]
    given = {"rows": 32, "adc_range": "level", "programming_error": 0.5, "adc_bits": 6, "on_off_ratio": 20.5}
    assert {key: document[key] for key in given} == given
    noisy = ("--crossbar", "read_noise=50", "--crossbar", "seed=3")
    clean = snnrt_command("run", *options).json
    assert snnrt_command("run", *options, *noisy).json["spikes_per_input"] != clean["spikes_per_input"]


def test_wrong_crossbar_parameters(snnrt_command, int8_model, float_model, tmp_path):
    usual = ("run", int8_model, "digits", "--limit", "2", "--device", "crossbar", "--crossbar")
    snnrt_command(*usual, "adc_bit=6").failed("unknown parameter 'adc_bit'; did you mean adc_bits?")
    snnrt_command(*usual, "adc_bits=many").failed("crossbar adc_bits: expected an integer", "'many'")
    snnrt_command(*usual, "adc_bits").failed("expected KEY=VALUE or a .toml file, found 'adc_bits'")
    snnrt_command(*usual, tmp_path / "missing.toml").failed("missing.toml", "No such file")
    (tmp_path / "bad.toml").write_text("rows = = 3")
    snnrt_command(*usual, tmp_path / "bad.toml").failed("bad.toml", "is not a TOML file")
    snnrt_command("run", int8_model, "digits", "--crossbar", "rows=3").failed("add --device crossbar", code=2)
    snnrt_command("run", float_model, "digits", "--device", "crossbar").failed("int8", "float32")


def test_output_as_a_table(snnrt_command, int8_model, tmp_path):
    path = tmp_path / "x.csv"
    outcome = snnrt_command("run", int8_model, "digits", "--limit", "12", "--output", path)
    assert outcome.code == 0 and str(path) in outcome.out.replace("\n", "")
    data = load_dataset("digits")
    result = snnrt.load(int8_model).run(data.x[:12])
    head, *lines = path.read_text().splitlines()
    assert head.startswith("input,prediction,timesteps,score,label,logit_0,") and len(lines) == 12
    rows = np.array([line.split(",") for line in lines], float)
    assert rows[:, 0].tolist() == list(range(12)) and rows[:, 4].tolist() == data.y[:12].tolist()
    assert np.array_equal(rows[:, 1], result.predictions) and np.array_equal(rows[:, 2], result.timesteps)
    assert np.array_equal(rows[:, 3], result.scores)
    assert np.array_equal(rows[:, 5:].astype(np.float32), result.logits)
    np.save(tmp_path / "x.npy", data.x[:2])
    assert snnrt_command("run", int8_model, tmp_path / "x.npy", "--output", path).code == 0
    assert "label" not in path.read_text()


def test_output(snnrt_command, int8_model, tmp_path):
    path = tmp_path / "results.npz"
    outcome = snnrt_command("run", int8_model, "digits", "--limit", "12", "--output", path)
    assert outcome.code == 0 and str(path) in outcome.out
    data = load_dataset("digits")
    network = snnrt.load(int8_model)
    result = network.run(data.x[:12])
    with np.load(path) as saved:
        for name in ("logits", "predictions", "timesteps", "scores"):
            assert np.array_equal(saved[name], getattr(result, name))
        for name in result.counts.FIELDS:
            assert np.array_equal(saved[name], getattr(result.counts, name))
        assert saved["nodes"].tolist() == [node.name for node in network.graph]
        assert np.array_equal(saved["labels"], data.y[:12])


def test_a_cap_that_bites_is_a_warning(snnrt_command, tmp_path):
    g = snnrt.GraphBuilder((3,), encoding="spikes", timesteps=2, high=9)
    free = g.neuron(g.input, name="free", membrane=0, threshold=1, multiple=True, max_spikes=9)
    held = g.neuron(g.input, name="held", membrane=0, threshold=1, multiple=True, max_spikes=4)
    snnrt.Network(g.finish(g.add(free, held))).save(tmp_path / "several.snnrt")
    np.save(tmp_path / "x.npy", np.array([[[5, 4, 9], [1, 2, 8]]], np.float32))
    command = ("run", tmp_path / "several.snnrt", tmp_path / "x.npy")
    assert snnrt_command(*command, "--json").json["capped_updates"] == [
        {"node": "held", "max_spikes": 4, "capped": 3, "updates": 6}
    ]
    text = snnrt_command(*command).out
    assert "held: max_spikes = 4 held it back in 3 of 6 updates" in text and "free" not in text
    np.save(tmp_path / "x.npy", np.ones((1, 2, 3), np.float32))
    assert snnrt_command(*command, "--json").json["capped_updates"] == []
    assert "warning" not in snnrt_command(*command).out


def bad_data() -> dict[str, tuple[object, str]]:
    images = np.zeros((3, 1, 8, 8), np.float32)
    infinite = images.copy()
    infinite[2, 0, 1, 1] = np.inf
    return {
        "another size": ({"x": np.zeros((3, 1, 28, 28))}, "shape (N, 1, 8, 8), found (3, 1, 28, 28)"),
        "text": ({"x": np.array(["a"])}, "expected numbers"),
        "infinite": ({"x": infinite}, "x[2, 0, 1, 1]: expected finite numbers, found inf"),
        "empty": ({"x": images[:0]}, "expected at least one input, found none"),
        "unscaled": ({"x": images + 255}, "divide by 255"),
        "few labels": ({"x": images, "y": [1]}, "expected one label for each input"),
        "other labels": ({"x": images, "y": [1, 2, 10]}, "expected a class 0 … 9, found 10"),
        "no x": ({"images": images}, "expected an array x (inputs)"),
    }


@pytest.mark.parametrize("case", bad_data())
def test_data_that_does_not_fit(snnrt_command, float_model, tmp_path, case):
    arrays, message = bad_data()[case]
    path, output = tmp_path / "data.npz", tmp_path / "results.npz"
    np.savez(path, **arrays)
    output.write_bytes(b"old")
    snnrt_command("run", float_model, path, "--output", output).failed(str(path), message)
    assert output.read_bytes() == b"old"
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["data.npz", "results.npz"]


def test_data_of_another_model(snnrt_command, float_model):
    snnrt_command("run", float_model, "yin-yang").failed("yin-yang", "(N, 1, 8, 8), found (1000, 4)")
    snnrt_command("run", float_model, "digitz").failed("digitz: no such file, and no built-in data")


def test_half_written_files(snnrt_command, float_model, tmp_path):
    model, data = tmp_path / "half.snnrt", tmp_path / "half.npz"
    model.write_bytes(float_model.read_bytes()[:500])
    snnrt_command("run", model, "digits").failed(str(model))
    np.savez(data, x=np.zeros((3, 8, 8)))
    data.write_bytes(data.read_bytes()[:-60])
    snnrt_command("run", float_model, data).failed(str(data), "malformed")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--exit", "confidence"), "expected a threshold from 0 to 1 behind the rule, as confidence:0.2"),
        (("--exit", "never:0.1"), "expected never without a threshold"),
    ],
)
def test_wrong_usage(snnrt_command, float_model, options, message):
    snnrt_command("run", float_model, "digits", *options).failed(message, code=2)


def test_places_where_nothing_can_be_written(snnrt_command, float_model, tmp_path):
    before = float_model.read_bytes()
    for place, message in (
        (tmp_path / "missing" / "out.npz", "does not exist; create it first"),
        (tmp_path, "it is a folder"),
        (float_model, "it is what the command reads"),
    ):
        snnrt_command("run", float_model, "digits", "--output", place).failed(
            f"cannot write {place}", message
        )
    assert float_model.read_bytes() == before


@pytest.fixture
def cortex_m4():
    from device_programs import need_core

    return need_core("cortex-m4")


@pytest.mark.firmware
def test_emulated_firmware_gives_the_same_and_counts_instructions(
    snnrt_command, int8_model, tmp_path, cortex_m4
):
    output = tmp_path / "results.npz"
    arguments = ("run", int8_model, "digits", "--limit", "12", "--exit", "confidence:0.5")
    here = snnrt_command(*arguments, "--json").json
    there = snnrt_command(*arguments, "--json", "--device", "emulator:cortex-m4", "--output", output).json
    emulator = there.pop("emulator")
    assert there.pop("device") == "emulator:cortex-m4" and here.pop("device") == "cpu"
    assert there == here
    arrays = np.load(output)
    assert arrays["step_instructions"].shape == (12, 4)
    assert emulator["instructions_per_inference"] == arrays["instructions"].mean()
    assert emulator["max_instructions_per_inference"] == arrays["instructions"].max()
    assert emulator["max_instructions_per_timestep"] == arrays["step_instructions"].max()
    assert emulator["arena_bytes"] == snnrt.load(int8_model).file_info().arena_bytes
    assert emulator["init_stack_bytes"] > 0 and emulator["stack_bytes"] > 0
    assert "-mcpu=cortex-m4" in emulator["compiler"]
    text = snnrt_command(*arguments, "--device", "emulator:cortex-m4").out
    assert f"{emulator['instructions_per_inference']:,.0f} an inference on average" in text
    assert f"{emulator['max_instructions_per_timestep']:,} at most" in text
    stack, init = emulator["stack_bytes"], emulator["init_stack_bytes"]
    assert stack != init and f", stack {stack} ({init} to initialise)" in text
    data = load_dataset("digits")
    rule = {"exit": "confidence:0.5"}
    result = snnrt.load(int8_model).run(data.x[:12], device="emulator:cortex-m4", **rule)
    assert (result.stack_bytes, result.init_stack_bytes) == (stack, init)


def test_every_figure_of_an_emulated_run_has_its_name():
    result = SimpleNamespace(
        instructions=np.array([100, 300]), step_instructions=np.array([[40, 50], [60, 0]]),
        init_instructions=7, arena_bytes=8, stack_bytes=9, init_stack_bytes=10,
        sizes=SimpleNamespace(code=11, model=12), compiler="cc",
    )  # fmt: skip
    summary = run._emulated(result)
    assert summary == {
        "instructions_per_inference": 200.0, "max_instructions_per_inference": 300,
        "instructions_per_timestep": 50.0, "max_instructions_per_timestep": 60, "init_instructions": 7,
        "arena_bytes": 8, "stack_bytes": 9, "init_stack_bytes": 10, "code_bytes": 11, "model_bytes": 12,
        "compiler": "cc",
    }  # fmt: skip
    assert [text for _, text in run._emulator_facts(summary)] == [
        "200 an inference on average, 300 at most",
        "50 a timestep on average, 60 at most",
        "7 to initialise and check the model, once",
        "arena 8 bytes, stack 9 (10 to initialise)",
        "cc",
    ]


def test_an_emulated_core_that_is_not_there(snnrt_command, int8_model, monkeypatch, tmp_path):
    outcome = snnrt_command("run", int8_model, "digits", "--device", "emulator:cortex-m85")
    assert (
        outcome.code == 1 and "emulator:cortex-m55, emulator:rv32, found 'emulator:cortex-m85'" in outcome.err
    )
    monkeypatch.setenv("PATH", str(tmp_path))
    outcome = snnrt_command("run", int8_model, "digits", "--device", "emulator:rv32")
    assert outcome.code == 1 and "apt-get install gcc-riscv64-unknown-elf" in outcome.err


def test_the_cores_are_those_of_the_emulator():
    from snnrt.cli.run import CORES
    from snnrt.targets.emulator import CORES as EMULATED

    assert tuple(EMULATED) == CORES
