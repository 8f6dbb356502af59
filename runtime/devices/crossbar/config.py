"""What a crossbar is made of: the parameters of :class:`snnrt.devices.crossbar.device.Crossbar`, checked."""

from __future__ import annotations

import difflib
import math
import operator
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal

from snnrt.errors import TargetError

LARGEST_TILE = 4096
LARGEST_WIRED_TILE = 512
"""Rows or columns for which wire resistance is solved: the time grows with rows · columns³."""
SMALLEST_ON_OFF_RATIO = 1.1
MAPPINGS = ("differential", "offset")
ERROR_MODELS = ("absolute", "proportional", "neurram", "polynomial")
NOISE_MODELS = ("absolute", "proportional")
ADC_RANGES = ("typical", "full", "level")
LARGEST_POLYNOMIAL = 8


def _parameter(default: Any, unit: str, doc: str, **limits: Any) -> Any:
    """A field with what it means: ``unit``, ``doc``, and ``low``, ``high``, ``infinite`` or ``choices``."""
    return field(default=default, metadata={"unit": unit, "doc": doc, **limits})


@dataclass(frozen=True)
class CrossbarConfig:
    """A crossbar's parameters; with the defaults it computes the integer layer exactly.

    Conductances are in units of G_max (the fully-on device), currents in units of
    G_max · V_read (what one fully-on device passes when its row is driven). Each field's metadata
    has its ``unit`` and ``doc``; docs/crossbar.md has the table. Raises TargetError where a value is out
    of its range.
    """

    rows: int = _parameter(64, "devices", "rows of one array", low=1, high=LARGEST_TILE)
    columns: int = _parameter(64, "devices", "columns of one array", low=1, high=LARGEST_TILE)
    cell_bits: int = _parameter(4, "bits", "bits that one device holds, in equal steps from off to on")
    weight_bits: int = _parameter(
        8, "bits", "width of a weight with its sign; it must hold the network's weights", low=2, high=8
    )
    on_off_ratio: float = _parameter(
        math.inf,
        "1",
        "G_max / G_min; inf: an off device passes nothing",
        low=SMALLEST_ON_OFF_RATIO,
        infinite=True,
    )
    on_resistance: float = _parameter(
        20e3, "ohm", "resistance of the fully-on device, beside the wires'", above=0.0
    )
    mapping: Literal["differential", "offset"] = _parameter(
        "differential",
        "",
        "differential: positive and negative magnitudes in two arrays, subtracted before the ADC; offset: "
        "w + 2^(weight_bits - 1) in one array, minus a reference column for each slice",
        choices=MAPPINGS,
    )
    programming_error: float = _parameter(
        0.0, "of the model", "σ of what a device holds, drawn once for a chip", low=0.0
    )
    programming_error_model: Literal["absolute", "proportional", "neurram", "polynomial"] = _parameter(
        "absolute",
        "",
        "absolute: σ in G_max; proportional: in the device's own conductance; neurram, polynomial: a "
        "multiple of "
        "σ(G) measured there, or of programming_error_polynomial",
        choices=ERROR_MODELS,
    )
    programming_error_polynomial: tuple[float, ...] = _parameter(
        (), "G_max", "coefficients of σ(g), g in G_max, the highest power first"
    )
    stuck_on: float = _parameter(0.0, "share of devices", "devices stuck at G_max", low=0.0, high=1.0)
    stuck_off: float = _parameter(0.0, "share of devices", "devices stuck at G_min", low=0.0, high=1.0)
    drift_time: float = _parameter(
        0.0, "s", "since programming; at or before drift_start nothing has drifted", low=0.0
    )
    drift_start: float = _parameter(1.0, "s", "when the programmed values were verified", above=0.0)
    drift_exponent: float = _parameter(
        0.0, "1", "ν of g(t) = g·(t / drift_start)^-ν, the mean of devices", low=0.0
    )
    drift_exponent_spread: float = _parameter(0.0, "1", "σ of ν among devices, ν not below 0", low=0.0)
    drift_activation_energy: float = _parameter(
        0.0, "eV", "drift is as after t·exp(E/k·(1/300 K - 1/temperature))", low=0.0
    )
    temperature: float = _parameter(300.0, "K", "of the chip while it reads", low=200.0, high=500.0)
    conductance_temperature_coefficient: float = _parameter(
        0.0, "1/K", "g(T) = g·(1 + coefficient·(temperature - 300 K))", low=-0.005, high=0.005
    )
    row_wire_resistance: float = _parameter(
        0.0, "ohm", "of a row's wire from a cell to the next, and before the first", low=0.0
    )
    column_wire_resistance: float = _parameter(
        0.0, "ohm", "of a column's wire from a cell to the next, and behind the last", low=0.0
    )
    read_noise: float = _parameter(
        0.0, "G_max·V_read", "σ of a column's current a read, at 300 K (its variance grows as T)", low=0.0
    )
    device_read_noise: float = _parameter(
        0.0,
        "of the model",
        "σ of a driven device's current a read: a column's variance is that of its driven devices",
        low=0.0,
    )
    device_read_noise_model: Literal["absolute", "proportional"] = _parameter(
        "absolute",
        "",
        "absolute: σ in G_max·V_read; proportional: in the device's own current",
        choices=NOISE_MODELS,
    )
    adc_bits: int = _parameter(
        0, "bits", "2 … 16 with the sign; 0: the current is read exactly", low=0, high=16
    )
    adc_range: Literal["typical", "full", "level"] | float = _parameter(
        "typical",
        "G_max·V_read",
        "full scale of the ADC: a current; typical: the largest mean + 4 σ of a slice's columns when a "
        "quarter of "
        "the rows is driven; full: the most that the tile passes; level: one code a level of a device. "
        "Calibration replaces it",
    )
    adc_offset: float = _parameter(0.0, "codes", "σ of an ADC's offset", low=0.0)
    adc_gain_error: float = _parameter(0.0, "1", "σ of an ADC's relative gain error", low=0.0)
    adc_nonlinearity: float = _parameter(
        0.0, "codes", "σ of an ADC's integral non-linearity, the bow at half its range", low=0.0
    )
    columns_per_adc: int = _parameter(
        1,
        "columns",
        "neighbouring columns that take turns at one ADC and share its errors",
        low=1,
        high=LARGEST_TILE,
    )
    seed: int = _parameter(
        0, "", "of all random draws; the same seed gives the same chip", low=0, high=2**63 - 1
    )

    def __post_init__(self) -> None:
        for item in fields(self):
            limits = item.metadata
            if item.name in ("cell_bits", "adc_range", "programming_error_polynomial"):
                continue
            if "choices" in limits:
                self._choice(item.name, limits["choices"])
            elif isinstance(item.default, int):
                self._integer(item.name, limits["low"], limits["high"])
            else:
                self._number(item.name, limits)
        self._integer("cell_bits", 1, self.stored_bits)
        if self.adc_bits == 1:
            raise TargetError("crossbar adc_bits: expected 0 (no ADC) or 2 … 16, found 1: a sign has no size")
        if isinstance(self.adc_range, str):
            self._choice("adc_range", ADC_RANGES, "or a current above 0")
        else:
            self._number("adc_range", {"low": 0.0})
            if self.adc_range == 0.0:
                raise TargetError(
                    f"crossbar adc_range: expected a current above 0 or {_listed(ADC_RANGES)}, found 0"
                )
        if self.stuck_on + self.stuck_off > 1.0:
            raise TargetError(
                f"crossbar stuck_on: expected shares of at most 1 with stuck_off, found {self.stuck_on} "
                f"+ {self.stuck_off}"
            )
        self._polynomial()
        self._wires()
        if self.outputs_per_tile < 1:
            needed = self.slices * (2 if self.mapping == "offset" else 1)
            raise TargetError(
                f"crossbar columns: expected at least {needed} to hold one {self.weight_bits}-bit weight in "
                f"{self.cell_bits}-bit cells ({self.mapping}), found {self.columns}: "
                "raise columns or cell_bits"
            )

    @property
    def stored_bits(self) -> int:
        """Bits of a weight that go into devices: the magnitude, or the whole offset weight."""
        return self.weight_bits - 1 if self.mapping == "differential" else self.weight_bits

    @property
    def slices(self) -> int:
        """Devices (columns) that share one weight, lowest bits first."""
        return -(-self.stored_bits // self.cell_bits)

    @property
    def slice_bits(self) -> tuple[int, ...]:
        """Bits that the devices of each slice hold, over their whole range: the last has what is left."""
        last = self.stored_bits - (self.slices - 1) * self.cell_bits
        return (*(self.cell_bits,) * (self.slices - 1), last)

    @property
    def outputs_per_tile(self) -> int:
        """Outputs whose slices fit into one array beside the reference columns, if any."""
        return self.columns // self.slices - (1 if self.mapping == "offset" else 0)

    @property
    def levels(self) -> tuple[int, ...]:
        """Steps between the lowest and the highest conductance of a device, of each slice."""
        return tuple(2**bits - 1 for bits in self.slice_bits)

    @property
    def g_min(self) -> float:
        """Conductance of an off device, units of G_max."""
        return 1.0 / self.on_off_ratio

    @property
    def noisy(self) -> bool:
        """Whether a read draws random numbers."""
        return self.read_noise > 0.0 or self.device_read_noise > 0.0

    @property
    def wired(self) -> bool:
        """Whether wires have a resistance."""
        return self.row_wire_resistance > 0.0 or self.column_wire_resistance > 0.0

    @classmethod
    def from_dict(cls, values: Mapping[str, object]) -> CrossbarConfig:
        """From a TOML table or JSON object; TargetError names an unknown or malformed key."""
        if not isinstance(values, Mapping):
            raise TargetError(f"crossbar: expected a table of parameters, found {type(values).__name__}")
        known = [item.name for item in fields(cls)]
        for key in values:
            if key not in known:
                close = difflib.get_close_matches(str(key), known, 1)
                hint = f"did you mean {close[0]}?" if close else f"known: {', '.join(known)}"
                raise TargetError(f"crossbar: unknown parameter {key!r}; {hint}")
        return cls(**values)  # type: ignore[arg-type]

    def to_dict(self) -> dict[str, object]:
        """All parameters, as :meth:`from_dict` reads them."""
        return {**asdict(self), "programming_error_polynomial": list(self.programming_error_polynomial)}

    def _polynomial(self) -> None:
        name, values = "programming_error_polynomial", self.programming_error_polynomial
        try:
            numbers = () if isinstance(values, str) else tuple(float(value) for value in values)
        except (TypeError, ValueError):
            numbers = (math.nan,)
        if (
            isinstance(values, str)
            or not all(map(math.isfinite, numbers))
            or len(numbers) > LARGEST_POLYNOMIAL
        ):
            raise TargetError(
                f"crossbar {name}: expected at most {LARGEST_POLYNOMIAL} numbers, found {values!r}"
            )
        object.__setattr__(self, name, numbers)
        if self.programming_error_model == "polynomial" and not numbers:
            raise TargetError(
                f"crossbar {name}: expected coefficients for programming_error_model 'polynomial', found none"
            )

    def _wires(self) -> None:
        for name in ("rows", "columns"):
            if self.wired and getattr(self, name) > LARGEST_WIRED_TILE:
                raise TargetError(
                    f"crossbar {name}: expected at most {LARGEST_WIRED_TILE} where wires have a resistance, "
                    f"found {getattr(self, name)}"
                )

    def _integer(self, name: str, low: int, high: int) -> None:
        value = getattr(self, name)
        try:
            number = operator.index(value)
        except TypeError:
            number = None
        if number is None or isinstance(value, bool) or not low <= number <= high:
            raise TargetError(f"crossbar {name}: expected an integer {low} … {high}, found {value!r}")
        object.__setattr__(self, name, number)

    def _number(self, name: str, limits: Mapping[str, Any]) -> None:
        value, infinite = getattr(self, name), limits.get("infinite", False)
        try:
            number = math.nan if isinstance(value, (bool, str)) else float(value)
        except (TypeError, ValueError):
            number = math.nan
        low, high, above = limits.get("low", -math.inf), limits.get("high", math.inf), limits.get("above")
        fits = low <= number <= high and (infinite or math.isfinite(number))
        if not fits or (above is not None and number <= above):
            wanted = f"a number above {above:g}" if above is not None else f"a number of at least {low:g}"
            wanted += f" and at most {high:g}" if high < math.inf else " or inf" if infinite else ""
            raise TargetError(f"crossbar {name}: expected {wanted}, found {value!r}")
        object.__setattr__(self, name, number)

    def _choice(self, name: str, choices: tuple[str, ...], otherwise: str = "") -> None:
        value = getattr(self, name)
        if value not in choices:
            raise TargetError(
                f"crossbar {name}: expected {_listed(choices)} {otherwise}".rstrip() + f", found {value!r}"
            )


def _listed(choices: tuple[str, ...]) -> str:
    return " or ".join(repr(choice) for choice in choices)
