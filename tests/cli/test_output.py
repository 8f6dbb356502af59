"""What is printed, and where a command may write."""

from __future__ import annotations

import json

import numpy as np
import pytest

from snnrt.cli.output import check_outputs, print_facts, print_json, print_table
from snnrt.errors import OutputError
from snnrt.summary import byte_count, shape_text


def test_table_is_aligned(capsys):
    print_table(("name", "count"), [("a", 1), ("long name", 1234)])
    assert capsys.readouterr().out.splitlines() == [
        "name       count",
        "─────────  ─────",
        "a              1",
        "long name   1234",
    ]


def test_names_from_files_cannot_move_the_cursor(capsys):
    print_table(("name",), [("a\x1b[2Jb\nc\x07",)])
    assert capsys.readouterr().out.splitlines()[2] == "a\\x1b[2Jb c\\x07"
    print_facts([("\x9b31mkey", "a\u202eb"), ("µ", "θ ×")])
    assert capsys.readouterr().out.splitlines() == ["\\x9b31mkey  a\\u202eb", "µ           θ ×"]


def test_json_is_plain(capsys):
    values = {
        "array": np.arange(3, dtype=np.uint64),
        "scalar": np.float32(0.5),
        "nan": float("nan"),
        "inf": np.array([np.inf, 1.0]),
        "tuple": (1, 2),
        "nothing": None,
        3: True,
    }
    print_json(values)
    assert json.loads(capsys.readouterr().out) == {
        "array": [0, 1, 2],
        "scalar": 0.5,
        "nan": None,
        "inf": [None, 1.0],
        "tuple": [1, 2],
        "nothing": None,
        "3": True,
    }


def test_sizes_and_shapes():
    assert byte_count(1000) == "1000 bytes"
    assert byte_count(2048) == "2048 bytes (2.0 KiB)"
    assert byte_count(3 << 20) == "3145728 bytes (3.0 MiB)"
    assert shape_text((1, 8, 8)) == "1×8×8"


def test_places_that_cannot_be_written(tmp_path, read_only_folder):
    (tmp_path / "file").write_text("x")
    for place, message in (
        (tmp_path, "it is a folder; give a file name inside it"),
        (tmp_path / "missing" / "out", "does not exist; create it first"),
        (tmp_path / "file" / "out", "does not exist; create it first"),
        (read_only_folder / "out", "choose a folder that is writable"),
    ):
        with pytest.raises(OutputError, match=message) as caught:
            check_outputs([str(place)], [])
        assert str(place) in str(caught.value)


def test_results_do_not_overwrite_what_is_read_or_each_other(tmp_path):
    path = str(tmp_path / "data.npz")
    (tmp_path / "data.npz").write_text("x")
    (tmp_path / "alias").symlink_to(path)
    with pytest.raises(OutputError, match="it is what the command reads"):
        check_outputs([str(tmp_path / "alias")], ["model", path])
    with pytest.raises(OutputError, match="two results would go to the same file"):
        check_outputs([str(tmp_path / "out"), str(tmp_path / "." / "out")], [])
    with pytest.raises(OutputError, match="two results"):
        check_outputs([path, str(tmp_path / "alias")], [])


def test_what_can_be_written_is_left_as_it_is(tmp_path):
    old = tmp_path / "old"
    old.write_text("old")
    check_outputs([str(old), str(tmp_path / "new"), None, "/dev/null"], ["digits", None])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["old"] and old.read_text() == "old"
