"""Input data: built-in sets, files from outside, and the check against a model's input."""

from __future__ import annotations

import io
import os
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest
from effort import effort, whole
from hypothesis import given, settings
from hypothesis import strategies as st

from snnrt.data.builtin import YIN_YANG_SPLITS, generate_yin_yang
from snnrt.data.load import Dataset, fit_to_model, load_dataset, load_for_model
from snnrt.errors import DataError
from snnrt.ir.graph import Edge, Exit, Graph, Input, Readout

SHARED_DATA = Path(os.environ.get("SNNRT_DATA") or Path(__file__).parents[2].parent / "shared" / "data")


def graph(shape=(1, 8, 8), encoding="constant", timesteps=4, low=0.0, high=1.0, classes=10) -> Graph:
    """What fit_to_model reads of a model: its input, its timesteps and its number of classes."""
    source = Input("input", (), shape, encoding=encoding, low=low, high=high)
    readout = Readout("readout", (Edge("input"),), (classes,))
    return Graph((source, readout, Exit("exit", (Edge("readout"),), (classes,))), timesteps)


def dataset(x, y=None) -> Dataset:
    return Dataset(np.asarray(x), None if y is None else np.asarray(y), "data.npz")


def images(*shape: int) -> np.ndarray:
    return np.linspace(0, 1, int(np.prod(shape)), dtype=np.float32).reshape(shape)


def test_digits_are_the_last_797_images_in_order():
    from sklearn.datasets import load_digits

    data = load_dataset("digits")
    assert data.x.shape == (797, 1, 8, 8) and data.x.dtype == np.float32
    assert np.array_equal(data.x[:, 0] * 16, load_digits().images[1000:])
    assert np.array_equal(data.y, load_digits().target[1000:])


def test_digits_train_and_test_are_all_images_once():
    train, test = load_dataset("digits:train"), load_dataset("digits", split="test")
    assert len(train) == 1000 and len(train) + len(test) == 1797
    assert len(load_dataset("digits", split="train")) == 1000


@pytest.mark.parametrize("split", YIN_YANG_SPLITS)
def test_yin_yang_is_the_published_set_bit_for_bit(split):
    folder = SHARED_DATA / "yin_yang"
    if not folder.is_dir() and os.environ.get("CI") != "true":
        pytest.skip(f"needs {folder}")
    seed, samples = YIN_YANG_SPLITS[split]
    x, y = generate_yin_yang(samples, seed)
    assert np.array_equal(x, np.load(folder / f"{split}_samples.npy"))
    assert np.array_equal(y, np.load(folder / f"{split}_labels.npy"))
    data = load_dataset(f"yin-yang:{split}")
    assert data.x.dtype == np.float32
    assert np.array_equal(data.x, x.astype(np.float32)) and np.array_equal(data.y, y)


def test_yin_yang_test_split_is_the_default():
    assert np.array_equal(load_dataset("yin-yang").x, load_dataset("yin-yang:test").x)


@pytest.mark.parametrize("name", ["digits:validation", "digits:all", "yin-yang:"])
def test_unknown_splits(name):
    if name.endswith(":"):
        assert len(load_dataset(name)) == 1000
    else:
        with pytest.raises(DataError, match="expected the split"):
            load_dataset(name)


def test_npz_with_labels(tmp_path):
    x, y = images(3, 1, 8, 8), np.array([1, 2, 3], np.uint8)
    for save in (np.savez, np.savez_compressed):
        save(tmp_path / "data.npz", x=x, y=y, other=np.zeros(2))
        data = load_dataset(tmp_path / "data.npz")
        assert np.array_equal(data.x, x) and np.array_equal(data.y, y) and data.y.dtype == np.uint8


