"""Arrays in files, as examples."""

from __future__ import annotations

import numpy as np
import pytest

from snnrt.converters.common.example_file import array_of
from snnrt.errors import DataFileError

X = np.arange(6.0).reshape(2, 3)


def test_arrays(tmp_path):
    np.save(tmp_path / "a.npy", X)
    np.savez(tmp_path / "b.npz", y=X[0], x=X)
    np.savez(tmp_path / "c.npz", other=X)
    for name in ("a.npy", "b.npz", "c.npz"):
        np.testing.assert_array_equal(array_of(tmp_path / name), X)


@pytest.mark.parametrize("raw", [b"", b"\x93NUMPY", b"PK\x03\x04", b"no array"])
def test_other_files(tmp_path, raw):
    (tmp_path / "a.npy").write_bytes(raw)
    with pytest.raises(DataFileError, match=r"^example: .*a\.npy: "):
        array_of(tmp_path / "a.npy")


def test_a_damaged_archive(tmp_path):
    np.savez_compressed(tmp_path / "a.npz", x=np.zeros(500))
    raw = bytearray((tmp_path / "a.npz").read_bytes())
    raw[60] ^= 0xFF
    (tmp_path / "a.npz").write_bytes(raw)
    with pytest.raises(DataFileError, match="expected an array"):
        array_of(tmp_path / "a.npz")


def test_no_file_and_no_array(tmp_path):
    with pytest.raises(DataFileError, match="can't be read"):
        array_of(tmp_path / "none.npy")
    np.savez(tmp_path / "empty.npz")
    with pytest.raises(DataFileError, match="expected an array"):
        array_of(tmp_path / "empty.npz")
