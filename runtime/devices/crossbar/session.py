"""The crossbar as a device: ``crossbar``; ``crossbar:`` and a TOML file, a shipped target or a saved chip."""

from __future__ import annotations

import os
import threading
import weakref
from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np

from snnrt.devices.base import Capabilities, RunRequest, Session
from snnrt.devices.cpu import program_of, run_on_core
from snnrt.devices.crossbar.config import CrossbarConfig
from snnrt.devices.crossbar.core import Chip
from snnrt.devices.crossbar.description import config_of, parameters_of, plain_values, read_document
from snnrt.devices.crossbar.device import Crossbar
from snnrt.devices.crossbar.programming import MeasuredGroup
from snnrt.devices.crossbar.saved import load_chip
from snnrt.errors import DataError, TargetError
from snnrt.format.model import Model
from snnrt.ir.graph import Conv2d, Weighted
from snnrt.ir.value_types import largest_values
from snnrt.results.request import RECORDABLE
from snnrt.results.result import Result
from snnrt.texts import quoted

# a chip is one thing: runs on it take turns
_turns: weakref.WeakKeyDictionary[Crossbar, threading.Lock] = weakref.WeakKeyDictionary()
_turns_lock = threading.Lock()


def names() -> tuple[str, ...]:
    """With the default parameters; those of a file; the chips of the shipped in-memory targets; a chip that
    was saved."""
    return ("crossbar", "crossbar:FILE.toml", "crossbar:CHIP.npz", *map("crossbar:{}".format, shipped()))


def shipped() -> tuple[str, ...]:
    """The in-memory targets that snnrt ships, whose table ``crossbar`` is a chip."""
    from snnrt.targets.loading import list_targets, load_target

    return tuple(name for name in list_targets() if load_target(name).kind == "imc")


def find(argument: str) -> CrossbarDevice:
    """A chip with the default parameters; with those of a TOML file, or of a shipped target by its name; or
    the one that an .npz file holds. Raises TargetError."""
    if not argument:
        return CrossbarDevice(Crossbar())
    if argument.endswith(".npz"):
        return CrossbarDevice(load_chip(argument), argument)
    return CrossbarDevice(Crossbar(CrossbarConfig.from_dict(read_parameters(argument))))


def read_parameters(name: str) -> dict[str, object]:
    """The parameters of a chip: in a TOML file, or in its table ``crossbar``, or of a shipped in-memory
    target, unless a file is called so. Raises TargetError."""
    if name.endswith(".toml") or os.sep in name or os.path.exists(name):
        document = read_document(name)
        # all errors of a file's parameters name the file
        config_of(document, name)
        if "kind" in document:
            # a whole description that `snnrt targets check` refuses is no chip
            from snnrt.targets.loading import load_target

            load_target(name)
        return plain_values(parameters_of(document), f"{name}: crossbar")
    from snnrt.targets.loading import list_targets, load_target

    known = shipped()
    if name not in known:
        close = get_close_matches(name.lower(), known, 1)
        hint = f"did you mean {close[0]}?" if close else f"one of {', '.join(known)}"
        other = "which is of another kind" if name in list_targets() else "which is unknown"
        raise TargetError(
            "device crossbar: expected a .toml description, an .npz of a saved chip or the name of a target "
            f"of kind imc, found {quoted(name)}, {other}; {hint}"
        )
    chip: CrossbarConfig = load_target(name).crossbar  # type: ignore[attr-defined]
    return chip.to_dict()


class CrossbarDevice:
    """Integer models, their synapses on one ``crossbar``."""

    capabilities = Capabilities("crossbar", records=RECORDABLE, arithmetics=("integer",))

    def __init__(self, crossbar: Crossbar, saved: str = "") -> None:
        """``saved``: the file that it comes from, where it is programmed already."""
        self.crossbar, self.saved = crossbar, saved

    def open(self, model: Model) -> CrossbarSession:
        """The chip is programmed where a node first needs it. Raises TargetError where it was saved with
        another network on it."""
        if self.saved:
            check_holds(self.crossbar, model, self.saved)
        return CrossbarSession(model, self.crossbar)


def check_holds(crossbar: Crossbar, model: Model, name: str) -> None:
    """Whether the chip from file ``name`` holds each layer of ``model``. Raises TargetError."""
    held = crossbar.held()
    for node in model.graph:
        if isinstance(node, Weighted) and not (node.name in held and held[node.name].holds(node)):
            nodes = ", ".join(map(quoted, held)) or "nothing"
            other = "other weights" if node.name in held else f"only {nodes}"
            raise TargetError(
                f"{name}: node {quoted(node.name)}: expected a chip that was saved with this network on it, "
                f"found {other}; program it anew and save it"
            )


def take_measured(
    device: CrossbarDevice, model: Model, measured: dict[str, tuple[MeasuredGroup, ...]], name: str
) -> None:
    """Let the layers of ``model`` hold the conductances that file ``name`` has. Raises TargetError where it
    has those of other layers or shapes, or the chip is programmed already."""
    if device.saved:
        raise TargetError(
            f"{name}: {device.saved} is programmed already; measured conductances need a new chip"
        )
    layers = {node.name: node for node in model.graph if isinstance(node, Weighted)}
    for layer in measured:
        if layer not in layers:
            raise TargetError(
                f"{name}: expected conductances of layers of the network ({', '.join(map(quoted, layers))}), "
                f"found {quoted(layer)}"
            )
    device.crossbar.measured = measured
    try:
        for layer in measured:
            device.crossbar.programmed(layers[layer])
    except TargetError as error:
        raise TargetError(f"{name}: {error}") from error


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
