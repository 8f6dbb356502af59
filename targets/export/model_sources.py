"""A model as C: a header of constants, and its bytes as an array, included as a file, placed in a section or
left to a storage that the firmware reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from snnrt.format.sizes import FileInfo
from snnrt.ir.graph import Graph, Shape
from snnrt.network import Network
from snnrt.targets.export.c_text import c_comment, c_float, c_string, rendered
from snnrt.targets.export.input_encoding import encoding_text
from snnrt.targets.workload import node_scratch_bytes
from snnrt.texts import printable

ModelForm = Literal["array", "incbin", "section", "storage"]
MODEL_FORMS: tuple[str, ...] = get_args(ModelForm)


@dataclass(frozen=True)
class Model:
    """A network to export: ``name`` begins its names in C, ``origin`` is the file it came from."""

    name: str
    network: Network
    origin: str

    @property
    def graph(self) -> Graph:
        """Its graph."""
        return self.network.graph

    @property
    def raw(self) -> bytes:
        """The .snnrt file."""
        return self.network.to_bytes()

    @property
    def info(self) -> FileInfo:
        """Its sizes."""
        return self.network.file_info()

    @property
    def prefix(self) -> str:
        """What its macros begin with."""
        return self.name.upper()

    @property
    def is_constant(self) -> bool:
        """Whether an inference has one input for all its timesteps."""
        return self.graph.input.encoding == "constant"

    @property
    def is_int8(self) -> bool:
        """Whether inputs and accumulators are integers."""
        return self.graph.integer

    @property
    def elements(self) -> int:
        """Input elements of one timestep."""
        return int(np.prod(self.graph.input.shape))

    @property
    def class_names(self) -> tuple[str, ...]:
        """One name a class, empty where the metadata has none."""
        names = self.graph.metadata.get("class_names")
        if not isinstance(names, list) or len(names) != self.graph.readout.shape[0]:
            return ()
        return tuple(printable(name) for name in names)


def scratch_bytes(graph: Graph) -> int:
    """The most that ``snnrt_network_use_scratch`` can put to use in a device's build."""
    return max(node_scratch_bytes(graph, node) for node in graph)


@dataclass(frozen=True)
class CoreHeader:
    """``snnrt.h`` as a model's header includes it: the path from there, and the macro of its export."""

    path: str
    mark: str


def model_header(model: Model, form: ModelForm, core: CoreHeader) -> str:
    """``NAME_model.h``."""
    graph, prefix = model.graph, model.prefix
    source = graph.input
    height, width, channels = _height_width_channels(source.shape)
    numbers: dict[str, str] = {
        "MODEL_BYTES": f"{len(model.raw)}u",
        "ARENA_BYTES": f"{model.info.arena_bytes}u",
        "SCRATCH_BYTES": f"{scratch_bytes(graph)}u",
        "TIMESTEPS": f"{graph.timesteps}u",
        "CLASSES": f"{graph.readout.shape[0]}u",
        "INPUT_HEIGHT": f"{height}u",
        "INPUT_WIDTH": f"{width}u",
        "INPUT_CHANNELS": f"{channels}u",
        "INPUT_ELEMENTS": f"{model.elements}u",
        "INPUT_IS_CONSTANT": str(int(model.is_constant)),
        "NODES": f"{len(graph.nodes)}u",
    }
    if model.is_int8:
        numbers |= {"INPUT_SCALE": c_float(source.scale), "INPUT_PEAK": str(source.peak)}
    rooms = ("MODEL", "ARENA") if form == "storage" else ()
    names = {"NODE_NAMES": [node.name for node in graph.nodes]}
    if model.class_names:
        names["CLASS_NAMES"] = list(model.class_names)
    return rendered(
        "model.h.in",
        NAME=model.name,
        PREFIX=prefix,
        ORIGIN=c_comment(model.origin),
        CORE=core.path,
        MARK=core.mark,
        NUMBERS=_defines(prefix, numbers)
        + "".join(rendered("room.h.in", PREFIX=prefix, WHAT=what) for what in rooms),
        NAMES="".join(
            f"#define {prefix}_{key} {{{', '.join(map(c_string, values))}}}\n"
            for key, values in names.items()
        ),
        INPUT_TYPE="int16_t" if model.is_int8 else "float",
        INPUT_NOTE=rendered("quantise.h.in", NAME=model.name, PREFIX=prefix) if model.is_int8 else "",
        DECLARATION=_declaration(model, form) + encoding_text(graph, model.name, prefix),
    )


def model_files(model: Model, form: ModelForm, core: CoreHeader) -> dict[str, str | bytes]:
    """The model's own files by name, header first."""
    files: dict[str, str | bytes] = {f"{model.name}_model.h": model_header(model, form, core)}
    values = {"NAME": model.name, "PREFIX": model.prefix, "ORIGIN": c_comment(model.origin)}
    if form in ("array", "section"):
        place = "" if form == "array" else rendered("section.c.in", **values)
        files[f"{model.name}_model.c"] = rendered(
            "model.c.in",
            **values,
            PLACE=place,
            ATTRIBUTE="" if form == "array" else f"{model.prefix}_MODEL_PLACE ",
            WORDS=_words(model.raw),
        )
    if form == "section":
        files[f"{model.name}_model.ld"] = rendered("section.ld.in", **values)
    if form == "incbin":
        files[f"{model.name}_model.S"] = rendered("incbin.S.in", **values)
    if form in ("incbin", "storage"):
        files[f"{model.name}.snnrt"] = model.raw
    return files


def _declaration(model: Model, form: ModelForm) -> str:
    if form == "storage":
        scale = "".join(
            f"\n           info->input_{what.lower()} == {model.prefix}_INPUT_{what} &&"
            for what in ("SCALE", "PEAK")
        )
        matches = rendered(
            "matches.h.in",
            NAME=model.name,
            PREFIX=model.prefix,
            ARITHMETIC=f"SNNRT_ARITHMETIC_{'INTEGER' if model.is_int8 else 'FLOAT32'}",
            ENCODING=f"SNNRT_INPUT_{'CONSTANT' if model.is_constant else 'SPIKES'}",
            SCALE=scale if model.is_int8 else "",
        )
        place = f"{model.name}.snnrt goes to where the firmware reads it from"
        return f"/* {place}, a model of at most {model.prefix}_MODEL_ROOM bytes. */\n{matches}"
    return (
        "/* The .snnrt file, at a multiple of 8, executed in place. */\n"
        f"extern const uint64_t {model.name}_model[({model.prefix}_MODEL_BYTES + 7u) / 8u];"
    )


def _height_width_channels(shape: Shape) -> tuple[int, int, int]:
    if len(shape) == 3:
        return shape[1], shape[2], shape[0]
    return 1, 1, shape[0]


def _defines(prefix: str, values: Mapping[str, str]) -> str:
    return "".join(f"#define {prefix}_{key} {value}\n" for key, value in values.items())


def _words(raw: bytes) -> str:
    """The bytes as little-endian 64-bit constants, four a line."""
    words = np.frombuffer(raw.ljust(-(-len(raw) // 8) * 8, b"\0"), "<u8").tolist()
    texts = [f"0x{word:016x}u" for word in words]
    return ",\n".join("    " + ", ".join(texts[i : i + 4]) for i in range(0, len(texts), 4))
