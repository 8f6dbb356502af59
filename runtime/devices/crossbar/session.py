"""The crossbar as a device: ``crossbar``, or ``crossbar:FILE.toml`` with the parameters of a file."""

from __future__ import annotations

import sys
import threading
import weakref

from snnrt.devices.base import Capabilities, RunRequest, Session
from snnrt.devices.crossbar.config import CrossbarConfig
from snnrt.devices.crossbar.device import Crossbar
from snnrt.errors import TargetError, TargetFileError
from snnrt.format.model import Model
from snnrt.reference.run import Reference
from snnrt.results.request import RECORDABLE
from snnrt.results.result import Result

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

# a chip is one thing: runs on it take turns
_turns: weakref.WeakKeyDictionary[Crossbar, threading.Lock] = weakref.WeakKeyDictionary()
_turns_lock = threading.Lock()


def names() -> tuple[str, ...]:
    """With the default parameters, or with those of a file."""
    return ("crossbar", "crossbar:FILE.toml")


def find(argument: str) -> CrossbarDevice:
    """A chip with the default parameters, or with those of the TOML file. Raises TargetError."""
    return CrossbarDevice(Crossbar(CrossbarConfig.from_dict(read_parameters(argument) if argument else {})))


def read_parameters(path: str) -> dict[str, object]:
    """The parameters in a TOML file, or in its table ``crossbar``. Raises TargetError."""
    try:
        with open(path, "rb") as file:
            table = tomllib.load(file)
    except (OSError, ValueError, RecursionError) as error:
        if isinstance(error, OSError):
            raise TargetFileError(
                f"{path}: cannot be read: {error.strerror or error}; check the path"
            ) from error
        raise TargetError(f"{path}: is not a TOML file: {error}") from error
    return table["crossbar"] if isinstance(table.get("crossbar"), dict) else table


class CrossbarDevice:
    """Integer models, their synapses on one ``crossbar``."""

    capabilities = Capabilities("crossbar", records=RECORDABLE, arithmetics=("integer",))

    def __init__(self, crossbar: Crossbar) -> None:
        self.crossbar = crossbar

    def open(self, model: Model) -> CrossbarSession:
        """The chip is programmed where a node first needs it."""
        return CrossbarSession(model, self.crossbar)


class CrossbarSession(Session):
    """A model on a crossbar; runs of the same chip, by any thread, come one after the other."""

    def __init__(self, model: Model, crossbar: Crossbar) -> None:
        self._crossbar = crossbar
        self._reference = Reference.of(model, crossbar)
        with _turns_lock:
            self._turn = _turns.setdefault(crossbar, threading.Lock())

    def run(self, request: RunRequest) -> Result:
        """The same seed gives the same run: noise and events start anew."""
        with self._turn:
            self._crossbar.reset()
            return self._reference.run_request(request)
