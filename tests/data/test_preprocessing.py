"""What a file says of raw values: normalisation, layout, spikes; for arrays, files and the command."""

from __future__ import annotations

import json
import wave
from pathlib import Path

import numpy as np
import pytest

import snnrt
from snnrt.data import Dataset, Preprocessing, load_dataset
from snnrt.data.integer_encoding import integer_encoding
from snnrt.data.load import load_for_model, prepared_inputs
from snnrt.errors import DataError, ModelError
from snnrt.ir.build import GraphBuilder
from snnrt.ir.graph import Edge, Exit, Graph, Input, Readout
from snnrt.ir.nodes.input import quantise_input

MODEL = Path(__file__).parents[2] / "examples" / "models" / "digits_conv.nir"
MEAN, STD = (0.1, 0.2, 0.3), (0.5, 0.25, 2.0)


def graph(shape=(3, 4, 5), reads="constant", low=-5.0, high=5.0, steps=4, **chosen) -> Graph:
    source = Input("input", (), shape, encoding=reads, low=low, high=high)
    readout = Readout("readout", (Edge("input"),), (10,))
    nodes = (source, readout, Exit("exit", (Edge("readout"),), (10,)))
    return Graph(nodes, steps, metadata={"preprocessing": Preprocessing(**chosen).to_dict()})


def test_bytes_are_scaled_and_normalised_by_channel():
    x = np.random.default_rng(0).integers(0, 256, (2, 3, 4, 5), np.uint8)
    found = prepared_inputs(x, graph(mean=MEAN, std=STD), None, "x")
    mean, std = (np.array(ends)[:, None, None] for ends in (MEAN, STD))
    assert np.allclose(found, (x / 255 - mean) / std, atol=1e-6)
    # floats are raw too, and channels may be last
    assert np.allclose(prepared_inputs(x / 255, graph(mean=MEAN, std=STD), None, "x"), found, atol=1e-6)
    last = np.moveaxis(x, 1, -1)
    assert np.array_equal(prepared_inputs(last, graph(mean=MEAN, std=STD), None, "x"), found)


def test_channels_last_where_the_shape_does_not_tell():
    x = np.random.default_rng(0).random((2, 3, 3, 3))
    found = prepared_inputs(x, graph((3, 3, 3), layout="channels_last"), None, "x")
    assert np.array_equal(found, np.moveaxis(x, -1, 1).astype(np.float32))


def test_what_is_normalised_already_is_said_to_be():
    values = np.full((1, 3, 4, 5), -1.5)
    with pytest.raises(DataError, match="prepared=True"):
        prepared_inputs(values, graph(mean=MEAN, std=STD), None, "x")
    assert (prepared_inputs(values, graph(mean=MEAN, std=STD), None, "x", prepared=True) == -1.5).all()


def test_rate_latency_and_delta():
    x = np.array([[0.0, 0.25, 1.0]])
    rate = graph((3,), "spikes", 0.0, 1.0, steps=400, encoding="rate", seed=7)
    spikes = prepared_inputs(x, rate, None, "x")
    assert spikes.shape == (1, 400, 3) and set(np.unique(spikes)) == {0, 1}
    assert spikes[0, :, 0].sum() == 0 and spikes[0, :, 2].sum() == 400
    assert abs(spikes[0, :, 1].mean() - 0.25) < 4 * np.sqrt(0.25 * 0.75 / 400)
    assert np.array_equal(spikes, prepared_inputs(x, rate, None, "x"))
    # spikes over time are what the network reads
    assert np.array_equal(prepared_inputs(spikes, rate, None, "x"), spikes)

    first = prepared_inputs(x, graph((3,), "spikes", 0.0, 1.0, encoding="latency"), None, "x")[0]
    assert first.sum(0).tolist() == [0, 1, 1] and first[0, 2] == 1 and first[2, 1] == 1

    over_time = np.array([[[0.0], [0.3], [0.35], [0.9]]])
    delta = prepared_inputs(
        over_time, graph((1,), "spikes", 0.0, 1.0, encoding="delta", threshold=0.2), None, "x"
    )
    assert delta[0, :, 0].tolist() == [0, 1, 0, 1]


@pytest.mark.parametrize("dtype", [np.uint8, np.int16])
def test_integers_are_the_rounded_quotient(dtype):
    source = Input("x", (), (2,), scale=0.02, peak=127)
    unit = 1 / 255 if dtype == np.uint8 else 1 / 32768
    chosen = integer_encoding(np.dtype(dtype), unit, [0.1, 0.4], [0.5, 1.0], source)
    ends = np.iinfo(dtype)
    values = np.arange(ends.min, ends.max + 1, dtype=dtype)
    exact = (values[:, None] * unit - [0.1, 0.4]) / (np.array([0.5, 1.0]) * 0.02)
    found = chosen.apply(np.stack([values, values], 1))
    assert np.abs(found - np.clip(exact, -127, 127)).max() <= 0.5 + 0.01


