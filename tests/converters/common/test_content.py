"""Files that are something else: each with its own words and remedy."""

import io
import zipfile

import numpy as np
import pytest

import snnrt
from snnrt.converters.common.content import find_content
from snnrt.errors import ModelError
from snnrt.ir.spec import MAGIC


def zipped(*names):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name in names:
            archive.writestr(name, b"x")
    return stream.getvalue()


def saved(save, *arguments):
    stream = io.BytesIO()
    save(stream, *arguments)
    return stream.getvalue()


LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"
CONTENTS = {
    "nothing": (b"", "an empty file", "again"),
    "an LFS pointer": (LFS, "a Git LFS pointer", "'git lfs pull'"),
    "an annex pointer": (b"/annex/objects/SHA256E-s3--af.nir\n", "a git-annex pointer", "git annex get"),
    "PyTorch's ZIP": (zipped("net/data.pkl", "net/data/0"), r"PyTorch's .pt \(a ZIP", "export_to_nir"),
    "PyTorch's pickle": (b"\x80\x02\x8a\nl\xfc", "a Python pickle", "export_to_nir"),
    "ONNX": (b"\x08\x0a\x12\x07pytorch\x1a\x052.1.0", "an ONNX model", "give it the suffix .onnx"),
    "a ZIP": (zipped("net.nir"), "a ZIP archive", "unpack it"),
    "an .npz": (saved(np.savez, np.ones(3)), "NumPy's .npz", "as NIR"),
    "an .npy": (saved(np.save, np.ones(3)), "a NumPy array", "as NIR"),
    "gzip": (b"\x1f\x8b\x08\x00", "compressed with gzip", "gunzip"),
    "a model of ours": (MAGIC + bytes(64), r"a \.snnrt file", "it is converted already"),
    "a web page": (b"<!DOCTYPE html><html>", "a web page", "'raw' link"),
}


@pytest.mark.parametrize("name", ["net.nir", "net", "net.NIR"])
@pytest.mark.parametrize("case", CONTENTS)
def test_its_own_words_and_remedy(tmp_path, case, name):
    content, what, remedy = CONTENTS[case]
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ModelError, match=f"{path.name}: .*{what}.*{remedy}"):
        snnrt.convert(path)


def test_what_does_not_say(tmp_path):
    for content in (b"some text", b"\x89HDF\r\n\x1a\n", bytes(600)):
        (tmp_path / "file").write_bytes(content)
        assert find_content(tmp_path / "file") is None
