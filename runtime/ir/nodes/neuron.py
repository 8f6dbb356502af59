"""Spiking neurons and leaky integrators: one step, made of mechanisms that are each present or absent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar, Literal

import numpy as np

from snnrt.ir.array_checks import check_array, check_range, check_scale, check_word, complaint, dtype_of
from snnrt.ir.node import Node, State, StateBlock, Step
from snnrt.ir.nodes import neuron_step
from snnrt.ir.nodes.neuron_fields import (
    ARRAYS,
    FLAGS,
    INTEGER_FLAGS,
    INTEGRATIONS,
    PLAIN_FLAGS,
    RESETS,
    SYNAPSE_ORDERS,
    WORDS,
)
from snnrt.ir.nodes.neuron_mechanisms import MECHANISMS
from snnrt.ir.nodes.neuron_words import neuron_in_words
from snnrt.ir.spec import (
    LARGEST_INT16,
    LARGEST_LOIHI,
    LARGEST_SHIFT,
    ONE_LOIHI,
    ONE_Q15,
    Kind,
    Parameter,
    ValueType,
)

Integration = Literal["decay", "euler", "divide", "divide_leak"]
SynapseOrder = Literal["decay_then_add", "add_then_decay", "use_then_decay", "previous"]


@dataclass(frozen=True, eq=False)
class Neuron(Node):
    """IF, LIF, current-based LIF and leaky integrators: one step, whose flags say whose rules.

    Every parameter is an array of shape ``()`` (scalar), ``(channels,)`` or the node's shape.

    ``integration`` says what ``membrane`` is and how u is computed from v, the current i,
    ``leak`` l, ``gain`` g and ``bias`` b (absent: l = 0, g = 1, b = 0):

    - ``decay``: membrane = α;  u = α·v + g·i + b
    - ``euler``: membrane = k = dt/τ;  u = v + k·((l − v) + g·i) + b
    - ``divide``: membrane = τ/dt;  u = v + (g·i − (v − l)) / τ + b
    - ``divide_leak``: membrane = τ/dt;  u = (v − (v − l)/τ) + g·i + b

    ``synapse`` (absent: i = x, no synaptic current) and ``synapse_order``, state c:

    - ``decay_then_add``: c = αs·c + x; i = c
    - ``add_then_decay``: c = αs·(c + x); i = c
    - ``use_then_decay``: i = c + x; c = i − ks·i, where ``synapse`` = ks = dt/τs
    - ``previous``: i = c; c = αs·c + x

    ``synapse_rise`` αr, with ``synapse`` and ``decay_then_add``, state d: d = αr·d + x; i = c − d, an alpha
    synapse. ``reset_synapse``, with it and ``reset_next``: a late reset takes the currents, too (snnTorch's
    Alpha): to a value: c = d = 0; by subtraction: u is lowered by d of the step before instead of θ,
    c = c − θ, d = 0.

    ``threshold`` absent: a leaky integrator whose output is its membrane.
    ``strict``: fires where u > θ, else where u ≥ θ. ``multiple``: n = trunc(u/θ) spikes where
    u > 0, at most ``max_spikes``. ``reset``: ``subtract`` (u − n·θ), ``value`` (``reset_value``)
    or ``none``. ``reset_next``: the reset of step t is applied in step t + 1 (subtract: θ taken
    off after leak and input; value: u replaced by the reset value). ``reset_ahead``, with ``reset_next`` by
    subtraction: after firing, step t + 1's reset is taken at once and step t's given back, v = u − (n − r)·θ,
    where r says whether step t's was taken (snnTorch's ``reset_delay=False``).
    ``lower_bound``: v = max(v, bound) after the reset. ``initial``: v before the first step (0).

    ``adaptation`` γ with ``adaptation_decay`` ρ (both or neither), state a: each step a = ρ·a, the threshold
    in force is θ + a, for firing, counting and subtracting alike, and then a = a + n·γ (Norse's LSNN; Bellec
    et al. 2018, eq. 7 with γ = β(1 − ρ)/ρ). ``refractory`` R, int32 steps, state r: where r > 0 the membrane
    stays as it is, nothing fires, and r = r − 1; a spike sets r = R (Norse's LIFRefrac);
    with ``refractory_integrates`` the membrane goes on, and only nothing fires. Neither goes with
    ``reset_next``.

    ``takes_back``, with ``multiple`` and a reset by subtraction; state net, the spikes so far less those
    taken back, at most 32767: where u < 0 it fires n = ⌊u/θ⌋ negative spikes, no more than ``max_spikes`` and
    net. So a neuron without a leak that starts at θ/2 has given, at every step, what its input so far
    deserves: max(0, input rounded to θ), but for what ``max_spikes`` still holds back.

    ``one_spike``: once it has fired a neuron fires no more until the network is reset; its membrane goes on
    without a reset. A run's record has the time of the spike.

    In integers: parameters are int32, ``membrane``, ``synapse`` and ``adaptation_decay`` Q15 (0 … 32768),
    integration is ``decay``, ``gain`` and ``leak`` are folded away, ``scale`` (float32) is one unit of v,
    ``state_bits`` 32 or 16. ``loihi``: Loihi's own integers, as Lava has them: ``membrane`` and ``synapse``
    are 4096 minus the chip's decays, c and v are 24 bits, products go towards zero, c = c·αs + 64·x wraps,
    v = v·α + c + bias is clipped; so a threshold is the chip's times 64, a bias the chip's times 2^exponent.
    ``shift_decay``: every decay of the neuron is a shift k, 0 … 31, s − (s >> k): 1 − 2⁻ᵏ, rounded up
    (Rockpool's bit shifts).
    """

    KIND = Kind(
        name="neuron",
        number=8,
        meaning="neurons, or leaky integrators, one for each element of its input",
        reads={
            "bits": ("int32", "float32"),
            "int16": ("int32",),
            "int32": ("int32",),
            "float32": ("float32",),
        },
        parameters=(
            Parameter("state", "u32", "arena offset of its states"),
            Parameter("flags", "u32", "see below"),
            Parameter("max_spikes", "u32", "1 … 32767 with the flag multiple, else 1"),
        ),
        arrays=ARRAYS,
        traits=frozenset({"memory", "state"}),
        same_shape=True,
    )
    membrane: np.ndarray = field(default_factory=lambda: np.ones((), np.float32))
    synapse: np.ndarray | None = None
    gain: np.ndarray | None = None
    bias: np.ndarray | None = None
    leak: np.ndarray | None = None
    threshold: np.ndarray | None = None
    reset_value: np.ndarray | None = None
    lower_bound: np.ndarray | None = None
    initial: np.ndarray | None = None
    scale: np.ndarray | None = None
    integration: Integration = "decay"
    synapse_order: SynapseOrder = "decay_then_add"
    strict: bool = False
    multiple: bool = False
    max_spikes: int = 1
    reset: Literal["subtract", "value", "none"] = "value"
    reset_next: bool = False
    reset_ahead: bool = False
    one_spike: bool = False
    loihi: bool = False
    shift_decay: bool = False
    refractory_integrates: bool = False
    synapse_rise: np.ndarray | None = None
    reset_synapse: bool = False
    takes_back: bool = False
    state_bits: Literal[16, 32] = 32
    adaptation: np.ndarray | None = None
    adaptation_decay: np.ndarray | None = None
    refractory: np.ndarray | None = None

    PARAMETERS: ClassVar[tuple[str, ...]] = tuple(array.name for array in ARRAYS)

    @property
    def model(self) -> str:
        """The field's name for this neuron: IF, LIF, CubaLIF, I, LI or CubaLI; ALIF where it adapts."""
        leaks = not bool(np.all(self.membrane == self._no_leak))
        name = ("LI" if leaks else "I") if self.threshold is None else ("LIF" if leaks else "IF")
        adapts = "A" if self.adaptation is not None else ""
        return ("Cuba" if self.synapse is not None else "") + adapts + name

    def in_words(self) -> str:
        """Its step, firing, reset and values."""
        return neuron_in_words(self)

    @property
    def _no_leak(self) -> float:
        if self.integration == "decay":
            if self.shift_decay:
                return -1.0
            return self._one_decay if self.membrane.dtype == np.int32 else 1.0
        return 0.0 if self.integration == "euler" else np.inf

    @property
    def _one_decay(self) -> int:
        """The largest decay in integers."""
        return ONE_LOIHI if self.loihi else LARGEST_SHIFT if self.shift_decay else ONE_Q15

    @property
    def spikes(self) -> bool:
        """Whether it fires, at most once a step or several times."""
        return self.threshold is not None

    @property
    def recorded_dtype(self) -> np.dtype:
        """Of its spikes in a result: uint8, uint16 where there are several a step, int16 where some are
        negative."""
        return np.dtype(np.int16 if self.takes_back else np.uint16 if self.multiple else np.uint8)

    @property
    def is_plain(self) -> bool:
        """Whether every build of the core has its step (``snnrt_neuron_is_plain``)."""
        beyond = (self.synapse, self.lower_bound, self.adaptation, self.refractory)
        return (
            all(array is None for array in beyond)
            and self._flags & ~PLAIN_FLAGS == 0
            and np.ndim(self.membrane) == 0
            and self.spikes
        )

    @property
    def is_simple(self) -> bool:
        """Whether a plain neuron's int8 layer is one loop (``snnrt_neurons_are_simple``)."""
        by_layer = self.reset_value is None or np.ndim(self.reset_value) == 0
        return self.is_plain and self.bias is None and not self.reset_next and by_layer

    def output_type(self, integer: bool, source: ValueType | None) -> ValueType:
        """Bits, numbers of spikes, or the membrane."""
        if self.spikes and not self.multiple:
            return "bits"
        if not integer:
            return "float32"
        return "int16" if self.spikes else "int32"

    def largest(self, sources: list[int]) -> int:
        """Spikes a step, whichever their sign."""
        return int(self.max_spikes) if self.multiple else 1

    @property
    def bounded_by_inputs(self) -> bool:
        """It fires as often as it may whatever it reads."""
        return False

    # checks

    def check(self, integer: bool) -> None:
        """Words, arrays, and which of them go together."""
        shapes = ((), (self.shape[0],), self.shape)
        check_word(self, "integration", self.integration, INTEGRATIONS)
        check_word(self, "synapse_order", self.synapse_order, SYNAPSE_ORDERS)
        check_word(self, "reset", self.reset, RESETS)
        if self.state_bits not in (16, 32):
            raise complaint(self, "state_bits", "one of 16, 32", repr(self.state_bits))
        self._check_presence(integer)
        for name in self.PARAMETERS:
            array = getattr(self, name)
            if name != "scale" and (array is not None or name == "membrane"):
                check_array(self, name, array, dtype_of(self, name, integer), shapes)
        check_scale(self, self.scale, shapes, integer)
        self._check_firing(integer)
        self._check_mechanisms(integer)
        if integer:
            self._check_integers()
        else:
            self._check_floats()

    def _check_presence(self, integer: bool) -> None:
        if not integer:
            return
        if self.integration != "decay":
            raise complaint(self, "integration", "decay in int8", self.integration)
        for name in ("gain", "leak"):
            if getattr(self, name) is not None:
                raise complaint(self, name, "none in int8", "one; fold it into weights and bias")

    def _check_firing(self, integer: bool) -> None:
        if self.threshold is None:
            return
        if not isinstance(self.max_spikes, (int, np.integer)) or not 1 <= self.max_spikes <= LARGEST_INT16:
            raise complaint(self, "max_spikes", f"1 to {LARGEST_INT16}", self.max_spikes)
        if integer:
            check_range(self, "threshold", self.threshold, 1, 2**31 - 1)
        else:
            check_range(self, "threshold", self.threshold, 0.0, np.inf, open_low=True)

    def _check_mechanisms(self, integer: bool) -> None:
        for mechanism in MECHANISMS:
            if not self.has(mechanism.field):
                continue
            for other in mechanism.needs:
                if not self.has(other):
                    found = repr(getattr(self, other.partition("=")[0]))
                    raise complaint(self, other, f"it, which {mechanism.field} needs", found.lower())
            for other in mechanism.excludes:
                if self.has(other):
                    raise complaint(self, mechanism.field, f"none where there is {other}", "both")
        for name in ("adaptation", "refractory"):
            if getattr(self, name) is not None:
                most = LARGEST_INT16 if name == "refractory" else np.inf
                check_range(self, name, getattr(self, name), 0, most)
        if self.adaptation_decay is not None:
            most = self._one_decay if integer else 1.0
            check_range(self, "adaptation_decay", self.adaptation_decay, 0, most)

    def _check_floats(self) -> None:
        if self.state_bits != 32:
            raise complaint(self, "state_bits", "32 in float32", self.state_bits)
        for name in INTEGER_FLAGS:
            if self.has(name):
                raise complaint(self, name, "not set in float32", "set")
        if self.integration == "decay":
            check_range(self, "membrane", self.membrane, 0.0, 1.0)
            if self.leak is not None:
                raise complaint(self, "leak", "none with integration 'decay'", "one; fold it into the bias")
        elif self.integration == "euler":
            check_range(self, "membrane", self.membrane, 0.0, np.inf)
        else:
            check_range(self, "membrane", self.membrane, 0.0, np.inf, open_low=True)
        for name in ("synapse", "synapse_rise"):
            if getattr(self, name) is not None:
                check_range(self, name, getattr(self, name), 0.0, 1.0)

    def _check_integers(self) -> None:
        for name in ("membrane", "synapse", "synapse_rise"):
            if getattr(self, name) is not None:
                check_range(self, name, getattr(self, name), 0, self._one_decay)
        if self.state_bits == 32 and not self.loihi:
            return
        low, high = (-LARGEST_LOIHI, LARGEST_LOIHI) if self.loihi else (-(2**15), 2**15 - 1)
        for name in ("reset_value", "lower_bound", "initial"):
            if getattr(self, name) is not None:
                check_range(self, name, getattr(self, name), low, high)

    def check_types(self, integer: bool, types: Mapping[str, ValueType]) -> None:
        """In integers a current; in float32 the writer of a file makes spikes one."""
        source = self.inputs[0].source
        if integer and types[source] != "int32":
            hint = "put an add with as_current between"
            raise complaint(
                self, "input", "an int32 current", f"the {types[source]} output of {source!r}; {hint}"
            )

    # memory and file

    def states(self, integer: bool, type_: ValueType) -> tuple[StateBlock, ...]:
        """Membrane, synaptic current, adaptation, refractory counter, who has fired, net spikes."""
        count = self.elements
        narrow = integer and self.state_bits == 16
        found = [StateBlock("membrane", count * (2 if narrow else 4))]
        if self.synapse is not None:
            found.append(StateBlock("synapse", count * 4))
        if self.synapse_rise is not None:
            found.append(StateBlock("rise", count * 4))
        if self.adaptation is not None:
            found.append(StateBlock("adaptation", count * 4))
        if self.refractory is not None:
            found.append(StateBlock("refractory", count * 2))
        if self.one_spike:
            found.append(StateBlock("fired", (count + 31) // 32 * 4))
        if self.takes_back:
            found.append(StateBlock("net", count * 2))
        return tuple(found)

    @property
    def state_int16(self) -> bool:
        """Whether the membrane takes 16 bits."""
        return self.state_bits == 16

    def has(self, field: str) -> bool:
        """Whether an array is given, a flag is set, or (``field=word``) a word of the flags is that one."""
        name, _, word = field.partition("=")
        value = getattr(self, name)
        if name in WORDS:
            return value == word if word else WORDS[name].code(value) != 0
        return isinstance(value, np.ndarray) or value is True

    @property
    def _flags(self) -> int:
        codes = {
            name: WORDS[name].code(getattr(self, name)) if name in WORDS else int(getattr(self, name))
            for name in FLAGS
        }
        return sum(codes[name] << first for name, (first, _) in FLAGS.items())

    def fields(self) -> dict[str, object]:
        """Flags, and spikes a step."""
        return {"flags": self._flags, "max_spikes": self.max_spikes if self.multiple else 1}

    @classmethod
    def options(cls, fields: Mapping[str, int | float], type_: ValueType) -> dict[str, object]:
        """The inverse of :meth:`fields`."""
        flags = int(fields["flags"])
        codes = {name: flags >> first & (1 << bits) - 1 for name, (first, bits) in FLAGS.items()}
        narrow = codes.pop("state_int16")
        words = {
            name: WORDS[name].value(code) if name in WORDS else bool(code) for name, code in codes.items()
        }
        return {**words, "state_bits": 16 if narrow else 32, "max_spikes": fields["max_spikes"]}

    def prepared(self) -> Node:
        """An absent reset value is 0; without a threshold there is no reset."""
        if self.threshold is None:
            return replace(self, reset="none", reset_next=False, strict=False, multiple=False, max_spikes=1)
        if self.reset == "value" and self.reset_value is None:
            return replace(self, reset_value=np.zeros((), self.membrane.dtype))
        return self

    # the reference

    def start(self, inputs: int, integer: bool) -> State:
        """Membranes at ``initial``, the rest at 0."""
        return neuron_step.start(self, inputs, integer)

    def step(self, run: Step, sources: list[np.ndarray], state: State) -> np.ndarray:
        """Integrate, fire, reset, bound: uint8 bits, numbers of spikes, or the membrane."""
        return neuron_step.step(self, run, sources[0], state)

    # integers and costs

    def holds_current(self, sources: list[bool]) -> bool:
        """The membrane of a leaky integrator."""
        return self.threshold is None

    def value_unit(self, source: float) -> float:
        """A spike is 1."""
        return 1.0

    def mechanism_events(self) -> tuple[str, ...]:
        """Events that each update has for the mechanisms beyond the plain neuron, as targets charge them."""
        return tuple(item.event for item in MECHANISMS if item.event is not None and self.has(item.field))

    def passed_peak(self, sources: list[int | None], integer: bool) -> int | None:
        """Spikes a step; a membrane is any real number."""
        if self.threshold is None:
            return None
        return self.max_spikes if self.multiple else 1
