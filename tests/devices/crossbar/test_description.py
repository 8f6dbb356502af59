"""The table of a chip's file that becomes a crossbar's parameters."""

from __future__ import annotations

import dataclasses
import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from snnrt.devices.crossbar.config import CrossbarConfig
from snnrt.devices.crossbar.description import config_of, plain_values, read_document
from snnrt.errors import TargetError


def test_values_stand_alone_or_with_where_they_come_from():
    sourced = {"value": 32, "unit": "count", "mark": "source", "source": "a paper", "operating_point": "room"}
    assert config_of({"crossbar": {"rows": sourced, "columns": 16}}, "a.toml") == CrossbarConfig(32, 16)
    assert config_of({"rows": sourced}, "a.toml") == CrossbarConfig(32)
    assert config_of({}, "a.toml") == CrossbarConfig()


def test_every_parameter_may_be_a_table():
    """Those that join later too: the class says which there are."""
    for item in dataclasses.fields(CrossbarConfig):
        value = getattr(CrossbarConfig(), item.name)
        if item.metadata.get("unit", "1") == "1" and value is not None:
            assert plain_values({item.name: {"value": value}}, "a") == {item.name: value}


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"rows": {"value": 4, "unit": "V"}}, r"crossbar.rows.unit: expected one of 1, count, bit"),
        ({"rows": {"value": 4, "unit": 3}}, r"a.toml: crossbar.rows.unit"),
        ({"rows": {"values": 4}}, r"a.toml: crossbar rows: expected an integer"),
        ({"rowz": {"value": 4}}, r"a.toml: crossbar: unknown parameter 'rowz'; did you mean rows"),
        ({"rows": {"value": "x"}}, r"a.toml: crossbar rows: expected an integer"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_file(table, words):
    with pytest.raises(TargetError, match=words):
        config_of({"crossbar": table}, "a.toml")


def test_files_that_are_none(tmp_path):
    with pytest.raises(TargetError, match="not a file"):
        read_document(str(tmp_path))
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(TargetError, match="not a file"):
        read_document(str(tmp_path / "pipe"))
    (tmp_path / "huge.toml").write_bytes(b"#" * (1 << 20) + b"#")
    with pytest.raises(TargetError, match="larger than"):
        read_document(str(tmp_path / "huge.toml"))
    (tmp_path / "deep.toml").write_text("a = " + "[" * 3000)
    with pytest.raises(TargetError, match="is not a TOML file"):
        read_document(str(tmp_path / "deep.toml"))


VALUES = st.one_of(st.none(), st.booleans(), st.floats(), st.text(max_size=3), st.integers())


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(
    st.dictionaries(
        st.sampled_from(["rows", "adc_range", "seed", "x"]),
        VALUES | st.fixed_dictionaries({"value": VALUES}, optional={"unit": VALUES}),
    )
)
def test_any_table_is_a_crossbar_or_an_error(table):
    try:
        config_of({"crossbar": table}, "a.toml")
    except TargetError as error:
        assert str(error).startswith("a.toml: ")
