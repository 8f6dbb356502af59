"""snnrt health."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import snnrt
from snnrt.data.load import load_dataset
from snnrt.health.record import HealthRecord


@pytest.fixture(scope="module")
def baseline(int8_model, tmp_path_factory) -> Path:
    """The record of 300 test images."""
    path = tmp_path_factory.mktemp("health") / "baseline.health"
    record = HealthRecord.of(snnrt.load(int8_model), load_dataset("digits").x[:300])
    path.write_bytes(record.to_bytes())
    return path


def inputs_file(tmp_path: Path, x: np.ndarray) -> Path:
    path = tmp_path / "inputs.npz"
    np.savez(path, x=x)
    return path


def test_recording_on_the_host(snnrt_command, int8_model, baseline, tmp_path):
    path = tmp_path / "made.health"
    done = snnrt_command(
        "health", "--record", "digits", "--limit", 300, "--model", int8_model, "-o", path, "--json"
    )
    assert path.read_bytes() == baseline.read_bytes()
    ran = snnrt_command("run", int8_model, "digits", "--limit", 300, "--json").json
    document = done.json
    assert document["inferences"] == 300 and document["of_this_model"] is True
    assert document["timestep_histogram"][:4] == list(ran["timestep_histogram"].values())
    assert document["mean_timesteps"] == pytest.approx(ran["mean_timesteps"])
    assert document["exit"] == "entropy:0.6"
    assert sum(document["score_histogram"]) == 300 and len(document["score_edges"]) == 17
    other = snnrt_command(
        "health", "--record", "digits", "--limit", 9, "--model", int8_model, "--exit", "confidence:0.9",
        "--timesteps", 3, "--json",
    ).json  # fmt: skip
    assert (other["exit"], other["timesteps"], other["threshold_q"]) == ("confidence:0.9", 3, 58982)


def test_text_says_the_same(snnrt_command, int8_model, baseline):
    document = snnrt_command("health", baseline, "--model", int8_model, "--json").json
    done = snnrt_command("health", baseline, "--model", int8_model)
    assert done.code == 0
    text = done.out
    assert "normalised entropy < 0.6, at most 4 timesteps" in text
    assert f"300, {100 * document['exit_share']:.1f} % ended early" in text
    assert "0, none failed" in text and str(int8_model) in text
    for count in (*document["timestep_histogram"][:4], *document["score_histogram"]):
        assert f" {count} " in text


def test_the_record_inside_a_copy_of_memory(snnrt_command, int8_model, float_model, baseline, tmp_path):
    record = baseline.read_bytes()
    dump = tmp_path / "dump.bin"
    dump.write_bytes(bytes(1000) + b"SNNH and more" + record + b"\xff" * 500)
    document = snnrt_command("health", dump, "--json").json
    assert document["offset"] == 1013 and document["of_this_model"] is None
    assert snnrt_command("health", dump, "--offset", "0x3f5", "--json").json == document
    snnrt_command("health", dump, "--offset", 4).failed("dump.bin: health record: expected it to start with")
    snnrt_command("health", dump, "--offset", 1600).failed("expected 176 bytes, found 89")
    images = load_dataset("digits").x[:20]
    other = HealthRecord.of(snnrt.load(float_model), images).to_bytes()
    dump.write_bytes(record + other)
    snnrt_command("health", dump).failed(
        "expected one health record, found 2 at the bytes 0, 176", "--offset"
    )
    found = snnrt_command("health", dump, "--model", float_model, "--json").json
    assert found["offset"] == 176 and found["inferences"] == 20


def test_a_record_of_another_model(snnrt_command, float_model, baseline):
    done = snnrt_command("health", baseline, "--model", float_model)
    assert done.code == 1 and f"not {float_model}: expected the record of" in done.out
    snnrt_command("health", baseline, "--model", float_model, "--against", "digits").failed(
        "expected the record of"
    )


def test_no_drift_against_itself_and_drift_of_other_inputs(snnrt_command, int8_model, baseline, tmp_path):
    done = snnrt_command("health", baseline, "--against", baseline)
    assert done.code == 0 and "no drift: the difference is within chance" in done.out
    data = inputs_file(tmp_path, load_dataset("digits").x[:300])
    done = snnrt_command("health", baseline, "--model", int8_model, "--against", data, "--json")
    assert done.json["drift"]["stability_index"] == 0 and done.json["drift"]["p_value"] == 1
    dark = 0.1 * load_dataset("digits").x[:300]
    field = tmp_path / "field.health"
    field.write_bytes(HealthRecord.of(snnrt.load(int8_model), dark).to_bytes())
    done = snnrt_command("health", field, "--against", baseline)
    assert done.code == 1 and "drift: large" in done.out and "no drift" not in done.out
    done = snnrt_command("health", field, "--against", baseline, "--json")
    assert done.code == 1 and '"verdict": "large"' in done.out


def test_a_damaged_model_on_the_device(snnrt_command, baseline, tmp_path):
    raw = bytearray(baseline.read_bytes())
    raw[40:48] = bytes([5, 0, 0, 0, 2, 0, 0, 0])
    path = tmp_path / "damaged.health"
    path.write_bytes(raw)
    done = snnrt_command("health", path)
    assert done.code == 1 and "5, 2 FAILED" in done.out


def test_a_record_without_inferences(snnrt_command, baseline, tmp_path):
    path = tmp_path / "new.health"
    path.write_bytes(HealthRecord.empty(7, "entropy", 1000, 40, 10).to_bytes())
    document = snnrt_command("health", path, "--json").json
    assert document["mean_timesteps"] is None and document["inferences"] == 0
    assert "inferences    0\n" in snnrt_command("health", path).out
    snnrt_command("health", path, "--against", baseline).failed("model_crc: expected", "as in the baseline")


def test_files_that_hold_no_record(snnrt_command, baseline, tmp_path):
    path = tmp_path / "odd.bin"
    for content, words in (
        (b"", "expected 176 bytes, found 0"),
        (b"hello" * 100, "expected it to start with b'SNNH', found b'hell'"),
        (baseline.read_bytes()[:100], "expected 176 bytes, found 100"),
        (b"xx" + baseline.read_bytes()[:24] + bytes(152), "steps_per_bin: expected 1, found 0"),
    ):
        path.write_bytes(content)
        snnrt_command("health", path).failed(str(path), words)
    snnrt_command("health", tmp_path / "missing").failed("missing: cannot be read")
    snnrt_command("health", tmp_path).failed(str(tmp_path))
    snnrt_command("health", baseline, "--against", tmp_path / "missing").failed("missing: cannot be read")


def test_arguments_that_do_not_go_together(snnrt_command, int8_model, baseline, tmp_path):
    for arguments, words in (
        ((), "expected either DUMP"),
        ((baseline, "--record", "digits"), "expected either DUMP"),
        (("--record", "digits"), "add --model MODEL"),
        ((baseline, "--exit", "entropy:0.5"), "--exit has no meaning for a dump"),
        ((baseline, "--timesteps", "5"), "--timesteps has no meaning for a dump"),
        (
            ("--record", "digits", "--model", int8_model, "--offset", "4"),
            "--offset has no meaning with --record",
        ),
        (("--record", "digits", "--model", int8_model, "--exit", "confidence"), "as confidence:0.2"),
        ((baseline, "--offset", "-1"), "expected a number of bytes"),
        ((baseline, "--offset", "x"), "expected a number of bytes"),
    ):
        snnrt_command("health", *arguments).failed(words, code=2)
    snnrt_command("health", baseline, "--against", "digits").failed(
        "digits: expected a health record", "add --model"
    )
    snnrt_command("health", baseline, "-o", baseline).failed("it is what the command reads")
    snnrt_command("health", baseline, "-o", tmp_path / "no" / "x").failed("does not exist")


def test_a_dump_full_of_records_is_refused_soon(snnrt_command, baseline, tmp_path):
    path = tmp_path / "full.bin"
    path.write_bytes(baseline.read_bytes() * 100_000)
    places = ", ".join(str(176 * index) for index in range(8))
    snnrt_command("health", path).failed(f"found at least 8 at the bytes {places}; choose one")
