"""What a crossbar is made of: the parameters of :class:`snnrt.devices.crossbar.device.Crossbar`, checked."""

from __future__ import annotations

import difflib
import math
import operator
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Literal

from snnrt.errors import TargetError

LARGEST_TILE = 4096
SMALLEST_ON_OFF_RATIO = 1.1
MAPPINGS = ("differential", "offset")
ERROR_MODELS = ("absolute", "proportional", "neurram")
ADC_RANGES = ("full", "level")


@dataclass(frozen=True)
class CrossbarConfig:
    """A crossbar's parameters; with the defaults it computes the integer layer exactly.

    Conductances are in units of G_max (the fully-on device), currents in units of
    G_max · V_read (what one fully-on device passes when its row is driven).

    - ``rows``, ``columns``: size of one array, devices (1 … 4096)
    - ``cell_bits``: bits one device holds, 2^bits equal levels from 1 / ``on_off_ratio`` to 1
    - ``weight_bits``: width of a weight with its sign (2 … 8); it must hold the network's weights
    - ``on_off_ratio``: G_max / G_min, at least 1.1; ``inf``: an off device passes nothing
    - ``mapping``: ``differential``: positive and negative magnitudes in two arrays, subtracted
      before the ADC; ``offset``: w + 2^(weight_bits − 1) in one array, minus a reference
      column for each slice of bits
    - ``programming_error``: σ of what a device holds, drawn once for a chip;
      ``programming_error_model``: ``absolute`` (σ in units of G_max), ``proportional`` (σ in
      units of the device's own conductance) or ``neurram`` (a multiple of σ(G) measured there)
    - ``read_noise``: σ of a column's current at each read, units of G_max · V_read
    - ``adc_bits``: 2 … 16 with the sign; 0: the current is read exactly
    - ``adc_range``: full scale of the ADC: a current (units of G_max · V_read), ``full``
      (the most that the tile's devices can pass: never clips) or ``level`` (one code a level of a
      device: no rounding, clips above 2^(adc_bits − 1) − 1 levels)
    - ``seed``: of all random draws; the same seed gives the same chip

    Raises TargetError where a value is out of its range.
    """

    rows: int = 64
    columns: int = 64
    cell_bits: int = 4
    weight_bits: int = 8
    on_off_ratio: float = math.inf
    mapping: Literal["differential", "offset"] = "differential"
    programming_error: float = 0.0
    programming_error_model: Literal["absolute", "proportional", "neurram"] = "absolute"
    read_noise: float = 0.0
    adc_bits: int = 0
    adc_range: Literal["full", "level"] | float = "full"
    seed: int = 0

    def __post_init__(self) -> None:
        self._integer("rows", 1, LARGEST_TILE)
        self._integer("columns", 1, LARGEST_TILE)
        self._integer("weight_bits", 2, 8)
        self._choice("mapping", MAPPINGS)
        self._integer("cell_bits", 1, self.stored_bits)
        self._number("on_off_ratio", SMALLEST_ON_OFF_RATIO, infinite=True)
        self._number("programming_error", 0.0)
        self._choice("programming_error_model", ERROR_MODELS)
        self._number("read_noise", 0.0)
        self._integer("adc_bits", 0, 16)
        if self.adc_bits == 1:
            raise TargetError("crossbar adc_bits: expected 0 (no ADC) or 2 … 16, found 1: a sign has no size")
        if isinstance(self.adc_range, str):
            self._choice("adc_range", ADC_RANGES, "or a current above 0")
        else:
            self._number("adc_range", 0.0)
            if self.adc_range == 0.0:
                raise TargetError(
                    "crossbar adc_range: expected a current above 0, 'full' or 'level', found 0"
                )
        self._integer("seed", 0, 2**63 - 1)
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
    def outputs_per_tile(self) -> int:
        """Outputs whose slices fit into one array beside the reference columns, if any."""
        return self.columns // self.slices - (1 if self.mapping == "offset" else 0)

    @property
    def levels(self) -> int:
        """Steps between the lowest and the highest conductance of a device."""
        return 2**self.cell_bits - 1

    @property
    def g_min(self) -> float:
        """Conductance of an off device, units of G_max."""
        return 1.0 / self.on_off_ratio

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
        return asdict(self)

    def _integer(self, name: str, low: int, high: int) -> None:
        value = getattr(self, name)
        try:
            number = operator.index(value)
        except TypeError:
            number = None
        if number is None or isinstance(value, bool) or not low <= number <= high:
            raise TargetError(f"crossbar {name}: expected an integer {low} … {high}, found {value!r}")
        object.__setattr__(self, name, number)

    def _number(self, name: str, low: float, infinite: bool = False) -> None:
        value = getattr(self, name)
        try:
            number = math.nan if isinstance(value, (bool, str)) else float(value)
        except (TypeError, ValueError):
            number = math.nan
        if not (number >= low and (infinite or number < math.inf)):
            wanted = f"a number of at least {low:g}" + (" or inf" if infinite else "")
            raise TargetError(f"crossbar {name}: expected {wanted}, found {value!r}")
        object.__setattr__(self, name, number)

    def _choice(self, name: str, choices: tuple[str, ...], otherwise: str = "") -> None:
        value = getattr(self, name)
        if value not in choices:
            wanted = " or ".join(repr(choice) for choice in choices)
            raise TargetError(
                f"crossbar {name}: expected {wanted} {otherwise}".rstrip() + f", found {value!r}"
            )