@pytest.mark.parametrize(
    "dtype", ["float16", "float32", ">f4", "float64", "uint8", "int16", "int64", "bool", "longdouble"]
)
@pytest.mark.parametrize("order", ["C", "F"])
def test_npy_of_every_numeric_dtype(tmp_path, dtype, order):
    x = (np.arange(24).reshape(2, 3, 4) % 2).astype(dtype, order=order)
    np.save(tmp_path / "x.npy", x)
    data = load_dataset(tmp_path / "x.npy")
    assert data.y is None and data.x.dtype == x.dtype and np.array_equal(data.x, x)


def npy_bytes(x: np.ndarray, **options: object) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array(file, x, **options)
    return file.getvalue()


def npz_bytes(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name + ".npy", content)
    return file.getvalue()


def header(text: str, body: bytes = b"") -> bytes:
    padded = text.encode() + b" " * (-(10 + len(text) + 1) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(padded).to_bytes(2, "little") + padded + body


HUGE = "{'descr': '<f4', 'fortran_order': False, 'shape': (1000000, 1000000, 1000), }"
NEGATIVE = "{'descr': '<f4', 'fortran_order': False, 'shape': (-1, 4), }"

MALFORMED = {
    "empty": (b"", "found an empty file"),
    "text": (b"x,y\n1,2\n", "found a file that starts with b'x,y"),
    "pickle": (b"\x80\x04K\x01.", "expected an .npz or .npy file"),
    "cut npy": (npy_bytes(images(4, 8))[:-5], "cut off or damaged"),
    "long npy": (npy_bytes(images(4, 8)) + b"\0", "cut off or damaged"),
    "only magic": (b"\x93NUMPY", "malformed"),
    "only version": (b"\x93NUMPY\x01\x00\x76\x00", "malformed"),
    "version 2": (npy_bytes(images(4, 8), version=(2, 0)), "expected NumPy's format 1.0, found 2.0"),
    "no header": (header("[1, 2"), "malformed"),
    "nested header": (header("(" * 5000), "malformed"),
    "claims petabytes": (header(HUGE), "cut off or damaged"),
    "negative shape": (header(NEGATIVE), "malformed"),
    "objects": (npy_bytes(np.array([{}, []], object)), "found Python objects"),
    "strings": (npy_bytes(np.array(["a", "b"])), "expected numbers .*, found dtype str"),
    "complex": (npy_bytes(np.ones(3, np.complex64)), "found dtype complex64"),
    "dates": (npy_bytes(np.array(["2024-01-01"], "M8[D]")), "found dtype datetime64"),
    "records": (npy_bytes(np.zeros(2, [("a", "f4")])), "expected numbers"),
    "no x": (npz_bytes(images=npy_bytes(images(2, 2))), "expected an array x .* found 'images'"),
    "no arrays": (npz_bytes(), "expected an array x .* found none"),
    "x is text": (npz_bytes(x=b"hello"), "malformed"),
    "y is objects": (
        npz_bytes(x=npy_bytes(images(1, 2)), y=npy_bytes(np.array([{}], object))),
        "y: .*Python objects",
    ),
    "cut npz": (npz_bytes(x=npy_bytes(images(64, 64)))[:-40], "malformed"),
    "x is cut": (npz_bytes(x=npy_bytes(images(64, 64))[:-7]), "x: .*cut off or damaged"),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_malformed_files(tmp_path, case):
    content, message = MALFORMED[case]
    path = tmp_path / "data.npz"
    path.write_bytes(content)
    with pytest.raises(DataError, match=message) as caught:
        load_dataset(path)
    assert str(caught.value).startswith(str(path)) and "\n" not in str(caught.value)


def test_archive_of_more_than_the_memory_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr("snnrt.data.load._memory_bytes", lambda: 1 << 20)
    path = tmp_path / "bomb.npz"
    np.savez_compressed(path, x=np.zeros((1000, 1000), np.uint8))
    with pytest.raises(DataError, match="1000000 values do not fit into this machine's memory"):
        load_dataset(path)


@whole
def test_what_does_not_fit_the_model_is_refused_by_its_header(tmp_path):
    """Half a gigabyte in half a megabyte of archive: read neither for its shape, nor for its labels."""
    path, size = tmp_path / "bomb.npz", 1 << 29
    fits = npy_bytes(images(2, 1, 8, 8))
    for field, message in (("x", "the model reads constant inputs"), ("y", r"expected one label .*\(2,\)")):
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            if field == "y":
                archive.writestr("x.npy", fits)
            with archive.open(field + ".npy", "w") as member:
                member.write(header(f"{{'descr': '|u1', 'fortran_order': False, 'shape': ({size},), }}"))
                for _ in range(size >> 24):
                    member.write(bytes(1 << 24))
        assert path.stat().st_size < size >> 8
        tracemalloc.start()
        try:
            with pytest.raises(DataError, match=message):
                load_for_model(path, graph())
            assert tracemalloc.get_traced_memory()[1] < 1 << 24
        finally:
            tracemalloc.stop()


def test_an_archive_that_lies_about_its_size_takes_no_more_than_it_holds(tmp_path):
    path, content = tmp_path / "liar.npz", header(HUGE.replace("1000000, 1000000", "1000000, 1"))
    path.write_bytes(npz_bytes(x=content))
    raw, claimed = bytearray(path.read_bytes()), len(content) + 4 * 10**9
    directory = raw.rindex(b"PK\x01\x02")
    for place in (raw.index(b"PK\x03\x04") + 22, directory + 24):
        raw[place : place + 4] = claimed.to_bytes(4, "little")
    path.write_bytes(raw)
    # the memory that was asked for is not touched, so only what the archive holds is taken
    with pytest.raises(DataError, match=r"cut off|malformed|memory"):
        load_dataset(path)


def test_loading_for_a_model_gives_what_fitting_gives(tmp_path):
    path = tmp_path / "data.npz"
    np.savez(path, x=images(5, 8, 8), y=np.arange(5, dtype=np.uint8))
    for options in ({}, {"limit": 2}):
        one, two = (
            load_for_model(path, graph(), **options),
            fit_to_model(load_dataset(path), graph(), **options),
        )
        assert np.array_equal(one.x, two.x) and np.array_equal(one.y, two.y) and one.x.shape[1:] == (1, 8, 8)
    assert len(load_for_model("digits", graph(), split="train")) == 1000


def test_other_compressions_are_refused(tmp_path):
    path = tmp_path / "data.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("x.npy", npy_bytes(images(4, 8)))
    with pytest.raises(DataError, match=r"x: unknown compression; write it with numpy.savez_compressed"):
        load_dataset(path)


def test_damaged_archive_is_found_by_its_checksum(tmp_path):
    path = tmp_path / "data.npz"
    np.savez(path, x=images(64, 64))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(DataError, match="CRC"):
        load_dataset(path)


def test_bool_bytes_other_than_0_and_1_count_as_true(tmp_path):
    path = tmp_path / "x.npy"
    path.write_bytes(npy_bytes(np.ones(3, bool))[:-3] + b"\x00\x01\x07")
    assert load_dataset(path).x.astype(int).tolist() == [0, 1, 1]


def test_no_file_says_which_names_are_built_in(tmp_path):
    with pytest.raises(DataError, match=r"no such file.*digits, yin-yang"):
        load_dataset("digitz")
    with pytest.raises(DataError, match=r"expected files .png.* in the folder, found none"):
        load_dataset(tmp_path)
    with pytest.raises(DataError):
        load_dataset("a\0b")
    with pytest.raises(DataError, match="File name too long"):
        load_dataset("a" * 5000)


@settings(max_examples=effort(300), deadline=None)
@given(st.data())
def test_any_change_of_a_file_gives_data_or_a_clear_error(tmp_path_factory, data):
    original = npz_bytes(x=npy_bytes(images(3, 4)), y=npy_bytes(np.arange(3)))
    if data.draw(st.booleans()):
        original = npy_bytes(images(3, 4))
    content = bytearray(original[: data.draw(st.integers(0, len(original)))])
    for _ in range(data.draw(st.integers(0, 3))):
        if content:
            content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / "changed"
    path.write_bytes(content)
    try:
        found = load_dataset(path)
    except DataError as error:
        assert "\n" not in str(error)
    else:
        assert found.x.dtype.kind in "biuf" and found.x.nbytes <= 4 * len(original)


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.uint8, bool, np.int64])
def test_any_numeric_dtype_becomes_float32(dtype):
    x = (np.arange(128).reshape(2, 1, 8, 8) % 2).astype(dtype)
    fitted = fit_to_model(dataset(x, [3, 9]), graph())
    assert fitted.x.dtype == np.float32 and np.array_equal(fitted.x, x)
    assert fitted.y.dtype == np.int64 and fitted.y.tolist() == [3, 9]


