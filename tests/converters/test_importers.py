"""Which importer reads a source."""

import shutil
from pathlib import Path

import pytest

from snnrt.converters import importers
from snnrt.converters.importers import IMPORTERS, Importer, check_options, find_importer, readable_sources
from snnrt.converters.nir.importer import import_nir
from snnrt.errors import ArgumentTypeError, ModelError

DIGITS = Path(__file__).parents[2] / "examples" / "models" / "digits_conv.nir"
OTHER = Importer("Zip", (".zipped", ".z"), b"PK\x03\x04", "nowhere", "nothing")


@pytest.mark.parametrize("name", ["a.nir", "A.NIR", "missing/b.nir"])
def test_by_suffix(name):
    assert find_importer(name).load() is import_nir


@pytest.mark.parametrize("name", ["network.h5", "network", "network.dat"])
def test_by_content(tmp_path, name):
    shutil.copy(DIGITS, tmp_path / name)
    assert find_importer(tmp_path / name).title == "NIR"


def test_one_more_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr(importers, "IMPORTERS", (*IMPORTERS, OTHER))
    assert find_importer("x.Z") is OTHER
    (tmp_path / "x").write_bytes(b"PK\x03\x04...")
    assert find_importer(tmp_path / "x") is OTHER
    assert readable_sources() == (
        "a NIR file (.nir) or an ONNX file (.onnx) or a Zip file (.zipped, .z) or "
        "a PyTorch module (net.py:make or package.module:make)"
    )


def test_unknown(tmp_path):
    path = tmp_path / "model.pt"
    path.write_bytes(b"PK\x03\x04")
    with pytest.raises(
        ModelError, match=r"model.pt: no importer knows .*'.pt'.* expected a NIR file \(.nir\)"
    ):
        find_importer(path)
    path = tmp_path / "model"
    path.write_bytes(b"")
    with pytest.raises(ModelError, match=r"model: no importer knows .*no suffix"):
        find_importer(path)


def test_not_there(tmp_path):
    with pytest.raises(ModelError, match=r"x.model: no such file; expected a NIR file \(.nir\)"):
        find_importer(tmp_path / "x.model")
    with pytest.raises(ModelError, match="no such file"):
        find_importer(tmp_path)


def test_an_object_by_its_class(monkeypatch):
    class Net:
        pass

    class Deeper(Net):
        pass

    one = Importer("Object", (), b"", "nowhere", "nothing", (f"{__name__}.{Net.__qualname__}",))
    monkeypatch.setattr(importers, "IMPORTERS", (*IMPORTERS, one))
    assert find_importer(Deeper()) is one
    assert find_importer("a.nir") is IMPORTERS[0]


def test_no_path():
    with pytest.raises(ArgumentTypeError, match=r"expected the path of a NIR file .*, found an .* dict"):
        find_importer({})


def test_options_of_another_kind_of_source():
    importer = Importer("Zip", (".z",), b"PK", "nowhere", "nothing")

    def importing(source, *, framework=None):
        return source

    check_options(importer, importing, {"framework": "norse"})
    with pytest.raises(ModelError, match=r"example: expected none for a Zip source, .* leave it out"):
        check_options(importer, importing, {"framework": "norse", "example": (1, 4)})
    check_options(importer, lambda source, **others: source, {"example": (1, 4)})