@pytest.fixture(scope="module")
def digits() -> snnrt.Network:
    train = load_dataset("digits:train")
    return snnrt.convert(
        MODEL, numbers="int8", framework="snntorch", timesteps=4, preprocessing={"scale": 1 / 255},
        calibrate=np.rint(train.x * 255).astype(np.uint8),
    )  # fmt: skip


def test_bytes_floats_and_prepared_values_of_a_network_agree(digits, tmp_path):
    data = load_dataset("digits")
    raw = np.rint(data.x * 255).astype(np.uint8)
    score = digits.score(raw, data.y)
    assert score > 0.96
    units = prepared_inputs(raw, digits.graph, None, "x")
    whole = integer_encoding(raw.dtype, 1 / 255, [0.0], [1.0], digits.graph.input).apply(raw)
    assert np.array_equal(quantise_input(units, digits.graph.input), whole)
    once = digits.run(Dataset(units, None, "units", prepared=True))
    for device in ("cpu", "reference"):
        assert np.array_equal(digits.run(raw, device=device).logits, once.logits)
    np.savez(tmp_path / "raw.npz", x=raw, y=data.y)
    assert digits.score(tmp_path / "raw.npz") == score
    digits.save(tmp_path / "d.snnrt")
    assert snnrt.load(tmp_path / "d.snnrt").score(raw, data.y) == score


def test_the_command_keeps_and_uses_it(tmp_path, capsys):
    from snnrt.cli import main

    model = str(tmp_path / "d.snnrt")
    convert = ["convert", str(MODEL), "-o", model, "--framework", "snntorch", "--timesteps", "4"]
    assert main([*convert, "--preprocess", "mean=0.5", "--preprocess", "std=0.25"]) == 0
    assert "(value − 0.5) / 0.25" in capsys.readouterr().out
    network = snnrt.load(model)
    assert (network.graph.input.low, network.graph.input.high) == (-2, 2)
    assert main(["run", model, "digits", "--limit", "5"]) == 0
    assert main([*convert, "--preprocess", "meen=0.5"]) != 0
    assert "expected some of mean, std" in capsys.readouterr().err


def test_a_recording_runs_as_the_tensor_that_it_becomes(tmp_path):
    events = [(1, 2, 128, 0, 5), (3, 3, 0, 0, 9), (0, 0, 128, 1, 0)]
    (tmp_path / "a.bin").write_bytes(b"".join(map(bytes, events)))
    found = load_for_model(tmp_path / "a.bin", graph((2, 4, 4), "spikes", 0.0, 1.0, interval=100))
    expected = np.zeros((1, 4, 2, 4, 4))
    expected[0, 0, 1, 2, 1] = expected[0, 0, 0, 3, 3] = expected[0, 2, 1, 0, 0] = 1
    assert np.array_equal(found.x, expected)
    with pytest.raises(DataError, match="reads spikes over time"):
        load_for_model(tmp_path / "a.bin", graph())


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"std": 0}, "std: expected numbers above 0"),
        ({"mean": "x"}, "mean: expected finite numbers"),
        ({"mean": []}, "mean: expected finite numbers"),
        ({"encoding": "poisson"}, "encoding: expected none, rate"),
        ({"interval": 5, "count": 5}, "found both"),
        ({"size": [1]}, "expected width and height"),
        ({"seed": -1}, "seed: expected a whole number"),
        ({"polarity": "up"}, "polarity: expected rising, signed, both"),
        ({"polarity": "both"}, "polarity is for delta and send_on_delta, found none"),
        ({"sample_rate": 0}, "sample_rate: expected a whole number from 1"),
        ({"sample_rate": 8000, "count": 4}, "found both"),
        ({"sample_rate": 8000, "frequencies": [1]}, "frequencies: expected two"),
        ({"sample_rate": 8000, "frequencies": [1, 5000]}, "within 0 … 4000 Hz"),
        ({"sample_rate": 8000, "window": 1}, "at least 2 samples"),
        ({"sample_rate": 8000, "decibels": 0}, "decibels: expected a number above 0"),
        ({"sample_rate": 8000}, "bands and frames"),
        ({"bands": 4}, "bands is of sound"),
        ({"mean": [1, 2]}, "mean: expected 1 or 3 numbers"),
        ({"other": 1}, "expected some of mean"),
        (7, "expected a mapping"),
    ],
)
def test_malformed_metadata_are_refused(fields, message):
    with pytest.raises(ModelError, match=message):
        Preprocessing.of_graph(graph().with_(metadata={"preprocessing": fields}))


