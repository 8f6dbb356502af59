"""Neurons of the frameworks: which modules they are, and what each is to snnrt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib import import_module

import torch

from snnrt.converters.common.parameters import Parameters
from snnrt.converters.common.rollup.adapted import Adapted, TimeAxes
from snnrt.converters.common.rollup.operations import Cell
from snnrt.ir.graph import Neuron
from snnrt.ir.spec import LARGEST_INT16

PACKAGES = ("snntorch", "spikingjelly", "norse", "sinabs", "rockpool", "snnrt")
"""Each is the name of its package, and of its module in :mod:`snnrt.converters.torch.neurons`."""

MAX_SPIKES = 255
"""A step, of a neuron that its framework does not cap and that gives no more on the example: each doubling
takes a bit of the int8 sums behind it."""

HARMLESS = frozenset({
    "__init__", "__repr__", "__str__", "extra_repr", "reset", "detach", "__module__", "__doc__", "__dict__",
    "__annotations__", "__weakref__", "__qualname__", "__firstlineno__", "__static_attributes__",
    "__parameters__", "__orig_bases__",
})  # fmt: skip
"""What a class of the user's may change in a neuron, without changing what it computes."""


@dataclass(frozen=True)
class NeuronClass:
    """How one class of a framework is taken over: ``adapt`` (module, path) and what a call's axes are.

    ``timesteps``: of an axis of so many places that is batch and time in one. ``rest``: puts its states back
    to where a new input begins. ``makes_time``: it reads one input and gives timesteps. ``sample_axes``: of
    one input at one timestep, where they are fixed.
    """

    adapt: Callable[[torch.nn.Module, str], Adapted]
    time: Callable[[torch.nn.Module], TimeAxes]
    timesteps: Callable[[torch.nn.Module, int], int] | None = None
    rest: Callable[[torch.nn.Module], None] = lambda module: getattr(module, "reset")()  # noqa: B009
    makes_time: bool = False
    sample_axes: int | None = None


class Adapter:
    """Looks modules up by their class; a framework's module here is loaded when one of its neurons is met."""

    def __init__(self) -> None:
        self._adapted: dict[int, Adapted] = {}
        self.frameworks: set[str] = set()
        self._most: dict[str, int] = {}

    def is_cell(self, module: torch.nn.Module) -> bool:
        """Is it a neuron of a framework, as its makers wrote it?"""
        return find_class(module) is not None

    def adapt_time(self, module: torch.nn.Module) -> TimeAxes:
        """Axes of one call."""
        found = find_class(module)
        assert found is not None
        return found[1].time(module)

    def keeps_state(self, module: torch.nn.Module) -> bool:
        """Is it a neuron, or another module that remembers (SpikingJelly's containers and delays)?"""
        return self.is_cell(module) or isinstance(vars(module).get("_memories"), dict)

    def sample_axes(self, module: torch.nn.Module) -> int | None:
        """Axes of one input at one timestep, where they are fixed."""
        found = find_class(module)
        assert found is not None
        return found[1].sample_axes

    def rest(self, module: torch.nn.Module) -> None:
        """Put its states back to where a new input begins."""
        found = find_class(module)
        if found is None:
            module.reset()  # type: ignore[operator]
        else:
            found[1].rest(module)

    def makes_time(self, module: torch.nn.Module) -> bool:
        """Does it give timesteps of an input that has none?"""
        found = find_class(module)
        assert found is not None
        return found[1].makes_time

    def merged_timesteps(self, module: torch.nn.Module, places: int) -> int:
        """Timesteps in an axis of so many places that is batch and time in one."""
        found = find_class(module)
        assert found is not None and found[1].timesteps is not None
        return found[1].timesteps(module, places)

    def adapt(self, module: torch.nn.Module, path: str) -> Adapted:
        """What ``module`` is. Raises NotSupported where its settings have no form in snnrt."""
        if id(module) not in self._adapted:
            found = find_class(module)
            assert found is not None
            package, neuron = found
            self.frameworks.add(package)
            adapted = neuron.adapt(module, path)
            if adapted.uncapped and isinstance(adapted.cell, Cell):
                adapted = replace(adapted, cell=replace(adapted.cell, make=self._capped(path, adapted.cell)))
            self._adapted[id(module)] = adapted
        return self._adapted[id(module)]

    def saw_spikes(self, path: str, most: int) -> None:
        """A neuron that its framework does not cap gave ``most`` in one step."""
        self._most[path] = max(most, self._most.get(path, 0))

    def cap_notes(self) -> list[str]:
        """What is assumed about neurons that their frameworks do not cap."""
        few = [path for path, most in self._most.items() if most <= MAX_SPIKES]
        lines = []
        if few:
            lines.append(f"at most {MAX_SPIKES} spikes a step are counted (the framework has no such limit): "
                         + ", ".join(few))  # fmt: skip
        return lines + [
            f"{path}: up to {LARGEST_INT16} spikes a step are counted ({most} in the example); "
            "int8 holds few of them"
            for path, most in self._most.items() if most > MAX_SPIKES
        ]  # fmt: skip

    def _capped(self, path: str, cell: Cell) -> Callable[[Parameters], Neuron]:
        def make(found: Parameters) -> Neuron:
            node = cell.make(found)
            more = self._most.get(path, 0) > MAX_SPIKES
            return replace(node, max_spikes=LARGEST_INT16) if more else node

        return make


def find_class(module: torch.nn.Module) -> tuple[str, NeuronClass] | None:
    """The package and the class by which ``module`` is known; None for what is no neuron, and for a class of
    the user's own that computes in another way than the framework's."""
    found = _nearest(module)
    return None if found is None or found[3] else found[:2]


def what_changes(module: torch.nn.Module) -> str:
    """Of a neuron of a framework that a class of the user's changes, in words; else empty."""
    found = _nearest(module)
    if found is None or not found[3]:
        return ""
    return (
        f"a {found[2]} of {found[0]} in which {type(module).__name__} changes {', '.join(sorted(found[3]))}"
    )


def _nearest(module: torch.nn.Module) -> tuple[str, NeuronClass, str, set[str]] | None:
    """The package, the class that is known, its name, and what classes below it change."""
    changed: set[str] = set()
    for one in type(module).__mro__:
        package = one.__module__.split(".")[0]
        if package == "torch":
            return None
        if package in PACKAGES:
            table = import_module(f"snnrt.converters.torch.neurons.{package}").NEURONS
            neuron = table.get(one.__qualname__)
            if neuron is not None:
                behaviour = {name for base in one.__mro__ for name in vars(base)}
                return package, neuron, one.__qualname__, changed & behaviour - HARMLESS
        changed |= set(vars(one))
    return None