def test_a_missing_channel_axis_is_added():
    x = images(2, 8, 8)
    assert np.array_equal(fit_to_model(dataset(x), graph()).x, x[:, None])
    x = images(2, 4, 8, 8)
    assert np.array_equal(fit_to_model(dataset(x), graph(encoding="spikes")).x, x[:, :, None])


def test_a_missing_channel_axis_is_not_made_up():
    with pytest.raises(DataError, match=r"shape \(N, 3, 8, 8\), found \(2, 8, 8\)"):
        fit_to_model(dataset(images(2, 8, 8)), graph((3, 8, 8)))


def test_limit_keeps_the_first():
    x = images(6, 1, 8, 8)
    fitted = fit_to_model(dataset(x, np.arange(6)), graph(), limit=4)
    assert np.array_equal(fitted.x, x[:4]) and fitted.y.tolist() == [0, 1, 2, 3]
    assert len(fit_to_model(dataset(x), graph(), limit=100)) == 6


def test_features():
    x = images(5, 4)
    assert np.array_equal(fit_to_model(dataset(x), graph((4,), classes=3)).x, x)


SHAPES = {
    "another size": ((2, 1, 28, 28), {}, "this data is not for this model"),
    "one image": ((3, 8, 8), {"shape": (3, 8, 8)}, r"x\[None\]"),
    "one flat image": ((8, 8), {}, r"a single input: use x\[None\]"),
    "channels last": ((2, 8, 8, 3), {"shape": (3, 8, 8)}, r"x.transpose\(0, 3, 1, 2\)"),
    "flat": ((2, 64), {}, r"x.reshape\(2, 1, 8, 8\)"),
    "image for features": ((2, 1, 8, 8), {"shape": (64,)}, r"x.reshape\(2, 64\)"),
    "spikes for a constant input": ((2, 4, 1, 8, 8), {}, "there is a time axis"),
    "images for a spike input": (
        (4, 2, 8, 8),
        {"encoding": "spikes", "shape": (2, 8, 8)},
        r"x\[:, None\] or x\[None\]",
    ),
    "one spike tensor": ((1, 8, 8), {"encoding": "spikes"}, r"x\[None, None\]"),
    "spikes, channels last": (
        (2, 4, 8, 8, 2),
        {"encoding": "spikes", "shape": (2, 8, 8)},
        r"\(0, 1, 4, 2, 3\)",
    ),
    "empty of another size": ((0, 5), {}, r"found \(0, 5\)"),
    "empty": ((0, 1, 8, 8), {}, "expected at least one input, found none"),
}


