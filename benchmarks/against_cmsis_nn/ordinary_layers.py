"""The ordinary networks of this comparison: their layers, what CMSIS-NN takes for them, their memory.

A layer is one that ``cmsis_nn_counts.csv`` has a count of, as it stands there: nothing is composed or scaled.
To compare with other counts, put them into that file (or give another with ``compare.py --counts``).
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from snnrt.errors import SnnrtError

COUNTS = Path(__file__).with_name("cmsis_nn_counts.csv")
FIELDS = ("layer", "kernel", "stride", "input_size", "input_channels", "output_channels")
Counts = Mapping[str, Mapping[tuple[str, ...], int]]
"""Instructions a call by core, and by the words of FIELDS."""


@dataclass(frozen=True)
class Layer:
    """``kind``: conv, depthwise, avgpool, maxpool or dense. ``size``: height and width of its square input;
    of a dense layer ``inputs`` are all of its inputs. Padding is half the kernel, of pools none."""

    kind: str
    inputs: int
    outputs: int
    size: int = 0
    kernel: int = 0
    stride: int = 0

    @property
    def words(self) -> tuple[str, ...]:
        """As the table of counts names it."""
        place = [self.kernel, self.stride, self.size] if self.kind != "dense" else ["", "", ""]
        return (self.kind, *(str(one) for one in (*place, self.inputs, self.outputs)))

    @property
    def weighted(self) -> bool:
        """Whether a ReLU, or neurons, stand behind it (but behind the last)."""
        return self.kind not in ("avgpool", "maxpool")

    @property
    def output_size(self) -> int:
        """Height and width of its output."""
        return self.size // self.stride if self.stride else 0

    @property
    def input_bytes(self) -> int:
        """Of its int8 input."""
        return self.inputs * max(1, self.size) ** 2

    @property
    def output_bytes(self) -> int:
        """Of its int8 output."""
        return self.outputs * max(1, self.output_size) ** 2

    @property
    def weights(self) -> int:
        """How many it has, biases left out."""
        if not self.weighted:
            return 0
        depth = 1 if self.kind == "depthwise" else self.inputs
        return self.outputs * depth * max(1, self.kernel) ** 2

    @property
    def scratch_bytes(self) -> int:
        """Windows as int16, two at a time: what CMSIS-NN's convolutions lay out before they multiply."""
        return 2 * 2 * self.kernel**2 * self.inputs if self.kind == "conv" and self.kernel > 1 else 0


def conv(inputs: int, outputs: int, size: int, kernel: int = 3, stride: int = 1) -> Layer:
    """A convolution."""
    return Layer("conv", inputs, outputs, size, kernel, stride)


def depthwise(channels: int, size: int, stride: int) -> Layer:
    """3×3, a channel by itself."""
    return Layer("depthwise", channels, channels, size, 3, stride)


def pool(kind: str, channels: int, size: int) -> Layer:
    """2×2."""
    return Layer(kind, channels, channels, size, 2, 2)


def dense(inputs: int, outputs: int) -> Layer:
    """Each input to each output."""
    return Layer("dense", inputs, outputs)


def pooled(kind: str, first: int, second: int) -> tuple[Layer, ...]:
    """Two convolutions with a pool behind each."""
    return (
        conv(1, first, 28), pool(kind, first, 28), conv(first, second, 14), pool(kind, second, 14),
        dense(49 * second, 10),
    )  # fmt: skip


ORDINARY: dict[str, tuple[Layer, ...]] = {
    "conv_pool": pooled("avgpool", 16, 32),
    "conv_stride": (conv(1, 16, 28, 3, 2), conv(16, 32, 14, 3, 2), dense(1568, 10)),
    "separable": (
        conv(1, 16, 28, 3, 2), conv(16, 32, 14, 1), depthwise(32, 14, 2), conv(32, 64, 7, 1), dense(3136, 10),
    ),
    "dense": (dense(784, 128), dense(128, 128), dense(128, 10)),
    # what else an engineer could take
    "conv_pool_8_16": pooled("avgpool", 8, 16),
    "conv_stride_16_pool": (conv(1, 16, 28, 3, 2), pool("maxpool", 16, 14), dense(784, 10)),
    "dense_128": (dense(784, 128), dense(128, 10)),
    "dense_64": (dense(784, 64), dense(64, 10)),
    "linear": (dense(784, 10),),
}  # fmt: skip
"""By name."""


def read_counts(path: Path = COUNTS) -> Counts:
    """The table. Raises SnnrtError where it is none."""
    try:
        rows = [line for line in path.read_text("utf-8").splitlines() if not line.startswith("#")]
        found: dict[str, dict[tuple[str, ...], int]] = {}
        for row in csv.DictReader(rows):
            found.setdefault(row["core"], {})[tuple(row[field] for field in FIELDS)] = int(
                row["instructions"]
            )
    except (OSError, UnicodeDecodeError, KeyError, TypeError, ValueError, csv.Error) as error:
        columns = ",".join(("core", *FIELDS, "instructions"))
        raise SnnrtError(f"{path}: expected lines of {columns}, found: {error or 'nothing'}") from None
    return found


def instructions(counts: Counts, core: str, name: str) -> int:
    """Of an inference of the ordinary network. Raises SnnrtError for a layer that was not counted."""
    total = 0
    for layer in ORDINARY[name]:
        if layer.words not in counts.get(core, {}):
            raise SnnrtError(
                f"{COUNTS.name}: expected a count of {','.join(layer.words)} on {core} ({name}), found none"
            )
        total += counts[core][layer.words]
    return total


def activation_bytes(name: str) -> int:
    """The largest input and output that are there at once, and the widest window as int16, twice."""
    layers = ORDINARY[name]
    return max(one.input_bytes + one.output_bytes for one in layers) + max(
        one.scratch_bytes for one in layers
    )


def weight_bytes(name: str) -> int:
    """int8 weights; a bias, a multiplier and a shift of 32 bits each for each output."""
    return sum(one.weights + 12 * one.outputs for one in ORDINARY[name] if one.weighted)
