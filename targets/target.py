"""What a target is: its figures, choices and charges, one class for each kind of hardware."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field, replace
from typing import ClassVar, Literal, TypeVar

from snnrt.targets.figures import Charge, Corner, Figure

_Self = TypeVar("_Self", bound="Target")


def rule(unit: str, *, least: float = 0.0, above: bool = False, most: float = 1e15) -> dict[str, object]:
    """What a figure's value must be: in ``unit``, from ``least`` (``above``: more than it) to ``most``."""
    return {"unit": unit, "least": least, "above": above, "most": most}


@dataclass(frozen=True)
class Published:
    """A published ``figure`` that the profile is held against; ``what`` it is."""

    what: str
    figure: Figure


@dataclass(frozen=True, kw_only=True, repr=False)
class Target:
    """A piece of hardware as its profile file describes it.

    ``charges`` say what an event costs, ``events`` which events a kind knows (with their
    meaning), ``path`` where the profile came from.
    """

    kind: ClassVar[str]
    charge_unit: ClassVar[str]
    events: ClassVar[dict[str, str]]

    name: str
    title: str
    description: str
    reproduces: tuple[Published, ...] = ()
    charges: tuple[Charge, ...]
    path: str = ""

    def __repr__(self) -> str:
        size = f"{len(self.figures)} figures, {len(self.charges)} charges"
        return f"<snnrt.targets.{type(self).__name__} {self.name}: {self.title}; {size}>"

    @property
    def figures(self) -> dict[str, Figure]:
        """The figures that the profile gives, by field name."""
        found = {item.name: getattr(self, item.name) for item in dataclasses.fields(self)}
        return {name: value for name, value in found.items() if isinstance(value, Figure)}

    @property
    def choices(self) -> dict[str, str]:
        """The profile's choices (how layers map, what is recomputed), by field name."""
        items = (item.name for item in dataclasses.fields(self) if "choices" in item.metadata)
        return {name: getattr(self, name) for name in items}

    @property
    def fitted(self) -> tuple[str, ...]:
        """Names of the figures and charges that were chosen so that published totals come out."""
        charged = ((f"{item.event} → {item.component}", item.figure) for item in self.charges)
        return tuple(name for name, figure in (*self.figures.items(), *charged) if figure.mark == "fitted")

    @property
    def has_band(self) -> bool:
        """Whether any figure has a spread."""
        figures = [*self.figures.values(), *(charge.figure for charge in self.charges)]
        return any(figure.has_band for figure in figures)

    def at(self: _Self, corner: Corner) -> _Self:
        """The same hardware with every figure at one end of its band."""
        changes: dict[str, object] = {name: figure.at(corner) for name, figure in self.figures.items()}
        changes["charges"] = tuple(charge.at_corner(corner) for charge in self.charges)
        return replace(self, **changes)  # type: ignore[arg-type]


