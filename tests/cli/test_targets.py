"""snnrt targets."""

from __future__ import annotations

from importlib import resources

from snnrt.targets.loading import list_targets


def test_lists_every_target(snnrt_command):
    outcome = snnrt_command("targets")
    assert outcome.code == 0
    assert [line.split()[0] for line in outcome.out.splitlines()[2:-1]] == list(list_targets())
    assert [target["name"] for target in snnrt_command("targets", "--json").json] == list(list_targets())


def test_explains_one_with_units_sources_and_operating_points(snnrt_command):
    text = snnrt_command("targets", "dt-snn").out
    document = snnrt_command("targets", "dt-snn", "--json").json
    assert document["name"] == "dt-snn" and document["kind"] == "imc" and document["formulas"]
    figures = [*document["figures"].values(), *(charge["figure"] for charge in document["charges"])]
    assert figures
    for figure in figures:
        for key in ("unit", "source", "operating_point"):
            assert figure[key] and figure[key] in text


def test_unknown_target(snnrt_command):
    snnrt_command("targets", "dt-snm").failed("'dt-snm' is unknown", "did you mean dt-snn?")
    snnrt_command("targets", "missing.toml").failed("missing.toml", "no such file")


def test_malformed_profile(snnrt_command, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('format = 1\nname = "mine"\n')
    snnrt_command("targets", path).failed("mine.toml", "missing")
    path.write_bytes(b"\xff\xfe")
    snnrt_command("targets", path).failed("mine.toml", "is not a TOML file")


def test_a_file_is_checked(snnrt_command, tmp_path):
    text = (resources.files("snnrt.targets") / "profiles" / "dt-snn.toml").read_text("utf-8")
    path = tmp_path / "chip.toml"
    path.write_text(text, "utf-8")
    outcome = snnrt_command("targets", "check", path)
    assert outcome.code == 0 and "adc_bits = 5" in outcome.out and "0 figures, to 6 published" in outcome.out
    document = snnrt_command("targets", "check", path, "--json").json
    assert document["ok"] and document["crossbar"]["rows"] == 64
    path.write_text(text.replace('unit = "ns"', 'unit = "V"', 1), "utf-8")
    snnrt_command("targets", "check", path).failed("chip.toml: figures.", ".unit: expected one of fs")
    snnrt_command("targets", "check").failed("expected one target", code=2)
    snnrt_command("targets", "dt-snn", "hermes").failed("expected one target", code=2)
