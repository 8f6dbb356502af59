"""Errors are also the built-in ones that fit, and stay themselves on every way out."""

from __future__ import annotations

import numpy as np
import pytest
from small_networks import dense_lif

import snnrt
from snnrt.data.load import load_dataset
from snnrt.errors import ArgumentTypeError, DataError, ModelError, OutputError, SnnrtError, TargetError
from snnrt.targets import load_target, parse_target


@pytest.mark.parametrize(
    ("call", "own", "built_in"),
    [
        (lambda folder: snnrt.load(folder / "missing.snnrt"), ModelError, OSError),
        (lambda folder: snnrt.convert(folder / "missing.nir"), ModelError, OSError),
        (lambda folder: snnrt.load(__file__), ModelError, ValueError),
        (lambda folder: snnrt.convert(7), ArgumentTypeError, TypeError),
        (lambda folder: load_dataset(folder / "missing.npz"), DataError, OSError),
        (lambda folder: load_dataset(folder), DataError, OSError),
        (lambda folder: load_dataset(__file__), DataError, ValueError),
        (lambda folder: load_target("dtsnn"), TargetError, ValueError),
        (lambda folder: load_target(folder / "missing.toml"), TargetError, OSError),
        (lambda folder: parse_target(b"x =", "x.toml"), TargetError, ValueError),
        (lambda folder: network().save(folder / "none" / "model.snnrt"), OutputError, OSError),
        (lambda folder: network().run(np.zeros((2, 3))), DataError, ValueError),
        (lambda folder: network().run(np.zeros((1, 7)), exit=3), ArgumentTypeError, TypeError),
    ],
)
def test_an_error_is_ours_and_the_built_in_one(call, own, built_in, tmp_path):
    with pytest.raises(own) as caught:
        call(tmp_path)
    assert isinstance(caught.value, built_in) and isinstance(caught.value, SnnrtError)
    assert str(caught.value) and "\n" not in str(caught.value)


def test_a_file_of_too_many_bytes_is_told_once(tmp_path):
    """What is found wrong while a file is read is not taken for a file that cannot be read."""
    (tmp_path / "large.toml").write_bytes(b"#" * (1 << 20) + b"#")
    with pytest.raises(TargetError, match="profiles are small") as caught:
        load_target(tmp_path / "large.toml")
    assert not isinstance(caught.value, OSError) and "cannot be read" not in str(caught.value)
    np.savez(tmp_path / "other.npz", images=np.zeros(3))
    with pytest.raises(DataError, match="found 'images'") as caught:
        load_dataset(tmp_path / "other.npz")
    assert "malformed" not in str(caught.value)


def network() -> snnrt.Network:
    return snnrt.Network(dense_lif("float32")[0])
