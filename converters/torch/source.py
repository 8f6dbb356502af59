"""Where a module comes from: an object, code that makes one, and weights in a file of their own."""

from __future__ import annotations

import importlib
import importlib.util
import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from snnrt.converters.common.example_file import array_of
from snnrt.errors import ArgumentTypeError, ModelError, ModelFileError

_CODE = re.compile(r"(?P<place>.+?)(?P<file>\.py)?:(?P<name>[A-Za-z_][\w.]*)")
_WRAPPED = ("state_dict", "model_state_dict", "model", "net")
_EXPECTED = (
    "a tensor or array as the module takes it, with a batch axis, its shape, or a .npy file, as "
    "snnrt.convert(net, torch.rand(1, 1, 28, 28)) or --example 1,1,28,28"
)


def find_module(source: object) -> tuple[torch.nn.Module, Any]:
    """The module that ``source`` is or names, and the example that comes with it (None: none).

    ``source``: a module, or ``package.module:name`` or ``file.py:name``, where the name is a module's or that
    of a function without arguments that gives a module, or a module and an example. Raises ModelError.
    """
    if isinstance(source, torch.nn.Module):
        return source, None
    found: Any = _named(str(source))
    if callable(found) and not isinstance(found, torch.nn.Module):
        try:
            found = found()
        except Exception as error:
            # whatever the user's code raises
            words = f"{type(error).__name__}: {error}"
            raise ModelError(f"{source}: fails with {words}; expected it to take no arguments") from error
    module, example = found if isinstance(found, tuple) and len(found) == 2 else (found, None)
    if not isinstance(module, torch.nn.Module):
        raise ModelError(
            f"{source}: expected a torch.nn.Module, or a function that gives one or (module, example), found "
            f"{type(module).__name__}"
        )
    return module, example


def _named(source: str) -> Any:
    parts = _CODE.fullmatch(source)
    if parts is None:
        raise ModelError(f"{source}: expected package.module:name or file.py:name")
    place, name = parts["place"], parts["name"]
    try:
        found: Any = _from_file(Path(place + ".py")) if parts["file"] else _from_package(place)
    except ImportError as error:
        raise ModelError(
            f"{source}: can't be imported ({error}); run it where Python finds the code"
        ) from error
    except OSError as error:
        raise ModelFileError(
            f"{source}: can't be read ({error.strerror or error}); check the path"
        ) from error
    except Exception as error:
        # whatever the user's code raises
        raise ModelError(f"{source}: fails when imported, with {type(error).__name__}: {error}") from error
    for part in name.split("."):
        if not hasattr(found, part):
            raise ModelError(
                f"{source}: has no {part!r}; expected the name of a module or of a function that makes one"
            )
        found = getattr(found, part)
    return found


def _from_package(name: str) -> Any:
    here = os.getcwd()
    if here not in sys.path:
        sys.path.insert(0, here)
    return importlib.import_module(name)


def _from_file(path: Path) -> Any:
    if not path.is_file():
        raise FileNotFoundError(2, "no such file")
    # what lies beside it, it may import
    folder = str(path.resolve().parent)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    specification = importlib.util.spec_from_file_location(path.stem, path)
    assert specification is not None and specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules.setdefault(path.stem, module)
    specification.loader.exec_module(module)
    return module


def load_weights(module: torch.nn.Module, weights: object) -> None:
    """Put ``weights``, a state_dict or the file of one, into ``module``. Raises ModelError."""
    where = "weights"
    if isinstance(weights, (str, os.PathLike)):
        where = f"weights: {weights}"
        try:
            weights = torch.load(weights, map_location="cpu", weights_only=True)
        except OSError as error:
            raise ModelFileError(
                f"{where}: can't be read ({error.strerror or error}); check the path"
            ) from error
        except Exception as error:
            # PyTorch raises anything on a damaged file, and on objects that it does not trust
            raise ModelError(
                f"{where}: no file of weights alone; save them with torch.save(net.state_dict(), path)"
            ) from error
    if isinstance(weights, Mapping):
        for key in _WRAPPED:
            if isinstance(weights.get(key), Mapping):
                weights = weights[key]
                break
    if not isinstance(weights, Mapping):
        raise ArgumentTypeError(
            f"{where}: expected a state_dict or the path of one, found {type(weights).__name__}"
        )
    try:
        module.load_state_dict(dict(weights))
    except (RuntimeError, AttributeError, TypeError) as error:
        words = " ".join(str(error).split())[:300]
        raise ModelError(f"{where}: do not fit the module: {words}; give those of this network") from error


def example_inputs(example: Any) -> tuple[torch.Tensor, ...]:
    """What the module is called with: a tensor, an array, a shape, a file, or a tuple of several."""
    if example is None:
        raise ModelError(f"example: expected {_EXPECTED}, found nothing")
    if isinstance(example, (str, os.PathLike)):
        example = array_of(example)
    if isinstance(example, (tuple, list)) and example and all(isinstance(one, int) for one in example):
        if min(example) < 1:
            raise ModelError(f"example: expected sizes of at least 1, found {tuple(example)}")
        example = torch.rand(tuple(example), generator=torch.Generator().manual_seed(0))
    given = example if isinstance(example, (tuple, list)) else (example,)
    tensors = []
    for one in given:
        if isinstance(one, np.ndarray):
            one = torch.from_numpy(np.array(one))
        if not isinstance(one, torch.Tensor):
            raise ArgumentTypeError(f"example: expected {_EXPECTED}, found {type(one).__name__}")
        tensors.append(one.detach().clone())
    if not tensors or tensors[0].dtype.is_complex or tensors[0].numel() == 0:
        raise ModelError(f"example: expected {_EXPECTED}, found no real numbers")
    if not bool(torch.isfinite(tensors[0].double()).all()):
        raise ModelError("example: expected finite numbers, found NaN or infinity")
    return tuple(tensors)
