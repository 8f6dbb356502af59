"""What a file is that is not what it should be, by how it begins, and what to do about it."""

from __future__ import annotations

from pathlib import Path

_FROM_FRAMEWORK = (
    "export the network from its framework, as snntorch.export_to_nir with nir.write; weights alone do not "
    "say what the network is: build it in its framework first"
)
_LONGEST = 4096

_BEGINNINGS: tuple[tuple[bytes, str, str], ...] = (
    (
        b"version https://git-lfs.github.com/spec/",
        "a Git LFS pointer, not the file itself",
        "fetch it with 'git lfs pull' in its repository",
    ),
    (b"SNNRT", "a .snnrt file", "it is converted already: 'snnrt run' and snnrt.load take it as it is"),
    (b"\x1f\x8b", "compressed with gzip", "unpack it with gunzip"),
    (b"\x93NUMPY", "a NumPy array", "export the network from its framework as NIR"),
    (b"\x80\x02", "a Python pickle, as older PyTorch saves", _FROM_FRAMEWORK),
    (b"<!DOCTYPE html", "a web page", "download the file itself, as GitHub's 'raw' link gives it"),
    (b"<html", "a web page", "download the file itself, as GitHub's 'raw' link gives it"),
)


def find_content(path: Path) -> tuple[str, str] | None:
    """What the file at ``path`` is, and the remedy; None where its beginning does not say.

    Raises OSError where it can't be read.
    """
    with path.open("rb") as file:
        begin = file.read(_LONGEST)
    if not begin:
        return "an empty file", "download or export it again"
    for signature, what, remedy in _BEGINNINGS:
        if begin.startswith(signature):
            return what, remedy
    if begin.startswith(b"/annex/objects/") or b"/.git/annex/objects/" in begin[:200]:
        return "a git-annex pointer, not the file itself", "fetch it with 'git annex get' in its repository"
    if begin.startswith(b"PK\x03\x04"):
        # each member's name follows its header, and PyTorch's first two are always these
        if b"/data.pkl" in begin or b"/version" in begin[:200]:
            return "PyTorch's .pt (a ZIP of a pickle and weights)", _FROM_FRAMEWORK
        if b".npy" in begin[:200]:
            return "NumPy's .npz", "export the network from its framework as NIR"
        return "a ZIP archive", "unpack it, and give the file that is in it"
    if is_onnx(begin):
        return "an ONNX model", "give it the suffix .onnx"
    return None


def is_onnx(begin: bytes) -> bool:
    """Is it a protobuf whose field 1 is a version, and field 2 who made it?"""
    return begin[:1] == b"\x08" and begin[2:3] == b"\x12" and begin[1] < 64
