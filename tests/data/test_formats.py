"""Files and folders as people have them."""

from __future__ import annotations

import gzip
import struct

import numpy as np
import pytest

from snnrt.data import load_dataset
from snnrt.errors import DataError

IMAGES = np.random.default_rng(1).integers(0, 256, (3, 4, 5), np.uint8)


def idx(array: np.ndarray) -> bytes:
    return bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_idx_with_its_labels(tmp_path, pack):
    (tmp_path / "t10k-images-idx3-ubyte").write_bytes(pack(idx(IMAGES)))
    (tmp_path / "t10k-labels-idx1-ubyte").write_bytes(pack(idx(np.array([2, 0, 1], np.uint8))))
    data = load_dataset(tmp_path / "t10k-images-idx3-ubyte")
    assert np.array_equal(data.x, IMAGES) and data.y.tolist() == [2, 0, 1]


def test_csv_with_and_without_a_header(tmp_path):
    (tmp_path / "a.csv").write_text("label,p0,p1\n3,0,255\n1,7,8\n")
    data = load_dataset(tmp_path / "a.csv")
    assert data.x.dtype == np.uint8 and data.x.tolist() == [[0, 255], [7, 8]] and data.y.tolist() == [3, 1]
    (tmp_path / "b.csv").write_text("0.5;1\n-2;3e-1\n")
    data = load_dataset(tmp_path / "b.csv")
    assert data.x.tolist() == [[0.5, 1], [-2, 0.3]] and data.y is None


def test_images_in_folders_of_classes(tmp_path):
    from PIL import Image

    for name, image in zip(("2", "10", "2"), IMAGES):
        (tmp_path / name).mkdir(exist_ok=True)
        Image.fromarray(image).save(tmp_path / name / f"{image[0, 0]}.png")
    data = load_dataset(tmp_path)
    # folders in the order of their names, labels by their numbers
    assert data.y.tolist() == [10, 2, 2] and np.array_equal(data.x[0], IMAGES[1])
    colours = np.repeat(IMAGES[0][..., None], 3, -1)
    Image.fromarray(colours).save(tmp_path / "c.png")
    assert np.array_equal(load_dataset(tmp_path / "c.png").x, np.moveaxis(colours, -1, 0)[None])


def test_images_without_pillow_are_a_remedy(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "PIL", None)
    (tmp_path / "a.png").write_bytes(b"\x89PNG")
    with pytest.raises(DataError, match=r"pip install 'snnrt\[data\]'"):
        load_dataset(tmp_path / "a.png")


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.idx", idx(IMAGES)[:-1], "expected 60 bytes for shape"),
        ("a.idx", idx(IMAGES) + b"x", "found more"),
        ("a.idx", bytes([0, 0, 8, 8]) + b"\xff" * 32, "do not fit into memory"),
        ("a.gz", gzip.compress(idx(IMAGES), mtime=0)[:-9], "malformed gzip file"),
        ("a.csv", b"1,2\n3\n", "line 2: expected 2 values"),
        ("a.csv", b"1,2\n3,x\n", "line 2: expected numbers, found 'x'"),
        ("a.csv", b"", "expected rows of numbers, found none"),
        ("a.png", b"\x89PNG\r\n\x1a\nxx", "cannot be read as an image"),
        ("a.es", b"", "expected an Event Stream file|reads spikes over time"),
    ],
)
def test_what_is_refused(tmp_path, name, data, message):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(DataError, match=message) as caught:
        load_dataset(tmp_path / name)
    assert name in str(caught.value) and "\n" not in str(caught.value)
