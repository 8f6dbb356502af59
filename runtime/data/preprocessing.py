"""What a model expects to happen to raw values before its first node: part of the file, as its weights
are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Literal, get_args

import numpy as np

from snnrt.data import spike_encoding
from snnrt.data.audio.log_mel import LogMel
from snnrt.data.audio.resampling import at_rate
from snnrt.data.audio.shapes import FrameShape, frame_shape
from snnrt.data.audio.wav import Sound
from snnrt.data.fit import shape_text
from snnrt.data.integer_encoding import IntegerEncoding, integer_encoding
from snnrt.data.spike_encoding import CHANGES, POLARITIES, Encoding, Polarity
from snnrt.errors import DataError, ModelError
from snnrt.ir.graph import Graph, Input, Shape

KEY = "preprocessing"
"""Of the metadata."""
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
    polarity: Polarity = "rising"
    interval: int | None = None
    count: int | None = None
    size: tuple[int, int] | None = None
    sample_rate: int | None = None
    window: int = 32000
    bands: int | None = None
    frequencies: tuple[float, float] | None = None
    decibels: float = 80.0

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
        if self.polarity not in POLARITIES:
            raise DataError(
                f"preprocessing: polarity: expected {', '.join(POLARITIES)}, found {self.polarity!r}"
            )
        if self.polarity != "rising" and self.encoding not in CHANGES:
            raise DataError(f"preprocessing: polarity is for {' and '.join(CHANGES)}, found {self.encoding}")
        for name, most in (("interval", 2**40), ("count", 2**40), ("bands", 2**16)):
            if getattr(self, name) is not None:
                _check_whole(name, getattr(self, name), 1, most)
        if self.interval is not None and self.count is not None:
            raise DataError("preprocessing: expected bins of an interval or of a count, found both")
        if self.size is not None:
            object.__setattr__(self, "size", _size(self.size))
        self._check_sound()

    def _check_sound(self) -> None:
        _check_whole("window", self.window, 1, 2**32)
        if not _is_real(self.decibels, above=0):
            raise DataError(f"preprocessing: decibels: expected a number above 0, found {self.decibels!r}")
        if self.frequencies is not None:
            found = _numbers("frequencies", self.frequencies)
            if len(found) != 2:
                raise DataError(f"preprocessing: frequencies: expected two, in Hz, found {len(found)}")
            object.__setattr__(self, "frequencies", found)
        if self.sample_rate is None:
            changed = [name for name in ("bands", "frequencies") if getattr(self, name) is not None]
            if changed:
                raise DataError(f"preprocessing: {changed[0]} is of sound: state sample_rate, in Hz, too")
            return
        _check_whole("sample_rate", self.sample_rate, 1, 2**22)
        if self.count is not None or self.size is not None:
            raise DataError("preprocessing: expected sound (sample_rate) or events (count, size), found both")
        self.log_mel(self.bands or 1)

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
        if self.sample_rate is not None:
            self.frame_shape(source, 1)
        if self.polarity == "both" and channels % 2:
            raise DataError(
                f"preprocessing: polarity: both needs two channels for each value, found {channels} in all"
            )
        bins = self.sample_rate is None and (self.interval or self.count)
        if (self.encoding != "none" or bins) and source.encoding != "spikes":
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
        if self.sample_rate is not None:
            every = f" every {self.interval / 1000:g} ms" if self.interval else ""
            parts.insert(
                0, f"sound at {self.sample_rate} Hz in mel frames of {self.window / 1000:g} ms{every}"
            )
        if self.encoding != "none":
            more = {"rate": f" (seed {self.seed})"} | dict.fromkeys(
                CHANGES, f" ({self.polarity}, threshold {self.threshold:g})"
            )
            parts.append(self.encoding.replace("_", " ") + more.get(self.encoding, ""))
        elif self.sample_rate is None and (self.interval or self.count):
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
        over_time = source.encoding == "spikes"
        x = self._channels_first(x, source, name)
        if self.sample_rate is not None and x.ndim == 2 and (over_time or x.shape[1:] != source.shape):
            x = self._framed(x, source, timesteps or graph.timesteps, name)
        along_time = over_time and self.encoding not in ("rate", "latency")
        shape = self._value_shape(source)
        if along_time and not _ends_with(x, shape, 2):
            return x
        # (N, 1, H, W) of one channel is values, not a single timestep without its channel
        if over_time and not along_time and x.shape[1:] != shape and _ends_with(x, shape, 2):
            return x
        leading = 2 if along_time else 1
        x = _with_channel(x, shape, leading)
        if x.ndim <= leading:
            return x
        if along_time and self.encoding == "none" and not self._normalises:
            return x  # counts of events
        whole = x.dtype.kind in "iu"
        scale = self.scale_of(x.dtype) if whole else None
        if graph.integer and not over_time and x.dtype in _DEFAULT_SCALE and _ends_with(x, shape, 1):
            integers = self.integers(x.dtype, source)
            return integers.apply(x).astype(np.float32) * np.float32(source.scale)
        # float64, so that the result is rounded once
        values = x.astype(np.float64) * (1.0 if scale is None else scale)
        _check_raw(values, source, self, name)
        if self.encoding == "none":
            mean, std = (_along(ends, values.ndim, leading) for ends in (self.mean, self.std))
            return ((values - mean) / std).astype(np.float32)
        if not np.isfinite(values).all():
            return values.astype(np.float32)  # the rule for inputs says where
        return self._spikes(x if whole else values, values, scale, timesteps or graph.timesteps)

    def _spikes(self, raw: np.ndarray, values: np.ndarray, scale: float | None, steps: int) -> np.ndarray:
        """Of ``raw`` integers worth ``scale`` in integers, as a device; of ``values`` otherwise."""
        if self.encoding == "rate":
            return spike_encoding.by_rate(raw, scale, steps, self.seed)
        if self.encoding == "latency":
            return spike_encoding.by_latency(values, steps)
        least = spike_encoding.change_threshold(self.threshold, scale)
        return spike_encoding.by_change(raw, least, self.encoding == "delta", self.polarity)

    @property
    def _normalises(self) -> bool:
        plain = self.scale is None and self.mean == (0.0,) and self.std == (1.0,)
        return not plain or self.sample_rate is not None

    def scale_of(self, dtype: np.dtype) -> float:
        """What an integer of ``dtype`` is worth."""
        return self.scale if self.scale is not None else _DEFAULT_SCALE.get(dtype, 1.0)

    def _value_shape(self, source: Input) -> Shape:
        """The shape of values, before they become spikes."""
        halved = 2 if self.polarity == "both" else 1
        return (source.shape[0] // halved, *source.shape[1:])

    def log_mel(self, bands: int) -> LogMel:
        """How sound becomes frames. Raises DataError where it has no ``sample_rate``, or none is possible."""
        if self.sample_rate is None:
            raise DataError("preprocessing: sample_rate: expected the rate of sound in Hz, found none")
        window, hop = (
            None if time is None else max(1, round(time * self.sample_rate / 1e6))
            for time in (self.window, self.interval)
        )
        low, high = self.frequencies or (0.0, self.sample_rate / 2)
        return LogMel(self.sample_rate, window or 0, hop, bands, low, high, float(self.decibels))

    def frame_shape(self, source: Input, timesteps: int) -> FrameShape:
        """How frames of sound lie in what ``source`` reads. Raises DataError where they do not."""
        along_time = source.encoding == "spikes" and self.encoding not in ("rate", "latency")
        return frame_shape(self._value_shape(source), timesteps if along_time else None, self.bands)

    def frames(self, sound: Sound, source: Input, timesteps: int) -> np.ndarray:
        """Values in 0 … 1 of ``sound`` in the shape of values that ``source`` reads, float64; at another
        sample rate than the model's it is resampled."""
        layout = self.frame_shape(source, timesteps)
        form = self.log_mel(layout.bands)
        return layout.arranged(form.frames(at_rate(sound, form.rate), layout.count))

    def _framed(self, x: np.ndarray, source: Input, timesteps: int, name: str) -> np.ndarray:
        """Of raw samples (N, samples), int16 or floats in −1 … 1, at the model's sample rate."""
        if x.dtype == np.int16:
            x = x / 32768
        if x.dtype.kind != "f":
            raise DataError(
                f"{name}: expected samples of sound as int16, or floats in −1 … 1, found {x.dtype}"
            )
        if x.size and not np.abs(x).max() <= 1 + 1e-3:
            raise DataError(
                f"{name}: expected samples of sound in −1 … 1, found up to {np.abs(x).max():g}; divide int16 "
                "samples by 32768"
            )
        rate = self.sample_rate or 0
        found = [self.frames(Sound(one, rate, name), source, timesteps) for one in x]
        return np.stack(found) if found else x

    def integers(self, dtype: np.dtype, source: Input) -> IntegerEncoding:
        """How values of ``dtype``, uint8 or int16, become an integer model's input. Raises DataError where 32
        bits do not hold them."""
        return integer_encoding(dtype, self.scale_of(dtype), *self.by_channel(source.shape[0]), source)

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
