"""Which importer reads a source: one line an importer, which is loaded when it is needed."""

from __future__ import annotations

import inspect
import os
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from snnrt.converters.common.content import find_content, is_onnx
from snnrt.errors import ArgumentTypeError, ModelError, ModelFileError

if TYPE_CHECKING:
    import numpy as np

    from snnrt.converters.common.finish import Imported


@dataclass(frozen=True)
class Importer:
    """Reads sources of one kind: ``title`` names it, ``suffixes`` are its files' (in lower case).

    ``signature``: how the content begins, for files of another suffix. ``classes``: of objects that are
    sources themselves, as ``module.Class``, so that finding the importer imports no package. ``names``: a
    regular expression of texts that name such an object, ``naming`` the same in words. ``module`` has
    ``function``, which takes the source and options, all of them by name, and gives an
    :class:`snnrt.converters.common.finish.Imported`; made by
    :func:`snnrt.converters.common.drafted.importing`, it gives its drafts, too. ``outputs``, as
    ``module:function``: what the source's own framework gives for inputs, if it is at hand.
    """

    title: str
    suffixes: tuple[str, ...]
    signature: bytes
    module: str
    function: str
    classes: tuple[str, ...] = ()
    names: str | None = None
    outputs: str | None = None
    naming: str | None = None

    def load(self) -> Callable[..., Imported]:
        """The importing function."""
        importing: Callable[..., Imported] = getattr(import_module(self.module), self.function)
        return importing

    def load_outputs(self) -> Callable[..., dict[str, np.ndarray]] | None:
        """The function that runs a source in its framework; None where that is not at hand."""
        if self.outputs is None:
            return None
        module, function = self.outputs.split(":")
        running: Callable[..., dict[str, np.ndarray]] = getattr(import_module(module), function)
        return running


IMPORTERS = (
    Importer(
        "NIR", (".nir",), b"\x89HDF\r\n\x1a\n", "snnrt.converters.nir.importer", "import_nir",
        # nir 0.x has it in one module
        ("nir.ir.graph.NIRGraph", "nir.ir.NIRGraph"),
    ),
    Importer(
        "PyTorch", (), b"", "snnrt.converters.torch.importer", "import_module",
        ("torch.nn.modules.module.Module",), r".+\.py:[A-Za-z_][\w.]*|[A-Za-z_][\w.]*:[A-Za-z_][\w.]*",
        "snnrt.converters.torch.outputs:module_outputs", "net.py:make or package.module:make",
    ),
    Importer(
        # the first field of a protobuf is a number
        "ONNX", (".onnx",), b"\x08", "snnrt.converters.onnx.importer", "import_onnx",
        ("onnx.onnx_ml_pb2.ModelProto", "onnx.onnx_cpp2py_export.ModelProto"), None,
        "snnrt.converters.onnx.outputs:onnx_outputs",
    ),
)  # fmt: skip


_EXPORT = "export the network as one, with nir.write or the framework's export"
_PYTORCH = (
    "weights alone do not say what the network is: name the code that makes it, as "
    "'snnrt convert net.py:make --weights model.pt --example 1,1,28,28', or call snnrt.convert(net, example)"
)
_ADVICE = {
    ".snnrt": "it is converted already: 'snnrt run' and snnrt.load take it as it is",
    ".pt": _PYTORCH,
    ".pth": _PYTORCH,
}


def check_options(importer: Importer, importing: Callable[..., object], given: Collection[str]) -> None:
    """Raise ModelError for an option that ``importing``, of ``importer``, does not take."""
    taken = inspect.signature(importing).parameters
    if any(one.kind is inspect.Parameter.VAR_KEYWORD for one in taken.values()):
        return
    for option in given:
        if option not in taken:
            raise ModelError(
                f"{option}: expected none for a {importer.title} source, which says it itself or has no use "
                "for it; leave it out"
            )


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
    for importer in IMPORTERS:
        if importer.names and re.fullmatch(importer.names, str(source)) and not path.exists():
            return importer
    by_suffix = [one for one in IMPORTERS if path.suffix.lower() in one.suffixes]
    if by_suffix:
        return by_suffix[0]
    if not path.is_file():
        raise ModelFileError(f"{path}: no such file; expected {readable_sources()}")
    begin = _beginning(path)
    for one in IMPORTERS:
        if one.signature and begin.startswith(one.signature) and (len(one.signature) > 1 or is_onnx(begin)):
            return one
    suffix = f"the suffix {path.suffix!r}" if path.suffix else "no suffix"
    what, remedy = find_content(path) or ("a content of another kind", _EXPORT)
    raise ModelError(
        f"{path}: no importer knows this kind of file ({suffix}, and {what}); "
        f"expected {readable_sources()}; {_ADVICE.get(path.suffix.lower(), remedy)}"
    )


def readable_sources() -> str:
    """What can be imported, in words: ``a NIR file (.nir)``, and how objects are named."""
    files = [
        f"{'an' if one.title[0] in 'AEIO' else 'a'} {one.title} file ({', '.join(one.suffixes)})"
        for one in IMPORTERS
        if one.suffixes
    ]
    return " or ".join([*files, *(f"a {one.title} module ({one.naming})" for one in IMPORTERS if one.naming)])


def _beginning(path: Path) -> bytes:
    longest = max(len(one.signature) for one in IMPORTERS if one.suffixes)
    try:
        with path.open("rb") as file:
            return file.read(longest)
    except OSError as error:
        raise ModelFileError(f"{path}: can't be read ({error.strerror or error}); check the path") from None
