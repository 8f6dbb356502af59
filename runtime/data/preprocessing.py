"""What a model expects to happen to raw values before its first node: part of the file, as its weights
are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Literal, get_args

import numpy as np

from snnrt.data import encodings
from snnrt.data.fit import shape_text
from snnrt.data.integer_encoding import IntegerEncoding, integer_encoding
from snnrt.errors import DataError, ModelError
from snnrt.ir.graph import Graph, Input, Shape

KEY = "preprocessing"
"""Of the metadata."""
Encoding = Literal["none", "rate", "latency", "delta"]
_DEFAULT_SCALE = {np.dtype(np.uint8): 1 / 255, np.dtype(np.int16): 1 / 32768}


@dataclass(frozen=True)
class Preprocessing:
    """Raw values → what the network reads: (scale·value − mean) / std, then perhaps spikes.

    ``mean``, ``std``: one number, or one a channel (of a vector one a feature). ``scale``: what an integer
    value is multiplied with (None: 1/255 for uint8, 1/32768 for int16, 1 otherwise); floats are taken as they
    are. ``layout``: how maps come, ``channels_first`` (C, H, W) or ``channels_last`` (H, W, C); None: either,
    by their shape. ``encoding`` of values in 0 … 1, for networks that read spikes: ``rate`` (a spike at each
    timestep with the value as its probability, drawn with ``seed``), ``latency`` (one spike, the larger the
    earlier), ``delta`` (values over time, (N, T, …): a spike where a value rose by ``threshold`` or more).
    ``interval`` (microseconds) or ``count`` (events): how long a bin of a recording of events is; with
    neither, T equal parts of it. ``size``: (width, height) of the sensor in pixels.
    """

    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (1.0,)
    scale: float | None = None
    layout: Literal["channels_first", "channels_last"] | None = None
    encoding: Encoding = "none"
    seed: int = 0
    threshold: float = 0.1
    interval: int | None = None
    count: int | None = None
    size: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        for name in ("mean", "std"):
            object.__setattr__(self, name, _numbers(name, getattr(self, name)))
        if not all(one > 0 for one in self.std):
            raise DataError(f"preprocessing: std: expected numbers above 0, found {list(self.std)}")
        if self.scale is not None and not _is_real(self.scale, above=0):
            raise DataError(f"preprocessing: scale: expected a number above 0, found {self.scale!r}")
        if self.layout not in (None, "channels_first", "channels_last"):
            raise DataError(
                f"preprocessing: layout: expected channels_first or channels_last, found {self.layout!r}"
            )
        if self.encoding not in get_args(Encoding):
            raise DataError(
                f"preprocessing: encoding: expected {', '.join(get_args(Encoding))}, found {self.encoding!r}"
            )
        if not _is_real(self.threshold, above=0):
            raise DataError(f"preprocessing: threshold: expected a number above 0, found {self.threshold!r}")
        _check_whole("seed", self.seed, 0, 2**32 - 1)
        for name in ("interval", "count"):
            if getattr(self, name) is not None:
                _check_whole(name, getattr(self, name), 1, 2**62)
        if self.interval is not None and self.count is not None:
            raise DataError("preprocessing: expected bins of an interval or of a count, found both")
        if self.size is not None:
            object.__setattr__(self, "size", _size(self.size))

    @classmethod
    def of(cls, value: object) -> Preprocessing:
        """Of a mapping with these fields, as the metadata and a caller's dict. Raises DataError."""
        if isinstance(value, cls):
            return value
        if not isinstance(value, Mapping):
            raise DataError(f"preprocessing: expected a mapping, found {type(value).__name__}")
        known = [field.name for field in fields(cls)]
        for name in value:
            if name not in known:
                raise DataError(f"preprocessing: expected some of {', '.join(known)}, found {name!r}")
        return cls(**value)

    @classmethod
    def of_graph(cls, graph: Graph) -> Preprocessing | None:
        """What the metadata say; None where they say nothing. Raises ModelError where it is malformed."""
        found = graph.metadata.get(KEY)
        if found is None:
            return None
        try:
            one = cls.of(found)
            one.check(graph.input)
        except DataError as error:
            raise ModelError(f"metadata: {error}") from None
        return one

    def to_dict(self) -> dict[str, object]:
        """The fields that are not what they are by default, for the metadata."""
        plain = {name: list(v) if isinstance(v, tuple) else v for name, v in asdict(self).items()}
        default = {
            name: list(v) if isinstance(v, tuple) else v for name, v in asdict(Preprocessing()).items()
        }
        return {name: value for name, value in plain.items() if value != default[name]}

    def check(self, source: Input) -> None:
        """Raises DataError where it does not fit a model's input."""
        channels = source.shape[0]
        for name in ("mean", "std"):
            found = len(getattr(self, name))
            if found not in (1, channels):
                raise DataError(f"preprocessing: {name}: expected 1 or {channels} numbers, found {found}")
        if (self.encoding != "none" or self.interval or self.count) and source.encoding != "spikes":
            raise DataError(
                "preprocessing: spikes are for a network that reads spikes over time, this one reads "
                "constant "
                "values; convert with encoding spikes"
            )

    def range(self, low: float = 0.0, high: float = 1.0) -> tuple[float, float]:
        """The range of what the network reads, of values in ``low`` … ``high``."""
        ends = [(end - m) / s for end in (low, high) for m, s in zip(*self.by_channel())]
        return min(ends), max(ends)

    def by_channel(self, channels: int | None = None) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Mean and std, equally many."""
        count = channels or max(len(self.mean), len(self.std))
        return tuple(self.mean * count)[:count], tuple(self.std * count)[:count]

    def in_words(self) -> str:
        """One line for people."""
        parts = []
        if self.scale is not None:
            parts.append(f"integers × {self.scale:g}")
        if self.mean != (0.0,) or self.std != (1.0,):
            mean, std = (" ".join(f"{one:g}" for one in ends) for ends in (self.mean, self.std))
            parts.append(f"(value − {mean}) / {std}")
        if self.layout is not None:
            parts.append(self.layout.replace("_", " "))
        if self.encoding != "none":
            more = {"rate": f" (seed {self.seed})", "delta": f" (threshold {self.threshold:g})"}
            parts.append(self.encoding + more.get(self.encoding, ""))
        if self.interval or self.count:
            parts.append(f"bins of {self.interval} µs" if self.interval else f"bins of {self.count} events")
        if self.size is not None:
            parts.append(f"sensor of {self.size[0]}×{self.size[1]} pixels")
        return ", ".join(parts) or "integers to 0 … 1"

    def apply(self, x: np.ndarray, graph: Graph, name: str, timesteps: int | None = None) -> np.ndarray:
        """Raw ``x`` as ``graph`` reads it, float32; spikes that come with their time axis stay as they are.

        uint8 and int16 values of a constant input in integer arithmetic are computed in integers, as firmware
        does (:mod:`snnrt.data.integer_encoding`): the result is whole multiples of the input's scale. Raises
        DataError for values outside of 0 … 1 after the scale.
        """
        source = graph.input
        x = self._channels_first(x, source, name)
        over_time = source.encoding == "spikes"
        shape = source.shape
        if over_time and self.encoding in ("none", "delta") and not _ends_with(x, shape, 2):
            return x
        # (N, 1, H, W) of one channel is values, not a single timestep without its channel
        if (
            over_time
            and self.encoding in ("rate", "latency")
            and x.shape[1:] != shape
            and _ends_with(x, shape, 2)
        ):
            return x
        x = _with_channel(x, shape, 2 if over_time and self.encoding in ("none", "delta") else 1)
        scale = self.scale if self.scale is not None else _DEFAULT_SCALE.get(x.dtype)
        if (
            graph.integer
            and not over_time
            and x.dtype in _DEFAULT_SCALE
            and scale
            and _ends_with(x, shape, 1)
        ):
            whole = self.integers(x.dtype, source)
            return whole.apply(x).astype(np.float32) * np.float32(source.scale)
        # float64, so that the result is rounded once
        values = x.astype(np.float64) * (scale if scale is not None and x.dtype.kind in "iu" else 1.0)
        axis = 2 if over_time and self.encoding in ("none", "delta") else 1
        if values.ndim <= axis:
            return x
        if self.encoding == "none":
            mean, std = (_along(ends, values.ndim, axis) for ends in (self.mean, self.std))
            _check_raw(values, source, self, name)
            return ((values - mean) / std).astype(np.float32)
        _check_raw(values, source, self, name)
        steps = timesteps or graph.timesteps
        if self.encoding == "rate":
            draws = np.random.Generator(np.random.Philox(self.seed))
            return np.stack([(draws.random((steps, *one.shape)) < one) for one in values]).astype(np.float32)
        if self.encoding == "latency":
            return encodings.spikes_at(encodings.latency(values, steps, 1.0), steps)
        rose = np.diff(values, axis=1, prepend=values[:, :1]) >= self.threshold
        return rose.astype(np.float32)

    def integers(self, dtype: np.dtype, source: Input) -> IntegerEncoding:
        """How values of ``dtype``, uint8 or int16, become an integer model's input. Raises DataError where 32
        bits do not hold them."""
        scale = self.scale if self.scale is not None else _DEFAULT_SCALE[dtype]
        return integer_encoding(dtype, scale, *self.by_channel(source.shape[0]), source)

    def _channels_first(self, x: np.ndarray, source: Input, name: str) -> np.ndarray:
        shape = source.shape
        if len(shape) != 3 or self.layout == "channels_first" or x.ndim < 4:
            return x
        last = (*shape[1:], shape[0])
        if x.shape[-3:] == last and (self.layout == "channels_last" or last != shape):
            return np.moveaxis(x, -1, -3)
        if self.layout == "channels_last" and x.shape[-3:] != shape:
            raise DataError(
                f"{name}: the model reads maps with their channels last, {shape_text(last)}, found "
                f"{shape_text(x.shape)}"
            )
        return x


def _check_raw(values: np.ndarray, source: Input, chosen: Preprocessing, name: str) -> None:
    if not values.size:
        return
    low, high = float(values.min()), float(values.max())
    if not (np.isfinite(low) and np.isfinite(high)):
        return  # the rule for inputs says where
    signed = chosen.encoding == "none" and chosen.range(-1.0, 1.0)[0] >= source.low - 1e-3
    least = -1.0 if signed else 0.0
    if low < least - 1e-3 or high > 1 + 1e-3:
        raise DataError(
            f"{name}: the model scales and normalises what it reads ({chosen.in_words()}), from raw "
            "values in "
            f"{least:g} … 1, found {low:g} … {high:g}; give raw values (uint8, or divided by 255), or "
            "say that "
            "they are normalised already: snnrt.data.Dataset(x, y, 'name', prepared=True)"
        )


def _ends_with(x: np.ndarray, shape: Shape, leading: int) -> bool:
    """Whether ``x`` has so many axes before ``shape``, the axis of one channel missing or not."""
    found = x.shape[leading:]
    return found == shape or (len(shape) == 3 and shape[0] == 1 and found == shape[1:])


def _with_channel(x: np.ndarray, shape: Shape, leading: int) -> np.ndarray:
    if len(shape) == 3 and shape[0] == 1 and x.shape[leading:] == shape[1:]:
        return np.expand_dims(x, leading)
    return x


def _along(ends: tuple[float, ...], axes: int, axis: int) -> np.ndarray:
    return np.asarray(ends).reshape((-1,) + (1,) * (axes - axis - 1))


def _is_real(value: object, above: float = -np.inf) -> bool:
    real = isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)
    return real and bool(np.isfinite(value)) and value > above  # type: ignore[call-overload, operator]


def _numbers(name: str, value: object) -> tuple[float, ...]:
    found = list(value) if isinstance(value, (list, tuple, np.ndarray)) else [value]
    if not found or not all(_is_real(one) for one in found):
        raise DataError(
            f"preprocessing: {name}: expected finite numbers, one or one a channel, found {value!r}"
        )
    return tuple(float(one) for one in found)  # type: ignore[arg-type]


def _check_whole(name: str, value: object, least: int, most: int) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or not least <= value <= most:
        raise DataError(f"preprocessing: {name}: expected a whole number from {least}, found {value!r}")


def _size(value: object) -> tuple[int, int]:
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        raise DataError(f"preprocessing: size: expected width and height, found {value!r}")
    for one in value:
        _check_whole("size", one, 1, 65536)
    return int(value[0]), int(value[1])