@pytest.mark.parametrize("case", SHAPES)
def test_wrong_shapes_say_what_to_do(case):
    shape, options, message = SHAPES[case]
    with pytest.raises(DataError, match=message) as caught:
        fit_to_model(dataset(np.zeros(shape)), graph(**options))
    assert str(caught.value).startswith("data.npz: x: ")


def test_timesteps_of_spike_tensors():
    spikes, model = images(2, 6, 1, 8, 8), graph(encoding="spikes", timesteps=4)
    with pytest.raises(DataError, match="expected 4 timesteps, found 6; ask for 4 timesteps"):
        fit_to_model(dataset(spikes), model)
    with pytest.raises(DataError, match="expected 4 timesteps, found 2; ask for 2 timesteps"):
        fit_to_model(dataset(spikes[:, :2]), model)
    with pytest.raises(DataError, match="expected 4 timesteps, found 0"):
        fit_to_model(dataset(spikes[:, :0]), model)
    with pytest.raises(DataError, match="expected at least 7 timesteps, as asked for, found 6"):
        fit_to_model(dataset(spikes), model, timesteps=7)
    assert np.array_equal(fit_to_model(dataset(spikes), model, timesteps=3).x, spikes[:, :3])
    assert np.array_equal(fit_to_model(dataset(spikes[:, :4]), model).x, spikes[:, :4])


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_not_finite(value):
    x = images(2, 1, 8, 8)
    x[1, 0, 2, 3] = value
    with pytest.raises(DataError, match=rf"x\[1, 0, 2, 3\]: expected finite numbers, found {value}"):
        fit_to_model(dataset(x), graph())