@pytest.mark.parametrize("numbers", ["float32", "int8"])
@pytest.mark.parametrize("chosen", [{"mean": 0.5, "std": 0.25}, {"encoding": "latency"}])
def test_raw_values_are_prepared_once_by_each_command(tmp_path, capsys, chosen, numbers):
    from snnrt.cli import main

    data = load_dataset("digits")
    x, y = np.rint(data.x[:20] * 255).astype(np.uint8), data.y[:20]
    raw, model, recorded = (str(tmp_path / name) for name in ("raw.npz", "m.snnrt", "recorded.npz"))
    np.savez(raw, x=x, y=y)
    calibrate = raw if numbers == "int8" else None
    network = snnrt.convert(
        MODEL, framework="snntorch", timesteps=4, numbers=numbers, calibrate=calibrate, preprocessing=chosen
    )
    network.save(model)
    units = Dataset(prepared_inputs(x, network.graph, None, "x"), y, "units", prepared=True)
    expected = network.run(units, exit="never", record=("spikes",))
    assert np.array_equal(network.run(x, exit="never").logits, expected.logits)
    spikes = {f"spikes/{layer}": values for layer, values in expected.spikes.items()}
    np.savez(recorded, logits=expected.logits, **spikes)
    for given in (x, raw, units):
        found = network.validate(recorded, given)
        assert found.spike_agreement == 1 and found.logits_max_difference == 0
        assert network.validate(MODEL, given).spike_agreement > (0.95 if numbers == "int8" else 0.9999)
    costs = [network.profile(given, target="loihi").dynamic.summary() for given in (x, raw, units)]
    assert costs[0] == costs[1] == costs[2]
    assert main(["validate", model, "--against", recorded, "--data", raw]) == 0
    assert (
        main(["validate", model, "--against", str(MODEL), "--data", raw, "--min-class-agreement", "0.8"]) == 0
    )
    capsys.readouterr()
    assert main(["profile", model, raw, "--target", "loihi", "--json"]) == 0
    assert f"{costs[0].mean_energy_j:.12g}"[:8] in capsys.readouterr().out
    assert main(["inspect", model, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)["preprocessing"]
    assert document["encoding"] == chosen.get("encoding", "none") and document["size"] is None


def test_time_first_has_a_remedy():
    spikes = np.zeros((4, 7, 3))
    source = graph((3,), "spikes", 0.0, 1.0)
    with pytest.raises(DataError, match=r"use x\.swapaxes\(0, 1\)"):
        prepared_inputs(spikes, source, None, "x")
    assert prepared_inputs(spikes.swapaxes(0, 1), source, None, "x").shape == (7, 4, 3)


def test_more_timesteps_than_the_models_are_run():
    network = snnrt.convert(MODEL, framework="snntorch", timesteps=2, preprocessing={"encoding": "latency"})
    x = load_dataset("digits").x[:3]
    assert network.run(x, timesteps=5, exit="never").timesteps.tolist() == [5, 5, 5]
    spikes = prepared_inputs(x, network.graph, None, "x")
    with pytest.raises(DataError, match="at least 5 timesteps, as asked for, found 2"):
        network.run(spikes, timesteps=5)


def test_targets_with_commas_are_several():
    network = snnrt.convert(MODEL, framework="snntorch", timesteps=2)
    reports = network.profile(load_dataset("digits").x[:2], target="loihi, odin")
    assert [report.target.name for report in reports] == ["loihi", "odin"]


def test_changes_of_both_polarities():
    over_time = np.array([[[0.0], [0.15], [0.3], [0.3], [0.0]]])

    def found(**chosen):
        shape = (2,) if chosen.get("polarity") == "both" else (1,)
        source = graph(shape, "spikes", -1.0, 1.0, steps=5, threshold=0.2, **chosen)
        return prepared_inputs(over_time, source, None, "x")[0].T.tolist()

    # from one timestep to the next there is no rise of 0.2, from what was told last there is
    assert found(encoding="delta") == [[0, 0, 0, 0, 0]]
    assert found(encoding="delta", polarity="signed") == [[0, 0, 0, 0, -1]]
    assert found(encoding="delta", polarity="both") == [[0, 0, 0, 0, 0], [0, 0, 0, 0, 1]]
    assert found(encoding="send_on_delta", polarity="both") == [[0, 0, 1, 0, 0], [0, 0, 0, 0, 1]]
    # bytes are compared as bytes
    raw = np.rint(over_time * 255).astype(np.uint8)
    source = graph((2,), "spikes", encoding="send_on_delta", threshold=0.3, polarity="both", steps=5)
    assert prepared_inputs(raw, source, None, "x")[0].sum() == 0  # 76 is below 0.3 · 255 = 76.5
    # what has the channels of spikes is spikes
    spikes = np.ones((1, 5, 2), np.float32)
    assert np.array_equal(prepared_inputs(spikes, source, None, "x"), spikes)


def test_counts_of_events_are_not_scaled():
    counts = np.random.default_rng(0).integers(0, 2, (2, 4, 2, 4, 4), np.uint8)
    found = prepared_inputs(counts, graph((2, 4, 4), "spikes", 0.0, 1.0, interval=100), None, "x")
    assert np.array_equal(found, counts)


def sound(folder: Path, name: str, hertz: float, rate: int = 8000, count: int = 4000) -> Path:
    values = np.rint(20000 * np.sin(2 * np.pi * hertz * np.arange(count) / rate)).astype("<i2")
    with wave.open(str(folder / name), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(values.tobytes())
    return folder / name


def test_sound_becomes_frames_that_are_normalised_or_spike(tmp_path):
    chosen = {"sample_rate": 8000, "window": 16000, "interval": 10000, "frequencies": (100.0, 4000.0)}
    path = sound(tmp_path, "a.wav", 1000.0)
    raw = load_dataset(path).x
    form = Preprocessing(**chosen).log_mel(12)
    assert (form.window, form.hop, form.bands) == (128, 80, 12)
    frames = form.frames(raw[0], 5)
    over_time = graph((12,), "spikes", steps=5, mean=0.5, std=0.25, **chosen)
    found = load_for_model(path, over_time).x
    assert np.array_equal(found, ((frames - 0.5) / 0.25)[None].astype(np.float32))
    # samples are what a file of them is
    assert np.array_equal(prepared_inputs(raw, over_time, None, "x"), found)
    assert np.array_equal(prepared_inputs(np.rint(raw * 32768).astype(np.int16), over_time, None, "x"), found)
    for shape in ((1, 12, 5), (12, 1, 5)):
        mapped = load_for_model(path, graph(shape, low=0.0, high=1.0, **chosen)).x
        assert np.array_equal(mapped.reshape(12, 5), frames.T.astype(np.float32))
    changes = graph((24,), "spikes", encoding="send_on_delta", polarity="both", steps=5, **chosen)
    spikes = load_for_model(path, changes).x
    assert set(np.unique(spikes)) <= {0, 1} and spikes.shape == (1, 5, 24)
    # a map may spike by rate or latency
    by_rate = load_for_model(path, graph((1, 12, 5), "spikes", encoding="rate", **chosen)).x
    assert by_rate.shape == (1, 4, 1, 12, 5) and by_rate.sum() > 0
    with pytest.raises(DataError, match=r"a\.wav: sound is for a model that says.*sample_rate=8000"):
        load_for_model(path, graph((12,), "spikes"))
    with pytest.raises(DataError, match="samples of sound in −1 … 1, found up to 20000; divide"):
        prepared_inputs(raw * 32768, over_time, None, "x")
    with pytest.raises(DataError, match="samples of sound as int16, or floats"):
        prepared_inputs(np.zeros((1, 900), np.uint8), over_time, None, "x")


def test_a_wav_file_and_folders_of_them_run(tmp_path, capsys):
    from snnrt.cli import main

    bands = 16
    weights = np.zeros((2, bands), np.float32)
    weights[0, : bands // 2] = weights[1, bands // 2 :] = 1
    builder = GraphBuilder((bands,), encoding="spikes", timesteps=6, low=0.0, high=1.0)
    layer = builder.dense(builder.input, weights, name="dense")
    network = snnrt.Network(builder.finish(layer))
    network.save_nir(tmp_path / "net.nir")
    for place, hertz in enumerate((300.0, 3000.0)):
        (tmp_path / "data" / str(place)).mkdir(parents=True)
        for number, rate in enumerate((8000, 16000)):
            sound(tmp_path / "data" / str(place), f"{number}.wav", hertz, rate, rate // 2 + 100 * number)
    model, data = str(tmp_path / "m.snnrt"), str(tmp_path / "data")
    settings = [f"--preprocess={text}" for text in ("sample_rate=8000", "frequencies=50,4000", "decibels=60")]
    convert = ["convert", str(tmp_path / "net.nir"), "-o", model, "--timesteps", "6", "--encoding", "spikes"]
    assert main([*convert, *settings, "--numbers", "int8", "--calibrate", data]) == 0
    assert "sound at 8000 Hz in mel frames of 32 ms" in capsys.readouterr().out
    assert main(["run", model, data, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["accuracy"] == 1
    assert main(["run", model, str(tmp_path / "data" / "1" / "0.wav")]) == 0
    assert main(["profile", model, data, "--target", "loihi"]) == 0
    read = snnrt.load(model)
    assert read.score(tmp_path / "data") == 1
    assert read.run(tmp_path / "data" / "1" / "1.wav").predictions.tolist() == [1]
