"""Which importer reads a source: one line an importer, which is loaded when it is needed."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from snnrt.converters.common.content import find_content
from snnrt.errors import ArgumentTypeError, ModelError, ModelFileError

if TYPE_CHECKING:
    from snnrt.converters.common.finish import Imported


@dataclass(frozen=True)
class Importer:
    """Reads sources of one kind: ``title`` names it, ``suffixes`` are its files' (in lower case).

    ``signature``: how the content begins, for files of another suffix. ``classes``: of objects that are
    sources themselves, as ``module.Class``, so that finding the importer imports no package. ``module`` has
    ``function``, which takes the source and options, all of them by name, and gives an
    :class:`snnrt.converters.common.finish.Imported`; made by
    :func:`snnrt.converters.common.drafted.importing`, it gives its drafts, too.
    """

    title: str
    suffixes: tuple[str, ...]
    signature: bytes
    module: str
    function: str
    classes: tuple[str, ...] = ()

    def load(self) -> Callable[..., Imported]:
        """The importing function."""
        importing: Callable[..., Imported] = getattr(import_module(self.module), self.function)
        return importing


IMPORTERS = (
    Importer(
        "NIR",
        (".nir",),
        b"\x89HDF\r\n\x1a\n",
        "snnrt.converters.nir.importer",
        "import_nir",
        # nir 0.x has it in one module
        ("nir.ir.graph.NIRGraph", "nir.ir.NIRGraph"),
    ),
)


_EXPORT = "export the network as one, with nir.write or the framework's export"
_PYTORCH = (
    "weights alone do not say what the network is: build it in its framework, and export it from there, "
    "as snntorch.export_to_nir with nir.write"
)
_ADVICE = {
    ".snnrt": "it is converted already: 'snnrt run' and snnrt.load take it as it is",
    ".pt": _PYTORCH,
    ".pth": _PYTORCH,
    ".onnx": "ONNX is not read yet: export the network as NIR from its framework",
}


def find_importer(source: object) -> Importer:
    """The importer for ``source``: an object by its class, a file by its suffix, else by its content.

    Raises ModelError where there is no such file, or none that an importer reads, ArgumentTypeError for an
    object of another class.
    """
    classes = {f"{one.__module__}.{one.__qualname__}" for one in type(source).__mro__}
    for importer in IMPORTERS:
        if classes.intersection(importer.classes):
            return importer
    if not isinstance(source, (str, os.PathLike)):
        found = type(source).__name__
        raise ArgumentTypeError(
            f"source: expected the path of {readable_sources()}, found an object of type {found}"
        )
    path = Path(source)
    by_suffix = [one for one in IMPORTERS if path.suffix.lower() in one.suffixes]
    if by_suffix:
        return by_suffix[0]
    if not path.is_file():
        raise ModelFileError(f"{path}: no such file; expected {readable_sources()}")
    begin = _beginning(path)
    for one in IMPORTERS:
        if one.signature and begin.startswith(one.signature):
            return one
    suffix = f"the suffix {path.suffix!r}" if path.suffix else "no suffix"
    what, remedy = find_content(path) or ("a content of another kind", _EXPORT)
    raise ModelError(
        f"{path}: no importer knows this kind of file ({suffix}, and {what}); "
        f"expected {readable_sources()}; {_ADVICE.get(path.suffix.lower(), remedy)}"
    )


def readable_sources() -> str:
    """What can be imported, in words: ``a NIR file (.nir)``."""
    return " or ".join(f"a {one.title} file ({', '.join(one.suffixes)})" for one in IMPORTERS if one.suffixes)


def _beginning(path: Path) -> bytes:
    longest = max(len(one.signature) for one in IMPORTERS if one.suffixes)
    try:
        with path.open("rb") as file:
            return file.read(longest)
    except OSError as error:
        raise ModelFileError(f"{path}: can't be read ({error.strerror or error}); check the path") from None