def test_values_outside_the_range_of_the_model():
    pixels = (images(2, 1, 8, 8) * 255).astype(np.uint8)
    with pytest.raises(
        DataError, match="expected values in 0 … 1, found 0 … 255; 8-bit images: divide by 255"
    ):
        fit_to_model(dataset(pixels), graph())
    with pytest.raises(DataError, match="divide by 255"):
        fit_to_model(dataset(pixels.astype(np.float32)), graph())
    assert fit_to_model(dataset(pixels), graph(high=255.0)).x.max() == 255
    with pytest.raises(DataError, match=r"found -0\.5 … 1; scale or clip x to 0 … 1"):
        fit_to_model(dataset(np.where(images(1, 1, 8, 8) == 0, -0.5, 1)), graph())
    counts = np.zeros((1, 4, 1, 8, 8), np.uint8)
    counts[0, 0, 0, 0, 0] = 3
    with pytest.raises(DataError, match=r"numpy.minimum\(x, 1\)"):
        fit_to_model(dataset(counts), graph(encoding="spikes"))


def test_range_allows_rounding_and_what_is_not_stated():
    assert fit_to_model(dataset(images(1, 1, 8, 8) * np.float32(1.0005)), graph()).x.max() > 1
    with pytest.raises(DataError, match="expected values in"):
        fit_to_model(dataset(images(1, 1, 8, 8) * 1.002), graph())
    free = graph(low=-np.inf, high=np.inf)
    assert fit_to_model(dataset(images(1, 1, 8, 8) * 1e6), free).x.max() == 1e6
    with pytest.raises(DataError, match="expected values in"):
        fit_to_model(dataset(np.full((1, 1, 8, 8), 1e300)), free)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.array([["a"]]), "expected numbers"),
        (np.array([[None]]), "found Python objects"),
        (np.ones((1, 4), complex), "found dtype complex128"),
        (np.float32(1), "found a single number"),
    ],
)
def test_arrays_that_are_no_inputs(x, message):
    with pytest.raises(DataError, match=message):
        fit_to_model(Dataset(np.asarray(x), None, "x"), graph((4,)))


@pytest.mark.parametrize(
    ("y", "message"),
    [
        ([1, 2, 3], r"shape \(2,\), found \(3,\)"),
        (np.eye(10)[:2], r"one-hot labels: use y.argmax\(1\)"),
        ([[1], [2]], r"use y\[:, 0\]"),
        ([1.0, 2.0], "expected integer class numbers, found float64"),
        ([1, 10], r"y\[1\]: expected a class 0 … 9, found 10"),
        ([-1, 0], r"y\[0\]: expected a class 0 … 9, found -1"),
        (["1", "2"], "expected integer class numbers"),
        (3, r"found \(\)"),
    ],
)
def test_wrong_labels(y, message):
    with pytest.raises(DataError, match=message) as caught:
        fit_to_model(dataset(images(2, 1, 8, 8), y), graph())
    assert str(caught.value).startswith("data.npz: y")
