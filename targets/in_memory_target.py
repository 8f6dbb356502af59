"""An in-memory chip as its file describes it: the crossbar that computes, and what its parts cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar, Literal

from snnrt.devices.crossbar.config import CrossbarConfig
from snnrt.targets.figures import Area, Corner, Figure
from snnrt.targets.target import Target, rule


def _choice(*values: str) -> dict[str, tuple[str, ...]]:
    return {"choices": values}


@dataclass(frozen=True, kw_only=True, repr=False)
class InMemory(Target):
    """Crossbar arrays that hold the weights and are read once for each window and timestep.

    ``crossbar`` is what ``--device crossbar:FILE`` computes with; ``crossbar_figures`` say where its
    parameters come from, where the file says it. Costs are functions of both and of the figures here.
    """

    kind: ClassVar[str] = "imc"
    charge_unit: ClassVar[str] = "J"
    events: ClassVar[dict[str, str]] = {
        "read": "one window presented to one block of arrays (a PE cycle), for each bit of the input",
        "active_read": "a read in which at least one row is driven",
        "kernel_position": "a read of each of the k² arrays of a block (mapping kernel_positions)",
        "row_drive": "one row of one array driven",
        "cell_drive": "one cell of a used column whose row is driven",
        "conversion": "one ADC conversion of a used column in an active read",
        "input_bit": "one bit of a window fetched from the input buffer",
        "hop_bit": "one bit of a layer's output carried from one tile to the next on the mesh",
        "input_value": "one value of the input brought onto the chip, once an input",
        "neuron_update": "one neuron's state update",
        "spike": "one spike fired",
        "timestep": "one timestep",
        "input": "one input",
    }
    pieces: ClassVar[dict[str, str]] = {
        "array": "one array of rows × columns",
        "converter": "one ADC of one array",
        "block": "one block (processing element)",
        "tile": "one tile",
        "input_element": "one element of a layer's input",
        "output_element": "one element of a layer's output",
        "chip": "the whole chip",
    }

    crossbar: CrossbarConfig
    crossbar_figures: dict[str, Figure] = field(default_factory=dict)
    areas: tuple[Area, ...] = ()

    input_bits: Figure = field(metadata=rule("bit", least=1, most=32))
    input_bit_density: Figure = field(metadata=rule("1", most=1))
    converter_bits: Figure = field(metadata=rule("bit", least=1, most=16))
    conversion_time: Figure = field(metadata=rule("s"))
    settle_time: Figure = field(metadata=rule("s", above=True))
    node: Figure | None = field(default=None, metadata=rule("nm", above=True, most=1000))
    supply_voltage: Figure | None = field(default=None, metadata=rule("V", above=True, most=100))
    read_voltage: Figure | None = field(default=None, metadata=rule("V", above=True, most=100))
    replicas: Figure | None = field(default=None, metadata=rule("count", least=1, most=65536))
    start_fraction: Figure | None = field(default=None, metadata=rule("1", most=1))
    blocks_per_tile: Figure | None = field(default=None, metadata=rule("count", least=1))
    blocks_available: Figure | None = field(default=None, metadata=rule("count", least=1))
    neuron_memory_layers: Figure | None = field(default=None, metadata=rule("count"))
    fixed_timesteps: Figure | None = field(default=None, metadata=rule("timestep", most=1e6))
    exit_timesteps: Figure | None = field(default=None, metadata=rule("timestep", most=1e6))
    nominal_density: Figure | None = field(default=None, metadata=rule("1", most=1))
    block_leakage: Figure | None = field(default=None, metadata=rule("W"))
    static_power: Figure | None = field(default=None, metadata=rule("W"))
    energy_scale: Figure | None = field(default=None, metadata=rule("1", above=True))
    latency_scale: Figure | None = field(default=None, metadata=rule("1", above=True))
    pairs: Literal["arrays", "in_cell"] = field(metadata=_choice("arrays", "in_cell"))
    mapping: Literal["unrolled", "kernel_positions"] = field(metadata=_choice("unrolled", "kernel_positions"))
    positions: Literal["output", "after_pooling"] = field(metadata=_choice("output", "after_pooling"))
    values: Literal["bit_serial", "one_read"] = field(metadata=_choice("bit_serial", "one_read"))
    outputs: Literal["parallel", "serial"] = field(metadata=_choice("parallel", "serial"))
    converter: Literal["sar", "flash", "ramp", "fixed"] = field(
        metadata=_choice("sar", "flash", "ramp", "fixed")
    )
    pipelining: Literal["none", "timesteps"] = field(metadata=_choice("none", "timesteps"))
    silent_windows: Literal["skipped", "read"] = field(metadata=_choice("skipped", "read"))
    static_layers: Literal["once", "every_timestep"] = field(metadata=_choice("once", "every_timestep"))

    @property
    def bits(self) -> int:
        """Bits of a conversion: the crossbar's ADC; the figures' own where the crossbar reads exactly."""
        return self.crossbar.adc_bits or int(self.converter_bits.si)

    @property
    def converters(self) -> int:
        """ADCs of an array: reference columns are subtracted before them."""
        columns = self.crossbar.outputs_per_tile * self.crossbar.slices
        return -(-columns // self.crossbar.columns_per_adc)

    @property
    def arrays_per_block(self) -> int:
        """Arrays that hold one block's weights, without kernel positions."""
        return 2 if self.crossbar.mapping == "differential" and self.pairs == "arrays" else 1

    def at(self, corner: Corner) -> InMemory:
        """The same hardware with every figure at one end of its band."""
        areas = tuple(replace(area, figure=area.figure.at(corner)) for area in self.areas)
        return replace(super().at(corner), areas=areas)

    def with_parameters(self, values: Mapping[str, object]) -> InMemory:
        """The same chip with other parameters of its crossbar: it computes and costs otherwise.
        TargetError."""
        return replace(self, crossbar=CrossbarConfig.from_dict({**self.crossbar.to_dict(), **values}))