@dataclass(frozen=True, kw_only=True, repr=False)
class Microcontroller(Target):
    """A processor core that runs the C core: instructions × CPI / f, cycles × energy a cycle."""

    kind: ClassVar[str] = "microcontroller"
    charge_unit: ClassVar[str] = "instruction"
    events: ClassVar[dict[str, str]] = {
        "synaptic_operation": "one weight added, for a spike (int8: of a dense layer, in blocks of 16)",
        "synaptic_operation_by_4": "the same in blocks of 4 outputs, in int8 those beyond a multiple of 16",
        "multiply_accumulate": "one weight times any other value, added (int8: in blocks of 4, of a dense "
        "layer where the network has no convolution)",
        "operation_by_1": "one weight times any value, in int8 for outputs beyond a multiple of 4",
        "row_activation": "one non-zero input of a window found and noted (int8: of dense layers)",
        "sum_piece": "one more sum, where a window has more than 32 non-zero inputs",
        "sum_block_16": "16 outputs of a sum of spikes begun and stored, in int8",
        "sum_block_4": "4 outputs of a sum of spikes begun and stored, in int8",
        "product_block": "4 outputs of a sum of products begun and stored, in int8",
        "sum_block_1": "one output of a sum begun and stored, in int8",
        "listed_operation": "one weight added for one entry of a list, in blocks of 16 outputs, in int8",
        "listed_operation_by_4": "the same in blocks of 8 or 4 outputs",
        "listed_operation_by_1": "the same for outputs that fill no block",
        "listed_block_16": "16 outputs of a listed sum begun and stored, in int8",
        "listed_block_4": "8 or 4 outputs of a listed sum begun and stored, in int8",
        "listed_block_1": "one output of a listed sum begun and stored, in int8",
        "listed_product": "one weight times one value of a list, in blocks of 8 outputs, in int8",
        "listed_product_by_4": "the same in blocks of 4 outputs",
        "value_block": "outputs of a listed sum of values begun and stored, in int8",
        "plane_list": "one plane of a sum, for one block of outputs, in int8",
        "plane_16": "16 sums doubled between planes of counts, in int8",
        "sum_call": "one sum of a window's lists, in int8",
        "tap_line": "one line of inputs of a convolution of few channels, in int8",
        "tap_input": "one input of such a line looked at",
        "tap_weight": "one weight of such a convolution laid out, each time",
        "tap_output": "one output of such a convolution's window of zeros",
        "tap_column": "one window of such a convolution looked at",
        "tap_block": "8 outputs of such a window begun and stored",
        "tap_operation": "one weight times one input of such a window that is not all zeros (without the "
        "instructions for two taps: of an input that is not 0)",
        "depthwise_block": "32 channels of a depthwise convolution's window visited, a step",
        "depthwise_tap": "one kernel tap of such channels",
        "depthwise_value": "one channel of it looked at, where inputs are no spikes of neurons",
        "depthwise_operation": "one weight of such a convolution times its input, added",
        "window": "one output position of a convolution visited (each group of it), a step",
        "window_run": "one run of neighbouring inputs of a window (a kernel row of a convolution)",
        "scan_word": "32 inputs of a run looked at together, where inputs are spikes",
        "scan_value": "one input of a run looked at, where inputs are other values",
        "listed_step": "one layer whose inputs are listed set up, each time, in int8",
        "listed_row": "one row of windows begun, in int8",
        "list_column": "one column of a row of windows listed, in int8",
        "list_window": "one window of a layer whose inputs are listed, in int8",
        "list_output": "one output of such a window without events set to its bias, in int8",
        "column_line": "one line of a column, in int8",
        "list_spike": "one spike listed, in int8",
        "list_value": "one value of a line looked at, in int8",
        "list_input": "one value that is not 0 found, in int8",
        "list_entry": "one count listed in one plane, in int8",
        "output_element": "one output current copied from its bias, a step (int8: not of listed layers)",
        "row_block": "rows of a convolution that is never there as a whole begun",
        "arena_word": "four bytes that a timestep reads of the one before set to zero, an input",
        "neuron_update": "one neuron's state update, comparison and reset",
        "neuron_spike": "one spike noted and its neuron reset",
        "neuron_run": "one run of at most 32 other neurons of one pixel, in int8",
        "neuron_single": "one plain neuron of such a run, besides the neuron update, in int8",
        "neuron_general": "one neuron whose kind has no loop of its own, besides the neuron update, in int8",
        "neuron_synapse": "one synaptic current's decay, besides the neuron update",
        "neuron_bias": "one neuron's bias, besides the neuron update",
        "neuron_reset_next": "a reset of the step before, besides the neuron update",
        "neuron_int16": "a state of 16 bits, besides the neuron update",
        "neuron_bound": "a lower bound, besides the neuron update",
        "neuron_adaptation": "an adaptive threshold, besides the neuron update",
        "neuron_refractory": "a refractory period's counter, besides the neuron update",
        "neuron_parameter": "a channel's parameter laid out for a neuron where a block wraps, in float32",
        "neuron_step": "one neuron node set up, a step and each of its blocks of rows",
        "pool_tap": "one place of one pooling window visited, all its channels",
        "pool_element": "one channel of one place of a pooling window added",
        "pool_spike": "one spike added to a pooling window, in int8",
        "pool_any_word": "up to 32 channels of one place of a max pool's window of spikes looked at",
        "pool_word": "32 channels of a window of 2 × 2 spikes added, in int8",
        "pool_four": "four such sums taken apart, in int8",
        "add_element": "one element of one input of an addition",
        "readout_element": "one logit accumulated and compared with the best, a step",
        "node_step": "one node called, a step",
        "exit_step": "the exit rule, a step",
        "exit_class": "the exit rule, a class and step",
    }

    clock: Figure = field(metadata=rule("Hz", above=True))
    cycles_per_instruction: Figure = field(metadata=rule("cycle/instruction", above=True, most=1000))
    energy_per_cycle: Figure = field(metadata=rule("J/cycle"))
    idle_power: Figure | None = field(default=None, metadata=rule("W"))
    sleep_power: Figure | None = field(default=None, metadata=rule("W"))
    ram: Figure | None = field(default=None, metadata=rule("byte"))
    flash: Figure | None = field(default=None, metadata=rule("byte"))
    code_size: Figure | None = field(default=None, metadata=rule("byte"))


@dataclass(frozen=True, kw_only=True, repr=False)
class Neuromorphic(Target):
    """A digital event-driven chip: energies of events, cores that work side by side, what fits on it.

    Without times of events a timestep takes ``timestep_time``; with them that or its work, whichever is
    longer. ``convolution``: whether a kernel is stored once or each connection has a synapse of its own.
    """

    kind: ClassVar[str] = "neuromorphic"
    charge_unit: ClassVar[str] = "J"
    events: ClassVar[dict[str, str]] = {
        "synaptic_operation": "one synapse reached by one spike",
        "neuron_update": "one neuron's state update",
        "spike": "one spike fired and sent",
        "timestep": "one timestep",
        "input": "one input",
    }

    timestep_time: Figure = field(metadata=rule("s"))
    barrier_time: Figure | None = field(default=None, metadata=rule("s"))
    synaptic_operation_time: Figure | None = field(default=None, metadata=rule("s"))
    neuron_update_time: Figure | None = field(default=None, metadata=rule("s"))
    spike_time: Figure | None = field(default=None, metadata=rule("s"))
    static_power: Figure | None = field(default=None, metadata=rule("W"))
    largest_power: Figure | None = field(default=None, metadata=rule("W", above=True))
    core_neurons: Figure | None = field(default=None, metadata=rule("count", least=1))
    neurons: Figure | None = field(default=None, metadata=rule("count", least=1))
    synapses: Figure | None = field(default=None, metadata=rule("count", least=1))
    fan_in: Figure | None = field(default=None, metadata=rule("count", least=1))
    weight_bits: Figure | None = field(default=None, metadata=rule("bit", least=1, most=64))
    chips: Figure | None = field(default=None, metadata=rule("count", least=1, most=1e6))
    energy_scale: Figure | None = field(default=None, metadata=rule("1", above=True))
    convolution: Literal["shared", "unrolled"] = field(metadata={"choices": ("shared", "unrolled")})
    static_layers: Literal["once", "every_timestep"] = field(metadata={"choices": ("once", "every_timestep")})
