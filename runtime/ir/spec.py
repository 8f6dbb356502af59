"""The facts that files, the core and the documentation share, each stated once.

The vocabulary is here; what each kind of node is stands in its own module of :mod:`snnrt.ir.nodes`. From both
``csrc/generate.py`` writes the C headers and the tables of ``docs/ir.md``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

FORMAT_VERSION = (2, 0)
MAGIC = b"SNNRT\r\n\x1a"
HEADER_BYTES = 40
RECORD_BYTES = 24
"""Bytes of a record before its edges, parameters and arrays."""
ARRAY_ALIGNMENT = 8
NO_OFFSET = 0xFFFFFFFF

MAX_NODES = 1024
MAX_EDGES = 255
"""Inputs of one node."""
MAX_DELAY = 1
"""Timesteps that an edge may delay."""
MAX_TIMESTEPS = 65535
MAX_DIMENSION = 2**24 - 1
MAX_ELEMENTS = 2**27
MAX_CLASSES = 4096
MAX_EXIT_TERMS = 1024
MONITOR_ROWS, MONITOR_COLUMNS = 8, 16
"""Of a drift monitor's table: timesteps, and scores by half octaves."""
MONITOR_WORDS = 2 + MONITOR_ROWS * MONITOR_COLUMNS // 2
MONITOR_ALARM_MAX = 2**20
MONITOR_LOWEST_MAX = 40
MONITOR_SHIFT_MAX = 15
MAX_U16 = 65535
LARGEST_INT16 = 32767
LARGEST_SUM = 2**30
"""What a sum of weights times inputs, with its bias, stays within in integers."""
LARGEST_WEIGHT = 127
ONE_Q15 = 32768
ONE_LOIHI = 4096
"""A decay of 1 on Loihi: its decays take 12 bits."""
LARGEST_SHIFT = 31
LARGEST_LOIHI = 2**23 - 1
"""Of Loihi's membranes, whichever the sign."""


@dataclass(frozen=True)
class Enumeration:
    """Words and their codes, counted from ``first``. ``prefix`` begins the names of the C constants."""

    prefix: str
    values: tuple[str, ...]
    first: int = 0

    def code(self, value: str) -> int:
        """The number of ``value``; ValueError if it is none of the words."""
        return self.values.index(value) + self.first

    def value(self, code: int) -> str:
        """The word of ``code``; IndexError if it has none."""
        if not self.first <= code < self.first + len(self.values):
            raise IndexError(code)
        return self.values[code - self.first]

    def __contains__(self, value: object) -> bool:
        return value in self.values


ARITHMETICS = Enumeration("ARITHMETIC", ("float32", "integer"))
VALUE_TYPES = Enumeration("TYPE", ("bits", "int16", "int32", "float32"))
ELEMENT_TYPES = Enumeration("ELEMENT", ("float32", "int32", "int8"))
LAYOUTS = Enumeration("LAYOUT", ("dense",))
GRANULARITIES = Enumeration("PER", ("tensor", "layer", "channel", "neuron"))
ENCODINGS = Enumeration("INPUT", ("constant", "spikes"))
READOUT_MODES = Enumeration("READOUT", ("sum", "mean", "last", "maximum", "first_spike"))
EXIT_RULES = Enumeration(
    "EXIT", ("never", "entropy", "confidence", "margin", "patience", "budget", "combined")
)
"""The words of :data:`snnrt.ir.exit_rules.RULES`, and ``combined``: several terms, each of one of these."""

ValueType = Literal["bits", "int16", "int32", "float32"]
ELEMENT_DTYPES = {"float32": "<f4", "int32": "<i4", "int8": "<i1"}
"""NumPy's name of each element type."""


def output_bytes(elements: int, type_: ValueType) -> int:
    """Bytes of an output of that many elements."""
    if type_ == "bits":
        return (elements + 31) // 32 * 4
    return elements * (2 if type_ == "int16" else 4)


@dataclass(frozen=True)
class Parameter:
    """One field of a record's parameters: ``u32``, ``i32`` or ``f32`` take a word, ``u16`` half of one."""

    name: str
    type: Literal["u32", "i32", "f32", "u16"]
    meaning: str

    @property
    def bytes(self) -> int:
        """Size in the record."""
        return 2 if self.type == "u16" else 4


Stored = Literal["matrix", "kernel", "outputs", "neurons", "scalar", "terms", "monitor"]
"""How an array's elements lie in the file (:mod:`snnrt.format.layout`)."""

Unit = Literal["real", "membrane", "q15", "steps"]
"""What an array counts in integers: real numbers, units of the membrane, 1/32768, timesteps."""


@dataclass(frozen=True)
class Array:
    """One array of a kind. ``integer`` and ``float32`` are its element types in either arithmetic; None: it
    does not occur there. ``required`` holds wherever it may occur; ``unit`` is what it counts in integers."""

    name: str
    stored: Stored
    integer: str | None
    float32: str | None
    meaning: str
    required: bool = False
    unit: Unit = "real"

    def element(self, arithmetic: str) -> str | None:
        """The element type in that arithmetic."""
        return self.integer if arithmetic == "integer" else self.float32


Trait = Literal["static", "memory", "alias", "state"]
"""``static``: without state, so computed once an input where all its inputs are; ``memory``: its output has
bytes of its own in the arena; ``alias``: its output is its source's memory; ``state``: keeps a block of the
arena from step to step, whose offset is its first parameter."""

Place = Literal["first", "inside", "before last", "last"]


@dataclass(frozen=True)
class Kind:
    """A kind of node.

    ``reads``: for each type that its output may have, the types that its inputs may have. ``edges``: how many
    inputs, fewest and most. ``same_shape``: its output has the shape of each of its inputs. ``switch``: the
    part of the core that a build may leave out (``SNNRT_WITH_…``); None: always there.
    ``enumerations``: words of its own. ``passes``: the types of its output that, or whose largest value,
    follow from its inputs'; a loop of nodes that all pass theirs on has neither.
    """

    name: str
    number: int
    meaning: str
    reads: Mapping[str, tuple[str, ...]]
    edges: tuple[int, int] = (1, 1)
    parameters: tuple[Parameter, ...] = ()
    arrays: tuple[Array, ...] = ()
    traits: frozenset[Trait] = field(default_factory=frozenset)
    same_shape: bool = False
    place: Place = "inside"
    switch: str | None = None
    enumerations: tuple[Enumeration, ...] = ()
    passes: tuple[str, ...] = ()

    @property
    def words(self) -> int:
        """Words of its parameters."""
        return -(-sum(parameter.bytes for parameter in self.parameters) // 4)

    def role(self, name: str) -> int:
        """The number of an array in records."""
        return next(place for place, array in enumerate(self.arrays) if array.name == name)


WINDOW = (
    Parameter("kernel_h", "u16", "height of the window"),
    Parameter("kernel_w", "u16", "width of the window"),
    Parameter("stride_y", "u16", "rows from one window to the next"),
    Parameter("stride_x", "u16", "columns from one window to the next"),
    Parameter("pad_top", "u16", "rows of padding"),
    Parameter("pad_bottom", "u16", ""),
    Parameter("pad_left", "u16", "columns of padding"),
    Parameter("pad_right", "u16", ""),
)
"""The fields that convolutions and poolings share."""
