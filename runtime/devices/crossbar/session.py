"""The crossbar as a device: ``crossbar``, or ``crossbar:FILE.toml`` with the parameters of a file."""

from __future__ import annotations

import threading
import weakref
from dataclasses import dataclass

import numpy as np

from snnrt.devices.base import Capabilities, RunRequest, Session
from snnrt.devices.cpu import program_of, run_on_core
from snnrt.devices.crossbar.config import CrossbarConfig
from snnrt.devices.crossbar.core import Chip
from snnrt.devices.crossbar.description import config_of, parameters_of, plain_values, read_document
from snnrt.devices.crossbar.device import Crossbar
from snnrt.errors import DataError
from snnrt.format.model import Model
from snnrt.ir.graph import Conv2d, Weighted
from snnrt.ir.value_types import largest_values
from snnrt.results.request import RECORDABLE
from snnrt.results.result import Result

# a chip is one thing: runs on it take turns
_turns: weakref.WeakKeyDictionary[Crossbar, threading.Lock] = weakref.WeakKeyDictionary()
_turns_lock = threading.Lock()


def names() -> tuple[str, ...]:
    """With the default parameters, or with those of a file."""
    return ("crossbar", "crossbar:FILE.toml")


def find(argument: str) -> CrossbarDevice:
    """A chip with the default parameters, or with those of the TOML file. Raises TargetError."""
    config = config_of(read_document(argument), argument) if argument else CrossbarConfig()
    return CrossbarDevice(Crossbar(config))


def read_parameters(path: str) -> dict[str, object]:
    """The parameters in a TOML file, or in its table ``crossbar``. Raises TargetError."""
    return plain_values(parameters_of(read_document(path)), f"{path}: crossbar")


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
        if not model.graph.integer:
            raise DataError(
                f"device crossbar: expected a graph in int8, found {model.graph.numbers}; convert with int8"
            )
        self._crossbar = crossbar
        self._program = program_of(model)
        self._synapses = synapses_of(model)
        with _turns_lock:
            self._turn = _turns.setdefault(crossbar, threading.Lock())

    def run(self, request: RunRequest) -> Result:
        """The same seed gives the same run, by any number of threads: noise and events start anew."""
        with self._turn:
            self._crossbar.reset()
            layers = [
                self._crossbar.programmed(one.node).arrays.layer(
                    one.bits, one.index, one.order, one.output_order
                )
                for one in self._synapses
            ]
            chips: list[Chip] = []

            def attach() -> Chip:
                chips.append(Chip(layers, [one.elements for one in self._synapses]))
                return chips[-1]

            result = run_on_core(self._program, request, None, attach)
            for index, (one, layer) in enumerate(zip(self._synapses, layers)):
                for chip in chips:
                    self._crossbar.events_of(one.node.name, layer).add(chip.events[index])
            return result


@dataclass(frozen=True)
class _Synapses:
    """A layer that goes to the chip: node ``index`` of the model, whose inputs have ``bits`` of magnitude and
    ``elements``; ``order`` and ``output_order``: the chip's row of each input of a window and its output as
    the core
    has them, None: the same."""

    node: Weighted
    index: int
    bits: int
    elements: int
    order: np.ndarray | None
    output_order: np.ndarray | None


_found: weakref.WeakKeyDictionary[Model, list[_Synapses]] = weakref.WeakKeyDictionary()


def synapses_of(model: Model) -> list[_Synapses]:
    """The model's layers that go to a chip, in its order."""
    known = _found.get(model)
    if known is None:
        known = _found[model] = _found_synapses(model)
    return known


def _found_synapses(model: Model) -> list[_Synapses]:
    peaks, shapes = largest_values(model.graph), {node.name: node.shape for node in model.graph}
    found = []
    for index, node in enumerate(model.graph):
        if isinstance(node, Weighted):
            source = node.inputs[0].source
            order = None if isinstance(node, Conv2d) else model.orders.get(source)
            bits = max(int(peaks[source]).bit_length(), 1)
            found.append(
                _Synapses(node, index, bits, int(np.prod(shapes[source])), order, model.orders.get(node.name))
            )
    return found
